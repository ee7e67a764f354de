"""One run: a case started in memory, and whatever may happen next happening by draws until it rests."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

from loanflow.bpmn import model as bpmn
from loanflow.execution import (
    CaseExecution,
    EnqueueJob,
    OpenTask,
    Program,
    RaiseIncident,
    Record,
    Request,
    ScheduleTimer,
    Step,
    Stuck,
    Subscribe,
    ThrowMessage,
    ThrowSignal,
)
from loanflow.testing.rehearsal.catchers import Catcher
from loanflow.testing.rehearsal.draws import Draws
from loanflow.testing.rehearsal.givers import START
from loanflow.testing.rehearsal.guesses import Guesses
from loanflow.testing.rehearsal.host import RehearsalHost
from loanflow.testing.rehearsal.sites import PlaceId
from loanflow.testing.rehearsal.stage import STAND_IN, Stage

LONGEST = 300
"""How many things may happen in one run."""

_AFTER_INCIDENT = 30
_BEGINNINGS = 20
"""How often values are made up for a case that only starts on a condition."""
_WORK, _EVENT, _BORDER, _TIRED = 6.0, 4.0, 1.5, 0.02
_OFTEN = 3
_PATIENCE = 20
"""How many timers may go off on the way to a later one that is waited for."""
_ERROR_NEAR, _ERROR_FAR = 0.2, 0.05


class _Move(NamedTuple):
    """Something that may happen next."""

    weight: float
    do: Callable[[], Step]


@dataclass(slots=True)
class Played:
    """What happened in one run: elements and flows in the order they were first reached, by process and id."""

    outcome: str = "unfinished"
    ends: dict[str, None] = field(default_factory=dict[str, None])
    steps: dict[PlaceId, int] = field(default_factory=dict[PlaceId, int])
    left: dict[PlaceId, None] = field(default_factory=dict[PlaceId, None])
    flows: dict[PlaceId, None] = field(default_factory=dict[PlaceId, None])
    cancelled: dict[PlaceId, str] = field(default_factory=dict[PlaceId, str])
    incidents: list[RaiseIncident] = field(default_factory=list[RaiseIncident])
    made_up: dict[tuple[str, str], None] = field(default_factory=dict[tuple[str, str], None])
    thrown: dict[PlaceId, set[str]] = field(default_factory=dict[PlaceId, set[str]])
    given: dict[str, set[PlaceId]] = field(default_factory=dict[str, set[PlaceId]])


class Run:
    """A case and everything open in it. ``watch`` is told each record with the variables as they were then."""

    def __init__(
        self,
        stage: Stage,
        draws: Draws,
        fixed: Mapping[str, Any],
        watch: Callable[[Record, Mapping[str, Any]], None],
    ) -> None:
        self._stage = stage
        self._process_id = stage.process_id
        self._draws = draws
        self._fixed = fixed
        self._watch = watch
        self._guesses = Guesses(stage.clues, draws, fixed)
        self._host = RehearsalHost(stage, self._guesses)
        self._open: dict[int, Request] = {}
        self._seen: dict[str, Any] = {}
        self._answered: dict[PlaceId, int] = {}
        self._waiting_for: list[ScheduleTimer] = []
        self._last: Step | None = None
        self.played = Played(made_up=self._host.made_up)
        self._case: CaseExecution

    def play(self, enough: Callable[[], bool]) -> Played:
        """Play until the case ends or nothing can happen any more; ``enough`` may stop it earlier."""
        if not self._start():
            self.played.outcome = "waiting"
            return self.played
        left = LONGEST
        while left > 0 and not self._case.ended and not enough():
            moves = list(self._moves())
            if not moves:
                self.played.outcome = "stuck" if self.played.incidents else "waiting"
                return self.played
            chosen = moves[self._draws.weighted("next", [move.weight for move in moves])]
            had = len(self.played.incidents)
            self._take(chosen.do())
            left = min(left - 1, _AFTER_INCIDENT) if len(self.played.incidents) > had else left - 1
        if self._case.ended and self._last is not None:
            self.played.outcome = self._last.outcome or "completed"
        elif self.played.incidents:
            self.played.outcome = "stuck"
        return self.played

    # Beginning

    def _start(self) -> bool:
        """Begin a case; False where none begins, because no condition that would start one holds."""
        program = self._stage.files.programs[self._process_id]
        triggers = [trigger for trigger in program.start_events if trigger.kind != "none"]
        ways: list[str | None] = [None] if program.body.starts or not triggers else []
        ways += [trigger.element_id for trigger in triggers]
        for _ in range(_BEGINNINGS):
            way = self._draws.of("start", ways)
            kinds = {trigger.kind for trigger in triggers if trigger.element_id == way}
            # Nobody is there to give a case that a timer starts any variables.
            variables: dict[str, Any] = {} if "timer" in kinds else self._begin_with(way)
            if kinds != {"condition"} or self._holds(program, way or "", variables):
                break
        else:
            return False
        self._seen.update(variables)
        self._case, step = CaseExecution.start(
            program, variables, host=self._host, business_key="REHEARSAL", start_event=way, initiator="starter"
        )
        self._take(step)
        return True

    def _holds(self, program: Program, start_event: str, variables: Mapping[str, Any]) -> bool:
        try:
            return program.condition_holds(start_event, variables, now=self._host.now())
        except Stuck:
            return False

    def _begin_with(self, way: str | None) -> dict[str, Any]:
        now = self._host.now()
        place = (self._process_id, START)
        variables = dict(self._fixed)
        start = way or next((trigger.element_id for trigger in self._stage.files.programs[self._process_id].start_events), "")
        form = self._stage.files.forms.get((self._process_id, start))
        names = (*self._stage.asked.get(place, ()), *self._stage.asked.get((self._process_id, start), ()))
        if form is not None:
            filled, accepted = self._guesses.answers(form, variables, now)
            variables |= filled
            if not accepted:
                self.played.made_up["form", form.id] = None
        for name in names:
            if name not in variables:
                variables[name] = self._guesses.variable(name, now)
                self._note_given(name, place)
        return variables

    def _note_given(self, name: str, place: PlaceId) -> None:
        if name not in self._fixed:
            self.played.given.setdefault(name, set()).add(place)

    # What may happen next

    def _moves(self) -> Iterator[_Move]:
        timers: list[ScheduleTimer] = []
        for request in self._open.values():
            match request:
                case EnqueueJob(kind="continuation"):
                    # A save point holds nothing up.
                    yield _Move(1, partial(self._resume, request))
                    return
                case ScheduleTimer():
                    timers.append(request)
                case _:
                    pass
        due = min(timers, key=lambda timer: timer.due_at, default=None)
        waiting = bool(self._waiting_for) and self._waiting_for.pop() in timers
        if due is not None and (waiting or due.due_at <= self._host.now()):
            yield _Move(1, partial(self._fire, due))
            return
        self._waiting_for = []
        for request in self._open.values():
            match request:
                case OpenTask() | EnqueueJob():
                    yield _Move(_WORK, partial(self._work, request))
                case Subscribe():
                    yield _Move(self._weight(request), partial(self._deliver, request))
                case _:
                    pass
        if due is not None:
            for timer in timers:
                yield _Move(self._weight(timer), partial(self._fire, due) if timer is due else partial(self._wait, due, timer))
        if self._stage.conditional:
            yield from self._changes()

    def _weight(self, request: Request) -> float:
        place = (request.program, request.element_id)
        if self._answered.get(place, 0) >= _OFTEN:
            return _TIRED
        node = self._stage.node(*place)
        return _BORDER if isinstance(node, bpmn.BoundaryEvent | bpmn.StartEvent) else _EVENT

    def _changes(self) -> Iterator[_Move]:
        """Let variables change that a conditional event waits for."""
        for view in self._case.tokens:
            node = self._stage.node(view.program, view.element_id)
            event = getattr(node, "event", None)
            if isinstance(event, bpmn.ConditionalEvent):
                names = sorted(self._stage.places[view.program, view.element_id].before)
                place = (view.program, view.element_id)
                weight = _TIRED if self._answered.get(place, 0) >= _OFTEN * 2 else _EVENT
                if names:
                    yield _Move(weight, partial(self._change, names, place))

    # Making it happen

    def _resume(self, request: EnqueueJob) -> Step:
        del self._open[request.token]
        return self._case.resume(request.token, host=self._host)

    def _work(self, request: OpenTask | EnqueueJob) -> Step:
        place = (request.program, request.element_id)
        if isinstance(request, EnqueueJob) and request.handler and not place[0].startswith(STAND_IN):
            self.played.made_up["handler", request.handler] = None
        thrown = self._thrown(place)
        values: Mapping[str, Any] = {}
        if thrown is None:
            values = self._filled_in(request, place) if isinstance(request, OpenTask) else self._given(request, place)
        self._answered[place] = self._answered.get(place, 0) + 1
        if thrown is not None:
            self.played.thrown.setdefault(place, set()).add(thrown.code)
            if thrown.escalation:
                # Work that is not interrupted goes on; what is interrupted is closed by the step.
                return self._case.throw_escalation(request.token, thrown.code, host=self._host)
            del self._open[request.token]
            return self._case.throw_error(request.token, thrown.code, "drawn at its border", host=self._host)
        del self._open[request.token]
        return self._case.complete(request.token, values, host=self._host)

    def _thrown(self, place: PlaceId) -> Catcher | None:
        catchers = self._stage.catchers.of(self._caller(place))
        if not catchers:
            return None
        what = f"{place[1]} error"
        chance = _ERROR_NEAR if any(catcher.near for catcher in catchers) else _ERROR_FAR
        if not self._draws.whether(what, chance):
            return None
        near: list[Catcher] = [catcher for catcher in catchers if catcher.near]
        return self._draws.of(what, near or catchers)

    def _caller(self, place: PlaceId) -> PlaceId:
        if not place[0].startswith(STAND_IN):
            return place
        return self._stage.calls_of(place[0].removeprefix(STAND_IN))

    def _filled_in(self, request: OpenTask, place: PlaceId) -> Mapping[str, Any]:
        form = self._stage.files.forms.get(place)
        if form is None:
            return self._given(request, place)
        values, accepted = self._guesses.answers(form, self._case.variables(request.token), self._host.now())
        if not accepted:
            self.played.made_up["form", form.id] = None
        return values

    def _given(self, request: Request, place: PlaceId) -> dict[str, Any]:
        """Make up what is asked for here. What began with the case is left alone the first time somebody comes by."""
        place = self._caller(place)
        names = self._stage.asked.get(place, ())
        if not names:
            return {}
        known: Mapping[str, Any] = self._case.variables(request.token)
        first = place not in self._answered
        facts = self._stage.asked.get((self._process_id, START), ())
        values: dict[str, Any] = {}
        for name in names:
            if not (first and name in known and name in facts):
                values[name] = self._guesses.variable(name, self._host.now())
                self._note_given(name, place)
        return values

    def _deliver(self, request: Subscribe) -> Step:
        place = (request.program, request.element_id)
        values = self._given(request, place)
        self._answered[place] = self._answered.get(place, 0) + 1
        del self._open[request.token]
        return self._case.deliver(request.token, values, host=self._host)

    def _wait(self, due: ScheduleTimer, timer: ScheduleTimer) -> Step:
        """Let nothing but time pass until a timer behind the one that is due next."""
        self._waiting_for = [timer] * _PATIENCE
        return self._fire(due)

    def _fire(self, request: ScheduleTimer) -> Step:
        place = (request.program, request.element_id)
        self._answered[place] = self._answered.get(place, 0) + 1
        self._host.turn_to(request.due_at)
        del self._open[request.token]
        return self._case.fire(request.token, host=self._host)

    def _change(self, names: list[str], place: PlaceId) -> Step:
        self._answered[place] = self._answered.get(place, 0) + 1
        values = {name: self._guesses.variable(name, self._host.now()) for name in names}
        for name in names:
            self._note_given(name, place)
        return self._case.set_variables(values, host=self._host)

    # What happened

    def _take(self, step: Step) -> None:
        self._last = step
        for record in step.records:
            self._record(record)
        for request in step.requests:
            match request:
                case OpenTask() | EnqueueJob() | ScheduleTimer() | Subscribe():
                    self._open[request.token] = request
                case RaiseIncident():
                    self._open.pop(request.token, None)
                    self.played.incidents.append(request)
                case ThrowSignal() | ThrowMessage():
                    pass  # There is no other case; what this one waits for comes by itself.
                case _:
                    self._open.pop(request.token, None)

    def _record(self, record: Record) -> None:
        kind, place = record.kind, (record.program, record.element_id)
        if kind == "variables.set":
            self._seen.update(record.data["values"])
        elif kind == "scope.started":
            self._seen.update(record.data["variables"])
        elif kind == "flow.taken":
            self.played.flows[place] = None
        elif kind == "element.cancelled":
            self.played.cancelled[place] = str(record.data.get("reason") or "")
        elif kind == "element.entered" and "instance" not in record.data:
            self.played.steps[place] = self.played.steps.get(place, 0) + 1
            if place in self._stage.undoing:
                # No token passes a compensation boundary event: what it leads to is what was reached through it.
                self.played.steps.setdefault(self._stage.undoing[place], 1)
            self._watch(record, self._seen)
        elif kind == "element.completed" and "instance" not in record.data:
            self.played.left[place] = None
            if place in self._stage.ends:
                self.played.ends[record.element_id] = None
            self._watch(record, self._seen)
