"""Event-based gateways that lead to something that is no event (clause 10.6.6)."""

from __future__ import annotations

from collections.abc import Iterator

from loanflow.bpmn.checks.scene import Scene
from loanflow.bpmn.model import Dialect, EventBasedGateway, IntermediateCatchEvent, ReceiveTask
from loanflow.bpmn.words import with_article
from loanflow.problems import Problem, Severity

CODE = "bpmn/event-gateway-target"


def find(scene: Scene) -> Iterator[Problem]:
    """Yield a finding for each flow of an event-based gateway that does not lead to a catching event."""
    for scope, node in scene.nodes():
        if not isinstance(node, EventBasedGateway):
            continue
        if len(node.outgoing) < 2:
            alone = len(node.outgoing) == 1 and scene.model.dialect is Dialect.CAMUNDA7
            yield scene.finding(
                node,
                CODE,
                "the event-based gateway has nothing to choose from",
                severity=Severity.WARNING if alone else Severity.ERROR,
                expected="at least two flows",
                found=str(len(node.outgoing)),
                hint="draw one catch event per possibility behind it",
            )
        for flow_id in node.outgoing:
            target = scope.container.nodes.get(scope.container.flows[flow_id].target)
            if target is None or isinstance(target, IntermediateCatchEvent | ReceiveTask):
                continue
            yield scene.finding(
                target,
                CODE,
                f"{with_article(target)} stands behind an event-based gateway",
                expected="a catch event or receive task",
                found=with_article(target),
                hint="put the event that decides directly behind the gateway",
            )
