"""A text that fits a regular expression, for fields that want one; the part of the language that form authors use."""

from __future__ import annotations

import string
from collections.abc import Iterator

from loanflow.testing.rehearsal.draws import Draws

_CLASSES = {"d": string.digits, "w": string.ascii_letters + string.digits + "_", "s": " "}
_ANY = string.ascii_lowercase
_MORE = 3
_LONGEST = 200


class _Unknown(Exception):
    """The pattern uses something this does not know."""


def text_like(pattern: str, draws: Draws, what: str) -> str | None:
    """Return a drawn text that fits the pattern, or None where the pattern is beyond this.

    >>> from random import Random
    >>> text_like("^[A-Z]{2}-1$", Draws(Random(1)), "code")[2:]
    '-1'
    """
    try:
        reader = _Reader(pattern, draws, what)
        text = reader.alternatives()
        return text[:_LONGEST] if reader.at == len(pattern) else None
    except (_Unknown, IndexError, ValueError):
        return None


class _Reader:
    def __init__(self, pattern: str, draws: Draws, what: str) -> None:
        self.pattern = pattern
        self.at = 0
        self.draws = draws
        self.what = f"{what}~"

    def sees(self, signs: str) -> bool:
        return self.at < len(self.pattern) and self.pattern[self.at] in signs

    def alternatives(self) -> str:
        found = [self.sequence()]
        while self.sees("|"):
            self.at += 1
            found.append(self.sequence())
        return self.draws.of(self.what, found)

    def sequence(self) -> str:
        parts: list[str] = []
        while self.at < len(self.pattern) and not self.sees("|)"):
            start = self.at
            piece = self.piece()
            least, most = self.quantifier()
            times = least + int(self.draws.share(self.what) * (most - least + 1)) if most > least else least
            if times:
                parts.append(piece)
            after = self.at
            for _ in range(min(times, _LONGEST) - 1):
                # Each repetition is drawn anew.
                self.at = start
                parts.append(self.piece())
            self.at = after
        return "".join(parts)

    def piece(self) -> str:
        sign = self.pattern[self.at]
        self.at += 1
        if sign in "^$":
            return ""
        if sign == ".":
            return self.draws.of(self.what, _ANY)
        if sign == "(":
            if self.pattern[self.at : self.at + 2] == "?:":
                self.at += 2
            elif self.sees("?"):
                raise _Unknown
            inner = self.alternatives()
            if not self.sees(")"):
                raise _Unknown
            self.at += 1
            return inner
        if sign == "[":
            return self.draws.of(self.what, self.characters())
        if sign == "\\":
            return self.draws.of(self.what, self.escaped())
        if sign in "*+?{":
            raise _Unknown
        return sign

    def escaped(self) -> str:
        sign = self.pattern[self.at]
        self.at += 1
        if sign.lower() in _CLASSES:
            if sign.isupper():
                return "".join(c for c in _printable() if c not in _CLASSES[sign.lower()])
            return _CLASSES[sign]
        if sign.isalnum():
            raise _Unknown
        return sign

    def characters(self) -> str:
        negated = self.sees("^")
        self.at += negated
        found: list[str] = []
        while not self.sees("]"):
            sign = self.pattern[self.at]
            self.at += 1
            if sign == "\\":
                found.append(self.escaped())
            elif self.pattern[self.at] == "-" and self.pattern[self.at + 1] != "]":
                last = self.pattern[self.at + 1]
                self.at += 2
                found.append("".join(map(chr, range(ord(sign), min(ord(last), ord(sign) + 300) + 1))))
            else:
                found.append(sign)
        self.at += 1
        chosen = "".join(found)
        return "".join(c for c in _printable() if c not in chosen) if negated else chosen

    def quantifier(self) -> tuple[int, int]:
        if self.sees("?*+"):
            least, most = {"?": (0, 1), "*": (0, _MORE), "+": (1, _MORE)}[self.pattern[self.at]]
            self.at += 1
        elif self.sees("{"):
            end = self.pattern.index("}", self.at)
            low, comma, high = self.pattern[self.at + 1 : end].partition(",")
            self.at = end + 1
            least = int(low or 0)
            most = int(high) if high else least + _MORE if comma else least
        else:
            return 1, 1
        if self.sees("?+"):
            self.at += 1
        return least, most


def _printable() -> Iterator[str]:
    return iter(string.ascii_letters + string.digits + " -_.@")
