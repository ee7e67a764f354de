"""Mapped classes over the tables, for an embedding program's own SQLAlchemy queries and joins."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar

from sqlalchemy import ColumnElement, Table
from sqlalchemy.orm import DeclarativeBase, Mapped

from loanflow.records import CaseStatus, IncidentStatus, JobKind, JobState, Signing, TaskStatus
from loanflow.store import search_values, task_lists
from loanflow.store.tables import DEFAULT_PREFIX, Tables, tables_for


class _CaseColumns:
    """One row per case; ``state`` is the engine's own business and not mapped."""

    lf_tables: ClassVar[Tables]

    if TYPE_CHECKING:
        part: Mapped[int]
        id: Mapped[str]
        process_key: Mapped[str]
        process_definition_id: Mapped[str]
        process_version: Mapped[int]
        business_key: Mapped[str | None]
        status: Mapped[CaseStatus]
        outcome: Mapped[str | None]
        end_event: Mapped[str | None]
        started_at: Mapped[datetime]
        started_by: Mapped[str]
        updated_at: Mapped[datetime]
        ended_at: Mapped[datetime | None]
        version: Mapped[int]
        audit_seq: Mapped[int]
        audit_hash: Mapped[str]
        round: Mapped[int]

    @classmethod
    def where(
        cls,
        process_key: str,
        name: str,
        comparison: search_values.Comparison,
        value: str | Decimal | int | date | datetime | bool,
    ) -> ColumnElement[bool]:
        """Say that the case's search column ``name`` compares so: ``Case.where("loan", "amount", ">=", 50_000)``."""
        criterion = search_values.Criterion(name=name, comparison=comparison, value=value)
        table = cls.lf_tables.cases
        return search_values.holds(cls.lf_tables, criterion, process_key, table.c.part, table.c.id)


class _TaskColumns:
    """One row per piece of work a person sees."""

    lf_tables: ClassVar[Tables]

    if TYPE_CHECKING:
        part: Mapped[int]
        id: Mapped[str]
        case_id: Mapped[str]
        token: Mapped[int]
        process_key: Mapped[str]
        process_definition_id: Mapped[str]
        element_id: Mapped[str]
        business_key: Mapped[str | None]
        name: Mapped[str]
        status: Mapped[TaskStatus]
        assignee: Mapped[str | None]
        candidate_users: Mapped[tuple[str, ...]]
        candidate_groups: Mapped[tuple[str, ...]]
        different_from: Mapped[tuple[str, ...]]
        priority: Mapped[int]
        due_at: Mapped[datetime | None]
        follow_up_at: Mapped[datetime | None]
        form: Mapped[Any]
        instance: Mapped[int | None]
        created_at: Mapped[datetime]
        claimed_at: Mapped[datetime | None]
        closed_at: Mapped[datetime | None]
        completed_by: Mapped[str | None]
        close_reason: Mapped[str | None]
        version: Mapped[int]
        round: Mapped[int]
        owner: Mapped[str | None]
        parent_id: Mapped[str | None]
        signing: Mapped[Signing | None]
        rule: Mapped[str | None]
        opinion: Mapped[Any]
        urged_at: Mapped[datetime | None]
        urge_count: Mapped[int]

    @classmethod
    def visible_to(cls, user: str, groups: Iterable[str] = ()) -> ColumnElement[bool]:
        """Say that the task is the person's, or names them or one of their groups, or was completed by them."""
        return task_lists.visible(cls.lf_tables, user, tuple(groups))

    @classmethod
    def where(
        cls,
        process_key: str,
        name: str,
        comparison: search_values.Comparison,
        value: str | Decimal | int | date | datetime | bool,
    ) -> ColumnElement[bool]:
        """Say that the search column ``name`` of the task's case compares so."""
        criterion = search_values.Criterion(name=name, comparison=comparison, value=value)
        table = cls.lf_tables.tasks
        return search_values.holds(cls.lf_tables, criterion, process_key, table.c.part, table.c.case_id)


class _JobColumns:
    """One row per piece of work the engine owes itself; finished jobs have none."""

    if TYPE_CHECKING:
        part: Mapped[int]
        id: Mapped[str]
        case_id: Mapped[str]
        token: Mapped[int]
        process_key: Mapped[str]
        process_definition_id: Mapped[str]
        element_id: Mapped[str]
        kind: Mapped[JobKind]
        state: Mapped[JobState]
        handler: Mapped[str | None]
        lane: Mapped[str]
        due_at: Mapped[datetime]
        attempts: Mapped[int]
        max_attempts: Mapped[int]
        fence: Mapped[int]
        lease_until: Mapped[datetime | None]
        last_error: Mapped[str | None]
        created_at: Mapped[datetime]


