"""The front desk: an engine over one database."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from loanflow import store
from loanflow.clock import Clock, SystemClock
from loanflow.engine import case_migration, deployments, history_cleanup, jobs, messages
from loanflow.engine.actor import Actor
from loanflow.engine.case_migration import CaseMigrationReport, Progress
from loanflow.engine.command import CallersTransaction, Command, House, OwnTransactions
from loanflow.engine.commands import By, Commands
from loanflow.engine.definitions import Definitions
from loanflow.engine.handlers import Handlers
from loanflow.engine.history_cleanup import HistoryCleanup
from loanflow.engine.jobs import Outcome
from loanflow.engine.recollection import Recollection
from loanflow.engine.settings import Settings
from loanflow.errors import SchemaOutdated
from loanflow.records import Job, JobState
from loanflow.store import DueCases, migrations
from loanflow.store.database import Session

if TYPE_CHECKING:
    from sqlalchemy import Engine as DatabaseEngine

WORKER = Actor.system("worker")


class Engine(Commands):
    """Runs processes over one database.

    >>> engine = Engine("sqlite://")
    >>> engine.definitions()
    ()

    Args:
        database: an SQLAlchemy URL or engine. ``sqlite://`` is a database in memory, gone with the engine.
        handlers: what does the automatic work; handed over, never global.
        clock: tells the time; the computer's by default.
        schema: the schema our tables live in, where the database has schemas.
        table_prefix: what our tables' names begin with.
        remote: handlers run in another program, so a topic without one here is no error.
        settings: everything else; ``remote`` overrides it.
        database_options: handed to SQLAlchemy's ``create_engine``.

    Raises:
        HandlerMissing: a deployed process names a topic that has no handler, unless ``remote``.
    """

    def __init__(
        self,
        database: str | DatabaseEngine,
        *,
        handlers: Iterable[Handlers] = (),
        clock: Clock | None = None,
        schema: str | None = None,
        table_prefix: str = "loanflow_",
        remote: bool = False,
        settings: Settings | None = None,
        **database_options: Any,
    ) -> None:
        base = settings or Settings()
        if remote:
            base = replace(base, remote=True)
        together = Handlers()
        for each in handlers:
            together.include(each)
        self._store = store.connect(database, schema=schema, table_prefix=table_prefix, **database_options)
        house = House(definitions=Definitions(), handlers=together, clock=clock or SystemClock(), settings=base)
        self._own = OwnTransactions(store=self._store, house=house, recollection=Recollection(base.recalled_cases))
        super().__init__(self._own, house)
        if isinstance(database, str) and _is_in_memory(database):
            migrations.upgrade(self._store)
        self._check_handlers()

    # The database

    def upgrade_database(self) -> None:
        """Make or change our tables to those of this release; up to date already, it changes nothing."""
        migrations.upgrade(self._store)

    def check_schema(self) -> None:
        """Do nothing if the database has this release's tables.

        Raises:
            SchemaOutdated: it has not; the message says what to do.
        """
        migrations.check_schema(self._store)

    def close(self) -> None:
        """Give back the database connections."""
        self._store.close()

    @property
    def store(self) -> store.Store:
        """The store underneath, for rooms that read it themselves (audit, analytics)."""
        return self._store

    @property
    def handlers(self) -> Handlers:
        """Everything that was handed over, together."""
        return self._house.handlers

    @property
    def settings(self) -> Settings:
        """The engine's settings."""
        return self._house.settings

    def now(self) -> datetime:
        """Return the current instant by the engine's clock; aware, UTC."""
        return self._house.clock.now()

    # Inside the caller's transaction

    def within(self, session: Session) -> Commands:
        """Return the same verbs, inside the caller's session.

        What they do is kept if the caller commits and gone if the caller rolls back. They never commit, never roll back
        more than the one command that is refused, and never try again: `Conflict` goes to the caller.
        """
        return Commands(CallersTransaction(store=self._store, house=self._house, session=session), self._house)

    # Case migrations

    def run_case_migration(
        self, migration_id: str, *, by: By, batch: int = case_migration.BATCH, progress: Progress | None = None
    ) -> CaseMigrationReport:
        """Take over the cases a run has left, each in a transaction of its own; go on where it was paused or killed.

        ``progress`` is called after each ``batch`` of cases.

        Raises:
            Conflict: the run is over or is being reverted.
        """
        return case_migration.carry_on(self._own, migration_id, by=Actor.of(by), batch=batch, progress=progress)

    def revert_case_migration(
        self, migration_id: str, *, by: By, batch: int = case_migration.BATCH, progress: Progress | None = None
    ) -> CaseMigrationReport:
        """Return every case of a run to the state it was in before, unless it has moved since.

        Raises:
            Conflict: the run was reverted already.
        """
        return case_migration.revert(self._own, migration_id, by=Actor.of(by), batch=batch, progress=progress)

    # History cleanup

    def plan_history_cleanup(self, *, at: datetime | None = None) -> tuple[DueCases, ...]:
        """Count, by process, the cases whose history time to live is over at an instant, by default now; nothing is changed."""
        return self._own.read(lambda command: history_cleanup.plan(command, at))

    def clean_history(self, *, by: By, limit: int | None = None) -> HistoryCleanup:
        """Remove ended cases whose history time to live is over, each in a transaction of its own, at most ``limit``. For supervisors.

        All that is theirs goes; the head of each one's chain stays, see `verify_audit`. A case with a broken chain, an open incident
        or jobs still to run is left as it is, and named.
        """
        return history_cleanup.clean(self._own, by=Actor.of(by), limit=limit)

    # Work

    def run_due(self, limit: int | None = None, *, topics: Collection[str] | None = None) -> int:
        """Run jobs that are due, in this thread, until none is left or ``limit`` have run; return how many.

        Handlers, continuations and timers run, also those that the first ones bring about.
        """
        done = 0
        while limit is None or done < limit:
            wanted = jobs.BATCH if limit is None else min(jobs.BATCH, limit - done)
            claimed = self.claim_jobs(wanted, topics=topics)
            if not claimed:
                break
            for job in claimed:
                self.run_job(job)
            done += len(claimed)
        return done

    def run_worker(self, *, concurrency: int = 4, topics: Collection[str] | None = None) -> None:
        """Run jobs in ``concurrency`` threads until SIGTERM or SIGINT; then finish what is under way and return."""
        from importlib import import_module

        # The worker stands on this room; it is loaded when it is wanted.
        import_module("loanflow.worker").Worker(self, concurrency=concurrency, topics=topics).run()

    def claim_jobs(self, limit: int, *, topics: Collection[str] | None = None) -> tuple[Job, ...]:
        """Take due jobs under a lease; whoever takes one runs it with `run_job`."""
        if not self._own.read(lambda command: jobs.is_due(command, topics=topics)):
            return ()
        lease = self._house.settings.lease
        return self._own.run(lambda command: jobs.claim(command, limit=limit, topics=topics, lease=lease), by=WORKER)

    def run_job(self, job: Job) -> Outcome:
        """Run a job this program holds: the one function, whoever executes it."""
        return jobs.run(self._own, self._house, job, worker=WORKER)

    def abandon_job(self, job: Job, reason: str) -> Outcome:
        """Count a try as failed whose handler does not come back; what it answers later is in vain."""
        return jobs.abandon(self._own, self._house, job, worker=WORKER, reason=reason)

    def renew_leases(self, held: Collection[Job]) -> frozenset[str]:
        """Hold on to jobs; return the ids of those that are still ours."""
        lease = self._house.settings.lease
        return self._own.run(lambda command: jobs.renew(command, held, lease=lease), by=WORKER)

    def reap(self) -> int:
        """Take back what dead workers held and mark messages nobody waited for as expired; return how many jobs."""

        def work(command: Command) -> int:
            messages.expire(command)
            return jobs.reap(command)

        return self._own.run(work, by=WORKER) if self._own.read(jobs.is_overdue) else 0

    def next_due_at(self) -> datetime | None:
        """Say when the next scheduled job is due, or None."""
        return self._own.read(lambda command: store.jobs.next_due_at(command.transaction))

    def job_counts(self) -> dict[JobState, int]:
        """Count the jobs by state; finished ones have no row."""
        return self._own.read(lambda command: store.jobs.counts(command.transaction))

    def on_work(self, tell: Callable[[], None]) -> None:
        """Call ``tell`` after each commit that made a job ready; a hint that may be lost, for workers of this process."""
        self._own.on_work.append(tell)

    def off_work(self, tell: Callable[[], None]) -> None:
        """Call ``tell`` no longer."""
        self._own.on_work.remove(tell)

    def _check_handlers(self) -> None:
        if self._house.settings.remote:
            return
        try:
            migrations.check_schema(self._store)
        except SchemaOutdated:
            # Nothing of this release can be deployed there yet.
            return
        self._own.read(lambda command: deployments.check_handlers(command.transaction, command.house.handlers))


def _is_in_memory(url: str) -> bool:
    return url in ("sqlite://", "sqlite:///:memory:", "sqlite:///")
