"""What a cell accepts, read off its syntax tree: values and stretches of one ordered kind, perhaps turned around by ``not``.

The index is built from these shapes, and so is the answer to "what would have been accepted". A cell that reads a variable,
calls a function or mixes kinds is opaque: it is always evaluated.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from loanflow.feel import (
    DaysTimeDuration,
    FeelDate,
    FeelDateTime,
    FeelTime,
    FeelValue,
    YearsMonthsDuration,
)
from loanflow.feel.syntax import tree
from loanflow.feel.values import duration, order, temporal

Kind = str

# Kinds whose values have a place on a line; "null" and "boolean" have not.
ORDERED = frozenset({"number", "string", "date", "time", "zoned time", "date and time", "zoned date and time", "days", "months"})


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of an ordered line; None is an open end, equal closed ends are a single value."""

    low: Any = None
    high: Any = None
    low_closed: bool = False
    high_closed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CellShape:
    """What a cell accepts; ``negated`` turns the spans around within their kind.

    ``kind`` is None for a cell that accepts anything, or that is ``opaque``.
    """

    kind: Kind | None = None
    spans: tuple[Span, ...] = ()
    negated: bool = False
    anything: bool = False
    opaque: bool = False


ANYTHING = CellShape(anything=True)
OPAQUE = CellShape(opaque=True)


class _Opaque(Exception):
    """Raised while reading a tree that the index cannot understand; never leaves this file."""


def shape_of(tests: tree.UnaryTests) -> CellShape:
    """Return what a cell accepts."""
    if not tests.tests:
        return ANYTHING
    kinds: set[Kind] = set()
    spans: list[Span] = []
    try:
        for test in tests.tests:
            for kind, span in _spans(test):
                kinds.add(kind)
                if span is not None:
                    spans.append(span)
    except _Opaque:
        return OPAQUE
    # Null goes with any kind: what a cell makes of it is asked separately.
    if len(kinds) > 1:
        kinds.discard("null")
    if len(kinds) != 1:
        return OPAQUE
    return CellShape(kind=kinds.pop(), spans=tuple(spans), negated=tests.negated)


def outline(tests: tree.UnaryTests) -> Hashable:
    """Return a cell without its constants: all that counts for a value of another kind than theirs, if the cell is not opaque."""
    return tests.negated, tuple(_outline(test) for test in tests.tests)


def _outline(test: tree.Node) -> Hashable:
    node = test.expression if isinstance(test, tree.ExpressionTest) else test
    # Null and the truth values lie on no line: another constant is another cell.
    constant = node.value if isinstance(node, tree.Literal) and (node.value is None or isinstance(node.value, bool)) else ""
    return type(node), getattr(node, "operator", ""), constant


def keyed(shape: CellShape) -> CellShape:
    """Return a shape with its ends replaced by what orders them."""
    spans = tuple(Span(key_of(span.low), key_of(span.high), span.low_closed, span.high_closed) for span in shape.spans)
    return replace(shape, spans=spans) if spans else shape


def key_of(value: FeelValue) -> Any:
    """Return what orders and equals as the value does among values of its kind; None stays None."""
    if isinstance(value, FeelDate | FeelTime | FeelDateTime | DaysTimeDuration | YearsMonthsDuration):
        return value.key
    return value


def kind_of(value: FeelValue) -> Kind | None:
    """Return the kind of a value; None for lists, contexts, ranges and functions, which no index knows."""
    if isinstance(value, FeelTime | FeelDateTime):
        plain = "time" if isinstance(value, FeelTime) else "date and time"
        return f"zoned {plain}" if value.comparable else plain
    return _KINDS.get(type(value))


def nearest_accepted(shape: CellShape, value: FeelValue) -> FeelValue:
    """Return a value that the cell accepts, as near as can be to one that it does not; None where none can be named."""
    if shape.negated or shape.opaque or shape.anything:
        return None
    best: FeelValue = None
    best_distance: Decimal | None = None
    for span in shape.spans:
        for candidate in _candidates(span, value):
            if isinstance(candidate, Decimal) and isinstance(value, Decimal):
                distance = abs(candidate - value)
                if best_distance is None or distance < best_distance:
                    best, best_distance = candidate, distance
            elif best is None:
                best = candidate
    return best


def _candidates(span: Span, value: FeelValue) -> Iterator[FeelValue]:
    if span.low is not None:
        inside = span.low if span.low_closed else _beside(span.low, value, 1)
        if inside is not None and _within(span, inside):
            yield inside
    if span.high is not None:
        inside = span.high if span.high_closed else _beside(span.high, value, -1)
        if inside is not None and _within(span, inside):
            yield inside


