"""A decision without logic answers null; a literal expression must not be empty."""

from __future__ import annotations

from collections.abc import Iterator

from loanflow.dmn.checks.finding import finding
from loanflow.dmn.model import Dialect, LiteralExpression, Model
from loanflow.problems import Problem, Severity


def find(model: Model) -> Iterator[Problem]:
    """Yield findings for decisions that have nothing to evaluate."""
    required = {reference.id for decision in model.decisions for reference in decision.decisions}
    for decision in model.decisions:
        logic = decision.logic
        if logic is None:
            severity, consequence = _without_logic(model, decision.id in required or bool(decision.decisions))
            yield finding(
                model,
                decision,
                "dmn/missing-logic",
                "this decision has no logic" + consequence,
                severity=severity,
                expected="a decision table or an expression",
                found="nothing",
                hint="open the decision in the Modeler and choose decision table or literal expression",
            )
        elif isinstance(logic, LiteralExpression) and not logic.text.strip():
            yield finding(
                model,
                decision,
                "dmn/missing-logic",
                "this decision's expression is empty",
                severity=Severity.ERROR if model.dialect is Dialect.CAMUNDA8 else Severity.WARNING,
                at=logic,
                property="Expression",
                expected="an expression",
                found="nothing",
            )


def _without_logic(model: Model, connected: bool) -> tuple[Severity, str]:
    """Say how bad it is that a decision has no logic, and what comes of it.

    Camunda 7 leaves a decision without logic out, and fails where others are connected to it by requirements.
    """
    match model.dialect:
        case Dialect.SPEC:
            return Severity.WARNING, "; it answers null"
        case Dialect.CAMUNDA7 if not connected:
            return Severity.WARNING, "; Camunda 7 leaves it out"
        case Dialect.CAMUNDA7 | Dialect.CAMUNDA8:
            return Severity.ERROR, ""
