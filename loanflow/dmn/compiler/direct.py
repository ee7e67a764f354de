"""The short way through a table: Python values in, answer out, nothing allocated that the answer does not need.

It exists for decisions that are one table over plain variables with constant outputs, which is what most tables are. Anything
unusual about an evaluation (a value of an unexpected type, a broken hit policy, no rule matching, a leftover cell) is answered
with ``UNDECIDED``: the general way then decides, with all its explanations. Both ways must agree, and so must one row at a time
and many at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from itertools import repeat
from operator import and_, countOf, itemgetter  # pyright: ignore[reportUnknownVariableType]
from typing import Any, Final, TypeAlias, cast

from loanflow.dmn.compiler.hit_policies import Decided, decide, own
from loanflow.dmn.compiler.program import DecisionProgram
from loanflow.dmn.compiler.python_look_ups import Masks, PythonLookUp, python_look_ups
from loanflow.dmn.compiler.run import Run
from loanflow.dmn.compiler.table import Table
from loanflow.dmn.model import Aggregator, Dialect, HitPolicy
from loanflow.feel import FeelValue, coerced
from loanflow.feel.values.numbers import DIGITS


class Undecided:
    """The type of ``UNDECIDED``."""


UNDECIDED: Final = Undecided()

Row: TypeAlias = "Mapping[str, object]"
Answer: TypeAlias = "FeelValue | Undecided"
# Tables of so few rules remember what sets of rules come to together; and how many such meetings they remember.
_SMALL = 64
_MOST_KNOWN = 20_000
_both: Callable[[int, int], int] = cast(Any, and_)
_Columns: TypeAlias = "tuple[tuple[str, Mapping[type, PythonLookUp]], ...]"


@dataclass(frozen=True, slots=True)
class Direct:
    """The short way through one decision: for one row of inputs, or for many, with the numbers of the undecided ones."""

    one: Callable[[Row], Answer]
    many: Callable[[Sequence[Row]], tuple[Sequence[FeelValue], Sequence[int]]]


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
    return _several_rules(program, table, columns)


def _one_rule(program: DecisionProgram, table: Table, columns: _Columns) -> Direct | None:
    # By the number of the rule, from 1: a mask's lowest bit is found as its length.
    answers: list[FeelValue] = [None]
    for rule in range(len(table.model.rules)):
        fits, answer = _finished(program, decide(table, 1 << rule, {}, Run()))
        if not fits:
            return None
        answers.append(answer)
    unique = table.model.hit_policy is HitPolicy.UNIQUE
    rules = _rules_if_unique if unique else _first_rules
    copies = _copier(answers[1:])
    mask_of = _mask_of(table, columns)
    rules_of_rows = _sets_met(table, columns, rules)

    def one(row: Row) -> Answer:
        mask = mask_of(row)
        if not mask or (unique and mask & (mask - 1)):
            return UNDECIDED
        answer = answers[(mask & -mask).bit_length()]
        return answer if copies is None else copies(answer)

    def many(rows: Sequence[Row]) -> tuple[Sequence[FeelValue], Sequence[int]]:
        found = rules_of_rows(rows)
        undecided = [number for number, rule in enumerate(found) if not rule] if 0 in found else ()
        if copies is None:
            return list(map(answers.__getitem__, found)), undecided
        if undecided:
            return [copies(answers[rule]) if rule else None for rule in found], undecided
        return list(map(copies, map(answers.__getitem__, found))), undecided

    return Direct(one, many)


def _first_rules(masks: Iterable[int]) -> list[int]:
    return [(mask & -mask).bit_length() for mask in masks]


def _rules_if_unique(masks: Iterable[int]) -> list[int]:
    return [0 if mask & (mask - 1) else mask.bit_length() for mask in masks]


def _several_rules(program: DecisionProgram, table: Table, columns: _Columns) -> Direct:
    mask_of = _mask_of(table, columns)
    masks_of = _sets_met(table, columns, list)
    total = _adder(program, table)

    def decided(mask: int) -> Answer:
        if not mask:
            return UNDECIDED
        if total is not None:
            return total(mask)
        run = Run()
        fits, answer = _finished(program, decide(table, mask, {}, run))
        return answer if fits and not run.problems else UNDECIDED

    def many(rows: Sequence[Row]) -> tuple[Sequence[FeelValue], Sequence[int]]:
        masks = masks_of(rows)
        # Rows that meet the same rules have the same answer.
        answers = {mask: decided(mask) for mask in set(masks)}
        open_ones = {mask for mask, answer in answers.items() if answer is UNDECIDED}
        undecided = [number for number, mask in enumerate(masks) if mask in open_ones] if open_ones else ()
        values: dict[int, FeelValue] = {mask: None if isinstance(answer, Undecided) else answer for mask, answer in answers.items()}
        found = map(values.__getitem__, masks)
        return list(map(own, found) if any(isinstance(value, list | dict) for value in values.values()) else found), undecided

    return Direct(lambda row: decided(mask_of(row)), many)


def _adder(program: DecisionProgram, table: Table) -> Callable[[int], Answer] | None:
    """Return how a scorecard's points are added up: the shortest way for COLLECT SUM over whole numbers, else None."""
    points = [row[0] for row in table.constants if row is not None and isinstance(row[0], Decimal)]
    plain = program.type.kind in ("Any", "number") and program.type.allowed is None
    if table.model.aggregator is not Aggregator.SUM or len(points) < len(table.constants) or not plain:
        return None
    # Whole numbers of which no sum needs to be rounded are added as such.
    if any(point.as_tuple().exponent != 0 for point in points) or sum(map(abs, points)) >= 10**DIGITS:
        return None
    whole = [0, *map(int, points)]
    key = table.outputs[0].key
    camunda7 = table.dialect is Dialect.CAMUNDA7

    def total(mask: int) -> Answer:
        value = 0
        while mask:
            rule = mask.bit_length()
            value += whole[rule]
            mask ^= 1 << rule - 1
        return [{key: Decimal(value)}] if camunda7 else Decimal(value)

    return total


