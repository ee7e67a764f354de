"""Cases: started, changed and cancelled; where they stand and what happened to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from loanflow import audit, forms, store
from loanflow.bpmn.model import StartEvent
from loanflow.engine import access
from loanflow.engine.advance import CaseFile
from loanflow.engine.command import Command, House
from loanflow.engine.definitions import CompiledProcess
from loanflow.engine.forms import form_at
from loanflow.engine.handlers import nearest
from loanflow.engine.host import CaseHost
from loanflow.engine.values import from_stored, to_values
from loanflow.errors import Conflict, NotFound
from loanflow.execution import CaseExecution
from loanflow.feel import to_python
from loanflow.records import AuditEntry, Case, CaseStatus, DecisionRecord, ProcessDefinition
from loanflow.store import Transaction

MAX_KEY = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """One entry of a case's history in Python values, with the element's name beside its id.

    ``kind``, ``data`` and the rest are as the entry was written; ``hash`` is its link in the chain.
    """

    seq: int
    at: datetime
    actor: str
    source: str | None
    kind: str
    element_id: str | None
    element_name: str | None
    token: int | None
    definition_id: str | None
    data: Mapping[str, Any]
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A token: where the case stands. ``kind`` says what it waits for: ``task``, ``job``, ``timer``, ``message``, ``incident``, ...

    ``definition_id`` is the process the element is in: the called one inside a call activity.
    """

    token: int
    element_id: str
    element_name: str | None
    definition_id: str
    kind: str
    since: datetime


def latest_process(transaction: Transaction, house: House, process_key: str, *, startable: bool = False) -> CompiledProcess:
    """Return the newest deployed version of a process.

    Raises:
        NotFound: nothing of that key is deployed; the message names the nearest key.
        Conflict: it has to be ``startable`` and is suspended.
    """
    definition = store.definitions.latest(transaction, ProcessDefinition, process_key)
    if definition is None:
        keys = [definition.key for definition in store.definitions.all_latest(transaction, ProcessDefinition)]
        raise NotFound(f'no process "{process_key}" is deployed{nearest(process_key, keys).replace("registered", "deployed")}')
    if startable:
        check_startable(definition)
    return house.definitions.process(transaction, definition.id)


def start(
    command: Command,
    process_key: str,
    *,
    key: str | None,
    variables: Mapping[str, Any],
    validate: bool,
    start_event: str | None = None,
) -> Case:
    """Open a case on the newest version and let it run to its first wait states."""
    process = latest_process(command.transaction, command.house, process_key, startable=True)
    values = to_values(variables)
    if validate:
        form = start_form_of(command.transaction, command.house, process)
        if form is not None:
            accepted = forms.validate(form, variables, {}, clock=lambda: command.now)
            values = dict(accepted.values)
    model = process.process
    access.check_starter(model.name or model.id, model.candidate_starter_users, model.candidate_starter_groups, command.actor)
    return open_case(command, process, key=key, values=values, start_event=start_event).save(recallable=True)


def open_case(
    command: Command, process: CompiledProcess, *, key: str | None, values: Mapping[str, Any], start_event: str | None = None
) -> CaseFile:
    """Begin a case of a definition; ``values`` are FEEL values. The caller saves it."""
    definition = process.definition
    if key is not None and not 0 < len(key) <= MAX_KEY:
        raise Conflict(f"a business key has 1 to {MAX_KEY} characters, not {len(key)}")
    case_id = store.new_case_id()
    if key is not None:
        owner = store.cases.reserve_key(command.transaction, key, case_id)
        if owner != case_id:
            raise Conflict(f'the business key "{key}" belongs to case {owner} already')
    case = Case(
        id=case_id,
        process_key=definition.key,
        process_definition_id=definition.id,
        process_version=definition.version,
        business_key=key,
        started_at=command.now,
        started_by=command.actor.id,
        updated_at=command.now,
        version=1,
    )
    return CaseFile.started(command, case, process, values, start_event=start_event)


def check_startable(definition: ProcessDefinition) -> None:
    """Refuse to start a case of a suspended definition.

    Raises:
        Conflict: it is suspended; the message says since when.
    """
    if definition.suspended_at is not None:
        name, since = definition.name or definition.key, f"{definition.suspended_at:%Y-%m-%d %H:%M} UTC"
        raise Conflict(
            f'the process "{name}" (version {definition.version}) is suspended since {since} and starts no cases',
            code="definition-suspended",
            zh=f"流程“{name}”（第 {definition.version} 版）自 {since} 起已挂起，不能发起新案件",
        )


def start_form(transaction: Transaction, house: House, process_key: str) -> forms.Form | None:
    """Return the form shown to whoever starts the process, or None."""
    return start_form_of(transaction, house, latest_process(transaction, house, process_key))


def start_form_of(transaction: Transaction, house: House, process: CompiledProcess) -> forms.Form | None:
    """Return the form of the process's none start event, or None."""
    for node in process.process.body.nodes.values():
        if isinstance(node, StartEvent) and node.event is None:
            return form_at(transaction, house, process, node.id, {})
    return None


