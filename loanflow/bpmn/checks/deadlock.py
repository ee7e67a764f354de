"""Parallel joins that can wait for ever: a choice before them leaves one of their flows without a token (clause 13.4.1)."""

from __future__ import annotations

from collections.abc import Iterator

from loanflow.bpmn.checks import token_game
from loanflow.bpmn.checks.scene import Scene, Scope
from loanflow.bpmn.model import ParallelGateway
from loanflow.bpmn.words import of_node, quoted
from loanflow.problems import Problem, Severity

CODE = "bpmn/deadlock"


def find(scene: Scene) -> Iterator[Problem]:
    """Yield a warning for each parallel join at which a token can wait for one that never comes."""
    for scope in scene.scopes:
        if scope.owner is not None and scope.owner.kind == "adHoc":
            continue
        if not any(isinstance(node, ParallelGateway) and len(node.incoming) > 1 for node in scope.container.nodes.values()):
            continue
        result = token_game.play(scope, with_side_paths=True)
        for join, (missing, choices) in result.stuck.items():
            never = join not in result.joined and result.whole
            course = _course(scope, choices)
            yield scene.finding(
                scope.container.nodes[join],
                CODE,
                "the parallel gateway can never go on" if never else f"the parallel gateway can wait for ever{course}",
                severity=Severity.WARNING,
                expected="a token on every incoming sequence flow",
                found=f"none on {', '.join(_flow(scope, arc) for arc in missing)}{course if never else ''}",
                hint="join the paths of an exclusive gateway with an exclusive gateway, or split them with a parallel one",
            )


def _course(scope: Scope, choices: tuple[str, ...]) -> str:
    """Return the last choice before the token is stuck, in words."""
    if not choices:
        return ""
    last = choices[-1]
    flow = scope.container.flows.get(last)
    if flow is None:
        event = scope.container.nodes[last]
        return f", when {quoted(event.name, event.id)} happens"
    source = scope.container.nodes[flow.source]
    return f", when the {of_node(source)} {quoted(source.name, source.id)} takes {_flow(scope, last)}"


def _flow(scope: Scope, flow_id: str) -> str:
    flow = scope.container.flows[flow_id]
    if flow.name and flow.name.strip():
        return f"{quoted(flow.name, flow.id)} ({flow.id})"
    source, target = (scope.container.nodes.get(one) for one in (flow.source, flow.target))
    if source is None or target is None:
        return f"the sequence flow {flow.id}"
    return f"the sequence flow from {quoted(source.name, source.id)} to {quoted(target.name, target.id)}"