def _beside(end: FeelValue, value: FeelValue, direction: int) -> FeelValue:
    """Return the next value after (or before) an end that is left out: one more unit of its last digit, one more day."""
    if isinstance(end, Decimal):
        digits = [int(one.as_tuple().exponent) for one in (end, value) if isinstance(one, Decimal)]
        return end + direction * Decimal(1).scaleb(max(-9, min(0, *digits)))
    if isinstance(end, FeelDate):
        return FeelDate(end.days + direction)
    return None


def _within(span: Span, value: FeelValue) -> bool:
    low = order(value, span.low) if span.low is not None else 1
    high = order(value, span.high) if span.high is not None else -1
    return (
        low is not None
        and high is not None
        and (low > 0 or (low == 0 and span.low_closed))
        and (high < 0 or (high == 0 and span.high_closed))
    )


def _spans(test: tree.Node) -> Iterator[tuple[Kind, Span | None]]:
    match test:
        case tree.OperatorTest(operator=operator, operand=operand):
            kind, value = _constant(operand)
            yield from ((kind, span) for span in _comparison(kind, operator, value))
        case tree.ExpressionTest(expression=tree.Interval() as interval):
            yield _interval(interval)
        case tree.ExpressionTest(expression=tree.HalfLine(operator=operator, operand=operand)):
            kind, value = _constant(operand)
            yield from ((kind, span) for span in _comparison(kind, operator, value))
        case tree.ExpressionTest(expression=expression):
            kind, value = _constant(expression)
            yield kind, None if kind == "null" else Span(value, value, True, True)
        case _:
            raise _Opaque


def _comparison(kind: Kind, operator: str, value: FeelValue) -> Iterator[Span | None]:
    if kind not in ORDERED:
        raise _Opaque
    match operator:
        case "<":
            yield Span(None, value, False, False)
        case "<=":
            yield Span(None, value, False, True)
        case ">":
            yield Span(value, None, False, False)
        case ">=":
            yield Span(value, None, True, False)
        case "=":
            yield Span(value, value, True, True)
        case "!=":
            yield Span(None, value, False, False)
            yield Span(value, None, False, False)
        case _:
            raise _Opaque


def _interval(interval: tree.Interval) -> tuple[Kind, Span]:
    low_kind, low = _constant(interval.low)
    high_kind, high = _constant(interval.high)
    if low_kind != high_kind or low_kind not in ORDERED or order(low, high) in (None, 1):
        raise _Opaque
    return low_kind, Span(low, high, interval.low_included, interval.high_included)


def constant(node: tree.Node) -> tuple[bool, FeelValue]:
    """Return ``(True, value)`` for an expression that is a value and nothing else: a number, a text, ``date("...")``."""
    try:
        return True, _constant(node)[1]
    except _Opaque:
        return False, None


def _constant(node: tree.Node) -> tuple[Kind, FeelValue]:
    match node:
        case tree.Literal(value=value):
            found: FeelValue = value
        case tree.Negation(operand=tree.Literal(value=Decimal() as value)):
            found = -value
        case tree.AtLiteral(text=text):
            found = _parsed(_temporal_or_duration, text)
        case tree.Call(callee=tree.Name(name=name), arguments=(tree.Literal(value=str() as text),), names=()) if name in _CONSTRUCTORS:
            found = _parsed(_CONSTRUCTORS[name], text)
        case _:
            raise _Opaque
    kind = kind_of(found)
    if kind is None:
        raise _Opaque
    return kind, found


def _parsed(parse: Callable[[str], FeelValue], text: str) -> FeelValue:
    try:
        return parse(text)
    except ValueError:
        raise _Opaque from None


def _temporal_or_duration(text: str) -> FeelValue:
    return duration(text) if text.lstrip("-").startswith("P") else temporal(text)


def _date_time(text: str) -> FeelValue:
    if "T" not in text:
        raise ValueError("a date alone")
    return FeelDateTime.parse(text)


_KINDS: Mapping[type, Kind] = MappingProxyType(
    {
        type(None): "null",
        bool: "boolean",
        Decimal: "number",
        str: "string",
        FeelDate: "date",
        DaysTimeDuration: "days",
        YearsMonthsDuration: "months",
    }
)
_CONSTRUCTORS: Mapping[str, Callable[[str], FeelValue]] = MappingProxyType(
    {"date": FeelDate.parse, "time": FeelTime.parse, "date and time": _date_time, "duration": duration}
)
