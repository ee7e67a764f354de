"""Incidents: cases that are stuck, and how a person helps them on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from loanflow import store
from loanflow.engine import access
from loanflow.engine.advance import CaseFile
from loanflow.engine.cases import check_running
from loanflow.engine.cases import variables as case_variables
from loanflow.engine.command import Command
from loanflow.engine.modifications import check_reason
from loanflow.engine.values import to_values
from loanflow.errors import CommandError, Conflict, NotFound
from loanflow.feel import to_json
from loanflow.records import CaseStatus, Incident, IncidentStatus
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


def variables(command: Command, incident_id: str) -> dict[str, Any]:
    """Return the variables that the stuck token of an open incident sees, as Python values."""
    incident = get(command.transaction, incident_id)
    token = incident.token if incident.status is IncidentStatus.OPEN else None
    return case_variables(command, incident.case_id, token=token)


def complete(command: Command, incident_id: str, outputs: Mapping[str, Any], reason: str) -> Incident:
    """Take as done by hand what a handler could not do; the case goes on with these outputs, and the dead job goes."""
    access.check_supervisor(command.actor, command.house.settings.supervisors)
    words = check_reason(reason)
    incident = get(command.transaction, incident_id)
    if incident.status is not IncidentStatus.OPEN:
        raise Conflict(f"the incident was resolved already, by {incident.resolved_by}")
    if incident.job_id is None:
        raise CommandError(
            "only the work of a handler can be done by hand; correct variables and try again, or skip the element by a modification",
            code="no-handler",
            zh="只有处理程序的工作可以手工完成；请改正变量后重试，或用流程修改跳过该环节",
        )
    values = to_values(outputs)
    file = _stuck_file(command, incident)
    file.remember(
        "incident.completed",
        element_id=incident.element_id,
        token=incident.token,
        definition_id=incident.process_definition_id,
        code=incident.code,
        reason=words,
        values=to_json(dict(values)),
    )
    file.take(file.execution.complete(incident.token, values, host=file.host))
    file.save()
    if not store.incidents.resolve(command.transaction, incident_id, by=command.actor.id, at=command.now):
        raise Conflict("the incident was resolved by someone else at the same moment")
    store.jobs.cancel(command.transaction, incident.case_id, [incident.token])
    return get(command.transaction, incident_id)


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
    file = _stuck_file(command, incident)
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


def _stuck_file(command: Command, incident: Incident) -> CaseFile:
    # What may outlive its case: listeners of what was cancelled with it, and the job of a signal that it threw last of all.
    file = CaseFile.load(command, incident.case_id)
    outlived = file.case.status is CaseStatus.CANCELLED or (incident.job_id is not None and file.case.status is CaseStatus.ENDED)
    if not outlived:
        check_running(file.case)
    return file
