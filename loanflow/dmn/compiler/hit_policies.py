"""From the rules that match to the value of the table: one small function per hit policy (DMN 8.2.10 and 8.2.11).

First the rules that count are chosen and put in order, then their outputs become the value: a value or a context where one rule
counts, a list where several do; under Camunda 7's rules always a list of rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, DecimalException, InvalidOperation
from types import MappingProxyType

from loanflow.dmn.compiler.run import Run, Scope
from loanflow.dmn.compiler.table import Output, Table, rules_of
from loanflow.dmn.model import Aggregator, Dialect, HitPolicy
from loanflow.feel import FeelValue, equal, literal, number, order
from loanflow.feel.values import CONTEXT
from loanflow.problems import Location, Problem

Row = tuple[FeelValue, ...]


@dataclass(frozen=True, slots=True)
class Decided:
    """What a table came to: its value, the rules that decided (from 0, in the order of the result), their outputs."""

    value: FeelValue
    rules: tuple[int, ...] = ()
    rows: tuple[Row, ...] = ()
    defaulted: bool = False


class Broken(Exception):
    """The hit policy is broken: the table has no result. Never leaves this file."""

    def __init__(self, code: str, message: str, *, expected: str, found: str) -> None:
        self.code = code
        self.message = message
        self.expected = expected
        self.found = found
        super().__init__(message)


def decide(table: Table, mask: int, scope: Scope, run: Run) -> Decided:
    """Return what the table comes to when these rules match; a broken hit policy is noted in ``run`` and gives null."""
    if not mask:
        return _nothing_matched(table, scope, run)
    rules = rules_of(mask)
    rows = [outputs_of(table, rule, scope, run) for rule in rules]
    try:
        return _POLICIES[table.model.hit_policy](table, rules, rows)
    except Broken as broken:
        run.fail(
            Problem(
                code=broken.code,
                message=broken.message,
                location=Location(file=table.place.file, line=table.place.line),
                element_id=table.place.element_id,
                element_name=table.place.element_name,
                element_type=table.place.element_type,
                property="Hit policy",
                expected=broken.expected,
                found=broken.found,
            )
        )
        return Decided(None, tuple(rules), tuple(rows))


def outputs_of(table: Table, rule: int, scope: Scope, run: Run) -> Row:
    """Return the values of a rule's output cells, converted to their columns' types; an empty cell is null."""
    constant = table.constants[rule]
    if constant is not None:
        return constant
    values: list[FeelValue] = []
    for output in table.outputs:
        node = output.nodes[rule]
        value = node.evaluate(scope, run) if node is not None else None
        if output.convert is not None and value is not None:
            fits, converted = output.convert(value)
            if not fits:
                _wrong_output(table, rule, output.key, value, run)
            value = converted
        values.append(value)
    return tuple(values)


def value_of_row(table: Table, rule: int | None, row: Row) -> FeelValue:
    """Return what one rule gives: its value, a context of its outputs, or a row; ``rule`` None is the default output."""
    if table.dialect is Dialect.CAMUNDA7:
        return {
            output.key: own(value)
            for output, value in zip(table.outputs, row, strict=True)
            if rule is None or output.nodes[rule] is not None
        }
    if len(table.outputs) == 1:
        return own(row[0])
    return {output.key: own(value) for output, value in zip(table.outputs, row, strict=True)}


def own(value: FeelValue) -> FeelValue:
    """Return a value that the caller may change: lists and contexts are copied."""
    if isinstance(value, list):
        return [own(item) for item in value]
    if isinstance(value, dict):
        return {key: own(item) for key, item in value.items()}
    return value


def _nothing_matched(table: Table, scope: Scope, run: Run) -> Decided:
    if any(output.default is not None for output in table.outputs):
        row = tuple(output.default.evaluate(scope, run) if output.default is not None else None for output in table.outputs)
        value = value_of_row(table, None, row)
        return Decided([value] if table.dialect is Dialect.CAMUNDA7 else value, rows=(row,), defaulted=True)
    if table.dialect is not Dialect.CAMUNDA7:
        run.note("dmn/no-rule-matched", "no rule matched, and there is no default output")
        return Decided(None)
    if table.model.aggregator is Aggregator.COUNT:
        return Decided([{table.outputs[0].key: Decimal(0)}])
    return Decided([])


def _one(table: Table, rule: int, row: Row) -> Decided:
    value = value_of_row(table, rule, row)
    return Decided([value] if table.dialect is Dialect.CAMUNDA7 else value, (rule,), (row,))


def _several(table: Table, rules: Sequence[int], rows: Sequence[Row]) -> Decided:
    return Decided([value_of_row(table, rule, row) for rule, row in zip(rules, rows, strict=True)], tuple(rules), tuple(rows))


def _unique(table: Table, rules: list[int], rows: list[Row]) -> Decided:
    if len(rules) > 1:
        raise Broken(
            "dmn/unique-violated",
            "several rules match, but the hit policy UNIQUE allows one",
            expected="at most one rule that matches",
            found="rules " + ", ".join(str(rule + 1) for rule in rules),
        )
    return _one(table, rules[0], rows[0])


def _first(table: Table, rules: list[int], rows: list[Row]) -> Decided:
    return _one(table, rules[0], rows[0])


def _any(table: Table, rules: list[int], rows: list[Row]) -> Decided:
    for rule, row in zip(rules[1:], rows[1:], strict=True):
        if not all(equal(value, first) is True for value, first in zip(row, rows[0], strict=True)):
            raise Broken(
                "dmn/any-violated",
                "the rules that match do not agree, but the hit policy is ANY",
                expected="the same outputs from each rule that matches",
                found=f"rule {rules[0] + 1} gives {_words(rows[0])}, rule {rule + 1} gives {_words(row)}",
            )
    first = _one(table, rules[0], rows[0])
    return Decided(first.value, tuple(rules), tuple(rows))


def _words(row: Row) -> str:
    return ", ".join(literal(value) for value in row)


def _priority(table: Table, rules: list[int], rows: list[Row]) -> Decided:
    best = min(range(len(rules)), key=lambda at: _rank(table, rows[at]))
    return _one(table, rules[best], rows[best])


def _output_order(table: Table, rules: list[int], rows: list[Row]) -> Decided:
    ordered = sorted(range(len(rules)), key=lambda at: _rank(table, rows[at]))
    return _several(table, [rules[at] for at in ordered], [rows[at] for at in ordered])


def _rank(table: Table, row: Row) -> tuple[int, ...]:
    """Return how far down the lists of output values a row's values stand; what is not listed comes last."""
    ranks: list[int] = []
    for output, value in zip(table.outputs, row, strict=True):
        if output.ranks:
            place = (number for number, listed in enumerate(output.ranks) if equal(listed, value) is True)
            ranks.append(next(place, len(output.ranks)))
    return tuple(ranks)


