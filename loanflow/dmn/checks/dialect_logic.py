"""What Camunda's own engines cannot evaluate: said as a warning, since all but a Camunda 7 file's default outputs works here."""

from __future__ import annotations

from collections.abc import Iterator

from loanflow.dmn.checks.finding import finding
from loanflow.dmn.checks.tables import tables_of
from loanflow.dmn.model import (
    Conditional,
    Decision,
    DecisionTable,
    Dialect,
    DrgElement,
    Expression,
    Filter,
    For,
    LiteralExpression,
    Model,
    Quantified,
    walk,
)
from loanflow.problems import Location, Problem, Severity

_OF_DMN_1_4 = (Conditional, Filter, For, Quantified)


def find(model: Model) -> Iterator[Problem]:
    """Yield a finding for whatever a file drawn for Camunda 7 or Camunda 8 has that the engine of that name has not."""
    match model.dialect:
        case Dialect.CAMUNDA7:
            for decision in model.decisions:
                yield from _camunda_7(model, decision)
            for knowledge in model.knowledge_models:
                yield _finding(model, knowledge, "Camunda 7 ignores business knowledge models; here they work")
            for element, table in tables_of(model):
                if any(output.default is not None for output in table.outputs):
                    yield _finding(model, element, "Camunda 7 has no default outputs: where no rule matches there is no row", at=table)
        case Dialect.CAMUNDA8:
            for decision in model.decisions:
                for inner in walk(decision.logic) if decision.logic is not None else ():
                    if isinstance(inner, _OF_DMN_1_4):
                        yield _finding(model, decision, "Camunda 8 has no boxed expressions of DMN 1.4; here this works", at=inner)
            for service in model.services:
                yield _finding(model, service, "Camunda 8 has no decision services; here this works")
            for entry in model.imports:
                yield Problem(
                    code="dmn/dialect-logic",
                    message="Camunda 8 has no imports; here this works",
                    location=Location(file=model.file, line=entry.line),
                    severity=Severity.WARNING,
                    element_type="import",
                    element_name=entry.name,
                )
        case Dialect.SPEC:
            return


def _camunda_7(model: Model, decision: Decision) -> Iterator[Problem]:
    match decision.logic:
        case None | DecisionTable():
            return
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
            return
        case other:
            yield _finding(model, decision, "Camunda 7 evaluates only decision tables and literal expressions; here this works", at=other)


def _finding(model: Model, element: DrgElement, message: str, *, at: Expression | None = None) -> Problem:
    return finding(model, element, "dmn/dialect-logic", message, severity=Severity.WARNING, at=at)
