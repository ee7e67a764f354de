"""Where in its model a case waits: the rows of tasks, jobs, subscriptions and incidents, moved to another version together.

A case migration writes here, and keeps what it takes away so that it can be brought back.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, TypeVar, cast, get_args, get_type_hints

from sqlalchemy import bindparam, or_

from loanflow.records import Incident, IncidentStatus, Job, Subscription, Task, TaskStatus
from loanflow.records.revision import field_names
from loanflow.store import incidents, jobs, subscriptions, task_search_values, tasks
from loanflow.store.database import Transaction
from loanflow.store.identifiers import part_of
from loanflow.store.prepared import Prepared
from loanflow.store.tables import Tables
from loanflow.store.types import instant_from_text, instant_text

Record = TypeVar("Record", Task, Job, Subscription, Incident)

TABLES = ("tasks", "jobs", "subscriptions", "incidents")

_UNDONE = (TaskStatus.OPEN, TaskStatus.WAITING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the token stands now; ``form`` and ``different_from`` are for tasks."""

    token: int
    element_id: str
    process_definition_id: str
    form: Mapping[str, Any] | None = None
    different_from: tuple[str, ...] = ()


def move(transaction: Transaction, case_id: str, noun: str, places: Iterable[Place]) -> None:
    """Say where the open rows of these tokens are now; ``noun`` is one of `TABLES`."""
    here = {"in_part": part_of(case_id), "of_case": case_id}
    rows = [
        here
        | {
            "of_token": place.token,
            "element_id": place.element_id,
            "process_definition_id": place.process_definition_id,
            "form": place.form,
            "different_from": place.different_from,
        }
        for place in places
    ]
    _move(transaction.tables, noun).change_all(transaction.connection, rows)


def rename_finished_tasks(
    transaction: Transaction, case_id: str, elements: Mapping[str, str], *, among: Collection[str], into: str, before: datetime
) -> None:
    """Let done tasks of the definitions ``among`` be found under the new ids of their elements, in the definition ``into``.

    Rules about who did what, such as four eyes, name elements; a case on a new version names them by their new ids. Only tasks
    closed ``before`` or at that instant are meant.
    """
    here = {"in_part": part_of(case_id), "of_case": case_id, "of_definitions": sorted(among), "until": before, "into": into}
    for old, new in elements.items():
        _rename(transaction.tables).change(transaction.connection, here | {"old": old, "new": new})


def keep(transaction: Transaction, case_id: str, tokens: Collection[int]) -> dict[str, Any]:
    """Write down the open rows of these tokens, JSON-ready, for `bring_back`."""
    if not tokens:
        return {}
    found: dict[str, Iterable[Task | Job | Subscription | Incident]] = {
        "tasks": [task for task in tasks.of_case(transaction, case_id) if task.status in _UNDONE],
        "jobs": jobs.of_case(transaction, case_id),
        "subscriptions": subscriptions.of_case(transaction, case_id),
        "incidents": incidents.of_case(transaction, case_id, status=IncidentStatus.OPEN),
    }
    written = {noun: [_written(record) for record in records if record.token in tokens] for noun, records in found.items()}
    return {noun: records for noun, records in written.items() if records}


def bring_back(transaction: Transaction, case_id: str, rows: Mapping[str, Any]) -> None:
    """Make the rows what they were when `keep` wrote them down, in place of what their tokens have now."""
    kept_jobs = [_read(Job, row) for row in rows.get("jobs", ())]
    jobs.cancel(transaction, case_id, [job.token for job in kept_jobs])
    jobs.insert(transaction, kept_jobs)
    kept_subscriptions = [_read(Subscription, row) for row in rows.get("subscriptions", ())]
    subscriptions.delete(transaction, case_id, [subscription.token for subscription in kept_subscriptions])
    subscriptions.insert(transaction, kept_subscriptions)
    for row in rows.get("tasks", ()):
        task = _read(Task, row)
        now = tasks.get(transaction, task.id)
        if now is not None:
            tasks.update(transaction, now, task)
    task_search_values.remove(transaction, case_id)
    task_search_values.add(transaction, case_id)
    table = transaction.tables.incidents
    for row in rows.get("incidents", ()):
        place = table.update().where(table.c.part == part_of(case_id), table.c.id == row["id"])
        transaction.connection.execute(place.values(status=IncidentStatus.OPEN, resolved_at=None, resolved_by=None))


@lru_cache(maxsize=64)
def _rename(tables: Tables) -> Prepared:
    table = tables.tasks
    done = table.update().where(
        table.c.part == bindparam("in_part"),
        table.c.case_id == bindparam("of_case"),
        table.c.element_id == bindparam("old"),
        table.c.process_definition_id.in_(bindparam("of_definitions", expanding=True)),
        table.c.status.not_in(_UNDONE),
        table.c.closed_at <= bindparam("until"),
    )
    return Prepared(done.values(element_id=bindparam("new"), process_definition_id=bindparam("into")))


@lru_cache(maxsize=64)
def _move(tables: Tables, noun: str) -> Prepared:
    table = {name: getattr(tables, name) for name in TABLES}[noun]
    conditions = [
        table.c.part == bindparam("in_part"),
        table.c.case_id == bindparam("of_case"),
        table.c.token == bindparam("of_token"),
    ]
    names = ["element_id", "process_definition_id"]
    if noun == "tasks":
        conditions.append(or_(*(table.c.status == status for status in _UNDONE)))
        names += ["form", "different_from"]
    elif noun == "incidents":
        conditions.append(table.c.status == IncidentStatus.OPEN)
    return Prepared(table.update().where(*conditions).values({name: bindparam(name) for name in names}))


# Records as JSON


def _written(record: Task | Job | Subscription | Incident) -> dict[str, Any]:
    def plain(value: Any) -> Any:
        match value:
            case datetime():
                return instant_text(value)
            case StrEnum():
                return value.value
            case tuple():
                return list(cast("tuple[Any, ...]", value))
            case _:
                return value

    return {name: plain(getattr(record, name)) for name in field_names(type(record))}


def _read(kind: type[Record], row: Mapping[str, Any]) -> Record:
    hints = get_type_hints(kind)

    def value_of(name: str, value: Any) -> Any:
        kinds = get_args(hints[name]) or (hints[name],)
        if value is None:
            return None
        if datetime in kinds:
            return instant_from_text(value)
        words = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, StrEnum)]
        if words:
            return words[0](value)
        return tuple(cast("list[Any]", value)) if isinstance(value, list) else value

    return kind(**{name: value_of(name, value) for name, value in row.items()})
