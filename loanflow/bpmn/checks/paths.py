"""Where tokens can go next, whatever the data: over sequence flows, over borders and over links."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from loanflow.bpmn.model import BoundaryEvent, Container, FlowNode, IntermediateCatchEvent, IntermediateThrowEvent, LinkEvent


def successors(container: Container) -> dict[str, tuple[str, ...]]:
    """Return the nodes of a scope that a token can come to next from each node of it."""
    found = {
        node.id: [container.flows[flow_id].target for flow_id in node.outgoing if container.flows[flow_id].target in container.nodes]
        for node in container.nodes.values()
    }
    catches = {
        node.event.name: node.id
        for node in container.nodes.values()
        if isinstance(node, IntermediateCatchEvent) and isinstance(node.event, LinkEvent)
    }
    for node in container.nodes.values():
        if isinstance(node, BoundaryEvent) and node.attached_to in found:
            found[node.attached_to].append(node.id)
        if isinstance(node, IntermediateThrowEvent) and isinstance(node.event, LinkEvent) and node.event.name in catches:
            found[node.id].append(catches[node.event.name])
    return {node: tuple(after) for node, after in found.items()}


def reachable(after: Mapping[str, Iterable[str]], starts: Iterable[str], *, without: str | None = None) -> set[str]:
    """Return the nodes that a token can come to from ``starts``, these included, if it never passes ``without``."""
    reached: set[str] = set()
    waiting = [start for start in starts if start != without]
    while waiting:
        node = waiting.pop()
        if node not in reached:
            reached.add(node)
            waiting += [one for one in after.get(node, ()) if one != without]
    return reached


def entries(container: Container) -> list[FlowNode]:
    """Return the nodes of a scope that nothing in it leads to."""
    led_to = {flow.target for flow in container.flows.values()}
    return [node for node in container.nodes.values() if node.id not in led_to and not isinstance(node, BoundaryEvent)]
