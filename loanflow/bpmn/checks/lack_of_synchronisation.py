"""Parallel paths that are never joined: what stands behind the place where they meet is done once for each of them (clause 13.4)."""

from __future__ import annotations

from collections.abc import Iterator

from loanflow.bpmn.checks import token_game
from loanflow.bpmn.checks.scene import Scene, Scope
from loanflow.bpmn.model import Activity, EndEvent, FlowNode, IntermediateThrowEvent
from loanflow.bpmn.words import of_node
from loanflow.problems import Problem, Severity

CODE = "bpmn/lack-of-synchronisation"


def find(scene: Scene) -> Iterator[Problem]:
    """Yield a warning for each node that two tokens can reach at once, where it or something behind it does work."""
    for scope in scene.scopes:
        if scope.owner is not None and scope.owner.kind == "adHoc":
            continue
        if not any(len(node.incoming) > 1 for node in scope.container.nodes.values()):
            continue
        for node_id, flows in token_game.play(scope, with_side_paths=False).doubled.items():
            node = scope.container.nodes[node_id]
            if _does_work(scope, node):
                yield scene.finding(
                    node,
                    CODE,
                    f"parallel paths meet at the {of_node(node)} without being joined: what follows is done once for each of them",
                    severity=Severity.WARNING,
                    expected="a parallel gateway that joins them",
                    found=f"tokens on {' and '.join(flows)} at the same time",
                    hint="put a parallel gateway in front of it; behind an inclusive split use an inclusive gateway",
                )


def _does_work(scope: Scope, node: FlowNode) -> bool:
    waiting, seen = [node], {node.id}
    while waiting:
        one = waiting.pop()
        if isinstance(one, Activity) or (isinstance(one, EndEvent | IntermediateThrowEvent) and one.event is not None):
            return True
        for flow_id in one.outgoing:
            target = scope.container.nodes.get(scope.container.flows[flow_id].target)
            if target is not None and target.id not in seen:
                seen.add(target.id)
                waiting.append(target)
    return False
