"""Processes as text: a line per flow node and per chain of sequence flows, written as a file that could be deployed."""

from __future__ import annotations

from itertools import pairwise

_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" xmlns:modeler="http://camunda.org/schema/modeler/1.0" id="D" '
    'targetNamespace="t" modeler:executionPlatform="Camunda Platform" modeler:executionPlatformVersion="7.24.0">'
)
_BODY = "<!-- the body of {} -->"
_TAGS = {
    "start": "startEvent",
    "none": "task",
    "sub": "subProcess",
    "end": "endEvent",
    "user": "userTask",
    "service": "serviceTask",
    "parallel": "parallelGateway",
    "exclusive": "exclusiveGateway",
    "receive": "receiveTask",
    "message": "intermediateCatchEvent",
    "timer": "intermediateCatchEvent",
}


def drawn(process_id: str, nodes: str, flows: str) -> dict[str, bytes]:
    """Return a Camunda 7 diagram by file name.

    ``nodes`` has one flow node per line: kind, id, then attributes as they stand in the file (``user review
    camunda:candidateGroups="reviewer"``); a ``many:COLLECTION`` makes it a parallel multi-instance activity whose item
    is ``person``. Flow nodes of a ``sub`` have ``in:ITS-ID`` behind their id. ``flows`` has one chain per line, with a
    condition after a colon, or ``default``.
    """
    lines = [line.split(maxsplit=2) for line in nodes.strip().splitlines()]
    edges: list[tuple[str, str, str]] = []
    for line in filter(None, (line.strip() for line in flows.splitlines())):
        chain, _, condition = line.partition(":")
        stops = [stop.strip() for stop in chain.split("->")]
        edges += [(a, b, condition.strip() if b == stops[-1] else "") for a, b in pairwise(stops)]
    parts: dict[str, list[str]] = {}
    places: dict[str, str] = {}
    defaults = {a: f"{a}-{b}" for a, b, condition in edges if condition == "default"}
    messages: list[str] = []
    for kind, node_id, *more in lines:
        attributes, inside = " ".join(more), ""
        if attributes.startswith("in:"):
            place, _, attributes = attributes.partition(" ")
            places[node_id] = place.removeprefix("in:")
        if node_id in defaults:
            attributes += f' default="{defaults[node_id]}"'
        if attributes.startswith("many:"):
            marker, _, attributes = attributes.partition(" ")
            collection = "${" + marker.removeprefix("many:") + "}"
            inside = f'<bpmn:multiInstanceLoopCharacteristics camunda:collection="{collection}" camunda:elementVariable="person" />'
        if kind == "service":
            attributes += ' camunda:type="external" camunda:topic="step"'
        if kind == "receive":
            attributes += f' messageRef="M_{node_id}"'
        if kind in ("receive", "message"):
            messages.append(f'<bpmn:message id="M_{node_id}" name="{node_id}" />')
        if kind == "message":
            inside = f'<bpmn:messageEventDefinition messageRef="M_{node_id}" />'
        if kind == "timer":
            attributes, duration = "", attributes
            inside = f'<bpmn:timeDuration xsi:type="bpmn:tFormalExpression">{duration}</bpmn:timeDuration>'
            inside = f"<bpmn:timerEventDefinition>{inside}</bpmn:timerEventDefinition>"
        ways = "".join(f"<bpmn:incoming>{a}-{b}</bpmn:incoming>" for a, b, _ in edges if b == node_id)
        ways += "".join(f"<bpmn:outgoing>{a}-{b}</bpmn:outgoing>" for a, b, _ in edges if a == node_id)
        if kind == "sub":
            inside = _BODY.format(node_id)
        tag = f"bpmn:{_TAGS[kind]}"
        name = "" if "name=" in attributes else f' name="{node_id.title()}"'
        parts.setdefault(places.get(node_id, ""), []).append(f'<{tag} id="{node_id}"{name} {attributes}>{ways}{inside}</{tag}>')
    for a, b, condition in edges:
        guard = (
            f'<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">${{{condition}}}</bpmn:conditionExpression>'
            if condition not in ("", "default")
            else ""
        )
        parts.setdefault(places.get(a, ""), []).append(
            f'<bpmn:sequenceFlow id="{a}-{b}" sourceRef="{a}" targetRef="{b}">{guard}</bpmn:sequenceFlow>'
        )
    process = f'<bpmn:process id="{process_id}" name="{process_id.title()}" isExecutable="true" camunda:historyTimeToLive="P180D">'
    text = "\n".join([_HEAD, *messages, process, *parts.pop(""), "</bpmn:process>", "</bpmn:definitions>"])
    while parts:
        # A body goes in as soon as the sub-process it belongs to is there.
        container = next(container for container in parts if _BODY.format(container) in text)
        text = text.replace(_BODY.format(container), "".join(parts.pop(container)))
    return {f"{process_id}.bpmn": text.encode()}
