"""Which rules do rows of Python values meet? One row at a time, or many, column by column.

Each column says into which slot a value falls, and a meeting of slots, one of each column, has its rules. Small tables remember
the meetings that have come up. Large ones remember those of all columns but the one that tells most rules apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import reduce
from itertools import repeat
from math import prod
from operator import and_, countOf, itemgetter  # pyright: ignore[reportUnknownVariableType]
from typing import Any, TypeAlias, cast

from loanflow.dmn.compiler.python_look_ups import Found, PythonLookUp

Row: TypeAlias = "Mapping[str, object]"
# The variables of a table and how their values are looked up, by Python type.
Columns: TypeAlias = "Sequence[tuple[str, Mapping[type, PythonLookUp]]]"
# What sets of rules come to.
Settle: TypeAlias = "Callable[[Iterable[int]], list[int]]"
# How many meetings of slots are remembered, and for how many combinations of types of values.
_MOST_KNOWN = 20_000
_MOST_KINDS = 8
_both: Callable[[int, int], int] = cast(Any, and_)


def mask_finder(columns: Columns, everything: int) -> Callable[[Row], int]:
    """Return what finds the rules that a row meets; none also where a value must go the general way."""
    # The column that tells most rules apart goes first: what is left from then on is short.
    ordered = sorted(columns, key=lambda column: -max((len(look_up.masks) for look_up in column[1].values()), default=0))
    singles = tuple((name, {of: (one.slot, one.masks) for of, one in look_ups.items()}.get) for name, look_ups in ordered)

    def mask_of(row: Row) -> int:
        mask = everything
        for name, look_up in singles:
            value = row.get(name)
            found = look_up(type(value))
            if found is None:
                return 0
            slot, masks = found
            mask &= masks[slot(value)]
        return mask

    return mask_of


def never_two(columns: Columns) -> bool:
    """Say whether no row meets two rules, because no two share a value of one column: a table by bands, or by names."""
    return any(all(mask.bit_count() <= 1 for look_up in look_ups.values() for mask in look_up.masks) for _, look_ups in columns)


def masks_finder(columns: Columns, settle: Settle, *, numbered: bool) -> Callable[[Sequence[Row]], list[int]]:
    """Return what finds the rules that each of many rows meets and settles what they come to.

    ``numbered`` says that a set of one rule comes to the rule's number, counted from 1, and no rule to 0.
    """
    meetings: dict[tuple[type | None, ...], _Meeting] = {}

    def masks_of(rows: Sequence[Row]) -> list[int]:
        values = list(columns_of(rows, [name for name, _ in columns]))
        kinds = tuple(map(kind_of, values))
        meeting = meetings.get(kinds)
        if meeting is not None:
            return meeting(values)
        chosen = [look_ups.get(kind) if kind is not None else None for (_, look_ups), kind in zip(columns, kinds, strict=True)]
        if all(chosen) and len(meetings) < _MOST_KINDS:
            meeting = meetings[kinds] = _meeting([one for one in chosen if one is not None], settle, numbered=numbered)
            return meeting(values)
        return settle(_met_singly(columns, values))

    return masks_of


_Meeting: TypeAlias = "Callable[[Sequence[Sequence[object]]], list[int]]"


def _meeting(look_ups: Sequence[PythonLookUp], settle: Settle, *, numbered: bool) -> _Meeting:
    """Return what finds the rules of rows whose columns hold values of one type each."""
    sizes = [len(look_up.masks) for look_up in look_ups]
    lead = sizes.index(max(sizes))
    rest = [look_up for number, look_up in enumerate(look_ups) if number != lead]
    if prod(sizes) <= _MOST_KNOWN:
        known = _Known([look_up.masks for look_up in look_ups], settle)
        return lambda columns: list(map(known.__getitem__, zip(*_slots(look_ups, columns), strict=True)))
    masks_of_lead = look_ups[lead].masks
    # Where no two rules share a value of the leading column, no two can be met.
    lone = numbered and all(mask.bit_count() <= 1 for mask in masks_of_lead)
    known = _Known([look_up.masks for look_up in rest], list) if rest and prod(sizes) <= _MOST_KNOWN * sizes[lead] else None

    def met(columns: Sequence[Sequence[object]]) -> list[int]:
        slots = list(_slots(look_ups, columns))
        masks = map(masks_of_lead.__getitem__, slots.pop(lead))
        if known is not None:
            masks = map(_both, masks, map(known.__getitem__, zip(*slots, strict=True)))
        else:
            for look_up, found in zip(rest, slots, strict=True):
                masks = map(_both, masks, map(look_up.masks.__getitem__, found))
        return list(map(int.bit_length, masks)) if lone else settle(masks)

    return met


def _slots(look_ups: Sequence[PythonLookUp], columns: Sequence[Sequence[object]]) -> Iterator[Iterable[int]]:
    for look_up, values in zip(look_ups, columns, strict=True):
        yield each(look_up.slots(values), len(values))


def _met_singly(columns: Columns, values: Sequence[Sequence[object]]) -> Iterable[int]:
    """Return the rules that rows meet whose columns hold values of several types, or of one that no index knows."""
    masks: Iterable[int] | None = None
    for (_, look_ups), column in zip(columns, values, strict=True):
        found = [0 if (look_up := look_ups.get(type(value))) is None else look_up.masks[look_up.slot(value)] for value in column]
        masks = found if masks is None else map(_both, masks, found)
    return masks or ()


class _Known(dict[tuple[int, ...], int]):
    """What the rules of a meeting of slots come to, for the meetings that have come up: a table sees the same again and again."""

    def __init__(self, masks: Sequence[Sequence[int]], settle: Settle) -> None:
        self._masks = masks
        self._settle = settle

    def __missing__(self, slots: tuple[int, ...]) -> int:
        met = reduce(_both, (masks[slot] for masks, slot in zip(self._masks, slots, strict=True)))
        found = self[slots] = self._settle([met])[0]
        return found


def columns_of(rows: Sequence[Row], names: Sequence[str]) -> Iterator[Sequence[object]]:
    """Yield the values of each variable; where a row lacks it, it is null."""
    plain = kind_of(rows) is dict
    for name in names:
        if plain:
            try:
                yield list(map(itemgetter(name), rows))
                continue
            except KeyError:
                pass  # asked row by row
        yield [row.get(name) for row in rows]


def kind_of(values: Sequence[object]) -> type | None:
    """Return the Python type that all values are of; None where they are of several."""
    kind = type(values[0])
    return kind if countOf(map(type, values), kind) == len(values) else None


def each(found: Found, count: int) -> Iterable[int]:
    """Return slots one by one, also where all are the same."""
    return repeat(found, count) if isinstance(found, int) else found
