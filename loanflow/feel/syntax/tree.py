"""The syntax tree: one frozen class per production of the FEEL grammar (DMN 10.3.1.2 "Grammar rules").

``start`` and ``end`` are character offsets into the text; they do not count when trees are compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from decimal import Decimal
from functools import cache
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """Anything in the tree."""

    start: int = field(default=0, compare=False, repr=False)
    end: int = field(default=0, compare=False, repr=False)
    production: ClassVar[str] = "node"

    def children(self) -> Iterator[Node]:
        """Walk the nodes directly below this one, in the order of the text."""
        for name in _names_of(type(self)):
            yield from _nodes_in(getattr(self, name))


@cache
def _names_of(production: type[Node]) -> tuple[str, ...]:
    return tuple(one.name for one in fields(production) if one.name not in ("start", "end"))


def _nodes_in(value: Any) -> Iterator[Node]:
    if isinstance(value, Node):
        yield value
    elif isinstance(value, tuple):
        for item in value:  # pyright: ignore[reportUnknownVariableType]
            yield from _nodes_in(item)


@dataclass(frozen=True, slots=True)
class Literal(Node):
    """null, a boolean, a number or a string."""

    value: bool | Decimal | str | None

    def __eq__(self, other: object) -> bool:
        # In Python True == 1; in FEEL they are strangers.
        return isinstance(other, Literal) and type(self.value) is type(other.value) and self.value == other.value

    def __hash__(self) -> int:
        return hash(self.value)


@dataclass(frozen=True, slots=True)
class AtLiteral(Node):
    """A temporal literal: ``@"2026-01-31"``."""

    text: str


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A variable, or a built-in."""

    name: str


@dataclass(frozen=True, slots=True)
class Path(Node):
    """``target.name``."""

    target: Node
    name: str


@dataclass(frozen=True, slots=True)
class Filter(Node):
    """``target[condition]``."""

    target: Node
    condition: Node


@dataclass(frozen=True, slots=True)
class Call(Node):
    """``callee(arguments)``; ``names`` is empty for a positional call, else has one name per argument."""

    callee: Node
    arguments: tuple[Node, ...]
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Negation(Node):
    """``-operand``."""

    operand: Node


@dataclass(frozen=True, slots=True)
class Arithmetic(Node):
    """``left + right``; the operator is one of ``+ - * / ** %`` (``%`` in JUEL only)."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Comparison(Node):
    """``left < right``; the operator is one of ``= != < <= > >=``."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Conjunction(Node):
    """``a and b and c``."""

    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Disjunction(Node):
    """``a or b or c``."""

    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Between(Node):
    """``value between low and high``."""

    value: Node
    low: Node
    high: Node


@dataclass(frozen=True, slots=True)
class In(Node):
    """``value in (tests)``; one test, or several in brackets."""

    value: Node
    tests: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class InstanceOf(Node):
    """``value instance of type``."""

    value: Node
    type: Node


@dataclass(frozen=True, slots=True)
class If(Node):
    """``if a then b else if c then d else e``: the pairs in order, then what is left."""

    branches: tuple[tuple[Node, Node], ...]
    otherwise: Node


@dataclass(frozen=True, slots=True)
class Iteration(Node):
    """``name in domain`` or ``name in domain..last``, of a for, some or every."""

    name: str
    domain: Node
    last: Node | None = None


@dataclass(frozen=True, slots=True)
class For(Node):
    """``for iterations return body``."""

    iterations: tuple[Iteration, ...]
    body: Node


@dataclass(frozen=True, slots=True)
class Quantified(Node):
    """``some`` or ``every`` ``iterations satisfies condition``."""

    quantifier: str
    iterations: tuple[Iteration, ...]
    condition: Node


@dataclass(frozen=True, slots=True)
class FormalParameter(Node):
    """A parameter of a function literal, with its type where one is written."""

    name: str
    type: Node | None = None


@dataclass(frozen=True, slots=True)
class FunctionLiteral(Node):
    """``function(parameters) body``; an external one keeps its mapping as body and is refused when called."""

    parameters: tuple[FormalParameter, ...]
    body: Node
    external: bool = False
    result: Node | None = None


@dataclass(frozen=True, slots=True)
class ContextEntry(Node):
    """``key: value``."""

    key: str
    value: Node


@dataclass(frozen=True, slots=True)
class ContextLiteral(Node):
    """``{entries}``."""

    entries: tuple[ContextEntry, ...]


@dataclass(frozen=True, slots=True)
class ListLiteral(Node):
    """``[items]``."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Interval(Node):
    """``[low..high]``, with round or outward brackets where an end point is left out."""

    low: Node
    high: Node
    low_included: bool = True
    high_included: bool = True


@dataclass(frozen=True, slots=True)
class HalfLine(Node):
    """``(< operand)``: a range that one comparison makes; the operator is one of ``= != < <= > >=``."""

    operator: str
    operand: Node


# Unary tests (DMN 7.3 "Unary tests", grammar rules 7 to 17)


@dataclass(frozen=True, slots=True)
class OperatorTest(Node):
    """``< 5`` as a test."""

    operator: str
    operand: Node


@dataclass(frozen=True, slots=True)
class ExpressionTest(Node):
    """Any expression as a test: equality, membership, or a condition on ``?``."""

    expression: Node


@dataclass(frozen=True, slots=True)
class UnaryTests(Node):
    """A cell: ``-`` has no tests at all; ``not(...)`` is negated."""

    tests: tuple[Node, ...]
    negated: bool = False


# Types (grammar rule "type")


@dataclass(frozen=True, slots=True)
class NamedType(Node):
    """A built-in type, or an item definition by its name."""

    name: str


@dataclass(frozen=True, slots=True)
class ListType(Node):
    """``list<of>``."""

    of: Node


@dataclass(frozen=True, slots=True)
class RangeType(Node):
    """``range<of>``."""

    of: Node


@dataclass(frozen=True, slots=True)
class ContextType(Node):
    """``context<name: type, ...>``."""

    entries: tuple[FormalParameter, ...]


@dataclass(frozen=True, slots=True)
class FunctionType(Node):
    """``function<types> -> result``."""

    parameters: tuple[Node, ...]
    result: Node


# What JUEL has and FEEL has not


@dataclass(frozen=True, slots=True)
class LooseComparison(Node):
    """JUEL's comparison: a number and its text are equal, ``'true'`` is true."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Truth(Node):
    """JUEL's coercion to boolean: null and every text but ``true`` are false."""

    operand: Node


@dataclass(frozen=True, slots=True)
class Empty(Node):
    """``empty operand``: null, an empty text, list or context."""

    operand: Node


@dataclass(frozen=True, slots=True)
class Template(Node):
    """``Dear ${name}, ...``: texts and expressions, joined."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class MethodCall(Node):
    """``target.name(arguments)``: a method of a value, or a registered function ``target.name``."""

    target: Node
    name: str
    arguments: tuple[Node, ...]


def depth(root: Node) -> int:
    """Return how many nodes lie between the root and its deepest leaf; counted without recursion."""
    deepest = 0
    waiting = [(root, 1)]
    while waiting:
        node, level = waiting.pop()
        deepest = max(deepest, level)
        waiting.extend((child, level + 1) for child in node.children())
    return deepest
