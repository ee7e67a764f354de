"""Where compiling notes what is wrong: problems with the place, the element and the text, never an exception."""

from __future__ import annotations

from dataclasses import dataclass, field

from loanflow.feel import FeelSyntaxError
from loanflow.problems import Location, Problem, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The element whose text is being compiled, in the analyst's words."""

    file: str
    line: int
    element_type: str
    element_id: str | None = None
    element_name: str | None = None

    def at(self, line: int, *, element_id: str | None = None, inside: str | None = None) -> Place:
        """Return a place within this one: another line, its own id, and what it is (``rule 7, input "Income"``)."""
        return Place(
            file=self.file,
            line=line,
            element_type=f"{self.element_type}, {inside}" if inside else self.element_type,
            element_id=element_id or self.element_id,
            element_name=self.element_name,
        )


@dataclass(slots=True)
class Findings:
    """The problems found so far."""

    problems: list[Problem] = field(default_factory=list[Problem])

    def syntax(self, error: FeelSyntaxError, place: Place) -> None:
        """Note a text that is not FEEL."""
        self.problems.append(
            error.to_problem(
                location=Location(file=place.file, line=place.line),
                element_id=place.element_id,
                element_name=place.element_name,
                element_type=place.element_type,
            )
        )

    def report(
        self,
        code: str,
        message: str,
        place: Place,
        *,
        severity: Severity = Severity.ERROR,
        property: str | None = None,
        expected: str | None = None,
        found: str | None = None,
        hint: str | None = None,
    ) -> None:
        """Note any other finding."""
        self.problems.append(
            Problem(
                code=code,
                message=message,
                location=Location(file=place.file, line=place.line),
                severity=severity,
                element_id=place.element_id,
                element_name=place.element_name,
                element_type=place.element_type,
                property=property,
                expected=expected,
                found=found,
                hint=hint,
            )
        )
