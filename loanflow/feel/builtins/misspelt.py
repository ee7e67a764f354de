"""Calls of built-in functions whose names, blanks and all, are written not quite right."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from loanflow.feel.builtins import by_name
from loanflow.feel.syntax.tokens import KEYWORDS
from loanflow.problems import nearest

_TEXTS = re.compile(r'"(?:\\.|[^"\\])*"?')
_CALL = re.compile(r"((?:[^\W\d]\w*\s+){0,4}[^\W\d]\w*)\s*\(")
_ALIKE, _SLIPS = 0.8, 2


@dataclass(frozen=True, slots=True)
class Misspelt:
    """A name before a bracket, where it stands in the text, and the built-in function that was probably meant."""

    written: str
    meant: str
    start: int
    end: int


def misspelt_calls(text: str, *, dialect: str, known: Collection[str] = ()) -> Iterator[Misspelt]:
    """Yield each call of what is neither a built-in function nor ``known``, but nearly called like a built-in."""
    names = by_name(dialect)
    code = _TEXTS.sub(lambda found: " " * len(found[0]), text)
    for call in _CALL.finditer(code):
        starts = [word.start() for word in re.finditer(r"\S+", call[1])]
        # "if date and tme(x)": the name may begin at any of the words, the longest name goes first.
        suffixes = [(start, " ".join(call[1][start:].split())) for start in starts]
        if suffixes[-1][1] in KEYWORDS:
            continue
        for start, one in suffixes:
            if one in names or one in known:
                break
            meant = nearest(one, names, alike=_ALIKE, slips=_SLIPS)
            if meant is not None and len(meant.split()) == len(one.split()):
                yield Misspelt(one, meant, call.start(1) + start, call.end(1))
                break
