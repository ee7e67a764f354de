"""The short way through a table: Python values in, answer out, nothing allocated that the answer does not need.

It exists for decisions that are one table over plain variables with constant outputs, which is what most tables are. Anything
unusual about an evaluation (a value of an unexpected type, a broken hit policy, no rule matching, a leftover cell) is answered
with ``UNDECIDED``: the general way then decides, with all its explanations. Both ways must agree.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from math import isfinite
from typing import Any, Final

from loanflow.dmn.compiler.column_index import Slots
from loanflow.dmn.compiler.hit_policies import Decided, decide, own
from loanflow.dmn.compiler.program import DecisionProgram
from loanflow.dmn.compiler.run import Run
from loanflow.dmn.compiler.table import Column, Look, Table
from loanflow.dmn.model import Dialect, HitPolicy
from loanflow.feel import FeelDate, FeelValue, coerced, to_feel
from loanflow.feel.values import CONTEXT


class Undecided:
    """The type of ``UNDECIDED``."""


UNDECIDED: Final = Undecided()

Direct = Callable[[Mapping[str, object]], "FeelValue | Undecided"]
_Dispatch = Mapping[type, Callable[[Any], int]]


def direct(program: DecisionProgram) -> Direct | None:
    """Return the short way through a decision, or None where there is none."""
    table = program.table
    if table is None or program.required or program.inputs or table.maybe or not table.columns or not table.model.rules:
        return None
    if any(column.name is None or column.aliases or not column.plain for column in table.columns):
        return None
    if any(row is None for row in table.constants):
        return None
    columns = tuple((column.name or "", _dispatch(column, table.dialect)) for column in table.columns)
    if table.model.hit_policy in (HitPolicy.UNIQUE, HitPolicy.FIRST):
        return _one_rule(program, table, columns)
    return _several_rules(program, table, columns)


def _one_rule(program: DecisionProgram, table: Table, columns: tuple[tuple[str, _Dispatch], ...]) -> Direct | None:
    answers: list[FeelValue] = []
    for rule in range(len(table.model.rules)):
        fits, answer = _finished(program, decide(table, 1 << rule, {}, Run()))
        if not fits:
            return None
        answers.append(answer)
    everything = table.everything
    unique = table.model.hit_policy is HitPolicy.UNIQUE
    copy = _copier(answers)

    def answer_one(inputs: Mapping[str, object]) -> FeelValue | Undecided:
        mask = everything
        for name, dispatch in columns:
            value = inputs.get(name)
            look = dispatch.get(type(value))
            if look is None:
                return UNDECIDED
            mask &= look(value)
        if not mask or (unique and mask & (mask - 1)):
            return UNDECIDED
        answer = answers[(mask & -mask).bit_length() - 1]
        return answer if copy is None else copy(answer)

    return answer_one


def _copier(answers: list[FeelValue]) -> Callable[[Any], FeelValue] | None:
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


def _several_rules(program: DecisionProgram, table: Table, columns: tuple[tuple[str, _Dispatch], ...]) -> Direct:
    everything = table.everything

    def answer_several(inputs: Mapping[str, object]) -> FeelValue | Undecided:
        mask = everything
        for name, dispatch in columns:
            value = inputs.get(name)
            look = dispatch.get(type(value))
            if look is None:
                return UNDECIDED
            mask &= look(value)
        if not mask:
            return UNDECIDED
        run = Run()
        fits, answer = _finished(program, decide(table, mask, {}, run))
        return answer if fits and not run.problems else UNDECIDED

    return answer_several


def _finished(program: DecisionProgram, decided: Decided) -> tuple[bool, FeelValue]:
    """Return the value as the decision's variable types it."""
    if program.model.dialect is Dialect.CAMUNDA7 or decided.value is None:
        return True, decided.value
    return coerced(decided.value, program.type)


def _dispatch(column: Column, dialect: Dialect) -> _Dispatch:
    """Return how each type of Python value is looked up; a type that is not here takes the general way."""
    found: dict[type, Callable[[Any], int]] = {}
    look_up = column.look_up
    for of, look in look_up.items():
        sample = _SAMPLES.get(of)
        if sample is not None and not _passes(column, sample):
            continue
        if of is Decimal:
            found.update(_number_look_ups(look, look_up[type(None)], column.numbers))
        elif of is FeelDate:
            found[FeelDate] = look
            found[date] = _dates(look)
        else:
            found[of] = look
    if datetime not in found and any(of.__name__ == "FeelDateTime" for of in look_up) and column.convert is None:
        date_times = next(look for of, look in look_up.items() if of.__name__ == "FeelDateTime")
        found[datetime] = lambda value: date_times(to_feel(value))
    if dialect is Dialect.CAMUNDA7 and column.convert is not None and not column.convert(Decimal("0.5"))[0]:
        # An integer column refuses fractions: only int is sure to be one.
        found.pop(Decimal, None)
        found.pop(float, None)
    return found


def _passes(column: Column, sample: FeelValue) -> bool:
    """Say whether the column's declared type leaves values of the sample's type as they are."""
    if column.convert is None or sample is None:
        return True
    fits, converted = column.convert(sample)
    return fits and converted == sample and type(converted) is type(sample)


def _number_look_ups(look: Look, null: Look, slots: Slots | None) -> _Dispatch:
    """Return how Decimal, int and float are looked up.

    A float means the decimal that its repr shows. Where each point of the column is itself what the repr of its float shows
    (any number of up to 15 digits is), floats and ints compare with the points' floats exactly as the decimals would: rounding
    keeps order, equal floats then have equal decimals, and below 2**53 no integer lies between a point and its float. Otherwise
    they are made decimals first.
    """
    create, plus = CONTEXT.create_decimal, CONTEXT.plus

    def decimal(value: Decimal) -> int:
        return look(plus(value)) if value.is_finite() else null(None)

    def integer(value: int) -> int:
        return look(create(value))

    def floating(value: float) -> int:
        return look(create(repr(value))) if isfinite(value) else null(None)

    if slots is None or not all(abs(point) < 2**53 and create(repr(float(point))) == point for point in slots.points):
        return {Decimal: decimal, int: integer, float: floating}
    points = [float(point) for point in slots.points]
    masks = slots.masks
    count = len(points)

    def binary(value: float) -> int:
        position = bisect_left(points, value)
        if position < count and points[position] == value:
            return masks[2 * position + 1]
        if (position == 0 or position == count) and not isfinite(value):
            return null(None)
        return masks[2 * position]

    def whole(value: int) -> int:
        position = bisect_left(points, value)
        if position < count and points[position] == value:
            return masks[2 * position + 1]
        return masks[2 * position]

    return {Decimal: decimal, int: whole, float: binary}


def _dates(look: Look) -> Callable[[Any], int]:
    def look_up(value: date) -> int:
        return look(FeelDate(value.toordinal() - 719_163))

    return look_up


_SAMPLES: Mapping[type, FeelValue] = {Decimal: Decimal(7), str: "\x00", bool: True, FeelDate: FeelDate(0)}
