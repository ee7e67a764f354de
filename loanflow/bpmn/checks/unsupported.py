"""Constructs that are read but do not run yet: refused by name, never run as something else."""

from __future__ import annotations

from collections.abc import Iterator

from loanflow.bpmn.checks import supported
from loanflow.bpmn.checks.scene import Scene
from loanflow.bpmn.model import (
    Activity,
    BoundaryEvent,
    ComplexGateway,
    FlowNode,
    IntermediateCatchEvent,
    Process,
    StartEvent,
    SubProcess,
)
from loanflow.bpmn.model.events import Event
from loanflow.bpmn.words import of_node, with_article
from loanflow.problems import Problem

CODE = "bpmn/unsupported"

_INSTEAD: dict[str, str] = {
    "signal": "use a message, which finds one case, or let a handler tell the others",
    "escalation": "use a boundary error event, or a non-interrupting boundary timer",
    "conditional": "draw an exclusive gateway where the condition can have changed",
    "link": "draw the sequence flow through",
    "compensation": "draw the undoing as tasks on a path of its own",
    "cancel": "end the sub-process by an error end event and catch it on its border",
    "multiple": "draw one event per trigger",
}
_KINDS: dict[str, str] = {
    "event": "draw a boundary event on the activity it should interrupt",
    "transaction": "draw an embedded sub-process with a boundary error event",
    "adHoc": "draw the tasks in an embedded sub-process behind an inclusive gateway",
}


def find(scene: Scene) -> Iterator[Problem]:
    """Yield a finding for every construct that does not run."""
    for process in scene.processes:
        yield from _listeners(scene, process)
    for scope, node in scene.nodes():
        refused_around = scope.owner is not None and scope.owner.kind not in supported.SUB_PROCESS_KINDS
        if not (refused_around and isinstance(node, StartEvent)):
            yield from _node(scene, node)
        yield from _listeners(scene, node)


def _node(scene: Scene, node: FlowNode) -> Iterator[Problem]:
    words = of_node(node)
    if type(node) not in supported.NODES:
        hint = "combine exclusive, inclusive and parallel gateways instead" if isinstance(node, ComplexGateway) else None
        yield scene.finding(node, CODE, f"the {words} is not supported", found=with_article(node), hint=hint)
        return
    if isinstance(node, Event) and type(node.event) not in {kind or type(None) for kind in supported.EVENTS[type(node)]}:
        yield _event(scene, node, words)
    if isinstance(node, SubProcess) and node.kind not in supported.SUB_PROCESS_KINDS:
        yield scene.finding(node, CODE, f"the {words} is not supported", found=with_article(node), hint=_KINDS.get(node.kind))
    if isinstance(node, Activity):
        yield from _activity(scene, node, words)


def _event(scene: Scene, node: Event, words: str) -> Problem:
    if node.event is None and isinstance(node, IntermediateCatchEvent | BoundaryEvent):
        return scene.finding(
            node,
            "bpmn/event-without-trigger",
            f"the {words} waits for nothing",
            expected="a message, a timer or an error",
            found="no trigger",
            hint="choose the event's type with the wrench on the canvas",
        )
    trigger = words.split(" ")[0]
    return scene.finding(node, CODE, f"the {words} is not supported", found=with_article(node), hint=_INSTEAD.get(trigger))


def _activity(scene: Scene, node: Activity, words: str) -> Iterator[Problem]:
    if node.loop is not None and not supported.STANDARD_LOOPS:
        yield scene.finding(
            node,
            CODE,
            f"the loop marker on the {words} is not supported",
            line=node.loop.line,
            property="Loop",
            found="standard loop",
            hint="draw the loop with an exclusive gateway, or use a sequential multi-instance",
        )
    if node.for_compensation and not supported.COMPENSATION:
        yield scene.finding(
            node, CODE, f"the {words} is for compensation, which is not supported", found="isForCompensation", hint=_INSTEAD["compensation"]
        )


def _listeners(scene: Scene, element: FlowNode | Process) -> Iterator[Problem]:
    for listener in () if supported.LISTENERS else element.listeners:
        yield scene.finding(
            element,
            CODE,
            f"the listener for {listener.event or 'an event'} is not supported",
            line=listener.line,
            property="Listeners",
            found=listener.handler,
            hint="do the work in a service task before or after the element",
        )
