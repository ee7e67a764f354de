"""Scorecards: COLLECT SUM where each rule asks about one input, which is how points are given.

The points of all rules that a value meets are added up when the table is compiled; a row has then one sum a column to add,
however many rules there are. A sum carries the number of its rules in its lowest bits, because no rule at all is null, not 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import repeat
from operator import add
from typing import Any

from loanflow.dmn.compiler.meetings import Columns, Row, columns_of, kind_of
from loanflow.dmn.compiler.python_look_ups import PythonLookUp, by_name
from loanflow.dmn.compiler.table import Table, rules_of

# Beyond any sum: a value has to go the general way.
_UNKNOWN = 10**60


@dataclass(frozen=True, slots=True)
class Scorecard:
    """The points and number of the rules that rows meet, as one integer each; ``split`` takes it apart, None if a value is unknown."""

    one: Callable[[Row], int]
    many: Callable[[Sequence[Row]], Iterable[int]]
    split: Callable[[int], tuple[int, int] | None]


@dataclass(frozen=True, slots=True)
class _Part:
    """One input of a scorecard: by type of value, its slot and the sum of each slot, or how many values find their sums."""

    name: str
    single: Callable[[type], tuple[Callable[[object], int], Sequence[int]] | None]
    sweeps: Mapping[type, Callable[[Sequence[object]], Iterable[int]]]

    def sums(self, values: Sequence[object]) -> Iterable[int]:
        """Return the sum that each value brings."""
        kind = kind_of(values)
        if kind is not None:
            return self.sweeps[kind](values) if kind in self.sweeps else repeat(_UNKNOWN, len(values))
        return [found[1][found[0](value)] if (found := self.single(type(value))) is not None else _UNKNOWN for value in values]


def scorecard(table: Table, columns: Columns, points: Sequence[int]) -> Scorecard | None:
    """Return how whole points are added up, one number for each rule; None where a rule asks about several inputs."""
    asked = [[position for position, column in enumerate(table.columns) if column.tests[rule] is not None] for rule in range(len(points))]
    if any(len(positions) > 1 for positions in asked):
        return None
    bits = len(points).bit_length()
    worth = [(one << bits) + 1 for one in points]
    given = sum(one for one, positions in zip(worth, asked, strict=True) if not positions)
    parts: list[_Part] = []
    for place, (name, look_ups) in enumerate(columns):
        own = sum(1 << rule for rule, positions in enumerate(asked) if positions == [place])
        # What every row is given comes with the first input.
        more = 0 if place else given
        sums = {of: [_sum(mask, own, worth) + more for mask in look_up.masks] for of, look_up in look_ups.items()}
        singles = {of: (look_up.slot, sums[of]) for of, look_up in look_ups.items()}
        parts.append(_Part(name, singles.get, {of: _sweep(look_up, sums[of]) for of, look_up in look_ups.items()}))
    names = [part.name for part in parts]
    looks = tuple((part.name, part.single) for part in parts)

    def one(row: Row) -> int:
        total = 0
        for name, single in looks:
            value = row.get(name)
            found = single(type(value))
            if found is None:
                return _UNKNOWN
            slot, some = found
            total += some[slot(value)]
        return total

    def many(rows: Sequence[Row]) -> Iterable[int]:
        found = (part.sums(values) for part, values in zip(parts, columns_of(rows, names), strict=True))
        return reduce(lambda one, other: map(add, one, other), found)

    def split(total: int) -> tuple[int, int] | None:
        return (total >> bits, total & (1 << bits) - 1) if total < _UNKNOWN // 2 else None

    return Scorecard(one, many, split)


def _sum(mask: int, own: int, worth: Sequence[int]) -> int:
    # No rule at all: either the table has none for the row, or the index cannot say.
    return sum(worth[rule] for rule in rules_of(mask & own)) if mask else _UNKNOWN


def _sweep(look_up: PythonLookUp, sums: Sequence[int]) -> Callable[[Sequence[Any]], Iterable[int]]:
    """Return how many values of one type find their sums."""
    if look_up.names is not None:
        return by_name({name: sums[slot] for name, slot in look_up.names.items()}, sums[0])
    sum_of = sums.__getitem__

    def sweep(values: Sequence[object]) -> Iterable[int]:
        found = look_up.slots(values)
        return repeat(sums[found], len(values)) if isinstance(found, int) else map(sum_of, found)

    return sweep
