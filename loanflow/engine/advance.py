"""A case taken out of the store for one command, moved on, and put back with everything that happened.

Execution asks for tasks, timers, jobs and subscriptions by token; this module makes rows of them and entries for the
history of what it records. Nothing is written before `CaseFile.save`, which writes each kind of row with one statement.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any

from loanflow import audit, store
from loanflow.engine import former, message_starts, search, signals, thrown_messages
from loanflow.engine.backoff import OWN_TRIES, RetryCycle
from loanflow.engine.command import CaseMoved, Command, FencedOut
from loanflow.engine.definitions import CompiledProcess
from loanflow.engine.forms import form_reference
from loanflow.engine.handlers import DEFAULT_TRIES, nearest
from loanflow.engine.host import CaseHost
from loanflow.engine.recollection import left
from loanflow.engine.relocation import relocate
from loanflow.errors import Conflict, NotFound
from loanflow.execution import (
    CancelJob,
    CancelTimer,
    CaseExecution,
    CloseTask,
    DropIncident,
    EnqueueJob,
    OpenTask,
    RaiseIncident,
    Record,
    Relocate,
    Request,
    ScheduleTimer,
    Step,
    Subscribe,
    ThrowMessage,
    ThrowSignal,
    Unsubscribe,
)
from loanflow.feel import from_json, to_json
from loanflow.records import (
    Case,
    CaseStatus,
    Happening,
    Incident,
    IncidentStatus,
    Job,
    JobKind,
    JobState,
    SearchValue,
    Subscription,
    SubscriptionKind,
    Task,
    TaskStatus,
)
from loanflow.records.audit_entry import happening
from loanflow.records.revision import revised
from loanflow.store import Transaction


class CaseFile:
    """One case during one command.

    ``take`` a step of its execution, ``remember`` what the engine itself did, then ``save``. The rows of a token that
    came and went within the command are never written.
    """

    def __init__(self, command: Command, case: Case, process: CompiledProcess, state: bytes | None = None) -> None:
        self.command = command
        self.transaction: Transaction = command.transaction
        self.case = case
        self._before = case
        self._state = state
        self.process = process
        self.host = CaseHost(command, case.id)
        self._execution = command.take_execution(case.id)
        self._tasks: dict[int, Task] = {}
        self._jobs: dict[int, Job] = {}
        self._subscriptions: dict[int, Subscription] = {}
        self._incidents: dict[int, Incident] = {}
        self._changed_tasks: list[tuple[Task, Task]] = []
        self._closed_tasks: dict[str, list[int]] = {}
        self._cancelled_jobs: list[int] = []
        self._unsubscribed: list[int] = []
        self._dropped_incidents: list[int] = []
        self._signals: list[ThrowSignal] = []
        self._messages: list[ThrowMessage] = []
        self._relocated: list[Relocate] = []
        self._happened: list[Happening] = []
        self._more_tasks: list[Task] = []
        self._forgotten_drafts: list[str] = []
        self._spare_held_jobs = False
        self._changed: set[str] = set()
        self._undeclared: frozenset[str] = frozenset()
        self._finished_job: Job | None = None
        self._cancelled: str | None = None
        self._early_messages = 0
        self._is_new = False
        self._advanced = False

    @classmethod
    def load(cls, command: Command, case_id: str) -> CaseFile:
        """Take a case out of the store.

        Raises:
            NotFound: there is no such case.
        """
        found = store.cases.load(command.transaction, case_id)
        if found is None:
            raise NotFound(f"there is no case {case_id}")
        return cls.opened(command, *found)

    @classmethod
    def opened(cls, command: Command, case: Case, state: bytes) -> CaseFile:
        """Go on with a case that was loaded together with its task or job."""
        process = command.house.definitions.process(command.transaction, case.process_definition_id)
        file = cls(command, case, process, state)
        if file._execution is None:
            file._execution = CaseExecution.load(state, host=file.host, limits=command.house.settings.limits)
        return file

    @classmethod
    def started(
        cls,
        command: Command,
        case: Case,
        process: CompiledProcess,
        variables: Mapping[str, Any],
        *,
        start_event: str | None = None,
    ) -> CaseFile:
        """Open a new case and let it run to its first wait states; ``variables`` are FEEL values."""
        file = cls(command, case, process)
        file._is_new = True
        file.remember("case.started", process=case.process_key, version=case.process_version, business_key=case.business_key)
        file._changed.update(variables)
        file._execution, step = CaseExecution.start(
            process.program,
            dict(variables),
            host=file.host,
            business_key=case.business_key,
            start_event=start_event,
            initiator=None if command.actor.is_system else command.actor.id,
            limits=command.house.settings.limits,
        )
        file.take(step)
        return file

    @property
    def execution(self) -> CaseExecution:
        """The case's execution; there is none where only its rows are changed."""
        assert self._execution is not None
        return self._execution

    def remember(
        self, kind: str, *, element_id: str | None = None, token: int | None = None, definition_id: str | None = None, **data: Any
    ) -> None:
        """Note something for the history; ``data`` is JSON-ready."""
        told = {name: value for name, value in data.items() if value is not None}
        self._happen(kind, element_id, token, definition_id or self.case.process_definition_id, told)

    def _happen(self, kind: str, element_id: str | None, token: int | None, definition_id: str, data: Mapping[str, Any]) -> None:
        actor = self.command.actor
        self._happened.append(happening((kind, actor.id, self.command.now, actor.source, element_id, token, definition_id, data)))

    def take(self, step: Step) -> None:
        """Make rows of what the step asks for and entries of what it records."""
        self._advanced = True
        for record in step.records:
            self._record(record)
        for request in step.requests:
            _ANSWERS[type(request)](self, request)
        if step.ended and self.case.status is not CaseStatus.CANCELLED:
            self.case = revised(
                self.case,
                status=CaseStatus.ENDED,
                outcome=step.outcome,
                end_event=step.end_event,
                ended_at=self.command.now,
            )

    def cancel(self, reason: str, *, outcome: str = "cancelled") -> None:
        """End the case as it stands: every task, job, subscription and incident of it goes.

        It is over at once. Listeners of what is cancelled are told by jobs that outlive it; one that fails undoes nothing.
        """
        self.case = revised(self.case, status=CaseStatus.CANCELLED, outcome=outcome, ended_at=self.command.now)
        self._cancelled = reason
        self.take(self.execution.cancel(reason, host=self.host))
        self.remember(f"case.{outcome}", reason=reason)

    def change_version(self, execution: CaseExecution, process: CompiledProcess | None) -> None:
        """Go on with another execution, on another version of the case's own process unless only a called one changed (None)."""
        self._execution = execution
        if process is not None:
            self._undeclared = self.process.search_names - process.search_names
            self.process = process
            self.case = revised(self.case, process_definition_id=process.definition.id, process_version=process.definition.version)
            self._changed |= process.search_names

    def finish_job(self, job: Job) -> None:
        """Remove the job together with its effect, if it is still ours then."""
        self._finished_job = job

    def _clear(self, reason: str) -> None:
        transaction, case_id = self.transaction, self.case.id
        tasks = [task.token for task in store.tasks.of_case(transaction, case_id, status=TaskStatus.OPEN)]
        store.tasks.close(transaction, case_id, tasks, at=self.command.now, reason=reason)
        store.jobs.cancel(transaction, case_id, [job.token for job in store.jobs.of_case(transaction, case_id)])
        waiting = [subscription.token for subscription in store.subscriptions.of_case(transaction, case_id)]
        store.subscriptions.delete(transaction, case_id, waiting)
        stuck = [incident.token for incident in store.incidents.of_case(transaction, case_id, status=IncidentStatus.OPEN)]
        store.incidents.resolve_tokens(transaction, case_id, stuck, at=self.command.now, by=self.command.actor.id)

    def add_task(self, task: Task) -> None:
        """Write a task that the model does not ask for, together with the case."""
        self._more_tasks.append(task)

    def close_tasks(self, token: int, reason: str) -> None:
        """Close whatever is still open at a token, the tasks changed here apart."""
        self._closed_tasks.setdefault(reason, []).append(token)

    def assign(self, token: int, person: str) -> None:
        """Give the task just opened at a token to somebody, and tell its listeners; without one, nothing."""
        task = self._tasks.get(token)
        if task is None:
            return
        self._tasks[token] = revised(task, assignee=person, claimed_at=self.command.now)
        program = self.host.program(task.process_definition_id)
        if person != task.assignee and program.hears_of_changes(task.element_id, assigned=True):
            self.take(self.execution.task_changed(token, assigned=True, host=self.host))

    def task_at(self, token: int) -> Task | None:
        """Return the task just opened at a token, or None."""
        return self._tasks.get(token)

    def spare_held_jobs(self) -> None:
        """Refuse, rather than cancel a job that a worker holds when it is written."""
        self._spare_held_jobs = True

    def change_task(self, before: Task, after: Task) -> None:
        """Write a task together with the case."""
        self._changed_tasks.append((before, after))

    def forget_drafts(self, task_id: str) -> None:
        """Forget what people have typed into a task, together with the case."""
        self._forgotten_drafts.append(task_id)

    def save(self, *, recallable: bool = False) -> Case:
        """Write everything, the case row first; return the case as written.

        ``recallable`` where the command writes nothing more of the case: the next one may recall it as it is now.

        Raises:
            CaseMoved: somebody else moved the case, or took the task, since it was read.
            FencedOut: the job whose effect this is has gone to someone else.
        """
        self._deliver_early_messages()
        thrown = [
            *self._signal_jobs(),
            *(self._chained(message, thrown_messages.job_for(self.case, message, self.command.now)) for message in self._messages),
        ]
        try:
            with nullcontext() if self._reads_between() else self.transaction.together(CaseMoved):
                self.case = self._before = self._write_case()
                thrown += message_starts.job_after(self.transaction, self.case, self.process, self.command.now)
                self._write_rows(thrown)
        except Conflict as error:
            raise CaseMoved(str(error)) from error
        kept = left(self.case, self._state, self._execution, self._tasks.values(), self._changed_tasks) if recallable else None
        self.command.written[self.case.id] = kept
        if kept is not None:
            self.host.leave()
        return self.case

    def _write_case(self) -> Case:
        state, now = None, self.command.now
        if self._advanced:
            state = self._state = self.execution.dump()
        if self._is_new:
            assert state is not None
            return audit.begin(self.transaction, revised(self.case, updated_at=now), state, self._happened)
        return audit.append(self.transaction, self._before, self.case, self._happened, state=state, at=now)

    def _write_rows(self, thrown: list[Job]) -> None:
        transaction = self.transaction
        if self._finished_job is not None:
            store.jobs.remove(transaction, self._finished_job, FencedOut)
        for before, after in self._changed_tasks:
            store.tasks.update(transaction, before, after)
        for task_id in self._forgotten_drafts:
            store.drafts.delete(transaction, task_id)
        self._end_rows()
        store.tasks.insert(transaction, [*self._tasks.values(), *self._more_tasks])
        if self._jobs or thrown:
            store.jobs.insert(transaction, [*self._jobs.values(), *thrown])
        if self._subscriptions or self._incidents or self.host.decisions:
            store.subscriptions.insert(transaction, self._subscriptions.values())
            store.incidents.insert(transaction, self._incidents.values())
            store.decisions.insert(transaction, self.host.decisions)
        if self.process.search_columns or self._undeclared:
            search.write(
                transaction,
                self.case,
                self._search_values(),
                undeclared=self._undeclared,
                changed=[after for _, after in self._changed_tasks],
                opened=[*self._tasks.values(), *self._more_tasks],
                more_closed=bool(self._closed_tasks) or self._cancelled is not None,
            )
        self._look_again_for_messages()
        if thrown or any(job.state is JobState.READY for job in self._jobs.values()):
            self.command.has_work = True

    def _reads_between(self) -> bool:
        # Whether something is read between what is written, so that not all can be sent together.
        held = self._spare_held_jobs and self._cancelled_jobs
        return self._cancelled is not None or bool(self._relocated or held) or message_starts.frees_key(self.case, self.process)

    def _end_rows(self) -> None:
        transaction, case_id, now = self.transaction, self.case.id, self.command.now
        if self._cancelled is not None:
            # All there is goes, whether execution knows of it or not.
            self._clear(self._cancelled)
            return
        for reason, tokens in self._closed_tasks.items():
            store.tasks.close(transaction, case_id, tokens, at=now, reason=reason or None)
        if self._spare_held_jobs and store.jobs.holds(transaction, case_id, self._cancelled_jobs):
            raise CaseMoved("a worker has taken a job of the case meanwhile")
        store.jobs.cancel(transaction, case_id, self._cancelled_jobs)
        store.subscriptions.delete(transaction, case_id, self._unsubscribed)
        store.incidents.resolve_tokens(transaction, case_id, self._dropped_incidents, at=now, by=self.command.actor.id)
        relocate(transaction, case_id, self._relocated)

    # What execution asks for

    def _record(self, record: Record) -> None:
        kind, token, element_id, program, data = record
        # Counters come as plain integers; whatever holds variables is FEEL already.
        told = data and {name: value if type(value) is int else to_json(value) for name, value in data.items() if value is not None}
        self._happen(kind, element_id, token, program, told)
        if kind == "variables.set" and not data.get("local"):
            self._changed.update(data.get("values", ()))

    def _place(self, request: Request) -> dict[str, Any]:
        return {
            "case_id": self.case.id,
            "token": request.token,
            "process_key": self.case.process_key,
            "process_definition_id": request.program,
            "element_id": request.element_id,
            "created_at": self.command.now,
        }

    def _open_task(self, request: OpenTask) -> None:
        self._tasks[request.token] = Task(
            **self._place(request),
            id=store.new_id_for(self.case.id),
            name=request.name,
            business_key=self.case.business_key,
            assignee=request.assignee,
            candidate_users=request.candidate_users,
            candidate_groups=request.candidate_groups,
            different_from=request.different_from,
            priority=request.priority,
            due_at=request.due_at,
            follow_up_at=request.follow_up_at,
            form=form_reference(request.form),
            instance=request.instance,
            round=self.case.round,
        )
        if self._finished_job is not None and self._finished_job.token == request.token:
            # Its listeners came first; it may have been someone's before the case came back to it.
            person = former.holder(self.transaction, self.case.id, request.token)
            if person is not None:
                self.assign(request.token, person)

    def _close_task(self, request: CloseTask) -> None:
        if self._tasks.pop(request.token, None) is None:
            self._closed_tasks.setdefault(request.reason, []).append(request.token)

    def _enqueue_job(self, request: EnqueueJob) -> None:
        house = self.command.house
        handler = house.handlers.find(request.handler) if request.handler else None
        tries = request.retries
        if request.retry:
            tries = RetryCycle.parse(request.retry).tries
        if tries is None:
            tries = handler.tries if handler else DEFAULT_TRIES if request.handler else OWN_TRIES
        job = Job(
            **self._place(request),
            id=store.new_id_for(self.case.id),
            kind=JobKind(request.kind),
            due_at=self.command.now,
            handler=request.handler,
            priority=request.priority,
            max_attempts=max(1, tries),
            retry=request.retry,
            headers=dict(request.headers),
        )
        if request.kind == JobKind.HANDLER and handler is None and not house.settings.remote:
            message = f'no handler is registered for "{request.handler}"{nearest(request.handler or "", house.handlers.topics)}'
            job = revised(job, state=JobState.DEAD, last_error=message)
            self._incident(request, "handler-missing", message, job_id=job.id)
        self._jobs[request.token] = self._chained(request, job)

    def _chained(self, request: Request, job: Job) -> Job:
        # Jobs that bring each other about at once would never let a worker come to the end: such a chain ends in an incident.
        # Whoever resolves it lets as many go on again.
        limit = self.command.house.settings.chain
        if job.state is not JobState.READY:
            return job
        if self.command.chain < limit:
            return revised(job, chain=self.command.chain + 1)
        message = f"{limit:,} jobs in a row have brought each other about with no person, message or due time in between"
        self._incident(request, "chain-budget", message, job_id=job.id)
        return revised(job, state=JobState.DEAD, last_error=message)

    def _schedule_timer(self, request: ScheduleTimer) -> None:
        now = self.command.now
        job = Job(
            **self._place(request),
            id=store.new_id_for(self.case.id),
            kind=JobKind.TIMER,
            due_at=request.due_at,
            state=JobState.READY if request.due_at <= now else JobState.SCHEDULED,
            max_attempts=OWN_TRIES,
        )
        self._jobs[request.token] = self._chained(request, job)

    def _cancel_job(self, request: CancelJob | CancelTimer) -> None:
        if self._jobs.pop(request.token, None) is None:
            self._cancelled_jobs.append(request.token)
        # A dead job has an incident of its own.
        self._drop_incident_of(request.token)

    def _subscribe(self, request: Subscribe) -> None:
        self._subscriptions[request.token] = Subscription(
            **self._place(request),
            id=store.new_id_for(self.case.id),
            kind=SubscriptionKind(request.kind),
            name=request.name,
            correlation_key=request.correlation_key,
            business_key=self.case.business_key,
        )

    def _unsubscribe(self, request: Unsubscribe) -> None:
        self.received(request.token)

    def received(self, token: int) -> None:
        """Note that the token waits for its message or signal no longer."""
        if self._subscriptions.pop(token, None) is None:
            self._unsubscribed.append(token)

    def _raise_incident(self, request: RaiseIncident) -> None:
        self._incident(request, request.code, request.message)

    def _incident(self, request: Request, code: str, message: str, *, job_id: str | None = None) -> None:
        self._incidents[request.token] = Incident(
            **self._place(request),
            id=store.new_id_for(self.case.id),
            code=code,
            message=message,
            business_key=self.case.business_key,
            job_id=job_id,
        )
        self.remember(
            "incident.raised",
            element_id=request.element_id,
            token=request.token,
            definition_id=request.program,
            code=code,
            message=message,
        )

    def _drop_incident(self, request: DropIncident) -> None:
        self._drop_incident_of(request.token)

    def _drop_incident_of(self, token: int) -> None:
        if self._incidents.pop(token, None) is None:
            self._dropped_incidents.append(token)

    def _relocate(self, request: Relocate) -> None:
        self._relocated.append(request)

    def _throw_signal(self, request: ThrowSignal) -> None:
        self._signals.append(request)

    def _throw_message(self, request: ThrowMessage) -> None:
        self._messages.append(request)
        self.remember(
            "message.thrown", element_id=request.element_id, token=request.token, definition_id=request.program, name=request.name
        )

    # Saving

    def _search_values(self) -> list[SearchValue]:
        columns = [column for column in self.process.search_columns if column.name in self._changed]
        if not columns:
            return []
        variables = self.execution.variables()
        case = self.case
        return [search.search_value(case.id, case.process_key, column, variables.get(column.name)) for column in columns]

    def _look_again_for_messages(self) -> None:
        # A message that comes at this very moment does not see our subscription, nor we the message, until both are
        # committed. SQLite has one writer, so there the moment does not exist.
        many = self._early_messages == self.command.house.settings.early_messages
        if self.transaction.dialect == "sqlite" and not many:
            return
        if many or any(subscription.kind is SubscriptionKind.MESSAGE for subscription in self._subscriptions.values()):
            case_id = self.case.id
            self.command.follow_ups.append(lambda command: deliver_early_messages(command, case_id))

    def wait_again(self) -> bool:
        """Take up the case's subscriptions as if they were new; say whether one has a message waiting."""
        before = self._advanced
        for subscription in store.subscriptions.of_case(self.transaction, self.case.id):
            self._subscriptions[subscription.token] = subscription
        known = dict(self._subscriptions)
        self._deliver_early_messages()
        # What was there already is not inserted again; what was delivered is deleted.
        for token, subscription in known.items():
            if self._subscriptions.get(token) is subscription:
                del self._subscriptions[token]
            else:
                self._unsubscribed.append(token)
        return self._advanced and not before

    def _deliver_early_messages(self) -> None:
        # A message may have come before the case waited for it; delivering one may make the case wait for the next.
        waiting = self.case.status is not CaseStatus.SUSPENDED
        while waiting:
            waiting = False
            for token, subscription in list(self._subscriptions.items()):
                if subscription.kind is not SubscriptionKind.MESSAGE or token not in self._subscriptions:
                    continue
                if self._early_messages == self.command.house.settings.early_messages:
                    # The others are given in a transaction of their own.
                    return
                by_key = subscription.correlation_key is None
                message = store.messages.buffered(
                    self.transaction,
                    subscription.name,
                    now=self.command.now,
                    correlation_key=subscription.correlation_key,
                    business_key=subscription.business_key if by_key else None,
                )
                if message is None or not store.messages.delivered(self.transaction, message.message_id, self.case.id):
                    continue
                variables = {name: from_json(value) for name, value in message.variables.items()}
                self.remember(
                    "message.correlated",
                    element_id=subscription.element_id,
                    token=token,
                    name=message.name,
                    message_id=message.message_id,
                    buffered=True,
                )
                self.received(token)
                self.take(self.execution.deliver(token, variables, host=self.host))
                waiting = True
                self._early_messages += 1

    def _signal_jobs(self) -> list[Job]:
        return [
            self._chained(signal, job) for signal in self._signals for job in signals.receivers(self.command, signal.name, signal.variables)
        ]


