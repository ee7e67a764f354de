"""Who may: the rules that decide whether an actor may act on a task, in words that name the rule.

Asked at claim, at assignment and again at completion, inside the command's transaction: a right that was taken away, or
a colleague's act in between, counts. Pages may ask beforehand, but only these answers bind.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from loanflow.engine.actor import Actor
from loanflow.errors import Conflict, NotPermitted
from loanflow.records import Task, TaskStatus

ANYONE_BEFORE = "*"
SUPERVISORS = ("admin",)


@dataclass(frozen=True, slots=True, kw_only=True)
class PastAct:
    """Somebody acted in the case: completed the flow node ``element_id`` (named ``name``) at ``at``."""

    actor: str
    element_id: str
    name: str
    at: datetime


def check_open(task: Task) -> None:
    """Refuse to act on a task that is done.

    Raises:
        Conflict: the message says who completed it, or why it was withdrawn.
    """
    if task.status is TaskStatus.COMPLETED:
        when = f" at {task.closed_at:%Y-%m-%d %H:%M} UTC" if task.closed_at else ""
        raise Conflict(
            f"{words(task)} is done already: {task.completed_by} completed it{when}",
            code="task-done",
            zh=f"{zh_words(task)}已办结：由 {task.completed_by} 完成",
        )
    if task.status is TaskStatus.WAITING:
        raise Conflict(
            f"{words(task)} is not open yet: it comes after the one who asked for it",
            code="not-yet",
            zh=f"{zh_words(task)}尚未开始：须等加签人先办理",
        )
    if task.status is TaskStatus.CANCELLED:
        raise Conflict(
            f"{words(task)} was withdrawn: {task.close_reason or 'the case went on without it'}",
            code="task-withdrawn",
            zh=f"{zh_words(task)}已撤销：{task.close_reason or '案件已往前走'}",
        )


def check_version(task: Task, if_version: int | None) -> None:
    """Refuse to act on a task that is no longer what the actor saw.

    Raises:
        Conflict: the task has another version than ``if_version``.
    """
    if if_version is not None and task.version != if_version:
        holder = f"; {task.assignee} has it now" if task.assignee else ""
        raise Conflict(f"{words(task)} has changed since you looked: version {task.version}, you saw {if_version}{holder}")


def check_candidate(task: Task, actor: Actor) -> None:
    """Refuse whoever the model does not name for this task.

    A task without assignee and candidates is anyone's. Programs (``is_system``) are not held to candidate lists.

    Raises:
        NotPermitted: the actor is neither the assignee nor among the candidates.
    """
    if actor.is_system or task.assignee == actor.id:
        return
    if is_candidate(task, actor):
        return
    named: list[str] = []
    if task.candidate_groups:
        named.append(f"the groups {', '.join(task.candidate_groups)}")
    if task.candidate_users:
        named.append(f"the users {', '.join(task.candidate_users)}")
    if not named:
        raise NotPermitted(f"{words(task)} is assigned to {task.assignee}; {actor.id} is not")
    groups = f" (in {', '.join(actor.groups)})" if actor.groups else " (in no group)"
    raise NotPermitted(f"candidates: {words(task)} is for {' and '.join(named)}; {actor.id}{groups} is not among them")


def is_candidate(task: Task, actor: Actor) -> bool:
    """Say whether the model names the actor for this task, by user, by group or by naming nobody."""
    if actor.id in task.candidate_users or not set(actor.groups).isdisjoint(task.candidate_groups):
        return True
    return not task.candidate_users and not task.candidate_groups and task.assignee in (None, actor.id)


def check_claim(task: Task, actor: Actor) -> None:
    """Refuse to take a task another holds.

    Raises:
        Conflict: somebody else was faster.
        NotPermitted: the model does not name the actor.
    """
    if task.assignee is not None and task.assignee != actor.id:
        since = f" since {task.claimed_at:%Y-%m-%d %H:%M} UTC" if task.claimed_at else ""
        raise Conflict(f"{words(task)} is taken: {task.assignee} has it{since}")
    check_candidate(task, actor)


def check_holder(task: Task, actor: Actor, supervisors: Collection[str] = SUPERVISORS) -> None:
    """Refuse to give away a task that is not the actor's own; supervisors and programs may.

    Raises:
        NotPermitted: the task belongs to somebody else, or to nobody and the actor is no candidate.
    """
    if actor.is_system or not set(actor.groups).isdisjoint(supervisors):
        return
    if task.assignee is not None and actor.id not in (task.assignee, task.owner):
        others = ", ".join(supervisors)
        raise NotPermitted(
            f"{words(task)} belongs to {task.assignee}; only they or {others} may pass it on, not {actor.id}",
            code="not-holder",
            zh=f"{zh_words(task)}由 {task.assignee} 办理；只有本人或 {others} 可以转交，{actor.id} 不可以",
        )
    if task.assignee is None:
        check_candidate(task, actor)


def check_not_delegated(task: Task) -> None:
    """Refuse to finish a task that somebody works on for its owner.

    Raises:
        Conflict: it is delegated; the message says for whom.
    """
    if task.owner is not None:
        raise Conflict(
            f"{words(task)} is delegated: {task.assignee} gives an opinion, then it goes back to {task.owner}",
            code="delegated",
            zh=f"{zh_words(task)}已委派：{task.assignee} 给出意见后，任务回到 {task.owner}",
        )


def check_supervisor(actor: Actor, supervisors: Collection[str] = SUPERVISORS) -> None:
    """Refuse whoever is no supervisor; programs may.

    Raises:
        NotPermitted: the actor is in none of the groups.
    """
    if actor.is_system or not set(actor.groups).isdisjoint(supervisors):
        return
    named = ", ".join(supervisors)
    raise NotPermitted(f"only {named} may do this, not {actor.id}", code="not-supervisor", zh=f"只有 {named} 可以这样做，{actor.id} 不可以")


def check_completion(task: Task, actor: Actor) -> None:
    """Refuse to complete a task that another holds, or that the model does not give to the actor.

    Raises:
        NotPermitted: the task is somebody else's.
    """
    if actor.is_system:
        return
    if task.assignee is not None:
        if task.assignee != actor.id:
            raise NotPermitted(
                f"{words(task)} belongs to {task.assignee}; {actor.id} would have to be assigned to it first",
                code="not-holder",
                zh=f"{zh_words(task)}由 {task.assignee} 办理，{actor.id} 须先成为办理人",
            )
        return
    check_candidate(task, actor)


def check_four_eyes(task: Task, person: str, past: Iterable[PastAct]) -> None:
    """Refuse somebody who acted earlier in the case where the model asks for another person.

    ``past`` may hold more than matters; elements the task does not name are passed over, unless it says ``*``.

    Raises:
        NotPermitted: the message says which rule forbids it, and what the person did when.
    """
    names = task.different_from
    if not names:
        return
    for act in past:
        if act.actor == person and (ANYONE_BEFORE in names or act.element_id in names):
            rule = "anyone who acted before" if ANYONE_BEFORE in names else f"whoever did {', '.join(names)}"
            did = f'{person} did "{act.name}" at {act.at:%Y-%m-%d %H:%M} UTC'
            raise NotPermitted(
                f"four eyes: {words(task)} must be done by someone other than {rule}; {did}",
                code="four-eyes",
                zh=f"四眼原则：{zh_words(task)}须由他人办理；{person} 已于 {act.at:%Y-%m-%d %H:%M} UTC 办理“{act.name}”",
            )


def check_starter(process: str, users: Collection[str], groups: Collection[str], actor: Actor) -> None:
    """Refuse to start a process whose model names who may start it.

    Raises:
        NotPermitted: the actor is neither among the users nor in one of the groups.
    """
    if actor.is_system or (not users and not groups):
        return
    if actor.id in users or not set(actor.groups).isdisjoint(groups):
        return
    named = ", ".join([*groups, *users])
    raise NotPermitted(f'candidate starters: the process "{process}" may be started by {named}; {actor.id} is not among them')


def zh_words(task: Task) -> str:
    """Name a task in Chinese."""
    return f"任务“{task.name}”"


def words(task: Task) -> str:
    """Name a task the way its reader knows it."""
    return f'task "{task.name}"'