class _IncidentColumns:
    """One row per stuck token."""

    if TYPE_CHECKING:
        part: Mapped[int]
        id: Mapped[str]
        case_id: Mapped[str]
        token: Mapped[int]
        process_key: Mapped[str]
        element_id: Mapped[str]
        business_key: Mapped[str | None]
        job_id: Mapped[str | None]
        code: Mapped[str]
        message: Mapped[str]
        status: Mapped[IncidentStatus]
        created_at: Mapped[datetime]
        resolved_at: Mapped[datetime | None]
        resolved_by: Mapped[str | None]


class _EventColumns:
    """One row per audit entry."""

    if TYPE_CHECKING:
        part: Mapped[int]
        case_id: Mapped[str]
        seq: Mapped[int]
        at: Mapped[datetime]
        actor: Mapped[str]
        source: Mapped[str | None]
        kind: Mapped[str]
        element_id: Mapped[str | None]
        token: Mapped[int | None]
        definition_id: Mapped[str | None]
        case_version: Mapped[int]
        data_json: Mapped[str]
        prev_hash: Mapped[str]
        hash: Mapped[str]


class _DecisionColumns:
    """One row per evaluation of a decision within a case."""

    if TYPE_CHECKING:
        part: Mapped[int]
        id: Mapped[str]
        case_id: Mapped[str]
        token: Mapped[int]
        element_id: Mapped[str]
        decision_key: Mapped[str]
        decision_version: Mapped[int]
        decision_definition_id: Mapped[str]
        evaluated_at: Mapped[datetime]
        inputs: Mapped[Any]
        value: Mapped[Any]
        trace: Mapped[Any]


class _Base(DeclarativeBase):
    """The default tables' registry; its metadata is ours alone, so ``create_all`` of the host never meets it."""

    metadata = tables_for().metadata


class Case(_CaseColumns, _Base):
    """One row per case; ``state`` is the engine's own business and not mapped."""

    lf_tables = tables_for()
    __table__ = tables_for().cases
    __mapper_args__ = {"exclude_properties": ["state"]}  # noqa: RUF012 - SQLAlchemy's own form


class Task(_TaskColumns, _Base):
    """One row per piece of work a person sees."""

    lf_tables = tables_for()
    __table__ = tables_for().tasks


class Job(_JobColumns, _Base):
    """One row per piece of work the engine owes itself; finished jobs have none."""

    __table__ = tables_for().jobs


class Incident(_IncidentColumns, _Base):
    """One row per stuck token."""

    __table__ = tables_for().incidents


class Event(_EventColumns, _Base):
    """One row per audit entry; read it, never write it: ``audit.verify`` would notice."""

    __table__ = tables_for().audit_entries


class Decision(_DecisionColumns, _Base):
    """One row per evaluation of a decision within a case."""

    __table__ = tables_for().decisions


@dataclass(frozen=True, slots=True, kw_only=True)
class MappedClasses:
    """The same classes over the tables of another schema or prefix."""

    Case: type[_CaseColumns]
    Task: type[_TaskColumns]
    Job: type[_JobColumns]
    Incident: type[_IncidentColumns]
    Event: type[_EventColumns]
    Decision: type[_DecisionColumns]


@lru_cache(maxsize=64)
def mapped_classes(*, schema: str | None = None, table_prefix: str = DEFAULT_PREFIX) -> MappedClasses:
    """Return the mapped classes for an engine that was given this schema and prefix."""
    if schema is None and table_prefix == DEFAULT_PREFIX:
        return MappedClasses(Case=Case, Task=Task, Job=Job, Incident=Incident, Event=Event, Decision=Decision)
    tables = tables_for(schema=schema, table_prefix=table_prefix)

    class Base(DeclarativeBase):
        metadata = tables.metadata

    def mapped(name: str, columns: type[Any], table: Table, **more: Any) -> type[Any]:
        body = {"__doc__": columns.__doc__, "__module__": __name__, "__table__": table, "lf_tables": tables, **more}
        return type(name, (columns, Base), body)

    return MappedClasses(
        Case=mapped("Case", _CaseColumns, tables.cases, __mapper_args__={"exclude_properties": ["state"]}),
        Task=mapped("Task", _TaskColumns, tables.tasks),
        Job=mapped("Job", _JobColumns, tables.jobs),
        Incident=mapped("Incident", _IncidentColumns, tables.incidents),
        Event=mapped("Event", _EventColumns, tables.audit_entries),
        Decision=mapped("Decision", _DecisionColumns, tables.decisions),
    )
