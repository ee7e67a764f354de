"""Job rows: scheduled, claimed under a lease, finished under a fence.

Nothing here rests on row locks: a claim is an UPDATE that finds the job still ready, a finish a DELETE that finds it still
under the fence of this claim. Callers pass ``now``; workers on many machines take it from ``database_now``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, Select, Table, bindparam, func, or_, select

from loanflow.records import Case, Job, JobKind, JobState
from loanflow.records.revision import field_names
from loanflow.store import cases
from loanflow.store.database import Transaction
from loanflow.store.identifiers import is_id, part_of
from loanflow.store.prepared import Prepared
from loanflow.store.rows import changed, columns_of, insert_all, insert_if_absent, record_from, values_of
from loanflow.store.tables import Tables

WIDTH = len(field_names(Job))


@dataclass(frozen=True, slots=True, kw_only=True)
class Prospect:
    """What a claim would find: ``ready`` jobs at once, or a scheduled one from ``next_due_at`` on (None: never)."""

    ready: bool
    next_due_at: datetime | None


def insert(transaction: Transaction, jobs: Iterable[Job]) -> None:
    """Enqueue jobs; one that is due later must be ``scheduled``, or it would be claimed at once."""
    insert_all(transaction, transaction.tables.jobs, map(_row, jobs))


def insert_once(transaction: Transaction, job: Job) -> bool:
    """Enqueue a job unless one of the same ``dedupe_key`` is there; say whether it was enqueued."""
    if job.dedupe_key is None:
        raise ValueError("a job enqueued once needs a dedupe_key")
    return insert_if_absent(transaction, transaction.tables.jobs, _row(job))


def get(transaction: Transaction, job_id: str) -> Job | None:
    """Return the job, or None: it is finished or cancelled."""
    if not is_id(job_id):
        return None
    table = transaction.tables.jobs
    statement = select(*_columns(table)).where(table.c.part == part_of(job_id), table.c.id == job_id)
    row = transaction.connection.execute(statement).one_or_none()
    return None if row is None else record_from(Job, row)


def load(transaction: Transaction, job_id: str) -> tuple[Job, Case, bytes] | None:
    """Return the job, its case and the case's execution snapshot with one statement, or None."""
    if not is_id(job_id):
        return None
    parameters = {"in_part": part_of(job_id), "of_id": job_id}
    row = transaction.look(_load(transaction.tables), parameters)
    return None if row is None else (record_from(Job, row), *cases.from_joined(row, WIDTH))


def of_case(transaction: Transaction, case_id: str) -> tuple[Job, ...]:
    """Return what the case still owes itself, earliest first."""
    if not is_id(case_id):
        return ()
    table = transaction.tables.jobs
    statement = select(*_columns(table)).where(table.c.part == part_of(case_id), table.c.case_id == case_id)
    return _jobs(transaction, statement.order_by(table.c.due_at, table.c.id))


def cancel(transaction: Transaction, case_id: str, tokens: Collection[int]) -> None:
    """Remove the jobs of these tokens, timers too; one that is running will find its fence gone."""
    if not tokens:
        return
    parameters = {"in_part": part_of(case_id), "of_case": case_id, "of_tokens": sorted(tokens)}
    _cancel(transaction.tables).change(transaction.connection, parameters)


def prospect(transaction: Transaction, *, handlers: Collection[str] | None = None) -> Prospect:
    """Look, and write nothing: is a job ready to be claimed, and when is the next scheduled one due?

    ``handlers`` None counts handler jobs of any name, otherwise only those named.
    """
    parameters = {} if handlers is None else {"of_handlers": sorted(handlers)}
    (row,) = _prospect(transaction.tables, handlers is not None).rows(transaction.connection, parameters)
    return Prospect(ready=row[0] is not None, next_due_at=row[1])


def has_expired(transaction: Transaction, *, now: datetime) -> bool:
    """Say whether a lease has run out: whether ``reap`` would find anything."""
    return _has_expired(transaction.tables).row(transaction.connection, {"now": now}) is not None


def promote_due(transaction: Transaction, *, now: datetime, limit: int = 500) -> int:
    """Make scheduled jobs whose time has come ready; return how many."""
    table = transaction.tables.jobs
    statement = (
        select(table.c.part, table.c.id)
        .where(table.c.state == JobState.SCHEDULED, table.c.due_at <= now)
        .order_by(table.c.due_at)
        .limit(limit)
    )
    keys = _keys(transaction, statement)
    if not keys[1]:
        return 0
    update = table.update().where(_among(table, keys), table.c.state == JobState.SCHEDULED).values(state=JobState.READY)
    return changed(transaction.connection.execute(update))


