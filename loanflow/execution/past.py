"""A case's past as an occurrence net, read from its records: what happened, which tokens it took and which it made.

`causality` asks of it what depends on what.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from loanflow.bpmn.model import Activity, BoundaryEvent, CompensateEvent, StartEvent, SubProcess
from loanflow.errors import CommandError
from loanflow.execution.flow_nodes.activities import ActivitySpec
from loanflow.execution.flow_nodes.base import FlowNodeSpec
from loanflow.execution.flow_nodes.events import CancelEndSpec, CompensationThrowSpec, TerminateEndSpec
from loanflow.execution.flow_nodes.gateways import JoinSpec
from loanflow.execution.modification import container_of
from loanflow.execution.program import Program
from loanflow.execution.requests import Record


@dataclass(eq=False, slots=True)
class PastToken:
    """A token that was, or is: ``number`` is its present one, ``owner`` that of the activity it was in."""

    number: int
    element_id: str
    program: str
    flow: str | None = None
    owner: PastToken | None = None
    instance: bool = False
    cause: PastEvent | None = None
    end: PastEvent | None = None
    inside: list[PastToken] = field(default_factory=list["PastToken"])
    seen_by: list[PastEvent] = field(default_factory=list["PastEvent"])
    calls: str | None = None
    entered: bool = False
    by_hand: bool = False
    compensates: list[PastEvent] = field(default_factory=list["PastEvent"])


@dataclass(eq=False, slots=True)
class PastEvent:
    """Something that happened: it took tokens, made tokens, and needed others to be there.

    ``compensated`` are completions that it undid in the model's own way; ``is_compensated`` says that it was itself.
    """

    order: int
    kind: str
    element_id: str
    program: str
    owner: PastToken | None
    took: list[PastToken] = field(default_factory=list[PastToken])
    made: list[PastToken] = field(default_factory=list[PastToken])
    saw: list[PastToken] = field(default_factory=list[PastToken])
    undone: bool = False
    compensated: list[PastEvent] = field(default_factory=list["PastEvent"])
    is_compensated: bool = False


class Past:
    """The past of one case, from all its records in order; those of `KINDS` say where tokens came from, others may be left out.

    Raises:
        CommandError: the history does not say where a token came from.
    """

    KINDS = frozenset(
        {
            *("element.entered", "element.completed", "element.cancelled", "flow.taken", "scope.started", "token.placed"),
            *("case.migrated", "case.migration-reverted"),
        }
    )

    def __init__(self, records: Iterable[Record], program: Callable[[str], Program]) -> None:
        self._program = program
        self._tokens: dict[int, PastToken] = {}
        self._events: list[PastEvent] = []
        self._within: dict[int, list[PastEvent]] = {}
        self._targets: dict[str, dict[str, str]] = {}
        self._now: PastEvent | None = None
        self._first_program = ""
        self.migrated = False
        """Whether the case has changed its version: then a way back may lead where the new version never brings a join together."""
        for record in records:
            self._first_program = self._first_program or record.program
            read = _READ.get(record.kind)
            if read is not None:
                read(self, record)

    def _depending_on(self, event: PastEvent) -> tuple[list[PastEvent], set[int]]:
        # Everything that could not have happened without the event, and the tokens that would not be there.
        undone: dict[int, PastEvent] = {}
        dead: set[int] = set()
        events, tokens = [event], list[PastToken]()
        while events or tokens:
            if events:
                each = events.pop()
                if id(each) in undone or each.undone:
                    continue
                undone[id(each)] = each
                tokens += each.made
                if each.owner is not None and each.owner.end is not None:
                    events.append(each.owner.end)
                continue
            token = tokens.pop()
            if id(token) in dead:
                continue
            dead.add(id(token))
            tokens += token.inside
            events += token.seen_by
            if token.end is not None:
                events.append(token.end)
        return sorted(undone.values(), key=lambda each: each.order), dead

    # Reading

    def _flow_taken(self, record: Record) -> None:
        event = self._now
        if event is None:
            raise unexplained(f"nothing led to sequence flow {record.element_id}")
        targets = self._targets.get(record.program)
        if targets is None:
            nodes = self._program(record.program).nodes.values()
            targets = self._targets[record.program] = {flow.id: flow.target.name for spec in nodes for flow in spec.outgoing}
        self._add(record.token, targets[record.element_id], record.program, event.owner, event, flow=record.element_id)

    def _entered(self, record: Record) -> None:
        if record.token in self._tokens:
            self._tokens[record.token].entered = True
            return
        spec = self._program(record.program).nodes[record.element_id]
        if "instance" in record.data:
            body = self._known(int(record.data["within"])) if "within" in record.data else self._alone(record.element_id, "its activity")
            self._add(record.token, record.element_id, record.program, body, None, instance=True)
        elif isinstance(spec.node, BoundaryEvent):
            self._boundary_event(record, spec, spec.node.attached_to)
        elif drawn_kind(spec) == "event":
            self._event_sub_process(record, spec)
        elif isinstance(spec.node, Activity) and spec.node.for_compensation:
            undone = {each.name for each in self._program(record.program).nodes.values() if each.compensation_handler is spec}
            self._compensation(record, undone)
        elif (link := self._link_to(spec)) is not None:
            self._add(record.token, record.element_id, record.program, link.owner, link)
        else:
            self._add(record.token, record.element_id, record.program, self._owner_of_start(record, spec), None)
        self._tokens[record.token].entered = True

    def _boundary_event(self, record: Record, spec: FlowNodeSpec, activity: str) -> None:
        event = self._now
        if event is not None and event.kind == "interrupted" and not event.made and any(t.element_id == activity for t in event.took):
            host = next(token for token in reversed(event.took) if token.element_id == activity)
            event.owner = host.owner
        else:
            host = self._alone(activity, spec.words)
            event = self._happened("noticed", record, host.owner)
            event.saw.append(host)
            host.seen_by.append(event)
        self._add(record.token, record.element_id, record.program, host.owner, event)

    def _event_sub_process(self, record: Record, spec: FlowNodeSpec) -> None:
        program = self._program(record.program)
        container = container_of(program, record.element_id)
        around: PastToken | None = None
        undoes = any(
            isinstance(getattr(start.node, "event", None), CompensateEvent) for start in self._starts_in(program, record.element_id)
        )
        if undoes:
            self._compensation(record, {container})
            return
        if container != program.process_id or record.program != self._first_program:
            around = self._alone(container, spec.words)
        events = [each for each in self._within_of(around) if each.kind == "interrupted" and not each.made]
        starts = [start.node for start in self._starts_in(program, record.element_id)]
        if events and any(isinstance(node, StartEvent) and node.interrupting for node in starts):
            event = events[-1]
        else:
            event = self._happened("noticed", record, around)
            if around is not None:
                event.saw.append(around)
                around.seen_by.append(event)
        self._add(record.token, record.element_id, record.program, around, event)

    def _starts_in(self, program: Program, container: str) -> list[FlowNodeSpec]:
        return [
            spec for spec in program.nodes.values() if isinstance(spec.node, StartEvent) and container_of(program, spec.name) == container
        ]

    def _compensation(self, record: Record, activities: set[str]) -> None:
        """A handler begins to undo what one of these activities completed last."""
        throwing = [token for token in self._live() if isinstance(self._spec_at(token), CompensationThrowSpec | CancelEndSpec)]
        done = [event for event in self._events if event.element_id in activities and event.program == record.program]
        done = [event for event in done if event.kind == "completed" and not event.undone and not event.is_compensated]
        done = [event for event in done if event.took[0].instance == self._spec(event).undone_each]
        if not throwing or not done:
            raise unexplained(f"nothing says what {record.element_id} undoes")
        throwing[-1].compensates.append(done[-1])
        done[-1].is_compensated = True
        self._add(record.token, record.element_id, record.program, throwing[-1], None)

    def _migrated(self, record: Record) -> None:
        """From here on the case runs another version: what was done counts as done at the elements that stand for the old ones."""
        data, new = record.data, self._program(record.program)
        old = self._program(str(data["from_definition"]))
        elements: Mapping[str, str] = data.get("elements") or data.get("renamed") or {}
        flows: Mapping[str, str] = data.get("flows") or {}
        self.migrated = True
        if self._first_program == old.id:
            self._first_program = new.id

        def moved(element_id: str) -> str | None:
            other = new.nodes.get(elements.get(element_id, element_id))
            return other.name if other is not None and _is_like(old.nodes[element_id], other) else None

        for token in {id(token): token for token in self._tokens.values()}.values():
            if token.calls == old.id:
                token.calls = new.id
            if token.program == old.id and (there := moved(token.element_id)) is not None:
                token.element_id, token.program, token.flow = there, new.id, flows.get(token.flow or "", token.flow)
        for event in self._events:
            if event.program == old.id and (there := moved(event.element_id)) is not None:
                event.element_id, event.program = there, new.id

    def _link_to(self, spec: FlowNodeSpec) -> PastEvent | None:
        for event in reversed(self._events):
            if event.kind == "completed" and not event.made and getattr(self._spec(event), "catch", None) is spec:
                return event
        return None

    def _owner_of_start(self, record: Record, spec: FlowNodeSpec) -> PastToken | None:
        program = self._program(record.program)
        container = container_of(program, record.element_id)
        waiting = [
            token
            for token in self._tokens.values()
            if token.end is None
            and token.entered
            and not token.by_hand
            and not any(inner.element_id == record.element_id for inner in token.inside)
            and (token.calls == record.program if container == program.process_id else self._holds(token, container, record.program))
        ]
        if waiting:
            return waiting[0]
        if container == program.process_id and not any(token.program == record.program for token in self._tokens.values()):
            return None
        if container == program.process_id and all(token.owner is None for token in self._live()) and not spec.incoming:
            # One of several flow nodes with which the process starts.
            return None
        raise unexplained(f"nothing led to {spec.words}")

    def _holds(self, token: PastToken, container: str, program: str) -> bool:
        if token.element_id != container or token.program != program:
            return False
        spec = self._program(program).nodes[container]
        return not (isinstance(spec, ActivitySpec) and spec.instances is not None and not token.instance)

    def _completed(self, record: Record) -> None:
        token = self._known(record.token)
        spec = self._program(record.program).nodes[record.element_id]
        event = self._now
        if isinstance(spec, JoinSpec) and len(spec.incoming) > 1:
            # The tokens that a join takes leave it one after the other, the one that goes on last.
            open_events = [e for e in self._within_of(token.owner) if e.element_id == record.element_id and e.kind == "completed"]
            last = open_events[-1] if open_events else None
            if last is not None and not last.made and not last.undone and last.took and token.flow not in {t.flow for t in last.took}:
                self._take(last, token)
                self._now = last
                return
        event = self._happened("completed", record, token.owner)
        self._take(event, token)
        event.compensated, token.compensates = token.compensates, []

    def _cancelled(self, record: Record) -> None:
        token = self._tokens.get(record.token)
        if token is None or token.end is not None:
            return
        event = self._now
        if event is None or event.made or not (event.kind == "interrupted" or self._ends_all(event)):
            event = self._happened("interrupted", record, token.owner)
        self._take(event, token)
        event.compensated += token.compensates
        token.compensates = []
        if event.kind == "interrupted":
            # Inner tokens go first: what is interrupted is the last, outermost one.
            event.element_id, event.owner = record.element_id, token.owner

    def _scope_started(self, record: Record) -> None:
        called = record.data.get("program")
        if called is not None:
            self._known(record.token).calls = str(called)

    def _placed(self, record: Record) -> None:
        data = record.data
        former = data.get("stands_for")
        if former is not None:
            token = self._known(int(former))
            if token.end is not None:
                for event in self._depending_on(token.end)[0]:
                    event.undone = True
                token.end = None
            token.number = record.token
            token.by_hand = token.entered = bool(data.get("entered"))
            if not token.entered:
                # It begins anew: what was inside it counts no longer.
                self._void_inside(token)
            self._tokens[record.token] = token
            self._now = None
            return
        owner = self._known(int(data["owner"])) if "owner" in data else None
        event = self._now
        if event is None or event.kind not in ("interrupted", "modified"):
            event = self._happened("modified", record, owner)
        event.kind = "modified"
        event.owner = owner
        if data.get("passed"):
            return
        token = self._add(record.token, record.element_id, record.program, owner, event, flow=data.get("flow"), instance="instance" in data)
        token.by_hand = token.entered = bool(data.get("entered"))

    # Parts

    def _void_inside(self, token: PastToken) -> None:
        for event in self._within.get(id(token), []):
            event.undone = True
        for inner in token.inside:
            self._void_inside(inner)
        token.inside, token.calls = [], None

    def _add(
        self,
        number: int,
        element_id: str,
        program: str,
        owner: PastToken | None,
        cause: PastEvent | None,
        *,
        flow: str | None = None,
        instance: bool = False,
    ) -> PastToken:
        token = PastToken(number, element_id, program, flow, owner, instance, cause)
        self._tokens[number] = token
        if owner is not None:
            owner.inside.append(token)
        if cause is not None:
            cause.made.append(token)
        return token

    def _happened(self, kind: str, record: Record, owner: PastToken | None) -> PastEvent:
        event = PastEvent(len(self._events), kind, record.element_id, record.program, owner)
        self._events.append(event)
        self._within.setdefault(id(owner), []).append(event)
        self._now = event
        return event

    def _take(self, event: PastEvent, token: PastToken) -> None:
        event.took.append(token)
        token.end = event

    def _within_of(self, owner: PastToken | None) -> list[PastEvent]:
        return self._within.get(id(owner), [])

    def _ends_all(self, event: PastEvent) -> bool:
        return event.kind == "completed" and isinstance(self._spec(event), TerminateEndSpec)

    def _known(self, number: int) -> PastToken:
        token = self._tokens.get(number)
        if token is None:
            raise unexplained(f"nothing led to token {number}")
        return token

    def _alone(self, element_id: str, words: str) -> PastToken:
        found = [token for token in self._live() if token.element_id == element_id and not token.instance]
        if len(found) != 1:
            raise unexplained(f"{words} may belong to any of {len(found)} tokens")
        return found[0]

    def _live(self) -> Iterator[PastToken]:
        return (token for number, token in self._tokens.items() if token.end is None and token.number == number and not _is_void(token))

    def _spec(self, event: PastEvent) -> FlowNodeSpec:
        return self._program(event.program).nodes[event.element_id]

    def _spec_at(self, token: PastToken) -> FlowNodeSpec:
        return self._program(token.program).nodes[token.element_id]


def _is_void(token: PastToken) -> bool:
    # What made it was undone, or what it was in is gone.
    here: PastToken | None = token
    while here is not None:
        if here.cause is not None and here.cause.undone:
            return True
        here = here.owner
    return False


def _is_like(old: FlowNodeSpec, new: FlowNodeSpec) -> bool:
    # A join that waits for more or fewer flows than before is another one.
    return type(old) is type(new) and (not isinstance(old, JoinSpec) or len(old.incoming) == len(new.incoming))


def drawn_kind(spec: FlowNodeSpec) -> str:
    """Return which kind of sub-process it is; empty for anything else."""
    return spec.node.kind if isinstance(spec.node, SubProcess) else ""


def unexplained(why: str) -> CommandError:
    """Return the refusal of a history from which the present does not follow."""
    return CommandError(
        f"the case's history does not explain where it stands: {why}; a supervisor can still move its tokens by hand",
        code="history-unexplained",
        zh="案件的历史无法解释它现在的位置；主管仍可手工移动令牌",
    )


_READ: Mapping[str, Callable[[Past, Record], None]] = {
    "element.entered": Past._entered,  # pyright: ignore[reportPrivateUsage]
    "element.completed": Past._completed,  # pyright: ignore[reportPrivateUsage]
    "element.cancelled": Past._cancelled,  # pyright: ignore[reportPrivateUsage]
    "flow.taken": Past._flow_taken,  # pyright: ignore[reportPrivateUsage]
    "scope.started": Past._scope_started,  # pyright: ignore[reportPrivateUsage]
    "case.migrated": Past._migrated,  # pyright: ignore[reportPrivateUsage]
    "case.migration-reverted": Past._migrated,  # pyright: ignore[reportPrivateUsage]
    "token.placed": Past._placed,  # pyright: ignore[reportPrivateUsage]
}
