"""The short way through a table: Python values in, result out, nothing allocated that the result does not need.

It exists for decisions that are one table over plain variables with constant outputs, which is what most tables are. Anything
unusual about an evaluation (a value of an unexpected type, a broken hit policy, no rule matching) has no result here: the
general way then decides, with all its explanations. Both ways must agree, and so must one row at a time and many at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import repeat
from typing import Any, TypeAlias

from loanflow.dmn.compiler.hit_policies import decide, own
from loanflow.dmn.compiler.meetings import Columns, Row, mask_finder, masks_finder, never_two
from loanflow.dmn.compiler.program import DecisionProgram
from loanflow.dmn.compiler.python_look_ups import python_look_ups
from loanflow.dmn.compiler.run import Run
from loanflow.dmn.compiler.scorecards import scorecard
from loanflow.dmn.compiler.table import Table
from loanflow.dmn.model import Aggregator, Dialect, HitPolicy
from loanflow.dmn.result import DecisionResult
from loanflow.feel import FeelValue, coerced
from loanflow.feel.values.numbers import DIGITS

# Builds the named tuple without its Python-level constructor, which would cost as much as looking up a column.
bare: Callable[[type[DecisionResult], tuple[Any, ...]], DecisionResult] = tuple.__new__  # pyright: ignore
# How many bits the remembered sets of rules may have together, and how many totals are remembered.
_MOST_BITS = 2_000_000
_MOST_TOTALS = 20_000
Copies: TypeAlias = "Callable[[Any], FeelValue]"


@dataclass(frozen=True, slots=True)
class Direct:
    """The short way through one decision, for one row of inputs or for many; None for a row that must go the general way."""

    one: Callable[[Row], DecisionResult | None]
    many: Callable[[Sequence[Row]], list[DecisionResult | None]]


def direct(program: DecisionProgram) -> Direct | None:
    """Return the short way through a decision, or None where there is none."""
    table = program.table
    if table is None or program.required or program.inputs or table.maybe or not table.columns or not table.model.rules:
        return None
    if any(column.name is None or column.aliases or not column.plain for column in table.columns):
        return None
    if any(row is None for row in table.constants):
        return None
    columns = tuple((column.name or "", python_look_ups(column, table.dialect)) for column in table.columns)
    if table.model.hit_policy in (HitPolicy.UNIQUE, HitPolicy.FIRST):
        return _one_rule(program, table, columns)
    return _adding(program, table, columns) or _several_rules(program, table, columns)


def _one_rule(program: DecisionProgram, table: Table, columns: Columns) -> Direct | None:
    # By the number of the rule, from 1: a mask's lowest bit is found as its length.
    results: list[DecisionResult | None] = [None]
    for rule in range(len(table.model.rules)):
        result = _result(program, table, 1 << rule)
        if result is None:
            return None
        results.append(result)
    unique = table.model.hit_policy is HitPolicy.UNIQUE
    lone = never_two(columns)
    answers = [result.value for result in results if result is not None]
    copies = _copier(answers)
    mask_of = mask_finder(columns, table.everything)
    rules_of_rows = masks_finder(columns, _rules_if_unique if unique else _first_rules, numbered=True)

    def one(row: Row) -> DecisionResult | None:
        mask = mask_of(row)
        if not lone:
            # Sets of thousands of rules are long numbers; what need not be reckoned with them is not.
            if unique and mask & (mask - 1):
                return None
            mask &= -mask
        result = results[mask.bit_length()]
        return result if copies is None or result is None else bare(DecisionResult, (copies(result[0]), None, ()))

    if copies is None:
        return Direct(one, lambda rows: list(map(results.__getitem__, rules_of_rows(rows))))

    # What stands for no rule can be copied like the rest, and is then taken out again.
    answers = [answers[0], *answers]

    def many(rows: Sequence[Row]) -> list[DecisionResult | None]:
        rules = rules_of_rows(rows)
        values = map(copies, map(answers.__getitem__, rules))
        found: list[DecisionResult | None] = list(map(bare, repeat(DecisionResult), zip(values, repeat(None), repeat(()))))
        if 0 in rules:
            return [result if rule else None for result, rule in zip(found, rules, strict=True)]
        return found

    return Direct(one, many)


def _first_rules(masks: Iterable[int]) -> list[int]:
    return [(mask & -mask).bit_length() for mask in masks]


def _rules_if_unique(masks: Iterable[int]) -> list[int]:
    return [0 if mask & (mask - 1) else mask.bit_length() for mask in masks]


def _several_rules(program: DecisionProgram, table: Table, columns: Columns) -> Direct:
    mask_of = mask_finder(columns, table.everything)
    masks_of = masks_finder(columns, list, numbered=False)
    results = Remembered(lambda mask: _result(program, table, mask), most=_MOST_BITS // (len(table.model.rules) + 100))

    def one(row: Row) -> DecisionResult | None:
        return _handed_out([results[mask_of(row)]])[0]

    return Direct(one, lambda rows: _handed_out(map(results.__getitem__, masks_of(rows))))


def _adding(program: DecisionProgram, table: Table, columns: Columns) -> Direct | None:
    """Return the short way through a scorecard: COLLECT SUM over whole numbers, each for one input."""
    points = [row[0] for row in table.constants if row is not None and isinstance(row[0], Decimal)]
    plain = program.type.kind in ("Any", "number") and program.type.allowed is None
    if table.model.aggregator is not Aggregator.SUM or len(points) < len(table.constants) or not plain:
        return None
    # Whole numbers of which no sum needs to be rounded are added as such.
    if any(point.as_tuple().exponent != 0 for point in points) or sum(map(abs, points)) >= 10**DIGITS:
        return None
    card = scorecard(table, columns, list(map(int, points)))
    if card is None:
        return None
    key = table.outputs[0].key if table.dialect is Dialect.CAMUNDA7 else None

    def result(total: int) -> DecisionResult | None:
        found = card.split(total)
        if found is None or not found[1]:
            return None
        value = Decimal(found[0])
        return bare(DecisionResult, (value if key is None else [{key: value}], None, ()))

    results = Remembered(result, most=_MOST_TOTALS)
    if key is None:
        return Direct(lambda row: results[card.one(row)], lambda rows: list(map(results.__getitem__, card.many(rows))))
    return Direct(lambda row: _handed_out([results[card.one(row)]])[0], lambda rows: _handed_out(map(results.__getitem__, card.many(rows))))


def _result(program: DecisionProgram, table: Table, mask: int) -> DecisionResult | None:
    """Return what a set of rules comes to; None where that takes more words than a value."""
    if not mask:
        return None
    run = Run()
    value = decide(table, mask, {}, run).value
    if program.model.dialect is not Dialect.CAMUNDA7 and value is not None:
        fits, value = coerced(value, program.type)
        if not fits:
            return None
    return None if run.problems else bare(DecisionResult, (value, None, ()))


def _handed_out(results: Iterable[DecisionResult | None]) -> list[DecisionResult | None]:
    """Return results so that each caller has a value of its own."""
    return [
        bare(DecisionResult, (own(found[0]), None, ())) if found is not None and isinstance(found[0], list | dict) else found
        for found in results
    ]


class Remembered(dict[int, DecisionResult | None]):
    """What sets of rules, or totals, come to, for those that have come up."""

    def __init__(self, result: Callable[[int], DecisionResult | None], *, most: int) -> None:
        self._result = result
        self._most = most

    def __missing__(self, key: int) -> DecisionResult | None:
        found = self._result(key)
        if len(self) < self._most:
            self[key] = found
        return found


def _copier(answers: Sequence[FeelValue]) -> Copies | None:
    """Return how an answer is copied for its caller; None where answers cannot be changed anyway."""
    if not any(isinstance(answer, list | dict) for answer in answers):
        return None
    if all(isinstance(answer, dict) and _is_flat(answer) for answer in answers):
        return dict[str, FeelValue].copy
    if all(isinstance(answer, list) and len(answer) == 1 and isinstance(answer[0], dict) and _is_flat(answer[0]) for answer in answers):
        return lambda rows: [rows[0].copy()]
    return own


def _is_flat(context: dict[str, FeelValue]) -> bool:
    return not any(isinstance(value, list | dict) for value in context.values())
