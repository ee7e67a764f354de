"""Task rows: opened and closed by the case, claimed and completed by people."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import bindparam, or_, select

from loanflow.errors import Conflict
from loanflow.records import Case, Task, TaskStatus
from loanflow.records.revision import field_names
from loanflow.store import cases
from loanflow.store.database import Transaction
from loanflow.store.identifiers import is_id, part_of
from loanflow.store.prepared import Prepared
from loanflow.store.rows import changed, changes, columns_of, insert_all, record_from, values_of
from loanflow.store.tables import Tables
from loanflow.store.types import FAR_FUTURE, keepable

WIDTH = len(field_names(Task))
_CHANGEABLE = (
    "name", "status", "assignee", "candidate_users", "candidate_groups", "different_from", "priority", "due_at",
    "follow_up_at", "form", "claimed_at", "closed_at", "completed_by", "close_reason", "owner", "parent_id", "signing", "rule",
    "opinion", "urged_at", "urge_count", "created_at",
)  # fmt: skip


def insert(transaction: Transaction, tasks: Iterable[Task]) -> None:
    """Open tasks, with their candidates."""
    found = list(tasks)
    rows = (values_of(task, part=part_of(task.id), due_order=task.due_at or FAR_FUTURE) for task in found)
    insert_all(transaction, transaction.tables.tasks, rows)
    insert_all(transaction, transaction.tables.task_candidates, (row for task in found for row in _candidates(task)))


def get(transaction: Transaction, task_id: str) -> Task | None:
    """Return the task, or None."""
    if not is_id(task_id):
        return None
    row = transaction.look(_get(transaction.tables), {"in_part": part_of(task_id), "of_id": task_id})
    return None if row is None else record_from(Task, row)


def load(transaction: Transaction, task_id: str) -> tuple[Task, Case, bytes] | None:
    """Return the task, its case and the case's execution snapshot with one statement, or None."""
    if not is_id(task_id):
        return None
    row = transaction.look(_load(transaction.tables), {"in_part": part_of(task_id), "of_id": task_id})
    return None if row is None else (record_from(Task, row), *cases.from_joined(row, WIDTH))


def of_case(transaction: Transaction, case_id: str, *, status: TaskStatus | None = None) -> tuple[Task, ...]:
    """Return the case's tasks in the order they were opened."""
    if not is_id(case_id):
        return ()
    parameters: dict[str, Any] = {"in_part": part_of(case_id), "of_case": case_id}
    if status is not None:
        parameters["in_status"] = status
    rows = _of_case(transaction.tables, status is not None).rows(transaction.connection, parameters)
    return tuple(record_from(Task, row) for row in rows)


def update(transaction: Transaction, before: Task, after: Task) -> None:
    """Write ``after``, under the next version, over ``before`` if the task is still as that was read.

    The candidates' own rows follow: none once the task is closed, not claimable while someone has it.

    Raises:
        Conflict: someone else changed the task since.
    """
    values = changes(before, after, _CHANGEABLE)
    if "due_at" in values:
        values["due_order"] = after.due_at or FAR_FUTURE
    values["version"] = before.version + 1
    statement = _update(transaction.tables, tuple(values))
    values |= {"in_part": part_of(before.id), "of_id": before.id, "seen": before.version}
    transaction.demand(statement, values, lambda: Conflict(f"task {before.id} has changed since it was read (version {before.version})"))
    _follow(transaction, before, after)


def reads_back(task: Task) -> bool:
    """Say whether an open task, once kept, is read as this very record: its name not mended, its instants in UTC."""
    instants = (task.created_at, task.due_at, task.follow_up_at, task.claimed_at)
    return all(at is None or at.tzinfo is UTC for at in instants) and keepable(task.name) == task.name


def close(transaction: Transaction, case_id: str, tokens: Collection[int], *, at: datetime, reason: str | None = None) -> None:
    """Cancel the open tasks that wait on these tokens of the case."""
    if not tokens:
        return
    table = transaction.tables.tasks
    place = (table.c.part == part_of(case_id), table.c.case_id == case_id, table.c.token.in_(sorted(tokens)))
    transaction.connection.execute(
        table.update()
        .where(*place, table.c.status.in_((TaskStatus.OPEN, TaskStatus.WAITING)))
        .values(status=TaskStatus.CANCELLED, closed_at=at, close_reason=reason, version=table.c.version + 1)
    )
    _drop_candidates(transaction, case_id, tokens)


def urge(transaction: Transaction, task_id: str, *, now: datetime, not_since: datetime) -> bool:
    """Count a reminder of an open task unless one was counted after ``not_since``; the task's version stays.

    Whoever has the task before them need not look again because somebody waits for it.
    """
    table = transaction.tables.tasks
    statement = (
        table.update()
        .where(
            table.c.part == part_of(task_id),
            table.c.id == task_id,
            table.c.status == TaskStatus.OPEN,
            or_(table.c.urged_at.is_(None), table.c.urged_at <= not_since),
        )
        .values(urged_at=now, urge_count=table.c.urge_count + 1)
    )
    return changed(transaction.connection.execute(statement)) == 1


