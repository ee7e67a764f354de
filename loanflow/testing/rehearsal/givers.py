"""Who is asked for which variable: the nearest places upstream of a reader that may give it.

A variable that a script, a decision or a mapping computes is the model's own: nobody is asked for it. Only whoever starts
the case is asked for a field of a form, and for what the model counts on. Any other is asked of the job, message or person
before the reader, else of whoever starts the case; who starts it with a form gives what the form has.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from loanflow.bpmn import model as bpmn
from loanflow.testing.rehearsal.sites import Place, PlaceId

START = ""
"""Stands for the element id of whoever starts a case."""


class Givers:
    """The graph of all processes together, walked against the flow."""

    def __init__(self, places: Mapping[PlaceId, Place]) -> None:
        self._places = places
        self._processes = {place.process.id: place.process for place in places.values()}
        self._made = {name for place in places.values() for name in place.makes}
        self._kept = self._made | {name for place in places.values() for name in place.fields | place.counts}
        self._filled = {
            place.process.id
            for place in places.values()
            if isinstance(place.node, bpmn.StartEvent) and place.parent is None and place.fields
        }
        self._callers: dict[str, list[Place]] = {}
        self._throws: dict[tuple[str, str], list[PlaceId]] = {}
        for (process_id, node_id), place in places.items():
            node = place.node
            if isinstance(node, bpmn.CallActivity) and node.called_element is not None and node.called_element.is_literal:
                self._callers.setdefault(node.called_element.text, []).append(place)
            if isinstance(node, bpmn.IntermediateThrowEvent) and isinstance(node.event, bpmn.LinkEvent):
                self._throws.setdefault((process_id, node.event.name), []).append((process_id, node_id))

    def callers(self, process_id: str) -> list[Place]:
        """Return the call activities that call a process by its plain id."""
        return self._callers.get(process_id, [])

    def asked(self) -> dict[PlaceId, tuple[str, ...]]:
        """Return the variables that each place is asked for, in order of name; `START` is the place before the start event."""
        found: dict[PlaceId, set[str]] = {}
        for place_id, place in self._places.items():
            for names, after in ((place.before, False), (place.after, True)):
                for name in names:
                    for giver in self._walk(name, place_id, after=after):
                        found.setdefault(giver, set()).add(name)
        return {place_id: tuple(sorted(names)) for place_id, names in found.items()}

    def _walk(self, name: str, reader: PlaceId, *, after: bool) -> set[PlaceId]:
        givers: set[PlaceId] = set()
        seen: set[tuple[PlaceId, bool]] = set()
        todo = [(reader, after)]
        first = True
        while todo:
            here = todo.pop()
            if here in seen:
                continue
            seen.add(here)
            place_id, is_after = here
            place = self._places[place_id]
            # What an element reads after its work it does not read from its own output mapping.
            steps = self._after(name, place_id, place, givers, own=first) if is_after else self._before(name, place_id, place, givers)
            todo.extend(steps)
            first = False
        return givers

    def _after(self, name: str, place_id: PlaceId, place: Place, givers: set[PlaceId], *, own: bool) -> Iterator[tuple[PlaceId, bool]]:
        node = place.node
        if name in (place.results if own else place.writes):
            return
        if place.asks and name not in self._kept:
            givers.add(place_id)
            return
        if isinstance(node, bpmn.SubProcess) and node.body.nodes:
            yield from (((place_id[0], inner.id), True) for inner in node.body.nodes.values() if not inner.outgoing)
            return
        if isinstance(node, bpmn.CallActivity):
            called = node.called_element.text if node.called_element is not None else ""
            process = self._processes.get(called)
            if process is None or (node.called_element is not None and not node.called_element.is_literal):
                # The process that is called is not among the files: whoever stands in for it gives what is read of it.
                givers.add(place_id)
                return
            if node.propagate_all_child or any(line.all_variables for line in node.call_outputs):
                yield from (((called, inner.id), True) for inner in process.body.nodes.values() if not inner.outgoing)
                return
        yield place_id, False

    def _before(self, name: str, place_id: PlaceId, place: Place, givers: set[PlaceId]) -> Iterator[tuple[PlaceId, bool]]:
        process_id, node = place_id[0], place.node
        if name in place.local:
            return
        if isinstance(node, bpmn.BoundaryEvent):
            yield (process_id, node.attached_to), False
            attached = self._places[process_id, node.attached_to].node
            if isinstance(attached, bpmn.SubProcess):
                yield from (((process_id, inner.id), True) for inner in attached.body.walk())
            return
        body = self._body(place)
        for flow_id in node.incoming:
            yield (process_id, body.flows[flow_id].source), True
        if isinstance(node, bpmn.IntermediateCatchEvent) and isinstance(node.event, bpmn.LinkEvent):
            yield from ((thrower, True) for thrower in self._throws.get((process_id, node.event.name), ()))
        elif not node.incoming and place.parent is not None:
            parent = (process_id, place.parent)
            yield parent, False
        elif not node.incoming:
            yield from self._before_start(name, process_id, givers)

    def _before_start(self, name: str, process_id: str, givers: set[PlaceId]) -> Iterator[tuple[PlaceId, bool]]:
        if process_id not in self._filled and name not in self._made:
            givers.add((process_id, START))
        for caller in self.callers(process_id):
            node = caller.node
            assert isinstance(node, bpmn.CallActivity)
            mapped = any(line.target == name for line in node.call_inputs)
            if not mapped and (node.propagate_all_parent or any(line.all_variables for line in node.call_inputs)):
                yield (caller.process.id, node.id), False

    def _body(self, place: Place) -> bpmn.Container:
        if place.parent is None:
            return place.process.body
        parent = self._places[place.process.id, place.parent].node
        assert isinstance(parent, bpmn.SubProcess)
        return parent.body
