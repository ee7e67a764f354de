"""Boundary events that sit on nothing, or that cannot do what they are drawn to do (clause 10.5.4.2 "Boundary Events")."""

from __future__ import annotations

from collections.abc import Iterator

from loanflow.bpmn.checks.nearest import nearest_hint
from loanflow.bpmn.checks.scene import Scene, definitions_of
from loanflow.bpmn.model import Activity, BoundaryEvent, ErrorEvent, ManualTask, NoneTask
from loanflow.bpmn.words import of_node, with_article
from loanflow.problems import Problem, Severity


def find(scene: Scene) -> Iterator[Problem]:
    """Yield findings on boundary events."""
    for scope, node in scene.nodes():
        if not isinstance(node, BoundaryEvent):
            continue
        host = scope.container.nodes.get(node.attached_to)
        if not isinstance(host, Activity):
            activities = [one.id for one in scope.container.nodes.values() if isinstance(one, Activity)]
            yield scene.finding(
                node,
                "bpmn/boundary-attached-to-nothing",
                f"the {of_node(node)} sits on no activity",
                property="attachedToRef",
                expected="the id of a task, sub-process or call activity in the same scope",
                found=f"the {of_node(host)} {host.id}" if host is not None else node.attached_to or "nothing",
                hint=nearest_hint(node.attached_to, activities, otherwise="drag the event onto the border of an activity"),
            )
            continue
        if not node.cancel_activity and any(isinstance(one, ErrorEvent) for one in definitions_of(node)):
            yield scene.finding(
                node,
                "bpmn/boundary-error-must-interrupt",
                "an error always ends the activity it comes from",
                property="cancelActivity",
                expected="an interrupting boundary error event",
                found="a non-interrupting one",
                hint="change the event to Error boundary event (interrupting) with the wrench on the canvas",
            )
        if isinstance(host, NoneTask | ManualTask):
            yield scene.finding(
                node,
                "bpmn/boundary-never-waits",
                f"the {of_node(host)} is passed through at once, so its boundary event never happens",
                severity=Severity.WARNING,
                expected="an activity that takes time",
                found=with_article(host),
                hint="change the task to a user task, service task or receive task",
            )
