"""Case rows: the execution snapshot, its version, and what lists and searches show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, bindparam, func, select

from loanflow.errors import Conflict
from loanflow.records import Case, CaseStatus
from loanflow.records.revision import field_names
from loanflow.store import search_values
from loanflow.store.database import Transaction
from loanflow.store.identifiers import check_key, is_id, is_keepable, part_of, part_of_key
from loanflow.store.paging import Page, beyond, cursor, page_size
from loanflow.store.prepared import Prepared
from loanflow.store.rows import changes, columns_of, insert_all, insert_if_absent, record_from, values_of
from loanflow.store.state_codec import pack, unpack
from loanflow.store.tables import Tables
from loanflow.store.types import starts_with

WIDTH = len(field_names(Case))
"""How many columns a case takes in a joined row; its packed state follows."""

_RUNNING = (CaseStatus.OPEN, CaseStatus.SUSPENDED)
_CHANGEABLE = tuple(name for name in field_names(Case) if name not in ("id", "started_at", "started_by"))


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseQuery:
    """Which cases to list, newest first; None and () mean any. ``criteria`` needs ``process_key``."""

    process_key: str | None = None
    status: CaseStatus | None = None
    business_key_prefix: str | None = None
    started_from: datetime | None = None
    started_before: datetime | None = None
    criteria: tuple[search_values.Criterion, ...] = ()
    limit: int = 50
    after: str | None = None


def insert(transaction: Transaction, case: Case, state: bytes) -> None:
    """Keep a new case with its execution snapshot; its business key must have been reserved."""
    insert_all(transaction, transaction.tables.cases, [values_of(case, part=part_of(case.id), state=pack(state))])


def update(transaction: Transaction, before: Case, after: Case, state: bytes | None = None) -> None:
    """Write ``after``, whose version is the next, over ``before``, and the snapshot unless None.

    The version alone would not do where a database went on from an older copy of itself: the head of the history counts too.

    Raises:
        Conflict: someone else changed the case since ``before`` was read.
    """
    if after.version != before.version + 1:
        raise ValueError(f"version {before.version} is followed by {before.version + 1}, not {after.version}")
    values = changes(before, after, _CHANGEABLE)
    if state is not None:
        values["state"] = pack(state)
    statement = _update(transaction.tables, tuple(values))
    values |= {"in_part": part_of(before.id), "of_id": before.id, "seen": before.version, "seen_hash": before.audit_hash}
    transaction.demand(statement, values, lambda: Conflict(f"case {before.id} has changed since it was read (version {before.version})"))


def load(transaction: Transaction, case_id: str) -> tuple[Case, bytes] | None:
    """Return the case and its execution snapshot, or None."""
    if not is_id(case_id):
        return None
    row = transaction.look(_load(transaction.tables), {"in_part": part_of(case_id), "of_id": case_id})
    return None if row is None else (record_from(Case, row), unpack(row[WIDTH]))


def get(transaction: Transaction, case_id: str) -> Case | None:
    """Return the case without its snapshot, or None."""
    if not is_id(case_id):
        return None
    row = transaction.look(_get(transaction.tables), {"in_part": part_of(case_id), "of_id": case_id})
    return None if row is None else record_from(Case, row)


def lock(transaction: Transaction, case_id: str) -> Case | None:
    """Return the case without its snapshot, or None; no other transaction changes it before this one ends."""
    table = transaction.tables.cases
    statement = select(*columns_of(Case, table)).where(table.c.part == part_of(case_id), table.c.id == case_id)
    row = transaction.connection.execute(statement.with_for_update()).one_or_none()
    return None if row is None else record_from(Case, row)


def reserve_key(transaction: Transaction, business_key: str, case_id: str) -> str:
    """Give the business key to the case if nobody has it; return the id of the case that has it now.

    A business key belongs to one case for ever, so that starting a case twice by the same key starts it once.
    """
    check_key(business_key, "a business key")
    row = {"part": part_of_key(business_key), "business_key": business_key, "case_id": case_id}
    if insert_if_absent(transaction, transaction.tables.case_keys, row):
        return case_id
    owner = id_by_key(transaction, business_key)
    if owner is None:
        raise Conflict(f"business key {business_key!r} is being taken by another transaction")
    return owner


def id_by_key(transaction: Transaction, business_key: str) -> str | None:
    """Return the id of the case that has the business key, or None."""
    if not is_keepable(business_key):
        return None
    parameters = {"in_part": part_of_key(business_key), "of_key": business_key}
    row = transaction.look(_id_by_key(transaction.tables), parameters)
    return None if row is None else row[0]


def by_key(transaction: Transaction, business_key: str) -> Case | None:
    """Return the case that has the business key, or None."""
    case_id = id_by_key(transaction, business_key)
    return None if case_id is None else get(transaction, case_id)


def page(transaction: Transaction, query: CaseQuery) -> Page[Case]:
    """List cases, newest first."""
    table = transaction.tables.cases
    conditions: list[ColumnElement[bool]] = []
    if query.process_key is not None:
        conditions.append(table.c.process_key == query.process_key)
    if query.status is not None:
        conditions.append(table.c.status == query.status)
    if query.business_key_prefix:
        prefix = check_key(query.business_key_prefix, "what to look for")
        conditions.append(starts_with(table.c.business_key, prefix))
    if query.started_from is not None:
        conditions.append(table.c.started_at >= query.started_from)
    if query.started_before is not None:
        conditions.append(table.c.started_at < query.started_before)
    if query.criteria and query.process_key is None:
        raise ValueError("search columns belong to a process: give its key")
    conditions += [
        search_values.holds(transaction.tables, criterion, query.process_key or "", table.c.part, table.c.id)
        for criterion in query.criteria
    ]
    if query.after is not None:
        conditions.append(beyond(table.c.started_at, table.c.id, query.after, descending=True))
    limit = page_size(query.limit)
    statement = select(*columns_of(Case, table)).where(*conditions).order_by(table.c.started_at.desc(), table.c.id.desc()).limit(limit + 1)
    cases = tuple(record_from(Case, row) for row in transaction.connection.execute(statement))
    more = len(cases) > limit
    return Page(cases[:limit], cursor(cases[limit - 1].started_at, cases[limit - 1].id) if more else None)


def open_ids_of_definition(
    transaction: Transaction,
    process_definition_id: str,
    *,
    limit: int = 1000,
    after_id: str = "",
    statuses: Sequence[CaseStatus] = (CaseStatus.OPEN,),
) -> Sequence[str]:
    """Return ids of cases still running on that definition, in batches by id."""
    table = transaction.tables.cases
    statement = (
        select(table.c.id)
        .where(
            table.c.process_definition_id == process_definition_id,
            table.c.status.in_(statuses),
            table.c.id > after_id,
        )
        .order_by(table.c.id)
        .limit(limit)
    )
    return transaction.connection.execute(statement).scalars().all()


def running_on_definition(
    transaction: Transaction, process_definition_id: str, *, after_id: str = "", limit: int = 500
) -> tuple[tuple[Case, bytes], ...]:
    """Return cases open or suspended on that definition with their snapshots, in batches by id."""
    found: list[tuple[Case, bytes]] = []
    for status in _RUNNING:
        # One status at a time, so that each walks its index in order.
        values = {"of_definition": process_definition_id, "of_status": status, "after": after_id, "at_most": limit}
        found += [from_joined(row, 0) for row in _running(transaction.tables).rows(transaction.connection, values)]
    return tuple(sorted(found, key=lambda row: row[0].id)[:limit])


def running_definitions(transaction: Transaction) -> dict[str, int]:
    """Return the ids of the definitions that cases are open or suspended on, and how many cases."""
    table = transaction.tables.cases
    statement = select(table.c.process_definition_id, func.count()).where(table.c.status.in_(_RUNNING))
    rows: Any = transaction.connection.execute(statement.group_by(table.c.process_definition_id))
    return dict(rows.all())


def joined_columns(tables: Tables) -> list[ColumnElement[Any]]:
    """List the columns of a case and its packed state, for statements that load it with something else."""
    return [*columns_of(Case, tables.cases), tables.cases.c.state]


def from_joined(row: Sequence[Any], start: int) -> tuple[Case, bytes]:
    """Read a case and its snapshot out of a row selected with ``joined_columns`` from ``start`` on."""
    return record_from(Case, row, start=start), unpack(row[start + WIDTH])


@lru_cache(maxsize=64)
def _running(tables: Tables) -> Prepared:
    table = tables.cases
    statement = select(*joined_columns(tables)).where(
        table.c.process_definition_id == bindparam("of_definition"),
        table.c.status == bindparam("of_status"),
        table.c.id > bindparam("after"),
    )
    return Prepared(statement.order_by(table.c.id).limit(bindparam("at_most")))


@lru_cache(maxsize=64)
def _id_by_key(tables: Tables) -> Prepared:
    keys = tables.case_keys
    return Prepared(select(keys.c.case_id).where(keys.c.part == bindparam("in_part"), keys.c.business_key == bindparam("of_key")))


@lru_cache(maxsize=64)
def _get(tables: Tables) -> Prepared:
    table = tables.cases
    return Prepared(select(*columns_of(Case, table)).where(table.c.part == bindparam("in_part"), table.c.id == bindparam("of_id")))


@lru_cache(maxsize=64)
def _load(tables: Tables) -> Prepared:
    table = tables.cases
    return Prepared(select(*joined_columns(tables)).where(table.c.part == bindparam("in_part"), table.c.id == bindparam("of_id")))


@lru_cache(maxsize=256)
def _update(tables: Tables, names: tuple[str, ...]) -> Prepared:
    table = tables.cases
    return Prepared(
        table.update()
        .where(
            table.c.part == bindparam("in_part"),
            table.c.id == bindparam("of_id"),
            table.c.version == bindparam("seen"),
            table.c.audit_hash == bindparam("seen_hash"),
        )
        .values({name: bindparam(name) for name in names})
    )
