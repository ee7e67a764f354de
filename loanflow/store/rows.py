"""Between records and rows: a record's fields are columns of the same name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from functools import lru_cache
from operator import attrgetter
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, CursorResult, Table
from sqlalchemy.dialects import mysql, postgresql, sqlite

from loanflow.store.database import Transaction
from loanflow.store.prepared import Prepared

Record = TypeVar("Record")


@lru_cache(maxsize=256)
def field_names(kind: type[Any]) -> tuple[str, ...]:
    """Name the fields of a record class, in order."""
    return tuple(field.name for field in fields(kind))


def columns_of(kind: type[Any], table: Table, **instead: ColumnElement[Any]) -> list[ColumnElement[Any]]:
    """List the columns to select for a record, in the order of its fields; ``instead`` gives those that are computed."""
    return [instead[name] if name in instead else table.c[name] for name in field_names(kind)]


def record_from(kind: type[Record], row: Sequence[Any], *, start: int = 0) -> Record:
    """Make a record of the columns that begin at ``start`` of the row, selected with ``columns_of``."""
    names = field_names(kind)
    return kind(**dict(zip(names, row[start : start + len(names)], strict=True)))


def values_of(record: object, **more: Any) -> dict[str, Any]:
    """Give the values of a record by column; ``more`` adds or replaces."""
    names, read = _reader(type(record))
    return dict(zip(names, read(record), strict=True)) | more


def changes(before: object, after: object, names: Iterable[str]) -> dict[str, Any]:
    """Give those of the named values in which the second record differs from the first: what an UPDATE need not write, it must not.

    A database writes every index anew of which a column is set, even to the value it has.
    """
    return {name: value for name in names if (value := getattr(after, name)) != getattr(before, name)}


@lru_cache(maxsize=256)
def _reader(kind: type[Any]) -> tuple[tuple[str, ...], Callable[[Any], tuple[Any, ...]]]:
    names = field_names(kind)
    return names, attrgetter(*names)


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
    _insert(table).change_all(transaction.connection, rows)


def insert_if_absent(transaction: Transaction, table: Table, row: dict[str, Any]) -> bool:
    """Insert the row, with every column, unless its key is taken; say whether it was inserted."""
    return changed(_insert_if_absent(table, transaction.dialect).change(transaction.connection, row)) == 1


def changed(result: CursorResult[Any]) -> int:
    """Say how many rows a conditional statement changed: every race is decided by this number."""
    if result.rowcount < 0:
        raise RuntimeError("the database driver does not say how many rows a statement changed")
    return result.rowcount
