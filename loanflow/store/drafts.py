"""Draft rows: what a person has typed into a task's form and not sent."""

from __future__ import annotations

from functools import lru_cache

from sqlalchemy import bindparam, select

from loanflow.records import Draft
from loanflow.store.database import Transaction
from loanflow.store.identifiers import is_id, part_of
from loanflow.store.prepared import Prepared
from loanflow.store.rows import changed, columns_of, insert_if_absent, record_from, values_of
from loanflow.store.tables import Tables


def put(transaction: Transaction, draft: Draft) -> None:
    """Keep the draft in place of the person's earlier one for the task."""
    table = transaction.tables.drafts
    statement = (
        table.update()
        .where(table.c.part == part_of(draft.task_id), table.c.task_id == draft.task_id, table.c.user_id == draft.user_id)
        .values(values=draft.values, updated_at=draft.updated_at)
    )
    if changed(transaction.connection.execute(statement)):
        return
    if not insert_if_absent(transaction, table, values_of(draft, part=part_of(draft.task_id))):
        transaction.connection.execute(statement)


def get(transaction: Transaction, task_id: str, user_id: str) -> Draft | None:
    """Return the person's draft for the task, or None."""
    if not is_id(task_id):
        return None
    table = transaction.tables.drafts
    statement = select(*columns_of(Draft, table)).where(
        table.c.part == part_of(task_id), table.c.task_id == task_id, table.c.user_id == user_id
    )
    row = transaction.connection.execute(statement).one_or_none()
    return None if row is None else record_from(Draft, row)


def delete(transaction: Transaction, task_id: str) -> None:
    """Forget everyone's drafts for the task: it is closed."""
    if is_id(task_id):
        _delete(transaction.tables).change(transaction.connection, {"in_part": part_of(task_id), "of_task": task_id})


@lru_cache(maxsize=64)
def _delete(tables: Tables) -> Prepared:
    table = tables.drafts
    return Prepared(table.delete().where(table.c.part == bindparam("in_part"), table.c.task_id == bindparam("of_task")))
