"""Sending back and recalling: an act is undone with everything that came of it, and done again.

Where a case can be sent back to is read from its history (`execution.Causality`): every activity that was done on the way to
the task. What depends on it is undone, whatever runs beside it stays, and the case begins another round. Recalling undoes
one's own act while nobody has built on it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from loanflow import store
from loanflow.engine import access, former, tasks
from loanflow.engine.advance import CaseFile
from loanflow.engine.cases import check_running
from loanflow.engine.cases import get as get_case
from loanflow.engine.command import Command
from loanflow.engine.modifications import check_reason
from loanflow.engine.refusal import Refusal
from loanflow.engine.values import from_stored
from loanflow.errors import CommandError, Conflict, NotPermitted
from loanflow.execution import Causality, Record, Return, Step
from loanflow.records import Case, CaseStatus, JobState, Task, TaskStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """An activity that was done before a task: a place the case can be sent back to, or not.

    ``done_by`` is None for automatic work. ``repeats`` names the handlers' work that would be done again on the way back to
    the task, ``closes`` the open tasks that would be closed. ``refusal`` says why the way is closed, None where it is open.
    """

    element_id: str
    element_name: str | None
    done_by: str | None = None
    done_at: datetime | None = None
    repeats: tuple[str, ...] = ()
    closes: tuple[Task, ...] = ()
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A variable's value when a round began and when it ended (or now); None before it was first set."""

    before: Any
    after: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One round of a case: from its start, or from a sending back, to the next one.

    ``opened_by``, ``reason``, ``sent_from`` and ``sent_to`` (element ids) tell of the sending back; None in the first round,
    which the case's starter opened. ``changes`` are the variables that have another value at the end than at the beginning.
    """

    number: int
    opened_at: datetime
    opened_by: str
    reason: str | None = None
    sent_from: str | None = None
    sent_to: str | None = None
    changes: Mapping[str, Change]


def targets(command: Command, task_id: str) -> tuple[Target, ...]:
    """Return every place before a task, the latest first, then those beside it; each with why it is closed, if it is."""
    task, case, state = tasks.load_open(command, task_id)
    file = CaseFile.opened(command, case, state)
    past = _past(file)
    done = _by_token(command, case.id)
    found = [_target(file, way, done) for way in _ways(file, past, task.token)]
    known = {target.element_id for target in found}
    beside = [element for element in past.concurrent(task.token) if element not in known]
    return (*found, *(replace(_place(file, task, element), refusal=Refusal.of(_parallel(file, element))) for element in beside))


def check_send_back(command: Command, task_id: str, to: str | None, if_version: int | None = None) -> tuple[Task, CaseFile, Return]:
    """Refuse to send back what cannot be; return the way."""
    task, case, state = tasks.load_open(command, task_id, if_version)
    access.check_completion(task, command.actor)
    access.check_not_delegated(task)
    file = CaseFile.opened(command, case, state)
    past = _past(file)
    ways = _ways(file, past, task.token)
    people = _by_token(command, case.id)
    if to is None:
        way = next((way for way in ways if way.refusal is None and way.token in people), None)
    else:
        way = next((way for way in ways if way.element_id == to), None)
    if way is None:
        if to is not None and to in past.concurrent(task.token):
            raise _parallel(file, to)
        where = f'"{file.process.name_of(to) or to}" was not' if to is not None else "nothing was"
        raise CommandError(
            f"{where} done before {access.words(task)}, so there is no way back to it",
            code="not-done-before",
            zh=f"在{access.zh_words(task)}之前没有办理过该环节，无法退回",
        )
    if way.refusal is not None:
        raise way.refusal
    return task, file, way


def send_back(command: Command, task_id: str, to: str | None, reason: str, if_version: int | None) -> Case:
    """Send a case back to an activity that was done; whoever did it has the task again."""
    words = check_reason(reason)
    task, file, way = check_send_back(command, task_id, to, if_version)
    people = _by_token(command, file.case.id)
    name = file.process.name_of(way.element_id) or way.element_id
    file.case = replace(file.case, round=file.case.round + 1)
    done = file.execution.modify(way.instructions, host=file.host, reason=f'sent back to "{name}" by {command.actor.id}: {words}')
    _remember(file, "case.sent_back", task, way, reason=words, to=way.element_id, round=file.case.round)
    _take(file, done.step, people)
    return file.save()


def check_recall(command: Command, task_id: str) -> tuple[Task, CaseFile, Return]:
    """Refuse to take back an act that others have built on, or that is not the actor's; return the way."""
    task, case, state = tasks.load(command, task_id)
    if task.status is not TaskStatus.COMPLETED:
        raise Conflict(f"{access.words(task)} is not done", code="not-completed", zh=f"{access.zh_words(task)}尚未办结")
    if command.actor.id != task.completed_by:
        raise NotPermitted(
            f"{access.words(task)} was done by {task.completed_by}; only they may recall it",
            code="not-yours",
            zh=f"{access.zh_words(task)}由 {task.completed_by} 办理，只有本人可以撤回",
        )
    check_running(case)
    file = CaseFile.opened(command, case, state)
    if task.parent_id is not None or task.rule is not None or task.instance is not None:
        raise Conflict(
            f"{access.words(task)} was signed together with others, who count on it",
            code="signed-together",
            zh="该环节为多人会签，不能单独撤回",
        )
    past = _past(file)
    way = _checked(file, past, past.undoing(task.token))
    if way.refusal is not None:
        raise way.refusal
    people = _by_token(command, case.id)
    for token in way.acts:
        if token != task.token:
            other = people.get(token)
            name, who = (other.name, other.completed_by) if other is not None else ("a task", "somebody")
            raise Conflict(
                f'{who} has done "{name}" since: it is too late to recall', code="acted-since", zh=f"{who} 已办理“{name}”，不能再撤回"
            )
    if way.happenings:
        name = file.process.name_of(way.happenings[0]) or way.happenings[0]
        raise Conflict(
            f'"{name}" has happened since and cannot be taken back: send the case back instead',
            code="happened-since",
            zh=f"“{name}”已经执行，无法撤回；请改用退回",
        )
    _check_untouched(command, case, way)
    return task, file, way


