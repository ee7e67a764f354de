"""A compiled regular expression: found, replaced, split; linear where it can be, bounded where it cannot."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

import re2  # pyright: ignore[reportMissingTypeStubs]

from loanflow.feel.regex.backtracking import Search, Walk, walk_of
from loanflow.feel.regex.java import parse_java
from loanflow.feel.regex.linear import NotLinear, translate
from loanflow.feel.regex.pattern import PatternError, literal, parse
from loanflow.feel.run import Run

# The wrapper is untyped; seen once, here.
_RE2: Any = re2
_FLAGS: Final = frozenset("smixq")
_MEMORY: Final = 4 << 20

Span = tuple[int, int]
Found = tuple[Span | None, ...]
"""The whole match, then the groups."""


class Regex:
    """A regular expression as XPath has it, or Java where XPath has none such; immutable, shared by threads."""

    __slots__ = ("_folds", "_groups", "_java", "_linear", "_multiline", "_names", "_walk")

    def __init__(self, pattern: str, flags: str, *, java: bool = False) -> None:
        """Compile; raises `PatternError`. With ``java``, what XPath refuses is read as Java does, and unknown flags say nothing."""
        self._java = java
        self._names: dict[str, int] = {}
        if java:
            flags = "".join(flag for flag in flags if flag in _FLAGS)
        if not set(flags) <= _FLAGS:
            raise PatternError(f"flags are s, m, i, x and q, not {flags!r}")
        try:
            tree, self._groups = (literal(pattern), 0) if "q" in flags else parse(pattern, flags)
        except PatternError:
            if not java:
                raise
            tree, self._groups, self._names, flags = parse_java(pattern, flags)
        self._folds = "i" in flags
        self._multiline = "m" in flags
        self._linear: Any = None
        self._walk: Walk | None = None
        try:
            self._linear = _compiled_linear(translate(tree, multiline=self._multiline), folds=self._folds)
        except NotLinear:
            self._walk = walk_of(tree)

    @property
    def is_linear(self) -> bool:
        """Whether it runs in time linear in the text; if not, its steps are bounded."""
        return self._linear is not None

    def found_in(self, text: str, run: Run) -> bool:
        """Whether it matches somewhere in the text."""
        run.spend(1 + len(text) // 64)
        if self._linear is not None:
            return self._linear.search(text) is not None
        return next(self._matches(text, run), None) is not None

    def all_in(self, text: str, run: Run) -> list[str]:
        """Return the texts of all matches."""
        return [text[whole[0] : whole[1]] for whole, *_ in self._matches(text, run) if whole is not None]

    def split(self, text: str, run: Run) -> list[str]:
        """Return the pieces between the matches."""
        pieces: list[str] = []
        start = 0
        for whole, *_ in self._matches(text, run):
            if whole is None or whole[0] == whole[1]:
                continue
            pieces.append(text[start : whole[0]])
            start = whole[1]
        return [*pieces, text[start:]]

    def replaced(self, text: str, replacement: str, run: Run) -> str:
        """Return the text with each match replaced.

        Raises:
            PatternError: the replacement breaks the rules, or the pattern matches the empty text, which Java allows.
        """
        parts = _replacement(replacement, self._groups, self._names)
        if not self._java and self.found_in("", run):
            raise PatternError("a pattern that matches the empty text replaces nothing")
        pieces: list[str] = []
        size = start = 0
        for found in self._matches(text, run):
            whole = found[0]
            if whole is None:
                continue
            new = "".join(part if isinstance(part, str) else _group_text(text, found, part) for part in parts)
            pieces += [text[start : whole[0]], new]
            size += whole[0] - start + len(new)
            run.check_string(size)
            start = whole[1]
        return "".join([*pieces, text[start:]])

    def _matches(self, text: str, run: Run) -> Iterator[Found]:
        run.spend(1 + len(text) // 16)
        if self._linear is not None:
            for match in self._linear.finditer(text):
                run.spend()
                yield tuple(match.span(group) if match.start(group) >= 0 else None for group in range(self._groups + 1))
        elif self._walk is not None:
            yield from self._slow_matches(text, run, self._walk)

    def _slow_matches(self, text: str, run: Run, walk: Walk) -> Iterator[Found]:
        search = Search(text, folds=self._folds, multiline=self._multiline)
        at = 0
        while at <= len(text):
            found = search.find(walk, self._groups, at)
            run.spend(1 + search.steps // 16)
            if found is None:
                return
            start, (end, groups) = found
            yield ((start, end), *groups)
            at = end if end > start else end + 1


def _group_text(text: str, found: Found, group: int) -> str:
    span = found[group] if group < len(found) else None
    return "" if span is None else text[span[0] : span[1]]


def _replacement(text: str, groups: int, names: dict[str, int]) -> list[str | int]:
    parts: list[str | int] = []
    at = 0
    while at < len(text):
        char = text[at]
        at += 1
        if char == "\\":
            if text[at : at + 1] not in ("\\", "$") or at >= len(text):
                raise PatternError("in a replacement \\ stands before \\ or $")
            parts.append(text[at])
            at += 1
        elif char == "$" and (end := text.find("}", at)) > 0 and text[at] == "{" and text[at + 1 : end] in names:
            parts.append(names[text[at + 1 : end]])
            at = end + 1
        elif char == "$":
            start = at
            while at < len(text) and text[at].isascii() and text[at].isdigit() and (at == start or int(text[start : at + 1]) <= groups):
                at += 1
            if at == start:
                raise PatternError("in a replacement $ stands before the number of a group")
            parts.append(int(text[start:at]))
        else:
            parts.append(char)
    return parts


def _compiled_linear(text: str, *, folds: bool) -> Any:
    options = _RE2.Options()
    options.log_errors = False
    options.max_mem = _MEMORY
    options.case_sensitive = not folds
    try:
        return _RE2.compile(text, options)
    except _RE2.error:
        # Too large for RE2's memory once its counts are written out.
        raise NotLinear from None


@lru_cache(maxsize=1_024)
def compiled(pattern: str, flags: str, *, java: bool = False) -> Regex:
    """Return the regular expression of a pattern and its flags; with ``java``, also of those that only Java has.

    Raises:
        PatternError: they break the rules.
    """
    return Regex(pattern, flags, java=java)
