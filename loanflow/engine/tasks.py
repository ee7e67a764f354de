"""Tasks: claimed, given back, passed on, drafted and completed by people, as the rules allow."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from loanflow import forms, store
from loanflow.bpmn.model import StartEvent
from loanflow.engine import access, signing
from loanflow.engine.access import PastAct
from loanflow.engine.actor import Actor
from loanflow.engine.advance import CaseFile
from loanflow.engine.cases import check_running
from loanflow.engine.command import Command
from loanflow.engine.forms import form_at
from loanflow.engine.values import from_stored, to_values
from loanflow.errors import Conflict, NotFound
from loanflow.execution import CloseTask, RaiseIncident
from loanflow.feel import to_json, to_python
from loanflow.records import Case, Draft, Task, TaskStatus
from loanflow.records.revision import revised
from loanflow.store import TaskCounts, Transaction


def get(transaction: Transaction, task_id: str) -> Task:
    """Return a task, open or done.

    Raises:
        NotFound: there is none.
    """
    task = store.tasks.get(transaction, task_id)
    if task is None:
        raise NotFound(f"there is no task {task_id}")
    return task


def claim(command: Command, task_id: str, if_version: int | None) -> Task:
    """Take a task for oneself; taking one's own again changes nothing."""
    task, case, state = load_open(command, task_id, if_version, recall=True)
    actor = command.actor
    access.check_claim(task, actor)
    check_four_eyes(command, task, case, actor.id)
    if task.assignee == actor.id and task.claimed_at is not None:
        return task
    return change(command, task, case, state, "task.claimed", revised(task, assignee=actor.id, claimed_at=command.now))


def unclaim(command: Command, task_id: str, if_version: int | None) -> Task:
    """Give a task back to its candidates."""
    task, case, state = load_open(command, task_id, if_version)
    if task.assignee is None:
        return task
    access.check_holder(task, command.actor, command.house.settings.supervisors)
    if not task.candidate_users and not task.candidate_groups and task.claimed_at is None:
        raise Conflict(f"{access.words(task)} was assigned by the model to {task.assignee}; it has no candidates to go back to")
    return change(command, task, case, state, "task.unclaimed", revised(task, assignee=None, claimed_at=None, owner=None))


def assign(command: Command, task_id: str, to: str | Actor, if_version: int | None) -> Task:
    """Give a task to a person; with their groups known (an ``Actor``), they must be among its candidates."""
    task, case, state = load_open(command, task_id, if_version)
    access.check_holder(task, command.actor, command.house.settings.supervisors)
    person = to if isinstance(to, str) else to.id
    if isinstance(to, Actor) and (task.candidate_users or task.candidate_groups):
        access.check_candidate(revised(task, assignee=None), to)
    check_four_eyes(command, task, case, person)
    return change(command, task, case, state, "task.assigned", revised(task, assignee=person, claimed_at=command.now, owner=None))


def complete(command: Command, task_id: str, variables: Mapping[str, Any], if_version: int | None, validate: bool) -> Task:
    """Finish a task and let the case go on to its next wait states."""
    task, case, state = load_open(command, task_id, if_version, recall=True)
    actor = command.actor
    access.check_completion(task, actor)
    check_four_eyes(command, task, case, actor.id)
    access.check_not_delegated(task)
    file = CaseFile.opened(command, case, state)
    values = accepted(file, task, variables) if validate else to_values(variables)
    done = _done_by(command, task, opinion=None if task.parent_id is None else to_json(dict(values)))
    file.change_task(task, done)
    file.remember(
        "task.completed",
        element_id=task.element_id,
        token=task.token,
        definition_id=task.process_definition_id,
        task_id=task.id,
        name=task.name,
        values=to_json(dict(values)),
    )
    if task.parent_id is None and task.rule is None:
        file.take(file.execution.complete(task.token, values, host=file.host))
    else:
        signing.signed(file, task, done, values)
    file.forget_drafts(task.id)
    file.save(recallable=True)
    return done


def throw_error(command: Command, task_id: str, code: str, message: str, variables: Mapping[str, Any], if_version: int | None) -> Task:
    """Leave a task by the error event that catches the code: on its border, or further out."""
    task, file = _to_throw_from(command, task_id, if_version)
    left = _done_by(command, task)
    file.change_task(task, left)
    file.close_tasks(task.token, f"left by error {code}")
    _remember_thrown(file, task, "task.error-thrown", code=code, message=message)
    step = file.execution.throw_error(task.token, code, message, to_values(variables), host=file.host)
    # The way on from where it is caught may meet an incident of its own; that is no refusal.
    if any(isinstance(each, RaiseIncident) and each.token == task.token and each.code == "uncaught-error" for each in step.requests):
        raise _caught_by_nobody(task, "error", code)
    file.take(step)
    file.forget_drafts(task.id)
    file.save()
    return left


