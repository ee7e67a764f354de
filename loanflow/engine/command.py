"""One command, one transaction: where it runs, and what it carries.

A command is a plain function of a ``Command``. Two runners call it. ``OwnTransactions`` opens a transaction, commits, and
runs the function again where the database or a colleague was faster. ``CallersTransaction`` works inside somebody else's
session: it never commits, never rolls back more than its own savepoint and never runs anything twice.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol, TypeVar

from loanflow.clock import Clock
from loanflow.engine.actor import Actor
from loanflow.engine.handlers import Handlers
from loanflow.engine.recollection import Left, Recollection
from loanflow.engine.settings import Settings
from loanflow.errors import Conflict, Retry, RetryAt
from loanflow.execution import CaseExecution
from loanflow.store import Store, Transaction
from loanflow.store.database import Session

if TYPE_CHECKING:
    from loanflow.engine.definitions import Definitions

Result = TypeVar("Result")

CONFLICT_ATTEMPTS = 12
_READER = Actor.system("reader")


class Overtaken(Conflict):
    """Somebody else was faster between reading and writing; nothing is wrong, the command is simply run again."""


class CaseMoved(Overtaken):
    """The case's row changed since it was read."""


class FencedOut(Exception):
    """Someone else holds the job by now, or it was cancelled: whatever was done for it must not count."""


class Suspended(Exception):
    """The case or definition stands still: the job has to wait until it is resumed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What every command of one engine shares: compiled definitions, handlers, the clock, the settings."""

    definitions: Definitions
    handlers: Handlers
    clock: Clock
    settings: Settings


@dataclass(slots=True, kw_only=True)
class Command:
    """A command under way: its transaction, its one instant, its actor, and what to do once it is committed."""

    transaction: Transaction
    house: House
    actor: Actor
    now: datetime
    chain: int = 0
    """How many jobs before this command brought each other about; 0 where a person, a message or a due time began it."""
    has_work: bool = False
    """Whether jobs became ready: workers of this process are told after the commit."""
    follow_ups: list[Callable[[Command], object]] = field(default_factory=list["Callable[[Command], object]"])
    """Commands to run after the commit, each in a transaction of its own."""
    recollection: Recollection | None = None
    """Cases that need not be read; None where this transaction is not the command's own, or is to read."""
    recalled: dict[str, CaseExecution | None] = field(default_factory=dict[str, "CaseExecution | None"])
    """The cases that were recalled, and their executions until these are taken: the command counts only if it writes each of them."""
    written: dict[str, Left | None] = field(default_factory=dict[str, "Left | None"])
    """The cases it has written, as far as they may be recalled once it is committed."""

    def recall(self, *, case_id: str = "", task_id: str = "") -> Left | None:
        """Return how this engine left a case, named by its id or that of a task, if it is remembered."""
        if self.recollection is None:
            return None
        left = self.recollection.take_with_task(task_id) if task_id else self.recollection.take(case_id)
        if left is not None:
            self.recalled[left.case.id] = left.execution
        return left

    def take_execution(self, case_id: str) -> CaseExecution | None:
        """Return the execution of a case that was recalled, if it was kept and not taken before: whoever has it may move it."""
        execution = self.recalled.get(case_id)
        if execution is not None:
            self.recalled[case_id] = None
        return execution


class Runner(Protocol):
    """Gives commands a transaction."""

    def run(self, work: Callable[[Command], Result], *, by: Actor) -> Result:
        """Run a command that writes."""
        ...

    def read(self, work: Callable[[Command], Result]) -> Result:
        """Run a query."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnTransactions:
    """Each command in a transaction of its own, committed before its result is returned."""

    store: Store
    house: House
    recollection: Recollection
    on_work: list[Callable[[], None]] = field(default_factory=list[Callable[[], None]])

    def run(self, work: Callable[[Command], Result], *, by: Actor) -> Result:
        """Run a command and commit; run it again if somebody was faster, as if it had come a moment later."""
        for _ in range(CONFLICT_ATTEMPTS - 1):
            try:
                return self._once(work, by, self.recollection)
            except Overtaken:
                continue
        return self._once(work, by, None)

    def read(self, work: Callable[[Command], Result]) -> Result:
        """Run a query in one consistent look at the database."""
        with self.store.reading() as transaction:
            return work(Command(transaction=transaction, house=self.house, actor=_READER, now=self.house.clock.now()))

    def _once(self, work: Callable[[Command], Result], by: Actor, recollection: Recollection | None) -> Result:
        command: Command | None = None

        def inside(transaction: Transaction) -> Result:
            nonlocal command
            command = Command(transaction=transaction, house=self.house, actor=by, now=self.house.clock.now(), recollection=recollection)
            result = work(command)
            if not command.recalled.keys() <= command.written.keys():
                raise Overtaken("what was recalled has not been held against the database")
            return result

        try:
            result = self.store.run(inside)
        except (Retry, RetryAt):
            # What a registered function wants to be asked later, it is not asked again at once.
            raise
        except Exception as error:
            if command is not None and command.recalled:
                # Perhaps for what is true no longer.
                raise Overtaken("what was recalled may have changed") from error
            raise
        assert command is not None
        self._remember(command.written)
        for follow_up in command.follow_ups:
            self.run(follow_up, by=by)
        if command.has_work:
            for tell in self.on_work:
                tell()
        return result

    def _remember(self, written: Mapping[str, Left | None]) -> None:
        for case_id, left in written.items():
            if left is None:
                self.recollection.forget(case_id)
            else:
                self.recollection.keep(left)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallersTransaction:
    """Every command inside the caller's session, under a savepoint; the caller commits or rolls back."""

    store: Store
    house: House
    session: Session

    def run(self, work: Callable[[Command], Result], *, by: Actor) -> Result:
        """Run a command; if it is refused, what it wrote is undone and the caller's own work stays."""
        with self._transaction() as transaction, transaction.savepoint():
            return work(Command(transaction=transaction, house=self.house, actor=by, now=self.house.clock.now()))

    def read(self, work: Callable[[Command], Result]) -> Result:
        """Run a query; it sees what the caller has written so far."""
        with self._transaction() as transaction:
            return work(Command(transaction=transaction, house=self.house, actor=_READER, now=self.house.clock.now()))

    @contextmanager
    def _transaction(self) -> Generator[Transaction]:
        self.session.flush()
        yield self.store.borrow(self.session)
