"""Events that never happen because another one catches the same before them (clause 10.5.7 "Handling Events")."""

from __future__ import annotations

from collections.abc import Iterator

from loanflow.bpmn.checks.scene import Scene, definitions_of
from loanflow.bpmn.model import (
    BoundaryEvent,
    CancelEvent,
    CompensateEvent,
    ErrorEvent,
    EscalationEvent,
    EventDefinition,
    StartEvent,
    SubProcess,
)
from loanflow.bpmn.model.events import Event
from loanflow.bpmn.words import of_node
from loanflow.problems import Problem, Severity

_WORDS: dict[type[EventDefinition], str] = {
    ErrorEvent: "error",
    EscalationEvent: "escalation",
    CompensateEvent: "compensation",
    CancelEvent: "cancellation",
}


def find(scene: Scene) -> Iterator[Problem]:
    """Yield a finding for each event that catches only what an earlier one at the same place catches."""
    for scope in scene.scopes:
        first: dict[tuple[str, type, str | None], Event] = {}
        for node in scope.container.nodes.values():
            for place, event in _catchers(node):
                for definition in definitions_of(event):
                    if not isinstance(definition, ErrorEvent | EscalationEvent | CompensateEvent | CancelEvent):
                        continue
                    code = _code(definition)
                    earlier = first.setdefault((place, type(definition), code), event)
                    if earlier is not event:
                        yield _finding(scene, event, earlier, definition, code)


def _catchers(node: object) -> Iterator[tuple[str, Event]]:
    # The places where something is caught: the border of an activity, and the scope around event sub-processes.
    if isinstance(node, BoundaryEvent):
        yield node.attached_to, node
    elif isinstance(node, SubProcess) and node.kind == "event":
        yield from (("", inner) for inner in node.body.nodes.values() if isinstance(inner, StartEvent))


def _code(definition: EventDefinition) -> str | None:
    code = definition.code if isinstance(definition, ErrorEvent | EscalationEvent) else None
    return None if code is None else code.text


def _finding(scene: Scene, event: Event, earlier: Event, definition: EventDefinition, code: str | None) -> Problem:
    what = _WORDS[type(definition)]
    caught = f"every {what}" if code is None else f"{what} {code}"
    return scene.finding(
        event,
        "bpmn/never-catches",
        f"the {of_node(event)} never happens: {caught} is caught by {earlier.name or earlier.id} before it",
        severity=Severity.WARNING,
        line=definition.line,
        expected="one event for the same at one place",
        found=f"{caught} again",
        hint="delete one of the two, or give errors and escalations different codes",
    )