def deliver_early_messages(command: Command, case_id: str) -> None:
    """Give a case the messages that wait for it."""
    file = CaseFile.load(command, case_id)
    if file.case.status is CaseStatus.OPEN and file.wait_again():
        file.save()


_ANSWERS: dict[type[Request], Any] = {
    OpenTask: CaseFile._open_task,  # pyright: ignore[reportPrivateUsage]
    CloseTask: CaseFile._close_task,  # pyright: ignore[reportPrivateUsage]
    EnqueueJob: CaseFile._enqueue_job,  # pyright: ignore[reportPrivateUsage]
    CancelJob: CaseFile._cancel_job,  # pyright: ignore[reportPrivateUsage]
    ScheduleTimer: CaseFile._schedule_timer,  # pyright: ignore[reportPrivateUsage]
    CancelTimer: CaseFile._cancel_job,  # pyright: ignore[reportPrivateUsage]
    Subscribe: CaseFile._subscribe,  # pyright: ignore[reportPrivateUsage]
    Unsubscribe: CaseFile._unsubscribe,  # pyright: ignore[reportPrivateUsage]
    ThrowMessage: CaseFile._throw_message,  # pyright: ignore[reportPrivateUsage]
    Relocate: CaseFile._relocate,  # pyright: ignore[reportPrivateUsage]
    ThrowSignal: CaseFile._throw_signal,  # pyright: ignore[reportPrivateUsage]
    RaiseIncident: CaseFile._raise_incident,  # pyright: ignore[reportPrivateUsage]
    DropIncident: CaseFile._drop_incident,  # pyright: ignore[reportPrivateUsage]
}
