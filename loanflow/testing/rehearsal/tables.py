"""What decision tables and forms tell of the variables they read."""

from __future__ import annotations

from collections.abc import Iterable

from loanflow.dmn import DecisionTable
from loanflow.dmn.model import FunctionDefinition, LiteralExpression, Model, UnaryTests, children_of
from loanflow.dmn.model.boxed_expressions import BoxedExpression
from loanflow.feel import to_feel
from loanflow.forms import ComponentType, Form
from loanflow.testing.rehearsal.clues import BOOLEAN, DATE, DATE_TEXT, DATE_TIME, NUMBER, STRING, Clue, Clues
from loanflow.testing.rehearsal.learning import learn, learn_tests, subject

_TYPES: dict[str, str] = {
    **dict.fromkeys(("number", "integer", "long", "double"), NUMBER),
    "boolean": BOOLEAN,
    "string": STRING,
    "date": DATE,
    "dateTime": DATE_TIME,
    "date and time": DATE_TIME,
}


def learn_decisions(model: Model, clues: Clues) -> None:
    """Note what every decision of a file compares its inputs with."""
    for decision in model.decisions:
        if decision.logic is not None:
            _learn_logic(decision.logic, model.dialect.value, clues)


def made_inside(models: Iterable[Model], decision_id: str) -> frozenset[str]:
    """Return the names that the decisions which one decision requires give to it: those are no variables of the case."""
    decisions = {decision.id: decision for model in models for decision in model.decisions}
    names: set[str] = set()
    seen: set[str] = set()
    todo = [decision_id]
    while todo:
        decision = decisions.get(todo.pop())
        if decision is None or decision.id in seen:
            continue
        seen.add(decision.id)
        todo += [reference.id for reference in decision.decisions]
        if decision.id != decision_id:
            names |= {decision.id, decision.name, decision.variable.name if decision.variable is not None else decision.name}
            if isinstance(decision.logic, DecisionTable):
                names |= {output.name for output in decision.logic.outputs if output.name}
    return frozenset(names)


def _learn_logic(logic: BoxedExpression, dialect: str, clues: Clues) -> None:
    if isinstance(logic, DecisionTable):
        _learn_table(logic, dialect, clues)
    elif isinstance(logic, LiteralExpression):
        _learn_literal(logic, dialect, clues)
    elif not isinstance(logic, FunctionDefinition):
        # The body of a function reads its parameters, which are no variables.
        for child in children_of(logic):
            _learn_logic(child, dialect, clues)


def _learn_table(table: DecisionTable, dialect: str, clues: Clues) -> None:
    columns: list[Clue | None] = []
    for column in table.inputs:
        language = _language(column.expression, dialect)
        learn(column.expression.text, clues, dialect=language, want=_TYPES.get(column.expression.type_ref or ""))
        found = subject(column.expression.text, clues, dialect=language)
        columns.append(found)
        if column.values is not None:
            learn_tests(column.values.text, found, clues, dialect=dialect)
    for rule in table.rules:
        for cell, found in zip(rule.inputs, columns, strict=False):
            learn_tests(cell.text, found, clues, dialect=_language(cell, dialect))
        for output in rule.outputs:
            _learn_literal(output, dialect, clues)


def _learn_literal(expression: LiteralExpression, dialect: str, clues: Clues) -> None:
    if expression.text.strip():
        learn(expression.text, clues, dialect=_language(expression, dialect))


def _language(expression: LiteralExpression | UnaryTests, dialect: str) -> str:
    spoken = (expression.language or "").lower()
    return "juel" if "juel" in spoken else dialect


def learn_form(form: Form, clues: Clues) -> None:
    """Note what a form offers for its fields, and what its conditions compare them with."""
    for component in form.walk():
        if component.path is not None:
            clue = _at(component.path, clues)
            for option in component.options:
                clue.may_be(to_feel(option.value))
            kind = {ComponentType.NUMBER: NUMBER, ComponentType.CHECKBOX: BOOLEAN}.get(component.type)
            if kind is not None:
                clue.kinds[kind] = None
            elif component.type is ComponentType.DATETIME:
                clue.kinds[DATE if component.typed else DATE_TEXT] = None
        for condition in (component.hide, component.readonly):
            if isinstance(condition, str):
                learn(condition.removeprefix("="), clues, dialect=form.dialect, want=BOOLEAN)


def _at(path: str, clues: Clues) -> Clue:
    head, *rest = path.split(".")
    clue = clues.variable(head)
    for part in rest:
        clue = clue.part(part)
    return clue
