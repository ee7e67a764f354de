"""Each input column says what it looks at."""

from __future__ import annotations

from collections.abc import Iterator

from loanflow.dmn.checks.finding import finding
from loanflow.dmn.checks.tables import tables_of
from loanflow.dmn.model import Model
from loanflow.problems import Problem


def find(model: Model) -> Iterator[Problem]:
    """Yield a finding for each input column without an expression."""
    for element, table in tables_of(model):
        for number, clause in enumerate(table.inputs, start=1):
            if not clause.expression.text.strip():
                yield finding(
                    model,
                    element,
                    "dmn/missing-input-expression",
                    "this input says not what it looks at",
                    at=clause,
                    inside=f"input {number}",
                    property="Expression",
                    expected="an expression, such as the name of a variable",
                    found="nothing",
                )
