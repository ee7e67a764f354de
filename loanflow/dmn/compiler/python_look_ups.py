"""Python values looked up in a column's index as they are: a float is not made a decimal first where that changes nothing.

The values of one Python type fall into slots; all values in a slot are accepted by the same rules. Each type has a
``PythonLookUp``: for one value, and for a whole column of them at once.
"""

from __future__ import annotations

import sys
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from itertools import repeat
from math import ceil, floor, inf, isfinite, nextafter
from typing import Any, TypeAlias

from loanflow.dmn.compiler.column_index import ColumnIndex, Named, Slots, edges_of
from loanflow.dmn.compiler.shapes import Kind, key_of, kind_of
from loanflow.dmn.compiler.table import Column
from loanflow.dmn.model import Dialect
from loanflow.feel import DaysTimeDuration, FeelDate, FeelDateTime, FeelTime, FeelValue, YearsMonthsDuration, to_feel
from loanflow.feel.values import CONTEXT

_UNIX_DAY_ONE = date(1970, 1, 1).toordinal()

# A slot for every value, or the one slot that all of them fall into.
Found: TypeAlias = "int | list[int]"


@dataclass(frozen=True, slots=True)
class PythonLookUp:
    """How values of one Python type find the rules that accept them.

    ``slot`` says where one value falls, ``slots`` where many do, never none; ``masks`` are the rules that accept what falls into
    a slot, no rule at all where the index cannot say. ``names`` has the slots of strings that cells name; any other falls into 0.
    """

    slot: Callable[[Any], int]
    slots: Callable[[Sequence[Any]], Found]
    masks: Sequence[int]
    names: Mapping[str, int] | None = None


def python_look_ups(column: Column, dialect: Dialect) -> Mapping[type, PythonLookUp]:
    """Return how each type of Python value is looked up; a type that is not here takes the general way."""
    found: dict[type, PythonLookUp] = {}
    index = column.index
    look_up = column.look_up
    if index is None:
        return found
    null = look_up[type(None)](None)
    for of in look_up:
        sample = _SAMPLES.get(of)
        if sample is not None and not _passes(column, sample):
            continue
        if of is Decimal:
            found.update(_numbers(index.lines["number"], null))
        elif of is str:
            found[str] = _strings(index.strings) if index.strings is not None else _keys(index, ("string",))
        elif of is type(None):
            found[of] = _each({None: 0}.__getitem__, [null])
        elif of is bool:
            found[of] = _each({False: 0, True: 1}.__getitem__, [look_up[bool](False), look_up[bool](True)])
        else:
            found[of] = _keys(index, _KINDS.get(of, ("days", "months")))
    if FeelDate in found and (line := index.lines.get("date")) is not None:
        found[date] = _dates(line)
    if FeelDateTime in found and column.convert is None:
        date_times = found[FeelDateTime]
        found[datetime] = _each(lambda value: date_times.slot(to_feel(value)), date_times.masks)
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


def _each(slot: Callable[[Any], int], masks: Sequence[int]) -> PythonLookUp:
    return PythonLookUp(slot, lambda values: list(map(slot, values)), masks)


def _keys(index: ColumnIndex, kinds: Sequence[Kind]) -> PythonLookUp:
    """Return the look-up of FEEL values of several kinds by what orders them; a kind without a line takes the general way."""
    lines: dict[Kind | None, tuple[int, Sequence[Any]]] = {}
    masks = [0]
    for kind in kinds:
        if (line := index.lines.get(kind)) is not None:
            lines[kind] = (len(masks), edges_of(kind, line))
            masks += line.masks

    def slot(value: FeelValue) -> int:
        found = lines.get(kind_of(value))
        return 0 if found is None else found[0] + bisect_right(found[1], key_of(value))

    return _each(slot, masks)


class _Texts(dict[str, int]):
    """The slots of strings by name; the first is that of any other."""

    def __missing__(self, text: str) -> int:
        return 0


def _strings(named: Named) -> PythonLookUp:
    slot_of = _Texts(zip(named.masks, range(1, len(named.masks) + 1), strict=True))
    return PythonLookUp(slot_of.__getitem__, by_name(dict(slot_of), 0), [named.default, *named.masks.values()], slot_of)


def by_name(known: dict[str, int], default: int) -> Callable[[Sequence[str]], list[int]]:
    """Return how strings find what is known of them, and the default where nothing is."""
    find, get = known.__getitem__, known.get

    def found(values: Sequence[str]) -> list[int]:
        # Often a column holds no other strings than those that its cells name.
        try:
            return list(map(find, values))
        except KeyError:
            return list(map(get, values, repeat(default)))

    return found


