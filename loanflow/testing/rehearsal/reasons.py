"""Why elements were never reached: the first element of each unreached stretch with its likely reason, the rest behind it."""

from __future__ import annotations

from collections.abc import Iterator

from loanflow import bpmn as room
from loanflow.bpmn import model as bpmn
from loanflow.testing.rehearsal.naming import flow_words, name_of, shown_expression
from loanflow.testing.rehearsal.result import Unreached
from loanflow.testing.rehearsal.sites import PlaceId
from loanflow.testing.rehearsal.stage import bodies
from loanflow.testing.rehearsal.tally import Tally

_Reason = tuple[str, tuple[str, ...]]


def unreached(tally: Tally) -> tuple[Unreached, ...]:
    """Return what no run reached, in document order."""
    return tuple(_Reasons(tally).all())


class _Reasons:
    def __init__(self, tally: Tally) -> None:
        self.tally = tally
        self.stage = tally.stage

    def all(self) -> Iterator[Unreached]:
        missing = [place_id for place_id in self.tally.all_elements() if place_id not in self.tally.reached]
        roots: dict[PlaceId, _Reason] = {}
        for place_id in missing:
            reason = self.reason(place_id)
            if reason is not None:
                roots[place_id] = reason
        behind: dict[PlaceId, list[PlaceId]] = {root: [] for root in roots}
        for place_id in missing:
            if place_id not in roots:
                root = self.root_of(place_id, roots)
                if root is None:
                    roots[place_id] = ("no sequence flow leads to it from where the process starts", ())
                    behind[place_id] = []
                else:
                    behind[root].append(place_id)
        for place_id in missing:
            if place_id in roots:
                yield self.entry(place_id, *roots[place_id], behind[place_id])
        yield from self.flows()

    def entry(self, place_id: PlaceId, reason: str, tried: tuple[str, ...], behind: list[PlaceId]) -> Unreached:
        node = self.node(place_id)
        return Unreached(
            element_id=node.id,
            name=name_of(node),
            type=room.of_node(node),
            reason=reason,
            tried=tried,
            behind=tuple(name_of(self.node(one)) for one in behind),
            behind_ids=tuple(one[1] for one in behind),
        )

    def flows(self) -> Iterator[Unreached]:
        """Flows never taken to elements that other flows reached."""
        for process_id in self.tally.process_ids:
            for body in bodies(self.stage.files.processes[process_id].body):
                for flow in body.flows.values():
                    taken = (process_id, flow.id) in self.tally.flows
                    if taken or (process_id, flow.target) not in self.tally.reached or (process_id, flow.source) not in self.tally.left:
                        continue
                    reason, tried = self.flow_reason(process_id, body, flow)
                    name = f'{flow_words(flow)} from "{name_of(body.nodes[flow.source])}"'
                    yield Unreached(
                        element_id=flow.id, name=name, type="sequence flow", reason=reason, tried=tried, behind=(), behind_ids=()
                    )

    # One element

    def node(self, place_id: PlaceId) -> bpmn.FlowNode:
        return self.stage.places[place_id].node

    def body(self, place_id: PlaceId) -> bpmn.Container:
        place = self.stage.places[place_id]
        if place.parent is None:
            return place.process.body
        parent = self.node((place_id[0], place.parent))
        assert isinstance(parent, bpmn.SubProcess)
        return parent.body

    def before(self, place_id: PlaceId) -> Iterator[PlaceId]:
        """What an element is reached from."""
        node, process_id = self.node(place_id), place_id[0]
        parent = self.stage.places[place_id].parent
        if isinstance(node, bpmn.BoundaryEvent):
            yield process_id, node.attached_to
        body = self.body(place_id)
        for flow_id in node.incoming:
            yield process_id, body.flows[flow_id].source
        if not node.incoming and parent is not None:
            yield process_id, parent
        if parent is None and not node.incoming:
            yield from ((caller.process.id, caller.node.id) for caller in self.stage.givers.callers(process_id))

    def root_of(self, place_id: PlaceId, roots: dict[PlaceId, _Reason]) -> PlaceId | None:
        seen: set[PlaceId] = set()
        todo = [place_id]
        while todo:
            here = todo.pop(0)
            if here in roots:
                return here
            if here not in seen and here not in self.tally.reached:
                seen.add(here)
                todo.extend(self.before(here))
        return None

    def reason(self, place_id: PlaceId) -> _Reason | None:
        """Return why, or None where an element before it is the cause."""
        node, process_id = self.node(place_id), place_id[0]
        body = self.body(place_id)
        for (where, _), stop in self.tally.stops.items():
            if where == place_id:
                return f"every token that came here stopped before it began: {stop.message}", ()
        if isinstance(node, bpmn.BoundaryEvent):
            return self.border_reason(place_id, node) if (process_id, node.attached_to) in self.tally.reached else None
        for flow_id in node.incoming:
            flow = body.flows[flow_id]
            source = (process_id, flow.source)
            if source in self.tally.reached:
                return self.flow_reason(process_id, body, flow) if source in self.tally.left else self.never_left(source)
        if node.incoming:
            return None
        return self.beginning_reason(place_id, node, body)

    def beginning_reason(self, place_id: PlaceId, node: bpmn.FlowNode, body: bpmn.Container) -> _Reason | None:
        """The reason of something nothing leads to."""
        place = self.stage.places[place_id]
        if isinstance(node, bpmn.SubProcess) and node.kind == "event":
            around = place.parent is None or (place_id[0], place.parent) in self.tally.reached
            return (self.trigger_words(node), ()) if around else None
        if isinstance(node, bpmn.Activity) and node.for_compensation:
            return "nothing was compensated that it undoes", ()
        if isinstance(node, bpmn.StartEvent):
            if place.parent is not None:
                return None
            if place_id[0] != self.tally.process_id:
                called = any((c.process.id, c.node.id) in self.tally.reached for c in self.stage.givers.callers(place_id[0]))
                return ("the process is called at its start event without a trigger, not here", ()) if called else None
            if isinstance(node.event, bpmn.ConditionalEvent):
                return f"its condition {shown_expression(node.event.condition)} never held for what a case would begin with", ()
            awaited = self.stage.exchange.awaited(place_id)
            return (f'the message "{awaited}" that starts it was never sent' if awaited is not None else "no run began here"), ()
        if isinstance(node, bpmn.IntermediateCatchEvent) and isinstance(node.event, bpmn.LinkEvent):
            return f'no link event that throws "{node.event.name}" was reached', ()
        around = self.node((place_id[0], place.parent)) if place.parent is not None else None
        if isinstance(around, bpmn.SubProcess) and around.active_elements is not None:
            reached = (place_id[0], around.id) in self.tally.reached
            return (
                (f'{shown_expression(around.active_elements)}, the active elements of "{name_of(around)}", never named it', ())
                if reached
                else None
            )
        if any(isinstance(other, bpmn.StartEvent) for other in body.nodes.values()):
            return "no sequence flow leads to it", ()
        return None if place.parent is not None else ("no run began here", ())

    def trigger_words(self, node: bpmn.SubProcess) -> str:
        start = next((inner for inner in node.body.nodes.values() if isinstance(inner, bpmn.StartEvent)), None)
        event = start.event if start is not None else None
        kind = room.of_node(start).removesuffix(" start event") if start is not None else "trigger"
        match event:
            case bpmn.ErrorEvent() | bpmn.EscalationEvent():
                code = f" {event.code.text}" if event.code is not None else ""
                return f"no {kind}{code} was thrown beside it"
            case bpmn.ConditionalEvent():
                return f"its condition {shown_expression(event.condition)} never became true"
            case _:
                return f"its {kind} never came while the process ran beside it"

    def border_reason(self, place_id: PlaceId, node: bpmn.BoundaryEvent) -> _Reason:
        activity = self.node((place_id[0], node.attached_to))
        name = name_of(activity)
        match node.event:
            case bpmn.ErrorEvent() as event:
                code = event.code.text if event.code is not None else None
                thrown = sorted({c for where, codes in self.tally.thrown.items() if where == (place_id[0], activity.id) for c in codes})
                what = f"the error {code}" if code else "an error"
                return f'"{name}" never threw {what}' + (f"; it threw {', '.join(thrown)}" if thrown else ""), ()
            case bpmn.EscalationEvent() as event:
                code = f"the escalation {event.code.text}" if event.code is not None else "an escalation"
                return f'nothing inside "{name}" threw {code}', ()
            case bpmn.CompensateEvent():
                return f'"{name}" was never compensated', ()
            case bpmn.CancelEvent():
                return f'no cancel end event inside "{name}" was reached', ()
            case bpmn.ConditionalEvent() as event:
                return f'the condition {shown_expression(event.condition)} never became true while "{name}" was open', ()
            case bpmn.TimerEvent() as event:
                return f'"{name}" was always done before the time {shown_expression(event.value)} was up', ()
            case _:
                return f'the {room.of_node(node).removesuffix(" boundary event")} never came while "{name}" was open', ()

    def never_left(self, place_id: PlaceId) -> _Reason:
        node = self.node(place_id)
        for (where, _), stop in self.tally.stops.items():
            if where == place_id:
                return f'every token that reached "{name_of(node)}" stopped there: {stop.message}', ()
        if isinstance(node, bpmn.ParallelGateway | bpmn.InclusiveGateway) and len(node.incoming) > 1:
            late = [flow for flow in node.incoming if (place_id[0], flow) not in self.tally.flows]
            body = self.body(place_id)
            names = ", ".join(f'"{name_of(body.nodes[body.flows[flow].source])}"' for flow in late)
            return f'the join "{name_of(node)}" never had a token on every incoming flow' + (
                f"; none ever came from {names}" if names else ""
            ), ()
        awaited = self.stage.exchange.awaited(place_id)
        if awaited is not None:
            return f'the message "{awaited}" never came while "{name_of(node)}" waited for it', ()
        why = self.tally.cancelled.get(place_id)
        if why is not None:
            return f'"{name_of(node)}" was never done: {why or "it was always interrupted"}', ()
        return f'no token ever left "{name_of(node)}"', ()

    def flow_reason(self, process_id: str, body: bpmn.Container, flow: bpmn.SequenceFlow) -> _Reason:
        source = body.nodes[flow.source]
        where = f'{flow_words(flow)} from "{name_of(source)}"'
        if flow.id == source.default_flow or flow.condition is None:
            if isinstance(source, bpmn.EventBasedGateway):
                return f'another event behind "{name_of(source)}" always came first', ()
            others = [body.flows[one] for one in source.outgoing if one != flow.id]
            conditions = ", ".join(shown_expression(one.condition) for one in others if one.condition is not None)
            reason = f"{where} is taken when no other one is open; one always was" + (f": {conditions}" if conditions else "")
            return reason, ()
        tried = self.tally.tried.get((process_id, flow.id), {})
        shown = tuple(f"{path} = {', '.join(values)}" for path, values in tried.items() if values)
        earlier = source.outgoing.index(flow.id) > 0 and isinstance(source, bpmn.ExclusiveGateway)
        never = "was never true" if not earlier else "was never true where no earlier flow was open"
        return f"the condition {shown_expression(flow.condition)} of {where} {never}", shown