def _collect(table: Table, rules: list[int], rows: list[Row]) -> Decided:
    aggregator = table.model.aggregator
    if aggregator is None:
        return _several(table, rules, rows)
    if table.dialect is Dialect.CAMUNDA7:
        return _collect_in_camunda_7(table, rules, rows, aggregator)
    values = [row[0] for row in rows]
    if table.dialect is Dialect.CAMUNDA8 and aggregator is not Aggregator.COUNT:
        _only_numbers(values)
    return Decided(_AGGREGATORS[aggregator](values), tuple(rules), tuple(rows))


def _collect_in_camunda_7(table: Table, rules: list[int], rows: list[Row], aggregator: Aggregator) -> Decided:
    """Aggregate what Camunda 7 does: the one output that each rule fills in, under the name of the first of them."""
    entries: list[tuple[Output, FeelValue]] = []
    for rule, row in zip(rules, rows, strict=True):
        filled = [(output, value) for output, value in zip(table.outputs, row, strict=True) if output.nodes[rule] is not None]
        if len(filled) > 1:
            raise Broken(
                "dmn/aggregation-failed",
                f"{aggregator} can only be taken of one output",
                expected="one output filled in by each rule that matches",
                found=f"rule {rule + 1} fills in {len(filled)}",
            )
        entries += filled
    values = [value if aggregator is Aggregator.COUNT else _read_as_number(output, value) for output, value in entries]
    if not values and aggregator is not Aggregator.COUNT:
        return Decided([], tuple(rules), tuple(rows))
    key = entries[0][0].key if entries else table.outputs[0].key
    return Decided([{key: _AGGREGATORS[aggregator](values)}], tuple(rules), tuple(rows))