def set_variables(command: Command, case_id: str, variables: Mapping[str, Any]) -> Case:
    """Change variables of an open case from outside its model; what waits for a condition looks again."""
    file = open_file(command, case_id)
    file.remember("variables.changed", names=sorted(variables))
    file.take(file.execution.set_variables(to_values(variables), host=file.host))
    return file.save()


def cancel(command: Command, case_id: str, reason: str) -> Case:
    """End an open case as it stands."""
    file = CaseFile.load(command, id_of(command.transaction, case_id))
    if file.case.status is not CaseStatus.SUSPENDED:
        check_running(file.case)
    file.cancel(reason)
    return file.save()


def open_file(command: Command, case: str) -> CaseFile:
    """Take an open case out of the store by id or business key.

    Raises:
        NotFound: there is no such case.
        Conflict: it has ended.
    """
    file = CaseFile.load(command, id_of(command.transaction, case))
    check_running(file.case)
    return file


def check_running(case: Case) -> None:
    """Refuse to touch a case that is over.

    Raises:
        Conflict: the message says since when.
    """
    if case.status is CaseStatus.SUSPENDED:
        name = case.business_key or case.id
        raise Conflict(f"case {name} is suspended; it must be resumed first", code="case-suspended", zh=f"案件 {name} 已挂起，须先恢复")
    if case.status is not CaseStatus.OPEN:
        how = "was cancelled" if case.status is CaseStatus.CANCELLED else "ended"
        raise Conflict(f"case {case.business_key or case.id} {how} at {case.ended_at:%Y-%m-%d %H:%M} UTC")


def id_of(transaction: Transaction, case: str) -> str:
    """Return the case's id, given its id or its business key.

    Raises:
        NotFound: neither is known, or the case was removed.
    """
    found = store.cases.get(transaction, case)
    if found is not None:
        return found.id
    by_key = store.cases.id_by_key(transaction, case)
    if by_key is None:
        raise audit.missing(transaction, case)
    return by_key


def get(transaction: Transaction, case: str) -> Case:
    """Return a case by its id or business key.

    Raises:
        NotFound: there is none, or no more.
    """
    found = store.cases.get(transaction, case) or store.cases.by_key(transaction, case)
    if found is None:
        raise audit.missing(transaction, case)
    return found


def variables(command: Command, case: str, *, token: int | None = None) -> dict[str, Any]:
    """Return the variables seen from a token, or the process's own, as Python values."""
    file = CaseFile.load(command, id_of(command.transaction, case))
    return {name: to_python(value) for name, value in file.execution.variables(token).items()}


def standing(command: Command, case: str) -> tuple[Standing, ...]:
    """Say where an open case stands: one line per token; nothing once it is over."""
    found = store.cases.load(command.transaction, id_of(command.transaction, case))
    if found is None or found[0].status not in (CaseStatus.OPEN, CaseStatus.SUSPENDED):
        return ()
    execution = CaseExecution.load(found[1], host=CaseHost(command, found[0].id), limits=command.house.settings.limits)
    definitions = command.house.definitions
    return tuple(
        Standing(
            token=token.token,
            element_id=token.element_id,
            element_name=definitions.process(command.transaction, token.program).name_of(token.element_id),
            definition_id=token.program,
            kind=token.kind,
            since=token.since,
        )
        for token in execution.tokens
    )


def history(transaction: Transaction, house: House, case: str) -> tuple[HistoryEntry, ...]:
    """Return everything that happened to the case, in order."""
    entries = store.audit_entries.of_case(transaction, id_of(transaction, case))
    return tuple(_entry(transaction, house, entry) for entry in entries)


def decisions(transaction: Transaction, case: str) -> tuple[DecisionRecord, ...]:
    """Return every decision evaluated in the case, in order; inputs and value as Python values, the trace as JSON."""
    found = store.decisions.of_case(transaction, id_of(transaction, case))
    return tuple(
        replace(record, inputs={name: from_stored(value) for name, value in record.inputs.items()}, value=from_stored(record.value))
        for record in found
    )


def verify(transaction: Transaction, case: str) -> int:
    """Check the case's chain link by link; return how many entries it has.

    Raises:
        AuditChainBroken: names the first entry that does not hold.
    """
    return audit.verify(transaction, id_of(transaction, case))


def _entry(transaction: Transaction, house: House, entry: AuditEntry) -> HistoryEntry:
    name: str | None = None
    if entry.definition_id is not None and entry.element_id is not None:
        name = house.definitions.process(transaction, entry.definition_id).name_of(entry.element_id)
    return HistoryEntry(
        seq=entry.seq,
        at=entry.at,
        actor=entry.actor,
        source=entry.source,
        kind=entry.kind,
        element_id=entry.element_id,
        element_name=name,
        token=entry.token,
        definition_id=entry.definition_id,
        data={name: from_stored(value) for name, value in entry.data.items()},
        hash=entry.hash,
    )
