"""History cleanup: cases that ended longer ago than their definition's history time to live, removed when an operator says so.

Camunda's word and attribute (``camunda:historyTimeToLive``), but never by itself. Each case goes in a transaction of its own, whole
or not at all, if its chain holds; the head of the chain stays (``audit.removal``). A case of a definition without a time to live
is never due.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from loanflow import audit, store
from loanflow.engine import access
from loanflow.engine.actor import Actor
from loanflow.engine.command import Command, Overtaken, OwnTransactions
from loanflow.errors import AuditChainBroken, Conflict
from loanflow.records import Case, CaseStatus, IncidentStatus, ProcessDefinition
from loanflow.store import DueCases, Transaction
from loanflow.store.removed_cases import OVER, EndedBy

BATCH = 100
_FIRST = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldBack:
    """A case whose time to live is over that was not removed, and why; ``broken`` says that its history does not verify."""

    case_id: str
    process_key: str
    reason: str
    broken: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryCleanup:
    """What a cleanup did: how many cases of which process were removed, and which were not."""

    removed: dict[str, int]
    held_back: tuple[HeldBack, ...]


class _Stays(Exception):
    """The case must not be removed now."""


def plan(command: Command, at: datetime | None) -> tuple[DueCases, ...]:
    """Count the cases that are due at an instant, by default now; chains are not looked at, nothing is changed."""
    when = command.now if at is None else at
    counted = (
        store.removed_cases.count_due(command.transaction, key, _ended_by(lifetimes, when))
        for key, lifetimes in _lifetimes(command.transaction).items()
        if _ended_by(lifetimes, when)
    )
    return tuple(each for each in counted if each is not None)


def clean(own: OwnTransactions, *, by: Actor, limit: int | None = None) -> HistoryCleanup:
    """Remove the cases that are due, at most ``limit`` of them; may be done again after a crash, and by two at once.

    Raises:
        NotPermitted: the actor is no supervisor.
    """
    access.check_supervisor(by, own.house.settings.supervisors)
    removed: dict[str, int] = {}
    held_back: list[HeldBack] = []
    for process_key, lifetimes in own.read(lambda command: _lifetimes(command.transaction)).items():
        for case_id in _due_cases(own, process_key, lifetimes):
            if limit is not None and sum(removed.values()) >= limit:
                return HistoryCleanup(removed=removed, held_back=tuple(held_back))
            try:
                gone = own.run(partial(_remove, case_id=case_id, lifetimes=lifetimes), by=by)
            except (_Stays, AuditChainBroken) as reason:
                held_back.append(
                    HeldBack(case_id=case_id, process_key=process_key, reason=str(reason), broken=isinstance(reason, AuditChainBroken))
                )
                continue
            if gone:
                removed[process_key] = removed.get(process_key, 0) + 1
    return HistoryCleanup(removed=removed, held_back=tuple(held_back))


def _lifetimes(transaction: Transaction) -> dict[str, dict[str, int]]:
    """Return days to live by definition id, by process key; definitions without any, or older than this setting, are left out."""
    found: dict[str, dict[str, int]] = {}
    for latest in store.definitions.all_latest(transaction, ProcessDefinition):
        versions = store.definitions.versions(transaction, ProcessDefinition, latest.key)
        days = {version.id: version.properties["days_to_live"] for version in versions if "days_to_live" in version.properties}
        if days:
            found[latest.key] = days
    return found


def _ended_by(lifetimes: dict[str, int], at: datetime) -> EndedBy:
    found: dict[datetime, list[str]] = {}
    for definition_id, days in lifetimes.items():
        # Before the first instant of all computers nothing has ended.
        if days <= (at - _FIRST).days:
            found.setdefault(at - timedelta(days=days), []).append(definition_id)
    return found


def _due_cases(own: OwnTransactions, process_key: str, lifetimes: dict[str, int]) -> Iterator[str]:
    ended_by = _ended_by(lifetimes, own.house.clock.now())
    if not ended_by:
        return
    for status in OVER:
        after: str | None = None
        while True:
            page = own.read(lambda command, s=status, a=after: _page(command, process_key, s, ended_by, a))
            yield from page.items
            after = page.next
            if after is None:
                break


def _page(command: Command, process_key: str, status: CaseStatus, ended_by: EndedBy, after: str | None) -> store.Page[str]:
    return store.removed_cases.due(command.transaction, process_key, status, ended_by, limit=BATCH, after=after)


def _remove(command: Command, case_id: str, lifetimes: dict[str, int]) -> bool:
    """Remove a case; False where another cleanup did."""
    transaction = command.transaction
    case = audit.case_row(transaction, case_id)
    if case is None:
        return False
    _check(transaction, case)
    days = lifetimes[case.process_definition_id]
    try:
        audit.remove(transaction, case, days_to_live=days, at=command.now, by=command.actor.id)
    except Conflict as error:
        raise Overtaken(str(error)) from error
    return True


def _check(transaction: Transaction, case: Case) -> None:
    # Jobs and incidents come with a new version of the case, under which the removal is refused: looking before it is enough.
    if store.incidents.of_case(transaction, case.id, status=IncidentStatus.OPEN):
        raise _Stays("it has an open incident")
    owed = len(store.jobs.of_case(transaction, case.id))
    # A message the case threw is delivered by a job of the definition that threw it.
    for definition_id in store.audit_entries.definitions_of_case(transaction, case.id) | {case.process_definition_id}:
        owed += sum(job.headers.get("thrown_by") == case.id for job in store.jobs.of_case(transaction, definition_id))
    if owed:
        raise _Stays(f"{owed} of its jobs are still to run")
