"""What led to what in a case: read from its history, so that an act can be undone together with all that came of it.

A case's past is an occurrence net: what happened (a flow node was left, an activity was interrupted) consumed tokens and
produced tokens. To go back to an activity is to undo its completion and, with it, everything that depends on it, no more and
no less. What is left is a state the case could have been in: no token is lost, none is doubled, and a join has the tokens
of the branches that were not undone. The tokens that were taken from them are put back (`modification.Reinstate`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from loanflow.bpmn.model import Activity, BoundaryEvent, StartEvent, SubProcess
from loanflow.errors import CommandError
from loanflow.execution.case import TokenView
from loanflow.execution.flow_nodes.activities import ActivitySpec, JobTaskSpec, ReceiveTaskSpec, UserTaskSpec
from loanflow.execution.flow_nodes.base import FlowNodeSpec
from loanflow.execution.flow_nodes.containers import CallActivitySpec, SubProcessSpec
from loanflow.execution.flow_nodes.events import CatchSpec, TerminateEndSpec, ThrowSpec
from loanflow.execution.flow_nodes.gateways import JoinSpec
from loanflow.execution.modification import Cancel, Instruction, Reinstate, container_of
from loanflow.execution.program import Program
from loanflow.execution.requests import Record


@dataclass(eq=False, slots=True)
class _Token:
    """A token that was, or is: ``number`` is its present one, ``owner`` that of the activity it was in."""

    number: int
    element_id: str
    program: str
    flow: str | None = None
    owner: _Token | None = None
    instance: bool = False
    cause: _Event | None = None
    end: _Event | None = None
    inside: list[_Token] = field(default_factory=list["_Token"])
    seen_by: list[_Event] = field(default_factory=list["_Event"])
    calls: str | None = None
    entered: bool = False
    by_hand: bool = False


@dataclass(eq=False, slots=True)
class _Event:
    """Something that happened: it took tokens, made tokens, and needed others to be there."""

    order: int
    kind: str
    element_id: str
    program: str
    owner: _Token | None
    took: list[_Token] = field(default_factory=list[_Token])
    made: list[_Token] = field(default_factory=list[_Token])
    saw: list[_Token] = field(default_factory=list[_Token])
    undone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """A way back: to the activity ``element_id``, which token ``token`` completed.

    ``instructions`` carry it out. ``reopened`` maps the numbers of tokens that are put back to their elements, the
    activity's own first. ``undone`` are the elements that will be passed again, in the order they were left; ``repeated``
    those among them whose work is done by a handler. ``refusal`` says why it cannot be, None where it can.
    """

    token: int
    element_id: str
    program: str
    instructions: tuple[Instruction, ...] = ()
    reopened: Mapping[int, str] = field(default_factory=dict[int, str])
    undone: tuple[str, ...] = ()
    repeated: tuple[str, ...] = ()
    acts: tuple[int, ...] = ()
    happenings: tuple[str, ...] = ()
    cancelled: tuple[int, ...] = ()
    refusal: CommandError | None = None


class Causality:
    """The past of one case, from all its records in order; those of `KINDS` say where tokens came from, others may be left out.

    Raises:
        CommandError: the history does not say where a token came from.
    """

    KINDS = frozenset({"element.entered", "element.completed", "element.cancelled", "flow.taken", "scope.started", "token.placed"})

    def __init__(self, records: Iterable[Record], program: Callable[[str], Program]) -> None:
        self._program = program
        self._tokens: dict[int, _Token] = {}
        self._events: list[_Event] = []
        self._within: dict[int, list[_Event]] = {}
        self._targets: dict[str, dict[str, str]] = {}
        self._now: _Event | None = None
        self._first_program = ""
        for record in records:
            self._first_program = self._first_program or record.program
            read = _READ.get(record.kind)
            if read is not None:
                read(self, record)

    def check(self, tokens: Iterable[TokenView]) -> None:
        """Refuse a history that does not lead to where the case stands.

        Raises:
            CommandError: it does not.
        """
        stands = {view.token: view.element_id for view in tokens if not view.boundary}
        told = {token.number: token.element_id for token in self._live()}
        if stands != told:
            raise _unexplained(f"it leads to {_words(told)}, but the case stands at {_words(stands)}")

    def returns(self, number: int) -> tuple[Return, ...]:
        """Return every activity that was done before the token came to be, the latest first, legal or not."""
        found: dict[tuple[str, int], _Event] = {}
        for event in self._past(self._known(number)):
            if not self._is_work(event):
                continue
            place = (event.element_id, id(event.owner))
            if place not in found or found[place].order < event.order:
                found[place] = event
        latest = sorted(found.values(), key=lambda event: -event.order)
        return tuple(self._way_back(event) for event in latest if not event.took[0].instance)

    def undoing(self, number: int) -> Return:
        """Return what it takes to undo that the token's activity was completed.

        Raises:
            CommandError: it was not completed, or has been undone.
        """
        token = self._known(number)
        event = token.end
        if event is None or event.undone or event.kind != "completed" or token.number != number:
            raise CommandError(
                "this was not completed, or has been sent back since", code="not-completed", zh="该环节尚未完成，或之后已被退回"
            )
        return self._way_back(event)

    def concurrent(self, number: int) -> tuple[str, ...]:
        """Return the activities that were done beside the token's way, not before it: there is no way back to them."""
        past = set(map(id, self._past(self._known(number))))
        return tuple(dict.fromkeys(event.element_id for event in self._events if id(event) not in past and self._is_work(event)))

    # Ways back

    def _way_back(self, event: _Event) -> Return:
        undone, dead = self._depending_on(event)
        restored = [token for each in undone for token in each.took if id(token) not in dead]
        ids = {id(token) for token in restored}
        roots = [token for token in restored if token.owner is None or id(token.owner) not in ids]
        refusal = next(filter(None, (self._refusal(token, ids) for token in restored)), None)
        gone = [token for token in self._live() if id(token) in dead and (token.owner is None or id(token.owner) not in dead)]
        first = event.took[0]
        roots.sort(key=lambda token: first is not token)
        passed = [each for each in undone if each.kind == "completed"]
        specs = [(each, self._spec(each)) for each in passed]
        return Return(
            token=first.number,
            element_id=event.element_id,
            program=event.program,
            instructions=(
                *(Cancel(token.number) for token in gone),
                *(self._reinstate(token, restored, top=True) for token in roots),
            ),
            reopened={token.number: token.element_id for token in sorted(restored, key=lambda token: first is not token)},
            undone=tuple(dict.fromkeys(each.element_id for each in passed)),
            repeated=tuple(dict.fromkeys(each.element_id for each, spec in specs if _calls_a_handler(spec))),
            acts=tuple(token.number for each, spec in specs if isinstance(spec, UserTaskSpec) for token in each.took),
            happenings=tuple(
                dict.fromkeys(
                    [each.element_id for each, spec in specs if isinstance(spec, CatchSpec | ReceiveTaskSpec) or _calls_a_handler(spec)]
                    + [each.element_id for each in undone if each.kind in ("interrupted", "modified") and each.made]
                )
            ),
            cancelled=tuple(token.number for token in self._live() if id(token) in dead),
            refusal=refusal,
        )

    def _reinstate(self, token: _Token, restored: list[_Token], *, top: bool = False) -> Reinstate:
        return Reinstate(
            stands_for=token.number,
            element_id=token.element_id,
            flow=token.flow,
            within=token.owner.number if top and token.owner is not None else None,
            inside=tuple(self._reinstate(inner, restored) for inner in restored if inner.owner is token),
        )

    def _refusal(self, token: _Token, restored: set[int]) -> CommandError | None:
        spec = self._program(token.program).nodes[token.element_id]
        if token.instance:
            return CommandError(
                f"{spec.words} is a multi-instance activity: what its other instances gave would be lost; go back to a place before it",
                code="inside-instances",
                zh=f"{spec.words}是多实例活动，其他实例的结果会丢失；请退回到它之前",
            )
        if not any(id(inner) in restored for inner in token.inside):
            return None
        if isinstance(spec, CallActivitySpec):
            return CommandError(
                f"{spec.words} has ended, and the called process with it; go back to a place before it, or to itself",
                code="called-process-ended",
                zh=f"{spec.words}调用的流程已经结束；请退回到它之前",
            )
        if not isinstance(spec, SubProcessSpec) or spec.instances is not None or _drawn_kind(spec) not in ("embedded", "transaction"):
            return CommandError(
                f"{spec.words} has ended and cannot be entered anew by hand; go back to a place before it",
                code="scope-ended",
                zh=f"{spec.words}已经结束，无法重新进入；请退回到它之前",
            )
        return None

    def _depending_on(self, event: _Event) -> tuple[list[_Event], set[int]]:
        # Everything that could not have happened without the event, and the tokens that would not be there.
        undone: dict[int, _Event] = {}
        dead: set[int] = set()
        events, tokens = [event], list[_Token]()
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

    def _past(self, token: _Token) -> list[_Event]:
        events: dict[int, _Event] = {}
        seen: set[int] = set()
        todo = [token]
        while todo:
            here = todo.pop()
            if id(here) in seen:
                continue
            seen.add(id(here))
            if here.owner is not None:
                todo.append(here.owner)
            causes = [] if here.cause is None else [here.cause]
            if here.end is not None:
                # It is over, so all that happened inside it came before.
                causes += self._within.get(id(here), [])
            for event in causes:
                if id(event) not in events:
                    events[id(event)] = event
                    todo += [*event.took, *event.saw]
        return list(events.values())

    # Reading

    def _flow_taken(self, record: Record) -> None:
        event = self._now
        if event is None:
            raise _unexplained(f"nothing led to sequence flow {record.element_id}")
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
        elif _drawn_kind(spec) == "event":
            self._event_sub_process(record, spec)
        elif isinstance(spec.node, Activity) and spec.node.for_compensation:
            raise _unexplained("what was compensated cannot be done again by going back")
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
        around = None if container == program.process_id and record.program == self._first_program else self._alone(container, spec.words)
        events = [each for each in self._within_of(around) if each.kind == "interrupted" and not each.made]
        starts = [start.node for start in program.nodes.values() if container_of(program, start.name) == record.element_id]
        if events and any(isinstance(node, StartEvent) and node.interrupting for node in starts):
            event = events[-1]
        else:
            event = self._happened("noticed", record, around)
            if around is not None:
                event.saw.append(around)
                around.seen_by.append(event)
        self._add(record.token, record.element_id, record.program, around, event)

    def _link_to(self, spec: FlowNodeSpec) -> _Event | None:
        for event in reversed(self._events):
            if event.kind == "completed" and not event.made and getattr(self._spec(event), "catch", None) is spec:
                return event
        return None

    def _owner_of_start(self, record: Record, spec: FlowNodeSpec) -> _Token | None:
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
        raise _unexplained(f"nothing led to {spec.words}")

    def _holds(self, token: _Token, container: str, program: str) -> bool:
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

    def _cancelled(self, record: Record) -> None:
        token = self._tokens.get(record.token)
        if token is None or token.end is not None:
            return
        event = self._now
        if event is None or event.made or not (event.kind == "interrupted" or self._ends_all(event)):
            event = self._happened("interrupted", record, token.owner)
        self._take(event, token)
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

    def _void_inside(self, token: _Token) -> None:
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
        owner: _Token | None,
        cause: _Event | None,
        *,
        flow: str | None = None,
        instance: bool = False,
    ) -> _Token:
        token = _Token(number, element_id, program, flow, owner, instance, cause)
        self._tokens[number] = token
        if owner is not None:
            owner.inside.append(token)
        if cause is not None:
            cause.made.append(token)
        return token

    def _happened(self, kind: str, record: Record, owner: _Token | None) -> _Event:
        event = _Event(len(self._events), kind, record.element_id, record.program, owner)
        self._events.append(event)
        self._within.setdefault(id(owner), []).append(event)
        self._now = event
        return event

    def _take(self, event: _Event, token: _Token) -> None:
        event.took.append(token)
        token.end = event

    def _within_of(self, owner: _Token | None) -> list[_Event]:
        return self._within.get(id(owner), [])

    def _ends_all(self, event: _Event) -> bool:
        return event.kind == "completed" and isinstance(self._spec(event), TerminateEndSpec)

    def _known(self, number: int) -> _Token:
        token = self._tokens.get(number)
        if token is None:
            raise _unexplained(f"nothing led to token {number}")
        return token

    def _alone(self, element_id: str, words: str) -> _Token:
        found = [token for token in self._live() if token.element_id == element_id and not token.instance]
        if len(found) != 1:
            raise _unexplained(f"{words} may belong to any of {len(found)} tokens")
        return found[0]

    def _live(self) -> Iterator[_Token]:
        return (token for number, token in self._tokens.items() if token.end is None and token.number == number and not _is_void(token))

    def _spec(self, event: _Event) -> FlowNodeSpec:
        return self._program(event.program).nodes[event.element_id]

    def _is_work(self, event: _Event) -> bool:
        # A task that is passed through is no place to go back to, nor is what only holds others.
        spec = self._spec(event)
        works = (
            isinstance(spec, ActivitySpec) and type(spec) is not ActivitySpec and not isinstance(spec, SubProcessSpec | CallActivitySpec)
        )
        return works and event.kind == "completed" and not event.undone


