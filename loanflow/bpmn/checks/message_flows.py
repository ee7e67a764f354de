"""Message flows that no message can take: inside one pool, or out of what only receives (clause 9.4 "Message Flow").

They are drawn to be read, so the findings are warnings: the drawing says something else than what runs.
"""

from __future__ import annotations

from collections.abc import Iterator

from loanflow.bpmn.checks.scene import Scene
from loanflow.bpmn.model import (
    BoundaryEvent,
    EndEvent,
    FlowNode,
    Gateway,
    IntermediateCatchEvent,
    IntermediateThrowEvent,
    MessageFlow,
    ReceiveTask,
    SendTask,
    StartEvent,
)
from loanflow.bpmn.words import with_article
from loanflow.problems import Problem, Severity

CODE = "bpmn/message-flow"

_ONLY_RECEIVES = (StartEvent, IntermediateCatchEvent, BoundaryEvent, ReceiveTask, Gateway)
_ONLY_SENDS = (EndEvent, IntermediateThrowEvent, SendTask, Gateway)


def find(scene: Scene) -> Iterator[Problem]:
    """Yield a finding for each message flow at an executable process that cannot be what it says."""
    pools = {one.id: one.process for one in scene.model.participants}
    nodes: dict[str, tuple[str, FlowNode | None]] = {}
    for process in scene.model.processes:
        nodes.update({node.id: (process.id, node) for node in process.body.walk()})
    nodes.update({pool: (process or pool, None) for pool, process in pools.items()})
    executable = {process.id for process in scene.processes}
    for flow in scene.model.message_flows:
        source, target = nodes.get(flow.source), nodes.get(flow.target)
        if source is None or target is None or not {source[0], target[0]} & executable:
            continue
        if source[0] == target[0]:
            yield _finding(scene, flow, "stays inside one pool", expected="ends in two pools", found=f"both ends in {source[0]}")
        if isinstance(node := source[1], _ONLY_RECEIVES):
            what = f"leaves {with_article(node)}, which sends nothing"
            yield _finding(scene, flow, what, expected="a throwing event, an activity or a pool", found=node.id)
        if isinstance(node := target[1], _ONLY_SENDS):
            what = f"leads to {with_article(node)}, which receives nothing"
            yield _finding(scene, flow, what, expected="a catching event, an activity or a pool", found=node.id)


def _finding(scene: Scene, flow: MessageFlow, what: str, *, expected: str, found: str) -> Problem:
    return scene.finding(
        flow,
        CODE,
        f"the message flow {what}",
        severity=Severity.WARNING,
        expected=expected,
        found=found,
        hint="draw it again on the canvas: Camunda Modeler offers only what may be connected",
    )
