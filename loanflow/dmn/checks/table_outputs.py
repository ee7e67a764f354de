"""A table has outputs, with names of their own where there are several, and a value in each output cell."""

from __future__ import annotations

from collections.abc import Iterator

from loanflow.dmn.checks.finding import finding
from loanflow.dmn.checks.tables import tables_of
from loanflow.dmn.model import DecisionTable, Dialect, DrgElement, Model
from loanflow.problems import Problem, Severity


def find(model: Model) -> Iterator[Problem]:
    """Yield findings: no output, unnamed or equally named outputs, output cells left empty where that fails."""
    for element, table in tables_of(model):
        if not table.outputs:
            yield finding(
                model, element, "dmn/missing-output", "this table has no output", at=table, expected="an output column", found="nothing"
            )
        yield from _names(model, element, table)
        yield from _cells(model, element, table)


def _names(model: Model, element: DrgElement, table: DecisionTable) -> Iterator[Problem]:
    if len(table.outputs) < 2:
        return
    seen: set[str] = set()
    for number, output in enumerate(table.outputs, start=1):
        if output.name is None or output.name in seen:
            yield finding(
                model,
                element,
                "dmn/output-name",
                "this output has no name" if output.name is None else f"two outputs are called {output.name!r}",
                at=output,
                inside=f"output {number}",
                property="Output name",
                expected="a name of its own, as the table has several outputs",
                found=output.name or "nothing",
            )
        seen.add(output.name or "")


def _cells(model: Model, element: DrgElement, table: DecisionTable) -> Iterator[Problem]:
    if model.dialect is Dialect.CAMUNDA7:
        return  # Camunda 7 leaves the entry out of the row.
    for rule in table.rules:
        for number, cell in enumerate(rule.outputs):
            if cell.text.strip() or number >= len(table.outputs):
                continue
            yield finding(
                model,
                element,
                "dmn/missing-output-entry",
                f"rule {rule.index} has no value for this output" + ("" if model.dialect is Dialect.CAMUNDA8 else "; its value is null"),
                severity=Severity.ERROR if model.dialect is Dialect.CAMUNDA8 else Severity.WARNING,
                at=cell,
                inside=f'rule {rule.index}, output "{table.outputs[number].title}"',
                expected="an expression, or null",
                found="nothing",
            )
