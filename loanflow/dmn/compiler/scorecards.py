"""Scorecards: COLLECT SUM where each rule asks about one input, which is how points are given.

The points of all rules that a value meets are added up when the table is compiled; a row has then one sum a column to add,
however many rules there are. A sum carries the number of its rules in its lowest bits, because no rule at all is null, not 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from operator import add
from typing import TypeAlias

from loanflow.dmn.compiler.meetings import Columns, Row, columns_of, kind_of
from loanflow.dmn.compiler.python_look_ups import PythonLookUp
from loanflow.dmn.compiler.table import Table, rules_of

# Beyond any sum: a value has to go the general way.
_UNKNOWN = 10**60
_Sums: TypeAlias = "Mapping[type, tuple[PythonLookUp, Sequence[int]]]"


@dataclass(frozen=True, slots=True)
class Scorecard:
    """The points and number of the rules that rows meet, as one integer each; ``split`` takes it apart, None if a value is unknown."""

    one: Callable[[Row], int]
    many: Callable[[Sequence[Row]], Iterable[int]]
    split: Callable[[int], tuple[int, int] | None]


def scorecard(table: Table, columns: Columns, points: Sequence[int]) -> Scorecard | None:
    """Return how whole points are added up, one number for each rule; None where a rule asks about several inputs."""
    asked = [[position for position, column in enumerate(table.columns) if column.tests[rule] is not None] for rule in range(len(points))]
    if any(len(positions) > 1 for positions in asked):
        return None
    bits = len(points).bit_length()
    worth = [(one << bits) + 1 for one in points]
    given = sum(one for one, positions in zip(worth, asked, strict=True) if not positions)
    sums: list[tuple[str, _Sums]] = []
    for place, (name, look_ups) in enumerate(columns):
        own = sum(1 << rule for rule, positions in enumerate(asked) if positions == [place])
        sums.append((name, {of: (look_up, [_sum(mask, own, worth) for mask in look_up.masks]) for of, look_up in look_ups.items()}))
    singles = tuple((name, {of: (look_up.slot, some) for of, (look_up, some) in by_type.items()}.get) for name, by_type in sums)

    def one(row: Row) -> int:
        total = given
        for name, look_up in singles:
            value = row.get(name)
            found = look_up(type(value))
            if found is None:
                return _UNKNOWN
            slot, some = found
            total += some[slot(value)]
        return total

    def many(rows: Sequence[Row]) -> Iterable[int]:
        totals: Iterable[int] = repeat(given, len(rows))
        for (_, by_type), values in zip(sums, columns_of(rows, [name for name, _ in sums]), strict=True):
            totals = map(add, totals, _added(by_type, values))
        return totals

    def split(total: int) -> tuple[int, int] | None:
        return (total >> bits, total & (1 << bits) - 1) if total < _UNKNOWN // 2 else None

    return Scorecard(one, many, split)


def _sum(mask: int, own: int, worth: Sequence[int]) -> int:
    # No rule at all: either the table has none for the row, or the index cannot say.
    return sum(worth[rule] for rule in rules_of(mask & own)) if mask else _UNKNOWN


def _added(by_type: _Sums, values: Sequence[object]) -> Iterable[int]:
    kind = kind_of(values)
    if kind is None:
        found = [by_type.get(type(value)) for value in values]
        return [_UNKNOWN if one is None else one[1][one[0].slot(value)] for one, value in zip(found, values, strict=True)]
    if kind not in by_type:
        return repeat(_UNKNOWN, len(values))
    look_up, some = by_type[kind]
    slots = look_up.slots(values)
    return repeat(some[slots], len(values)) if isinstance(slots, int) else map(some.__getitem__, slots)
