"""Python values looked up in a column's index as they are: a float is not made a decimal first where that changes nothing.

The values of a column fall into slots, numbered from 0; all values in a slot are accepted by the same rules. A *fork* holds
something for each slot of a column, ``fork[slot]``, and a *sweep* finds the slots of many values.
"""

from __future__ import annotations

import sys
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, Overflow
from functools import partial
from itertools import repeat
from math import ceil, floor, inf, isfinite, nextafter
from operator import itemgetter
from typing import Any, TypeAlias, cast

from loanflow.dmn.compiler.column_index import Slots, edges_of
from loanflow.dmn.compiler.conversions import standard
from loanflow.dmn.compiler.shapes import Kind, key_of, kind_of
from loanflow.dmn.compiler.table import Column
from loanflow.dmn.model import Dialect
from loanflow.feel import ANY, DaysTimeDuration, FeelDate, FeelDateTime, FeelTime, FeelType, FeelValue, YearsMonthsDuration, to_feel
from loanflow.feel.values import CONTEXT

_UNIX_DAY_ONE = date(1970, 1, 1).toordinal()
# How many values of a column are remembered with what they find: the days of a century, as many numbers, or texts that are not longer.
_MOST_LEARNT = 36_525
_LONGEST_LEARNT = 100
# The least whole number that rounds to none of FEEL's.
_TOO_LARGE = int(CONTEXT.next_minus(Decimal("Infinity"))) + 5 * 10 ** (CONTEXT.Emax - CONTEXT.prec)
# How many whole numbers from 0 have their slots in a dict.
_SMALL = 1_024
# The slot of a value that the index cannot judge: the last one.
UNKNOWN = -1

# Something for each slot of a column.
Fork: TypeAlias = tuple[Any, ...]
# Finds the slots of a column's values in rows that have them; fewer slots than rows where a value is not of the type.
Sweep: TypeAlias = "Callable[[Sequence[dict[str, Any]]], list[int]]"


@dataclass(frozen=True, slots=True)
class LookUp:
    """How values of one Python type are looked up: the slot of one value, and the sweep over many rows."""

    slot: Callable[[Any], int]
    sweep: Sweep


@dataclass(frozen=True, slots=True)
class LookUps:
    """How a column's values are looked up: the rules that accept them, by slot, and how each Python type finds its slots.

    A type that is not there takes the general way, and so does a value in a slot that no rule accepts. ``cells`` has a number
    for what each rule asks. Where strings and days are all that is told apart, ``known`` has the slots of null and of the strings
    that cells name, and more values can be learnt; it is None for any other column.
    """

    name: str
    masks: tuple[int, ...]
    by_type: Mapping[type, LookUp]
    cells: Sequence[int]
    known: Mapping[Any, int] | None = None

    @property
    def slot_of(self) -> Callable[[type], Callable[[Any], int] | None]:
        """Return what finds the slot of one value, by its type; None for a type that takes the general way."""
        return {of: look_up.slot for of, look_up in self.by_type.items()}.get

    def fork(self, of: Callable[[int], Any]) -> Fork:
        """Return a fork that holds something made of the rules of each slot."""
        return tuple(map(of, self.masks))

    def slots(self, rows: Sequence[dict[str, Any]]) -> list[int]:
        """Return the slots of the column's values, of whatever types; every row has one.

        Raises:
            KeyError: a row has none.
        """
        name, slot_of = self.name, self.slot_of
        first: object = rows[0][name]
        look_up = self.by_type.get(type(first))
        if look_up is not None:
            found = look_up.sweep(rows)
            if len(found) == len(rows):
                return found
        values: Iterable[object] = map(itemgetter(name), rows)
        return [UNKNOWN if (slot := slot_of(type(value))) is None else slot(value) for value in values]

    def finds(self, fork: Fork | None) -> dict[Any, Any]:
        """Return what the values that are known find in a fork; without one, their slots."""
        return {value: slot if fork is None else fork[slot] for value, slot in (self.known or {}).items()}

    def learn(self, finds: dict[Any, Any], fork: Fork | None, values: Iterable[object]) -> None:
        """Add what more values find: strings and days, for nothing else equals them."""
        slot_of, most = self.slot_of, len(self.known or ()) + _MOST_LEARNT
        for value in values:
            of = type(value)
            if of is date or (of is str and len(cast(str, value)) <= _LONGEST_LEARNT):
                slot = slot_of(of)
                if slot is not None and len(finds) < most:
                    finds.setdefault(value, slot(value) if fork is None else fork[slot(value)])


