"""Definition rows: deployed versions of processes, decisions and forms, found by key."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import Select, Table, and_, bindparam, func, select
from sqlalchemy.exc import IntegrityError

from loanflow.errors import Conflict
from loanflow.records import DecisionDefinition, FormDefinition, ProcessDefinition
from loanflow.store.database import Transaction
from loanflow.store.prepared import Prepared
from loanflow.store.rows import columns_of, insert_all, record_from, values_of
from loanflow.store.tables import Tables

Definition = TypeVar("Definition", ProcessDefinition, DecisionDefinition, FormDefinition)
AnyDefinition = ProcessDefinition | DecisionDefinition | FormDefinition


def insert(
    transaction: Transaction,
    definitions: Iterable[AnyDefinition],
) -> None:
    """Keep new versions.

    Raises:
        Conflict: another deployment took the same version of the same key at the same time; nothing of this one is kept.
    """
    found = list(definitions)
    for kind in (ProcessDefinition, DecisionDefinition, FormDefinition):
        rows = (values_of(definition) for definition in found if type(definition) is kind)
        try:
            insert_all(transaction, _table(transaction.tables, kind), rows)
        except IntegrityError as error:
            raise Conflict("another deployment took the same version at the same time; deploy again") from error


def get(transaction: Transaction, kind: type[Definition], definition_id: str) -> Definition | None:
    """Return the definition of that id, or None."""
    table = _table(transaction.tables, kind)
    return _one(transaction, kind, select(*columns_of(kind, table)).where(table.c.id == definition_id))


def latest(transaction: Transaction, kind: type[Definition], key: str) -> Definition | None:
    """Return the newest version of the key, or None."""
    row = _latest(transaction.tables, kind).row(transaction.connection, {"of_key": key})
    return None if row is None else record_from(kind, row)


def version(transaction: Transaction, kind: type[Definition], key: str, number: int) -> Definition | None:
    """Return that version of the key, or None."""
    table = _table(transaction.tables, kind)
    return _one(transaction, kind, select(*columns_of(kind, table)).where(table.c.key == key, table.c.version == number))


def tagged(transaction: Transaction, kind: type[Definition], key: str, version_tag: str) -> Definition | None:
    """Return the newest version of the key that carries the version tag, or None."""
    table = _table(transaction.tables, kind)
    statement = select(*columns_of(kind, table)).where(table.c.key == key, table.c.version_tag == version_tag)
    return _one(transaction, kind, statement.order_by(table.c.version.desc()).limit(1))


def of_deployment(transaction: Transaction, kind: type[Definition], deployment_id: str) -> tuple[Definition, ...]:
    """Return what a deployment brought, by key."""
    rows = _of_deployment(transaction.tables, kind).rows(transaction.connection, {"of_deployment": deployment_id})
    return tuple(record_from(kind, row) for row in rows)


def all_latest(transaction: Transaction, kind: type[Definition]) -> tuple[Definition, ...]:
    """Return the newest version of every key, by key."""
    table = _table(transaction.tables, kind)
    newest = select(table.c.key, func.max(table.c.version).label("version")).group_by(table.c.key).subquery()
    statement = (
        select(*columns_of(kind, table))
        .join_from(table, newest, and_(table.c.key == newest.c.key, table.c.version == newest.c.version))
        .order_by(table.c.key)
    )
    return tuple(record_from(kind, row) for row in transaction.connection.execute(statement))


def versions(transaction: Transaction, kind: type[Definition], key: str) -> tuple[Definition, ...]:
    """Return every version of the key, newest first."""
    table = _table(transaction.tables, kind)
    statement = select(*columns_of(kind, table)).where(table.c.key == key).order_by(table.c.version.desc())
    return tuple(record_from(kind, row) for row in transaction.connection.execute(statement))


def suspend(transaction: Transaction, definition_id: str, *, at: datetime | None) -> None:
    """Let a process definition start no cases from now on, or again (None)."""
    table = transaction.tables.process_definitions
    statement = table.update().where(table.c.id == definition_id)
    if at is not None:
        statement = statement.where(table.c.suspended_at.is_(None))
    transaction.connection.execute(statement.values(suspended_at=at))


@lru_cache(maxsize=64)
def _latest(tables: Tables, kind: type[AnyDefinition]) -> Prepared:
    table = _table(tables, kind)
    newest = select(*columns_of(kind, table)).where(table.c.key == bindparam("of_key"))
    return Prepared(newest.order_by(table.c.version.desc()).limit(1))


@lru_cache(maxsize=64)
def _of_deployment(tables: Tables, kind: type[AnyDefinition]) -> Prepared:
    table = _table(tables, kind)
    brought = select(*columns_of(kind, table)).where(table.c.deployment_id == bindparam("of_deployment"))
    return Prepared(brought.order_by(table.c.key))


def _one(transaction: Transaction, kind: type[Definition], statement: Select[*tuple[Any, ...]]) -> Definition | None:
    row = transaction.connection.execute(statement).one_or_none()
    return None if row is None else record_from(kind, row)


def _table(tables: Tables, kind: type[AnyDefinition]) -> Table:
    if kind is ProcessDefinition:
        return tables.process_definitions
    return tables.decision_definitions if kind is DecisionDefinition else tables.form_definitions
