"""Messages: each finds the one case that waits for it, starts one, or is kept for a while.

A message is found by the correlation key its model computes, or by the case's business key. One that carries a
``message_id`` counts once, however often it arrives.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from loanflow import store
from loanflow.engine import message_starts
from loanflow.engine.advance import CaseFile
from loanflow.engine.cases import check_startable, open_case
from loanflow.engine.command import CaseMoved, Command, Suspended
from loanflow.engine.definitions import CompiledProcess
from loanflow.engine.values import to_values
from loanflow.errors import Conflict, NotFound
from loanflow.feel import FeelValue, from_json, to_json
from loanflow.records import CaseStatus, Job, Message, MessageStatus, ProcessDefinition, Subscription

_log = logging.getLogger(__name__)


class Received(StrEnum):
    """What became of a message: it moved a case, started one, waits for one, or had come before."""

    DELIVERED = "delivered"
    STARTED = "started"
    BUFFERED = "buffered"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Correlation:
    """The answer to a message; ``case_id`` is None while it waits for its case."""

    status: Received
    case_id: str | None
    message_id: str


def correlate(
    command: Command,
    name: str,
    *,
    key: str | None,
    correlation_key: str | None,
    variables: Mapping[str, Any],
    message_id: str | None,
    lifetime: timedelta | None,
) -> Correlation:
    """Deliver a message to the case that waits for it, else start a case by it, else keep it."""
    values = to_values(variables)
    message = Message(
        message_id=message_id or store.new_definition_id(),
        name=name,
        received_at=command.now,
        received_from=command.actor.id,
        correlation_key=correlation_key,
        business_key=key,
        variables={variable: to_json(value) for variable, value in values.items()},
        expires_at=command.now + (command.house.settings.message_lifetime if lifetime is None else lifetime),
    )
    if message_id is not None:
        earlier = store.messages.arrive(command.transaction, message)
        if earlier is not None:
            return Correlation(status=Received.DUPLICATE, case_id=earlier.case_id, message_id=message_id)
    subscription = _waiting(command, message)
    suspended = subscription is not None and _is_suspended(command, subscription.case_id)
    if subscription is not None and not suspended:
        file = _deliver(command, subscription, message, values)
        return _settled(command, message, file.case.id, Received.DELIVERED, kept=message_id is not None)
    start = None if suspended else _start_of(command, message)
    holder = None if start is None else message_starts.holder(command, start[0], message)
    if start is not None and holder is None:
        started = _begin(command, *start, message, values)
        return _settled(command, message, started, Received.STARTED, kept=message_id is not None)
    if holder is not None and key is not None and store.cases.id_by_key(command.transaction, key) is not None:
        raise Conflict(f'the business key "{key}" belongs to a case already')
    if key is None and correlation_key is None:
        raise NotFound(f'no case waits for the message "{name}" and none starts with it; without a key it cannot be kept')
    if message_id is None:
        store.messages.arrive(command.transaction, message)
    if holder is not None:
        store.messages.wait_for(command.transaction, message.message_id, holder)
    if suspended:
        # However long the case stands still.
        store.messages.keep(command.transaction, message.message_id)
    if command.transaction.dialect != "sqlite":
        # A case that subscribes at this very moment is not seen yet, nor does it see the message.
        command.follow_ups.append(lambda command: _deliver_buffered(command, message.message_id))
    return Correlation(status=Received.BUFFERED, case_id=None, message_id=message.message_id)


def _deliver_buffered(command: Command, message_id: str) -> None:
    message = store.messages.get(command.transaction, message_id)
    if message is None or message.status is not MessageStatus.BUFFERED or message.case_id is not None:
        return
    subscription = _waiting(command, message)
    if subscription is not None and not _is_suspended(command, subscription.case_id):
        values = {name: from_json(value) for name, value in message.variables.items()}
        _deliver(command, subscription, message, values)
        if not store.messages.delivered(command.transaction, message_id, subscription.case_id):
            raise CaseMoved("the message was delivered by someone else")


def _is_suspended(command: Command, case_id: str) -> bool:
    case = store.cases.get(command.transaction, case_id)
    return case is not None and case.status is CaseStatus.SUSPENDED


def _waiting(command: Command, message: Message) -> Subscription | None:
    waiting = store.subscriptions.of_message(
        command.transaction, message.name, correlation_key=message.correlation_key, business_key=message.business_key
    )
    if len({subscription.case_id for subscription in waiting}) > 1:
        raise Conflict(f'more than one case waits for the message "{message.name}"; say which by key or correlation_key')
    return waiting[0] if waiting else None


def _deliver(command: Command, subscription: Subscription, message: Message, values: Mapping[str, FeelValue]) -> CaseFile:
    file = CaseFile.load(command, subscription.case_id)
    file.remember(
        "message.correlated",
        element_id=subscription.element_id,
        token=subscription.token,
        definition_id=subscription.process_definition_id,
        name=message.name,
        message_id=message.message_id,
    )
    file.received(subscription.token)
    try:
        file.take(file.execution.deliver(subscription.token, values, host=file.host))
    except NotFound as error:
        raise CaseMoved("the case moved on while the message came") from error
    file.save()
    return file


def _start_of(command: Command, message: Message) -> tuple[CompiledProcess, str] | None:
    starts = [
        (definition, element_id)
        for definition in store.definitions.all_latest(command.transaction, ProcessDefinition)
        for element_id, name in definition.properties.get("message_starts", {}).items()
        if name == message.name
    ]
    if not starts:
        return None
    if len(starts) > 1:
        named = ", ".join(definition.key for definition, _ in starts)
        raise Conflict(f'more than one process starts with the message "{message.name}": {named}')
    definition, element_id = starts[0]
    check_startable(definition)
    return command.house.definitions.process(command.transaction, definition.id), element_id


def _begin(command: Command, process: CompiledProcess, element_id: str, message: Message, values: Mapping[str, FeelValue]) -> str:
    file = open_case(command, process, key=message.business_key, values=values, start_event=element_id)
    message_starts.hold(command, process, message, file.case.id)
    file.remember("message.correlated", element_id=element_id, name=message.name, message_id=message.message_id)
    return file.save().id


def start_next(command: Command, job: Job) -> None:
    """Start a case with the message that waited for the end of the one the job names, in the order they came."""
    before = job.headers["after"]
    case = store.cases.get(command.transaction, before)
    definition = None if case is None else store.definitions.latest(command.transaction, ProcessDefinition, case.process_key)
    if definition is None:
        return
    if definition.suspended_at is not None:
        raise Suspended
    process = command.house.definitions.process(command.transaction, definition.id)
    message = message_starts.next_after(command, process, before)
    if message is None:
        return
    element_id = next(start for start, name in definition.properties["message_starts"].items() if name == message.name)
    values = {name: from_json(value) for name, value in message.variables.items()}
    started = _begin(command, process, element_id, message, values)
    _settled(command, message, started, Received.STARTED, kept=True)
    store.messages.wait_on(command.transaction, before, started, message_starts.names_of(process))


def _settled(command: Command, message: Message, case_id: str, status: Received, *, kept: bool) -> Correlation:
    if kept and not store.messages.delivered(command.transaction, message.message_id, case_id):
        raise CaseMoved("the message was delivered by someone else")
    return Correlation(status=status, case_id=case_id, message_id=message.message_id)


def deliver_thrown(command: Command, job: Job) -> None:
    """Deliver a message that an event or a send task threw.

    It finds its case by the correlation key its model computes. Without one, the case that threw it goes before the only
    other one that waits for it; where nobody does and nothing starts with it, it is nobody's: often it is drawn for the world outside.
    """
    name, correlation_key, own = job.headers["message"], job.headers["correlation_key"], job.headers["business_key"]
    to_itself = own is not None and store.subscriptions.of_message(command.transaction, name, business_key=own)
    try:
        correlate(
            command,
            name,
            key=own if to_itself and correlation_key is None else None,
            correlation_key=correlation_key,
            variables={},
            message_id=None,
            lifetime=None,
        )
    except NotFound as error:
        _log.info("message %r thrown at %s of %s: %s", name, job.element_id, job.process_definition_id, error)


def expire(command: Command) -> int:
    """Mark messages as expired that no case came to wait for in time; return how many."""
    return store.messages.expire(command.transaction, now=command.now)
