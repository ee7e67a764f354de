"""Compensation that undoes nothing: events without an activity for it, activities that nothing calls (clause 10.7 "Compensation")."""

from __future__ import annotations

from collections.abc import Iterator

from loanflow.bpmn.checks.nearest import nearest_hint
from loanflow.bpmn.checks.scene import Scene, Scope, definitions_of
from loanflow.bpmn.model import Activity, BoundaryEvent, CompensateEvent, Dialect, EndEvent, FlowNode, IntermediateThrowEvent, SubProcess
from loanflow.bpmn.words import of_node, with_article
from loanflow.problems import Problem, Severity


def find(scene: Scene) -> Iterator[Problem]:
    """Yield findings on compensation events and on activities for compensation."""
    for scope in scene.scopes:
        undoing = {node.undone_by for node in scope.container.nodes.values() if isinstance(node, BoundaryEvent) and node.undone_by}
        for node in scope.container.nodes.values():
            if isinstance(node, Activity) and node.for_compensation:
                yield from _activity(scene, node, called=node.id in undoing)
            for event in definitions_of(node):
                if isinstance(event, CompensateEvent) and isinstance(node, BoundaryEvent):
                    yield from _boundary(scene, scope, node)
                elif isinstance(event, CompensateEvent) and isinstance(node, IntermediateThrowEvent | EndEvent):
                    yield from _throw(scene, scope, node, event)


def _activity(scene: Scene, node: Activity, *, called: bool) -> Iterator[Problem]:
    flows = (*node.incoming, *node.outgoing)
    if flows:
        yield scene.finding(
            node,
            "bpmn/compensation-flow",
            f"the {of_node(node)} is for compensation, which no sequence flow reaches or leaves",
            expected="an association from a compensation boundary event, and no sequence flow",
            found=", ".join(flows),
            hint="delete the sequence flows, or take the compensation marker off with the wrench on the canvas",
        )
    if not called and not (isinstance(node, SubProcess) and node.kind == "event"):
        yield scene.finding(
            node,
            "bpmn/compensation-handler",
            f"the {of_node(node)} is for compensation, but no compensation boundary event leads to it",
            severity=Severity.WARNING,
            expected="an association from a compensation boundary event",
            found="none",
            hint="put a compensation boundary event on the activity that it undoes, and connect the two",
        )


def _boundary(scene: Scene, scope: Scope, node: BoundaryEvent) -> Iterator[Problem]:
    if node.outgoing:
        yield scene.finding(
            node,
            "bpmn/compensation-flow",
            "a sequence flow leads out of a compensation boundary event, which leads to what undoes by an association",
            expected="an association to an activity for compensation",
            found=", ".join(node.outgoing),
            hint="delete the sequence flow, and connect the event with an activity for compensation",
        )
    target = scope.container.nodes.get(node.undone_by or "")
    if not isinstance(target, Activity) or not target.for_compensation:
        yield scene.finding(
            node,
            "bpmn/compensation-handler",
            "the compensation boundary event leads to no activity for compensation",
            expected="an association to an activity with the compensation marker",
            found="nothing" if target is None else f"{with_article(target)} without the marker",
            hint="draw the activity that undoes, connect the event with it: Camunda Modeler then sets its compensation marker",
        )


def _throw(scene: Scene, scope: Scope, node: FlowNode, event: CompensateEvent) -> Iterator[Problem]:
    if not event.wait_for_completion:
        waits = scene.model.dialect is Dialect.CAMUNDA7
        yield scene.finding(
            node,
            "bpmn/compensation-awaited",
            "compensation is awaited, whatever the file says" if waits else "a compensation event that does not wait is not supported",
            severity=Severity.WARNING if waits else Severity.ERROR,
            line=event.line,
            property="Compensation > Wait for completion",
            expected="true",
            found="false",
            hint="tick Properties panel > Compensation > Wait for completion",
        )
    if event.activity is None:
        return
    # An event sub-process may undo what was done around it.
    around = scope.around if scope.owner is not None and scope.owner.kind == "event" else None
    places = [scope] if around is None else [scope, around]
    reachable = [one.id for place in places for one in place.container.nodes.values() if isinstance(one, Activity)]
    if event.activity not in reachable:
        yield scene.finding(
            node,
            "bpmn/compensation-target",
            f"{event.activity} is no activity that can be undone from here",
            line=event.line,
            property="Compensation > Activity reference",
            expected="an activity of the same process or sub-process",
            found=event.activity,
            hint=nearest_hint(event.activity, reachable, otherwise="choose it under Properties panel > Compensation, or none for all"),
        )
