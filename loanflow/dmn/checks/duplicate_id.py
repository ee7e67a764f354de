"""Ids are unique in a file: requirements and processes find decisions by them."""

from __future__ import annotations

from collections.abc import Iterator

from loanflow.dmn.checks.finding import finding
from loanflow.dmn.model import Model
from loanflow.problems import Problem


def find(model: Model) -> Iterator[Problem]:
    """Yield a finding for each element whose id another one has already."""
    seen: dict[str, int] = {}
    for element in sorted(model.elements(), key=lambda element: element.line):
        if element.id in seen:
            yield finding(
                model,
                element,
                "dmn/duplicate-id",
                f"the id {element.id!r} is used twice",
                property="ID",
                expected="an id of its own",
                found=f"the id of the element in line {seen[element.id]}",
            )
        seen.setdefault(element.id, element.line)