def claim(
    transaction: Transaction,
    *,
    now: datetime,
    lease: timedelta,
    limit: int = 20,
    kinds: Collection[JobKind] | None = None,
    handlers: Collection[str] | None = None,
    lanes: Collection[str] | None = None,
    parts: Collection[int] | None = None,
) -> tuple[Job, ...]:
    """Take ready jobs, most urgent first; return those that are now ours, under a fresh owner token, until now + lease.

    Each claim raises the job's ``fence`` and counts as an attempt. Commit before running them: the effect of a job goes
    into another transaction, with ``finish``.

    ``handlers`` None takes handler jobs of any name, otherwise only those named (jobs without a handler always);
    ``parts`` None takes from all parts, a sharded database is asked part by part.
    """
    among = {"kind": kinds, "handler": handlers, "lane": lanes, "part": parts}
    bounds = {f"of_{column}": sorted(values) for column, values in among.items() if values is not None}
    connection, tables = transaction.connection, transaction.tables
    wanted = _ready(tables, tuple(column for column, values in among.items() if values is not None), transaction.skip_locked)
    rows = wanted.rows(connection, bounds | {"at_most": limit})
    if not rows:
        return ()
    keys = {"in_parts": sorted({row[0] for row in rows}), "of_ids": [row[1] for row in rows], "taken_by": uuid4().hex}
    if not changed(_take(tables).change(connection, keys | {"until": now + lease})):
        return ()
    return tuple(record_from(Job, row) for row in _taken(tables).rows(connection, keys))


def renew(transaction: Transaction, jobs: Iterable[Job], *, until: datetime) -> frozenset[str]:
    """Prolong the leases that still hold; return the ids of those jobs. Work on the others is in vain."""
    table = transaction.tables.jobs
    held: set[str] = set()
    for job in jobs:
        statement = table.update().where(*_held(table, job)).values(lease_until=until)
        if changed(transaction.connection.execute(statement)) == 1:
            held.add(job.id)
    return frozenset(held)


def finish(transaction: Transaction, job: Job) -> bool:
    """Remove the job in the transaction of its effect; False means we were fenced out: roll the effect back."""
    parameters = {"in_part": part_of(job.id), "of_id": job.id, "of_fence": job.fence}
    return changed(_finish(transaction.tables).change(transaction.connection, parameters)) == 1


def remove(transaction: Transaction, job: Job, fenced_out: Callable[[], Exception]) -> None:
    """As ``finish``, also within ``Transaction.together``: what ``fenced_out`` makes is raised where the job is no longer ours."""
    parameters = {"in_part": part_of(job.id), "of_id": job.id, "of_fence": job.fence}
    transaction.demand(_finish(transaction.tables), parameters, fenced_out)


def retry(transaction: Transaction, job: Job, *, due_at: datetime, error: str | None, now: datetime, counts: bool = True) -> bool:
    """Give the job back to be tried again at ``due_at``; False means we were fenced out.

    ``counts=False`` takes back the attempt: the handler asked for more time, it did not fail.
    """
    state = JobState.READY if due_at <= now else JobState.SCHEDULED
    return _give_back(transaction, job, state=state, due_at=due_at, last_error=error, attempts=job.attempts if counts else job.attempts - 1)


def bury(transaction: Transaction, job: Job, *, error: str | None) -> bool:
    """Give the job up until a person helps (the caller raises the incident); False means we were fenced out."""
    return _give_back(transaction, job, state=JobState.DEAD, last_error=error)


def revive(transaction: Transaction, job_id: str, *, now: datetime, attempts: int = 1) -> bool:
    """Make a dead job ready again with that many attempts left; False means it is not dead."""
    if not is_id(job_id):
        return False
    table = transaction.tables.jobs
    statement = (
        table.update()
        .where(table.c.part == part_of(job_id), table.c.id == job_id, table.c.state == JobState.DEAD)
        .values(state=JobState.READY, due_at=now, max_attempts=table.c.attempts + attempts)
    )
    return changed(transaction.connection.execute(statement)) == 1


