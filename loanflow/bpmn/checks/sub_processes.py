"""Sub-processes whose content does not fit their kind (clauses 10.3.5 "Sub-Processes", 10.5.6 "Handling Events")."""

from __future__ import annotations

from collections.abc import Iterator

from loanflow.bpmn.checks.scene import Scene, Scope
from loanflow.bpmn.model import Activity, EndEvent, StartEvent, SubProcess
from loanflow.bpmn.words import with_article
from loanflow.problems import Problem


def find(scene: Scene) -> Iterator[Problem]:
    """Yield findings on event sub-processes without exactly one trigger, and on ad-hoc sub-processes."""
    for scope in scene.scopes:
        if scope.owner is None:
            continue
        if scope.owner.kind == "event":
            yield from _event(scene, scope, scope.owner)
        elif scope.owner.kind == "adHoc":
            yield from _ad_hoc(scene, scope, scope.owner)


def _event(scene: Scene, scope: Scope, owner: SubProcess) -> Iterator[Problem]:
    starts = [node for node in scope.container.nodes.values() if isinstance(node, StartEvent)]
    if len(starts) == 1 and starts[0].event is not None:
        return
    element = starts[0] if len(starts) == 1 else owner
    yield scene.finding(
        element,
        "bpmn/event-sub-process-start",
        "an event sub-process is started by exactly one start event with a trigger",
        expected="one start event about a message, a timer, an error, an escalation, a signal, a condition or compensation",
        found="a none start event" if len(starts) == 1 else f"{len(starts)} start events" if starts else "no start event",
        hint="choose the type of its start event with the wrench on the canvas; draw an event sub-process for each trigger",
    )


def _ad_hoc(scene: Scene, scope: Scope, owner: SubProcess) -> Iterator[Problem]:
    nodes = scope.container.nodes.values()
    for node in nodes:
        if isinstance(node, StartEvent | EndEvent):
            yield scene.finding(
                node,
                "bpmn/ad-hoc-content",
                f"an ad-hoc sub-process has no order, so {with_article(node)} means nothing in it",
                expected="activities, and intermediate events behind them",
                found=with_article(node),
                hint="delete the event, or change the ad-hoc sub-process to a sub-process",
            )
    if not any(isinstance(node, Activity) for node in nodes):
        yield scene.finding(
            owner,
            "bpmn/ad-hoc-content",
            "the ad-hoc sub-process holds no activity",
            expected="at least one activity",
            found="none",
            hint="open the ad-hoc sub-process on the canvas and draw the activities that may be done in it",
        )