def _is_void(token: _Token) -> bool:
    # What made it was undone, or what it was in is gone.
    here: _Token | None = token
    while here is not None:
        if here.cause is not None and here.cause.undone:
            return True
        here = here.owner
    return False


def _calls_a_handler(spec: FlowNodeSpec) -> bool:
    return isinstance(spec, JobTaskSpec) or (isinstance(spec, ThrowSpec) and spec.job is not None)


def _drawn_kind(spec: FlowNodeSpec) -> str:
    return spec.node.kind if isinstance(spec.node, SubProcess) else ""


def _words(places: Mapping[int, str]) -> str:
    return ", ".join(f"{element} (token {number})" for number, element in sorted(places.items())) or "nowhere"


def _unexplained(why: str) -> CommandError:
    return CommandError(
        f"the case's history does not explain where it stands: {why}; a supervisor can still move its tokens by hand",
        code="history-unexplained",
        zh="案件的历史无法解释它现在的位置；主管仍可手工移动令牌",
    )


_READ: Mapping[str, Callable[[Causality, Record], None]] = {
    "element.entered": Causality._entered,  # pyright: ignore[reportPrivateUsage]
    "element.completed": Causality._completed,  # pyright: ignore[reportPrivateUsage]
    "element.cancelled": Causality._cancelled,  # pyright: ignore[reportPrivateUsage]
    "flow.taken": Causality._flow_taken,  # pyright: ignore[reportPrivateUsage]
    "scope.started": Causality._scope_started,  # pyright: ignore[reportPrivateUsage]
    "token.placed": Causality._placed,  # pyright: ignore[reportPrivateUsage]
}
