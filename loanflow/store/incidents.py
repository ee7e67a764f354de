"""Incident rows: which cases are stuck and why."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from functools import lru_cache

from sqlalchemy import bindparam, func, select

from loanflow.records import Incident, IncidentStatus
from loanflow.store.database import Transaction
from loanflow.store.identifiers import is_id, part_of
from loanflow.store.paging import Page, beyond, cursor, page_size
from loanflow.store.prepared import Prepared
from loanflow.store.rows import changed, columns_of, insert_all, record_from, values_of
from loanflow.store.tables import Tables


def insert(transaction: Transaction, incidents: Iterable[Incident]) -> None:
    """Keep new incidents."""
    rows = (values_of(incident, part=part_of(incident.id)) for incident in incidents)
    insert_all(transaction, transaction.tables.incidents, rows)


def get(transaction: Transaction, incident_id: str) -> Incident | None:
    """Return the incident, or None."""
    if not is_id(incident_id):
        return None
    table = transaction.tables.incidents
    statement = select(*columns_of(Incident, table)).where(table.c.part == part_of(incident_id), table.c.id == incident_id)
    row = transaction.connection.execute(statement).one_or_none()
    return None if row is None else record_from(Incident, row)


def of_case(transaction: Transaction, case_id: str, *, status: IncidentStatus | None = None) -> tuple[Incident, ...]:
    """Return the case's incidents, oldest first."""
    if not is_id(case_id):
        return ()
    table = transaction.tables.incidents
    statement = select(*columns_of(Incident, table)).where(table.c.part == part_of(case_id), table.c.case_id == case_id)
    if status is not None:
        statement = statement.where(table.c.status == status)
    rows = transaction.connection.execute(statement.order_by(table.c.created_at, table.c.id))
    return tuple(record_from(Incident, row) for row in rows)


def resolve(transaction: Transaction, incident_id: str, *, by: str, at: datetime) -> bool:
    """Close an open incident; False means it is not open."""
    if not is_id(incident_id):
        return False
    table = transaction.tables.incidents
    statement = (
        table.update()
        .where(table.c.part == part_of(incident_id), table.c.id == incident_id, table.c.status == IncidentStatus.OPEN)
        .values(status=IncidentStatus.RESOLVED, resolved_by=by, resolved_at=at)
    )
    return changed(transaction.connection.execute(statement)) == 1


def resolve_tokens(transaction: Transaction, case_id: str, tokens: Collection[int], *, by: str, at: datetime) -> None:
    """Close the open incidents of these tokens, the case having gone on without them."""
    if not tokens:
        return
    parameters = {"in_part": part_of(case_id), "of_case": case_id, "of_tokens": sorted(tokens), "by": by, "at": at}
    _resolve_tokens(transaction.tables).change(transaction.connection, parameters)


def page(
    transaction: Transaction, *, status: IncidentStatus = IncidentStatus.OPEN, limit: int = 50, after: str | None = None
) -> Page[Incident]:
    """List incidents, oldest first."""
    table, size = transaction.tables.incidents, page_size(limit)
    statement = select(*columns_of(Incident, table)).where(table.c.status == status)
    if after is not None:
        statement = statement.where(beyond(table.c.created_at, table.c.id, after))
    statement = statement.order_by(table.c.created_at, table.c.id).limit(size + 1)
    found = tuple(record_from(Incident, row) for row in transaction.connection.execute(statement))
    last = found[size - 1] if len(found) > size else None
    return Page(found[:size], cursor(last.created_at, last.id) if last else None)


def open_count(transaction: Transaction) -> int:
    """Count the open incidents."""
    table = transaction.tables.incidents
    statement = select(func.count()).select_from(table).where(table.c.status == IncidentStatus.OPEN)
    return transaction.connection.execute(statement).scalar_one()


@lru_cache(maxsize=64)
def _resolve_tokens(tables: Tables) -> Prepared:
    table = tables.incidents
    return Prepared(
        table.update()
        .where(
            table.c.part == bindparam("in_part"),
            table.c.case_id == bindparam("of_case"),
            table.c.token.in_(bindparam("of_tokens", expanding=True)),
            table.c.status == IncidentStatus.OPEN,
        )
        .values(status=IncidentStatus.RESOLVED, resolved_by=bindparam("by"), resolved_at=bindparam("at"))
    )
