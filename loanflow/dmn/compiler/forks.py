"""A table as a tree of forks, one level a column: each value says where to turn, and at the end lies what its rules come to.

The column that tells most rules apart comes first. It leaves a few candidates; the other columns say which of those survive, by
place among the candidates, not by rule. So candidates that ask the same of the other columns share their forks: a row takes one
step a column however many rules there are, through forks that are few. Tables whose tree would be too big find their rules as
sets, column by column, and settle what those come to afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from operator import and_, getitem, itemgetter  # pyright: ignore[reportUnknownVariableType]
from typing import Any, TypeAlias, cast

from loanflow.dmn.compiler.python_look_ups import UNKNOWN, Fork, LookUps
from loanflow.dmn.compiler.table import rules_of

Row: TypeAlias = "Mapping[str, object]"
# What sets of rules come to.
Settle: TypeAlias = "Callable[[int], Any]"
# What is made of many rows: of what finds something in each column, and of the keys of each row in them.
Combine: TypeAlias = "Callable[[Sequence[Any], Iterable[tuple[Any, ...]]], list[Any]]"
CombineKnown: TypeAlias = "Callable[[Sequence[Any], Sequence[str], Sequence[dict[str, Any]]], list[Any]]"
# Finds the keys of many rows in one column.
KeysOf: TypeAlias = "Callable[[Sequence[dict[str, Any]]], Iterable[Any]]"
# How many branches and ends a tree may have together.
_MOST_BRANCHES = 500_000
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
        self._known: dict[tuple[tuple[int, int], ...], tuple[Any, frozenset[int]]] = {}

    def tree(self, first: LookUps) -> Fork:
        """Return the fork of the first column: for each slot the fork to go on from, and what lies at the end, by survivors."""
        return first.fork({mask: self._branch(mask) for mask in set(first.masks)}.__getitem__)

    def _branch(self, mask: int) -> tuple[Any, Any]:
        self._spend(mask.bit_count())
        rules = rules_of(mask)
        fork, survivors = self._fork(0, tuple(enumerate(rules)))
        self._spend(len(survivors))
        ends = {some: self._settle(sum(1 << rules[place] for place in rules_of(some))) for some in sorted(survivors)}
        # Where one candidate is left, as in tables by bands or by names, a tuple is the smaller of two ways to hold this.
        return fork, tuple(ends.values()) if list(ends) == [0, 1] else ends

    def _fork(self, level: int, candidates: tuple[tuple[int, int], ...]) -> tuple[Any, frozenset[int]]:
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
            forks = {mask: self._fork(level + 1, tuple(one for one in candidates if mask >> one[1] & 1)) for mask in set(column.masks)}
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

    return Finder(one, looking_up(columns, [tree, *[None] * len(others)], _through, _through_known))


def _through(tables: Sequence[Any], keys: Iterable[Any]) -> list[Any]:
    """Return where ways through a tree end, by the key in the first column and the slots in the others."""
    i = tables[0]
    match len(tables):
        case 2:
            return [ends[found[b]] for a, b in keys for found, ends in [i[a]]]
        case 3:
            return [ends[found[b][c]] for a, b, c in keys for found, ends in [i[a]]]
        case 4:
            return [ends[found[b][c][d]] for a, b, c, d in keys for found, ends in [i[a]]]
        case 5:
            return [ends[found[b][c][d][e]] for a, b, c, d, e in keys for found, ends in [i[a]]]
        case _:
            return [ends[reduce(getitem, slots, found)] for a, *slots in keys for found, ends in [i[a]]]


def _through_known(tables: Sequence[Any], names: Sequence[str], rows: Sequence[dict[str, Any]]) -> list[Any]:
    """Return where ways through a tree end, if all columns know their values."""
    given: list[Any] = [*tables, *names]
    match given:
        case i, j, a, b:
            return [ends[found[j[row[b]]]] for row in rows for found, ends in [i[row[a]]]]
        case i, j, k, a, b, c:
            return [ends[found[j[row[b]]][k[row[c]]]] for row in rows for found, ends in [i[row[a]]]]
        case i, j, k, l, a, b, c, d:
            return [ends[found[j[row[b]]][k[row[c]]][l[row[d]]]] for row in rows for found, ends in [i[row[a]]]]
        case i, j, k, l, m, a, b, c, d, e:
            return [ends[found[j[row[b]]][k[row[c]]][l[row[d]]][m[row[e]]]] for row in rows for found, ends in [i[row[a]]]]
        case _:
            slots = ([row[names[0]], *map(getitem, tables[1:], map(row.__getitem__, names[1:]))] for row in rows)
            return _through(tables, slots)


def _by_sets(columns: Sequence[LookUps], everything: int, settle: Settle) -> Finder:
    steps = tuple((column.name, column.slot_of, column.masks) for column in columns)

    def one(row: Row) -> Any:
        mask = everything
        for name, slot_of, masks in steps:
            value = row.get(name)
            slot = slot_of(type(value))
            mask &= masks[UNKNOWN if slot is None else slot(value)]
        return settle(mask)

    def met(tables: Sequence[Any], keys: Iterable[Any]) -> list[Any]:
        return [settle(reduce(_both, map(getitem, tables, some))) for some in keys]

    return Finder(one, looking_up(columns, [column.masks for column in columns], met))


def looking_up(
    columns: Sequence[LookUps], forks: Sequence[Fork | None], combine: Combine, combine_known: CombineKnown | None = None
) -> Callable[[Sequence[Row]], list[Any]]:
    """Return what makes something of many rows by what their values find in the forks of their columns.

    ``combine`` takes a table for each column and the keys of each row in them: slots in a fork, or, where a column knows its
    values, the values themselves. A column whose fork is None has slots for keys, and no table that counts. Values that are not
    known are looked up, and learnt, when they stop the others. ``combine_known`` does the same where all columns know their
    values: it takes the tables, the names of the columns and the rows.
    """
    names = [column.name for column in columns]
    tables: list[Any] = []
    keys_of: list[KeysOf] = []
    for column, fork in zip(columns, forks, strict=True):
        tables.append(fork if column.known is None else column.finds(fork))
        keys_of.append(column.slots if column.known is None else _keys(column.name, tables[-1] if fork is None else None))
    known = combine_known if all(column.known is not None for column in columns) else None

    def quickly(rows: Sequence[dict[str, Any]]) -> list[Any]:
        if known is not None:
            return known(tables, names, rows)
        return combine(tables, zip(*(of(rows) for of in keys_of), strict=True))

    def many(rows: Sequence[Row]) -> list[Any]:
        if list(map(type, rows)).count(dict) == len(rows):
            try:
                return quickly(cast(Any, rows))
            except (KeyError, TypeError):
                pass  # a variable is missing, perhaps
        filled = [{name: row.get(name) for name in names} for row in rows]
        try:
            return quickly(filled)
        except (KeyError, TypeError):
            pass  # a value is not known
        for column, table, fork in zip(columns, tables, forks, strict=True):
            if column.known is not None:
                column.learn(table, fork, map(itemgetter(column.name), filled))
        try:
            return quickly(filled)
        except (KeyError, TypeError):
            return combine(forks, zip(*(column.slots(filled) for column in columns), strict=True))

    return many


def _keys(name: str, slots: Mapping[Any, int] | None) -> KeysOf:
    """Return what finds the values of a column that knows them, or, where they are given, their slots."""
    value_of = itemgetter(name)
    if slots is None:
        return partial(map, value_of)
    slot_of = slots.__getitem__
    return lambda rows: map(slot_of, map(value_of, rows))


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
