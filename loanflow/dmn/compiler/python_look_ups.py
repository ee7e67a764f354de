"""Python values looked up in a column's index as they are: a float is not made a decimal first where that changes nothing.

Each type of Python value has a ``PythonLookUp``: for one value, and for a whole column of them at once. Asking a column at once
pays where no rule tells its values apart (every ratio below 0.9): two look-ups answer for all of them.
"""

from __future__ import annotations

import sys
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import repeat
from math import ceil, floor, inf, isfinite, nextafter
from typing import Any, TypeAlias

from loanflow.dmn.compiler.column_index import Named, Slots, cut_look_up, named_look_up
from loanflow.dmn.compiler.table import Column, Look
from loanflow.dmn.model import Dialect
from loanflow.feel import FeelDate, FeelDateTime, FeelValue, to_feel
from loanflow.feel.values import CONTEXT

_UNIX_DAY_ONE = date(1970, 1, 1).toordinal()

# A mask for every value, or the one mask that all of them have.
Masks: TypeAlias = "int | list[int]"


@dataclass(frozen=True, slots=True)
class PythonLookUp:
    """How values of one Python type find the rules that accept them: one value, or many, never none."""

    one: Callable[[Any], int]
    many: Callable[[Sequence[Any]], Masks]


def python_look_ups(column: Column, dialect: Dialect) -> Mapping[type, PythonLookUp]:
    """Return how each type of Python value is looked up; a type that is not here takes the general way."""
    found: dict[type, PythonLookUp] = {}
    index = column.index
    look_up = column.look_up
    if index is None:
        return found
    null = look_up[type(None)](None)
    for of, look in look_up.items():
        sample = _SAMPLES.get(of)
        if sample is not None and not _passes(column, sample):
            continue
        if of is Decimal:
            found.update(_numbers(index.lines["number"], look, null))
        elif of is str and index.strings is not None:
            found[str] = _strings(index.strings)
        elif of is FeelDate:
            found[FeelDate] = _each(look)
            if (line := index.lines.get("date")) is not None:
                found[date] = _dates(line)
        elif of is type(None):
            found[of] = PythonLookUp(look, lambda values: null)
        else:
            found[of] = _each(look)
    if FeelDateTime in found and column.convert is None:
        date_times = look_up[FeelDateTime]
        found[datetime] = _each(lambda value: date_times(to_feel(value)))
    if dialect is Dialect.CAMUNDA7 and column.convert is not None and not column.convert(Decimal("0.5"))[0]:
        # An integer column refuses fractions: only int is sure to be one.
        found.pop(Decimal, None)
        found.pop(float, None)
    return found


def _passes(column: Column, sample: FeelValue) -> bool:
    """Say whether the column's declared type leaves values of the sample's type as they are."""
    if column.convert is None:
        return True
    fits, converted = column.convert(sample)
    return fits and converted == sample and type(converted) is type(sample)


def _each(look: Callable[[Any], int]) -> PythonLookUp:
    return PythonLookUp(look, lambda values: list(map(look, values)))


def _strings(named: Named) -> PythonLookUp:
    get, default = named.masks.get, named.default

    def many(values: Sequence[str]) -> Masks:
        if _few(values):
            return _by_value(values, named_look_up(named))
        return list(map(get, values, repeat(default)))

    return PythonLookUp(named_look_up(named), many)


