"""Decision rows: what was asked, answered, and why."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from loanflow.records import DecisionRecord
from loanflow.store.database import Transaction
from loanflow.store.identifiers import is_id, part_of
from loanflow.store.rows import columns_of, insert_all, record_from, values_of


def insert(transaction: Transaction, decisions: Iterable[DecisionRecord]) -> None:
    """Keep evaluations."""
    rows = (values_of(decision, part=part_of(decision.id)) for decision in decisions)
    insert_all(transaction, transaction.tables.decisions, rows)


def get(transaction: Transaction, decision_id: str) -> DecisionRecord | None:
    """Return the evaluation, or None."""
    if not is_id(decision_id):
        return None
    table = transaction.tables.decisions
    statement = select(*columns_of(DecisionRecord, table)).where(table.c.part == part_of(decision_id), table.c.id == decision_id)
    row = transaction.connection.execute(statement).one_or_none()
    return None if row is None else record_from(DecisionRecord, row)


def of_case(transaction: Transaction, case_id: str) -> tuple[DecisionRecord, ...]:
    """Return the case's evaluations in order."""
    if not is_id(case_id):
        return ()
    table = transaction.tables.decisions
    statement = select(*columns_of(DecisionRecord, table)).where(table.c.part == part_of(case_id), table.c.case_id == case_id)
    rows = transaction.connection.execute(statement.order_by(table.c.evaluated_at, table.c.id))
    return tuple(record_from(DecisionRecord, row) for row in rows)


def latest_of_key(transaction: Transaction, decision_key: str, *, limit: int = 100) -> tuple[DecisionRecord, ...]:
    """Return the latest evaluations of a decision over all cases, newest first: what a changed table is replayed on."""
    table = transaction.tables.decisions
    statement = (
        select(*columns_of(DecisionRecord, table))
        .where(table.c.decision_key == decision_key)
        .order_by(table.c.evaluated_at.desc(), table.c.id.desc())
        .limit(limit)
    )
    return tuple(record_from(DecisionRecord, row) for row in transaction.connection.execute(statement))
