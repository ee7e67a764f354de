"""Case migrations and what they did with each case, its state before included: the revert point.

Nothing to do with schema migrations, which are in ``migrations.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import bindparam, func, select

from loanflow.records import CaseMigration, CaseMigrationStatus, MigratedCase, MigrationOutcome
from loanflow.records.revision import field_names
from loanflow.store.database import Transaction
from loanflow.store.identifiers import part_of
from loanflow.store.prepared import Prepared
from loanflow.store.rows import changed, columns_of, insert_all, record_from, values_of
from loanflow.store.state_codec import pack, unpack
from loanflow.store.tables import Tables

WIDTH = len(field_names(MigratedCase))


def insert(transaction: Transaction, migration: CaseMigration) -> None:
    """Keep a run that begins."""
    insert_all(transaction, transaction.tables.case_migrations, [values_of(migration)])


def get(transaction: Transaction, migration_id: str) -> CaseMigration | None:
    """Return a run, or None."""
    row = _get(transaction.tables).row(transaction.connection, {"of_id": migration_id})
    return None if row is None else record_from(CaseMigration, row)


def latest(transaction: Transaction, *, limit: int = 20) -> tuple[CaseMigration, ...]:
    """Return the latest runs, newest first."""
    table = transaction.tables.case_migrations
    statement = select(*columns_of(CaseMigration, table)).order_by(table.c.started_at.desc(), table.c.id.desc()).limit(limit)
    return tuple(record_from(CaseMigration, row) for row in transaction.connection.execute(statement))


def set_status(
    transaction: Transaction, migration_id: str, status: CaseMigrationStatus, *, among: tuple[CaseMigrationStatus, ...], at: datetime
) -> bool:
    """Change the status of a run that has one of ``among``; False means it has another by now."""
    table = transaction.tables.case_migrations
    statement = table.update().where(table.c.id == migration_id, table.c.status.in_(among)).values(status=status, updated_at=at)
    return changed(transaction.connection.execute(statement)) == 1


def advance(transaction: Transaction, migration_id: str, position: str, *, at: datetime) -> bool:
    """Remember how far a run has come; it never goes back, so that two programs may work at one run."""
    table = transaction.tables.case_migrations
    further = table.update().where(table.c.id == migration_id, table.c.position < position)
    return changed(transaction.connection.execute(further.values(position=position, updated_at=at))) == 1


def put_case(transaction: Transaction, case: MigratedCase, state: bytes | None) -> None:
    """Keep what a run did with a case, in place of what it did with it before; ``state`` is the snapshot to go back to."""
    tables, connection = transaction.tables, transaction.connection
    _delete_case(tables).change(connection, _place(case.migration_id, case.case_id))
    row = values_of(case, part=part_of(case.case_id), state=None if state is None else pack(state))
    insert_all(transaction, tables.migrated_cases, [row])


def case(transaction: Transaction, migration_id: str, case_id: str) -> tuple[MigratedCase, bytes | None] | None:
    """Return what a run did with a case, and the snapshot to go back to, or None."""
    row = _case(transaction.tables).row(transaction.connection, _place(migration_id, case_id))
    if row is None:
        return None
    return record_from(MigratedCase, row), None if row[WIDTH] is None else unpack(row[WIDTH])


def set_outcome(
    transaction: Transaction, migration_id: str, case_id: str, outcome: MigrationOutcome, *, at: datetime, reason: str | None
) -> None:
    """Say what became of a migrated case in the end; the snapshot to go back to is not needed any more."""
    _set_outcome(transaction.tables).change(
        transaction.connection, _place(migration_id, case_id) | {"outcome": outcome, "at": at, "reason": reason, "rows": {}, "state": None}
    )


def ids(transaction: Transaction, migration_id: str, outcome: MigrationOutcome, *, limit: int, after: str = "") -> tuple[str, ...]:
    """Return ids of cases with that outcome, in order."""
    table = transaction.tables.migrated_cases
    statement = (
        select(table.c.case_id)
        .where(table.c.migration_id == migration_id, table.c.outcome == outcome, table.c.case_id > after)
        .order_by(table.c.case_id)
        .limit(limit)
    )
    return tuple(transaction.connection.execute(statement).scalars())


def counts(transaction: Transaction, migration_id: str) -> Mapping[MigrationOutcome, int]:
    """Count a run's cases by outcome."""
    table = transaction.tables.migrated_cases
    statement = select(table.c.outcome, func.count()).where(table.c.migration_id == migration_id).group_by(table.c.outcome)
    rows: Any = transaction.connection.execute(statement)
    return dict(rows.all())


def reasons(transaction: Transaction, migration_id: str, outcome: MigrationOutcome, *, limit: int = 20) -> tuple[tuple[str, int, str], ...]:
    """Return why cases have that outcome: the reason, how many cases, and one of them; most frequent first."""
    table = transaction.tables.migrated_cases
    statement = (
        select(table.c.reason, func.count().label("cases"), func.min(table.c.case_id))
        .where(table.c.migration_id == migration_id, table.c.outcome == outcome)
        .group_by(table.c.reason)
        .order_by(func.count().desc())
        .limit(limit)
    )
    return tuple((row[0] or "", row[1], row[2]) for row in transaction.connection.execute(statement))


def forget(transaction: Transaction, migration_id: str) -> int:
    """Drop the snapshots a run keeps to go back to; return how many."""
    table = transaction.tables.migrated_cases
    statement = table.update().where(table.c.migration_id == migration_id, table.c.state.is_not(None)).values(state=None, rows={})
    return changed(transaction.connection.execute(statement))


def _place(migration_id: str, case_id: str) -> dict[str, Any]:
    return {"in_part": part_of(case_id), "of_migration": migration_id, "of_case": case_id}


@lru_cache(maxsize=64)
def _get(tables: Tables) -> Prepared:
    table = tables.case_migrations
    return Prepared(select(*columns_of(CaseMigration, table)).where(table.c.id == bindparam("of_id")))


@lru_cache(maxsize=64)
def _case(tables: Tables) -> Prepared:
    table = tables.migrated_cases
    return Prepared(select(*columns_of(MigratedCase, table), table.c.state).where(*_here(tables)))


@lru_cache(maxsize=64)
def _delete_case(tables: Tables) -> Prepared:
    return Prepared(tables.migrated_cases.delete().where(*_here(tables)))


@lru_cache(maxsize=64)
def _set_outcome(tables: Tables) -> Prepared:
    names = ("outcome", "at", "reason", "rows", "state")
    return Prepared(tables.migrated_cases.update().where(*_here(tables)).values({name: bindparam(name) for name in names}))


def _here(tables: Tables) -> tuple[Any, ...]:
    table = tables.migrated_cases
    return (
        table.c.part == bindparam("in_part"),
        table.c.migration_id == bindparam("of_migration"),
        table.c.case_id == bindparam("of_case"),
    )
