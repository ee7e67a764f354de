"""A cell that compares with a value of another type than its column's can never be true."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from loanflow.dmn.checks.finding import finding
from loanflow.dmn.compiler import Linked
from loanflow.problems import Problem, Severity

_KINDS: Mapping[str, str] = MappingProxyType(
    {"number": "number", "integer": "number", "long": "number", "double": "number", "string": "string", "boolean": "boolean"}
)


def find(linked: Linked) -> Iterator[Problem]:
    """Yield a warning for each cell whose constants are of another type than its column."""
    for program in linked.decisions:
        table = program.table
        if table is None:
            continue
        for clause, column in zip(table.model.inputs, table.columns, strict=True):
            wanted = _KINDS.get(clause.expression.type_ref or "")
            if wanted is None:
                continue
            for rule, shape in zip(table.model.rules, column.shapes, strict=True):
                if shape.kind in (None, "null", wanted):
                    continue
                cell = rule.inputs[table.columns.index(column)]
                yield finding(
                    program.model,
                    program.decision,
                    "dmn/cell-type",
                    f"this cell holds a {shape.kind}, its column a {wanted}: it never matches",
                    severity=Severity.WARNING,
                    at=cell,
                    inside=f'rule {rule.index}, input "{clause.title}"',
                    expected=f"a {wanted}",
                    found=cell.text,
                    hint='write texts in quotes, numbers without: "A", 70' if "string" in (shape.kind, wanted) else None,
                )
