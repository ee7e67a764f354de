"""Suspension: a case, or a definition, stands still until it is resumed.

Nobody can work on the tasks of a suspended case, its jobs and timers do not run, and messages for it are kept. A suspended
definition starts no cases. What was due meanwhile is caught up on when they are resumed.
"""

from __future__ import annotations

from dataclasses import replace

from loanflow import store
from loanflow.engine import access
from loanflow.engine.advance import CaseFile
from loanflow.engine.cases import check_running, id_of
from loanflow.engine.command import Command
from loanflow.engine.handlers import nearest
from loanflow.errors import NotFound
from loanflow.records import Case, CaseStatus, ProcessDefinition


def check(command: Command, case: str) -> None:
    """Refuse whoever may not suspend or resume, and a case that is over."""
    _may(command)
    found = store.cases.get(command.transaction, id_of(command.transaction, case))
    if found is not None and found.status is not CaseStatus.SUSPENDED:
        check_running(found)


def suspend(command: Command, case: str, reason: str) -> Case:
    """Let an open case stand still; one that does already is left as it is."""
    _may(command)
    file = CaseFile.load(command, id_of(command.transaction, case))
    if file.case.status is CaseStatus.SUSPENDED:
        return file.case
    check_running(file.case)
    file.case = replace(file.case, status=CaseStatus.SUSPENDED)
    file.remember("case.suspended", reason=reason.strip() or None)
    written = file.save()
    store.jobs.suspend(command.transaction, written.id)
    return written


def resume(command: Command, case: str) -> Case:
    """Let a suspended case go on, with the jobs and messages that came due meanwhile; an open one is left as it is."""
    _may(command)
    file = CaseFile.load(command, id_of(command.transaction, case))
    if file.case.status is CaseStatus.OPEN:
        return file.case
    if file.case.status is not CaseStatus.SUSPENDED:
        check_running(file.case)
    file.case = replace(file.case, status=CaseStatus.OPEN)
    file.remember("case.resumed")
    file.wait_again()
    written = file.save()
    store.jobs.resume(command.transaction, written.id, now=command.now)
    command.has_work = True
    return written


def suspend_definition(command: Command, definition: str) -> tuple[ProcessDefinition, ...]:
    """Let a definition (its id), or every version of a process (its key), start no more cases."""
    _may(command)
    found = _definitions(command, definition)
    for each in found:
        store.definitions.suspend(command.transaction, each.id, at=command.now)
        store.jobs.suspend(command.transaction, each.id)
    return _definitions(command, definition)


def resume_definition(command: Command, definition: str) -> tuple[ProcessDefinition, ...]:
    """Let a suspended definition start cases again; its timers that came due meanwhile fire."""
    _may(command)
    for each in _definitions(command, definition):
        store.definitions.suspend(command.transaction, each.id, at=None)
        store.jobs.resume(command.transaction, each.id, now=command.now)
    command.has_work = True
    return _definitions(command, definition)


def _may(command: Command) -> None:
    access.check_supervisor(command.actor, command.house.settings.supervisors)


def _definitions(command: Command, definition: str) -> tuple[ProcessDefinition, ...]:
    transaction = command.transaction
    one = store.definitions.get(transaction, ProcessDefinition, definition)
    found = (one,) if one is not None else store.definitions.versions(transaction, ProcessDefinition, definition)
    if not found:
        keys = [each.key for each in store.definitions.all_latest(transaction, ProcessDefinition)]
        raise NotFound(f'no process "{definition}" is deployed{nearest(definition, keys).replace("registered", "deployed")}')
    return found
