"""Gateways and the conditions of their flows: what is taken when, and what happens when nothing holds (clauses 10.6.2, 10.6.3)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from loanflow.bpmn.checks.opposites import are_opposite
from loanflow.bpmn.checks.scene import Scene
from loanflow.bpmn.model import (
    Container,
    Dialect,
    EventBasedGateway,
    ExclusiveGateway,
    FlowNode,
    Gateway,
    InclusiveGateway,
    ParallelGateway,
    SequenceFlow,
)
from loanflow.bpmn.words import quoted, with_article
from loanflow.problems import Problem, Severity


def find(scene: Scene) -> Iterator[Problem]:
    """Yield findings on conditions, missing ones, useless ones, and on default flows."""
    for scope, node in scene.nodes():
        flows = [scope.container.flows[flow_id] for flow_id in node.outgoing]
        if node.default_flow is not None:
            yield from _default(scene, scope.container, node, flows)
        if isinstance(node, ExclusiveGateway | InclusiveGateway):
            if len(flows) > 1:
                yield from _split(scene, node, flows)
        elif isinstance(node, ParallelGateway | EventBasedGateway):
            yield from _useless(scene, node, flows)
        elif isinstance(node, Gateway):
            continue  # A complex gateway has a rule of its own.
        elif flows and node.default_flow is None and all(flow.condition is not None for flow in flows) and not _one_holds(scene, flows):
            yield _without_default(scene, node)


def _default(scene: Scene, container: Container, node: FlowNode, flows: list[SequenceFlow]) -> Iterator[Problem]:
    default = next((flow for flow in flows if flow.id == node.default_flow), None)
    if default is None:
        yield scene.finding(
            node,
            "bpmn/default-flow-elsewhere",
            "the default flow does not start here",
            property="Default flow",
            expected=", ".join(node.outgoing) or "a flow that starts here",
            found=node.default_flow,
            hint="select the flow that should be taken otherwise and choose Default flow in its menu",
        )
    elif default.condition is not None:
        # Only Camunda 7 refuses it, and at an exclusive gateway only; everywhere the flow is the default all the same.
        strict = scene.model.dialect is Dialect.SPEC or (scene.model.dialect is Dialect.CAMUNDA7 and isinstance(node, ExclusiveGateway))
        yield scene.finding(
            default,
            "bpmn/default-with-condition",
            "the default flow has a condition, which is never looked at",
            severity=Severity.ERROR if strict else Severity.WARNING,
            line=default.condition.line,
            property="Condition",
            expected="no condition",
            found=default.condition.text,
            hint="delete the condition, or make another flow the default",
        )


def _split(scene: Scene, node: Gateway, flows: list[SequenceFlow]) -> Iterator[Problem]:
    bare = [flow for flow in flows if flow.condition is None and flow.id != node.default_flow]
    always = isinstance(node, InclusiveGateway) and scene.model.dialect is Dialect.CAMUNDA7
    for flow in bare:
        yield scene.finding(
            flow,
            "bpmn/missing-condition",
            f"the sequence flow leaves {with_article(node)} without a condition and is not its default"
            + (": it is always taken" if always else ""),
            severity=Severity.WARNING if always else Severity.ERROR,
            property="Condition",
            expected="a condition, or the default flow marker",
            found="neither",
            hint=f"fill in Properties panel > Condition of {quoted(flow.name, flow.id)}, or choose Default flow in its menu",
        )
    if not bare and node.default_flow is None and not _one_holds(scene, flows):
        yield _without_default(scene, node)


def _without_default(scene: Scene, node: FlowNode) -> Problem:
    return scene.finding(
        node,
        "bpmn/gateway-without-default",
        "no default flow: the case stops with an incident when no condition holds",
        severity=Severity.WARNING,
        property="Default flow",
        expected="one flow marked as default",
        found="a condition on every flow",
        hint="select the flow that should be taken otherwise and choose Default flow in its menu",
    )


def _one_holds(scene: Scene, flows: list[SequenceFlow]) -> bool:
    conditions = [flow.condition for flow in flows if flow.condition is not None]
    return any(are_opposite(one, other, scene.model.dialect) for one, other in combinations(conditions, 2))


def _useless(scene: Scene, node: FlowNode, flows: list[SequenceFlow]) -> Iterator[Problem]:
    for flow in flows:
        if flow.condition is not None:
            yield scene.finding(
                flow,
                "bpmn/useless-condition",
                f"a condition behind {with_article(node)} is never looked at",
                severity=Severity.WARNING,
                line=flow.condition.line,
                property="Condition",
                expected="no condition",
                found=flow.condition.text,
                hint="delete the condition, or put an exclusive gateway between",
            )
