"""Case migration: open cases of one version of a process, taken to another, looked at beforehand and returned if need be.

`case_migration_plan` looks and changes nothing. `begin` settles which element is which and opens a run; `carry_on` takes cases
over, each in a transaction of its own under its own version, until it is done, paused or killed: nothing is half done then, and
carrying on again goes on behind the last case. `revert` returns every case that has not moved since to the very state it was in.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from loanflow import store
from loanflow.engine.actor import Actor
from loanflow.engine.advance import CaseFile
from loanflow.engine.case_migration_plan import NO_MAPPING, Mapped, Versions, definitions_to_search, may_run
from loanflow.engine.command import Command, OwnTransactions
from loanflow.engine.definitions import CompiledProcess
from loanflow.engine.host import CaseHost
from loanflow.errors import Busy, Conflict, NotFound
from loanflow.execution import (
    CancelJob,
    CancelTimer,
    CaseExecution,
    CloseTask,
    DropIncident,
    MigrationRefused,
    Request,
    Step,
    TokenView,
    Unsubscribe,
    VersionChange,
    migrate,
    relocations,
    root_program,
)
from loanflow.records import (
    CaseMigration,
    CaseMigrationStatus,
    CaseStatus,
    MigratedCase,
    MigrationOutcome,
    ProcessDefinition,
)

BATCH = 100
"""After so many cases a run says how far it is."""

_TAKEN_AWAY = (CloseTask, CancelJob, CancelTimer, Unsubscribe, DropIncident)
_WITHDRAWN: Mapping[str, type[CloseTask | CancelJob | CancelTimer | Unsubscribe | DropIncident]] = {
    "job": CancelJob,
    "continuation": CancelJob,
    "timer": CancelTimer,
    "message": Unsubscribe,
    "signal": Unsubscribe,
    "incident": DropIncident,
}
_RUNNING = (CaseStatus.OPEN, CaseStatus.SUSPENDED)
_log = logging.getLogger("loanflow.case_migration")


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseMigrationReport:
    """A run and what it has done: cases by outcome, and why some were skipped or kept (reason, cases, one case's id)."""

    migration: CaseMigration
    counts: Mapping[MigrationOutcome, int]
    skipped: tuple[tuple[str, int, str], ...]
    kept: tuple[tuple[str, int, str], ...]


Progress = Callable[[CaseMigrationReport], None]


# Running


def begin(command: Command, old: str, new: str, mapping: Mapped = NO_MAPPING, *, reason: str | None = None) -> CaseMigration:
    """Open a run; nothing is migrated yet."""
    versions = Versions.named(command, old, new, mapping)
    open_cases = store.cases.running_definitions(command.transaction)
    before, after = versions.old.definition, versions.new.definition
    migration = CaseMigration(
        id=store.new_definition_id(),
        process_key=before.key,
        from_definition_id=before.id,
        to_definition_id=after.id,
        mapping={
            "elements": dict(versions.change.elements),
            "flows": dict(versions.change.flows),
            "dropped": sorted(versions.change.dropped),
        },
        started_at=command.now,
        started_by=command.actor.id,
        updated_at=command.now,
        total=open_cases.get(before.id, 0),
        reason=reason,
    )
    store.case_migrations.insert(command.transaction, migration)
    return migration


def carry_on(
    own: OwnTransactions, migration_id: str, *, by: Actor, batch: int = BATCH, progress: Progress | None = None
) -> CaseMigrationReport:
    """Take the cases over that are left, until all are done or somebody pauses the run.

    Raises:
        Conflict: the run is over, or is being reverted.
    """
    own.run(lambda command: _set_status(command, migration_id, CaseMigrationStatus.RUNNING, resume=True), by=by)
    run = own.read(lambda command: _Run.of(command, migration_id))
    for position, case_ids in _batches(own, run, batch):
        for case_id in case_ids:
            if not _one(own, run, case_id, by):
                return own.read(lambda command: report(command, migration_id))
        own.run(lambda command, p=position: _advance(command, migration_id, p), by=by)
        if progress is not None:
            progress(own.read(lambda command: report(command, migration_id)))
    own.run(lambda command: _finish(command, migration_id), by=by)
    return own.read(lambda command: report(command, migration_id))


def _finish(command: Command, migration_id: str) -> None:
    # Paused at the very end, it stays paused.
    running = (CaseMigrationStatus.RUNNING,)
    store.case_migrations.set_status(command.transaction, migration_id, CaseMigrationStatus.FINISHED, among=running, at=command.now)


def pause(command: Command, migration_id: str) -> CaseMigration:
    """Stop a run before its next case, whichever program is at it; `carry_on` goes on."""
    return _set_status(command, migration_id, CaseMigrationStatus.PAUSED)


def get(command: Command, migration_id: str) -> CaseMigration:
    """Return a run.

    Raises:
        NotFound: there is none.
    """
    migration = store.case_migrations.get(command.transaction, migration_id)
    if migration is None:
        raise NotFound(f"there is no case migration {migration_id}")
    return migration


def report(command: Command, migration_id: str) -> CaseMigrationReport:
    """Say what a run has done."""
    transaction = command.transaction
    return CaseMigrationReport(
        migration=get(command, migration_id),
        counts=store.case_migrations.counts(transaction, migration_id),
        skipped=store.case_migrations.reasons(transaction, migration_id, MigrationOutcome.SKIPPED),
        kept=store.case_migrations.reasons(transaction, migration_id, MigrationOutcome.KEPT),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """A run with its versions compiled; ``former`` are the definitions done tasks of its cases may have been opened under."""

    migration: CaseMigration
    old: CompiledProcess
    new: CompiledProcess
    change: VersionChange
    former: frozenset[str]
    renamed: Mapping[str, str] = field(default_factory=dict[str, str])

    @classmethod
    def of(cls, command: Command, migration_id: str) -> _Run:
        """Take up a run as it was settled when it began."""
        migration = get(command, migration_id)
        definitions = command.house.definitions
        old = definitions.process(command.transaction, migration.from_definition_id)
        new = definitions.process(command.transaction, migration.to_definition_id)
        elements: Mapping[str, str] = migration.mapping["elements"]
        change = VersionChange(
            old.program, new.program, elements=elements, flows=migration.mapping["flows"], dropped=migration.mapping["dropped"]
        )
        versions = store.definitions.versions(command.transaction, ProcessDefinition, migration.process_key)
        return cls(
            migration=migration,
            old=old,
            new=new,
            change=change,
            former=frozenset(version.id for version in versions) - {new.definition.id},
            renamed={one: other for one, other in elements.items() if one != other},
        )


def _batches(own: OwnTransactions, run: _Run, size: int) -> Iterator[tuple[str, list[str]]]:
    """Yield the ids of the cases that are left, with the position behind them; pages without any move the position too."""
    done, _, after = run.migration.position.partition(" ")
    for definition_id in own.read(lambda command: definitions_to_search(command, run.old.definition)):
        if definition_id < done:
            continue
        last = after if definition_id == done else ""
        while True:
            rows = own.read(
                lambda command, d=definition_id, a=last: [
                    (case.id, may_run(run.old, state))
                    for case, state in store.cases.running_on_definition(command.transaction, d, after_id=a, limit=size)
                ]
            )
            if not rows:
                break
            last = rows[-1][0]
            yield f"{definition_id} {last}", [case_id for case_id, wanted in rows if wanted]


def _advance(command: Command, migration_id: str, position: str) -> None:
    store.case_migrations.advance(command.transaction, migration_id, position, at=command.now)


def _one(own: OwnTransactions, run: _Run, case_id: str, by: Actor) -> bool:
    """Take one case over, or note why not; False where the run is no longer to go on."""
    try:
        return own.run(lambda command: _migrate(command, run, case_id), by=by)
    except (Busy, Conflict):
        raise
    except Exception as error:
        _log.exception("case %s was not migrated", case_id)
        reason = f"{type(error).__name__}: {error}"
        own.run(lambda command: _skip(command, run, case_id, reason), by=by)
        return True


def _migrate(command: Command, run: _Run, case_id: str) -> bool:
    transaction = command.transaction
    if get(command, run.migration.id).status is not CaseMigrationStatus.RUNNING:
        return False
    found = store.cases.load(transaction, case_id)
    if found is None or found[0].status not in _RUNNING or not may_run(run.old, found[1]):
        return True
    case, state = found
    file = CaseFile.opened(command, case, state)
    before = frozenset(view.token for view in file.execution.tokens)
    try:
        migrated = migrate(state, run.change, host=file.host)
    except MigrationRefused as refused:
        _skip(command, run, case_id, str(refused))
        return True
    if not migrated.moved:
        return True
    old, new = run.old.definition, run.new.definition
    file.change_version(migrated.execution, run.new if case.process_definition_id == old.id else None)
    file.remember(
        "case.migrated",
        definition_id=new.id,
        migration=run.migration.id,
        process=new.key,
        from_version=old.version,
        to_version=new.version,
        from_definition=old.id,
        renamed={one: other for one, other in migrated.moved.values() if one != other} or None,
        **_renaming(run),
        notes=[finding.message for finding in migrated.findings] or None,
        reason=run.migration.reason,
    )
    rows = store.places.keep(transaction, case_id, _taken_away(migrated.step) & before)
    file.take(migrated.step)
    if file.save().status is CaseStatus.SUSPENDED:
        # What is armed anew stands still as well.
        store.jobs.suspend(transaction, case_id)
    store.places.rename_finished_tasks(transaction, case_id, run.renamed, among=run.former, into=new.id, before=command.now)
    done = MigratedCase(
        migration_id=run.migration.id,
        case_id=case_id,
        outcome=MigrationOutcome.MIGRATED,
        at=command.now,
        after_sha256=_sha256(file.execution.dump()),
        rows=rows,
    )
    store.case_migrations.put_case(transaction, done, state)
    return True


def _skip(command: Command, run: _Run, case_id: str, reason: str) -> None:
    skipped = MigratedCase(migration_id=run.migration.id, case_id=case_id, outcome=MigrationOutcome.SKIPPED, at=command.now, reason=reason)
    store.case_migrations.put_case(command.transaction, skipped, None)


def _renaming(run: _Run, *, back: bool = False) -> dict[str, Any]:
    """Say for the history which elements and sequence flows have another id, so that what was done is known by the new one."""
    changed = {
        "elements": run.renamed,
        "flows": {one: other for one, other in run.change.flows.items() if one != other},
    }
    return {name: ({other: one for one, other in ids.items()} if back else dict(ids)) or None for name, ids in changed.items()}


def _taken_away(step: Step) -> frozenset[int]:
    return frozenset(request.token for request in step.requests if isinstance(request, _TAKEN_AWAY))


def _sha256(state: bytes) -> str:
    return hashlib.sha256(state).hexdigest()


# Returning


def revert(
    own: OwnTransactions, migration_id: str, *, by: Actor, batch: int = BATCH, progress: Progress | None = None
) -> CaseMigrationReport:
    """Return every case of a run that has not moved since to the state it was in; may be done again after a crash.

    Raises:
        Conflict: the run was reverted already.
    """
    own.run(lambda command: _set_status(command, migration_id, CaseMigrationStatus.REVERTING, resume=True), by=by)
    run = own.read(lambda command: _Run.of(command, migration_id))
    after = ""
    while True:
        found = own.read(
            lambda command, a=after: store.case_migrations.ids(
                command.transaction, migration_id, MigrationOutcome.MIGRATED, limit=batch, after=a
            )
        )
        if not found:
            break
        for case_id in found:
            own.run(lambda command, c=case_id: _return(command, run, c), by=by)
        after = found[-1]
        if progress is not None:
            progress(own.read(lambda command: report(command, migration_id)))
    own.run(lambda command: _set_status(command, migration_id, CaseMigrationStatus.REVERTED), by=by)
    return own.read(lambda command: report(command, migration_id))


def forget(command: Command, migration_id: str) -> int:
    """Give up a run's revert point: the snapshots it keeps, with the variables in them, are dropped; return how many."""
    get(command, migration_id)
    return store.case_migrations.forget(command.transaction, migration_id)


def _return(command: Command, run: _Run, case_id: str) -> None:
    transaction = command.transaction
    kept = store.case_migrations.case(transaction, run.migration.id, case_id)
    found = store.cases.load(transaction, case_id)
    if kept is None or found is None or kept[0].outcome is not MigrationOutcome.MIGRATED:
        return
    (done, before), (case, state) = kept, found

    def settle(outcome: MigrationOutcome, reason: str | None = None) -> None:
        store.case_migrations.set_outcome(transaction, run.migration.id, case_id, outcome, at=command.now, reason=reason)

    if case.status not in _RUNNING:
        return settle(MigrationOutcome.KEPT, "the case is over")
    if before is None:
        return settle(MigrationOutcome.KEPT, "the state to go back to was given up")
    if _sha256(state) != done.after_sha256:
        return settle(MigrationOutcome.KEPT, "the case has moved since")
    file = CaseFile.opened(command, case, state)
    now = file.execution.tokens
    host = CaseHost(command, case_id)
    execution = CaseExecution.load(before, host=host)
    back = {view.token for view in execution.tokens}
    restored = {row["token"] for rows in done.rows.values() for row in rows}
    old, new = run.old.definition, run.new.definition
    file.change_version(execution, run.old if root_program(execution) == old.id else None)
    file.remember(
        "case.migration-reverted",
        definition_id=old.id,
        migration=run.migration.id,
        process=old.key,
        from_version=new.version,
        to_version=old.version,
        from_definition=new.id,
        **_renaming(run, back=True),
    )
    requests: list[Request] = [_withdrawal(view) for view in now if view.token not in back and view.kind in (*_WITHDRAWN, "task")]
    requests += [request for request in relocations(execution, old.id) if request.token not in restored]
    file.take(Step(requests=tuple(requests), records=(), ended=False))
    file.save()
    renamed = {other: one for one, other in run.renamed.items()}
    store.places.rename_finished_tasks(transaction, case_id, renamed, among={new.id}, into=old.id, before=done.at)
    store.places.bring_back(transaction, case_id, done.rows)
    # The jobs that came back are as they were then, the case may have been suspended or resumed since.
    if case.status is CaseStatus.SUSPENDED:
        store.jobs.suspend(transaction, case_id)
    else:
        store.jobs.resume(transaction, case_id, now=command.now)
    settle(MigrationOutcome.REVERTED)


def _withdrawal(view: TokenView) -> Request:
    place: dict[str, Any] = {"token": view.token, "element_id": view.element_id, "program": view.program}
    if view.kind == "task":
        return CloseTask(**place, reason="the migration of the case was reverted")
    return _WITHDRAWN[view.kind](**place)


def _set_status(command: Command, migration_id: str, status: CaseMigrationStatus, *, resume: bool = False) -> CaseMigration:
    allowed: Mapping[CaseMigrationStatus, tuple[CaseMigrationStatus, ...]] = {
        CaseMigrationStatus.RUNNING: (CaseMigrationStatus.PAUSED,),
        CaseMigrationStatus.PAUSED: (CaseMigrationStatus.RUNNING,),
        CaseMigrationStatus.REVERTING: (CaseMigrationStatus.RUNNING, CaseMigrationStatus.PAUSED, CaseMigrationStatus.FINISHED),
        CaseMigrationStatus.REVERTED: (CaseMigrationStatus.REVERTING,),
    }
    migration = get(command, migration_id)
    if not (resume and migration.status is status) and not store.case_migrations.set_status(
        command.transaction, migration_id, status, among=allowed[status], at=command.now
    ):
        raise Conflict(f"case migration {migration_id} is {migration.status}; it cannot become {status}")
    return get(command, migration_id)
