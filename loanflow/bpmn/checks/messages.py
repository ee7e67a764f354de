"""Messages and signals without a name, catching events without a message, Camunda 8 messages without a correlation key (clause 8.4.11)."""

from __future__ import annotations

from collections.abc import Iterator

from loanflow.bpmn.checks.scene import Scene, Scope, definitions_of
from loanflow.bpmn.model import (
    BoundaryEvent,
    Dialect,
    FlowNode,
    IntermediateCatchEvent,
    Message,
    MessageEvent,
    ReceiveTask,
    SignalEvent,
    StartEvent,
)
from loanflow.bpmn.words import of_node
from loanflow.problems import Problem, Severity


def find(scene: Scene) -> Iterator[Problem]:
    """Yield a finding for each place that waits for a message it cannot be given."""
    for scope, node in scene.nodes():
        yield from _signal(scene, node)
        for message, line in _waits(node):
            yield from _message(scene, scope, node, message, line)


def _message(scene: Scene, scope: Scope, node: FlowNode, message: Message | None, line: int | None) -> Iterator[Problem]:
    if message is None:
        yield scene.finding(
            node,
            "bpmn/missing-message",
            f"the {of_node(node)} waits for a message but does not say which",
            line=line,
            property="Message > Global message reference",
            expected="a message with a name",
            found="nothing",
            hint="choose or create a message under Properties panel > Message",
        )
        return
    if not message.name.text:
        yield scene.finding(
            node,
            "bpmn/missing-message-name",
            "the message has no name, so nobody can send it",
            line=message.line,
            property="Message > Name",
            expected="a name",
            found="nothing",
            hint="fill in Properties panel > Message > Name",
        )
    starts_case = isinstance(node, StartEvent) and scope.owner is None
    if scene.model.dialect is Dialect.CAMUNDA8 and not starts_case and message.correlation_key is None:
        yield scene.finding(
            node,
            "bpmn/missing-correlation-key",
            "the message has no correlation key: it finds its case by business key only, and Camunda 8 itself refuses it",
            line=message.line,
            severity=Severity.WARNING,
            property="Message > Subscription correlation key",
            expected="an expression such as =applicationNumber",
            found="nothing",
            hint="fill in Properties panel > Message > Subscription correlation key",
        )


def _signal(scene: Scene, node: FlowNode) -> Iterator[Problem]:
    for event in definitions_of(node):
        if not isinstance(event, SignalEvent) or event.name.text:
            continue
        yield scene.finding(
            node,
            "bpmn/missing-signal-name",
            f"the {of_node(node)} does not say which signal",
            line=event.line,
            property="Signal > Name",
            expected="a signal with a name",
            found="nothing",
            hint="choose or create a signal under Properties panel > Signal and fill in its name",
        )


def _waits(node: FlowNode) -> Iterator[tuple[Message | None, int | None]]:
    """Yield each message that a node waits for, None where it does not say which, with its line."""
    if isinstance(node, ReceiveTask):
        yield node.message, node.line
    for event in definitions_of(node) if isinstance(node, StartEvent | IntermediateCatchEvent | BoundaryEvent) else ():
        if isinstance(event, MessageEvent):
            yield event.message, event.line
