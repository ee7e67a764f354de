"""How checks write a finding about an element of the graph."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from loanflow.dmn.checks.axes import written
from loanflow.dmn.compiler import Table
from loanflow.dmn.model import BusinessKnowledgeModel, Decision, DecisionService, DrgElement, InputData, KnowledgeSource, Model, Rule
from loanflow.feel import FeelValue
from loanflow.problems import Location, Problem, Severity

_WORDS: dict[type[DrgElement], str] = {
    Decision: "decision",
    InputData: "input data",
    BusinessKnowledgeModel: "business knowledge model",
    DecisionService: "decision service",
    KnowledgeSource: "knowledge source",
}


class _Placed(Protocol):
    @property
    def line(self) -> int: ...
    @property
    def id(self) -> str | None: ...


def finding(
    model: Model,
    element: DrgElement,
    code: str,
    message: str,
    *,
    severity: Severity = Severity.ERROR,
    at: _Placed | None = None,
    inside: str | None = None,
    line: int | None = None,
    property: str | None = None,
    expected: str | None = None,
    found: str | None = None,
    hint: str | None = None,
) -> Problem:
    """Return a finding at an element, or at something ``inside`` it."""
    words = _WORDS.get(type(element), "element")
    return Problem(
        code=code,
        message=message,
        location=Location(file=model.file, line=line or (at.line if at is not None else element.line)),
        severity=severity,
        element_id=(at.id if at is not None else None) or element.id,
        element_name=element.name,
        element_type=f"{words}, {inside}" if inside else words,
        property=property,
        expected=expected,
        found=found,
        hint=hint,
    )


def at_table(
    table: Table,
    code: str,
    message: str,
    *,
    severity: Severity = Severity.ERROR,
    rule: Rule | None = None,
    expected: str | None = None,
    found: str | None = None,
    hint: str | None = None,
) -> Problem:
    """Return a finding at a compiled table, or at one of its rules."""
    place = table.place.at(table.model.line) if rule is None else table.place.at(rule.line, element_id=rule.id, inside=f"rule {rule.index}")
    return Problem(
        code=code,
        message=message,
        location=Location(file=place.file, line=place.line),
        severity=severity,
        element_id=place.element_id,
        element_name=place.element_name,
        element_type=place.element_type,
        expected=expected,
        found=found,
        hint=hint,
    )


def in_words(example: Iterable[tuple[str, FeelValue]]) -> str:
    """Return inputs with their values: ``score = 62, grade = "C"``."""
    return ", ".join(f"{expression} = {written(value)}" for expression, value in example)
