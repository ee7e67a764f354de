"""The demonstration: sample applications, worked from arrival to decision by scripted staff, through the public API.

Played as a discrete event simulation. With a ``TurnableClock`` four weeks of a bank's life pass in seconds: reviews lie
too long and are escalated, timers fire in their place, and the last applications are left open on people's desks.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from loanflow import Engine, NotFound, NotPermitted, SystemClock, TurnableClock
from loanflow.lending import people
from loanflow.lending.applications import ENTERPRISE, PERSONAL, Application, sample_applications
from loanflow.lending.draws import Draws
from loanflow.lending.figures import DemoReport, report_on
from loanflow.lending.staff import actor
from loanflow.records import Case, CaseStatus, Task, TaskStatus

Progress = Callable[[int, int], None]

LOCAL_DAY = timedelta(hours=8)  # Shanghai's midnight is 16:00 UTC of the day before.
LOOK_AGAIN = timedelta(seconds=30)
MOST_LOOKS = 400

_ANYWHERE_LATE = frozenset({"Review", "SupervisorReview", "Supplement", "NoFileCheck"})
# Where the last cases are left, newest first: an inbox for everybody who can log in.
_LEFT_AT: dict[str, tuple[frozenset[str], ...]] = {
    PERSONAL: tuple(frozenset({"PreReview"}) if place in (0, 3, 8) else _ANYWHERE_LATE for place in range(18)),
    ENTERPRISE: tuple(
        frozenset({element})
        for element in ("Statements", "Investigation", "CoInvestigation", "Committee", "Committee", "Committee", *("FinalDecision",) * 4)
    ),
}
_OPEN_VOTES = 2


class DemoStuck(RuntimeError):
    """A sample case can not go on: nobody may do its task, or an incident holds it."""


@dataclass(order=True, slots=True)
class _Event:
    at: datetime
    order: int
    run: Callable[[], None] = field(compare=False)


def demo_clock(now: datetime | None = None, *, count: int = 200) -> TurnableClock:
    """Return a clock for ``Engine(clock=...)`` that begins so long ago that the last of ``count`` samples has just arrived.

    Samples arrive in office hours: it came today, or yesterday where today's hour is still to come.
    """
    local = (now or SystemClock().now()) + LOCAL_DAY
    last = max(sample.arrives_after for sample in sample_applications(count))
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=last.days)
    if midnight + last > local:
        midnight -= timedelta(days=1)
    return TurnableClock(midnight - LOCAL_DAY)


def run(
    engine: Engine,
    progress: Progress | None = None,
    *,
    count: int = 200,
    leave_open: bool = True,
    clock: TurnableClock | None = None,
    until: datetime | None = None,
) -> DemoReport:
    """Put the samples through the two products and return what came of them.

    Both products must be deployed and ``connectors()`` be among the engine's handlers. A second run starts nothing
    twice and does over nothing: it goes on where a run that was broken off had stopped, then counts.

    Args:
        engine: any engine; every command goes through its public verbs.
        progress: called with (cases that came to rest, all cases) as the run goes on.
        count: how many of the samples.
        leave_open: leave the last cases of each product on people's desks; False works every case to its end.
        clock: the engine's own clock if it can be turned; it is turned from event to event, never back. None: the
            engine's clock tells real time, and people take none.
        until: the instant the story ends at: what would come later happens then, and the clock stands there.

    Raises:
        DemoStuck: a case can not go on.
    """
    begun = time.perf_counter()
    samples = sample_applications(count)
    worked = _Play(engine, samples, clock, until, progress, leave_open).play()
    if clock is not None and until is not None:
        _let_time_pass(engine, clock, until)
    return report_on(engine, samples, seconds=time.perf_counter() - begun, worked=worked)


def _let_time_pass(engine: Engine, clock: TurnableClock, until: datetime) -> None:
    """Fire the timers between now and ``until``, each in its own time."""
    while (due := engine.next_due_at()) is not None and due <= until:
        clock.turn_to(max(due, clock.now()))
        if not engine.run_due():
            break
    clock.turn_to(max(until, clock.now()))
    engine.run_due()


class _Play:
    def __init__(
        self,
        engine: Engine,
        samples: tuple[Application, ...],
        clock: TurnableClock | None,
        until: datetime | None,
        progress: Progress | None,
        leave_open: bool,
    ) -> None:
        self.engine = engine
        self.samples = samples
        self.clock = clock
        self.until = until
        self.progress = progress
        self.events: list[_Event] = []
        self.order = 0
        self.scheduled: set[str] = set()
        self.looks: dict[str, int] = {}
        self.resting: set[str] = set()
        self.worked: set[str] = set()
        self.left_at = _left_open(samples) if leave_open else {}
        self.has_work = True

    def play(self) -> int:
        """Play until every case rests; return how many cases were started or moved."""
        self.engine.on_work(self._note_work)
        try:
            self._plan()
            while self.events:
                event = heapq.heappop(self.events)
                if self.clock is not None and event.at > self.clock.now():
                    self.clock.turn_to(event.at)
                event.run()
        finally:
            self.engine.off_work(self._note_work)
        return len(self.worked)

    def _note_work(self) -> None:
        self.has_work = True

    def _run_jobs(self) -> None:
        due = self.engine.next_due_at()
        while self.has_work or (due is not None and due <= self.engine.now()):
            self.has_work = False
            if not self.engine.run_due():
                return
            due = self.engine.next_due_at()

    def _plan(self) -> None:
        begin = self.engine.now()
        known: dict[str, Case] = {}
        for sample in self.samples:
            with suppress(NotFound):
                known[sample.key] = self.engine.case(sample.key)
        if known and self.clock is not None:
            # Going on where a run was broken off: a clock never goes back.
            self.clock.turn_to(max([begin, *(case.updated_at for case in known.values())]))
        for sample in self.samples:
            case = known.get(sample.key)
            if case is None:
                self._at(begin + sample.arrives_after, lambda sample=sample: self._apply(sample))
            elif case.status is CaseStatus.OPEN:
                self._at(self.engine.now(), lambda sample=sample: self._look(sample))
            else:
                self._rests(sample)

    def _apply(self, sample: Application) -> None:
        self.worked.add(sample.key)
        self.engine.start(sample.product, key=sample.key, variables=sample.variables, by=actor(sample.officer), validate=True)
        self._look(sample)

    def _look(self, sample: Application) -> None:
        self._run_jobs()
        tasks = self.engine.tasks_of(sample.key)
        if not tasks:
            if self.engine.case(sample.key).status is CaseStatus.OPEN:
                self._wait(sample)
            else:
                self._rests(sample)
            return
        left = self.left_at.get(sample.key, frozenset[str]())
        votes = sum(task.element_id == "Committee" for task in tasks)
        wanted = [task for task in tasks if task.element_id not in left or votes > _OPEN_VOTES]
        for task in wanted:
            if task.id not in self.scheduled:
                self.scheduled.add(task.id)
                done = in_office_hours(self.engine.now() + people.time_taken(sample, task), sample.key)
                self._at(done, lambda task=task: self._work(sample, task))
        if not wanted:
            self._rests(sample)

    def _wait(self, sample: Application) -> None:
        # No task: a job is to be tried again, or a timer is on its way. Look again, but not for ever.
        looks = self.looks[sample.key] = self.looks.get(sample.key, 0) + 1
        incidents = self.engine.incidents(sample.key)
        if incidents:
            raise DemoStuck(f"{sample.key}: {incidents[0].message}")
        if looks > MOST_LOOKS:
            where = ", ".join(token.element_id for token in self.engine.tokens(sample.key))
            raise DemoStuck(f"{sample.key} waits at {where}, and nothing moves it")
        if self.clock is None:
            time.sleep(0.02)
        self._at(self.engine.now() + LOOK_AGAIN, lambda: self._look(sample))

    def _work(self, sample: Application, task: Task) -> None:
        self._run_jobs()
        now = self.engine.task(task.id)
        left = self.left_at.get(sample.key, frozenset[str]())
        votes = [each for each in self.engine.tasks_of(sample.key) if each.element_id == "Committee"]
        # A case may have gone on without a task while it lay: by a timer, or by a vote that decided the rest.
        if now.status is TaskStatus.OPEN and (task.element_id not in left or len(votes) > _OPEN_VOTES):
            self.worked.add(sample.key)
            self._do(sample, now)
        self._look(sample)

    def _do(self, sample: Application, task: Task) -> None:
        values = people.answer(sample, task, self.engine.task_variables(task.id), self.engine.now())
        refusal: NotPermitted | None = None
        for person in people.candidates(sample, task):
            who = actor(person)
            try:
                self.engine.claim(task.id, by=who)
                self.engine.complete(task.id, values, by=who, validate=True)
            except NotPermitted as error:
                refusal = error
                continue
            return
        raise DemoStuck(f"{sample.key}: nobody may do {task.name}: {refusal}")

    def _rests(self, sample: Application) -> None:
        new = sample.key not in self.resting
        self.resting.add(sample.key)
        if new and self.progress is not None:
            self.progress(len(self.resting), len(self.samples))

    def _at(self, at: datetime, what: Callable[[], None]) -> None:
        self.order += 1
        if self.clock is None:
            at = self.engine.now()
        elif self.until is not None:
            at = min(at, max(self.until, self.clock.now()))
        heapq.heappush(self.events, _Event(at, self.order, what))


def in_office_hours(at: datetime, seed: str) -> datetime:
    """Return the instant itself between nine and six in Shanghai, else some time after nine on the next morning.

    >>> in_office_hours(datetime.fromisoformat("2026-03-02T04:00:00+00:00"), "any").isoformat()
    '2026-03-02T04:00:00+00:00'
    """
    local = at + LOCAL_DAY
    if 9 <= local.hour < 18:
        return at
    morning = local.replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=local.hour >= 18)
    return morning - LOCAL_DAY + timedelta(minutes=Draws("morning", seed, at.isoformat()).whole(3, 70))


def _left_open(samples: Iterable[Application]) -> dict[str, frozenset[str]]:
    newest: dict[str, list[Application]] = {}
    for sample in samples:
        newest.setdefault(sample.product, []).insert(0, sample)
    left: dict[str, frozenset[str]] = {}
    for product, elements in _LEFT_AT.items():
        left.update({sample.key: stops for sample, stops in zip(newest.get(product, []), elements, strict=False)})
    return left
