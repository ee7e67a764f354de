"""The names a text may use: what ``a-b`` or ``date and time`` means depends on them (DMN 10.3.1.2 "Names", 10.3.2.11 "Scope").

A name is kept as its tokens. The longest known name that begins at a token wins; blanks between words may be any
number, but around ``-`` and other signs they must be there, or not, as in the name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from loanflow.feel.syntax.tokens import Token, tokenize

_PLAIN = re.compile(r"[^\W\d]\w*\Z")


class Pattern(NamedTuple):
    """A name of several tokens: the texts after the first, and whether a blank stands before each."""

    name: str
    rest: tuple[tuple[str, bool], ...]


def normalized(name: str) -> str:
    """Return a name with single blanks."""
    return " ".join(name.split())


def is_plain(name: str) -> bool:
    """Whether a name is one word, and so needs nobody to know it."""
    return _PLAIN.match(name) is not None


def special(names: Iterable[str] | None) -> frozenset[str]:
    """Return the names that a parser must know: those of several tokens."""
    return frozenset(normalized(name) for name in names or () if not is_plain(name))


class Names:
    """One level of names; levels are stacked by the parser."""

    __slots__ = ("_patterns",)

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._patterns: dict[str, list[Pattern]] = {}
        for name in names:
            self.add(name)

    def add(self, name: str) -> None:
        """Make a name known; one word alone needs no entry."""
        found = _pattern(name)
        if found is not None:
            first, pattern = found
            patterns = self._patterns.setdefault(first, [])
            patterns.append(pattern)
            patterns.sort(key=lambda pattern: -len(pattern.rest))

    def longest(self, tokens: list[Token], at: int) -> Pattern | None:
        """Return the longest known name that begins at a token."""
        patterns = self._patterns.get(tokens[at].text)
        if patterns is None:
            return None
        for pattern in patterns:
            if _matches(pattern, tokens, at):
                return pattern
        return None


@lru_cache(maxsize=4_096)  # the same few are declared for every cell of a table
def _pattern(name: str) -> tuple[str, Pattern] | None:
    """Return the first token of a name and its pattern; None for one word alone."""
    if is_plain(name) or not name.strip() or any(char in name for char in '"`'):
        return None
    tokens = tokenize(name)[:-1]
    if len(tokens) < 2:
        return None
    rest = tuple((token.text, token.start > before.end) for before, token in pairwise(tokens))
    return tokens[0].text, Pattern(normalized(name), rest)


def _matches(pattern: Pattern, tokens: list[Token], at: int) -> bool:
    last = at + len(pattern.rest)
    if last >= len(tokens):
        return False
    for index, (text, blank) in enumerate(pattern.rest, at + 1):
        token = tokens[index]
        if token.text != text or (token.start > tokens[index - 1].end) is not blank:
            return False
    # "Term 2" must not match in "Term 2.5": the tokenizer has already seen to that.
    return True
