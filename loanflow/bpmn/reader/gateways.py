"""Gateways (clause 10.6)."""

from __future__ import annotations

from collections.abc import Callable

from loanflow.bpmn.model import (
    ComplexGateway,
    EventBasedGateway,
    ExclusiveGateway,
    FlowNode,
    InclusiveGateway,
    ParallelGateway,
)
from loanflow.bpmn.reader.common import FlowNodeFields
from loanflow.bpmn.reader.reading import Reading
from loanflow.xmltree import Element


def _plain(kind: type[FlowNode]) -> Callable[[Reading, Element, FlowNodeFields], FlowNode]:
    def read(reading: Reading, element: Element, fields: FlowNodeFields) -> FlowNode:
        return kind(**fields)

    return read


GATEWAYS: dict[str, Callable[[Reading, Element, FlowNodeFields], FlowNode]] = {
    "exclusiveGateway": _plain(ExclusiveGateway),
    "parallelGateway": _plain(ParallelGateway),
    "inclusiveGateway": _plain(InclusiveGateway),
    "eventBasedGateway": _plain(EventBasedGateway),
    "complexGateway": _plain(ComplexGateway),
}