def holds(transaction: Transaction, case_id: str, tokens: Collection[int]) -> bool:
    """Say whether a worker holds a job of these tokens; one that is free is locked until the transaction ends."""
    if not tokens:
        return False
    table = transaction.tables.jobs
    place = (table.c.part == part_of(case_id), table.c.case_id == case_id, table.c.token.in_(sorted(tokens)))
    free = table.update().where(*place, table.c.state != JobState.LEASED).values(fence=table.c.fence + 1)
    transaction.connection.execute(free)
    held = select(table.c.id).where(*place, table.c.state == JobState.LEASED).limit(1)
    return transaction.connection.execute(held).one_or_none() is not None


def suspend(transaction: Transaction, owner_id: str) -> int:
    """Put aside what a case, or a definition, owes itself; one that is running will find itself fenced out. Return how many."""
    table = transaction.tables.jobs
    place = (table.c.part == part_of(owner_id), table.c.case_id == owner_id)
    values: dict[str, Any] = {"state": JobState.SUSPENDED, "owner": None, "lease_until": None}
    held = table.update().where(*place, table.c.state == JobState.LEASED).values(**values, attempts=table.c.attempts - 1)
    free = table.update().where(*place, table.c.state.in_((JobState.SCHEDULED, JobState.READY))).values(**values)
    return changed(transaction.connection.execute(held)) + changed(transaction.connection.execute(free))


def resume(transaction: Transaction, owner_id: str, *, now: datetime) -> int:
    """Take up again what was put aside; what came due meanwhile is ready. Return how many."""
    table = transaction.tables.jobs
    place = (table.c.part == part_of(owner_id), table.c.case_id == owner_id, table.c.state == JobState.SUSPENDED)
    due = table.update().where(*place, table.c.due_at <= now).values(state=JobState.READY)
    later = table.update().where(*place).values(state=JobState.SCHEDULED)
    return changed(transaction.connection.execute(due)) + changed(transaction.connection.execute(later))


def reap(transaction: Transaction, *, now: datetime, limit: int = 100) -> tuple[int, tuple[Job, ...]]:
    """Take back jobs whose lease has run out, their workers being dead or stuck.

    Returns how many became ready again, and those that have no attempts left: still leased, to be buried one by one with
    their incident. Rows that a stuck worker has locked are passed over where the database can.
    """
    table = transaction.tables.jobs
    statement = select(*_columns(table)).where(table.c.state == JobState.LEASED, table.c.lease_until < now)
    statement = statement.order_by(table.c.lease_until).limit(limit)
    if transaction.skip_locked:
        statement = statement.with_for_update(skip_locked=True)
    expired = _jobs(transaction, statement)
    freed = [job for job in expired if job.attempts < job.max_attempts]
    count = 0
    for job in freed:
        release = (
            table.update()
            .where(*_held(table, job), table.c.lease_until < now)
            .values(state=JobState.READY, owner=None, lease_until=None, last_error="the worker did not come back in time")
        )
        count += changed(transaction.connection.execute(release))
    return count, tuple(job for job in expired if job.attempts >= job.max_attempts)


def next_due_at(transaction: Transaction) -> datetime | None:
    """Say when the next scheduled job is due, or None: how long a worker may sleep."""
    ((due_at,),) = _next_due_at(transaction.tables).rows(transaction.connection, {})
    return due_at


def counts(transaction: Transaction) -> dict[JobState, int]:
    """Count the jobs by state."""
    table = transaction.tables.jobs
    statement = select(table.c.state, func.count()).group_by(table.c.state)
    rows: Any = transaction.connection.execute(statement)
    return dict(rows.all())


def _row(job: Job) -> dict[str, Any]:
    return values_of(job, part=part_of(job.id), rank=-job.priority)


def _columns(table: Table) -> list[ColumnElement[Any]]:
    return columns_of(Job, table, priority=(-table.c.rank).label("priority"))


def _jobs(transaction: Transaction, statement: Select[*tuple[Any, ...]]) -> tuple[Job, ...]:
    return tuple(record_from(Job, row) for row in transaction.connection.execute(statement))


def _keys(transaction: Transaction, statement: Select[*tuple[Any, ...]]) -> tuple[list[int], list[str]]:
    if transaction.skip_locked:
        statement = statement.with_for_update(skip_locked=True)
    rows = transaction.connection.execute(statement).all()
    return sorted({row[0] for row in rows}), [row[1] for row in rows]


def _among(table: Table, keys: tuple[list[int], list[str]]) -> ColumnElement[bool]:
    return table.c.part.in_(keys[0]) & table.c.id.in_(keys[1])


