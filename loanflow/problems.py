"""What is wrong in an analyst's file, and where: values, never exceptions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher, get_close_matches
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    """How much a problem matters: an error stops deployment, a warning does not, info tells what is ignored on purpose."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A place in a file: lines and columns count from 1; None where the file gives none."""

    file: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        parts = [self.file, *(str(n) for n in (self.line, self.column) if n is not None)]
        return ":".join(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """The analyst's own text with a caret under ``offset`` (0-based, in characters)."""

    text: str
    offset: int

    def lines(self) -> tuple[str, str]:
        """Return the one source line that holds the offset, and the caret line under it."""
        offset = max(0, min(self.offset, len(self.text)))
        start = self.text.rfind("\n", 0, offset) + 1
        end = self.text.find("\n", offset)
        line = self.text[start : end if end >= 0 else None].replace("\t", " ")
        pad = sum(2 if _is_wide(char) else 1 for char in line[: offset - start])
        return line, " " * pad + "^"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One finding: where it is, what was expected, what was found, what to do.

    ``code`` is the name of the check, ``room/kebab-case``; it is stable and names the page
    under ``docs/reference/problems``, ``CODE.md`` in English and ``CODE.zh-CN.md`` in Chinese. ``element_type`` is the tag or
    clause in the analyst's words ("user task", "rule 7"), ``property`` the field of Camunda Modeler's properties panel.
    """

    code: str
    message: str
    location: Location
    severity: Severity = Severity.ERROR
    element_id: str | None = None
    element_name: str | None = None
    element_type: str | None = None
    property: str | None = None
    expected: str | None = None
    found: str | None = None
    hint: str | None = None
    excerpt: Excerpt | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the finding as JSON-ready values; every key is always present."""
        return {
            "code": self.code,
            "severity": self.severity.value,
            "file": self.location.file,
            "line": self.location.line,
            "column": self.location.column,
            "element_id": self.element_id,
            "element_name": self.element_name,
            "element_type": self.element_type,
            "property": self.property,
            "message": self.message,
            "expected": self.expected,
            "found": self.found,
            "hint": self.hint,
        }

    def __str__(self) -> str:
        lines = [f"{self.location}: {self.severity} {self.code}: {self.message}"]
        if element := self._element_words():
            lines.append(f"  element   {element}")
        if self.property:
            lines.append(f"  property  {self.property}")
        if self.excerpt is not None:
            lines += [f"  | {line}" for line in self.excerpt.lines()]
        for label in ("expected", "found", "hint"):
            if text := getattr(self, label):
                lines.append(f"  {label:<9} {text}")
        return "\n".join(lines)

    def _element_words(self) -> str:
        words = [self.element_type or ""]
        if self.element_name:
            words.append(f'"{self.element_name}"')
        if self.element_id:
            words.append(f"({self.element_id})")
        return " ".join(word for word in words if word)


def nearest(name: str, known: Iterable[str], *, alike: float = 0.6, slips: int | None = None) -> str | None:
    """Return the known name that was probably meant; None where none is ``alike`` (0 to 1), or at most so many ``slips`` away.

    Two neighbouring letters that changed places count as alike however short the name is.
    """
    written = name.casefold()
    # Sorted: of two that are equally near, always the same.
    candidates = {one.casefold(): one for one in sorted(known) if one != name}
    close = [one for one in candidates if _swapped(written, one)]
    close += get_close_matches(written, candidates, n=3, cutoff=alike)
    return next((candidates[one] for one in close if slips is None or _slips(written, one) <= slips), None)


def _swapped(one: str, other: str) -> bool:
    if len(one) != len(other):
        return False
    different = [at for at in range(len(one)) if one[at] != other[at]]
    if len(different) != 2 or different[1] != different[0] + 1:
        return False
    first, second = different
    return one[first] == other[second] and one[second] == other[first]


def _slips(written: str, meant: str) -> int:
    steps = SequenceMatcher(None, written, meant, autojunk=False).get_opcodes()
    return sum(max(i2 - i1, j2 - j1) for tag, i1, i2, j1, j2 in steps if tag != "equal")


def errors_in(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return only the findings that stop a deployment."""
    return tuple(problem for problem in problems if problem.severity is Severity.ERROR)


def in_file_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Sort findings by file, line and code, so that a report reads like the file."""
    return tuple(sorted(problems, key=lambda p: (p.location.file, p.location.line or 0, p.location.column or 0, p.code, p.message)))


def _is_wide(char: str) -> bool:
    # Chinese text takes two terminal cells, so the caret must move two.
    import unicodedata

    return unicodedata.east_asian_width(char) in ("W", "F")