def python_look_ups(column: Column, dialect: Dialect, declared: FeelType = ANY) -> LookUps:
    """Return how the Python values of a column are looked up; ``declared`` is the type of the input data that it reads."""
    name, index, look_up = column.name or "", column.index, column.look_up
    cells = tuple(map(id, column.tests))
    if index is None:
        return LookUps(name, (0,), {}, cells)
    types = {of for of in (*_SAMPLES, type(None)) if (sample := _SAMPLES.get(of)) is None or _passes(column, declared, sample)}
    if not any(column.tests):
        return _unasked(name, cells, _python(types, column, dialect), look_up[type(None)](None))
    types &= look_up.keys()
    # Null lies in the first slot, so that it has one on either side of the line of numbers.
    null = look_up[type(None)](None)
    masks = [null]
    found: dict[type, LookUp] = {type(None): _each(name, type(None), lambda value: 0)}
    known: dict[Any, int] = {None: 0}
    if Decimal in types:
        line = index.lines["number"]
        found.update(_numbers(name, line))
        masks += *line.masks, null
    if bool in types:
        found[bool] = _truth(name, len(masks))
        masks += look_up[bool](False), look_up[bool](True)
    if str in types and index.strings is not None:
        named = _Named({text: len(masks) + n for n, text in enumerate(index.strings.masks, 1)}, len(masks))
        masks += index.strings.default, *index.strings.masks.values()
        found[str] = _each(name, str, named.__getitem__)
        known |= named
    starts: dict[Kind | None, tuple[int, Sequence[Any]]] = {}
    for kind, line in index.lines.items():
        if kind != "number":
            starts[kind] = len(masks), edges_of(kind, line)
            masks += line.masks
    for of in types & _FEEL - found.keys():
        found[of] = _each(name, of, partial(_key_slot, starts))
    if FeelDate in found and "date" in starts:
        found[date] = _each(name, date, _days(index.lines["date"], starts["date"][0]))
    if FeelDateTime in found:
        found[datetime] = _each(name, datetime, lambda value: _key_slot(starts, to_feel(value)))
    found = {of: look_up for of, look_up in found.items() if of in _python(types, column, dialect)}
    told_apart = index.lines.keys() <= {"date"} and (date in found or index.strings is not None)
    return LookUps(name, (*masks, 0), found, cells, known if told_apart else None)


def _passes(column: Column, declared: FeelType, sample: FeelValue) -> bool:
    """Say whether the types of the column and of its input data leave values of the sample's type as they are."""
    found = [convert(sample) for convert in (standard(declared), column.convert) if convert is not None]
    return all(fits and converted == sample and type(converted) is type(sample) for fits, converted in found)


def _python(types: set[type], column: Column, dialect: Dialect) -> set[type]:
    """Return types of values together with those of Python that a column takes for them."""
    found = set(types)
    if Decimal in types:
        found |= {int, float}
    if FeelDate in types:
        found.add(date)
    if FeelDateTime in types and column.convert is None:
        found.add(datetime)
    if dialect is Dialect.CAMUNDA7 and column.convert is not None and not column.convert(Decimal("0.5"))[0]:
        # An integer column refuses fractions: only int is sure to be one.
        found -= {Decimal, float}
    return found