def recall(command: Command, task_id: str, reason: str) -> Task:
    """Take back one's own act while nobody has built on it; the task is open again, and one's own.

    Return the open task; where listeners of the model come first, the one that was done: the task opens after them.
    """
    words = reason.strip() or None
    task, file, way = check_recall(command, task_id)
    done = file.execution.modify(way.instructions, host=file.host, reason=f"recalled by {command.actor.id}")
    _remember(file, "case.recalled", task, way, reason=words)
    _take(file, done.step, {task.token: task})
    file.spare_held_jobs()
    file.save()
    opened = [
        each
        for each in store.tasks.of_case(command.transaction, file.case.id, status=TaskStatus.OPEN)
        if each.element_id == task.element_id
    ]
    return opened[-1] if opened else task


def check_withdraw(command: Command, case: str) -> Case:
    """Refuse to withdraw a case that somebody else started or has worked on."""
    found = get_case(command.transaction, case)
    if found.status is not CaseStatus.SUSPENDED:
        check_running(found)
    name = found.business_key or found.id
    if command.actor.id != found.started_by:
        raise NotPermitted(
            f"case {name} was started by {found.started_by}; only they may withdraw it",
            code="not-yours",
            zh=f"案件 {name} 由 {found.started_by} 发起，只有发起人可以撤回",
        )
    for task in store.tasks.of_case(command.transaction, found.id):
        holder = task.completed_by or (task.assignee if task.claimed_at is not None else None)
        if holder not in (None, command.actor.id) and task.status is not TaskStatus.CANCELLED:
            raise Conflict(
                f"{holder} works on {access.words(task)} of case {name} already: it is too late to withdraw",
                code="acted-since",
                zh=f"{holder} 已在办理案件 {name} 的{access.zh_words(task)}，不能再撤回",
            )
    return found


def withdraw(command: Command, case: str, reason: str) -> Case:
    """End a case that one has started oneself, while nobody else works on it."""
    found = check_withdraw(command, case)
    file = CaseFile.load(command, found.id)
    file.cancel(reason.strip(), outcome="withdrawn")
    return file.save()


def rounds(command: Command, case: str) -> tuple[Round, ...]:
    """Return a case's rounds in order, with what changed in each."""
    found = get_case(command.transaction, case)
    kinds = ("case.sent_back", "variables.set")
    entries = store.audit_entries.of_case(command.transaction, found.id, kinds=kinds)
    result: list[Round] = []
    now: dict[str, Any] = {}
    begun: dict[str, Any] = {}
    opened = Round(number=1, opened_at=found.started_at, opened_by=found.started_by, changes={})
    for entry in entries:
        data = entry.data
        if entry.kind == "variables.set":
            if not data.get("local"):
                now.update(data.get("values", {}))
            continue
        result.append(replace(opened, changes=_changes(begun, now)))
        begun = dict(now)
        opened = Round(
            number=int(data["round"]),
            opened_at=entry.at,
            opened_by=entry.actor,
            reason=data["reason"],
            sent_from=entry.element_id,
            sent_to=data["to"],
            changes={},
        )
    return (*result, replace(opened, changes=_changes(begun, now)))


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Change]:
    return {
        name: Change(before=from_stored(before.get(name)), after=from_stored(value))
        for name, value in sorted(after.items())
        if name not in before or before[name] != value
    }


