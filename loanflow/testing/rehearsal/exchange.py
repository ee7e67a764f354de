"""What processes of the same files say to each other: who throws which message, who waits for it, where drawn message flows lead."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from loanflow.bpmn import model as bpmn
from loanflow.bpmn.model import Model, Process
from loanflow.testing.rehearsal.sites import PlaceId


@dataclass(frozen=True, slots=True)
class Exchange:
    """The messages of some processes.

    ``thrown`` are the names of those that an event or send task without a handler throws: the engine delivers them by name.
    ``drawn`` leads from what a handler sends to the element at which a message flow ends: the stub's message arrives there.
    ``caught`` are the names each element waits for. Names that are computed are not known.
    """

    thrown: frozenset[str]
    drawn: Mapping[PlaceId, PlaceId]
    caught: Mapping[PlaceId, frozenset[str]]

    @classmethod
    def of(cls, processes: Iterable[Process], models: Iterable[Model]) -> Exchange:
        """Look at processes, and at the message flows of the files they are in."""
        nodes = {(process.id, node.id): node for process in processes for node in process.body.walk()}
        where = {element_id: (process_id, element_id) for process_id, element_id in nodes}
        flows = [
            (where[flow.source], where[flow.target])
            for model in models
            for flow in model.message_flows
            if flow.source in where and flow.target in where
        ]
        caught = {place: frozenset(_caught(node)) for place, node in nodes.items()}
        return cls(
            thrown=frozenset(name for node in nodes.values() for name in _thrown(node)),
            drawn={source: target for source, target in flows if _is_sent_by_handler(nodes[source]) and _receives(nodes[target])},
            caught={place: names for place, names in caught.items() if names},
        )

    def awaited(self, place: PlaceId) -> str | None:
        """Return the message that comes to an element from these processes and not by itself, or None."""
        names = sorted(self.caught.get(place, ()))
        return next((name for name in names if name in self.thrown), names[0] if names and place in self.drawn.values() else None)

    def meets(self, other: Exchange) -> bool:
        """Say whether something of these processes reaches one of the others by name."""
        return any(self.thrown & names for names in other.caught.values())


def connected(groups: Mapping[str, Exchange], drawn: Iterable[tuple[str, str]]) -> list[tuple[str, ...]]:
    """Gather what has to do with each other, by message names or by pairs of keys; in the order given."""
    pairs = set(drawn)
    found: list[list[str]] = []
    for key, exchange in groups.items():
        near = [
            group
            for group in found
            if any(
                exchange.meets(groups[one]) or groups[one].meets(exchange) or (one, key) in pairs or (key, one) in pairs for one in group
            )
        ]
        found = [group for group in found if group not in near]
        found.append([one for group in near for one in group] + [key])
    order = {key: number for number, key in enumerate(groups)}
    return sorted((tuple(sorted(group, key=order.__getitem__)) for group in found), key=lambda group: order[group[0]])


def _definitions(event: bpmn.EventDefinition | None) -> Iterator[bpmn.EventDefinition]:
    if isinstance(event, bpmn.MultipleEvent):
        yield from event.definitions
    elif event is not None:
        yield event


def _named(message: bpmn.Message | None) -> Iterator[str]:
    if message is not None and message.name.is_literal:
        yield message.name.text


def _thrown(node: bpmn.FlowNode) -> Iterator[str]:
    match node:
        case bpmn.SendTask(implementation=None, message=message):
            yield from _named(message)
        case bpmn.IntermediateThrowEvent() | bpmn.EndEvent():
            for event in _definitions(node.event):
                if isinstance(event, bpmn.MessageEvent) and event.handler is None:
                    yield from _named(event.message)
        case _:
            pass


def _caught(node: bpmn.FlowNode) -> Iterator[str]:
    match node:
        case bpmn.ReceiveTask(message=message):
            yield from _named(message)
        case bpmn.StartEvent() | bpmn.IntermediateCatchEvent() | bpmn.BoundaryEvent():
            for event in _definitions(node.event):
                if isinstance(event, bpmn.MessageEvent):
                    yield from _named(event.message)
        case _:
            pass


def _is_sent_by_handler(node: bpmn.FlowNode) -> bool:
    match node:
        case bpmn.ServiceTask(implementation=made) | bpmn.SendTask(implementation=made):
            return isinstance(made, bpmn.HandlerCall)
        case bpmn.IntermediateThrowEvent(event=bpmn.MessageEvent(handler=made)) | bpmn.EndEvent(event=bpmn.MessageEvent(handler=made)):
            return isinstance(made, bpmn.HandlerCall)
        case _:
            return False


def _receives(node: bpmn.FlowNode) -> bool:
    if isinstance(node, bpmn.ReceiveTask):
        return True
    return isinstance(node, bpmn.StartEvent | bpmn.IntermediateCatchEvent | bpmn.BoundaryEvent) and any(
        isinstance(event, bpmn.MessageEvent) for event in _definitions(node.event)
    )
