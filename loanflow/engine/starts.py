"""Start events that wait for a timer, a signal or a condition; the first two as jobs that belong to a definition, not to a case.

Such a job carries the definition's id where others carry their case's. That of a timer enqueues its successor.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from loanflow import store
from loanflow.engine.backoff import OWN_TRIES
from loanflow.engine.cases import open_case
from loanflow.engine.command import Command, Suspended
from loanflow.engine.definitions import CompiledProcess
from loanflow.engine.values import to_values
from loanflow.errors import CommandError
from loanflow.execution import Stuck
from loanflow.feel import from_json
from loanflow.records import Case, Job, JobKind, JobState, ProcessDefinition

_TOKEN = 0


def is_of_definition(job: Job) -> bool:
    """Say whether the job belongs to a definition rather than to a case."""
    return job.case_id == job.process_definition_id


def schedule(command: Command, process: CompiledProcess, *, replaces: str | None) -> None:
    """Schedule the timer start events of a definition just deployed, in place of those of the version before it."""
    if replaces is not None:
        store.jobs.cancel(command.transaction, replaces, [_TOKEN])
    for start in process.program.start_events:
        if start.kind == "timer":
            first = process.program.first_due(start.element_id, now=command.now)
            if first is not None:
                _enqueue(command, process, start.element_id, *first)


def run(command: Command, job: Job) -> None:
    """Start a case, with the variables of a signal; schedule the next round of a timer."""
    definition = store.definitions.get(command.transaction, ProcessDefinition, job.process_definition_id)
    if definition is not None and definition.suspended_at is not None:
        raise Suspended
    process = command.house.definitions.process(command.transaction, job.process_definition_id)
    values = {name: from_json(value) for name, value in job.headers.get("variables", {}).items()}
    memo = job.headers.get("memo")
    if memo is not None:
        following = process.program.first_due(job.element_id, now=command.now, fired_memo=memo)
        if following is not None:
            _enqueue(command, process, job.element_id, *following)
    open_case(command, process, key=None, values=values, start_event=job.element_id).save()


def by_condition(command: Command, variables: Mapping[str, Any]) -> tuple[Case, ...]:
    """Start a case of each process whose conditional start event holds for the variables, with those variables.

    Raises:
        CommandError: a condition gave neither true nor false; nothing has changed.
    """
    values = to_values(variables)
    started: list[Case] = []
    for definition in store.definitions.all_latest(command.transaction, ProcessDefinition):
        elements = definition.properties.get("condition_starts", {})
        if not elements or definition.suspended_at is not None:
            continue
        process = command.house.definitions.process(command.transaction, definition.id)
        for element_id in elements:
            try:
                holds = process.program.condition_holds(element_id, values, now=command.now)
            except Stuck as stuck:
                raise CommandError(stuck.message) from stuck
            if holds:
                started.append(open_case(command, process, key=None, values=values, start_event=element_id).save())
    return tuple(started)


def _enqueue(command: Command, process: CompiledProcess, element_id: str, due_at: datetime, memo: Any) -> None:
    definition = process.definition
    store.jobs.insert(
        command.transaction,
        [
            Job(
                id=store.new_id_for(definition.id),
                case_id=definition.id,
                token=_TOKEN,
                kind=JobKind.TIMER,
                process_key=definition.key,
                process_definition_id=definition.id,
                element_id=element_id,
                due_at=due_at,
                created_at=command.now,
                state=JobState.READY if due_at <= command.now else JobState.SCHEDULED,
                max_attempts=OWN_TRIES,
                headers={"memo": memo},
            )
        ],
    )
