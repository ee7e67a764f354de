"""Copies and reminders: telling people of a case who have nothing to do in it, and those who have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from loanflow import store
from loanflow.engine import access, tasks
from loanflow.engine.advance import CaseFile
from loanflow.engine.cases import check_running
from loanflow.engine.cases import get as get_case
from loanflow.engine.command import Command
from loanflow.errors import CommandError, Conflict, NotFound, NotPermitted
from loanflow.records import Case, Copy, Task, TaskStatus
from loanflow.store import Page, Transaction

MAX_COPIES = 200
MAX_NOTE = 2000


def check_copy(command: Command, case: str, task_id: str | None = None) -> Case:
    """Refuse whoever has no part in a case."""
    found = get_case(command.transaction, case)
    if task_id is not None and tasks.get(command.transaction, task_id).case_id != found.id:
        raise NotFound(f"case {found.business_key or found.id} has no task {task_id}")
    _check_part(command, found)
    return found


def copy_to(command: Command, case: str, people: Sequence[str], *, task_id: str | None, note: str) -> tuple[Copy, ...]:
    """Bring a case, or one task of it, to people's notice; whoever has an unread copy of the same gets no second one."""
    found = check_copy(command, case, task_id)
    people = tuple(dict.fromkeys(people))
    if not people:
        raise CommandError("name at least one reader", code="nobody-named", zh="请至少指定一位抄送对象")
    if len(people) > MAX_COPIES or len(note) > MAX_NOTE:
        raise CommandError(
            f"a copy goes to at most {MAX_COPIES} people, with a note of at most {MAX_NOTE} characters",
            code="too-many",
            zh=f"一次最多抄送 {MAX_COPIES} 人，附言最多 {MAX_NOTE} 字",
        )
    unread = {
        each.user_id: each
        for each in store.copies.of_case(command.transaction, found.id)
        if each.read_at is None and each.task_id == task_id
    }
    made = {
        person: Copy(
            id=store.new_id_for(found.id),
            case_id=found.id,
            user_id=person,
            sent_by=command.actor.id,
            sent_at=command.now,
            process_key=found.process_key,
            business_key=found.business_key,
            task_id=task_id,
            note=note.strip() or None,
        )
        for person in people
        if person not in unread
    }
    if made:
        file = _file(command, found)
        file.remember("case.copied", task_id=task_id, readers=list(made), note=note.strip() or None)
        file.save()
        store.copies.insert(command.transaction, made.values())
    return tuple(made.get(person) or unread[person] for person in people)


def read(command: Command, copy_id: str) -> Copy:
    """Note that its reader has looked at a copy."""
    copy = store.copies.get(command.transaction, copy_id)
    if copy is None:
        raise NotFound(f"there is no copy {copy_id}")
    if copy.user_id != command.actor.id:
        raise NotPermitted(
            f"the copy is for {copy.user_id}, not for {command.actor.id}", code="not-yours", zh=f"该抄送是给 {copy.user_id} 的"
        )
    if copy.read_at is None and store.copies.read(command.transaction, copy_id, at=command.now):
        file = _file(command, get_case(command.transaction, copy.case_id))
        file.remember("copy.read", task_id=copy.task_id)
        file.save()
        return replace(copy, read_at=command.now)
    return copy


def page(transaction: Transaction, user: str, *, unread: bool, limit: int, after: str | None) -> Page[Copy]:
    """List the copies somebody got, newest first."""
    return store.copies.page(transaction, user, unread=unread, limit=limit, after=after)


def of_case(command: Command, case: str) -> tuple[Copy, ...]:
    """Return who was told of a case, in order."""
    return store.copies.of_case(command.transaction, get_case(command.transaction, case).id)


def check_urge(command: Command, task_id: str) -> tuple[Task, Case]:
    """Refuse to urge a task that is done, one's own, or urged a short while ago."""
    task, case, _ = tasks.load(command, task_id)
    access.check_open(task)
    check_running(case)
    _check_part(command, case)
    if task.assignee == command.actor.id:
        raise Conflict(f"{access.words(task)} is your own", code="own-task", zh=f"{access.zh_words(task)}由您自己办理")
    again = None if task.urged_at is None else task.urged_at + command.house.settings.urge_interval
    if again is not None and command.now < again:
        raise _too_soon(task, f"{again:%Y-%m-%d %H:%M} UTC")
    return task, case


def urge(command: Command, task_id: str, note: str) -> Task:
    """Remind whoever has a task, or may take it, that somebody waits for it."""
    task, case = check_urge(command, task_id)
    file = _file(command, case)
    file.remember(
        "task.urged",
        element_id=task.element_id,
        token=task.token,
        definition_id=task.process_definition_id,
        task_id=task.id,
        name=task.name,
        assignee=task.assignee,
        note=note.strip()[:MAX_NOTE] or None,
        count=task.urge_count + 1,
    )
    file.save()
    since = command.now - command.house.settings.urge_interval
    if not store.tasks.urge(command.transaction, task.id, now=command.now, not_since=since):
        raise _too_soon(task, "a while")
    return tasks.get(command.transaction, task_id)


def _too_soon(task: Task, again: str) -> Conflict:
    return Conflict(
        f"{access.words(task)} was urged a short while ago; it can be urged again from {again} on",
        code="urged-already",
        zh=f"{access.zh_words(task)}刚刚催办过，{again} 之后才能再次催办",
    )


def _file(command: Command, case: Case) -> CaseFile:
    # The case does not move: its snapshot is not read.
    return CaseFile(command, case, command.house.definitions.process(command.transaction, case.process_definition_id))


def _check_part(command: Command, case: Case) -> None:
    actor = command.actor
    if actor.is_system or actor.id == case.started_by or not set(actor.groups).isdisjoint(command.house.settings.supervisors):
        return
    for task in store.tasks.of_case(command.transaction, case.id):
        if actor.id in (task.assignee, task.completed_by, task.owner):
            return
        if task.status is TaskStatus.OPEN and access.is_candidate(task, actor) and (task.candidate_users or task.candidate_groups):
            return
    name = case.business_key or case.id
    raise NotPermitted(f"{actor.id} has no part in case {name}", code="no-part", zh=f"{actor.id} 未参与案件 {name}")
