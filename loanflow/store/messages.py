"""Message rows: each arrival once, and early ones kept until a case waits for them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, Table, or_, select

from loanflow.records import Message, MessageStatus
from loanflow.store.database import Transaction
from loanflow.store.identifiers import check_key, part_of_key
from loanflow.store.rows import changed, columns_of, insert_if_absent, record_from, values_of


def arrive(transaction: Transaction, message: Message) -> Message | None:
    """Keep the message; return None if it is new, else the one of the same ``message_id`` that came before."""
    check_key(message.message_id, "a message id")
    if insert_if_absent(transaction, transaction.tables.messages, values_of(message, part=part_of_key(message.message_id))):
        return None
    return get(transaction, message.message_id)


def get(transaction: Transaction, message_id: str, *, locked: bool = False) -> Message | None:
    """Return the message, or None; ``locked`` lets no other transaction change or lock it before this one ends."""
    table = transaction.tables.messages
    statement = select(*columns_of(Message, table)).where(table.c.part == part_of_key(message_id), table.c.message_id == message_id)
    row = transaction.connection.execute(statement.with_for_update() if locked else statement).one_or_none()
    return None if row is None else record_from(Message, row)


def buffered(
    transaction: Transaction, name: str, *, now: datetime, correlation_key: str | None = None, business_key: str | None = None
) -> Message | None:
    """Return the oldest message that waits for a case with that correlation key or that business key, or None."""
    table = transaction.tables.messages
    keys: list[ColumnElement[bool]] = []
    if correlation_key is not None:
        keys.append(table.c.correlation_key == correlation_key)
    if business_key is not None:
        keys.append(table.c.business_key == business_key)
    if not keys:
        return None
    statement = (
        select(*columns_of(Message, table))
        .where(
            table.c.status == MessageStatus.BUFFERED,
            table.c.name == name,
            or_(*keys),
            or_(table.c.expires_at.is_(None), table.c.expires_at > now),
        )
        .order_by(table.c.received_at, table.c.message_id)
        .limit(1)
    )
    row = transaction.connection.execute(statement).one_or_none()
    return None if row is None else record_from(Message, row)


def delivered(transaction: Transaction, message_id: str, case_id: str) -> bool:
    """Mark a buffered message as delivered to the case; False means it is no longer buffered."""
    table = transaction.tables.messages
    statement = (
        table.update()
        .where(
            table.c.part == part_of_key(message_id),
            table.c.message_id == message_id,
            table.c.status == MessageStatus.BUFFERED,
        )
        .values(status=MessageStatus.DELIVERED, case_id=case_id)
    )
    return changed(transaction.connection.execute(statement)) == 1


def wait_for(transaction: Transaction, message_id: str, case_id: str) -> None:
    """Note the case whose end a buffered message waits for."""
    table = transaction.tables.messages
    place = (table.c.part == part_of_key(message_id), table.c.message_id == message_id, table.c.status == MessageStatus.BUFFERED)
    transaction.connection.execute(table.update().where(*place).values(case_id=case_id))


def waiting_for(transaction: Transaction, case_id: str, names: Collection[str], *, now: datetime) -> Message | None:
    """Return the oldest message of these names that waits for the end of the case, or None."""
    table = transaction.tables.messages
    place = (*_waits_for(table, case_id, names), or_(table.c.expires_at.is_(None), table.c.expires_at > now))
    statement = select(*columns_of(Message, table)).where(*place).order_by(table.c.received_at, table.c.message_id).limit(1)
    row = transaction.connection.execute(statement).one_or_none()
    return None if row is None else record_from(Message, row)


def wait_on(transaction: Transaction, before: str, after: str, names: Collection[str]) -> None:
    """Let the messages that waited for the end of one case wait for that of another."""
    table = transaction.tables.messages
    transaction.connection.execute(table.update().where(*_waits_for(table, before, names)).values(case_id=after))


def pass_on(transaction: Transaction, message: Message, case_id: str) -> bool:
    """Make a row another case's; False means it is no longer as it was read."""
    table = transaction.tables.messages
    place = (table.c.part == part_of_key(message.message_id), table.c.message_id == message.message_id)
    statement = table.update().where(*place, table.c.case_id == message.case_id).values(case_id=case_id)
    return changed(transaction.connection.execute(statement)) == 1


def _waits_for(table: Table, case_id: str, names: Collection[str]) -> tuple[ColumnElement[bool], ...]:
    return (table.c.status == MessageStatus.BUFFERED, table.c.name.in_(sorted(names)), table.c.case_id == case_id)


def keep(transaction: Transaction, message_id: str) -> None:
    """Let a buffered message wait without end."""
    table = transaction.tables.messages
    place = (table.c.part == part_of_key(message_id), table.c.message_id == message_id, table.c.status == MessageStatus.BUFFERED)
    transaction.connection.execute(table.update().where(*place).values(expires_at=None))


def expire(transaction: Transaction, *, now: datetime) -> int:
    """Mark buffered messages whose time is over; return how many."""
    table = transaction.tables.messages
    statement = (
        table.update().where(table.c.status == MessageStatus.BUFFERED, table.c.expires_at <= now).values(status=MessageStatus.EXPIRED)
    )
    return changed(transaction.connection.execute(statement))


def has_expired(transaction: Transaction, *, now: datetime) -> bool:
    """Say whether the time of a buffered message is over: whether ``expire`` would find anything."""
    table = transaction.tables.messages
    statement = select(table.c.message_id).where(table.c.status == MessageStatus.BUFFERED, table.c.expires_at <= now).limit(1)
    return transaction.connection.execute(statement).one_or_none() is not None
