"""Texts of a form that are computed: ``= FEEL`` as a whole, or ``{{ FEEL }}`` inside."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from loanflow.feel import CompiledExpression, compile_expression, evaluate

_PIECE = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)

Clock = Callable[[], datetime]


def is_expression(text: Any) -> bool:
    """Whether the text is FEEL as a whole."""
    return isinstance(text, str) and text.startswith("=")


def expressions_in(text: str) -> list[str]:
    """Return every FEEL expression in a text, for checking."""
    if is_expression(text):
        return [text[1:]]
    return [piece.strip() for piece in _PIECE.findall(text)]


@lru_cache(maxsize=4096)
def compiled(text: str, dialect: str) -> CompiledExpression:
    """Return the compiled form of a FEEL text without its ``=``; compiled once per process."""
    return compile_expression(text, dialect=dialect)


def compute(text: str, data: Mapping[str, Any], *, dialect: str, clock: Clock | None) -> Any:
    """Return the FEEL value of a text without its ``=``; null where it has none."""
    return compiled(text, dialect).evaluate(data, clock=clock).value


def rendered(text: str, data: Mapping[str, Any], *, dialect: str, clock: Clock | None) -> str:
    """Return a text with its expressions replaced by their values, as FEEL's ``string()`` writes them."""
    if is_expression(text):
        return as_words(compute(text[1:], data, dialect=dialect, clock=clock))
    if "{{" not in text:
        return text
    return _PIECE.sub(lambda piece: as_words(compute(piece.group(1).strip(), data, dialect=dialect, clock=clock)), text)


def as_words(value: Any) -> str:
    """Return a FEEL value as people read it: "" for null."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return str(evaluate("string(value)", {"value": value}) or "")
