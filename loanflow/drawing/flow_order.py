"""In which order a reader meets the flow nodes of a drawing."""

from __future__ import annotations

from collections import deque

from loanflow.bpmn import model as bpmn


def flow_order(body: bpmn.Container) -> tuple[bpmn.FlowNode, ...]:
    """Return the flow nodes as the flow reaches them: breadth first from the start events, then what is left, in document order."""
    order: dict[str, bpmn.FlowNode] = {}
    starts = [n for n in body.nodes.values() if isinstance(n, bpmn.StartEvent)] or [n for n in body.nodes.values() if not n.incoming]
    queue = deque(starts)
    boundaries: dict[str, list[bpmn.FlowNode]] = {}
    for node in body.nodes.values():
        if isinstance(node, bpmn.BoundaryEvent):
            boundaries.setdefault(node.attached_to, []).append(node)
    while queue:
        node = queue.popleft()
        if node.id in order:
            continue
        order[node.id] = node
        following = [body.flows[f].target for f in node.outgoing if f in body.flows]
        queue.extend(body.nodes[target] for target in following if target in body.nodes)
        queue.extend(boundaries.get(node.id, ()))
    return (*order.values(), *(node for node in body.nodes.values() if node.id not in order))
