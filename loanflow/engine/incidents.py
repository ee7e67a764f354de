"""Incidents: cases that are stuck, and how a person helps them on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from loanflow import store
from loanflow.engine.cases import check_running, open_file
from loanflow.engine.command import Command
from loanflow.engine.values import to_values
from loanflow.errors import Conflict, NotFound
from loanflow.records import Incident, IncidentStatus
from loanflow.store import Transaction


def get(transaction: Transaction, incident_id: str) -> Incident:
    """Return an incident.

    Raises:
        NotFound: there is none.
    """
    incident = store.incidents.get(transaction, incident_id)
    if incident is None:
        raise NotFound(f"there is no incident {incident_id}")
    return incident


def resolve(command: Command, incident_id: str, variables: Mapping[str, Any], retries: int) -> Incident:
    """Correct variables if any are given, then try again where the case is stuck.

    A dead job is given ``retries`` more tries; anything else goes on at once, and may get stuck again: then there is a
    new incident.
    """
    transaction = command.transaction
    incident = get(transaction, incident_id)
    if incident.status is not IncidentStatus.OPEN:
        raise Conflict(f"the incident was resolved already, by {incident.resolved_by}")
    if retries < 1:
        raise Conflict(f"retries counts further tries and is at least 1, not {retries}")
    file = open_file(command, incident.case_id)
    check_running(file.case)
    file.remember(
        "incident.resolved",
        element_id=incident.element_id,
        token=incident.token,
        definition_id=incident.process_definition_id,
        code=incident.code,
        names=sorted(variables) or None,
    )
    if variables:
        file.take(file.execution.set_variables(to_values(variables), host=file.host, token=incident.token))
    if incident.job_id is None:
        file.take(file.execution.resume(incident.token, host=file.host))
    file.save()
    if not store.incidents.resolve(transaction, incident_id, by=command.actor.id, at=command.now):
        raise Conflict("the incident was resolved by someone else at the same moment")
    if incident.job_id is not None:
        if not store.jobs.revive(transaction, incident.job_id, now=command.now, attempts=retries):
            raise Conflict("the dead job of this incident is gone")
        command.has_work = True
    return get(transaction, incident_id)
