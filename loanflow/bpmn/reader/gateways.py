"""Gateways (clause 10.6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from loanflow.bpmn.model import (
    ComplexGateway,
    Dialect,
    EventBasedGateway,
    ExclusiveGateway,
    FlowNode,
    Gateway,
    InclusiveGateway,
    ParallelGateway,
    SequenceFlow,
)
from loanflow.bpmn.reader.common import FlowNodeFields
from loanflow.bpmn.reader.reading import Reading
from loanflow.bpmn.source import Source
from loanflow.bpmn.words import quoted
from loanflow.problems import Severity
from loanflow.xmltree import Element


def _plain(kind: type[Gateway]) -> Callable[[Reading, Element, FlowNodeFields], FlowNode]:
    def read(reading: Reading, element: Element, fields: FlowNodeFields) -> FlowNode:
        return kind(**fields, direction=reading.source.attribute(element, "gatewayDirection"))

    return read


GATEWAYS: dict[str, Callable[[Reading, Element, FlowNodeFields], FlowNode]] = {
    "exclusiveGateway": _plain(ExclusiveGateway),
    "parallelGateway": _plain(ParallelGateway),
    "inclusiveGateway": _plain(InclusiveGateway),
    "eventBasedGateway": _plain(EventBasedGateway),
    "complexGateway": _plain(ComplexGateway),
}


def with_implied_default(source: Source, element: Element, node: FlowNode, flows: Mapping[str, SequenceFlow]) -> FlowNode:
    """Return the node with the default flow that Camunda 7 takes for granted.

    An exclusive gateway without a default, with exactly one flow that has no condition: that one is the default, with a
    warning. Camunda 8 refuses the same gateway, and so do the checks.
    """
    if not isinstance(node, ExclusiveGateway) or node.default_flow is not None or source.dialect is Dialect.CAMUNDA8:
        return node
    bare = [flow_id for flow_id in node.outgoing if flows[flow_id].condition is None]
    if len(node.outgoing) < 2 or len(bare) != 1:
        return node
    flow = flows[bare[0]]
    source.refuse(
        element,
        "bpmn/implied-default",
        f"the sequence flow {quoted(flow.name, flow.id)} has no condition: it is taken as the default flow",
        property="Default flow",
        expected="a default flow, or a condition on every flow",
        found="one flow with neither",
        hint="select the sequence flow, open its menu and choose Default flow",
        severity=Severity.WARNING,
    )
    return replace(node, default_flow=flow.id)