def _line(edges: Sequence[Any], masks: Sequence[int]) -> PythonLookUp:
    """Return the look-up of values that are compared with ``edges`` as they are, none of them NaN."""
    one = cut_look_up(edges, masks)
    short = _SHORT_LINES.get(len(edges))
    if short is not None:
        return PythonLookUp(one, short(edges, masks))
    mask_of = masks.__getitem__

    def many(values: Sequence[Any]) -> Masks:
        if _few(values):
            return _by_value(values, one)
        some = values[:: len(values) // 8 + 1]
        if bisect_right(edges, min(some)) == bisect_right(edges, max(some)):
            slot = bisect_right(edges, min(values))
            if slot == bisect_right(edges, max(values)):
                return masks[slot]
        return list(map(mask_of, map(bisect_right, repeat(edges), values)))

    return PythonLookUp(one, many)


def _uncut(edges: Sequence[Any], masks: Sequence[int]) -> Callable[[Sequence[Any]], Masks]:
    return lambda values: masks[0]


def _cut_once(edges: Sequence[Any], masks: Sequence[int]) -> Callable[[Sequence[Any]], Masks]:
    (edge,), (before, behind) = edges, masks
    return lambda values: [before if value < edge else behind for value in values]


def _cut_twice(edges: Sequence[Any], masks: Sequence[int]) -> Callable[[Sequence[Any]], Masks]:
    (first, second), (before, between, behind) = edges, masks
    return lambda values: [(before if value < first else between) if value < second else behind for value in values]


def _cut_thrice(edges: Sequence[Any], masks: Sequence[int]) -> Callable[[Sequence[Any]], Masks]:
    (first, second, third), (one, two, three, four) = edges, masks
    return lambda values: [(one if value < first else two) if value < second else three if value < third else four for value in values]


# Comparing with a few edges is quicker than bisecting them.
_SHORT_LINES: Mapping[int, Callable[[Sequence[Any], Sequence[int]], Callable[[Sequence[Any]], Masks]]] = {
    0: _uncut,
    1: _cut_once,
    2: _cut_twice,
    3: _cut_thrice,
}


def _few(values: Sequence[Any]) -> bool:
    """Guess whether values repeat themselves so much that it pays to look up each only once."""
    return len(values) > 64 and len(set(values[:32])) <= 28


def _by_value(values: Sequence[Any], one: Callable[[Any], int]) -> Masks:
    found = {value: one(value) for value in set(values)}
    masks = set(found.values())
    return masks.pop() if len(masks) == 1 else list(map(found.__getitem__, values))


def _numbers(line: Slots, look: Look, null: int) -> Mapping[type, PythonLookUp]:
    """Return how Decimal, int and float are looked up.

    A float means the decimal that its repr shows. Where each cut of the line is itself what the repr of its float shows (any
    number of up to 15 digits is), floats compare with the cuts' floats exactly as the decimals would: rounding keeps order, and
    equal floats have equal decimals. Ints compare with the next whole number, unless they may have more than FEEL's 34 digits.
    NaN and the infinities are null. Where the cuts do not allow it, numbers are made decimals first.
    """
    create, plus = CONTEXT.create_decimal, CONTEXT.plus

    def decimal(value: Decimal) -> int:
        return look(plus(value)) if value.is_finite() else null

    def floating(value: float) -> int:
        return look(create(repr(value))) if isfinite(value) else null

    found = {Decimal: _each(decimal), int: _each(lambda value: look(create(value))), float: _each(floating)}
    if all(abs(cut.point) < 10**CONTEXT.prec for cut in line.cuts):
        whole = [floor(cut.point) + 1 if cut.after else ceil(cut.point) for cut in line.cuts]
        found[int] = _line(whole, line.masks)
    if all(abs(cut.point) < 2**53 and create(repr(float(cut.point))) == cut.point for cut in line.cuts):
        edges = [nextafter(float(cut.point), inf) if cut.after else float(cut.point) for cut in line.cuts]
        found[float] = _floats(edges, line.masks, null)
    return found


def _floats(edges: Sequence[float], masks: Sequence[int], null: int) -> PythonLookUp:
    # The infinities lie outside the outermost edges; so does NaN, which is smaller than nothing.
    one = cut_look_up([-sys.float_info.max, *edges, inf], [null, *masks, null])
    finite = _line(edges, masks)

    def many(values: Sequence[float]) -> Masks:
        return finite.many(values) if isfinite(sum(values)) else list(map(one, values))

    return PythonLookUp(one, many)


def _dates(line: Slots) -> PythonLookUp:
    """Return the look-up of Python's dates; what lies beyond its years 1 to 9999 cuts none of them."""
    days = [cut.point + _UNIX_DAY_ONE + (1 if cut.after else 0) for cut in line.cuts]
    edges = [date.fromordinal(max(day, 1)) for day in days if day <= date.max.toordinal()]
    return _line(edges, line.masks[: len(edges) + 1])


_SAMPLES: Mapping[type, FeelValue] = {Decimal: Decimal(7), str: "\x00", bool: True, FeelDate: FeelDate(0)}