def _mask_of(table: Table, columns: _Columns) -> Callable[[Row], int]:
    """Return what finds the rules that a row meets; none also where a value must go the general way."""
    everything = table.everything
    singles = tuple((name, {of: look_up.one for of, look_up in look_ups.items()}.get) for name, look_ups in columns)

    def mask_of(row: Row) -> int:
        mask = everything
        for name, look_up in singles:
            value = row.get(name)
            look = look_up(type(value))
            if look is None:
                return 0
            mask &= look(value)
        return mask

    return mask_of


def _sets_met(table: Table, columns: _Columns, settle: Callable[[Iterable[int]], list[int]]) -> Callable[[Sequence[Row]], list[int]]:
    """Return what finds the rules that each of many rows meets, column by column, and settles which of them count."""
    everything = table.everything
    sweeps = tuple((name, _sweep(look_ups)) for name, look_ups in columns)
    known = _Known(settle) if len(table.model.rules) <= _SMALL else None

    def sets_met(rows: Sequence[Row]) -> list[int]:
        common = everything
        several: list[list[int]] = []
        plain = set(map(type, rows)) == {dict}
        for name, sweep in sweeps:
            found = sweep(_values(rows, name, plain))
            if isinstance(found, list):
                several.append(found)
            else:
                common &= found
        if not several:
            return settle([common]) * len(rows)
        if known is not None and len(known) < _MOST_KNOWN:
            return list(map(known.__getitem__, zip(repeat(common), *several)))
        masks: Iterable[int] = several[0] if common == everything else map(_both, several[0], repeat(common))
        for more in several[1:]:
            masks = map(_both, masks, more)
        return settle(masks)

    return sets_met


class _Known(dict[tuple[int, ...], int]):
    """What the rules that the columns accept come to together, for those that have come up.

    A small table sees the same few again and again, and finding them is then cheaper than cutting and settling them.
    """

    def __init__(self, settle: Callable[[Iterable[int]], list[int]]) -> None:
        self._settle = settle

    def __missing__(self, masks: tuple[int, ...]) -> int:
        found = self[masks] = self._settle([reduce(_both, masks)])[0]
        return found


def _values(rows: Sequence[Row], name: str, plain: bool) -> Sequence[object]:
    """Return the values of a variable; where a row lacks it, it is null."""
    if plain:
        try:
            return list(map(itemgetter(name), rows))
        except KeyError:
            pass  # asked row by row
    return [row.get(name) for row in rows]


def _sweep(look_ups: Mapping[type, PythonLookUp]) -> Callable[[Sequence[object]], Masks]:
    def sweep(values: Sequence[object]) -> Masks:
        kind = type(values[0])
        if countOf(map(type, values), kind) == len(values):
            look_up = look_ups.get(kind)
            return 0 if look_up is None else look_up.many(values)
        found = [look_ups.get(type(value)) for value in values]
        return [0 if look_up is None else look_up.one(value) for look_up, value in zip(found, values, strict=True)]

    return sweep


def _copier(answers: Sequence[FeelValue]) -> Callable[[Any], FeelValue] | None:
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


def _finished(program: DecisionProgram, decided: Decided) -> tuple[bool, FeelValue]:
    """Return the value as the decision's variable types it."""
    if program.model.dialect is Dialect.CAMUNDA7 or decided.value is None:
        return True, decided.value
    return coerced(decided.value, program.type)
