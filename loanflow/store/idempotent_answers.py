"""Answers to commands that carried an idempotency key, kept in the command's own transaction."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from loanflow.records import IdempotentAnswer
from loanflow.store.database import Transaction
from loanflow.store.identifiers import check_key, is_keepable, part_of_key
from loanflow.store.rows import changed, columns_of, insert_if_absent, record_from, values_of


def put(transaction: Transaction, answer: IdempotentAnswer) -> bool:
    """Keep the answer; False means the key is taken: roll back and give the answer that is there."""
    check_key(answer.key, "an idempotency key")
    return insert_if_absent(transaction, transaction.tables.idempotent_answers, values_of(answer, part=part_of_key(answer.key)))


def get(transaction: Transaction, key: str) -> IdempotentAnswer | None:
    """Return the answer given under the key, or None."""
    if not is_keepable(key):
        return None
    table = transaction.tables.idempotent_answers
    statement = select(*columns_of(IdempotentAnswer, table)).where(table.c.part == part_of_key(key), table.c.key == key)
    row = transaction.connection.execute(statement).one_or_none()
    return None if row is None else record_from(IdempotentAnswer, row)


def expire(transaction: Transaction, *, now: datetime) -> int:
    """Forget answers whose time is over; return how many."""
    table = transaction.tables.idempotent_answers
    return changed(transaction.connection.execute(table.delete().where(table.c.expires_at <= now)))
