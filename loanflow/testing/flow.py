"""A world for testing processes in: an engine in memory, a clock one can turn, handlers that are stubs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from loanflow import bpmn
from loanflow.bpmn.model import SubProcess
from loanflow.clock import TurnableClock
from loanflow.engine import Actor, Engine, Handlers, Job
from loanflow.engine.settings import Settings
from loanflow.errors import BpmnError, HandlerMissing
from loanflow.records import CaseStatus, JobState
from loanflow.testing.flow_case import CaseUnderTest
from loanflow.testing.working_days import WorkingDays

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""A Monday morning, when every flow begins."""

_MANY = 10_000
_STUBBED = "flow"


class Flow:
    """Deploys real files, runs real cases; nothing sleeps and nothing leaves the process.

    Jobs that are due run at once, in the test's own thread, after every command. A topic that is neither stubbed nor
    among ``handlers`` fails the test when a job for it comes up.
    """

    def __init__(
        self, *handlers: Handlers, at: datetime = START, settings: Settings | None = None, calendar: WorkingDays | None = None
    ) -> None:
        self.clock = TurnableClock(at)
        self._flow_names: dict[str, dict[str, str | None]] = {}
        self.calendar = calendar or WorkingDays()
        base = settings or Settings()
        # Remote: a test may deploy first and stub later; `run` looks for jobs that nobody handles.
        self.engine = Engine("sqlite://", handlers=handlers, clock=self.clock, remote=True, settings=base)

    # Setting the stage

    def deploy(self, *sources: str | Path | Mapping[str, bytes]) -> Flow:
        """Install files or folders as an analyst left them.

        Raises:
            DefinitionError: they have errors; its text shows them as `loanflow check` would.
        """
        self.engine.deploy(*sources, by=_STUBBED)
        return self

    def stub(
        self,
        topic: str,
        *,
        error: str | Exception | None = None,
        does: Callable[..., Any] | None = None,
        **outputs: Any,
    ) -> Flow:
        """Answer the jobs of a topic: with these outputs, with an error, or with what a function returns.

        ``error`` is the code of a BPMN error, or any exception to raise. ``does`` is called as a handler would be. A
        later stub takes the place of an earlier one.
        """

        def answer(job: Job) -> dict[str, Any]:
            if isinstance(error, str):
                raise BpmnError(error)
            if error is not None:
                raise error
            return dict(outputs)

        self.engine.handlers.replace(topic, does or answer, retries=3)
        return self

    # Playing

    def start(self, process: str, *, key: str | None = None, by: str | Actor = "applicant", **variables: Any) -> CaseUnderTest:
        """Start a case and run it to where it waits; ``by`` is in the process's candidate starter groups unless an `Actor`."""
        actor = by if isinstance(by, Actor) else Actor(by, groups=self._starters(process), source="test")
        case = self.engine.start(process, key=key, variables=variables, by=actor)
        self.run()
        return CaseUnderTest(self, case.id)

    def correlate(
        self,
        message: str,
        *,
        key: str | None = None,
        correlation_key: str | None = None,
        message_id: str | None = None,
        by: str | Actor = "sender",
        **variables: Any,
    ) -> CaseUnderTest | None:
        """Send a message; return the case it reached or started, None while it waits for one."""
        answer = self.engine.correlate(message, key=key, correlation_key=correlation_key, message_id=message_id, variables=variables, by=by)
        self.run()
        return None if answer.case_id is None else CaseUnderTest(self, answer.case_id)

    def case(self, case: str) -> CaseUnderTest:
        """Return a case by business key or id."""
        return CaseUnderTest(self, self.engine.case(case).id)

    def cases(self, process: str | None = None) -> tuple[CaseUnderTest, ...]:
        """Return the cases, newest first."""
        return tuple(CaseUnderTest(self, case.id) for case in self.engine.cases(process_key=process, limit=200).items)

    def advance(self, *, working_days: int = 0, **length: float) -> Flow:
        """Turn the clock forward, as ``hours=48``; everything that falls due on the way runs at its own time, in order.

        ``working_days`` are those of ``calendar``, Monday to Friday unless a `WorkingDays` with holidays is put there; the
        rest of the length comes behind them.
        """
        return self.advance_to(self.calendar.after(self.clock.now(), working_days) + timedelta(**length))

    def advance_to(self, at: datetime) -> Flow:
        """Turn the clock to an instant, as `advance` does."""
        for _ in range(_MANY):
            self.run()
            due = self.engine.next_due_at()
            if due is None or due > at:
                self.clock.turn_to(at)
                self.run()
                return self
            if due > self.clock.now():
                self.clock.turn_to(due)
        raise AssertionError(f"{_MANY} timers before {at:%Y-%m-%d %H:%M} and no end: does a timer schedule itself at once?")

    def run(self) -> Flow:
        """Run everything that is due now.

        Raises:
            HandlerMissing: a job is ready that nobody handles: stub its topic.
        """
        self.engine.run_due()
        if not self.engine.job_counts().get(JobState.READY):
            return self
        cases = self.engine.cases(status=CaseStatus.OPEN, limit=200).items
        ready = (job for case in cases for job in self.engine.jobs_of(case.id) if job.state is JobState.READY)
        unhandled = sorted({job.handler for job in ready if job.handler} - self.engine.handlers.topics)
        if unhandled:
            stubs = " ".join(f'flow.stub("{topic}", ...)' for topic in unhandled)
            raise HandlerMissing(f"a job waits for {', '.join(unhandled)}, which nobody handles; say {stubs}")
        return self

    def now(self) -> datetime:
        """Return the instant the clock stands at."""
        return self.clock.now()

    def flow_name(self, definition_id: str | None, flow_id: str | None) -> str | None:
        """Return what a sequence flow of a deployed process is called, None where it has no name."""
        if definition_id is not None and definition_id not in self._flow_names:
            name, content = self.engine.model(definition_id)
            bodies = [process.body for process in bpmn.read(content, file=name).processes]
            nested = [node.body for body in bodies for node in body.walk() if isinstance(node, SubProcess)]
            self._flow_names[definition_id] = {flow.id: flow.name for body in (*bodies, *nested) for flow in body.flows.values()}
        return self._flow_names.get(definition_id or "", {}).get(flow_id or "")

    def close(self) -> None:
        """Forget everything."""
        self.engine.close()

    def _starters(self, process: str) -> tuple[str, ...]:
        for definition in self.engine.definitions():
            if definition.key == process:
                return tuple(definition.properties.get("candidate_starter_groups", ()))
        return ()
