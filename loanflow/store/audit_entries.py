"""Audit rows, as ``loanflow.audit`` links and reads them; nothing changes one, and they go only with their whole case."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from sqlalchemy import bindparam, func, select

from loanflow.records import AuditEntry
from loanflow.store.database import Transaction
from loanflow.store.identifiers import is_id, part_of
from loanflow.store.prepared import Prepared
from loanflow.store.rows import insert_rows
from loanflow.store.tables import Tables


def insert(transaction: Transaction, entries: Iterable[AuditEntry]) -> None:
    """Keep linked entries with one statement; call ``audit.append`` rather than this."""
    # An entry's values stand in the order of the columns, behind the part.
    insert_rows(transaction, transaction.tables.audit_entries, [(part_of(entry[0]), *entry) for entry in entries])


def of_case(
    transaction: Transaction, case_id: str, *, kinds: Iterable[str] | None = None, after_seq: int = 0, limit: int | None = None
) -> tuple[AuditEntry, ...]:
    """Return the case's history in order."""
    if not is_id(case_id):
        return ()
    parameters: dict[str, Any] = {"in_part": part_of(case_id), "of_case": case_id, "after_seq": after_seq}
    if kinds is not None:
        parameters["of_kinds"] = sorted(kinds)
    if limit is not None:
        parameters["at_most"] = limit
    rows = _of_case(transaction.tables, kinds is not None, limit is not None).rows(transaction.connection, parameters)
    return tuple(map(AuditEntry._make, rows))


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


def definitions_of_case(transaction: Transaction, case_id: str) -> frozenset[str]:
    """Return the ids of the definitions that the case's entries name: its own, and those of the processes it called."""
    table = transaction.tables.audit_entries
    place = (table.c.part == part_of(case_id), table.c.case_id == case_id, table.c.definition_id.is_not(None))
    return frozenset(transaction.connection.execute(select(table.c.definition_id).distinct().where(*place)).scalars())


@lru_cache(maxsize=64)
def _of_case(tables: Tables, some_kinds: bool, limited: bool) -> Prepared:
    table = tables.audit_entries
    statement = select(*(table.c[name] for name in AuditEntry._fields)).where(
        table.c.part == bindparam("in_part"), table.c.case_id == bindparam("of_case"), table.c.seq > bindparam("after_seq")
    )
    if some_kinds:
        statement = statement.where(table.c.kind.in_(bindparam("of_kinds", expanding=True)))
    statement = statement.order_by(table.c.seq)
    return Prepared(statement.limit(bindparam("at_most")) if limited else statement)
