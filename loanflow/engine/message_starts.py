"""Message start events of Camunda 8: of each process one case at a time for each correlation key; the next message waits for its end.

Which case has a key is remembered in a row of its own among the messages, named by process and key: inserted or changed only
as it was read, it decides between messages that come at one moment. A message that waits says so by its ``case_id``.
"""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256

from loanflow import store
from loanflow.bpmn.model import Dialect
from loanflow.engine.backoff import OWN_TRIES
from loanflow.engine.command import CaseMoved, Command
from loanflow.engine.definitions import CompiledProcess
from loanflow.records import Case, CaseStatus, Job, JobKind, Message, MessageStatus
from loanflow.store import Transaction

_GOES_ON = (CaseStatus.OPEN, CaseStatus.SUSPENDED)


def holder(command: Command, process: CompiledProcess, message: Message) -> str | None:
    """Return the case that the message has to wait for, None where there is none.

    It is the last one of the process that a message of the same key started: while it goes on, and once it has ended as
    long as others wait for that. Who asks is alone with the key, and the case does not end, until this transaction does.
    """
    held = _held(command, process, message)
    case = None if held is None else store.cases.lock(command.transaction, held)
    if case is None:
        return None
    waits = (
        case.status in _GOES_ON or store.messages.waiting_for(command.transaction, case.id, names_of(process), now=command.now) is not None
    )
    return case.id if waits else None


def next_after(command: Command, process: CompiledProcess, case_id: str) -> Message | None:
    """Return the message that the end of a case lets start another, None where none waits for it, or no longer."""
    names = names_of(process)
    message = store.messages.waiting_for(command.transaction, case_id, names, now=command.now)
    if message is None or _held(command, process, message) != case_id:
        return None
    # Looked for once more, now that nobody else can take it.
    return store.messages.waiting_for(command.transaction, case_id, names, now=command.now)


def _held(command: Command, process: CompiledProcess, message: Message) -> str | None:
    if process.program.dialect is not Dialect.CAMUNDA8 or message.correlation_key is None:
        return None
    held = store.messages.get(command.transaction, _hold(process, message.correlation_key), locked=True)
    return None if held is None else held.case_id


def hold(command: Command, process: CompiledProcess, message: Message, case_id: str) -> None:
    """Give the message's key to the case it starts.

    Raises:
        CaseMoved: another message was faster.
    """
    if process.program.dialect is not Dialect.CAMUNDA8 or message.correlation_key is None:
        return
    row = Message(
        message_id=_hold(process, message.correlation_key),
        name=process.definition.key,
        received_at=command.now,
        received_from=command.actor.id,
        status=MessageStatus.DELIVERED,
        case_id=case_id,
    )
    before = store.messages.arrive(command.transaction, row)
    if before is None:
        return
    ended = None if before.case_id is None else store.cases.get(command.transaction, before.case_id)
    if (ended is not None and ended.status in _GOES_ON) or not store.messages.pass_on(command.transaction, before, case_id):
        # Both were the first of their key.
        raise CaseMoved("another message has started a case with the same key")


def frees_key(case: Case, process: CompiledProcess) -> bool:
    """Say whether a message may be waiting for the case to end, as it does."""
    return case.status not in _GOES_ON and process.program.dialect is Dialect.CAMUNDA8 and bool(names_of(process))


def job_after(transaction: Transaction, case: Case, process: CompiledProcess, now: datetime) -> tuple[Job, ...]:
    """Return the job that starts a case with the message that waited for this one's end; nothing where none does.

    The case must have been written as ended: from then on no other message waits for it.
    """
    if not frees_key(case, process) or store.messages.waiting_for(transaction, case.id, names_of(process), now=now) is None:
        return ()
    definition_id = process.definition.id
    return (
        Job(
            id=store.new_id_for(definition_id),
            case_id=definition_id,
            token=0,
            kind=JobKind.CONTINUATION,
            process_key=case.process_key,
            process_definition_id=definition_id,
            element_id=process.process.id,
            due_at=now,
            created_at=now,
            max_attempts=OWN_TRIES,
            headers={"after": case.id},
        ),
    )


def names_of(process: CompiledProcess) -> frozenset[str]:
    """Return the names of the messages that start the process."""
    return frozenset(process.definition.properties.get("message_starts", {}).values())


def _hold(process: CompiledProcess, correlation_key: str) -> str:
    return "key " + sha256(f"{process.definition.key}\n{correlation_key}".encode()).hexdigest()