def _unasked(name: str, cells: Sequence[int], types: set[type], everything: int) -> LookUps:
    """Return the look-up of a column of which no rule asks anything."""
    value_of = itemgetter(name)

    def sweep(rows: Sequence[dict[str, Any]]) -> list[int]:
        return [0] * len(rows) if types.issuperset(map(type, map(value_of, rows))) else []

    return LookUps(name, (everything, 0), dict.fromkeys(types, LookUp(lambda value: 0, sweep)), cells)


def _each(name: str, of: type, slot: Callable[[Any], int]) -> LookUp:
    """Return the look-up of values one by one."""
    return LookUp(slot, lambda rows: [slot(value) for row in rows for value in [row[name]] if type(value) is of])


def _truth(name: str, false: int) -> LookUp:
    """Return the look-up of false and true, which have one slot after the other."""
    true = false + 1
    slots = {False: false, True: true}
    nothing: dict[Any, int] = {}

    def sweep(rows: Sequence[dict[str, Any]]) -> list[int]:
        # 1 equals True, and is not: what is neither is looked up where nothing is found.
        try:
            return [true if value is True else false if value is False else nothing[value] for row in rows for value in [row[name]]]
        except (KeyError, TypeError):
            return []

    return LookUp(slots.__getitem__, sweep)


def _key_slot(lines: Mapping[Kind | None, tuple[int, Sequence[Any]]], value: FeelValue) -> int:
    """Return the slot of a FEEL value by what orders it; ``lines`` are the first slot and the edges of each kind."""
    found = lines.get(kind_of(value))
    return UNKNOWN if found is None else found[0] + bisect_right(found[1], key_of(value))


class _Named(dict[str, int]):
    """Slots by string, and that of any other."""

    def __init__(self, slots: Mapping[str, int], other: int) -> None:
        super().__init__(slots)
        self._other = other

    def __missing__(self, text: str) -> int:
        return self._other


def _line(name: str, of: type, edges: Sequence[Any], first: int, least: Any) -> LookUp:
    """Return the look-up of values that are compared with ``edges`` as they are; what lies before them falls into slot ``first``.

    ``least`` is no greater than any value.
    """
    padded = [least] * first + list(edges)
    slot = partial(bisect_right, padded)
    return LookUp(slot, _compared(name, of, edges, first) or _learning(name, of, padded))


def _learning(name: str, of: type, padded: Sequence[Any]) -> Sweep:
    """Return what bisects values that it has not met, and remembers them."""
    known: dict[Any, int] = {}
    value_of = itemgetter(name)

    def sweep(rows: Sequence[dict[str, Any]]) -> list[int]:
        try:
            # Values of other types may equal one that is known, and mean another number.
            return [known[value] for row in rows for value in [row[name]] if type(value) is of]
        except KeyError:
            values = list(map(value_of, rows))
        if list(map(type, values)).count(of) < len(values):
            return []
        found = list(map(bisect_right, repeat(padded), values))
        if len(known) < _MOST_LEARNT:
            known.update(zip(values, found, strict=True))
        return found

    return sweep


def _compared(name: str, of: type, edges: Sequence[Any], first: int) -> Sweep | None:
    """Return what finds slots by comparing with up to seven edges, which beats bisecting them; None where there are more.

    It is bisection written out: a column compares with what divides the edges, then with what divides those on one side.
    """
    width = next((width for width in (3, 7) if len(edges) <= width), 0)
    if not edges or not width:
        return None
    # The last edge stands for those that are missing: nothing lies between it and itself.
    last, missing = first + len(edges), width - len(edges)
    given: list[Any] = [*edges, *[edges[-1]] * missing, *range(first, last), *[last] * (missing + 1)]
    if width == 3:
        e1, e2, e3, s0, s1, s2, s3 = given
        return lambda rows: [
            (s0 if value < e1 else s1) if value < e2 else (s2 if value < e3 else s3)
            for row in rows
            for value in [row[name]]
            if type(value) is of
        ]
    e1, e2, e3, e4, e5, e6, e7, s0, s1, s2, s3, s4, s5, s6, s7 = given
    return lambda rows: [
        ((s0 if value < e1 else s1) if value < e2 else (s2 if value < e3 else s3))
        if value < e4
        else ((s4 if value < e5 else s5) if value < e6 else (s6 if value < e7 else s7))
        for row in rows
        for value in [row[name]]
        if type(value) is of
    ]


