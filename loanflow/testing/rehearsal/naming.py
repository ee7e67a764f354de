"""What elements are called in a report: as drawn, by id where they have no name."""

from __future__ import annotations

from collections.abc import Iterator

from loanflow.bpmn import model as bpmn
from loanflow.bpmn.model import Expression, Language
from loanflow.testing.rehearsal.cases import Played
from loanflow.testing.rehearsal.sites import PlaceId
from loanflow.testing.rehearsal.stage import Stage

AGAIN = "↻"
"""Marks what a run passed more than once."""
_SHORT = 40


def name_of(node: bpmn.FlowNode) -> str:
    """Return an element's name on one line, or its id."""
    return " ".join((node.name or "").split()) or node.id


def shown_expression(expression: Expression | None) -> str:
    """Return an expression as the analyst wrote it."""
    if expression is None:
        return ""
    return f"={expression.text}" if expression.language is Language.FEEL else expression.text


def flow_words(flow: bpmn.SequenceFlow) -> str:
    """Return a sequence flow by its name, or by its id."""
    name = " ".join((flow.name or "").split())
    return f'flow "{name}"' if name else f"flow {flow.id}"


def path_names(stage: Stage, played: Played) -> Iterator[str]:
    """Yield a way through for people: activities and named events, and gateways with what was chosen there."""
    for (process_id, element_id), times in played.steps.items():
        node = stage.node(process_id, element_id)
        if node is None:
            continue
        if isinstance(node, bpmn.Gateway):
            chosen = (" + " if isinstance(node, bpmn.InclusiveGateway) else ", then ").join(_chosen(stage, process_id, node, played))
            if chosen:
                yield f"{name_of(node)}: {chosen}" if node.name else f"[{chosen}]"
        elif node.name or isinstance(node, bpmn.Activity):
            yield f"{name_of(node)} {AGAIN}" if times > 1 else name_of(node)


def _chosen(stage: Stage, process_id: str, node: bpmn.FlowNode, played: Played) -> Iterator[str]:
    if len(node.outgoing) < 2 or isinstance(node, bpmn.ParallelGateway | bpmn.EventBasedGateway):
        return
    for place in played.flows:
        if place[0] == process_id and place[1] in node.outgoing:
            flow_id, flow = place[1], stage.flows[place]
            name = " ".join((flow.name or "").split())
            text = shown_expression(flow.condition)
            yield name or ("otherwise" if flow_id == node.default_flow else text if text and len(text) <= _SHORT else flow_id)


def place_name(stage: Stage, place_id: PlaceId) -> str:
    """Return the name of a place, or its element id."""
    node = stage.node(*place_id)
    return name_of(node) if node is not None else place_id[1]
