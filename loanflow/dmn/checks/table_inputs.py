"""Each input column says what it looks at."""

from __future__ import annotations

from collections.abc import Iterator

from loanflow.dmn.checks.finding import finding
from loanflow.dmn.checks.tables import tables_of
from loanflow.dmn.model import Dialect, Model
from loanflow.problems import Problem, Severity


def find(model: Model) -> Iterator[Problem]:
    """Yield a finding for each input column without an expression."""
    camunda7 = model.dialect is Dialect.CAMUNDA7
    for element, table in tables_of(model):
        for number, clause in enumerate(table.inputs, start=1):
            if not clause.expression.text.strip() and not (camunda7 and clause.variable is not None):
                yield finding(
                    model,
                    element,
                    "dmn/missing-input-expression",
                    "this input says not what it looks at" + ("; Camunda 7 takes it for null" if camunda7 else ""),
                    severity=Severity.WARNING if camunda7 else Severity.ERROR,
                    at=clause,
                    inside=f"input {number}",
                    property="Expression",
                    expected="an expression, such as the name of a variable",
                    found="nothing",
                )
