"""Listeners for something that never happens where they are."""

from __future__ import annotations

from collections.abc import Iterator

from loanflow.bpmn.checks.nearest import nearest_hint
from loanflow.bpmn.checks.scene import Scene
from loanflow.bpmn.model import Dialect, FlowNode, Listener, ListenerKind, Process, SequenceFlow, UserTask
from loanflow.bpmn.words import of_element
from loanflow.problems import Problem

CODE = "bpmn/listener-event"

_TASK_EVENTS = {
    Dialect.CAMUNDA7: ("create", "assignment", "complete", "update", "delete", "timeout"),
    Dialect.CAMUNDA8: ("creating", "assigning", "updating", "completing", "canceling"),
    Dialect.SPEC: (),
}


def find(scene: Scene) -> Iterator[Problem]:
    """Yield a finding for each listener whose event does not exist on its element."""
    elements: list[Process | FlowNode | SequenceFlow] = [*scene.processes]
    elements += [node for _, node in scene.nodes()]
    elements += [flow for _, flow in scene.flows()]
    for element in elements:
        for listener in element.listeners:
            known = _known(scene, element, listener.kind)
            if listener.event not in known:
                yield scene.finding(
                    element,
                    CODE,
                    f"a {of_element(element)} has no {listener.kind} listener for {listener.event or 'nothing'}",
                    line=listener.line,
                    property=f"{listener.kind.capitalize()} listeners > Event type",
                    expected=", ".join(known) or f"no {listener.kind} listener",
                    found=listener.event or "nothing",
                    hint=nearest_hint(listener.event, known, otherwise="choose the event type in the panel, or delete the listener"),
                )
            elif listener.event == "timeout" and listener.timer is None:
                yield _without_timer(scene, element, listener)


def _known(scene: Scene, element: Process | FlowNode | SequenceFlow, kind: ListenerKind) -> tuple[str, ...]:
    if kind is ListenerKind.TASK:
        return _TASK_EVENTS[scene.model.dialect] if isinstance(element, UserTask) else ()
    return ("take",) if isinstance(element, SequenceFlow) else ("start", "end")


def _without_timer(scene: Scene, element: Process | FlowNode | SequenceFlow, listener: Listener) -> Problem:
    return scene.finding(
        element,
        CODE,
        "the timeout listener does not say when",
        line=listener.line,
        property="Task listeners > Timer",
        expected="a date, a duration or a cycle",
        found="nothing",
        hint="choose the timer's type and value in Properties panel > Task listeners",
    )
