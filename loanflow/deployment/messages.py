"""Messages that pass each other by: one file throws a name that none catches, another waits for a name that none throws.

Most messages come from outside, so a name that nothing throws is worth a word only where a diagram says who should throw it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from loanflow.bpmn import of_element
from loanflow.bpmn.model import (
    BoundaryEvent,
    EndEvent,
    FlowNode,
    IntermediateCatchEvent,
    IntermediateThrowEvent,
    Message,
    MessageEvent,
    Model,
    MultipleEvent,
    ReceiveTask,
    SendTask,
    StartEvent,
)
from loanflow.bpmn.model.events import Event
from loanflow.deployment.files import FileContent
from loanflow.problems import Location, Problem, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class _End:
    """One place where a message of a plain name is thrown or caught; ``far`` are the ids at the other ends of its message flows."""

    file: str
    node: FlowNode
    message: Message
    far: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.message.name.text


def find_unmet(contents: Sequence[FileContent]) -> Iterator[Problem]:
    """Yield a warning for each thrown message that nothing catches, and for each awaited one that its drawn sender does not send."""
    thrown: list[_End] = []
    caught: list[_End] = []
    black_boxes: set[str] = set()
    for content in contents:
        if content.process_model is not None:
            _collect(content.name, content.process_model, thrown, caught)
            black_boxes |= _not_run(content.process_model)
    sent, awaited = {end.name for end in thrown}, {end.name for end in caught}
    senders = {end.node.id for end in thrown}
    for end in thrown:
        if end.name not in awaited and not any(far in black_boxes for far in end.far):
            yield _finding(end, "deployment/message-without-receiver", "is thrown here, and nothing in these files awaits it", awaited)
    for end in caught:
        lonely = get_close_matches(end.name, sent - awaited, n=1, cutoff=0.8)
        if end.name not in sent and (lonely or any(far in senders for far in end.far)):
            yield _finding(end, "deployment/message-without-sender", "is awaited here, and nothing in these files throws it", sent)


def _collect(file: str, model: Model, thrown: list[_End], caught: list[_End]) -> None:
    far: dict[str, list[str]] = {}
    for flow in model.message_flows:
        far.setdefault(flow.source, []).append(flow.target)
        far.setdefault(flow.target, []).append(flow.source)
    for process in model.processes:
        for node in process.body.walk() if process.executable else ():
            ends = thrown if isinstance(node, SendTask | IntermediateThrowEvent | EndEvent) else caught
            for message in _messages(node):
                if message.name.is_literal and message.name.text:
                    # A message flow may end at the pool instead of the element.
                    pools = [pool.id for pool in model.participants if pool.process == process.id]
                    others = tuple(one for end in (node.id, *pools) for one in far.get(end, ()))
                    ends.append(_End(file=file, node=node, message=message, far=others))


def _messages(node: FlowNode) -> Iterator[Message]:
    if isinstance(node, SendTask | ReceiveTask) and node.message is not None:
        yield node.message
    if isinstance(node, StartEvent | IntermediateCatchEvent | BoundaryEvent | IntermediateThrowEvent | EndEvent):
        yield from _of_event(node)


def _of_event(node: Event) -> Iterator[Message]:
    for event in node.event.definitions if isinstance(node.event, MultipleEvent) else (node.event,):
        if isinstance(event, MessageEvent) and event.message is not None:
            yield event.message


def _not_run(model: Model) -> set[str]:
    """Return the pools that are black boxes or hold a process that is not executable, with all that is drawn in them."""
    drawn: Mapping[str | None, bool] = {process.id: process.executable for process in model.processes}
    found = {pool.id for pool in model.participants if not drawn.get(pool.process)}
    return found | {node.id for process in model.processes if not process.executable for node in process.body.walk()}


def _finding(end: _End, code: str, what: str, known: set[str]) -> Problem:
    close = get_close_matches(end.name, known - {end.name}, n=1, cutoff=0.6)
    return Problem(
        code=code,
        message=f"the message {end.name} {what}",
        location=Location(file=end.file, line=end.message.line or end.node.line),
        severity=Severity.WARNING,
        element_id=end.node.id,
        element_name=end.node.name,
        element_type=of_element(end.node),
        property="Message > Name",
        expected="the same message name at both ends",
        found=f"only {', '.join(sorted(known)[:6])}" if known else "none",
        hint=f"did you mean {close[0]}?" if close else "add the file with the other end, or draw its pool as a black box",
    )
