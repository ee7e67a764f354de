"""Scorecards: COLLECT SUM where each rule asks about one input, which is how points are given.

The points of all rules that a value meets are added up when the table is compiled; a row has then one sum a column to add,
however many rules there are. A sum carries the number of its rules in its lowest bits, because no rule at all is null, not 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from operator import getitem
from typing import Any

from loanflow.dmn.compiler.forks import Finder, Remembered, Row, looking_up
from loanflow.dmn.compiler.python_look_ups import Fork, LookUps
from loanflow.dmn.compiler.table import Table, rules_of

# Beyond any sum: a value has to go the general way.
_UNKNOWN = 10**60
# How many totals are remembered with what they come to.
_MOST_TOTALS = 20_000


def scorecard(table: Table, columns: Sequence[LookUps], points: Sequence[int], settle: Callable[[int, int], Any]) -> Finder | None:
    """Return what finds what rows come to: what ``settle`` makes of the points added up and the number of rules.

    ``points`` are whole numbers, one for each rule. None where a rule asks about several inputs.
    """
    asked = [[position for position, column in enumerate(table.columns) if column.tests[rule] is not None] for rule in range(len(points))]
    if any(len(positions) > 1 for positions in asked):
        return None
    bits = len(points).bit_length()
    worth = [(one << bits) + 1 for one in points]
    given = sum(one for one, positions in zip(worth, asked, strict=True) if not positions)
    parts: list[Fork] = []
    for place, column in enumerate(columns):
        own = sum(1 << rule for rule, positions in enumerate(asked) if positions == [place])
        # What every row is given comes with the first input.
        parts.append(column.fork(partial(_sum, own, worth, 0 if place else given)))
    steps = tuple((column.name, column.slot_of, part) for column, part in zip(columns, parts, strict=True))

    def split(total: int) -> Any:
        return settle(total >> bits, total & (1 << bits) - 1) if total < _UNKNOWN // 2 else settle(0, 0)

    settled = Remembered(split, most=_MOST_TOTALS)

    def one(row: Row) -> Any:
        total = 0
        for name, slot_of, part in steps:
            value = row.get(name)
            slot = slot_of(type(value))
            total += _UNKNOWN if slot is None else part[slot(value)]
        return settled[total]

    return Finder(one, looking_up(columns, parts, partial(_settled, settled)))


def _settled(settled: Remembered, tables: Sequence[Any], keys: Iterable[Any]) -> list[Any]:
    """Return what rows come to by what they find in each column, added up."""
    match tables:
        case i, j:
            return [settled[i[a] + j[b]] for a, b in keys]
        case i, j, k:
            return [settled[i[a] + j[b] + k[c]] for a, b, c in keys]
        case i, j, k, l:
            return [settled[i[a] + j[b] + k[c] + l[d]] for a, b, c, d in keys]
        case i, j, k, l, m:
            return [settled[i[a] + j[b] + k[c] + l[d] + m[e]] for a, b, c, d, e in keys]
        case _:
            return [settled[sum(map(getitem, tables, some))] for some in keys]


def _sum(own: int, worth: Sequence[int], more: int, mask: int) -> int:
    # No rule at all: either the table has none for the row, or the index cannot say.
    return more + sum(worth[rule] for rule in rules_of(mask & own)) if mask else _UNKNOWN