def _held(table: Table, job: Job) -> tuple[ColumnElement[bool], ...]:
    return (
        table.c.part == part_of(job.id),
        table.c.id == job.id,
        table.c.fence == job.fence,
        table.c.state == JobState.LEASED,
    )


def _give_back(transaction: Transaction, job: Job, **values: Any) -> bool:
    table = transaction.tables.jobs
    statement = table.update().where(*_held(table, job)).values(owner=None, lease_until=None, **values)
    return changed(transaction.connection.execute(statement)) == 1


@lru_cache(maxsize=64)
def _finish(tables: Tables) -> Prepared:
    table = tables.jobs
    return Prepared(
        table.delete().where(
            table.c.part == bindparam("in_part"),
            table.c.id == bindparam("of_id"),
            table.c.fence == bindparam("of_fence"),
            table.c.state == JobState.LEASED,
        )
    )


@lru_cache(maxsize=64)
def _load(tables: Tables) -> Prepared:
    table = tables.jobs
    return Prepared(
        select(*_columns(table), *cases.joined_columns(tables))
        .join_from(table, tables.cases, (tables.cases.c.part == table.c.part) & (tables.cases.c.id == table.c.case_id))
        .where(table.c.part == bindparam("in_part"), table.c.id == bindparam("of_id"))
    )


@lru_cache(maxsize=64)
def _ready(tables: Tables, among: tuple[str, ...], skip_locked: bool) -> Prepared:
    table = tables.jobs
    conditions: list[ColumnElement[bool]] = [table.c.state == JobState.READY]
    for name in among:
        found = table.c[name].in_(bindparam(f"of_{name}", expanding=True))
        conditions.append(or_(table.c.handler.is_(None), found) if name == "handler" else found)
    statement = select(table.c.part, table.c.id).where(*conditions).order_by(table.c.rank, table.c.due_at, table.c.id)
    statement = statement.limit(bindparam("at_most"))
    return Prepared(statement.with_for_update(skip_locked=True) if skip_locked else statement)


@lru_cache(maxsize=64)
def _take(tables: Tables) -> Prepared:
    table = tables.jobs
    return Prepared(
        table.update()
        .where(*_among_bound(table), table.c.state == JobState.READY)
        .values(
            state=JobState.LEASED,
            owner=bindparam("taken_by"),
            fence=table.c.fence + 1,
            attempts=table.c.attempts + 1,
            lease_until=bindparam("until"),
        )
    )


@lru_cache(maxsize=64)
def _taken(tables: Tables) -> Prepared:
    table = tables.jobs
    ours = select(*_columns(table)).where(*_among_bound(table), table.c.owner == bindparam("taken_by"), table.c.state == JobState.LEASED)
    return Prepared(ours.order_by(table.c.rank, table.c.due_at, table.c.id))


def _among_bound(table: Table) -> tuple[ColumnElement[bool], ...]:
    return table.c.part.in_(bindparam("in_parts", expanding=True)), table.c.id.in_(bindparam("of_ids", expanding=True))


@lru_cache(maxsize=64)
def _cancel(tables: Tables) -> Prepared:
    table = tables.jobs
    return Prepared(
        table.delete().where(
            table.c.part == bindparam("in_part"),
            table.c.case_id == bindparam("of_case"),
            table.c.token.in_(bindparam("of_tokens", expanding=True)),
        )
    )


@lru_cache(maxsize=64)
def _prospect(tables: Tables, some_handlers: bool) -> Prepared:
    table = tables.jobs
    conditions: list[ColumnElement[bool]] = [table.c.state == JobState.READY]
    if some_handlers:
        conditions.append(or_(table.c.handler.is_(None), table.c.handler.in_(bindparam("of_handlers", expanding=True))))
    # In the order of a claim, so that the same index finds it.
    first = select(table.c.id).where(*conditions).order_by(table.c.rank, table.c.due_at, table.c.id).limit(1)
    due = select(func.min(table.c.due_at)).where(table.c.state == JobState.SCHEDULED).scalar_subquery()
    return Prepared(select(first.scalar_subquery(), due))


@lru_cache(maxsize=64)
def _has_expired(tables: Tables) -> Prepared:
    table = tables.jobs
    return Prepared(select(table.c.id).where(table.c.state == JobState.LEASED, table.c.lease_until < bindparam("now")).limit(1))


@lru_cache(maxsize=64)
def _next_due_at(tables: Tables) -> Prepared:
    table = tables.jobs
    return Prepared(select(func.min(table.c.due_at)).where(table.c.state == JobState.SCHEDULED))