def actors_of(transaction: Transaction, case_id: str, element_ids: Collection[str] | None = None) -> frozenset[str]:
    """Return who completed tasks of the case at these elements, or at any: whom the four-eyes rule excludes."""
    table = transaction.tables.tasks
    statement = (
        select(table.c.completed_by)
        .distinct()
        .where(
            table.c.part == part_of(case_id),
            table.c.case_id == case_id,
            table.c.status == TaskStatus.COMPLETED,
            table.c.completed_by.is_not(None),
        )
    )
    if element_ids is not None:
        statement = statement.where(table.c.element_id.in_(sorted(element_ids)))
    return frozenset(transaction.connection.execute(statement).scalars())


def _candidates(task: Task) -> list[dict[str, Any]]:
    if task.status is not TaskStatus.OPEN:
        return []
    common: dict[str, Any] = {
        "part": part_of(task.id),
        "task_id": task.id,
        "case_id": task.case_id,
        "token": task.token,
        "process_key": task.process_key,
        "claimable": task.assignee is None,
        "due_order": task.due_at or FAR_FUTURE,
    }
    named = [("user", name) for name in task.candidate_users] + [("group", name) for name in task.candidate_groups]
    return [common | {"kind": kind, "name": name} for kind, name in dict.fromkeys(named)]


def _follow(transaction: Transaction, before: Task, after: Task) -> None:
    def listed(task: Task) -> tuple[object, ...]:
        return task.status is TaskStatus.OPEN, task.candidate_users, task.candidate_groups

    def shown(task: Task) -> tuple[object, ...]:
        return task.assignee is None, task.due_at

    if not (before.candidate_users or before.candidate_groups or after.candidate_users or after.candidate_groups):
        return
    place = {"in_part": part_of(before.id), "of_id": before.id}
    if listed(before) != listed(after):
        _drop(transaction.tables).change(transaction.connection, place)
        insert_all(transaction, transaction.tables.task_candidates, _candidates(after))
    elif after.status is TaskStatus.OPEN and shown(before) != shown(after):
        values = place | {"claimable": after.assignee is None, "due_order": after.due_at or FAR_FUTURE}
        _show(transaction.tables).change(transaction.connection, values)


def _drop_candidates(transaction: Transaction, case_id: str, tokens: Collection[int]) -> None:
    table = transaction.tables.task_candidates
    transaction.connection.execute(
        table.delete().where(table.c.part == part_of(case_id), table.c.case_id == case_id, table.c.token.in_(sorted(tokens)))
    )


@lru_cache(maxsize=64)
def _drop(tables: Tables) -> Prepared:
    table = tables.task_candidates
    return Prepared(table.delete().where(table.c.part == bindparam("in_part"), table.c.task_id == bindparam("of_id")))


@lru_cache(maxsize=64)
def _show(tables: Tables) -> Prepared:
    table = tables.task_candidates
    return Prepared(
        table.update()
        .where(table.c.part == bindparam("in_part"), table.c.task_id == bindparam("of_id"))
        .values(claimable=bindparam("claimable"), due_order=bindparam("due_order"))
    )


@lru_cache(maxsize=64)
def _of_case(tables: Tables, one_status: bool) -> Prepared:
    table = tables.tasks
    statement = select(*columns_of(Task, table)).where(table.c.part == bindparam("in_part"), table.c.case_id == bindparam("of_case"))
    if one_status:
        statement = statement.where(table.c.status == bindparam("in_status"))
    return Prepared(statement.order_by(table.c.created_at, table.c.token))


@lru_cache(maxsize=64)
def _get(tables: Tables) -> Prepared:
    table = tables.tasks
    return Prepared(select(*columns_of(Task, table)).where(table.c.part == bindparam("in_part"), table.c.id == bindparam("of_id")))


@lru_cache(maxsize=64)
def _load(tables: Tables) -> Prepared:
    table = tables.tasks
    return Prepared(
        select(*columns_of(Task, table), *cases.joined_columns(tables))
        .join_from(table, tables.cases, (tables.cases.c.part == table.c.part) & (tables.cases.c.id == table.c.case_id))
        .where(table.c.part == bindparam("in_part"), table.c.id == bindparam("of_id"))
    )


@lru_cache(maxsize=256)
def _update(tables: Tables, names: tuple[str, ...]) -> Prepared:
    table = tables.tasks
    return Prepared(
        table.update()
        .where(
            table.c.part == bindparam("in_part"),
            table.c.id == bindparam("of_id"),
            table.c.version == bindparam("seen"),
        )
        .values({name: bindparam(name) for name in names})
    )
