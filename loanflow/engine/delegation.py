"""Passing a task on: transferred, somebody else does it; delegated, they advise and it comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from loanflow.engine import access, tasks
from loanflow.engine.actor import Actor
from loanflow.engine.command import Command
from loanflow.engine.modifications import check_reason
from loanflow.engine.values import to_values
from loanflow.errors import Conflict, NotPermitted
from loanflow.feel import to_json
from loanflow.records import Case, Task


def check_transfer(command: Command, task_id: str, to: str | Actor | None, if_version: int | None = None) -> tuple[Task, Case, bytes]:
    """Refuse to pass on what is not the actor's, or to somebody who must not have it (None: not known yet)."""
    task, case, state = tasks.load_open(command, task_id, if_version)
    access.check_holder(task, command.actor, command.house.settings.supervisors)
    access.check_not_delegated(task)
    _check_receiver(command, task, case, to)
    return task, case, state


def transfer(command: Command, task_id: str, to: str | Actor, reason: str, if_version: int | None) -> Task:
    """Give a task to somebody else, who does it in one's place."""
    words = check_reason(reason)
    task, case, state = check_transfer(command, task_id, to, if_version)
    after = replace(task, assignee=_id(to), claimed_at=command.now)
    return tasks.change(command, task, case, state, "task.transferred", after, reason=words)


def check_delegate(command: Command, task_id: str, to: str | Actor | None, if_version: int | None = None) -> tuple[Task, Case, bytes]:
    """Refuse to delegate what one does not hold, what is delegated already, or to somebody who must not have it."""
    task, case, state = tasks.load_open(command, task_id, if_version)
    if task.assignee is None:
        raise Conflict(
            f"{access.words(task)} is nobody's yet: claim it first, then delegate it",
            code="unclaimed",
            zh=f"{access.zh_words(task)}尚未认领，请先认领再委派",
        )
    access.check_not_delegated(task)
    access.check_holder(task, command.actor, command.house.settings.supervisors)
    _check_receiver(command, task, case, to)
    return task, case, state


def delegate(command: Command, task_id: str, to: str | Actor, reason: str, if_version: int | None) -> Task:
    """Ask somebody for their opinion on a task; it comes back to its holder."""
    task, case, state = check_delegate(command, task_id, to, if_version)
    after = replace(task, assignee=_id(to), claimed_at=command.now, owner=task.assignee)
    return tasks.change(command, task, case, state, "task.delegated", after, reason=reason.strip() or None)


def check_resolve(command: Command, task_id: str, if_version: int | None = None) -> tuple[Task, Case, bytes]:
    """Refuse to give back what is not delegated to the actor."""
    task, case, state = tasks.load_open(command, task_id, if_version)
    if task.owner is None:
        raise Conflict(
            f"{access.words(task)} is not delegated: complete it",
            code="not-delegated",
            zh=f"{access.zh_words(task)}并非委派任务，请直接办理",
        )
    if command.actor.id != task.assignee and not command.actor.is_system:
        raise NotPermitted(
            f"{access.words(task)} is delegated to {task.assignee}, not to {command.actor.id}",
            code="not-holder",
            zh=f"{access.zh_words(task)}委派给了 {task.assignee}，不是 {command.actor.id}",
        )
    return task, case, state


def resolve(command: Command, task_id: str, opinion: Mapping[str, Any], if_version: int | None) -> Task:
    """Give a delegated task back to its owner, with an opinion that stays with it."""
    task, case, state = check_resolve(command, task_id, if_version)
    values = to_json(dict(to_values(opinion)))
    after = replace(task, assignee=task.owner, claimed_at=command.now, owner=None, opinion=values)
    return tasks.change(command, task, case, state, "task.resolved", after, opinion=values)


def _check_receiver(command: Command, task: Task, case: Case, to: str | Actor | None) -> None:
    if to is None:
        return
    person = _id(to)
    if person == task.assignee:
        raise Conflict(f"{person} has {access.words(task)} already", code="has-it", zh=f"{person} 已是{access.zh_words(task)}的办理人")
    if isinstance(to, Actor) and (task.candidate_users or task.candidate_groups):
        access.check_candidate(replace(task, assignee=None), to)
    tasks.check_four_eyes(command, task, case, person)


def _id(person: str | Actor) -> str:
    return person if isinstance(person, str) else person.id
