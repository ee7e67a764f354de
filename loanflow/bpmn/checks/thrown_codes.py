"""Errors and escalations that are thrown without a code, so that nothing could tell them from others (clause 10.5.5)."""

from __future__ import annotations

from collections.abc import Iterator

from loanflow.bpmn.checks.scene import Scene, definitions_of
from loanflow.bpmn.model import EndEvent, ErrorEvent, EscalationEvent, IntermediateThrowEvent
from loanflow.problems import Problem


def find(scene: Scene) -> Iterator[Problem]:
    """Yield a finding for each throwing error or escalation event that names no code."""
    for _, node in scene.nodes():
        for event in definitions_of(node) if isinstance(node, EndEvent | IntermediateThrowEvent) else ():
            if isinstance(event, ErrorEvent | EscalationEvent) and event.code is None:
                what = "error" if isinstance(event, ErrorEvent) else "escalation"
                yield scene.finding(
                    node,
                    "bpmn/missing-error-code" if isinstance(event, ErrorEvent) else "bpmn/missing-escalation-code",
                    f"the event does not say which {what} it throws",
                    line=event.line,
                    property=f"{what.capitalize()} > Code",
                    expected=f"an {what} with a code",
                    found="nothing",
                    hint=f"choose or create an {what} under Properties panel > {what.capitalize()} and fill in its code",
                )
