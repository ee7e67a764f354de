"""Signals: everyone who waits for one hears it, and every process that starts with it starts a case.

Each of them is a job of its own, so that what one makes of the signal is nothing to the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from loanflow import store
from loanflow.engine.backoff import OWN_TRIES
from loanflow.engine.command import Command
from loanflow.engine.values import to_values
from loanflow.feel import FeelValue, to_json
from loanflow.records import Job, JobKind, ProcessDefinition

_TOKEN = 1
"""Tells such a job of a definition from that of its timer start event, which a new version replaces."""


def throw(command: Command, name: str, variables: Mapping[str, Any]) -> int:
    """Tell everyone; return how many cases hear it or start with it."""
    jobs = receivers(command, name, to_values(variables))
    store.jobs.insert(command.transaction, jobs)
    command.has_work = command.has_work or bool(jobs)
    return len(jobs)


def receivers(command: Command, name: str, values: Mapping[str, FeelValue]) -> list[Job]:
    """Return a job for each case that waits for the signal and each process that starts with it; not written yet."""
    headers = {"signal": name, "variables": {variable: to_json(value) for variable, value in values.items()}}
    jobs: list[Job] = []
    after = ""
    while waiting := store.subscriptions.of_signal(command.transaction, name, after_id=after):
        after = waiting[-1].id
        jobs += [
            _job(
                command,
                subscription.case_id,
                token=subscription.token,
                process_key=subscription.process_key,
                process_definition_id=subscription.process_definition_id,
                element_id=subscription.element_id,
                headers=headers,
            )
            for subscription in waiting
        ]
    for definition in store.definitions.all_latest(command.transaction, ProcessDefinition):
        for element_id, caught in definition.properties.get("signal_starts", {}).items():
            if caught == name:
                jobs.append(
                    _job(
                        command,
                        definition.id,
                        token=_TOKEN,
                        process_key=definition.key,
                        process_definition_id=definition.id,
                        element_id=element_id,
                        headers=headers,
                    )
                )
    return jobs


def _job(command: Command, owner: str, **place: Any) -> Job:
    return Job(
        **place,
        id=store.new_id_for(owner),
        case_id=owner,
        kind=JobKind.CONTINUATION,
        due_at=command.now,
        created_at=command.now,
        max_attempts=OWN_TRIES,
    )
