"""Gateways whose ``gatewayDirection`` says something else than their flows (clause 10.6.1 "Sequence Flow Considerations").

The flows decide what runs; Camunda Modeler does not write the attribute, so where it is wrong a flow may have got lost.
"""

from __future__ import annotations

from collections.abc import Iterator

from loanflow.bpmn.checks.scene import Scene
from loanflow.bpmn.model import Gateway
from loanflow.bpmn.words import of_node
from loanflow.problems import Problem, Severity

CODE = "bpmn/gateway-direction"


def find(scene: Scene) -> Iterator[Problem]:
    """Yield a finding for each gateway that is not what its direction says."""
    for _, node in scene.nodes():
        if not isinstance(node, Gateway):
            continue
        joins, splits = len(node.incoming) > 1, len(node.outgoing) > 1
        expected = {"Converging": (True, False), "Diverging": (False, True), "Mixed": (True, True)}.get(node.direction or "")
        if expected is None or expected == (joins, splits):
            continue
        yield scene.finding(
            node,
            CODE,
            f"the {of_node(node)} says that it is {(node.direction or '').lower()}, but its flows say otherwise",
            severity=Severity.WARNING,
            property="gatewayDirection",
            expected={(True, False): "Converging", (False, True): "Diverging", (True, True): "Mixed"}.get((joins, splits), "Unspecified"),
            found=f"{node.direction}, with {len(node.incoming)} incoming and {len(node.outgoing)} outgoing flows",
            hint="draw the missing flow, or delete the attribute: the flows decide",
        )