def _past(file: CaseFile) -> Causality:
    entries = store.audit_entries.of_case(file.transaction, file.case.id, kinds=Causality.KINDS)
    records = (Record(entry.kind, entry.token or 0, entry.element_id or "", entry.definition_id or "", entry.data) for entry in entries)
    past = Causality(records, file.host.program)
    past.check(file.execution.tokens)
    return past


def _ways(file: CaseFile, past: Causality, token: int) -> tuple[Return, ...]:
    return tuple(_checked(file, past, way) for way in past.returns(token))


def _checked(file: CaseFile, past: Causality, way: Return) -> Return:
    """Refuse a way from before a migration on which the version that runs now would never bring a join together."""
    if way.refusal is not None or not past.migrated:
        return way
    short = file.execution.preview(way.instructions, host=file.host).short_joins
    if not short:
        return way
    name = file.process.name_of(short[0]) or short[0]
    refusal = CommandError(
        f'since the case was migrated, "{name}" would wait for ever on the way from there',
        code="join-short",
        zh=f"案件迁移版本后，从该环节出发，“{name}”将永远等不到所有分支",
    )
    return replace(way, refusal=refusal)


def _by_token(command: Command, case_id: str) -> dict[int, Task]:
    """Map tokens to what the holder of their task did, added signers apart."""
    return {task.token: task for task in store.tasks.of_case(command.transaction, case_id) if task.parent_id is None}


def _take(file: CaseFile, step: Step, people: Mapping[int, Task]) -> None:
    file.take(step)
    for record in step.records:
        task = people.get(record.data.get("stands_for", 0)) if record.kind == "token.placed" else None
        person = None if task is None else former.person(task)
        if person is not None:
            file.assign(record.token, person)


def _remember(file: CaseFile, kind: str, task: Task, way: Return, **more: Any) -> None:
    file.remember(
        kind,
        element_id=task.element_id,
        token=task.token,
        definition_id=task.process_definition_id,
        task_id=task.id,
        name=task.name,
        undone=list(way.undone),
        reopened=list(way.reopened.values()),
        **more,
    )


def _target(file: CaseFile, way: Return, done: Mapping[int, Task]) -> Target:
    process = file.command.house.definitions.process(file.transaction, way.program)
    task = done.get(way.token)
    open_tasks = [done[token] for token in way.cancelled if token in done and done[token].status is TaskStatus.OPEN]
    return Target(
        element_id=way.element_id,
        element_name=process.name_of(way.element_id),
        done_by=None if task is None else task.completed_by,
        done_at=None if task is None else task.closed_at,
        repeats=tuple(process.name_of(element) or element for element in way.repeated),
        closes=tuple(open_tasks),
        refusal=None if way.refusal is None else Refusal.of(way.refusal),
    )


def _place(file: CaseFile, task: Task, element_id: str) -> Target:
    process = file.command.house.definitions.process(file.transaction, task.process_definition_id)
    return Target(element_id=element_id, element_name=process.name_of(element_id))


def _parallel(file: CaseFile, element_id: str) -> CommandError:
    name = file.process.name_of(element_id) or element_id
    return CommandError(
        f'"{name}" is in a parallel branch: it was done beside this task, not before it',
        code="parallel-branch",
        zh=f"“{name}”在并行分支上，不在本环节之前",
    )


def _check_untouched(command: Command, case: Case, way: Return) -> None:
    gone: Sequence[int] = way.cancelled
    for task in store.tasks.of_case(command.transaction, case.id, status=TaskStatus.OPEN):
        if task.token in gone and task.assignee != command.actor.id and (task.claimed_at is not None or _has_draft(command, task)):
            raise Conflict(
                f"{task.assignee} works on {access.words(task)} already: it is too late to recall",
                code="opened-since",
                zh=f"{task.assignee} 已在办理{access.zh_words(task)}，不能再撤回",
            )
    for job in store.jobs.of_case(command.transaction, case.id):
        if job.token in gone and job.state is JobState.LEASED:
            raise Conflict(
                "a handler is at work on what came of it: it is too late to recall", code="at-work", zh="后续自动任务正在执行，不能再撤回"
            )


def _has_draft(command: Command, task: Task) -> bool:
    return task.assignee is not None and store.drafts.get(command.transaction, task.id, task.assignee) is not None
