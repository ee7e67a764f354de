"""An in-memory host that keeps what execution asks for, and a story that walks a case by element ids."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from loanflow.bpmn.model import BindingKind
from loanflow.execution import (
    CancelJob,
    CancelTimer,
    CaseExecution,
    CloseTask,
    DecisionFailed,
    DecisionRequest,
    DropIncident,
    EnqueueJob,
    Limits,
    OpenTask,
    Program,
    RaiseIncident,
    Request,
    ScheduleTimer,
    Step,
    Subscribe,
    ThrowMessage,
    ThrowSignal,
    Unsubscribe,
)
from loanflow.feel import to_feel

MORNING = datetime(2026, 3, 2, 9, tzinfo=UTC)


class StoryHost:
    """Answers execution from dictionaries; its clock is turned by hand."""

    def __init__(self) -> None:
        self.at = MORNING
        self.programs: dict[str, Program] = {}
        self.deployed: dict[str, Program] = {}
        self.decisions: dict[str, Callable[[Mapping[str, Any]], Any]] = {}
        self.functions: dict[str, Callable[..., Any]] = {}
        self.asked: list[DecisionRequest] = []

    def deploy(self, program: Program) -> None:
        self.programs[program.id] = program
        self.deployed[program.process_id] = program

    def now(self) -> datetime:
        return self.at

    def decide(self, request: DecisionRequest) -> Any:
        self.asked.append(request)
        if request.decision not in self.decisions:
            raise DecisionFailed(f"no decision {request.decision}")
        return to_feel(self.decisions[request.decision](request.variables))

    def program(self, program_id: str) -> Program:
        return self.programs[program_id]

    def called_program(self, key: str, binding: BindingKind, value: str | None, *, caller: str) -> Program | None:
        return self.deployed.get(key)

    def function(self, name: str) -> Callable[..., Any] | None:
        return self.functions.get(name)


class Story:
    """One case and everything open in it. Commands name elements; ``reloads`` puts a snapshot between any two steps."""

    def __init__(
        self,
        program: Program,
        variables: Mapping[str, Any] | None = None,
        *,
        called: tuple[Program, ...] = (),
        decisions: Mapping[str, Callable[[Mapping[str, Any]], Any]] | None = None,
        limits: Limits | None = None,
        reloads: bool = True,
        **more: Any,
    ) -> None:
        self.host = StoryHost()
        for known in (program, *called):
            self.host.deploy(known)
        self.host.decisions.update(decisions or {})
        self.limits = limits or Limits()
        self.reloads = reloads
        self.open: dict[int, Request] = {}
        self.done: list[str] = []
        self.flows: list[str] = []
        self.records: list[Any] = []
        self.signals: list[ThrowSignal] = []
        self.messages: list[ThrowMessage] = []
        self.case, step = CaseExecution.start(program, feel_values(variables or {}), host=self.host, limits=self.limits, **more)
        self.step = step
        self._take(step)

    # Commands

    def complete(self, element: str, **variables: Any) -> Step:
        """Complete the oldest open task or job of the element."""
        return self.do(self.case.complete, self._one(element, OpenTask, EnqueueJob), feel_values(variables))

    def complete_instance(self, element: str, instance: int, **variables: Any) -> Step:
        tokens = [token for token, r in self.open.items() if isinstance(r, OpenTask) and (r.element_id, r.instance) == (element, instance)]
        return self.do(self.case.complete, tokens[0], feel_values(variables))

    def deliver(self, element: str, **variables: Any) -> Step:
        return self.do(self.case.deliver, self._one(element, Subscribe), feel_values(variables))

    def fire(self, element: str) -> Step:
        """Fire the element's timer, whatever the time."""
        return self.do(self.case.fire, self._one(element, ScheduleTimer))

    def turn(self, **by: float) -> list[str]:
        """Turn the clock and fire what is due, in order; return the elements that fired."""
        until = self.host.at + timedelta(**by)
        fired: list[str] = []
        while True:
            due = sorted((r.due_at, token) for token, r in self.open.items() if isinstance(r, ScheduleTimer) and r.due_at <= until)
            if not due:
                self.host.at = until
                return fired
            at, token = due[0]
            self.host.at = max(at, self.host.at)
            fired.append(self.open[token].element_id)
            self.do(self.case.fire, token)

    def throw(self, element: str, code: str, message: str = "", **variables: Any) -> Step:
        return self.do(self.case.throw_error, self._one(element, OpenTask, EnqueueJob), code, message, feel_values(variables))

    def resume(self, element: str) -> Step:
        return self.do(self.case.resume, self._one(element, RaiseIncident, EnqueueJob))

    def set(self, **variables: Any) -> Step:
        return self.do(self.case.set_variables, feel_values(variables))

    def run_jobs(self, handlers: Mapping[str, Callable[[], Mapping[str, Any]]] | None = None) -> None:
        """Do every open job, also those that come up meanwhile; a handler not named gives nothing."""
        while jobs := [r for r in self.open.values() if isinstance(r, EnqueueJob)]:
            job = jobs[0]
            if job.kind == "continuation":
                self.do(self.case.resume, job.token)
            else:
                outputs = (handlers or {}).get(job.handler or "", dict)()
                self.do(self.case.complete, job.token, feel_values(outputs))

    def reload(self) -> None:
        self.case = CaseExecution.load(self.case.dump(), host=self.host, limits=self.limits)

    # Looking

    @property
    def tasks(self) -> list[str]:
        return [r.element_id for r in self.open.values() if isinstance(r, OpenTask)]

    @property
    def jobs(self) -> list[str]:
        return [r.handler or r.kind for r in self.open.values() if isinstance(r, EnqueueJob)]

    @property
    def timers(self) -> dict[str, datetime]:
        return {r.element_id: r.due_at for r in self.open.values() if isinstance(r, ScheduleTimer)}

    @property
    def subscriptions(self) -> list[str]:
        return [r.element_id for r in self.open.values() if isinstance(r, Subscribe)]

    @property
    def incidents(self) -> dict[str, str]:
        return {r.element_id: r.code for r in self.open.values() if isinstance(r, RaiseIncident)}

    def incident(self, element: str) -> RaiseIncident:
        return next(r for r in self.open.values() if isinstance(r, RaiseIncident) and r.element_id == element)

    def task(self, element: str) -> OpenTask:
        return next(r for r in self.open.values() if isinstance(r, OpenTask) and r.element_id == element)

    @property
    def ended(self) -> bool:
        return self.case.ended

    @property
    def variables(self) -> dict[str, Any]:
        return self.case.variables()

    def places(self) -> list[str]:
        """Where tokens stand that carry the flow."""
        return sorted(view.element_id for view in self.case.tokens if not view.boundary)

    # Inside

    def _one(self, element: str, *kinds: type[Request]) -> int:
        for token, request in self.open.items():
            if isinstance(request, kinds) and request.element_id == element:
                return token
        raise AssertionError(f"nothing of {element} is open: {[(r.element_id, type(r).__name__) for r in self.open.values()]}")

    def do(self, command: Callable[..., Step], *arguments: Any, **more: Any) -> Step:
        name = command.__name__
        if self.reloads:
            self.reload()
        if arguments and isinstance(arguments[0], int):
            self.open.pop(arguments[0], None)
        self.step = getattr(self.case, name)(*arguments, **more, host=self.host)
        self._take(self.step)
        return self.step

    def _take(self, step: Step) -> None:
        for request in step.requests:
            match request:
                case OpenTask() | EnqueueJob() | ScheduleTimer() | Subscribe() | RaiseIncident():
                    assert request.token not in self.open or isinstance(request, RaiseIncident), f"token {request.token} is used twice"
                    self.open[request.token] = request
                case CloseTask() | CancelJob() | CancelTimer() | Unsubscribe() | DropIncident():
                    del self.open[request.token]
                case ThrowSignal():
                    self.signals.append(request)
                case ThrowMessage():
                    self.messages.append(request)
                case _:
                    raise AssertionError(request)
        for record in step.records:
            self.records.append(record)
            if record.kind == "element.completed":
                self.done.append(record.element_id)
            elif record.kind == "flow.taken":
                self.flows.append(record.element_id)
        if step.ended:
            assert not self.open, f"the case has ended with open requests: {self.open}"
            assert not self.case.tokens


def feel_values(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: to_feel(value) for name, value in values.items()}
