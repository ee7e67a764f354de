"""What every flow node has, whatever its kind."""

from __future__ import annotations

from loanflow.bpmn.extensions import NodeFields
from loanflow.bpmn.reader.reading import Reading
from loanflow.bpmn.source import Source
from loanflow.xmltree import Element


class FlowNodeFields(NodeFields):
    """The fields of ``bpmn.model.FlowNode`` but for the flows, which the container adds."""

    id: str
    name: str | None
    line: int | None
    documentation: str | None
    default_flow: str | None


def node_fields(reading: Reading, element: Element) -> FlowNodeFields:
    """Return what every flow node has."""
    source = reading.source
    return FlowNodeFields(
        id=source.attribute(element, "id") or "",
        name=source.attribute(element, "name"),
        line=element.line,
        documentation=documentation(source, element),
        default_flow=source.reference(element, "default"),
        **reading.extension.node(source, element),
    )


def documentation(source: Source, element: Element) -> str | None:
    """Return the element's documentation, all paragraphs, or None."""
    texts = [source.text(one) for one in source.children(element, "documentation")]
    return "\n\n".join(text for text in texts if text) or None
