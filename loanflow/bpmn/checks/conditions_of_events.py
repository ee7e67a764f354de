"""Conditional events without a condition, or with kinds of change that do not exist (clause 10.5.5, ConditionalEventDefinition)."""

from __future__ import annotations

from collections.abc import Iterator

from loanflow.bpmn.checks.nearest import nearest_hint
from loanflow.bpmn.checks.scene import Scene, definitions_of
from loanflow.bpmn.model import ConditionalEvent, FlowNode
from loanflow.bpmn.words import of_node
from loanflow.problems import Problem

CHANGES = ("create", "update", "delete")


def find(scene: Scene) -> Iterator[Problem]:
    """Yield findings on conditional events."""
    for _, node in scene.nodes():
        for event in definitions_of(node):
            if isinstance(event, ConditionalEvent):
                yield from _event(scene, node, event)


def _event(scene: Scene, node: FlowNode, event: ConditionalEvent) -> Iterator[Problem]:
    if not event.condition.text:
        yield scene.finding(
            node,
            "bpmn/event-without-condition",
            f"the {of_node(node)} does not say on which condition",
            line=event.line,
            property="Condition > Condition expression",
            expected="a condition",
            found="nothing",
            hint="fill in Properties panel > Condition > Condition expression",
        )
    for change in event.variable_events:
        if change not in CHANGES:
            yield scene.finding(
                node,
                "bpmn/variable-event",
                f"{change} is no way for a variable to change",
                line=event.line,
                property="Condition > Variable events",
                expected=", ".join(CHANGES),
                found=change,
                hint=nearest_hint(change, CHANGES, otherwise="write one or more of them, separated by commas"),
            )
