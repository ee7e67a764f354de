"""Which BPMN errors and escalations the stubs may throw: those that somebody has drawn a catching event for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from loanflow.bpmn import model as bpmn
from loanflow.testing.rehearsal.sites import Place, PlaceId

ANY_CODE = "REHEARSED"
"""What is thrown at an event that catches everything."""


class Catcher(NamedTuple):
    """An error, or an escalation, that is caught: on the element's own border (``near``), or further out."""

    code: str
    near: bool
    escalation: bool = False


_Thrown = bpmn.ErrorEvent | bpmn.EscalationEvent


class Catchers:
    """Finds what is caught for each element: on its border, on the sub-processes around it, on the calls of its process."""

    def __init__(self, places: Mapping[PlaceId, Place], callers: Callable[[str], list[Place]]) -> None:
        self._places = places
        self._callers = callers
        self._borders: dict[PlaceId, list[_Thrown]] = {}
        self._inside: dict[tuple[str, str | None], list[tuple[str, _Thrown]]] = {}
        self._found: dict[PlaceId, tuple[Catcher, ...]] = {}
        for (process_id, _), place in places.items():
            event = getattr(place.node, "event", None)
            if not isinstance(event, bpmn.ErrorEvent | bpmn.EscalationEvent):
                continue
            if isinstance(place.node, bpmn.BoundaryEvent):
                self._borders.setdefault((process_id, place.node.attached_to), []).append(event)
            elif isinstance(place.node, bpmn.StartEvent) and place.parent is not None:
                # An event sub-process catches for everything beside it.
                around = places[process_id, place.parent].parent
                self._inside.setdefault((process_id, around), []).append((place.parent, event))

    def of(self, place_id: PlaceId) -> tuple[Catcher, ...]:
        """Return what a stub of this element may throw."""
        found = self._found.get(place_id)
        if found is None:
            found = self._found[place_id] = tuple(dict.fromkeys(self._caught(place_id)))
        return found

    def _caught(self, place_id: PlaceId) -> Iterator[Catcher]:
        near = True
        seen: set[PlaceId] = set()
        todo = [place_id]
        while todo:
            here = todo.pop()
            place = self._places.get(here)
            if here in seen or place is None:
                continue
            seen.add(here)
            process_id = here[0]
            yield from (Catcher(code, near, escalation) for code, escalation in _codes(self._borders.get(here, ())))
            near = False
            # An event sub-process does not catch what is thrown inside it; one that interrupts is alone in its scope.
            alone = isinstance(place.node, bpmn.SubProcess) and _interrupts(place.node)
            beside = [event for catcher, event in self._inside.get((process_id, place.parent), ()) if catcher != here[1] and not alone]
            yield from (Catcher(code, near, escalation) for code, escalation in _codes(beside))
            if place.parent is not None:
                todo.append((process_id, place.parent))
            else:
                todo.extend((caller.process.id, caller.node.id) for caller in self._callers(process_id))


def _interrupts(node: bpmn.SubProcess) -> bool:
    return node.kind == "event" and all(inner.interrupting for inner in node.body.nodes.values() if isinstance(inner, bpmn.StartEvent))


def _codes(events: list[_Thrown] | tuple[()]) -> Iterator[tuple[str, bool]]:
    for event in events:
        if event.code is None or event.code.is_literal:
            yield event.code.text if event.code is not None else ANY_CODE, isinstance(event, bpmn.EscalationEvent)
