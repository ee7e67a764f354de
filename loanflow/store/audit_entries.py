"""Audit rows, as ``loanflow.audit`` links and reads them; nothing in this room changes or removes one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import func, select

from loanflow.records import AuditEntry
from loanflow.store.database import Transaction
from loanflow.store.identifiers import is_id, part_of
from loanflow.store.rows import columns_of, insert_all, record_from, values_of


def insert(transaction: Transaction, entries: Iterable[AuditEntry]) -> None:
    """Keep linked entries with one statement; call ``audit.append`` rather than this."""
    rows = (values_of(entry, part=part_of(entry.case_id)) for entry in entries)
    insert_all(transaction, transaction.tables.audit_entries, rows)


def of_case(
    transaction: Transaction, case_id: str, *, kinds: Iterable[str] | None = None, after_seq: int = 0, limit: int | None = None
) -> tuple[AuditEntry, ...]:
    """Return the case's history in order."""
    if not is_id(case_id):
        return ()
    table = transaction.tables.audit_entries
    statement = select(*columns_of(AuditEntry, table)).where(
        table.c.part == part_of(case_id), table.c.case_id == case_id, table.c.seq > after_seq
    )
    if kinds is not None:
        statement = statement.where(table.c.kind.in_(sorted(kinds)))
    statement = statement.order_by(table.c.seq).limit(limit)
    return tuple(record_from(AuditEntry, row) for row in transaction.connection.execute(statement))


def count_by_kind(transaction: Transaction, case_id: str) -> Mapping[str, int]:
    """Count the case's entries of each kind."""
    if not is_id(case_id):
        return {}
    table = transaction.tables.audit_entries
    statement = (
        select(table.c.kind, func.count()).where(table.c.part == part_of(case_id), table.c.case_id == case_id).group_by(table.c.kind)
    )
    rows: Any = transaction.connection.execute(statement)
    return dict(rows.all())
