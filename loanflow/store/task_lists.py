"""Task lists: what a person sees, by index and by page, and the counts beside it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CTE, ColumnElement, Select, Table, and_, case, exists, false, func, literal, or_, select, true, union_all

from loanflow.records import Task, TaskStatus
from loanflow.store import search_values
from loanflow.store.database import Transaction
from loanflow.store.identifiers import check_key
from loanflow.store.paging import Page, beyond, cursor, page_size
from loanflow.store.rows import columns_of, record_from
from loanflow.store.tables import Tables
from loanflow.store.types import FAR_FUTURE, starts_with

Rows = Table | CTE
"""The tasks, or some of them under the same column names."""

COUNT_CAP = 1_000

SELECTIVE = 2_000
"""A search that at most this many cases meet begins with them; else the list is walked in its order until a page is full.

Either way the work is bounded, however many tasks there are: few matches are few rows to sort, many soon fill a page.
"""


class Scope(StrEnum):
    """Whose open tasks: assigned to the person, free for them to claim, both, everyone's; or what they have completed."""

    MINE = "mine"
    CLAIMABLE = "claimable"
    MINE_AND_CLAIMABLE = "mine-and-claimable"
    ALL = "all"
    DONE_BY_ME = "done-by-me"


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskQuery:
    """A page of tasks, earliest due first and those without a due date last; ``done-by-me`` is newest first.

    ``due_before`` and ``due_from`` bound the due date (overdue: before now; due today: from today's first instant to
    tomorrow's). ``criteria`` are on the case's search columns and need ``process_key``.
    """

    scope: Scope
    user: str | None = None
    groups: tuple[str, ...] = ()
    process_key: str | None = None
    element_id: str | None = None
    assignee: str | None = None
    business_key_prefix: str | None = None
    due_from: datetime | None = None
    due_before: datetime | None = None
    criteria: tuple[search_values.Criterion, ...] = ()
    limit: int = 50
    after: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskCounts:
    """How many open tasks; each number is exact up to ``COUNT_CAP`` and means "at least" from there on."""

    mine: int = 0
    mine_overdue: int = 0
    mine_due_today: int = 0
    claimable: int = 0
    claimable_overdue: int = 0
    claimable_due_today: int = 0

    @property
    def overdue(self) -> int:
        """Overdue, mine or free to claim."""
        return self.mine_overdue + self.claimable_overdue

    @property
    def due_today(self) -> int:
        """Due today and not overdue, mine or free to claim."""
        return self.mine_due_today + self.claimable_due_today


def page(transaction: Transaction, query: TaskQuery) -> Page[Task]:
    """List tasks with one statement."""
    tables, limit = transaction.tables, page_size(query.limit)
    table = tables.tasks
    found = _found(tables, query, limit + 1)
    order, *ordered = _order(table, query)
    statement = (
        select(*columns_of(Task, table), order)
        .join_from(found, table, and_(table.c.part == found.c.part, table.c.id == found.c.task_id))
        .order_by(*ordered)
        .limit(limit + 1)
    )
    rows = transaction.connection.execute(statement).all()
    tasks = tuple(record_from(Task, row[:-1]) for row in rows[:limit])
    more = len(rows) > limit
    return Page(tasks, cursor(rows[limit - 1][-1], tasks[-1].id) if more else None)


def counts(
    transaction: Transaction,
    user: str,
    groups: Iterable[str] = (),
    *,
    now: datetime,
    tomorrow: datetime,
    cap: int = COUNT_CAP,
) -> TaskCounts:
    """Count a person's tasks with one statement; ``tomorrow`` is the first instant of the person's next day."""
    tables = transaction.tables
    table = tables.tasks
    mine = (
        select(table.c.due_order)
        .where(table.c.assignee == user, table.c.status == TaskStatus.OPEN)
        .order_by(table.c.due_order, table.c.id)
        .limit(cap)
        .subquery()
    )
    candidates = tables.task_candidates
    # Nothing but the index is read: it has the due date and the task's id, which tells the part as well.
    branches = [
        _claimable(tables, kind, name).with_only_columns(candidates.c.task_id, candidates.c.due_order).limit(cap)
        for kind, name in _principals(user, groups)
    ]
    claimable = union_all(*(select(branch.subquery()) for branch in branches)).subquery()
    # A task may name the person and several of their groups: once is enough.
    once = select(claimable.c.due_order).group_by(claimable.c.task_id, claimable.c.due_order).subquery()

    def counted(scope: str, due: ColumnElement[datetime]) -> Select[*tuple[Any, ...]]:
        overdue = func.coalesce(func.sum(case((due < now, 1), else_=0)), 0)
        today = func.coalesce(func.sum(case((and_(due >= now, due < tomorrow), 1), else_=0)), 0)
        return select(literal(scope).label("scope"), func.count().label("total"), overdue.label("overdue"), today.label("today"))

    statement = union_all(counted("mine", mine.c.due_order).select_from(mine), counted("claimable", once.c.due_order).select_from(once))
    by_scope = {row.scope: row for row in transaction.connection.execute(statement)}
    own, free = by_scope["mine"], by_scope["claimable"]
    return TaskCounts(
        mine=own.total,
        mine_overdue=int(own.overdue),
        mine_due_today=int(own.today),
        claimable=free.total,
        claimable_overdue=int(free.overdue),
        claimable_due_today=int(free.today),
    )