def _read_as_number(output: Output, value: FeelValue) -> FeelValue:
    """Return a number, also one that is written as a text in a column without a type; nothing else is aggregated there."""
    if isinstance(value, str) and output.convert is None:
        try:
            value = number(Decimal(value))
        except InvalidOperation:
            raise _cannot_aggregate("reckon with", "numbers", value) from None
    _only_numbers([value])
    return value


def _only_numbers(values: list[FeelValue]) -> None:
    for value in values:
        if not isinstance(value, Decimal):
            raise _cannot_aggregate("reckon with", "numbers", value)


def _sum(values: list[FeelValue]) -> FeelValue:
    total = Decimal(0)
    for value in values:
        if not isinstance(value, Decimal):
            raise _cannot_aggregate("add up", "numbers", value)
        try:
            total = CONTEXT.add(total, value)
        except DecimalException:
            raise _cannot_aggregate("add up", "numbers of at most 6,144 digits", value) from None
    return total if values else None


def _count(values: list[FeelValue]) -> FeelValue:
    return Decimal(len(values))


def _least(values: list[FeelValue]) -> FeelValue:
    return _extreme(values, -1)


def _greatest(values: list[FeelValue]) -> FeelValue:
    return _extreme(values, 1)


def _extreme(values: list[FeelValue], direction: int) -> FeelValue:
    if not values:
        return None
    best = values[0]
    for value in values[1:] if len(values) > 1 else values:
        compared = order(value, best)
        if compared is None:
            raise _cannot_aggregate("compare", "values of one type that can be compared", value)
        if compared == direction:
            best = value
    return best


def _cannot_aggregate(verb: str, expected: str, found: FeelValue) -> Broken:
    return Broken(
        "dmn/aggregation-failed",
        f"the aggregation cannot {verb} the outputs of the rules that match",
        expected=expected,
        found=literal(found),
    )


def _wrong_output(table: Table, rule: int, key: str, value: FeelValue, run: Run) -> None:
    message = f"rule {rule + 1} gives {literal(value)} for output {key!r}, which is not of the type of its column"
    if table.dialect is not Dialect.CAMUNDA7:
        run.note("dmn/wrong-type", message)
        return
    run.fail(
        Problem(
            code="dmn/wrong-output-type",
            message=message,
            location=Location(file=table.place.file, line=table.model.rules[rule].line),
            element_id=table.model.rules[rule].id,
            element_name=table.place.element_name,
            element_type=f"{table.place.element_type}, rule {rule + 1}",
            found=literal(value),
        )
    )


_POLICIES: Mapping[HitPolicy, Callable[[Table, list[int], list[Row]], Decided]] = MappingProxyType(
    {
        HitPolicy.UNIQUE: _unique,
        HitPolicy.FIRST: _first,
        HitPolicy.ANY: _any,
        HitPolicy.PRIORITY: _priority,
        HitPolicy.COLLECT: _collect,
        HitPolicy.RULE_ORDER: _several,
        HitPolicy.OUTPUT_ORDER: _output_order,
    }
)
_AGGREGATORS: Mapping[Aggregator, Callable[[list[FeelValue]], FeelValue]] = MappingProxyType(
    {Aggregator.SUM: _sum, Aggregator.COUNT: _count, Aggregator.MIN: _least, Aggregator.MAX: _greatest}
)
