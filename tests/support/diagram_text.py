"""Small BPMN files in a few lines: flow nodes as XML, sequence flows as ``a -> b -> c``, one chain a line."""

from __future__ import annotations

from itertools import pairwise

CAMUNDA7 = 'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" modeler:executionPlatform="Camunda Platform" modeler:executionPlatformVersion="7.24.0"'  # noqa: E501
CAMUNDA8 = (
    'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" modeler:executionPlatform="Camunda Cloud" modeler:executionPlatformVersion="8.8.0"'
)


def flows(text: str) -> str:
    """Return the sequence flows of these chains, ids ``a-b``."""
    pairs = [pair for line in text.splitlines() for pair in pairwise(stop.strip() for stop in line.split("->"))]
    return "".join(f'<sequenceFlow id="{source}-{target}" sourceRef="{source}" targetRef="{target}"/>' for source, target in pairs)


def drawn(key: str, nodes: str, chains: str = "", *, dialect: str = CAMUNDA7, attributes: str = "", around: str = "") -> bytes:
    """Return a file with one process; ``start`` and ``end`` are drawn, a chain may name them."""
    ends = '<startEvent id="start"/><endEvent id="end"/>' if chains else ""
    retention = ' camunda:historyTimeToLive="P180D"' if dialect is CAMUNDA7 else ""
    return (
        '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        f' xmlns:modeler="http://camunda.org/schema/modeler/1.0" {dialect} id="D" targetNamespace="t">'
        f'<process id="{key}" isExecutable="true"{retention} {attributes}>{ends}{nodes}{flows(chains)}</process>{around}</definitions>'
    ).encode()
