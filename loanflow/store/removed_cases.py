"""Cases whose history time to live is over: which they are, how they go with everything that is theirs, and the row that stays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, bindparam, exists, func, or_, select

from loanflow.errors import Conflict
from loanflow.records import Case, CaseStatus, IncidentStatus, RemovedCase
from loanflow.store.database import Transaction
from loanflow.store.identifiers import is_id, part_of, part_of_key
from loanflow.store.paging import Page, beyond, cursor, page_size
from loanflow.store.prepared import Prepared
from loanflow.store.rows import columns_of, insert_all, record_from, values_of
from loanflow.store.tables import Tables

OVER = (CaseStatus.ENDED, CaseStatus.CANCELLED)
"""The statuses a case stays in for ever."""

EndedBy = Mapping[datetime, Iterable[str]]
"""An instant, and the ids of the definitions whose cases are due if they ended by then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueCases:
    """How many cases of one process are due: when the first and the last of them ended, and how many jobs or incidents hold back."""

    process_key: str
    cases: int
    oldest: datetime
    newest: datetime
    held_back: int


def due(
    transaction: Transaction, process_key: str, status: CaseStatus, ended_by: EndedBy, *, limit: int, after: str | None = None
) -> Page[str]:
    """Return ids of cases of a process that are due, in the order they started."""
    table, size = transaction.tables.cases, page_size(limit)
    statement = select(table.c.id, table.c.started_at).where(*_due(table, process_key, status, ended_by))
    if after is not None:
        statement = statement.where(beyond(table.c.started_at, table.c.id, after))
    rows = transaction.connection.execute(statement.order_by(table.c.started_at, table.c.id).limit(size + 1)).all()
    last = rows[size - 1] if len(rows) > size else None
    return Page(tuple(row[0] for row in rows[:size]), cursor(last[1], last[0]) if last is not None else None)


def count_due(transaction: Transaction, process_key: str, ended_by: EndedBy) -> DueCases | None:
    """Count the cases of a process that are due, and those of them that jobs or open incidents hold back; None if none is due."""
    tables, table = transaction.tables, transaction.tables.cases
    jobs, incidents = tables.jobs, tables.incidents
    open_incident = (incidents.c.part == table.c.part, incidents.c.case_id == table.c.id, incidents.c.status == IncidentStatus.OPEN)
    held = or_(exists().where(jobs.c.part == table.c.part, jobs.c.case_id == table.c.id), exists().where(*open_incident))
    found: list[tuple[int, datetime, datetime, int]] = []
    for status in OVER:
        due = _due(table, process_key, status, ended_by)
        first, last = func.min(table.c.ended_at), func.max(table.c.ended_at)
        number, oldest, newest = transaction.connection.execute(select(func.count(), first, last).where(*due)).one()
        if number:
            blocked = transaction.connection.execute(select(func.count()).select_from(table).where(*due, held)).scalar_one()
            found.append((number, oldest, newest, blocked))
    if not found:
        return None
    numbers, oldest, newest, blocked = zip(*found, strict=True)
    return DueCases(process_key=process_key, cases=sum(numbers), oldest=min(oldest), newest=max(newest), held_back=sum(blocked))


def get(transaction: Transaction, case_id: str) -> RemovedCase | None:
    """Return what stays of a removed case, or None."""
    if not is_id(case_id):
        return None
    table = transaction.tables.removed_cases
    statement = select(*columns_of(RemovedCase, table)).where(table.c.part == part_of(case_id), table.c.case_id == case_id)
    row = transaction.connection.execute(statement).one_or_none()
    return None if row is None else record_from(RemovedCase, row)


def take(transaction: Transaction, case: Case) -> None:
    """Remove the case's own row if it still is as it was read: whoever does, removes the rest.

    Raises:
        Conflict: somebody else changed or removed the case since it was read; nothing was removed.
    """
    parameters = {"in_part": part_of(case.id), "of_case": case.id, "seen": case.version}
    transaction.demand(_take(transaction.tables), parameters, lambda: Conflict(f"case {case.id} has changed since it was read"))


def remove_rest(transaction: Transaction, case: Case, record: RemovedCase, *, message_ids: Iterable[str]) -> None:
    """Remove whatever else belongs to a case that was taken, with the messages it received, and keep the record."""
    tables, connection = transaction.tables, transaction.connection
    place = {"in_part": part_of(case.id), "of_case": case.id}
    with transaction.together():
        for statement in _rest(tables):
            statement.change(connection, place)
        if case.business_key is not None:
            _key(tables).change(connection, {"in_part": part_of_key(case.business_key), "of_key": case.business_key, "of_case": case.id})
        for message_id in message_ids:
            _message(tables).change(connection, {"in_part": part_of_key(message_id), "of_message": message_id, "of_case": case.id})
        insert_all(transaction, tables.removed_cases, [values_of(record, part=part_of(case.id))])


def _due(table: Table, process_key: str, status: CaseStatus, ended_by: EndedBy) -> tuple[ColumnElement[bool], ...]:
    # Who ended by an instant had started by then: so the index of a process's cases by start has what is due at its beginning.
    ended = (and_(table.c.process_definition_id.in_(sorted(ids)), table.c.ended_at <= instant) for instant, ids in ended_by.items())
    return (table.c.process_key == process_key, table.c.status == status, table.c.started_at <= max(ended_by), or_(*ended))


@lru_cache(maxsize=64)
def _take(tables: Tables) -> Prepared:
    table = tables.cases
    place = (table.c.part == bindparam("in_part"), table.c.id == bindparam("of_case"), table.c.version == bindparam("seen"))
    return Prepared(table.delete().where(*place))


@lru_cache(maxsize=64)
def _rest(tables: Tables) -> tuple[Prepared, ...]:
    drafts, tasks, runs = tables.drafts, tables.tasks, tables.case_migrations
    in_part: ColumnElement[Any] = bindparam("in_part")
    of_case: ColumnElement[Any] = bindparam("of_case")
    its_tasks = select(tasks.c.id).where(tasks.c.part == in_part, tasks.c.case_id == of_case)
    # A case migration remembers the case it looked at last; without it, it would begin again with the definition's first case.
    position = runs.update().where(func.substr(runs.c.position, 38) == of_case).values(position=func.substr(runs.c.position, 1, 37))
    # Keys and messages stand in the part of their own key, and what was removed is kept.
    elsewhere = (tables.case_keys, tables.messages, tables.removed_cases)
    belonging = [table for table in tables.metadata.sorted_tables if "case_id" in table.c and table not in elsewhere]
    return (
        Prepared(drafts.delete().where(drafts.c.part == in_part, drafts.c.task_id.in_(its_tasks))),
        *(Prepared(table.delete().where(table.c.part == in_part, table.c.case_id == of_case)) for table in belonging),
        Prepared(position),
    )


@lru_cache(maxsize=64)
def _key(tables: Tables) -> Prepared:
    table = tables.case_keys
    place = (table.c.part == bindparam("in_part"), table.c.business_key == bindparam("of_key"), table.c.case_id == bindparam("of_case"))
    return Prepared(table.delete().where(*place))


@lru_cache(maxsize=64)
def _message(tables: Tables) -> Prepared:
    table = tables.messages
    place = (table.c.part == bindparam("in_part"), table.c.message_id == bindparam("of_message"), table.c.case_id == bindparam("of_case"))
    return Prepared(table.delete().where(*place))
