"""Processes and what every container holds: flow nodes, sequence flows, lanes, artifacts (clauses 8.4, 10.1, 10.2, 10.8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from loanflow.bpmn.model import (
    Activity,
    Artifact,
    BoundaryEvent,
    CompensateEvent,
    Container,
    FlowNode,
    Lane,
    Process,
    SequenceFlow,
)
from loanflow.bpmn.namespaces import BPMN
from loanflow.bpmn.reader.activities import ACTIVITIES, read_data_associations
from loanflow.bpmn.reader.common import documentation, node_fields
from loanflow.bpmn.reader.events import EVENTS
from loanflow.bpmn.reader.gateways import GATEWAYS, with_implied_default
from loanflow.bpmn.reader.reading import Reading
from loanflow.bpmn.reader.subprocesses import SUB_PROCESSES, read_sub_process
from loanflow.bpmn.source import Source
from loanflow.problems import Severity
from loanflow.xmltree import Element

_ARTIFACTS = frozenset({"textAnnotation", "association", "group", "dataObject", "dataObjectReference", "dataStoreReference"})
_NODES = {**ACTIVITIES, **EVENTS, **GATEWAYS}


def read_process(reading: Reading, element: Element) -> Process | None:
    """Return one ``<process>``, or None where it has no id."""
    source = reading.source
    process_id = source.attribute(element, "id")
    if not process_id:
        source.refuse(
            element,
            "bpmn/missing-id",
            "the process has no id",
            property="General > ID",
            expected="an id",
            found="none",
            hint="save the diagram again in Camunda Modeler, which gives every element an id",
        )
        source.abandon(element)
        return None
    lanes: list[Lane] = []
    for lane_set in source.children(element, "laneSet"):
        _read_lanes(source, lane_set, lanes)
    fields = reading.extension.process(source, element)
    return Process(
        id=process_id,
        name=source.attribute(element, "name"),
        executable=source.flag(element, "isExecutable", default=False, otherwise=True),
        body=read_container(reading, element),
        line=element.line,
        documentation=documentation(source, element),
        lanes=tuple(lanes),
        **fields,
    )


def read_container(reading: Reading, element: Element) -> Container:
    """Return the flow nodes, flows and artifacts directly inside a process or sub-process, in document order."""
    source = reading.source
    nodes: dict[str, FlowNode] = {}
    flows: dict[str, SequenceFlow] = {}
    artifacts: list[Artifact] = []
    holders: dict[str, Element] = {}
    for child in element.children:
        if child.name.namespace != BPMN or child in source.abandoned:
            continue
        tag = child.name.local
        if tag == "sequenceFlow":
            source.take(child)
            flow = _read_flow(reading, child)
            flows[flow.id] = flow
        elif tag in _NODES or tag in SUB_PROCESSES:
            source.take(child)
            node = _read_node(reading, child)
            if node is not None:
                nodes[node.id] = node
                holders[node.id] = child
                artifacts.extend(read_data_associations(source, child))
        elif (artifact := read_artifact(source, child)) is not None:
            artifacts.append(artifact)
    incoming: dict[str, list[str]] = {}
    outgoing: dict[str, list[str]] = {}
    for flow in flows.values():
        outgoing.setdefault(flow.source, []).append(flow.id)
        incoming.setdefault(flow.target, []).append(flow.id)
    for node_id, node in nodes.items():
        into, out = tuple(incoming.get(node_id, ())), tuple(outgoing.get(node_id, ()))
        _compare_references(source, holders[node_id], into, out)
        node = replace(node, incoming=into, outgoing=out)
        node = with_implied_default(source, holders[node_id], node, flows)
        nodes[node_id] = _with_undoing(reading, node, nodes)
    return Container(nodes=MappingProxyType(nodes), flows=MappingProxyType(flows), artifacts=tuple(artifacts))


def _with_undoing(reading: Reading, node: FlowNode, nodes: Mapping[str, FlowNode]) -> FlowNode:
    """Return a compensation boundary event with the activity that its association leads to, whichever way it was drawn."""
    if not isinstance(node, BoundaryEvent) or not isinstance(node.event, CompensateEvent):
        return node
    for both in reading.associations:
        ends = [end for end in both if end != node.id]
        if len(ends) == 1 and isinstance(nodes.get(ends[0]), Activity):
            return replace(node, undone_by=ends[0])
    return node


def read_artifact(source: Source, element: Element) -> Artifact | None:
    """Return something drawn to be read, or None where the element is not an artifact."""
    if element.name.namespace != BPMN or element.name.local not in _ARTIFACTS:
        return None
    source.take(element)
    text = source.child(element, "text")
    return Artifact(
        id=source.attribute(element, "id") or "",
        kind=element.name.local,
        name=source.text(text) if text is not None else source.attribute(element, "name"),
        source=source.reference(element, "sourceRef"),
        target=source.reference(element, "targetRef"),
    )


def _read_node(reading: Reading, element: Element) -> FlowNode | None:
    source = reading.source
    tag = element.name.local
    if not element.get("id"):
        source.refuse(
            element,
            "bpmn/missing-id",
            f"the <{element.tag}> has no id",
            property="General > ID",
            expected="an id",
            found="none",
            hint="save the diagram again in Camunda Modeler, which gives every element an id",
        )
        source.abandon(element)
        return None
    if tag in SUB_PROCESSES:
        return read_sub_process(reading, element, read_container)
    return _NODES[tag](reading, element, node_fields(reading, element))


def _read_flow(reading: Reading, element: Element) -> SequenceFlow:
    source = reading.source
    ends = source.reference(element, "sourceRef") or "", source.reference(element, "targetRef") or ""
    flow_id = source.attribute(element, "id") or _flow_id(reading, element, *ends)
    condition = source.child(element, "conditionExpression")
    expression = None
    if condition is not None:
        expression = source.condition(condition)
    return SequenceFlow(
        id=flow_id,
        source=ends[0],
        target=ends[1],
        name=source.attribute(element, "name"),
        condition=expression,
        listeners=reading.extension.flow_listeners(source, element),
        line=element.line,
    )


def _flow_id(reading: Reading, element: Element, origin: str, target: str) -> str:
    """Return the id of a flow that has none in the file, as diagrams written by hand leave it out: it is called after its ends."""
    stem = flow_id = f"{origin}_to_{target}"
    number = 1
    while flow_id in reading.ids:
        number += 1
        flow_id = f"{stem}_{number}"
    reading.ids.add(flow_id)
    reading.source.refuse(
        element,
        "bpmn/missing-id",
        f"a sequence flow has no id; the history calls it {flow_id}",
        property="General > ID",
        expected="an id",
        found="none",
        hint="save the diagram again in Camunda Modeler, which gives every element an id",
        severity=Severity.WARNING,
    )
    return flow_id


def _compare_references(source: Source, element: Element, incoming: tuple[str, ...], outgoing: tuple[str, ...]) -> None:
    """Warn where ``<incoming>`` and ``<outgoing>`` disagree with the flows themselves, which decide."""
    for tag, actual in (("incoming", incoming), ("outgoing", outgoing)):
        for one in source.children(element, tag):
            text = source.text(one).rpartition(":")[2]
            if text not in actual:
                source.refuse(
                    one,
                    "bpmn/flow-mismatch",
                    f"the element lists {text} as {tag}, but no such sequence flow {'ends' if tag == 'incoming' else 'starts'} here",
                    expected=", ".join(actual) or f"no {tag} flow",
                    found=text,
                    hint="the sequence flows themselves decide; save the diagram again in Camunda Modeler to mend the list",
                    severity=Severity.WARNING,
                )


def _read_lanes(source: Source, lane_set: Element, lanes: list[Lane]) -> None:
    for lane in source.children(lane_set, "lane"):
        nodes = tuple(source.text(one) for one in source.children(lane, "flowNodeRef"))
        lanes.append(Lane(id=source.attribute(lane, "id") or "", name=source.attribute(lane, "name"), flow_nodes=nodes))
        inner = source.child(lane, "childLaneSet")
        if inner is not None:
            _read_lanes(source, inner, lanes)


__all__ = ["read_artifact", "read_container", "read_process"]
