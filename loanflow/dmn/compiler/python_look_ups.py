"""Python values looked up in a column's index as they are: a float is not made a decimal first where that changes nothing.

The values of a column fall into slots; all values in a slot are accepted by the same rules. A *fork* holds something for each slot
of a column, ``fork[slot]``, and a *sweep* finds what many values find in a fork.
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
from typing import Any, TypeAlias

from loanflow.dmn.compiler.column_index import Named, Slots, edges_of
from loanflow.dmn.compiler.shapes import Kind, key_of, kind_of
from loanflow.dmn.compiler.table import Column
from loanflow.dmn.model import Dialect
from loanflow.feel import DaysTimeDuration, FeelDate, FeelDateTime, FeelTime, FeelValue, YearsMonthsDuration, to_feel
from loanflow.feel.values import CONTEXT

_UNIX_DAY_ONE = date(1970, 1, 1).toordinal()
# How many days a column remembers with what they find: those of a century.
_MOST_DAYS = 36_525
# The slots of a column of strings that are no strings.
_OTHER, _FALSE, _TRUE = object(), object(), object()
# The slot of a value that the index cannot judge: the last one.
UNKNOWN = -1

# A number from 0; in a column of strings what equals nothing but itself.
Slot: TypeAlias = Any
# Something for each slot: a tuple where slots are numbers, else a dict.
Fork: TypeAlias = Any
Sweep: TypeAlias = "Callable[[Sequence[Any]], list[Any]]"


@dataclass(frozen=True, slots=True)
class LookUp:
    """How values of one Python type are looked up: the slot of one, and the sweep of many through a fork.

    Without a fork a sweep finds the slots themselves.
    """

    slot: Callable[[Any], Slot]
    sweep: Callable[[Fork | None], Sweep]


@dataclass(frozen=True, slots=True)
class LookUps:
    """How a column's values are looked up: the rules that accept them, by slot, and how each Python type finds its slots.

    A type that is not there takes the general way, and so does a value in a slot that no rule accepts. The column is ``named``
    if the strings that its cells name, and null, are their own slots; it knows only ``days`` if no other values have an order.
    ``cells`` has a number for what each rule asks.
    """

    name: str
    masks: tuple[int, ...] | Mapping[Slot, int]
    by_type: Mapping[type, LookUp]
    cells: Sequence[int]
    named: bool = False
    days: bool = False

    @property
    def slot_of(self) -> Callable[[type], Callable[[Any], Slot] | None]:
        """Return what finds the slot of one value, by its type; None for a type that takes the general way."""
        return {of: look_up.slot for of, look_up in self.by_type.items()}.get

    def fork(self, of: Callable[[int], Any]) -> Fork:
        """Return a fork that holds something made of the rules of each slot."""
        if isinstance(self.masks, tuple):
            return tuple(map(of, self.masks))
        return {slot: of(mask) for slot, mask in self.masks.items()}

    def distinct(self) -> set[int]:
        """Return the sets of rules that the slots have."""
        return set(self.masks if isinstance(self.masks, tuple) else self.masks.values())

    def sweep(self, fork: Fork | None) -> Sweep:
        """Return what finds what many values, of whatever types, find in a fork; without one, their slots."""
        sweeps = {of: look_up.sweep(fork) for of, look_up in self.by_type.items()}
        slot_of = self.slot_of

        def look(value: object) -> Any:
            slot = UNKNOWN if (found := slot_of(type(value))) is None else found(value)
            return slot if fork is None else fork[slot]

        def typed(values: Sequence[object]) -> list[Any]:
            of = type(values[0])
            if of in sweeps and list(map(type, values)).count(of) == len(values):
                return sweeps[of](values)
            return list(map(look, values))

        # What is looked up in a dict needs no look at its type: it is what it equals. Lists and the like cannot be looked up.
        if self.days:
            find = _Days(look).__getitem__
        elif self.named and fork is not None:
            find = fork.__getitem__
        else:
            return typed

        def found(values: Sequence[Any]) -> list[Any]:
            try:
                return list(map(find, values))
            except (KeyError, TypeError):
                return typed(values)

        return found


def python_look_ups(column: Column, dialect: Dialect) -> LookUps:
    """Return how the Python values of a column are looked up."""
    name, index, look_up = column.name or "", column.index, column.look_up
    cells = tuple(map(id, column.tests))
    if index is None:
        return LookUps(name, (0,), {}, cells)
    types = {of for of in (*_SAMPLES, type(None)) if (sample := _SAMPLES.get(of)) is None or _passes(column, sample)}
    if not any(column.tests):
        return _unasked(name, cells, _python(types, column, dialect), look_up[type(None)](None))
    types &= look_up.keys()
    null, false, true = look_up[type(None)](None), look_up[bool](False), look_up[bool](True)
    if index.strings is not None and not index.lines:
        return _named(name, cells, index.strings, null, {False: false, True: true} if bool in types else {})
    masks: list[int] = []
    found: dict[type, LookUp] = {}
    if bool in types:
        masks += false, true
        found[bool] = _each({False: 0, True: 1}.__getitem__)
    found[type(None)] = _each({None: len(masks)}.__getitem__)
    masks.append(null)
    if Decimal in types:
        line = index.lines["number"]
        found.update(_numbers(line, len(masks) - 1))
        masks += *line.masks, null
    if str in types and index.strings is not None:
        found[str] = _each(_Slots({text: len(masks) + n for n, text in enumerate(index.strings.masks, 1)}, len(masks)).__getitem__)
        masks += index.strings.default, *index.strings.masks.values()
    starts: dict[Kind | None, tuple[int, Sequence[Any]]] = {}
    for kind, line in index.lines.items():
        if kind != "number":
            starts[kind] = len(masks), edges_of(kind, line)
            masks += line.masks
    for of in types & _FEEL - found.keys():
        found[of] = _each(partial(_key_slot, starts))
    if FeelDate in found and "date" in starts:
        found[date] = _dates(index.lines["date"], starts["date"][0])
    if FeelDateTime in found:
        found[datetime] = _each(lambda value: _key_slot(starts, to_feel(value)))
    found = {of: look_up for of, look_up in found.items() if of in _python(types, column, dialect)}
    return LookUps(name, (*masks, 0), found, cells, days=date in found and len(index.lines) == 1 and index.strings is None)


def _passes(column: Column, sample: FeelValue) -> bool:
    """Say whether the column's declared type leaves values of the sample's type as they are."""
    if column.convert is None:
        return True
    fits, converted = column.convert(sample)
    return fits and converted == sample and type(converted) is type(sample)


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


def _unasked(name: str, cells: Sequence[int], types: Iterable[type], everything: int) -> LookUps:
    """Return the look-up of a column of which no rule asks anything."""

    def sweep(fork: Fork | None) -> Sweep:
        return lambda values: [0 if fork is None else fork[0]] * len(values)

    return LookUps(name, (everything, 0), dict.fromkeys(types, LookUp(lambda value: 0, sweep)), cells)


def _each(slot: Callable[[Any], Slot]) -> LookUp:
    """Return the look-up of values one by one."""

    def sweep(fork: Fork | None) -> Sweep:
        return lambda values: _in(fork, map(slot, values))

    return LookUp(slot, sweep)


def _in(fork: Fork | None, slots: Iterable[Slot]) -> list[Any]:
    return list(slots if fork is None else map(fork.__getitem__, slots))


def _key_slot(lines: Mapping[Kind | None, tuple[int, Sequence[Any]]], value: FeelValue) -> Slot:
    """Return the slot of a FEEL value by what orders it; ``lines`` are the first slot and the edges of each kind."""
    found = lines.get(kind_of(value))
    return UNKNOWN if found is None else found[0] + bisect_right(found[1], key_of(value))


class _Slots(dict[Any, Slot]):
    """Slots by string, and that of any other."""

    def __init__(self, slots: Mapping[Any, Slot], other: Slot) -> None:
        super().__init__(slots)
        self._other = other

    def __missing__(self, text: str) -> Slot:
        return self._other


def _named(name: str, cells: Sequence[int], strings: Named, null: int, truth: Mapping[bool, int]) -> LookUps:
    """Return the look-up of a column that knows strings, by name, and nothing that has an order."""
    names = {text: text for text in strings.masks}

    def sweep(fork: Fork | None) -> Sweep:
        find = names.get if fork is None else {text: fork[text] for text in names}.get
        other = _OTHER if fork is None else fork[_OTHER]
        return lambda values: list(map(find, values, repeat(other)))

    found: dict[type, LookUp] = {str: LookUp(_Slots(names, _OTHER).__getitem__, sweep), type(None): _each({None: None}.__getitem__)}
    masks = {**strings.masks, None: null, _OTHER: strings.default, UNKNOWN: 0}
    if truth:
        found[bool] = _each({False: _FALSE, True: _TRUE}.__getitem__)
        masks |= {_FALSE: truth[False], _TRUE: truth[True]}
    return LookUps(name, masks, found, cells, named=True)


class _Days(dict[Any, Any]):
    """What days, and null, find, for those that have come up: there are few of them."""

    def __init__(self, look: Callable[[Any], Any]) -> None:
        self._look = look

    def __missing__(self, value: object) -> Any:
        found = self._look(value)
        if (type(value) is date or value is None) and len(self) < _MOST_DAYS:
            self[value] = found
        return found


def _line(
    edges: Sequence[Any], first: int, least: Any, *, ends: int = 0, fit: Callable[[Sequence[Any]], bool] = lambda values: True
) -> LookUp:
    """Return the look-up of values that are compared with ``edges`` as they are; what lies before them falls into slot ``first``.

    ``least`` is no greater than any value. Of so many ``ends`` the edges on either side divide nothing from values that ``fit``.
    """
    padded = [least] * first + list(edges)
    slot = partial(bisect_right, padded)
    few = edges[ends : len(edges) - ends]

    def sweep(fork: Fork | None) -> Sweep:
        def bisected(values: Sequence[Any]) -> list[Any]:
            # Where the values repeat themselves, each is looked up only once.
            if len(values) > 64 and len(set(values[:32])) <= 28:
                known = {value: slot(value) for value in set(values)}
                return _in(fork, map(known.__getitem__, values))
            return _in(fork, map(bisect_right, repeat(padded), values))

        if len(few) > 3:
            return bisected
        places = range(first + ends, first + ends + len(few) + 1)
        compared = _compared(few, [place if fork is None else fork[place] for place in places])
        return lambda values: compared(values) if fit(values) else bisected(values)

    return LookUp(slot, sweep)


def _compared(edges: Sequence[Any], found: Sequence[Any]) -> Sweep:
    """Return what finds by comparing with up to three edges, which beats bisecting them."""
    match (*edges, *found):
        case (a,):
            return lambda values: [a] * len(values)
        case one, a, b:
            return lambda values: [a if value < one else b for value in values]
        case one, two, a, b, c:
            return lambda values: [(a if value < one else b) if value < two else c for value in values]
        case one, two, three, a, b, c, d:
            return lambda values: [(a if value < one else b) if value < two else c if value < three else d for value in values]
        case _:
            raise ValueError(f"{len(edges)} edges for {len(found)} slots")


def _numbers(line: Slots, nothing: int) -> Mapping[type, LookUp]:
    """Return how Decimal, int and float are looked up; the line lies between two slots of null, ``nothing`` is the one before it.

    A float means the decimal that its repr shows. Where each cut of the line is itself what the repr of its float shows (any
    number of up to 15 digits is), floats compare with the cuts' floats exactly as the decimals would: rounding keeps order, and
    equal floats have equal decimals. Ints compare with the next whole number, unless they may have more than FEEL's 34 digits.
    NaN, the infinities and decimals beyond FEEL's are null. Where the cuts do not allow it, numbers are made decimals first.
    """
    create, plus = CONTEXT.create_decimal, CONTEXT.plus
    edges = edges_of("number", line)
    first = nothing + 1

    def exact(value: Decimal) -> int:
        return first + bisect_right(edges, value)

    def decimal(value: Decimal) -> int:
        try:
            return exact(plus(value)) if value.is_finite() else nothing
        except Overflow:
            return nothing

    def floating(value: float) -> int:
        return exact(create(repr(value))) if isfinite(value) else nothing

    found = {Decimal: _each(decimal), int: _each(lambda value: exact(create(value))), float: _each(floating)}
    if all(abs(cut.point) < 10**CONTEXT.prec for cut in line.cuts):
        whole = [floor(cut.point) + 1 if cut.after else ceil(cut.point) for cut in line.cuts]
        found[int] = _line(whole, first, -inf)
    if all(abs(cut.point) < 2**53 and create(repr(float(cut.point))) == cut.point for cut in line.cuts):
        # The infinities lie outside the outermost edges; so does NaN, which is smaller than nothing.
        floats = [nextafter(float(cut.point), inf) if cut.after else float(cut.point) for cut in line.cuts]
        floats = [-sys.float_info.max, *floats, inf]
        found[float] = _line(floats, nothing, -inf, ends=1, fit=lambda values: isfinite(sum(values)))
    return found


def _dates(line: Slots, first: int) -> LookUp:
    """Return the look-up of Python's dates; what lies beyond its years 1 to 9999 cuts none of them."""
    days = [cut.point + _UNIX_DAY_ONE + (1 if cut.after else 0) for cut in line.cuts]
    return _line([date.fromordinal(max(day, 1)) for day in days if day <= date.max.toordinal()], first, date.min)


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
