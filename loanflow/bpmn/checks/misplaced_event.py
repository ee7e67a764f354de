"""Events about something that an event in that place cannot be about (clause 10.5.1, tables "Event types and markers")."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from loanflow.bpmn.checks.scene import Scene, Scope, definitions_of
from loanflow.bpmn.model import (
    BoundaryEvent,
    CancelEvent,
    CompensateEvent,
    ConditionalEvent,
    EndEvent,
    ErrorEvent,
    EscalationEvent,
    EventDefinition,
    FlowNode,
    IntermediateCatchEvent,
    IntermediateThrowEvent,
    LinkEvent,
    MessageEvent,
    SignalEvent,
    StartEvent,
    SubProcess,
    TerminateEvent,
    TimerEvent,
)
from loanflow.bpmn.model.events import Event
from loanflow.bpmn.words import of_event_definition, of_node, with_article
from loanflow.problems import Problem

CODE = "bpmn/misplaced-event"

_ANY_TIME = (MessageEvent, TimerEvent, ConditionalEvent, SignalEvent)
_NOT_INTERRUPTING = (*_ANY_TIME, EscalationEvent)

ALLOWED: Mapping[type[FlowNode], tuple[type[EventDefinition], ...]] = {
    StartEvent: _ANY_TIME,
    IntermediateCatchEvent: (*_ANY_TIME, LinkEvent),
    IntermediateThrowEvent: (MessageEvent, EscalationEvent, CompensateEvent, LinkEvent, SignalEvent),
    BoundaryEvent: (*_NOT_INTERRUPTING, ErrorEvent, CancelEvent, CompensateEvent),
    EndEvent: (MessageEvent, EscalationEvent, ErrorEvent, CancelEvent, CompensateEvent, SignalEvent, TerminateEvent),
}
"""What each kind of event may be about, and each part of one that is about several things."""

EVENT_SUB_PROCESS: tuple[type[EventDefinition], ...] = (*_NOT_INTERRUPTING, ErrorEvent, CompensateEvent)
"""What may start an event sub-process; errors and compensation only if it interrupts."""


def find(scene: Scene) -> Iterator[Problem]:
    """Yield a finding for each event that is about something its place does not allow."""
    for scope, node in scene.nodes():
        if isinstance(node, Event):
            for definition in definitions_of(node):
                if not is_allowed(scope, node, definition):
                    yield _finding(scene, scope, node, definition)
                elif isinstance(definition, CancelEvent) and not _in_transaction(scope, node):
                    yield _cancel(scene, node)


def is_allowed(scope: Scope, node: Event, definition: EventDefinition) -> bool:
    """Say whether the standard lets an event in that place be about ``definition``; a cancel event's place is judged apart."""
    if isinstance(node, StartEvent) and scope.owner is not None:
        # What starts any other sub-process is a token; the check of start events says so.
        return scope.owner.kind != "event" or isinstance(definition, EVENT_SUB_PROCESS if node.interrupting else _NOT_INTERRUPTING)
    if isinstance(node, BoundaryEvent) and not node.cancel_activity and isinstance(definition, CancelEvent):
        return False
    return isinstance(definition, ALLOWED[type(node)])


def _in_transaction(scope: Scope, node: Event) -> bool:
    around = scope.container.nodes.get(node.attached_to) if isinstance(node, BoundaryEvent) else scope.owner
    return isinstance(around, SubProcess) and around.kind == "transaction"


def _finding(scene: Scene, scope: Scope, node: Event, definition: EventDefinition) -> Problem:
    what = of_event_definition(definition)
    article = "an" if what[0] in "aeio" else "a"
    kind = of_node(node).removeprefix(f"{what} ").removeprefix("multiple ")
    allowed = ALLOWED[type(node)]
    if isinstance(node, StartEvent) and scope.owner is not None:
        kind = f"start event of {'an' if node.interrupting else 'a non-interrupting'} event sub-process"
        allowed = EVENT_SUB_PROCESS if node.interrupting else _NOT_INTERRUPTING
    elif isinstance(node, BoundaryEvent) and not node.cancel_activity:
        kind, allowed = "non-interrupting boundary event", _NOT_INTERRUPTING
    words = ", ".join(_WORDS[one] for one in allowed)
    return scene.finding(
        node,
        CODE,
        f"{'an' if kind[0] in 'aeio' else 'a'} {kind} cannot be about {article} {what}",
        line=definition.line,
        expected=f"one of {words}",
        found=what,
        hint="choose another type with the wrench on the canvas",
    )


def _cancel(scene: Scene, node: Event) -> Problem:
    on_border = isinstance(node, BoundaryEvent)
    return scene.finding(
        node,
        CODE,
        f"{with_article(node)} stands {'on the border of no transaction' if on_border else 'outside every transaction'}",
        expected="the border of a transaction" if on_border else "a cancel end event directly inside a transaction",
        found=with_article(node),
        hint="change the sub-process to a transaction with the wrench on the canvas, or use an error event",
    )


_WORDS: Mapping[type[EventDefinition], str] = {
    kind: kind.__name__.removesuffix("Event").lower().replace("compensate", "compensation")
    for kinds in (*ALLOWED.values(), EVENT_SUB_PROCESS)
    for kind in kinds
}
