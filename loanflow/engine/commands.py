"""The verbs: what anyone may ask of an engine, in its own transactions or inside a caller's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Literal, overload

from loanflow import forms, store
from loanflow.engine import (
    case_migration,
    case_migration_plan,
    cases,
    deployments,
    incidents,
    jobs,
    messages,
    modifications,
    signals,
    starts,
    suspension,
    tasks,
)
from loanflow.engine.actor import Actor
from loanflow.engine.approvals import Approvals
from loanflow.engine.case_migration import CaseMigrationReport
from loanflow.engine.case_migration_plan import CaseMigrationPlan, Mapped
from loanflow.engine.cases import HistoryEntry, Standing
from loanflow.engine.command import Command
from loanflow.engine.definitions import content_of
from loanflow.engine.deployments import AnyDefinition, DeploymentReport, Source
from loanflow.engine.messages import Correlation
from loanflow.engine.modifications import Preview
from loanflow.engine.refusal import Refusal
from loanflow.errors import NotFound
from loanflow.execution import Instruction
from loanflow.records import (
    Case,
    CaseMigration,
    CaseStatus,
    DecisionDefinition,
    DecisionRecord,
    Draft,
    FormDefinition,
    Incident,
    IncidentStatus,
    Job,
    ProcessDefinition,
    Task,
    TaskStatus,
)
from loanflow.store import CaseQuery, Page, TaskCounts, TaskQuery

By = str | Actor
_NOTHING: Mapping[str, Any] = {}


class Commands(Approvals):
    """Commands and queries of one engine.

    ``by`` is who commands: a user's id, or an `Actor` with the groups the program vouches for and where it came from.
    Every command is refused whole or done whole. Cases are named by id or business key.

    Raises:
        NotFound: there is no such case, task, process, ...
        NotPermitted: a rule forbids it; the message names the rule.
        Conflict: someone was faster, or the thing is over; the message says who or since when.
        InvalidValues: values that no variable, or not this form, can take.
    """

    # Definitions

    def deploy(self, *sources: Source, by: By, name: str | None = None) -> DeploymentReport:
        """Install folders, files or name -> bytes together, all or none; unchanged files change nothing.

        Raises:
            DefinitionError: an error was found; ``problems`` holds every finding of every file.
        """
        files = deployments.files_of(sources)
        title = name or ", ".join(str(source) for source in sources if not isinstance(source, Mapping)) or "files"
        return self._runner.run(lambda command: deployments.deploy(command, files, name=title[:255]), by=_actor(by))

    @overload
    def definitions(self, kind: Literal["process"] = ...) -> tuple[ProcessDefinition, ...]: ...

    @overload
    def definitions(self, kind: Literal["decision"]) -> tuple[DecisionDefinition, ...]: ...

    @overload
    def definitions(self, kind: Literal["form"]) -> tuple[FormDefinition, ...]: ...

    def definitions(self, kind: Literal["process", "decision", "form"] = "process") -> tuple[AnyDefinition, ...]:
        """Return the newest version of every ``process``, ``decision`` or ``form``."""

        def look(command: Command) -> tuple[AnyDefinition, ...]:
            match kind:
                case "process":
                    return store.definitions.all_latest(command.transaction, ProcessDefinition)
                case "decision":
                    return store.definitions.all_latest(command.transaction, DecisionDefinition)
                case "form":
                    return store.definitions.all_latest(command.transaction, FormDefinition)

        return self._runner.read(look)

    def process_definition(self, definition_id: str) -> ProcessDefinition:
        """Return a deployed version of a process."""
        return self._runner.read(lambda command: deployments.process_definition(command.transaction, definition_id))

    def suspend_definition(self, definition: str, *, by: By, cases: bool = False, reason: str = "") -> tuple[ProcessDefinition, ...]:
        """Let a definition (its id), or every version of a process (its key), start no more cases. For supervisors.

        With ``cases`` their open cases are suspended too, each with a command of its own.
        """
        found = self._runner.run(lambda command: suspension.suspend_definition(command, definition), by=_actor(by))
        if cases:
            self._each_case(found, lambda command, case: suspension.suspend(command, case, reason), by, CaseStatus.OPEN)
        return found

    def resume_definition(self, definition: str, *, by: By, cases: bool = False) -> tuple[ProcessDefinition, ...]:
        """Let a suspended definition start cases again; with ``cases`` its suspended cases go on too."""
        found = self._runner.run(lambda command: suspension.resume_definition(command, definition), by=_actor(by))
        if cases:
            self._each_case(found, suspension.resume, by, CaseStatus.SUSPENDED)
        return found

    def cancel_definition(self, definition: str, *, by: By, reason: str = "") -> tuple[ProcessDefinition, ...]:
        """Let a definition start no more cases and end its running ones as they stand, each with a command of its own."""
        found = self._runner.run(lambda command: suspension.suspend_definition(command, definition), by=_actor(by))
        still = (CaseStatus.OPEN, CaseStatus.SUSPENDED)
        self._each_case(found, lambda command, case: cases.cancel(command, case, reason), by, *still)
        return found

    def model(self, definition_id: str) -> tuple[str, bytes]:
        """Return the file a process, decision or form definition came from: its name and its bytes, as deployed."""

        def look(command: Command) -> tuple[str, bytes]:
            found = (
                store.definitions.get(command.transaction, ProcessDefinition, definition_id)
                or store.definitions.get(command.transaction, DecisionDefinition, definition_id)
                or store.definitions.get(command.transaction, FormDefinition, definition_id)
            )
            if found is None:
                raise NotFound(f"there is no definition {definition_id}")
            return found.resource_name, content_of(command.transaction, found)

        return self._runner.read(look)

    # Cases

    def start(
        self,
        process_key: str,
        *,
        by: By,
        key: str | None = None,
        variables: Mapping[str, Any] = _NOTHING,
        validate: bool = False,
    ) -> Case:
        """Start a case on the newest version of a process; ``key`` is its business key, which belongs to one case for ever.

        ``validate`` holds the variables to the start form, if there is one.
        """
        return self._runner.run(
            lambda command: cases.start(command, process_key, key=key, variables=variables, validate=validate), by=_actor(by)
        )

    def start_form(self, process_key: str) -> forms.Form | None:
        """Return the form shown to whoever starts the process, or None."""
        return self._runner.read(lambda command: cases.start_form(command.transaction, command.house, process_key))

    def cancel_case(self, case: str, *, by: By, reason: str = "") -> Case:
        """End a case as it stands; its tasks, jobs and timers go."""
        return self._runner.run(lambda command: cases.cancel(command, case, reason), by=_actor(by))

    def suspend(self, case: str, *, by: By, reason: str = "") -> Case:
        """Let a case stand still: no task can be done, no job or timer runs, messages for it are kept. For supervisors."""
        return self._runner.run(lambda command: suspension.suspend(command, case, reason), by=_actor(by))

    def resume(self, case: str, *, by: By) -> Case:
        """Let a suspended case go on and catch up on what came due."""
        return self._runner.run(lambda command: suspension.resume(command, case), by=_actor(by))

    def can_suspend(self, case: str, *, by: By) -> Refusal | None:
        """Say why someone may not suspend or resume a case, or None where they may."""
        return self._can(lambda command: suspension.check(command, case), by)

    def set_variables(self, case: str, variables: Mapping[str, Any], *, by: By) -> Case:
        """Change variables of an open case from outside its model."""
        return self._runner.run(lambda command: cases.set_variables(command, case, variables), by=_actor(by))

    def modify(self, case: str, *instructions: Instruction, by: By, reason: str, force: bool = False) -> Case:
        """Move a case's tokens by hand: ``Move``, ``Skip``, ``Restart``, ``Cancel``, ``StartBefore``, ``StartAfter``.

        All of them take effect together. For supervisors; ``force`` also leaves a parallel join short.
        """
        return self._runner.run(
            lambda command: modifications.modify(command, case, instructions, reason=reason, force=force), by=_actor(by)
        )

    def preview_modification(self, case: str, *instructions: Instruction) -> Preview:
        """Say what `modify` would cancel and open; nothing changes."""
        return self._runner.read(lambda command: modifications.preview(command, case, instructions))

    def can_modify(self, case: str, *, by: By) -> Refusal | None:
        """Say why someone may not modify a case, or None where they may."""
        return self._can(lambda command: modifications.check(command, case), by)

    def case(self, case: str) -> Case:
        """Return a case by id or business key."""
        return self._runner.read(lambda command: cases.get(command.transaction, case))

    def cases(self, query: CaseQuery | None = None, /, **filters: Any) -> Page[Case]:
        """List cases, newest first; filters are the fields of `CaseQuery`."""
        wanted = query or CaseQuery(**filters)
        return self._runner.read(lambda command: store.cases.page(command.transaction, wanted))

    def variables(self, case: str) -> dict[str, Any]:
        """Return a case's variables as Python values."""
        return self._runner.read(lambda command: cases.variables(command, case))

    def tokens(self, case: str) -> tuple[Standing, ...]:
        """Say where an open case stands, one line per token; nothing once it is over."""
        return self._runner.read(lambda command: cases.standing(command, case))

    def history(self, case: str) -> tuple[HistoryEntry, ...]:
        """Return everything that happened to a case, in order."""
        return self._runner.read(lambda command: cases.history(command.transaction, command.house, case))

    def decisions(self, case: str) -> tuple[DecisionRecord, ...]:
        """Return every decision evaluated in a case, with its inputs, value and trace."""
        return self._runner.read(lambda command: cases.decisions(command.transaction, case))

    def verify_audit(self, case: str) -> int:
        """Check a case's chain link by link; return how many entries hold.

        Raises:
            AuditChainBroken: names the first entry that does not.
        """
        return self._runner.read(lambda command: cases.verify(command.transaction, case))

    # Tasks

    def task(self, task_id: str) -> Task:
        """Return a task, open or done."""
        return self._runner.read(lambda command: tasks.get(command.transaction, task_id))

    def tasks(self, query: TaskQuery) -> Page[Task]:
        """List tasks by `TaskQuery`: a person's, their groups', or all."""
        return self._runner.read(lambda command: store.task_lists.page(command.transaction, query))

    def tasks_of(self, case: str, *, status: TaskStatus | None = TaskStatus.OPEN) -> tuple[Task, ...]:
        """Return a case's open tasks, or with another ``status`` (None: any) those; in the order they were opened."""
        return self._runner.read(
            lambda command: store.tasks.of_case(command.transaction, cases.id_of(command.transaction, case), status=status)
        )

    def task_counts(self, user: By, *, tomorrow: datetime | None = None) -> TaskCounts:
        """Count a person's open tasks; ``tomorrow`` is the first instant of their next day, by default in UTC."""
        actor = _actor(user)
        return self._runner.read(lambda command: tasks.counts(command, actor, tomorrow))

    def task_form(self, task_id: str) -> forms.Form | None:
        """Return the form a task shows, or None."""
        return self._runner.read(lambda command: tasks.form(command, task_id))

    def task_variables(self, task_id: str) -> dict[str, Any]:
        """Return what a task sees, as Python values."""
        return self._runner.read(lambda command: tasks.variables(command, task_id))

    def may_not(self, task_id: str, by: By) -> str | None:
        """Say why someone may not do a task, or None where they may: for pages; the commands decide for themselves."""
        return self._runner.read(lambda command: tasks.may(command, task_id, _actor(by)))

    def claim(self, task_id: str, by: By, *, if_version: int | None = None) -> Task:
        """Take a task for oneself."""
        return self._runner.run(lambda command: tasks.claim(command, task_id, if_version), by=_actor(by))

    def unclaim(self, task_id: str, by: By, *, if_version: int | None = None) -> Task:
        """Give a task back to its candidates."""
        return self._runner.run(lambda command: tasks.unclaim(command, task_id, if_version), by=_actor(by))

    def assign(self, task_id: str, to: By, *, by: By, if_version: int | None = None) -> Task:
        """Give a task to a person; its holder may, and supervisors."""
        return self._runner.run(lambda command: tasks.assign(command, task_id, to, if_version), by=_actor(by))

    def complete(
        self,
        task_id: str,
        variables: Mapping[str, Any] = _NOTHING,
        *,
        by: By,
        if_version: int | None = None,
        validate: bool = False,
    ) -> Task:
        """Finish a task and let the case go on; ``validate`` holds the values to the task's form, if it has one."""
        return self._runner.run(lambda command: tasks.complete(command, task_id, variables, if_version, validate), by=_actor(by))

    def throw_error(
        self,
        task_id: str,
        code: str,
        message: str = "",
        variables: Mapping[str, Any] = _NOTHING,
        *,
        by: By,
        if_version: int | None = None,
    ) -> Task:
        """Leave a task by the error event that catches ``code``, on its border or further out; refused where none does."""
        return self._runner.run(lambda command: tasks.throw_error(command, task_id, code, message, variables, if_version), by=_actor(by))

    def throw_escalation(
        self, task_id: str, code: str, variables: Mapping[str, Any] = _NOTHING, *, by: By, if_version: int | None = None
    ) -> Task:
        """Tell whoever catches the escalation ``code``; the task stays open unless that interrupts it. Refused where none does."""
        return self._runner.run(lambda command: tasks.throw_escalation(command, task_id, code, variables, if_version), by=_actor(by))

    def save_draft(self, task_id: str, values: Mapping[str, Any], by: By) -> Draft:
        """Keep what a person has typed so far."""
        return self._runner.run(lambda command: tasks.save_draft(command, task_id, values), by=_actor(by))

    def draft(self, task_id: str, by: By) -> Draft | None:
        """Return what a person has typed so far, or None."""
        return self._runner.read(lambda command: tasks.draft(command.transaction, task_id, _actor(by).id))

    # Messages and signals

    def correlate(
        self,
        name: str,
        *,
        by: By,
        key: str | None = None,
        correlation_key: str | None = None,
        variables: Mapping[str, Any] = _NOTHING,
        message_id: str | None = None,
        lifetime: timedelta | None = None,
    ) -> Correlation:
        """Deliver a message to the one case that waits for it by business ``key`` or ``correlation_key``.

        If none waits, it starts a case of the process that begins with it, or is kept for ``lifetime``. The same
        ``message_id`` counts once.
        """
        return self._runner.run(
            lambda command: messages.correlate(
                command,
                name,
                key=key,
                correlation_key=correlation_key,
                variables=variables,
                message_id=message_id,
                lifetime=lifetime,
            ),
            by=_actor(by),
        )

    def signal(self, name: str, *, by: By, variables: Mapping[str, Any] = _NOTHING) -> int:
        """Tell a signal to every case that waits for it and every process that starts with it; return how many.

        Each of them hears it in a job of its own, a moment later.
        """
        return self._runner.run(lambda command: signals.throw(command, name, variables), by=_actor(by))

    def start_by_condition(self, variables: Mapping[str, Any], *, by: By) -> tuple[Case, ...]:
        """Start a case of each process whose conditional start event holds for the variables; return the cases."""
        return self._runner.run(lambda command: starts.by_condition(command, variables), by=_actor(by))

    # Incidents and jobs

    def incidents(self, case: str | None = None, *, status: IncidentStatus = IncidentStatus.OPEN, limit: int = 50) -> tuple[Incident, ...]:
        """Return incidents, oldest first: of one case, or of all."""

        def look(command: Command) -> tuple[Incident, ...]:
            if case is None:
                return store.incidents.page(command.transaction, status=status, limit=limit).items
            case_id = cases.id_of(command.transaction, case)
            return store.incidents.of_case(command.transaction, case_id, status=status)

        return self._runner.read(look)

    def resolve_incident(self, incident_id: str, *, by: By, variables: Mapping[str, Any] = _NOTHING, retries: int = 1) -> Incident:
        """Correct variables if any are given, then try again where the case is stuck."""
        return self._runner.run(lambda command: incidents.resolve(command, incident_id, variables, retries), by=_actor(by))

    def retry_incident(self, incident_id: str, *, by: By, retries: int = 1) -> Incident:
        """Try again where the case is stuck; a dead job gets ``retries`` more tries."""
        return self.resolve_incident(incident_id, by=by, retries=retries)

    def complete_incident(self, incident_id: str, outputs: Mapping[str, Any] = _NOTHING, *, by: By, reason: str) -> Incident:
        """Take as done by hand what a handler could not do, and let the case go on with these outputs. For supervisors."""
        return self._runner.run(lambda command: incidents.complete(command, incident_id, outputs, reason), by=_actor(by))

    def incident_variables(self, incident_id: str) -> dict[str, Any]:
        """Return what the stuck token sees, as Python values."""
        return self._runner.read(lambda command: incidents.variables(command, incident_id))

    def jobs_of(self, case: str) -> tuple[Job, ...]:
        """Return what a case still owes itself, earliest first."""
        return self._runner.read(lambda command: jobs.of_case(command, cases.id_of(command.transaction, case)))

    # Case migrations

    def plan_case_migration(self, old: str, new: str, mapping: Mapped = _NOTHING) -> CaseMigrationPlan:
        """Say what migrating the open cases of one version to another would mean, case by case; nothing is changed.

        Versions are named ``key:number``, ``key:tag``, ``key`` (the newest) or by definition id. ``mapping`` goes before ids
        and similarity: old element id -> new id; None cancels the tokens that wait there.
        """
        return case_migration_plan.plan(self._runner, old, new, mapping)

    def begin_case_migration(self, old: str, new: str, mapping: Mapped = _NOTHING, *, by: By, reason: str | None = None) -> CaseMigration:
        """Open a run with its mapping settled; `Engine.run_case_migration` then takes the cases over."""
        return self._runner.run(lambda command: case_migration.begin(command, old, new, mapping, reason=reason), by=_actor(by))

    def pause_case_migration(self, migration_id: str, *, by: By) -> CaseMigration:
        """Stop a run before its next case, whichever program is at it."""
        return self._runner.run(lambda command: case_migration.pause(command, migration_id), by=_actor(by))

    def case_migration(self, migration_id: str) -> CaseMigrationReport:
        """Say what a run has done so far."""
        return self._runner.read(lambda command: case_migration.report(command, migration_id))

    def case_migrations(self, *, limit: int = 20) -> tuple[CaseMigration, ...]:
        """Return the latest runs, newest first."""
        return self._runner.read(lambda command: store.case_migrations.latest(command.transaction, limit=limit))

    def forget_case_migration(self, migration_id: str, *, by: By) -> int:
        """Give up a run's revert point: drop the snapshots it keeps; return how many."""
        return self._runner.run(lambda command: case_migration.forget(command, migration_id), by=_actor(by))

    def _each_case(
        self, definitions: Iterable[ProcessDefinition], work: Callable[[Command, str], object], by: By, *statuses: CaseStatus
    ) -> None:
        def next_ids(definition_id: str, after: str) -> Sequence[str]:
            return self._runner.read(
                lambda command: store.cases.open_ids_of_definition(command.transaction, definition_id, after_id=after, statuses=statuses)
            )

        def one(command: Command, case_id: str) -> None:
            case = store.cases.get(command.transaction, case_id)
            if case is not None and case.status in statuses:
                work(command, case_id)

        for definition in definitions:
            after = ""
            while found := next_ids(definition.id, after):
                after = found[-1]
                for case_id in found:
                    self._runner.run(partial(one, case_id=case_id), by=_actor(by))


def _actor(by: By) -> Actor:
    return Actor.of(by)
