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
from loanflow.store.search_values import Criterion
from loanflow.store.tables import Tables
from loanflow.store.task_search_values import EVERYONE, viewer
from loanflow.store.types import FAR_FUTURE, starts_with

Rows = Table | CTE
"""A table, or some of its rows under the same column names."""

Keys = Select[*tuple[Any, ...]]
"""Selects the part and the id of tasks."""

COUNT_CAP = 1_000

SELECTIVE = 2_000
"""A search that at most this many meet begins with them; else the list is walked in its order until a page is full.

Either way the work is bounded: few matches are few rows to sort, many soon fill a page. What equals a value is walked in an
index of its own and needs neither.
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
    criteria: tuple[Criterion, ...] = ()
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
    if query.criteria and query.process_key is None:
        raise ValueError("search columns belong to a process: give its key")
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


def _claimable(tables: Tables, kind: str, name: str) -> Keys:
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
        branches = [walk.limit(limit) for walk in _walks(tables, query)]
    else:
        # A limit of 0 is what keeps every database from walking the way that is not wanted.
        met, found = few
        # Counted once, not once for each branch.
        counted = _materialized(select(func.count().label("rows_met")).select_from(met).cte("counted"))
        are_few = select(counted.c.rows_met).scalar_subquery() <= SELECTIVE
        branches = [walk.limit(case((are_few, 0), else_=limit)) for walk in _walks(tables, query)]
        branches.append(found.limit(case((are_few, limit), else_=0)))
    together = union_all(*(select(branch.subquery()) for branch in branches)).subquery()
    return select(together.c.part, together.c.task_id).distinct().subquery("found")


def _few(tables: Tables, query: TaskQuery) -> tuple[CTE, Keys] | None:
    # What a narrow condition meets, to be counted, and the keys of the query's tasks among that, in order.
    if query.business_key_prefix:
        cases = tables.cases
        found = select(cases.c.part, cases.c.id.label("case_id")).where(_begins(cases.c.business_key, query.business_key_prefix))
        return _of_few_cases(tables, query, found.order_by(cases.c.business_key))
    if query.scope is Scope.DONE_BY_ME:
        narrowest = _narrowest(query.criteria)
        return narrowest and _of_few_cases(tables, query, search_values.meeting(tables, narrowest, query.process_key or ""))
    narrowest = _narrowest(criterion for criterion in query.criteria if criterion is not _walked(query))
    return narrowest and _few_seen(tables, query, narrowest)


def _narrowest(criteria: Iterable[Criterion]) -> Criterion | None:
    return min(criteria, key=lambda criterion: {"=": 0, "!=": 2}.get(criterion.comparison, 1), default=None)


def _of_few_cases(tables: Tables, query: TaskQuery, found: Keys) -> tuple[CTE, Keys]:
    few, table = found.limit(SELECTIVE + 1).cte("few"), tables.tasks
    # Filtered only afterwards: else a database without statistics begins with a filter that keeps nearly all.
    same_case = and_(table.c.part == few.c.part, table.c.case_id == few.c.case_id)
    tasks = _materialized(select(table).join_from(few, table, same_case).cte("tasks_of_few"))
    return few, _ordered(_keys(tasks).where(*_in_scope(tables, tasks, query), *_conditions(tables, tasks, query)), tasks, query)


def _few_seen(tables: Tables, query: TaskQuery, criterion: Criterion) -> tuple[CTE, Keys] | None:
    # Among what the person may see alone: how many others have does not matter.
    branches = [_meeting(tables, query, who, criterion) for who in _viewers(query)]
    if not branches:
        return None
    value = search_values.column_of(tables.task_search_values, criterion.value)
    limited = [select(branch.order_by(value).limit(SELECTIVE + 1).subquery()) for branch in branches]
    few = _materialized(select(union_all(*limited).subquery()).limit(SELECTIVE + 1).cte("few"))
    # A task may name the person and several of their groups: once is enough.
    once = select(few).distinct().cte("once")
    others = [other for other in query.criteria if other is not criterion]
    return few, _narrowed(tables, select(once.c.part, once.c.task_id), once, query, others)


def _materialized(rows: CTE) -> CTE:
    for dialect in ("sqlite", "postgresql"):
        rows = rows.prefix_with("MATERIALIZED", dialect=dialect)
    return rows


def _viewers(query: TaskQuery) -> list[str]:
    # Under which names the tasks of the scope stand among the search values of tasks.
    if query.scope is Scope.ALL:
        return [EVERYONE if query.assignee is None else viewer("assignee", query.assignee)]
    mine = [] if query.user is None or query.scope is Scope.CLAIMABLE else [viewer("assignee", query.user)]
    return mine if query.scope is Scope.MINE else [*mine, *(viewer(kind, name) for kind, name in _principals(query.user, query.groups))]


def _walked(query: TaskQuery) -> Criterion | None:
    # The tasks that meet it stand in the list's order in an index.
    return None if query.scope is Scope.DONE_BY_ME else next((each for each in query.criteria if each.comparison == "="), None)


def _meeting(tables: Tables, query: TaskQuery, who: str, criterion: Criterion) -> Keys:
    table = tables.task_search_values
    return select(table.c.part, table.c.task_id, table.c.case_id, table.c.due_order).where(
        *search_values.meets(table, criterion, query.process_key or ""), table.c.viewer == who
    )


def _keys(table: Rows) -> Keys:
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


def _walks(tables: Tables, query: TaskQuery) -> list[Keys]:
    table, candidates, values = tables.tasks, tables.task_candidates, tables.task_search_values
    walked = _walked(query)
    if walked is not None:
        others = [criterion for criterion in query.criteria if criterion is not walked]
        found = [_meeting(tables, query, who, walked).with_only_columns(values.c.part, values.c.task_id) for who in _viewers(query)]
        return [_narrowed(tables, walk, values, query, others) for walk in found] or [_keys(table).where(false())]
    if query.scope not in (Scope.CLAIMABLE, Scope.MINE_AND_CLAIMABLE):
        walk = _keys(table).where(*_in_scope(tables, table, query), *_conditions(tables, table, query))
        return [_ordered(walk, table, query)]
    branches = [_claimable(tables, kind, name) for kind, name in _principals(query.user, query.groups)]
    if query.process_key is not None:
        branches = [branch.where(candidates.c.process_key == query.process_key) for branch in branches]
    branches = [_narrowed(tables, branch, candidates, query, query.criteria) for branch in branches]
    if query.scope is Scope.MINE_AND_CLAIMABLE:
        mine = _keys(table).where(table.c.assignee == query.user, table.c.status == TaskStatus.OPEN, *_conditions(tables, table, query))
        branches.append(_ordered(mine, table, query))
    return branches or [_keys(table).where(false())]


def _narrowed(tables: Tables, walk: Keys, entries: Rows, query: TaskQuery, criteria: Iterable[Criterion]) -> Keys:
    # ``entries`` lead to tasks and have their due dates: the tasks' own rows are read for nothing else than what these do not tell.
    table = tables.tasks
    walk = walk.where(*_due(entries.c.due_order, query), *_held(tables, entries, query, criteria))
    of_task = _of_task(table, query)
    if of_task:
        walk = walk.join(table, and_(table.c.part == entries.c.part, table.c.id == entries.c.task_id)).where(*of_task)
    if query.after is not None:
        walk = walk.where(beyond(entries.c.due_order, entries.c.task_id, query.after))
    return walk.order_by(None).order_by(entries.c.due_order, entries.c.task_id)


def _conditions(tables: Tables, table: Rows, query: TaskQuery) -> list[ColumnElement[bool]]:
    conditions = _due(table.c.due_order, query) + _of_task(table, query) + _held(tables, table, query, query.criteria)
    if query.process_key is not None:
        # One person's tasks are fewer than a process's: without statistics a database may think otherwise, were it left the choice.
        of_all = query.scope is Scope.ALL and query.assignee is None
        process_key = table.c.process_key if of_all else table.c.process_key.concat("")
        conditions.append(process_key == query.process_key)
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


def _held(tables: Tables, table: Rows, query: TaskQuery, criteria: Iterable[Criterion]) -> list[ColumnElement[bool]]:
    # By the case that the task, or what leads to it, belongs to.
    return [search_values.holds(tables, criterion, query.process_key or "", table.c.part, table.c.case_id) for criterion in criteria]


def _begins(column: ColumnElement[str], prefix: str) -> ColumnElement[bool]:
    return starts_with(column, check_key(prefix, "what to look for"))


def _order(table: Rows, query: TaskQuery) -> tuple[ColumnElement[Any], ColumnElement[Any], ColumnElement[Any]]:
    # The column pages are cut by, and the order by it.
    if query.scope is Scope.DONE_BY_ME:
        return table.c.closed_at, table.c.closed_at.desc(), table.c.id.desc()
    return table.c.due_order, table.c.due_order, table.c.id


def _ordered(walk: Keys, table: Rows, query: TaskQuery) -> Keys:
    order, *ordered = _order(table, query)
    if query.after is not None:
        walk = walk.where(beyond(order, table.c.id, query.after, descending=query.scope is Scope.DONE_BY_ME))
    return walk.order_by(*ordered)
