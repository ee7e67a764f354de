"""What all runs came to for one process: counted while they are played."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from loanflow.bpmn import model as bpmn
from loanflow.execution import Record
from loanflow.feel import text_of
from loanflow.testing.rehearsal.cases import Played
from loanflow.testing.rehearsal.learning import paths
from loanflow.testing.rehearsal.sites import PlaceId, dialect_of
from loanflow.testing.rehearsal.stage import Stage, bodies

_TRIED = 6
_LONG = 40


@dataclass(slots=True)
class Way:
    """Runs that went the same way; ``first`` is the earliest of them, ``number`` its number."""

    first: Played
    number: int
    runs: int = 1


@dataclass(slots=True)
class Stop:
    """Incidents of one kind at one place."""

    message: str
    number: int
    runs: int = 0


@dataclass(frozen=True, slots=True)
class _Choice:
    """A conditional flow behind a node: what its condition reads is worth remembering until it is taken."""

    flow: PlaceId
    reads: tuple[tuple[str, ...], ...]


class Tally:
    """Counts per element, flow, way, end and incident; ``tried`` holds what conditions that were never true looked at."""

    def __init__(self, stage: Stage, process_id: str) -> None:
        self.stage = stage
        self.process_id = process_id
        self.process_ids = stage.files.together(process_id)
        self.runs = 0
        self.reached: dict[PlaceId, int] = {}
        self.left: dict[PlaceId, None] = {}
        self.flows: dict[PlaceId, int] = {}
        self.cancelled: dict[PlaceId, str] = {}
        self.ways: dict[tuple[Any, ...], Way] = {}
        self.ends: dict[tuple[str | None, str], int] = {}
        self.stops: dict[tuple[PlaceId, str], Stop] = {}
        self.made_up: dict[tuple[str, str], None] = {}
        self.thrown: dict[PlaceId, set[str]] = {}
        self.given: dict[str, set[PlaceId]] = {}
        self.tried: dict[PlaceId, dict[str, list[str]]] = {}
        self.messages: dict[tuple[PlaceId, str], dict[str, int]] = {}
        self._choices = _choices(stage, self.process_ids)
        self._on_leaving = {place_id for place_id in self._choices if not isinstance(stage.places[place_id].node, bpmn.Gateway)}

    def all_flows(self) -> Iterator[PlaceId]:
        """Yield every sequence flow of the process and of those it calls."""
        for process_id in self.process_ids:
            for body in bodies(self.stage.files.processes[process_id].body):
                yield from ((process_id, flow_id) for flow_id in body.flows)

    def all_elements(self) -> Iterator[PlaceId]:
        """Yield every flow node of the process and of those it calls, in document order."""
        for process_id in self.process_ids:
            yield from ((process_id, node.id) for node in self.stage.files.processes[process_id].body.walk())

    def watch(self, record: Record, seen: Mapping[str, Any]) -> None:
        """Remember what the conditions behind a node look at, while they have never been true."""
        place_id = (record.program, record.element_id)
        choices = self._choices.get(place_id)
        if choices is None or (record.kind == "element.completed") is not (place_id in self._on_leaving):
            return
        for choice in choices:
            if choice.flow not in self.flows:
                tried = self.tried.setdefault(choice.flow, {})
                for path in choice.reads:
                    values = tried.setdefault(".".join(path), [])
                    shown = _shown(path, seen)
                    if shown not in values and len(values) < _TRIED:
                        values.append(shown)

    def edge(self) -> frozenset[PlaceId]:
        """Return the elements that were reached and behind or on which something was not: where varying a run may pay."""
        found: set[PlaceId] = set()
        for flow_id in self.all_flows():
            if flow_id not in self.flows:
                found.add((flow_id[0], self.stage.flows[flow_id].source))
        for place_id in self.all_elements():
            node = self.stage.places[place_id].node
            if isinstance(node, bpmn.BoundaryEvent) and place_id not in self.reached:
                found.add((place_id[0], node.attached_to))
        return frozenset(found & self.reached.keys())

    def add(self, played: Played, number: int) -> bool:
        """Count a run; say whether it got anywhere new."""
        self.runs += 1
        new = False
        for place_id in played.steps:
            new = new or place_id not in self.reached
            self.reached[place_id] = self.reached.get(place_id, 0) + 1
        for flow in played.flows:
            new = new or flow not in self.flows
            self.flows[flow] = self.flows.get(flow, 0) + 1
            if self.flows[flow] == 1:
                self.tried.pop(flow, None)
        self.left.update(played.left)
        self.cancelled.update(played.cancelled)
        self.made_up.update(played.made_up)
        for place_id, codes in played.thrown.items():
            self.thrown.setdefault(place_id, set()).update(codes)
        for name, givers in played.given.items():
            self.given.setdefault(name, set()).update(givers)
        for place_id, name, fate in played.messages:
            fates = self.messages.setdefault((place_id, name), {})
            fates[fate] = fates.get(fate, 0) + 1
        for key in {((one.program, one.element_id), one.code): one for one in reversed(played.incidents)}.items():
            stop = self.stops.get(key[0])
            if stop is None:
                new = True
                stop = self.stops[key[0]] = Stop(key[1].message, number)
            stop.runs += 1
        for end in [(element_id, played.outcome) for element_id in played.ends] or [(None, played.outcome)]:
            new = new or end not in self.ends
            self.ends[end] = self.ends.get(end, 0) + 1
        self._add_way(played, number)
        return new

    def _add_way(self, played: Played, number: int) -> None:
        repeated = frozenset(place_id for place_id, times in played.steps.items() if times > 1)
        key = (frozenset(played.steps), frozenset(played.flows), repeated, played.outcome)
        way = self.ways.get(key)
        if way is None:
            self.ways[key] = Way(played, number)
        else:
            way.runs += 1


def _choices(stage: Stage, process_ids: Iterable[str]) -> dict[PlaceId, list[_Choice]]:
    found: dict[PlaceId, list[_Choice]] = {}
    for process_id in process_ids:
        model = stage.files.models[process_id]
        for body in bodies(stage.files.processes[process_id].body):
            for flow in body.flows.values():
                if flow.condition is not None and not flow.condition.is_literal:
                    reads = paths(flow.condition.text, dialect=dialect_of(model, flow.condition))
                    found.setdefault((process_id, flow.source), []).append(_Choice((process_id, flow.id), reads))
    return found


def _shown(path: tuple[str, ...], seen: Mapping[str, Any]) -> str:
    value: Any = seen.get(path[0])
    if path[0] not in seen:
        return "missing"
    for part in path[1:]:
        value = cast("dict[str, Any]", value).get(part) if isinstance(value, dict) else None
    text = "null" if value is None else text_of(value)
    return text if len(text) <= _LONG else text[: _LONG - 3] + "..."