def visible(tables: Tables, user: str, groups: Sequence[str] = ()) -> ColumnElement[bool]:
    """Say in SQL that the person may see the task: it is theirs, they are a candidate, or they have completed it."""
    table, candidates = tables.tasks, tables.task_candidates
    named = and_(candidates.c.kind == "user", candidates.c.name == user)
    if groups:
        named = or_(named, and_(candidates.c.kind == "group", candidates.c.name.in_(sorted(groups))))
    candidate = exists().where(candidates.c.part == table.c.part, candidates.c.task_id == table.c.id, named)
    return or_(table.c.assignee == user, table.c.completed_by == user, candidate)


def _principals(user: str | None, groups: Iterable[str]) -> list[tuple[str, str]]:
    found = [("group", name) for name in sorted(set(groups))]
    return [("user", user), *found] if user is not None else found


def _claimable(tables: Tables, kind: str, name: str) -> Select[*tuple[Any, ...]]:
    # One ordered index scan per name: the database stops after a page however many tasks wait for the group.
    table = tables.task_candidates
    return (
        select(table.c.part, table.c.task_id)
        .where(table.c.name == name, table.c.kind == kind, table.c.claimable == true())
        .order_by(table.c.due_order, table.c.task_id)
    )


def _found(tables: Tables, query: TaskQuery, limit: int) -> Any:
    # The keys of the first tasks of the page, from every place they may stand in; each place is walked in the list's order.
    few = _few(tables, query)
    if few is None:
        branches = _walks(tables, query, literal(limit))
    else:
        # A limit of 0 is what keeps every database from walking the way that is not wanted.
        are_few = select(func.count()).select_from(few).scalar_subquery() <= SELECTIVE
        branches = _walks(tables, query, case((are_few, 0), else_=limit))
        chosen = _tasks_of(few, tables.tasks)
        found = _keys(chosen).where(*_in_scope(tables, chosen, query), *_conditions(tables, chosen, query))
        branches.append(_first(found, chosen, query, case((are_few, limit), else_=0)))
    together = union_all(*(select(branch.subquery()) for branch in branches)).subquery()
    return select(together.c.part, together.c.task_id).distinct().subquery("found")


def _few(tables: Tables, query: TaskQuery) -> CTE | None:
    if query.business_key_prefix:
        cases = tables.cases
        found = select(cases.c.part, cases.c.id.label("case_id")).where(_begins(cases.c.business_key, query.business_key_prefix))
        found = found.order_by(cases.c.business_key)
    elif query.criteria:
        narrowest = min(query.criteria, key=lambda criterion: _WIDTHS.get(criterion.comparison, 1))
        found = search_values.meeting(tables, narrowest, query.process_key or "")
    else:
        return None
    return found.limit(SELECTIVE + 1).cte("few")


_WIDTHS = {"=": 0, "!=": 2}


def _tasks_of(few: CTE, table: Table) -> CTE:
    # Materialized, and filtered only afterwards: else a database without statistics begins with a filter that keeps nearly all.
    joined = select(table).join_from(few, table, and_(table.c.part == few.c.part, table.c.case_id == few.c.case_id)).cte("tasks_of_few")
    for dialect in ("sqlite", "postgresql"):
        joined = joined.prefix_with("MATERIALIZED", dialect=dialect)
    return joined


def _keys(table: Rows) -> Select[*tuple[Any, ...]]:
    return select(table.c.part, table.c.id.label("task_id"))


