"""Copy rows: who was told of which case, and whether they have looked."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select

from loanflow.records import Copy
from loanflow.store.database import Transaction
from loanflow.store.identifiers import is_id, part_of
from loanflow.store.paging import Page, beyond, cursor, page_size
from loanflow.store.rows import changed, columns_of, insert_all, record_from, values_of


def insert(transaction: Transaction, copies: Iterable[Copy]) -> None:
    """Keep copies."""
    insert_all(transaction, transaction.tables.copies, (values_of(copy, part=part_of(copy.id)) for copy in copies))


def get(transaction: Transaction, copy_id: str) -> Copy | None:
    """Return the copy, or None."""
    if not is_id(copy_id):
        return None
    table = transaction.tables.copies
    statement = select(*columns_of(Copy, table)).where(table.c.part == part_of(copy_id), table.c.id == copy_id)
    row = transaction.connection.execute(statement).one_or_none()
    return None if row is None else record_from(Copy, row)


def of_case(transaction: Transaction, case_id: str) -> tuple[Copy, ...]:
    """Return who was told of the case, in order."""
    if not is_id(case_id):
        return ()
    table = transaction.tables.copies
    statement = select(*columns_of(Copy, table)).where(table.c.part == part_of(case_id), table.c.case_id == case_id).order_by(table.c.id)
    return tuple(record_from(Copy, row) for row in transaction.connection.execute(statement))


def read(transaction: Transaction, copy_id: str, *, at: datetime) -> bool:
    """Note that the copy was looked at; False means it had been before."""
    table = transaction.tables.copies
    statement = table.update().where(table.c.part == part_of(copy_id), table.c.id == copy_id, table.c.read_at.is_(None)).values(read_at=at)
    return changed(transaction.connection.execute(statement)) == 1


def page(transaction: Transaction, user: str, *, unread: bool = False, limit: int = 50, after: str | None = None) -> Page[Copy]:
    """List the copies a person got, newest first."""
    table, size = transaction.tables.copies, page_size(limit)
    statement = select(*columns_of(Copy, table)).where(table.c.user_id == user)
    if unread:
        statement = statement.where(table.c.read_at.is_(None))
    if after is not None:
        statement = statement.where(beyond(table.c.sent_at, table.c.id, after, descending=True))
    statement = statement.order_by(table.c.sent_at.desc(), table.c.id.desc()).limit(size + 1)
    found = tuple(record_from(Copy, row) for row in transaction.connection.execute(statement))
    last = found[size - 1] if len(found) > size else None
    return Page(found[:size], cursor(last.sent_at, last.id) if last else None)
