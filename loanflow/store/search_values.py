"""Search columns: the variables a model declares as searchable, typed and indexed per process."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, Table, bindparam, exists, select

from loanflow.records import SearchKind, SearchValue
from loanflow.store.database import Transaction
from loanflow.store.identifiers import part_of
from loanflow.store.prepared import Prepared
from loanflow.store.rows import insert_all
from loanflow.store.tables import Tables
from loanflow.store.types import keepable, starts_with

TEXT_LENGTH = 200
"""Search compares the first 200 characters of a text."""

Comparison = Literal["=", "!=", "<", "<=", ">", ">=", "starts-with"]

_COLUMN = {
    SearchKind.TEXT: "text_value",
    SearchKind.DATE: "text_value",
    SearchKind.NUMBER: "number_value",
    SearchKind.INSTANT: "instant_value",
    SearchKind.BOOLEAN: "boolean_value",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """A condition on a search column; the type of ``value`` is the column's declared type."""

    name: str
    comparison: Comparison
    value: str | Decimal | int | date | datetime | bool


def put(transaction: Transaction, values: Iterable[SearchValue]) -> None:
    """Set the search columns of one or more cases: delete what was there under these names, insert the new."""
    found = list(values)
    if not found:
        return
    table = transaction.tables.search_values
    keys = [{"in_part": part_of(value.case_id), "of_case": value.case_id, "of_name": value.name} for value in found]
    _delete(transaction.tables).change_all(transaction.connection, keys)
    insert_all(transaction, table, map(_row, found))


def remove(transaction: Transaction, case_id: str, names: Iterable[str]) -> None:
    """Forget these search columns of the case."""
    keys = [{"in_part": part_of(case_id), "of_case": case_id, "of_name": name} for name in names]
    _delete(transaction.tables).change_all(transaction.connection, keys)


def of_case(transaction: Transaction, case_id: str) -> Mapping[str, SearchValue]:
    """Return the search columns of a case by name."""
    table = transaction.tables.search_values
    statement = select(table).where(table.c.part == part_of(case_id), table.c.case_id == case_id).order_by(table.c.name)
    return {row.name: _record(row) for row in transaction.connection.execute(statement)}


def of_cases(transaction: Transaction, case_ids: Iterable[str]) -> Mapping[str, Mapping[str, SearchValue]]:
    """Return the search columns of several cases, by case id and name: what a list shows beside each row."""
    ids = list(dict.fromkeys(case_ids))
    if not ids:
        return {}
    table = transaction.tables.search_values
    parts = sorted({part_of(case_id) for case_id in ids})
    statement = select(table).where(table.c.part.in_(parts), table.c.case_id.in_(ids)).order_by(table.c.case_id, table.c.name)
    by_case: dict[str, dict[str, SearchValue]] = {case_id: {} for case_id in ids}
    for row in transaction.connection.execute(statement):
        by_case[row.case_id][row.name] = _record(row)
    return by_case


def kind_of(value: object) -> SearchKind:
    """Name the search kind of a Python value.

    Raises:
        TypeError: no search column can hold it.
    """
    match value:
        case bool():
            return SearchKind.BOOLEAN
        case str():
            return SearchKind.TEXT
        case Decimal() | int():
            return SearchKind.NUMBER
        case datetime():
            return SearchKind.INSTANT
        case date():
            return SearchKind.DATE
        case _:
            raise TypeError(f"no search column holds a {type(value).__name__}")


def holds(
    tables: Tables, criterion: Criterion, process_key: str, part: ColumnElement[int], case_id: ColumnElement[str]
) -> ColumnElement[bool]:
    """Say in SQL that the case in ``part`` and ``case_id`` meets the criterion; null meets none."""
    table = tables.search_values
    found = select(table.c.case_id).where(table.c.part == part, table.c.case_id == case_id, *meets(table, criterion, process_key))
    # The offset has PostgreSQL look up each case that comes along: else it first reads all cases that meet the criterion.
    return exists(found.offset(0))


def meeting(tables: Tables, criterion: Criterion, process_key: str) -> Select[*tuple[Any, ...]]:
    """Select ``part`` and ``case_id`` of the cases that meet the criterion, in the order of the index that finds them."""
    table = tables.search_values
    found = select(table.c.part, table.c.case_id).where(*meets(table, criterion, process_key))
    return found.order_by(column_of(table, criterion.value), table.c.case_id)


def meets(table: Table, criterion: Criterion, process_key: str) -> tuple[ColumnElement[bool], ...]:
    """Say in SQL that a row holding a search value meets the criterion."""
    compared = compare(table, criterion.comparison, criterion.value)
    return table.c.process_key == process_key, table.c.name == criterion.name, compared


def compare(table: Table, comparison: Comparison, value: Any) -> ColumnElement[bool]:
    """Compare the column that fits the value's type with it, in SQL."""
    kind, column = kind_of(value), column_of(table, value)
    operand = _stored(kind, value)
    match comparison:
        case "=":
            return column == operand
        case "!=":
            return column != operand
        case "<":
            return column < operand
        case "<=":
            return column <= operand
        case ">":
            return column > operand
        case ">=":
            return column >= operand
        case "starts-with":
            if kind is not SearchKind.TEXT:
                raise ValueError("only a text starts with something")
            return starts_with(column, operand)


def column_of(table: Table, value: object) -> ColumnElement[Any]:
    """Return the column that holds values like this one."""
    return table.c[_COLUMN[kind_of(value)]]


def _stored(kind: SearchKind, value: Any) -> Any:
    if kind is SearchKind.TEXT:
        # As the rows themselves are kept: what no database can hold is shown by a sign in its place.
        return keepable(value)[:TEXT_LENGTH]
    return value.isoformat() if kind is SearchKind.DATE else value


def _row(value: SearchValue) -> dict[str, Any]:
    row: dict[str, Any] = {
        "part": part_of(value.case_id),
        "case_id": value.case_id,
        "name": value.name,
        "process_key": value.process_key,
        "kind": value.kind,
        "text_value": None,
        "number_value": None,
        "instant_value": None,
        "boolean_value": None,
    }
    if value.value is not None:
        if kind_of(value.value) is not value.kind:
            raise TypeError(f"search column {value.name!r} is {value.kind}, not {type(value.value).__name__}")
        row[_COLUMN[value.kind]] = _stored(value.kind, value.value)
    return row


def _record(row: Any) -> SearchValue:
    value = getattr(row, _COLUMN[row.kind])
    if row.kind is SearchKind.DATE and value is not None:
        value = date.fromisoformat(value)
    return SearchValue(case_id=row.case_id, process_key=row.process_key, name=row.name, kind=row.kind, value=value)


@lru_cache(maxsize=64)
def _delete(tables: Tables) -> Prepared:
    table = tables.search_values
    return Prepared(
        table.delete().where(
            table.c.part == bindparam("in_part"),
            table.c.case_id == bindparam("of_case"),
            table.c.name == bindparam("of_name"),
        )
    )