def throw_escalation(command: Command, task_id: str, code: str, variables: Mapping[str, Any], if_version: int | None) -> Task:
    """Tell whoever catches the escalation; the task stays open unless that interrupts it."""
    task, file = _to_throw_from(command, task_id, if_version)
    _remember_thrown(file, task, "task.escalated", code=code)
    try:
        step = file.execution.throw_escalation(task.token, code, to_values(variables), host=file.host)
    except NotFound as error:
        raise _caught_by_nobody(task, "escalation", code) from error
    if any(isinstance(request, CloseTask) and request.token == task.token for request in step.requests):
        file.change_task(task, _done_by(command, task))
        file.forget_drafts(task.id)
    file.take(step)
    file.save()
    return get(command.transaction, task.id)


def _done_by(command: Command, task: Task, opinion: Any = None) -> Task:
    actor = command.actor.id
    return revised(
        task,
        status=TaskStatus.COMPLETED,
        assignee=task.assignee or actor,
        completed_by=actor,
        closed_at=command.now,
        opinion=task.opinion if opinion is None else opinion,
        version=task.version + 1,
    )


def _to_throw_from(command: Command, task_id: str, if_version: int | None) -> tuple[Task, CaseFile]:
    task, case, state = load_open(command, task_id, if_version)
    access.check_completion(task, command.actor)
    check_four_eyes(command, task, case, command.actor.id)
    access.check_not_delegated(task)
    if task.parent_id is not None:
        raise Conflict(
            f"{access.words(task)} is that of a signer; only the holder of the task may throw",
            code="not-holder",
            zh=f"{access.zh_words(task)}是加签任务，只有主办人可以抛出",
        )
    return task, CaseFile.opened(command, case, state)


def _remember_thrown(file: CaseFile, task: Task, kind: str, **what: Any) -> None:
    file.remember(
        kind,
        element_id=task.element_id,
        token=task.token,
        definition_id=task.process_definition_id,
        task_id=task.id,
        name=task.name,
        **what,
    )


def _caught_by_nobody(task: Task, kind: str, code: str) -> Conflict:
    kinds = {"error": "错误", "escalation": "升级"}
    return Conflict(
        f"{access.words(task)}: nothing catches {kind} {code}; draw a boundary event for it, or an event sub-process",
        code="not-caught",
        zh=f"{access.zh_words(task)}：没有事件捕获{kinds[kind]} {code}；请为其绘制边界事件或事件子流程",
    )


def save_draft(command: Command, task_id: str, values: Mapping[str, Any]) -> Draft:
    """Keep what a person has typed so far; only they see it, and it goes when the task is done."""
    task = get(command.transaction, task_id)
    access.check_open(task)
    access.check_completion(task, command.actor)
    draft = Draft(
        task_id=task_id,
        user_id=command.actor.id,
        values={name: to_json(value) for name, value in to_values(values).items()},
        updated_at=command.now,
    )
    store.drafts.put(command.transaction, draft)
    return revised(draft, values=dict(values))


def draft(transaction: Transaction, task_id: str, user: str) -> Draft | None:
    """Return what the person has typed so far, or None."""
    found = store.drafts.get(transaction, task_id, user)
    return None if found is None else revised(found, values={name: from_stored(value) for name, value in found.values.items()})


def form(command: Command, task_id: str) -> forms.Form | None:
    """Return the form a task shows, or None where it has none or one that is not ours to show."""
    task, case, state = load(command, task_id)
    file = CaseFile.opened(command, case, state)
    process = command.house.definitions.process(command.transaction, task.process_definition_id)
    return form_at(command.transaction, command.house, process, task.element_id, _seen_from(file, task))


def variables(command: Command, task_id: str) -> dict[str, Any]:
    """Return the variables an open task sees, or its case's once it is done, as Python values."""
    task, case, state = load(command, task_id)
    return {name: to_python(value) for name, value in _seen_from(CaseFile.opened(command, case, state), task).items()}


