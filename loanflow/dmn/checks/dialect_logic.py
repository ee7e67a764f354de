"""What Camunda 7 cannot evaluate: said as a warning, since it is evaluated here all the same."""

from __future__ import annotations

from collections.abc import Iterator

from loanflow.dmn.checks.finding import finding
from loanflow.dmn.model import DecisionTable, Dialect, LiteralExpression, Model
from loanflow.problems import Problem, Severity


def find(model: Model) -> Iterator[Problem]:
    """Yield findings for logic beyond tables and literal expressions, and for literal expressions without a variable."""
    if model.dialect is not Dialect.CAMUNDA7:
        return
    for decision in model.decisions:
        match decision.logic:
            case None | DecisionTable():
                continue
            case LiteralExpression() if decision.variable is None:
                yield finding(
                    model,
                    decision,
                    "dmn/missing-variable",
                    "this literal expression has no variable to hold its result",
                    severity=Severity.WARNING,
                    property="Variable name",
                    expected="a variable name",
                    found="nothing",
                    hint=f"Camunda 7 refuses it; here the result is called {decision.id!r}",
                )
            case LiteralExpression():
                continue
            case other:
                yield finding(
                    model,
                    decision,
                    "dmn/dialect-logic",
                    "Camunda 7 evaluates only decision tables and literal expressions; here this works",
                    severity=Severity.WARNING,
                    at=other,
                )
