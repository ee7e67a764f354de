"""Between records and rows: a record's fields are columns of the same name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Table
from sqlalchemy.dialects import mysql, postgresql, sqlite

from loanflow.records.revision import field_names, record_of, values_in
from loanflow.store.database import Transaction
from loanflow.store.prepared import Changed, Prepared

Record = TypeVar("Record")


def columns_of(kind: type[Any], table: Table, **instead: ColumnElement[Any]) -> list[ColumnElement[Any]]:
    """List the columns to select for a record, in the order of its fields; ``instead`` gives those that are computed."""
    return [instead[name] if name in instead else table.c[name] for name in field_names(kind)]


def record_from(kind: type[Record], row: Sequence[Any], *, start: int = 0) -> Record:
    """Make a record of the columns that begin at ``start`` of the row, selected with ``columns_of``."""
    return record_of(kind, row[start : start + len(field_names(kind))])


def values_of(record: object, **more: Any) -> dict[str, Any]:
    """Give the values of a record by column; ``more`` adds or replaces."""
    values = dict(zip(field_names(type(record)), values_in(record), strict=True))
    values.update(more)
    return values


def changes(before: object, after: object, names: tuple[str, ...]) -> dict[str, Any]:
    """Give those of the named values in which the second record differs from the first: what an UPDATE need not write, it must not.

    A database writes every index anew of which a column is set, even to the value it has.
    """
    read = _getter(names)
    found = zip(names, read(before), read(after), strict=True)
    return {name: new for name, old, new in found if new is not old and new != old}


@lru_cache(maxsize=256)
def _getter(names: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    return attrgetter(*names)


@lru_cache(maxsize=256)
def _insert(table: Table) -> Prepared:
    return Prepared(table.insert(), columns=table.columns.keys())


@lru_cache(maxsize=256)
def _insert_if_absent(table: Table, dialect: str) -> Prepared:
    columns = table.columns.keys()
    if dialect == "sqlite":
        return Prepared(sqlite.insert(table).on_conflict_do_nothing(), columns=columns)
    if dialect == "postgresql":
        return Prepared(postgresql.insert(table).on_conflict_do_nothing(), columns=columns)
    return Prepared(mysql.insert(table).prefix_with("IGNORE"), columns=columns)


def insert_all(transaction: Transaction, table: Table, rows: Iterable[dict[str, Any]]) -> None:
    """Insert all rows, each with every column, with one statement; none is no statement."""
    found = list(rows)
    if found:
        _insert(table).change_all(transaction.connection, found)


def insert_rows(transaction: Transaction, table: Table, rows: Sequence[Sequence[Any]]) -> None:
    """Insert rows whose values stand in the order of the table's columns, with one statement; none is no statement."""
    if rows:
        _insert(table).insert_rows(transaction.connection, rows)


def insert_if_absent(transaction: Transaction, table: Table, row: dict[str, Any]) -> bool:
    """Insert the row, with every column, unless its key is taken; say whether it was inserted."""
    return changed(_insert_if_absent(table, transaction.dialect).change(transaction.connection, row)) == 1


def changed(result: Changed) -> int:
    """Say how many rows a conditional statement changed: every race is decided by this number."""
    if result.rowcount < 0:
        raise RuntimeError("the database driver does not say how many rows a statement changed")
    return result.rowcount
