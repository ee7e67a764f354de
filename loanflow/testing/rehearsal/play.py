"""One run: cases started in memory, and whatever may happen next happening by draws until they rest.

Each process of the cast that can begin by itself begins one case; the messages they throw reach the others, and start more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
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
from loanflow.testing.rehearsal.cases import OpenCase, Played
from loanflow.testing.rehearsal.catchers import Catcher
from loanflow.testing.rehearsal.draws import Draws
from loanflow.testing.rehearsal.givers import START
from loanflow.testing.rehearsal.guesses import Guesses
from loanflow.testing.rehearsal.host import RehearsalHost
from loanflow.testing.rehearsal.post import Post
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


_Timer = tuple[OpenCase, ScheduleTimer]


class _Move(NamedTuple):
    """Something that may happen next to a case."""

    weight: float
    case: OpenCase
    do: Callable[[], Step]


class Run:
    """The cases of one run. ``watch`` is told each record of its process with the variables as they were then."""

    def __init__(
        self,
        stage: Stage,
        draws: Draws,
        fixed: Mapping[str, Any],
        watch: Mapping[str, Callable[[Record, Mapping[str, Any]], None]],
    ) -> None:
        self._stage = stage
        self._draws = draws
        self._fixed = fixed
        self._watch = watch
        self._guesses = Guesses(stage.clues, draws, fixed)
        self._host = RehearsalHost(stage, self._guesses)
        self._answered: dict[PlaceId, int] = {}
        self._waiting_for: list[_Timer] = []
        self.cases: list[OpenCase] = []
        self._post = Post(stage, self)
        self._played = {process_id: Played(outcome="not-started") for process_id in stage.cast}

    def play(self, enough: Callable[[], bool]) -> Mapping[str, Played]:
        """Play until all cases end or nothing can happen any more, and return it by process; ``enough`` may stop it earlier."""
        self._begin()
        left = LONGEST
        moves: list[_Move] = []
        while left > 0 and not enough():
            had = self._stops()
            if not self._post.deliver_next():
                moves = list(self._moves())
                if not moves:
                    break
                chosen = moves[self._draws.weighted("next", [move.weight for move in moves])]
                self._host.made_up = chosen.case.played.made_up
                self._take(chosen.case, chosen.do())
            left = min(left - 1, _AFTER_INCIDENT) if self._stops() > had else left - 1
        self._post.close()
        for process_id, played in self._played.items():
            cases = [case for case in self.cases if case.process_id == process_id]
            if cases and all(case.execution.ended for case in cases):
                played.outcome = (cases[-1].last and cases[-1].last.outcome) or "completed"
            elif played.incidents:
                played.outcome = "stuck"
            elif cases:
                played.outcome = "unfinished" if moves else "waiting"
        return self._played

    def _stops(self) -> int:
        return sum(len(played.incidents) for played in self._played.values())

    # Beginning

    def _begin(self) -> None:
        ways = {process_id: self._ways(process_id) for process_id in self._stage.cast}
        if not any(ways.values()):
            # Each waits for another: the first one's message comes from outside.
            first = self._stage.cast[0]
            ways[first] = [trigger.element_id for trigger in self._stage.files.programs[first].start_events]
        for process_id, found in ways.items():
            if found and not self._start(process_id, found):
                self._played[process_id].outcome = "waiting"

    def _ways(self, process_id: str) -> list[str | None]:
        """Return where cases of a process begin by themselves: not where a message of the cast starts them."""
        program = self._stage.files.programs[process_id]
        triggers = [trigger for trigger in program.start_events if trigger.kind != "none"]
        ways: list[str | None] = [None] if program.body.starts or not triggers else []
        return ways + [one.element_id for one in triggers if self._stage.exchange.awaited((process_id, one.element_id)) is None]

    def _start(self, process_id: str, ways: list[str | None]) -> bool:
        """Begin a case; False where none begins, because no condition that would start one holds."""
        program = self._stage.files.programs[process_id]
        for _ in range(_BEGINNINGS):
            way = self._draws.of("start", ways)
            kinds = {trigger.kind for trigger in program.start_events if trigger.kind != "none" and trigger.element_id == way}
            # Nobody is there to give a case that a timer starts any variables.
            variables: dict[str, Any] = {} if "timer" in kinds else self._begin_with(process_id, way)
            if kinds != {"condition"} or self._holds(program, way or "", variables):
                break
        else:
            return False
        number = f"-{len(self.cases) + 1}" if self.cases else ""
        self._start_case(process_id, way, variables, business_key=f"REHEARSAL{number}", initiator="starter")
        return True

    def _start_case(
        self, process_id: str, way: str | None, variables: dict[str, Any], *, business_key: str | None = None, initiator: str | None = None
    ) -> None:
        owner = self._owner(process_id)
        case = OpenCase(process_id=owner, played=self._played[owner], business_key=business_key, seen=dict(variables))
        self._host.made_up = case.played.made_up
        program = self._stage.files.programs[process_id]
        case.execution, step = CaseExecution.start(
            program, variables, host=self._host, business_key=business_key, start_event=way, initiator=initiator
        )
        self.cases.append(case)
        self._take(case, step)

    def _owner(self, process_id: str) -> str:
        # The process of the cast that it is, or that calls it.
        return next(one for one in self._stage.cast if process_id in self._stage.files.together(one))

    def _holds(self, program: Program, start_event: str, variables: Mapping[str, Any]) -> bool:
        try:
            return program.condition_holds(start_event, variables, now=self._host.now())
        except Stuck:
            return False

    def _begin_with(self, process_id: str, way: str | None) -> dict[str, Any]:
        now, played = self._host.now(), self._played[self._owner(process_id)]
        place = (process_id, START)
        variables = dict(self._fixed)
        start = way or next((trigger.element_id for trigger in self._stage.files.programs[process_id].start_events), "")
        form = self._stage.files.forms.get((process_id, start))
        names = (*self._stage.asked.get(place, ()), *self._stage.asked.get((process_id, start), ()))
        if form is not None:
            filled, accepted = self._guesses.answers(form, variables, now)
            variables |= filled
            if not accepted:
                played.made_up["form", form.id] = None
        for name in names:
            if name not in variables:
                variables[name] = self._guesses.variable(name, now)
                self._note_given(played, name, place)
        return variables

    def _note_given(self, played: Played, name: str, place: PlaceId) -> None:
        if name not in self._fixed:
            played.given.setdefault(name, set()).add(place)

    # What may happen next

    def _moves(self) -> Iterator[_Move]:
        running = [one for one in self.cases if not one.execution.ended]
        everything = [(one, request) for one in running for request in one.open.values()]
        timers: list[_Timer] = []
        for case, request in everything:
            match request:
                case EnqueueJob(kind="continuation"):
                    # A save point holds nothing up.
                    yield _Move(1, case, partial(self._resume, case, request))
                    return
                case ScheduleTimer():
                    timers.append((case, request))
                case _:
                    pass
        due = min(timers, key=lambda timer: timer[1].due_at, default=None)
        waiting = bool(self._waiting_for) and self._waiting_for.pop() in timers
        if due is not None and (waiting or due[1].due_at <= self._host.now()):
            yield _Move(1, due[0], partial(self._fire, *due))
            return
        self._waiting_for = []
        for case, request in everything:
            match request:
                case OpenTask() | EnqueueJob():
                    yield _Move(_WORK, case, partial(self._work, case, request))
                case Subscribe() if self._comes_by_itself(request):
                    yield _Move(self._weight(request), case, partial(self._receive, case, request))
                case _:
                    pass
        if due is not None:
            for timer in timers:
                yield _Move(self._weight(timer[1]), due[0], partial(self._fire, *due) if timer is due else partial(self._wait, due, timer))
        if self._stage.conditional:
            for case in running:
                yield from self._changes(case)

    def _comes_by_itself(self, request: Subscribe) -> bool:
        exchange = self._stage.exchange
        drawn = (request.program, request.element_id) in exchange.drawn.values()
        return not (request.kind == "message" and (request.name in exchange.thrown or drawn))

    def _weight(self, request: Request) -> float:
        place = (request.program, request.element_id)
        if self._answered.get(place, 0) >= _OFTEN:
            return _TIRED
        node = self._stage.node(*place)
        return _BORDER if isinstance(node, bpmn.BoundaryEvent | bpmn.StartEvent) else _EVENT

    def _changes(self, case: OpenCase) -> Iterator[_Move]:
        """Let variables change that a conditional event waits for."""
        for view in case.execution.tokens:
            node = self._stage.node(view.program, view.element_id)
            event = getattr(node, "event", None)
            if isinstance(event, bpmn.ConditionalEvent):
                names = sorted(self._stage.places[view.program, view.element_id].before)
                place = (view.program, view.element_id)
                weight = _TIRED if self._answered.get(place, 0) >= _OFTEN * 2 else _EVENT
                if names:
                    yield _Move(weight, case, partial(self._change, case, names, place))

    # Making it happen

    def _resume(self, case: OpenCase, request: EnqueueJob) -> Step:
        del case.open[request.token]
        return case.execution.resume(request.token, host=self._host)

    def _work(self, case: OpenCase, request: OpenTask | EnqueueJob) -> Step:
        place = (request.program, request.element_id)
        if isinstance(request, EnqueueJob) and request.handler and not place[0].startswith(STAND_IN):
            case.played.made_up["handler", request.handler] = None
        thrown = self._thrown(place)
        values: Mapping[str, Any] = {}
        if thrown is None:
            values = self._filled_in(case, request, place) if isinstance(request, OpenTask) else self._given(case, request, place)
        self._answered[place] = self._answered.get(place, 0) + 1
        if thrown is not None:
            case.played.thrown.setdefault(place, set()).add(thrown.code)
            if thrown.escalation:
                # Work that is not interrupted goes on; what is interrupted is closed by the step.
                return case.execution.throw_escalation(request.token, thrown.code, host=self._host)
            del case.open[request.token]
            return case.execution.throw_error(request.token, thrown.code, "drawn at its border", host=self._host)
        del case.open[request.token]
        if isinstance(request, EnqueueJob) and place in self._stage.exchange.drawn:
            self._post.hand_over(case.played, place)
        return case.execution.complete(request.token, values, host=self._host)

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

    def _filled_in(self, case: OpenCase, request: OpenTask, place: PlaceId) -> Mapping[str, Any]:
        form = self._stage.files.forms.get(place)
        if form is None:
            return self._given(case, request, place)
        values, accepted = self._guesses.answers(form, case.execution.variables(request.token), self._host.now())
        if not accepted:
            case.played.made_up["form", form.id] = None
        return values

    def _given(self, case: OpenCase, request: Request, place: PlaceId) -> dict[str, Any]:
        """Make up what is asked for here. What began with the case is left alone the first time somebody comes by."""
        place = self._caller(place)
        names = self._stage.asked.get(place, ())
        if not names:
            return {}
        known: Mapping[str, Any] = case.execution.variables(request.token)
        first = place not in self._answered
        facts = self._stage.asked.get((case.process_id, START), ())
        values: dict[str, Any] = {}
        for name in names:
            if not (first and name in known and name in facts):
                values[name] = self._guesses.variable(name, self._host.now())
                self._note_given(case.played, name, place)
        return values

    def _receive(self, case: OpenCase, request: Subscribe, *, filled: bool = True) -> Step:
        place = (request.program, request.element_id)
        values = self._given(case, request, place) if filled else {}
        self._answered[place] = self._answered.get(place, 0) + 1
        del case.open[request.token]
        return case.execution.deliver(request.token, values, host=self._host)

    # What the post brings

    def receive(self, case: OpenCase, request: Subscribe, *, filled: bool) -> None:
        """Give a case the message it waits for; ``filled`` with what it is asked for, else empty."""
        self._host.made_up = case.played.made_up
        self._take(case, self._receive(case, request, filled=filled))

    def start_by_message(self, process_id: str, start_event: str, *, filled: bool) -> None:
        """Start a case by a message."""
        variables = self._begin_with(process_id, start_event) if filled else dict(self._fixed)
        self._start_case(process_id, start_event, variables)

    def _wait(self, due: _Timer, timer: _Timer) -> Step:
        """Let nothing but time pass until a timer behind the one that is due next."""
        self._waiting_for = [timer] * _PATIENCE
        return self._fire(*due)

    def _fire(self, case: OpenCase, request: ScheduleTimer) -> Step:
        place = (request.program, request.element_id)
        self._answered[place] = self._answered.get(place, 0) + 1
        self._host.turn_to(request.due_at)
        del case.open[request.token]
        return case.execution.fire(request.token, host=self._host)

    def _change(self, case: OpenCase, names: list[str], place: PlaceId) -> Step:
        self._answered[place] = self._answered.get(place, 0) + 1
        values = {name: self._guesses.variable(name, self._host.now()) for name in names}
        for name in names:
            self._note_given(case.played, name, place)
        return case.execution.set_variables(values, host=self._host)

    # What happened

    def _take(self, case: OpenCase, step: Step) -> None:
        case.last = step
        for record in step.records:
            self._record(case, record)
        for request in step.requests:
            match request:
                case OpenTask() | EnqueueJob() | ScheduleTimer() | Subscribe():
                    case.open[request.token] = request
                case RaiseIncident():
                    case.open.pop(request.token, None)
                    case.played.incidents.append(request)
                case ThrowMessage():
                    self._post.throw(case, request)
                case ThrowSignal():
                    pass  # What is waited for comes by itself.
                case _:
                    case.open.pop(request.token, None)

    def _record(self, case: OpenCase, record: Record) -> None:
        kind, place = record.kind, (record.program, record.element_id)
        if kind == "variables.set":
            case.seen.update(record.data["values"])
        elif kind == "scope.started":
            case.seen.update(record.data["variables"])
        elif kind == "flow.taken":
            case.played.flows[place] = None
        elif kind == "element.cancelled":
            case.played.cancelled[place] = str(record.data.get("reason") or "")
        elif kind == "element.entered" and "instance" not in record.data:
            case.played.steps[place] = case.played.steps.get(place, 0) + 1
            if place in self._stage.undoing:
                # No token passes a compensation boundary event: what it leads to is what was reached through it.
                case.played.steps.setdefault(self._stage.undoing[place], 1)
            self._watch[case.process_id](record, case.seen)
        elif kind == "element.completed" and "instance" not in record.data:
            case.played.left[place] = None
            if place in self._stage.ends:
                case.played.ends[record.element_id] = None
            self._watch[case.process_id](record, case.seen)