def counts(command: Command, actor: Actor, tomorrow: datetime | None) -> TaskCounts:
    """Count a person's open tasks, overdue and due today among them."""
    until = tomorrow or (command.now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return store.task_lists.counts(command.transaction, actor.id, actor.groups, now=command.now, tomorrow=until)


def may(command: Command, task_id: str, actor: Actor) -> str | None:
    """Say why the actor may not do a task, or None where they may; for pages that explain, not for deciding."""
    task, case, _ = load(command, task_id)
    try:
        access.check_open(task)
        check_running(case)
        access.check_claim(task, actor)
        check_four_eyes(command, task, case, actor.id)
    except (access.NotPermitted, Conflict) as error:
        return str(error)
    return None


def accepted(file: CaseFile, task: Task, variables: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what the task's form takes of the values, which it holds to its rules; all of them where it has no form."""
    command = file.command
    process = command.house.definitions.process(command.transaction, task.process_definition_id)
    seen = _seen_from(file, task)
    shown = form_at(command.transaction, command.house, process, task.element_id, seen)
    if shown is None:
        return to_values(variables)
    accepted = forms.validate(shown, variables, seen, clock=lambda: command.now)
    if accepted.ignored:
        file.remember("task.values-ignored", element_id=task.element_id, token=task.token, names=list(accepted.ignored))
    return accepted.values


def _seen_from(file: CaseFile, task: Task) -> dict[str, Any]:
    return file.execution.variables(task.token if task.status is TaskStatus.OPEN else None)


def load(command: Command, task_id: str) -> tuple[Task, Case, bytes]:
    """Return a task, its case and the case's snapshot.

    Raises:
        NotFound: there is no such task.
    """
    found = store.tasks.load(command.transaction, task_id)
    if found is None:
        raise NotFound(f"there is no task {task_id}")
    return found


def load_open(command: Command, task_id: str, if_version: int | None = None, *, recall: bool = False) -> tuple[Task, Case, bytes]:
    """Return a task that can be worked on, as the actor saw it; with ``recall`` perhaps from memory, see `recollection`.

    Raises:
        NotFound: there is no such task.
        Conflict: it is done, its case stands still, or it has changed.
    """
    task, case, state = (_recalled(command, task_id) if recall else None) or load(command, task_id)
    access.check_open(task)
    check_running(case)
    access.check_version(task, if_version)
    return task, case, state


def _recalled(command: Command, task_id: str) -> tuple[Task, Case, bytes] | None:
    left = command.recall(task_id=task_id)
    return None if left is None else (next(task for task in left.tasks if task.id == task_id), left.case, left.state)


def change(command: Command, before: Task, case: Case, state: bytes, kind: str, after: Task, **more: Any) -> Task:
    """Write a task that changed hands, and what happened; ``more`` goes into the history."""
    process = command.house.definitions.process(command.transaction, before.process_definition_id)
    assigned = after.assignee not in (None, before.assignee)
    heard = process.program.hears_of_changes(before.element_id, assigned=assigned)
    # Unless somebody listens the case does not move: its snapshot stays as it is.
    file = (
        CaseFile.opened(command, case, state)
        if heard
        else CaseFile(command, case, command.house.definitions.process(command.transaction, case.process_definition_id), state)
    )
    file.change_task(before, after)
    file.remember(
        kind,
        element_id=before.element_id,
        token=before.token,
        definition_id=before.process_definition_id,
        task_id=before.id,
        name=before.name,
        before=before.assignee,
        after=after.assignee,
        **more,
    )
    if heard:
        file.take(file.execution.task_changed(before.token, assigned=assigned, host=file.host))
    file.save(recallable=True)
    return revised(after, version=before.version + 1)


def check_four_eyes(command: Command, task: Task, case: Case, person: str) -> None:
    """Refuse somebody who acted, in any round or as a delegate, where the model asks for another person.

    Raises:
        NotPermitted: the message says what they did.
    """
    if not task.different_from:
        return
    done = store.tasks.of_case(command.transaction, case.id, status=TaskStatus.COMPLETED)
    past = [
        PastAct(actor=act.completed_by, element_id=act.element_id, name=act.name, at=act.closed_at)
        for act in done
        if act.completed_by is not None and act.closed_at is not None
    ]
    process = command.house.definitions.process(command.transaction, case.process_definition_id)
    for entry in store.audit_entries.of_case(command.transaction, case.id, kinds=["task.resolved"]):
        element_id = entry.element_id or ""
        past.append(PastAct(actor=entry.actor, element_id=element_id, name=str(entry.data.get("name", element_id)), at=entry.at))
    starts = [node for node in process.process.body.nodes.values() if isinstance(node, StartEvent)]
    for node in starts[:1]:
        past.append(PastAct(actor=case.started_by, element_id=node.id, name=node.name or "start the case", at=case.started_at))
    access.check_four_eyes(task, person, past)