def _line(edges: Sequence[Any], masks: Sequence[int]) -> PythonLookUp:
    """Return the look-up of values that are compared with ``edges`` as they are, none of them NaN."""
    return PythonLookUp(partial(bisect_right, edges), _compared(edges, 0) or _bisected(edges), masks)


def _bisected(edges: Sequence[Any]) -> Callable[[Sequence[Any]], Found]:
    slot = partial(bisect_right, edges)

    def slots(values: Sequence[Any]) -> Found:
        # Where the values repeat themselves, each is looked up only once.
        if len(values) > 64 and len(set(values[:32])) <= 28:
            known = {value: slot(value) for value in set(values)}
            return list(map(known.__getitem__, values))
        return list(map(bisect_right, repeat(edges), values))

    return slots


def _compared(edges: Sequence[Any], first: int) -> Callable[[Sequence[Any]], Found] | None:
    """Return how many values find their slots, the first of which has a number: comparing with a few edges beats bisecting them."""
    second, third, fourth = first + 1, first + 2, first + 3
    match edges:
        case []:
            return lambda values: first
        case [one]:
            return lambda values: [first if value < one else second for value in values]
        case [one, two]:
            return lambda values: [(first if value < one else second) if value < two else third for value in values]
        case [one, two, three]:
            return lambda values: [
                (first if value < one else second) if value < two else third if value < three else fourth for value in values
            ]
        case _:
            return None


def _numbers(line: Slots, null: int) -> Mapping[type, PythonLookUp]:
    """Return how Decimal, int and float are looked up.

    A float means the decimal that its repr shows. Where each cut of the line is itself what the repr of its float shows (any
    number of up to 15 digits is), floats compare with the cuts' floats exactly as the decimals would: rounding keeps order, and
    equal floats have equal decimals. Ints compare with the next whole number, unless they may have more than FEEL's 34 digits.
    NaN and the infinities are null. Where the cuts do not allow it, numbers are made decimals first.
    """
    create, plus = CONTEXT.create_decimal, CONTEXT.plus
    slot = partial(bisect_right, edges_of("number", line))
    masks = [*line.masks, null]
    nothing = len(line.masks)

    def decimal(value: Decimal) -> int:
        return slot(plus(value)) if value.is_finite() else nothing

    def floating(value: float) -> int:
        return slot(create(repr(value))) if isfinite(value) else nothing

    found = {Decimal: _each(decimal, masks), int: _each(lambda value: slot(create(value)), masks), float: _each(floating, masks)}
    if all(abs(cut.point) < 10**CONTEXT.prec for cut in line.cuts):
        whole = [floor(cut.point) + 1 if cut.after else ceil(cut.point) for cut in line.cuts]
        found[int] = _line(whole, line.masks)
    if all(abs(cut.point) < 2**53 and create(repr(float(cut.point))) == cut.point for cut in line.cuts):
        edges = [nextafter(float(cut.point), inf) if cut.after else float(cut.point) for cut in line.cuts]
        found[float] = _floats(edges, line.masks, null)
    return found


def _floats(edges: Sequence[float], masks: Sequence[int], null: int) -> PythonLookUp:
    # The infinities lie outside the outermost edges; so does NaN, which is smaller than nothing.
    edges = [-sys.float_info.max, *edges, inf]
    slot, bisected = partial(bisect_right, edges), _bisected(edges)
    compared = _compared(edges[1:-1], 1)

    def slots(values: Sequence[float]) -> Found:
        return compared(values) if compared is not None and isfinite(sum(values)) else bisected(values)

    return PythonLookUp(slot, slots, [null, *masks, null])


def _dates(line: Slots) -> PythonLookUp:
    """Return the look-up of Python's dates; what lies beyond its years 1 to 9999 cuts none of them."""
    days = [cut.point + _UNIX_DAY_ONE + (1 if cut.after else 0) for cut in line.cuts]
    edges = [date.fromordinal(max(day, 1)) for day in days if day <= date.max.toordinal()]
    return _line(edges, line.masks[: len(edges) + 1])


_SAMPLES: Mapping[type, FeelValue] = {
    Decimal: Decimal(7),
    str: "\x00",
    bool: True,
    FeelDate: FeelDate(0),
    FeelTime: FeelTime(0),
    FeelDateTime: FeelDateTime(0, 0),
    DaysTimeDuration: DaysTimeDuration(0),
    YearsMonthsDuration: YearsMonthsDuration(0),
}
_KINDS: Mapping[type, Sequence[Kind]] = {
    FeelDate: ("date",),
    FeelTime: ("time", "zoned time"),
    FeelDateTime: ("date and time", "zoned date and time"),
}
