"""Values as text: what ``string()`` gives (DMN 10.3.4.1, 10.3.2.15 "string(e)")."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, cast

from loanflow.feel.values.durations import DaysTimeDuration, YearsMonthsDuration
from loanflow.feel.values.functions import Function
from loanflow.feel.values.numbers import plain
from loanflow.feel.values.ranges import Range
from loanflow.feel.values.temporals import FeelDate, FeelDateTime, FeelTime

_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def text_of(value: Any) -> str:
    """Return a value as text; a string stays itself."""
    return value if type(value) is str else literal(value)


def quoted(text: str) -> str:
    """Return a string as a FEEL literal."""
    return '"' + "".join(_ESCAPES.get(char, char) for char in text) + '"'


def literal(value: Any) -> str:
    """Return a value as FEEL writes it inside lists and contexts; temporals bare, strings quoted."""
    if value is None:
        return "null"
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, FeelDate | FeelTime | FeelDateTime | DaysTimeDuration | YearsMonthsDuration):
        return str(value)
    if isinstance(value, list):
        return "[" + ", ".join(literal(item) for item in cast("list[Any]", value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(name)}: {literal(item)}" for name, item in cast("dict[str, Any]", value).items()) + "}"
    if isinstance(value, Range):
        return _range(value)
    if isinstance(value, Function):
        return f"function({', '.join(parameter.name for parameter in value.parameters)})"
    raise TypeError(f"{type(value).__name__} is no FEEL value")


def _key(name: str) -> str:
    return name if name.isidentifier() else quoted(name)


def _range(value: Range) -> str:
    if value.operator:
        return f"({value.operator}{literal(value.low if value.high is None else value.high)})"
    start, end = "[" if value.low_included else "(", "]" if value.high_included else ")"
    return f"{start}{literal(value.low)}..{literal(value.high)}{end}"
