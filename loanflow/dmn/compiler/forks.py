"""A table as a tree of forks, one level a column: each value says where to turn, and at the end lies what its rules come to.

The column that tells most rules apart comes first. It leaves a few candidates; the other columns say which of those survive, by
place among the candidates, not by rule. So candidates that ask the same of the other columns share their forks: a row takes one
step a column however many rules there are, through forks that are few. Tables whose tree would be too big find their rules as
sets, column by column, and settle what those come to afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from math import prod
from operator import and_, getitem, itemgetter  # pyright: ignore[reportUnknownVariableType]
from typing import Any, TypeAlias, cast

from loanflow.dmn.compiler.python_look_ups import UNKNOWN, Fork, LookUps
from loanflow.dmn.compiler.table import rules_of

Row: TypeAlias = "Mapping[str, object]"
# What sets of rules come to.
Settle: TypeAlias = "Callable[[int], Any]"
# How many branches and ends a tree may have together, and how many ways through it are remembered, if there are not many more.
_MOST_BRANCHES = 500_000
_MOST_WAYS = 20_000
_MOST_TO_REMEMBER = 100_000
_both: Callable[[int, int], int] = cast(Any, and_)


@dataclass(frozen=True, slots=True)
class Finder:
    """What rows come to: for one row, or for many."""

    one: Callable[[Row], Any]
    many: Callable[[Sequence[Row]], list[Any]]


def finder(columns: Sequence[LookUps], everything: int, settle: Settle) -> Finder:
    """Return what finds what rows come to: what ``settle`` makes of the rules that they meet.

    No rule at all is also what a row meets with a value that must go the general way.
    """
    first, *others = sorted(columns, key=lambda column: -len(column.masks))
    try:
        tree = _Grown(others, settle).tree(first)
    except _TooBig:
        return _by_sets(columns, everything, settle)
    return _by_forks([first, *others], tree, settle(0))


class _TooBig(Exception):
    """A tree has too many branches. Never leaves this file."""


class _Grown:
    """The forks of the columns after the first, as far as they have grown."""

    def __init__(self, columns: Sequence[LookUps], settle: Settle) -> None:
        self._columns = columns
        self._settle = settle
        self._left = _MOST_BRANCHES
        # By column, what rules ask of it and of those that follow: rules with one number ask the same.
        self._asked: list[list[int]] = []
        below = [0] * (len(columns[0].cells) if columns else 0)
        for column in reversed(columns):
            known: dict[tuple[int, int], int] = {}
            below = [known.setdefault(both, len(known)) for both in zip(column.cells, below, strict=True)]
            self._asked.insert(0, below)
        self._known: dict[tuple[tuple[int, int], ...], tuple[Fork, frozenset[int]]] = {}

    def tree(self, first: LookUps) -> Fork:
        """Return the fork of the first column: for each slot the fork to go on from, and what lies at the end, by survivors."""
        return first.fork({mask: self._branch(mask) for mask in first.distinct()}.__getitem__)

    def _branch(self, mask: int) -> tuple[Fork, Fork]:
        self._spend(mask.bit_count())
        rules = rules_of(mask)
        fork, survivors = self._fork(0, tuple(enumerate(rules)))
        self._spend(len(survivors))
        ends = {some: self._settle(sum(1 << rules[place] for place in rules_of(some))) for some in sorted(survivors)}
        # Where one candidate is left, as in tables by bands or by names, a tuple is the smaller of two ways to hold this.
        return fork, tuple(ends.values()) if list(ends) == [0, 1] else ends

    def _fork(self, level: int, candidates: tuple[tuple[int, int], ...]) -> tuple[Fork, frozenset[int]]:
        """Return the fork for candidates, places with their rules, and all sets of places that may survive from there on."""
        if level == len(self._columns):
            places = sum(1 << place for place, _ in candidates)
            return places, frozenset({places})
        asked = self._asked[level]
        key = ((level, -1), *((place, asked[rule]) for place, rule in candidates))
        found = self._known.get(key)
        if found is None:
            column = self._columns[level]
            self._spend(len(column.masks) * (1 + len(candidates)))
            forks = {mask: self._fork(level + 1, tuple(one for one in candidates if mask >> one[1] & 1)) for mask in column.distinct()}
            survivors = frozenset[int]().union(*(some for _, some in forks.values()))
            found = self._known[key] = column.fork(lambda mask: forks[mask][0]), survivors
        return found

    def _spend(self, branches: int) -> None:
        self._left -= branches
        if self._left < 0:
            raise _TooBig


def _by_forks(columns: Sequence[LookUps], tree: Fork, nothing: Any) -> Finder:
    (first_name, first_slot_of), *others = ((column.name, column.slot_of) for column in columns)
    steps = tuple(others)

    def one(row: Row) -> Any:
        value = row.get(first_name)
        slot = first_slot_of(type(value))
        if slot is None:
            return nothing
        found, ends = tree[slot(value)]
        for name, slot_of in steps:
            value = row.get(name)
            slot = slot_of(type(value))
            if slot is None:
                return nothing
            found = found[slot(value)]
        return ends[found]

    few = len(columns) > 1 and prod(len(column.masks) for column in columns) <= _MOST_TO_REMEMBER
    return Finder(one, _by_ways(columns, tree) if few else _by_steps(columns, tree))


def _by_ways(columns: Sequence[LookUps], tree: Fork) -> Callable[[Sequence[Row]], list[Any]]:
    """Return what finds what many rows come to by all their slots at once."""
    names = [column.name for column in columns]
    steps = [(column.named, column.sweep(None)) for column in columns]
    way = _Ways(tree).__getitem__

    def many(rows: Sequence[Row]) -> list[Any]:
        values = columns_of(rows, names)
        slots = [some if named else sweep(some) for (named, sweep), some in zip(steps, values, strict=True)]
        try:
            return list(map(way, zip(*slots, strict=True)))
        except (KeyError, TypeError):
            slots = [sweep(some) if named else some for (named, sweep), some in zip(steps, slots, strict=True)]
            return list(map(way, zip(*slots, strict=True)))

    return many


class _Ways(dict[tuple[Any, ...], Any]):
    """Where ways through a tree end, for those that have been taken: rows take the same again and again."""

    def __init__(self, tree: Fork) -> None:
        self._tree = tree

    def __missing__(self, slots: tuple[Any, ...]) -> Any:
        fork, ends = self._tree[slots[0]]
        found = ends[reduce(getitem, slots[1:], fork)]
        if len(self) < _MOST_WAYS:
            self[slots] = found
        return found


def _by_steps(columns: Sequence[LookUps], tree: Fork) -> Callable[[Sequence[Row]], list[Any]]:
    """Return what finds what many rows come to one column after the other."""
    names = [column.name for column in columns]
    start = columns[0].sweep(tree)
    steps = [(column.named, column.sweep(None)) for column in columns[1:]]

    def many(rows: Sequence[Row]) -> list[Any]:
        values = columns_of(rows, names)
        begun = start(next(values))
        found: Sequence[Any] = list(map(itemgetter(0), begun))
        for (named, sweep), some in zip(steps, values, strict=True):
            try:
                found = list(map(getitem, found, some if named else sweep(some)))
            except (KeyError, TypeError):
                found = list(map(getitem, found, sweep(some)))
        return list(map(getitem, map(itemgetter(1), begun), found))

    return many


def _by_sets(columns: Sequence[LookUps], everything: int, settle: Settle) -> Finder:
    names = [column.name for column in columns]
    steps = tuple((column.name, column.slot_of, column.masks) for column in columns)
    sweeps = [column.sweep(column.masks) for column in columns]

    def one(row: Row) -> Any:
        mask = everything
        for name, slot_of, masks in steps:
            value = row.get(name)
            slot = slot_of(type(value))
            mask &= masks[UNKNOWN if slot is None else slot(value)]
        return settle(mask)

    def many(rows: Sequence[Row]) -> list[Any]:
        masks = (sweep(some) for sweep, some in zip(sweeps, columns_of(rows, names), strict=True))
        return list(map(settle, reduce(lambda left, more: map(_both, left, more), masks)))

    return Finder(one, many)


def columns_of(rows: Sequence[Row], names: Sequence[str]) -> Iterator[Sequence[object]]:
    """Yield the values of each variable; where a row lacks it, it is null."""
    plain = list(map(type, rows)).count(dict) == len(rows)
    for name in names:
        if plain:
            try:
                yield list(map(itemgetter(name), rows))
                continue
            except KeyError:
                pass  # asked row by row
        yield [row.get(name) for row in rows]


class Remembered(dict[int, Any]):
    """What sets of rules, or totals, come to, for those that have come up."""

    def __init__(self, result: Callable[[int], Any], *, most: int) -> None:
        self._result = result
        self._most = most

    def __missing__(self, key: int) -> Any:
        found = self._result(key)
        if len(self) < self._most:
            self[key] = found
        return found
