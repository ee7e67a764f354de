"""Which tasks and cases a person may see: decided in SQL, so that lists hold nothing else, and 404 for all the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select

from loanflow import Engine
from loanflow.errors import NotFound
from loanflow.orm import MappedClasses, mapped_classes
from loanflow.records import CaseStatus, SearchValue, Task
from loanflow.store import search_values
from loanflow_web.accounts import User
from loanflow_web.permissions import Permission, permissions_of


def task_of(engine: Engine, task_id: str, user: User) -> Task:
    """Return a task the person holds, may take or has done.

    Raises:
        NotFound: there is none, or it is not theirs to see: the answer is the same.
    """
    task = engine.task(task_id)
    groups = set(user.groups)
    is_named = (
        user.id in (task.assignee, task.completed_by) or user.id in task.candidate_users or not groups.isdisjoint(task.candidate_groups)
    )
    is_anyones = task.assignee is None and not task.candidate_users and not task.candidate_groups
    if not (is_named or is_anyones):
        raise NotFound(f"there is no task {task_id} for {user.id}")
    return task


def check_case(engine: Engine, case_id: str, user: User) -> None:
    """Let a person read a case they have to do with: started it, or it has or had a task for them.

    Raises:
        NotFound: there is none, or it is not theirs to see.
    """
    if Permission.READ_ALL_CASES in permissions_of(user.roles):
        return
    tables = _tables(engine)
    with engine.store.reading() as transaction:
        found = transaction.connection.execute(select(tables.Case.id).where(tables.Case.id == case_id, _involves(tables, user))).first()
    if found is None:
        raise NotFound(f"there is no case {case_id} for {user.id}")


def case_ids(
    engine: Engine, user: User, *, status: CaseStatus | None, text: str, limit: int, before: tuple[datetime, str] | None
) -> Sequence[str]:
    """Return ids of cases the person may see, newest first; ``text`` is the beginning of a key or part of a text column."""
    tables = _tables(engine)
    case = tables.Case
    statement: Select[tuple[str]] = select(case.id).order_by(case.started_at.desc(), case.id.desc()).limit(limit)
    if Permission.READ_ALL_CASES not in permissions_of(user.roles):
        statement = statement.where(_involves(tables, user))
    if status is not None:
        still = case.status.in_((CaseStatus.OPEN, CaseStatus.SUSPENDED))
        statement = statement.where(still if status is CaseStatus.OPEN else ~still)
    if before is not None:
        started_at, last_id = before
        statement = statement.where(or_(case.started_at < started_at, and_(case.started_at == started_at, case.id < last_id)))
    with engine.store.reading() as transaction:
        if text:
            values = transaction.tables.search_values
            named = exists().where(
                values.c.part == case.part, values.c.case_id == case.id, values.c.text_value.contains(text, autoescape=True)
            )
            statement = statement.where(or_(case.business_key.startswith(text, autoescape=True), case.id == text, named))
        return [row.id for row in transaction.connection.execute(statement)]


def search_columns(engine: Engine, case_ids: Sequence[str]) -> Mapping[str, Mapping[str, SearchValue]]:
    """Return the search columns of several cases, as a list shows them; one statement for the whole list."""
    if not case_ids:
        return {}
    with engine.store.reading() as transaction:
        return search_values.of_cases(transaction, case_ids)


def _involves(tables: MappedClasses, user: User) -> ColumnElement[bool]:
    case, task = tables.Case, tables.Task
    has_task = exists().where(task.part == case.part, task.case_id == case.id, task.visible_to(user.id, user.groups))
    return or_(case.started_by == user.id, has_task)


def _tables(engine: Engine) -> MappedClasses:
    tables = engine.store.tables
    return mapped_classes(schema=tables.schema, table_prefix=tables.prefix)
