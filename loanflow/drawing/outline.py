"""The text twin of a drawing: the flow nodes in flow order, with their state, for phones and for readers who cannot see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from loanflow.bpmn import model as bpmn
from loanflow.drawing.flow_order import flow_order
from loanflow.drawing.names import kind_words, label
from loanflow.drawing.process import Mark, MarkState


@dataclass(frozen=True, slots=True, kw_only=True)
class OutlineStep:
    """One line of the outline; ``depth`` counts the sub-processes around it, ``note`` is the mark's own words."""

    element_id: str
    name: str
    kind: str
    state: MarkState
    note: str | None
    depth: int


def outline(process: bpmn.Process, marks: Mapping[str, Mark], *, lang: str = "zh") -> tuple[OutlineStep, ...]:
    """Return the steps of a process in flow order; gateways without a name are left out, they say nothing."""
    steps: list[OutlineStep] = []

    def visit(body: bpmn.Container, depth: int) -> None:
        for node in flow_order(body):
            if isinstance(node, bpmn.Gateway) and not node.name:
                continue
            mark = marks.get(node.id)
            steps.append(
                OutlineStep(
                    element_id=node.id,
                    name=label(node, lang) or kind_words(node, lang),
                    kind=kind_words(node, lang),
                    state=mark.state if mark else MarkState.AHEAD,
                    note=mark.pill if mark else None,
                    depth=depth,
                )
            )
            if isinstance(node, bpmn.SubProcess):
                visit(node.body, depth + 1)

    visit(process.body, 0)
    return tuple(steps)
