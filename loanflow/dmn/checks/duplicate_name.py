"""Names are unique in a file: expressions find decisions, inputs and functions by them (DMN 6.3.1 "named elements")."""

from __future__ import annotations

from collections.abc import Iterator

from loanflow.dmn.checks.finding import finding
from loanflow.dmn.model import Dialect, KnowledgeSource, Model
from loanflow.problems import Problem, Severity


def find(model: Model) -> Iterator[Problem]:
    """Yield a finding for each element whose name another one has already.

    Camunda goes by ids, so there it is a warning.
    """
    severity = Severity.ERROR if model.dialect is Dialect.SPEC else Severity.WARNING
    seen: dict[str, int] = {}
    for element in sorted(model.elements(), key=lambda element: element.line):
        if isinstance(element, KnowledgeSource) or not element.name:
            continue
        if element.name in seen:
            yield finding(
                model,
                element,
                "dmn/duplicate-name",
                f"the name {element.name!r} is used twice",
                severity=severity,
                property="Name",
                expected="a name of its own",
                found=f"the name of the element in line {seen[element.name]}",
            )
        seen.setdefault(element.name, element.line)
