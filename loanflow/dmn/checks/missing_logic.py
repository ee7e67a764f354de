"""A decision without logic answers null; a literal expression must not be empty."""

from __future__ import annotations

from collections.abc import Iterator

from loanflow.dmn.checks.finding import finding
from loanflow.dmn.model import Dialect, LiteralExpression, Model
from loanflow.problems import Problem, Severity


def find(model: Model) -> Iterator[Problem]:
    """Yield findings for decisions that have nothing to evaluate."""
    camunda = model.dialect is not Dialect.SPEC
    for decision in model.decisions:
        logic = decision.logic
        if logic is None:
            yield finding(
                model,
                decision,
                "dmn/missing-logic",
                "this decision has no logic" if camunda else "this decision has no logic; it answers null",
                severity=Severity.ERROR if camunda else Severity.WARNING,
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
                severity=Severity.ERROR if camunda else Severity.WARNING,
                at=logic,
                property="Expression",
                expected="an expression",
                found="nothing",
            )
