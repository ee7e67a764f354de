"""Boxed expressions: the forms decision logic takes besides the table (DMN 7.3 and 10.2.2 "Boxed expressions")."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from loanflow.dmn.model.decision_table import DecisionTable
from loanflow.dmn.model.item_definition import Variable
from loanflow.dmn.model.literal_expression import Expression, LiteralExpression


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextEntry:
    """One line of a context; the entry without a ``variable`` is the context's result."""

    expression: BoxedExpression
    variable: Variable | None = None
    line: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Context(Expression):
    """Named values, each visible to those after it; the value is its result entry, or the context itself."""

    entries: tuple[ContextEntry, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """One parameter of an invocation and what is handed over; None hands over null."""

    parameter: Variable
    expression: BoxedExpression | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation(Expression):
    """A call with parameters by name."""

    function: BoxedExpression
    bindings: tuple[Binding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation(Expression):
    """A list of contexts written as a grid."""

    columns: tuple[Variable, ...] = ()
    rows: tuple[tuple[BoxedExpression, ...], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ListExpression(Expression):
    """A list, one item a box."""

    items: tuple[BoxedExpression, ...] = ()


class FunctionKind(StrEnum):
    """In what a function's body is written; only FEEL runs here, the others are refused by name."""

    FEEL = "FEEL"
    JAVA = "Java"
    PMML = "PMML"


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionDefinition(Expression):
    """A function as a value; ``body`` None gives null."""

    parameters: tuple[Variable, ...] = ()
    body: BoxedExpression | None = None
    kind: FunctionKind = FunctionKind.FEEL


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditional(Expression):
    """If, then, else (DMN 1.4)."""

    condition: BoxedExpression
    then: BoxedExpression
    otherwise: BoxedExpression


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter(Expression):
    """The items of a list that match (DMN 1.4)."""

    collection: BoxedExpression
    match: BoxedExpression


@dataclass(frozen=True, slots=True, kw_only=True)
class For(Expression):
    """A value for each item (DMN 1.4)."""

    variable: Variable
    collection: BoxedExpression
    result: BoxedExpression


class Quantifier(StrEnum):
    """Whether one item must satisfy, or all."""

    SOME = "some"
    EVERY = "every"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantified(Expression):
    """Whether some item, or every item, satisfies a condition (DMN 1.4)."""

    quantifier: Quantifier
    variable: Variable
    collection: BoxedExpression
    condition: BoxedExpression


BoxedExpression: TypeAlias = (
    DecisionTable
    | LiteralExpression
    | Context
    | Invocation
    | Relation
    | ListExpression
    | FunctionDefinition
    | Conditional
    | Filter
    | For
    | Quantified
)


def children_of(expression: BoxedExpression) -> Iterator[BoxedExpression]:
    """Yield the boxed expressions directly inside one, in document order; a table's cells are not boxed expressions."""
    match expression:
        case Context():
            yield from (entry.expression for entry in expression.entries)
        case Invocation():
            yield expression.function
            yield from (binding.expression for binding in expression.bindings if binding.expression is not None)
        case Relation():
            for row in expression.rows:
                yield from row
        case ListExpression():
            yield from expression.items
        case FunctionDefinition():
            if expression.body is not None:
                yield expression.body
        case Conditional():
            yield from (expression.condition, expression.then, expression.otherwise)
        case Filter():
            yield from (expression.collection, expression.match)
        case For():
            yield from (expression.collection, expression.result)
        case Quantified():
            yield from (expression.collection, expression.condition)
        case DecisionTable() | LiteralExpression():
            return


def walk(expression: BoxedExpression) -> Iterator[BoxedExpression]:
    """Yield an expression and everything boxed inside it, in document order."""
    yield expression
    for child in children_of(expression):
        yield from walk(child)