def _in_scope(tables: Tables, table: Rows, query: TaskQuery) -> list[ColumnElement[bool]]:
    candidates = tables.task_candidates
    if query.scope is Scope.DONE_BY_ME:
        return [table.c.completed_by == query.user]
    conditions: list[ColumnElement[bool]] = [table.c.status == TaskStatus.OPEN]
    mine = table.c.assignee == query.user
    if query.scope is Scope.MINE:
        conditions.append(mine)
    elif query.scope is not Scope.ALL:
        named = [and_(candidates.c.kind == kind, candidates.c.name == name) for kind, name in _principals(query.user, query.groups)]
        same_task = (candidates.c.part == table.c.part, candidates.c.task_id == table.c.id)
        free = exists().where(*same_task, candidates.c.claimable == true(), or_(false(), *named))
        conditions.append(or_(mine, free) if query.scope is Scope.MINE_AND_CLAIMABLE else free)
    return conditions


def _walks(tables: Tables, query: TaskQuery, limit: ColumnElement[int]) -> list[Select[*tuple[Any, ...]]]:
    table, candidates = tables.tasks, tables.task_candidates
    if query.scope not in (Scope.CLAIMABLE, Scope.MINE_AND_CLAIMABLE):
        walk = _keys(table).where(*_in_scope(tables, table, query), *_conditions(tables, table, query))
        return [_first(walk, table, query, limit)]
    branches: list[Select[*tuple[Any, ...]]] = []
    same_task = and_(table.c.part == candidates.c.part, table.c.id == candidates.c.task_id)
    for kind, name in _principals(query.user, query.groups):
        branch = _claimable(tables, kind, name)
        if query.process_key is not None:
            branch = branch.where(candidates.c.process_key == query.process_key)
        branch = branch.where(*_due(candidates.c.due_order, query))
        branch = branch.where(*_searched(tables, candidates, query))
        others = _of_task(table, query)
        if others:
            branch = branch.join(table, same_task).where(*others)
        if query.after is not None:
            branch = branch.where(beyond(candidates.c.due_order, candidates.c.task_id, query.after))
        branches.append(branch.limit(limit))
    if query.scope is Scope.MINE_AND_CLAIMABLE:
        mine = _keys(table).where(table.c.assignee == query.user, table.c.status == TaskStatus.OPEN, *_conditions(tables, table, query))
        branches.append(_first(mine, table, query, limit))
    return branches or [_keys(table).where(false())]


def _conditions(tables: Tables, table: Rows, query: TaskQuery) -> list[ColumnElement[bool]]:
    conditions = _due(table.c.due_order, query) + _of_task(table, query) + _searched(tables, table, query)
    if query.process_key is not None:
        conditions.append(table.c.process_key == query.process_key)
    return conditions


def _due(due: ColumnElement[datetime], query: TaskQuery) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if query.due_from is not None:
        conditions += [due >= query.due_from, due < FAR_FUTURE]
    if query.due_before is not None:
        conditions.append(due < query.due_before)
    return conditions


def _of_task(table: Rows, query: TaskQuery) -> list[ColumnElement[bool]]:
    # What only the task's own row tells.
    conditions: list[ColumnElement[bool]] = []
    if query.element_id is not None:
        conditions.append(table.c.element_id == query.element_id)
    if query.assignee is not None:
        conditions.append(table.c.assignee == query.assignee)
    if query.business_key_prefix:
        conditions.append(_begins(table.c.business_key, query.business_key_prefix))
    return conditions


def _searched(tables: Tables, table: Rows, query: TaskQuery) -> list[ColumnElement[bool]]:
    # The search columns of the case that the task, or a candidate of it, belongs to.
    if query.criteria and query.process_key is None:
        raise ValueError("search columns belong to a process: give its key")
    return [search_values.holds(tables, criterion, query.process_key or "", table.c.part, table.c.case_id) for criterion in query.criteria]


def _begins(column: ColumnElement[str], prefix: str) -> ColumnElement[bool]:
    return starts_with(column, check_key(prefix, "what to look for"))


def _order(table: Rows, query: TaskQuery) -> tuple[ColumnElement[Any], ColumnElement[Any], ColumnElement[Any]]:
    # The column pages are cut by, and the order by it.
    if query.scope is Scope.DONE_BY_ME:
        return table.c.closed_at, table.c.closed_at.desc(), table.c.id.desc()
    return table.c.due_order, table.c.due_order, table.c.id


def _first(statement: Select[*tuple[Any, ...]], table: Rows, query: TaskQuery, limit: ColumnElement[int]) -> Select[*tuple[Any, ...]]:
    order, *ordered = _order(table, query)
    if query.after is not None:
        statement = statement.where(beyond(order, table.c.id, query.after, descending=query.scope is Scope.DONE_BY_ME))
    return statement.order_by(*ordered).limit(limit)
