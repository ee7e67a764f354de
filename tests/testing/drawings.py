"""Small diagrams as Camunda Modeler saves them, from a few lines: elements as XML, flows as ``a -> b -> c``.

A condition follows a colon (``gate -> b: =x > 1``); ``default`` marks the default flow. Flow ids are ``source-target``.
"""

from __future__ import annotations

from itertools import pairwise
from xml.sax.saxutils import escape

_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"
  xmlns:camunda="http://camunda.org/schema/1.0/bpmn" xmlns:modeler="http://camunda.org/schema/modeler/1.0"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="D" targetNamespace="t"
  modeler:executionPlatform="{platform}" modeler:executionPlatformVersion="{version}">{outside}
  <bpmn:process id="{id}" name="{name}" isExecutable="true"{more}>
"""


def camunda8(*elements: str, flows: str, id: str = "loan", name: str = "Loan", outside: str = "") -> bytes:
    return _drawn(_HEAD.format(platform="Camunda Cloud", version="8.8.0", id=id, name=name, outside=outside, more=""), elements, flows)


def camunda7(*elements: str, flows: str, id: str = "loan", name: str = "Loan", outside: str = "") -> bytes:
    more = ' camunda:historyTimeToLive="P30D"'
    head = _HEAD.format(platform="Camunda Platform", version="7.23.0", id=id, name=name, outside=outside, more=more)
    return _drawn(head, elements, flows)


def start(inside: str = "", *, id: str = "start", name: str = "Asked") -> str:
    return _element("startEvent", id, name, inside)


def end(inside: str = "", *, id: str = "end", name: str = "Done") -> str:
    return _element("endEvent", id, name, inside)


def user(id: str, inside: str = "", *, name: str = "") -> str:
    return _element("userTask", id, name, inside)


def job(id: str, type: str = "", *, name: str = "", outputs: str = "") -> str:
    work = f'<zeebe:taskDefinition type="{type or id}" />{outputs}'
    return _element("serviceTask", id, name, f"<bpmn:extensionElements>{work}</bpmn:extensionElements>")


def topic(id: str, *, name: str = "") -> str:
    return f'<bpmn:serviceTask id="{id}" name="{name}" camunda:type="external" camunda:topic="{id}"></bpmn:serviceTask>'


def gateway(id: str, *, kind: str = "exclusive", name: str = "") -> str:
    return _element(f"{kind}Gateway", id, name, "")


def boundary(id: str, on: str, event: str, *, name: str = "", interrupting: bool = True) -> str:
    soft = "" if interrupting else ' cancelActivity="false"'
    return f'<bpmn:boundaryEvent id="{id}" name="{name}" attachedToRef="{on}"{soft}>{event}</bpmn:boundaryEvent>'


def timer(length: str) -> str:
    kind = "timeCycle" if length.startswith("R") else "timeDuration"
    return f"<bpmn:timerEventDefinition><bpmn:{kind}>{length}</bpmn:{kind}></bpmn:timerEventDefinition>"


def _element(tag: str, id: str, name: str, inside: str) -> str:
    named = f' name="{escape(name)}"' if name else ""
    return f'<bpmn:{tag} id="{id}"{named}>{inside}</bpmn:{tag}>'


def _drawn(head: str, elements: tuple[str, ...], flows: str) -> bytes:
    lines: list[str] = []
    incoming: dict[str, list[str]] = {}
    outgoing: dict[str, list[str]] = {}
    defaults: dict[str, str] = {}
    for line in filter(None, map(str.strip, flows.splitlines())):
        chain, _, condition = line.partition(": ")
        for source, target in pairwise(part.strip() for part in chain.split("->")):
            flow = f"{source}-{target}"
            outgoing.setdefault(source, []).append(flow)
            incoming.setdefault(target, []).append(flow)
            text = ""
            if condition == "default":
                defaults[source] = flow
            elif condition:
                body = escape(condition)
                text = f'<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">{body}</bpmn:conditionExpression>'
            lines.append(f'<bpmn:sequenceFlow id="{flow}" sourceRef="{source}" targetRef="{target}">{text}</bpmn:sequenceFlow>')
    for element in elements:
        lines.append(_connected(element, incoming, outgoing, defaults))
    return (head + "\n".join(lines) + "\n</bpmn:process></bpmn:definitions>").encode()


def _connected(element: str, incoming: dict[str, list[str]], outgoing: dict[str, list[str]], defaults: dict[str, str]) -> str:
    """Write the references to flows where the schema has them: behind extension elements, before what the element holds."""
    id = element.split('id="', 1)[1].split('"', 1)[0]
    links = "".join(f"<bpmn:incoming>{flow}</bpmn:incoming>" for flow in incoming.get(id, ()))
    links += "".join(f"<bpmn:outgoing>{flow}</bpmn:outgoing>" for flow in outgoing.get(id, ()))
    if id in defaults:
        element = element.replace(f'id="{id}"', f'id="{id}" default="{defaults[id]}"', 1)
    mark = "</bpmn:extensionElements>"
    first = element.index(">") + 1
    at = element.index(mark) + len(mark) if element[first:].startswith("<bpmn:extensionElements>") else first
    return element[:at] + links + element[at:]
