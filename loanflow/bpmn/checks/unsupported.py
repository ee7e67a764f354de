"""Constructs that are read but do not run yet: refused by name, never run as something else."""

from __future__ import annotations

from collections.abc import Iterator

from loanflow.bpmn.checks import supported
from loanflow.bpmn.checks.misplaced_event import is_allowed
from loanflow.bpmn.checks.scene import Scene, Scope
from loanflow.bpmn.checks.script_language import is_foreign
from loanflow.bpmn.model import (
    Activity,
    BoundaryEvent,
    ComplexGateway,
    Dialect,
    EndEvent,
    FlowNode,
    HandlerCall,
    IntermediateCatchEvent,
    IntermediateThrowEvent,
    Listener,
    MultipleEvent,
    Process,
    SequenceFlow,
    SignalEvent,
    StartEvent,
    SubProcess,
)
from loanflow.bpmn.model.events import Event
from loanflow.bpmn.words import of_event_definition, of_node, with_article
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
        yield from _listeners(scene, process, process.listeners)
    for scope, node in scene.nodes():
        refused_around = scope.owner is not None and scope.owner.kind not in supported.SUB_PROCESS_KINDS
        if not (refused_around and isinstance(node, StartEvent)):
            yield from _node(scene, scope, node)
        yield from _listeners(scene, node, node.listeners)
    for _, flow in scene.flows():
        yield from _listeners(scene, flow, flow.listeners)


def _node(scene: Scene, scope: Scope, node: FlowNode) -> Iterator[Problem]:
    words = of_node(node)
    if type(node) not in supported.NODES:
        hint = "combine exclusive, inclusive and parallel gateways instead" if isinstance(node, ComplexGateway) else None
        yield scene.finding(node, CODE, f"the {words} is not supported", found=with_article(node), hint=hint)
        return
    if isinstance(node, Event):
        yield from _event(scene, scope, node, words)
    if isinstance(node, SubProcess):
        yield from _sub_process(scene, node, words)
    if isinstance(node, Activity):
        yield from _activity(scene, node, words)


def _event(scene: Scene, scope: Scope, node: Event, words: str) -> Iterator[Problem]:
    if node.event is None and isinstance(node, IntermediateCatchEvent | BoundaryEvent):
        yield scene.finding(
            node,
            "bpmn/event-without-trigger",
            f"the {words} waits for nothing",
            expected="a message, a timer or an error",
            found="no trigger",
            hint="choose the event's type with the wrench on the canvas",
        )
        return
    if isinstance(node, StartEvent) and scope.owner is not None and scope.owner.kind != "event":
        return  # What starts it is a token; the check of start events says so.
    starts_by_event = isinstance(node, StartEvent) and scope.owner is not None
    allowed = supported.EVENT_SUB_PROCESS_STARTS if starts_by_event else supported.EVENTS[type(node)]
    parts = node.event.definitions if isinstance(node.event, MultipleEvent) else ()
    throws = isinstance(node, IntermediateThrowEvent | EndEvent)
    together = allowed & (supported.THROWN_TOGETHER if throws else supported.CAUGHT_TOGETHER)
    for definition in (node.event, *parts):
        if definition is None and starts_by_event:
            continue  # The check of sub-processes says so.
        if definition is not None and not isinstance(definition, MultipleEvent) and not is_allowed(scope, node, definition):
            continue  # The check of misplaced events says so.
        if (None if definition is None else type(definition)) not in (allowed if definition is node.event else together):
            trigger = of_event_definition(definition) if definition is not None else None
            found = with_article(node) if definition is node.event else f"{trigger} as one of its triggers"
            place = " of an event sub-process" if starts_by_event else ""
            what = f"the {words}" if definition is node.event else f"the {words} with {found}"
            yield scene.finding(node, CODE, f"{what}{place} is not supported", found=found, hint=_INSTEAD.get(trigger or ""))
    if isinstance(node.event, MultipleEvent) and node.event.parallel and not supported.PARALLEL_MULTIPLE:
        yield scene.finding(
            node,
            CODE,
            "an event that needs all of its triggers is not supported",
            property="parallelMultiple",
            expected="false",
            found="true",
            hint="draw a parallel gateway with one event on each path instead",
        )
    if isinstance(node.event, SignalEvent) and node.event.inputs and not supported.SIGNAL_VARIABLES:
        yield scene.finding(
            node,
            CODE,
            "variables carried by a signal are not supported",
            line=node.event.inputs[0].line,
            property="In mappings",
            found=", ".join(one.target or "all" for one in node.event.inputs),
            hint=_INSTEAD["signal"],
        )


def _sub_process(scene: Scene, node: SubProcess, words: str) -> Iterator[Problem]:
    if node.kind not in supported.SUB_PROCESS_KINDS:
        yield scene.finding(node, CODE, f"the {words} is not supported", found=with_article(node), hint=_KINDS.get(node.kind))
        return
    if node.kind == "adHoc" and scene.model.dialect is Dialect.CAMUNDA7:
        hint = "draw the activities in an embedded sub-process behind an inclusive gateway"
        yield scene.finding(node, CODE, "Camunda 7 has no ad-hoc sub-process", found=with_article(node), hint=hint)
        return
    if node.kind == "adHoc" and scene.model.dialect is Dialect.CAMUNDA8 and node.active_elements is None:
        yield scene.finding(
            node,
            CODE,
            "an ad-hoc sub-process that does not say what runs is not supported",
            property="Active elements > Active elements collection",
            expected='a list of element ids such as =["Check_Identity", "Check_Income"]',
            found="nothing",
            hint="fill in Properties panel > Active elements > Active elements collection",
        )
        return
    if node.sequential and not supported.AD_HOC_IN_SEQUENCE:
        yield scene.finding(
            node,
            CODE,
            "an ad-hoc sub-process in sequence is not supported",
            property="ordering",
            expected="Parallel",
            found="Sequential",
            hint="draw the order with sequence flows in an embedded sub-process",
        )


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


def _listeners(scene: Scene, element: FlowNode | SequenceFlow | Process, listeners: tuple[Listener, ...]) -> Iterator[Problem]:
    for listener in listeners:
        if listener.event in supported.LISTENERS[listener.kind] or is_foreign(scene, listener.work):
            continue
        work = listener.work.name if isinstance(listener.work, HandlerCall) else listener.work.expression
        yield scene.finding(
            element,
            CODE,
            f"the {listener.kind} listener for {listener.event or 'an event'} is not supported",
            line=listener.line,
            property="Listeners",
            found=work.text,
            hint="do the work in a service task before or after the element",
        )
