"""Subscription rows: which case waits for which message or signal."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, select

from loanflow.records import Case, Subscription, SubscriptionKind
from loanflow.records.revision import field_names
from loanflow.store import cases
from loanflow.store.database import Transaction
from loanflow.store.identifiers import is_id, part_of
from loanflow.store.prepared import Changed, Prepared
from loanflow.store.rows import changed, columns_of, insert_all, record_from, values_of
from loanflow.store.tables import Tables

WIDTH = len(field_names(Subscription))


def insert(transaction: Transaction, subscriptions: Iterable[Subscription]) -> None:
    """Keep who waits for what."""
    rows = (values_of(subscription, part=part_of(subscription.id)) for subscription in subscriptions)
    insert_all(transaction, transaction.tables.subscriptions, rows)


def delete(transaction: Transaction, case_id: str, tokens: Collection[int]) -> None:
    """Stop waiting on these tokens of the case."""
    if tokens:
        _deleted(transaction, case_id, tokens)


def take_at(transaction: Transaction, case_id: str, token: int) -> bool:
    """Remove what a token waits for, to be delivered to it; False means it waits no more."""
    return changed(_deleted(transaction, case_id, [token])) > 0


def _deleted(transaction: Transaction, case_id: str, tokens: Collection[int]) -> Changed:
    parameters = {"in_part": part_of(case_id), "of_case": case_id, "of_tokens": sorted(tokens)}
    return _delete(transaction.tables).change(transaction.connection, parameters)


def take(transaction: Transaction, subscription: Subscription) -> bool:
    """Remove the subscription for its message to be delivered; False means someone else has taken it."""
    table = transaction.tables.subscriptions
    statement = table.delete().where(table.c.part == part_of(subscription.id), table.c.id == subscription.id)
    return changed(transaction.connection.execute(statement)) == 1


def of_message(
    transaction: Transaction, name: str, *, correlation_key: str | None = None, business_key: str | None = None, limit: int = 2
) -> tuple[Subscription, ...]:
    """Return who waits for the message under that correlation key, or business key, or at all; oldest first."""
    table = transaction.tables.subscriptions
    conditions: list[ColumnElement[bool]] = [table.c.name == name, table.c.kind == SubscriptionKind.MESSAGE]
    if correlation_key is not None:
        conditions.append(table.c.correlation_key == correlation_key)
    if business_key is not None:
        conditions.append(table.c.business_key == business_key)
    statement = select(*columns_of(Subscription, table)).where(*conditions).order_by(table.c.created_at, table.c.id).limit(limit)
    return _subscriptions(transaction, statement)


def of_signal(transaction: Transaction, name: str, *, limit: int = 1000, after_id: str = "") -> tuple[Subscription, ...]:
    """Return who waits for the signal, in batches by id."""
    table = transaction.tables.subscriptions
    statement = (
        select(*columns_of(Subscription, table))
        .where(table.c.name == name, table.c.kind == SubscriptionKind.SIGNAL, table.c.id > after_id)
        .order_by(table.c.id)
        .limit(limit)
    )
    return _subscriptions(transaction, statement)


def of_case(transaction: Transaction, case_id: str) -> tuple[Subscription, ...]:
    """Return what the case waits for."""
    if not is_id(case_id):
        return ()
    table = transaction.tables.subscriptions
    statement = select(*columns_of(Subscription, table)).where(table.c.part == part_of(case_id), table.c.case_id == case_id)
    return _subscriptions(transaction, statement.order_by(table.c.token))


def load(transaction: Transaction, subscription_id: str) -> tuple[Subscription, Case, bytes] | None:
    """Return the subscription, its case and the case's execution snapshot with one statement, or None."""
    if not is_id(subscription_id):
        return None
    parameters = {"in_part": part_of(subscription_id), "of_id": subscription_id}
    row = _load(transaction.tables).row(transaction.connection, parameters)
    return None if row is None else (record_from(Subscription, row), *cases.from_joined(row, WIDTH))


def _subscriptions(transaction: Transaction, statement: Select[*tuple[Any, ...]]) -> tuple[Subscription, ...]:
    return tuple(record_from(Subscription, row) for row in transaction.connection.execute(statement))


@lru_cache(maxsize=64)
def _load(tables: Tables) -> Prepared:
    table = tables.subscriptions
    return Prepared(
        select(*columns_of(Subscription, table), *cases.joined_columns(tables))
        .join_from(table, tables.cases, (tables.cases.c.part == table.c.part) & (tables.cases.c.id == table.c.case_id))
        .where(table.c.part == bindparam("in_part"), table.c.id == bindparam("of_id"))
    )


@lru_cache(maxsize=64)
def _delete(tables: Tables) -> Prepared:
    table = tables.subscriptions
    return Prepared(
        table.delete().where(
            table.c.part == bindparam("in_part"),
            table.c.case_id == bindparam("of_case"),
            table.c.token.in_(bindparam("of_tokens", expanding=True)),
        )
    )