def _counts(name: str, numbers: LookUp) -> LookUp:
    """Return the look-up of whole numbers of which most are small, as ages, months and counts are: those need no comparing."""
    small = {number: numbers.slot(number) for number in range(_SMALL)}
    sweep = numbers.sweep

    def counted(rows: Sequence[dict[str, Any]]) -> list[int]:
        try:
            return [small[value] for row in rows for value in [row[name]] if type(value) is int]
        except KeyError:
            return sweep(rows)

    return LookUp(numbers.slot, counted)


def _numbers(name: str, line: Slots) -> Mapping[type, LookUp]:
    """Return how Decimal, int and float are looked up; the line begins in slot 1 and has null on either side.

    A float means the decimal that its repr shows. Where each cut of the line is itself what the repr of its float shows (any
    number of up to 15 digits is), floats compare with the cuts' floats exactly as the decimals would: rounding keeps order, and
    equal floats have equal decimals. Ints compare with the next whole number, unless they may have more than FEEL's 34 digits.
    NaN, the infinities and decimals beyond FEEL's are null. Where the cuts do not allow it, numbers are made decimals first.
    """
    create, plus = CONTEXT.create_decimal, CONTEXT.plus
    edges = edges_of("number", line)

    def exact(value: Decimal) -> int:
        return 1 + bisect_right(edges, value)

    def decimal(value: Decimal) -> int:
        try:
            return exact(plus(value)) if value.is_finite() else 0
        except Overflow:
            return 0

    def whole(value: int) -> int:
        try:
            return exact(create(value))
        except Overflow:
            return 0

    def floating(value: float) -> int:
        return exact(create(repr(value))) if isfinite(value) else 0

    found = {of: _each(name, of, slot) for of, slot in ((Decimal, decimal), (int, whole), (float, floating))}
    if all(abs(cut.point) < 10**CONTEXT.prec for cut in line.cuts):
        whole_edges = [floor(cut.point) + 1 if cut.after else ceil(cut.point) for cut in line.cuts]
        found[int] = _line(name, int, [1 - _TOO_LARGE, *whole_edges, _TOO_LARGE], 0, -inf)
        if whole_edges and whole_edges[0] > 0 and whole_edges[-1] < _SMALL:
            found[int] = _counts(name, found[int])
    if all(abs(cut.point) < 2**53 and create(repr(float(cut.point))) == cut.point for cut in line.cuts):
        # The infinities lie outside the outermost edges; so does NaN, which is smaller than nothing.
        floats = [nextafter(float(cut.point), inf) if cut.after else float(cut.point) for cut in line.cuts]
        found[float] = _line(name, float, [-sys.float_info.max, *floats, inf], 0, -inf)
    return found


def _days(line: Slots, first: int) -> Callable[[date], int]:
    """Return how Python's dates are looked up; what lies beyond its years 1 to 9999 cuts none of them."""
    days = [cut.point + _UNIX_DAY_ONE + (1 if cut.after else 0) for cut in line.cuts]
    edges = [date.fromordinal(max(day, 1)) for day in days if day <= date.max.toordinal()]
    return partial(bisect_right, [date.min] * first + edges)


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
# What is looked up by the key that orders it.
_FEEL = {str, FeelDate, FeelTime, FeelDateTime, DaysTimeDuration, YearsMonthsDuration}
