"""When a token may leave at which several people sign: the holder of its task, and signers who were added."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from loanflow import store
from loanflow.engine import access
from loanflow.engine.advance import CaseFile
from loanflow.engine.command import Command
from loanflow.errors import Conflict
from loanflow.feel import FeelValue
from loanflow.records import Signing, Task, TaskStatus

ALL, ANY = "all", "any"


def signed(file: CaseFile, task: Task, done: Task, values: Mapping[str, FeelValue]) -> None:
    """Take an answer at a token where several sign; the token leaves with the last whom the rule wants."""
    signers = group(file.command, task)
    waited_for = [each.assignee or "" for each in of(signers, Signing.BEFORE) if each.status is TaskStatus.OPEN]
    if task.parent_id is None and waited_for and not _enough(of(signers, Signing.BEFORE)):
        names = ", ".join(waited_for)
        raise Conflict(
            f"{access.words(task)} waits for {names} to sign first", code="signers-first", zh=f"{access.zh_words(task)}须等 {names} 先签署"
        )
    go_on(file, task, done, values)


def go_on(file: CaseFile, before: Task, after: Task, values: Mapping[str, FeelValue]) -> None:
    """Let the token leave if everybody has signed whom the rules want, now that a task of it is as ``after``."""
    signers = [after if each.id == before.id else each for each in group(file.command, before)]
    holder = next(each for each in signers if each.parent_id is None)
    beside = [holder, *of(signers, Signing.PARALLEL)]
    last = of(signers, Signing.AFTER)
    by_holder = after.id == holder.id
    if after.signing is not Signing.BEFORE and _enough(beside, holder.rule):
        waiting = [each for each in last if each.status is TaskStatus.WAITING]
        if last and not _enough(last):
            for each in waiting:
                file.change_task(each, replace(each, status=TaskStatus.OPEN, created_at=file.command.now))
            if by_holder and values:
                file.take(file.execution.accept(after.token, values, host=file.host))
            return
        decides = by_holder or (holder.status is TaskStatus.OPEN and after.status is TaskStatus.COMPLETED)
        file.take(file.execution.complete(after.token, values if decides else {}, host=file.host))
        file.close_tasks(after.token, f"decided by {after.completed_by or after.assignee or file.command.actor.id}")
        return
    if by_holder and values:
        file.take(file.execution.accept(after.token, values, host=file.host))


def _enough(asked: Sequence[Task], rule: str | None = None) -> bool:
    counted = [each for each in asked if each.status is not TaskStatus.CANCELLED]
    done = sum(each.status is TaskStatus.COMPLETED for each in counted)
    wanted = rule or next((each.rule for each in counted if each.rule), None) or ALL
    if not counted:
        return True
    if wanted == ALL:
        return done == len(counted)
    return done >= 1 if wanted == ANY else Decimal(done) >= Decimal(wanted) * len(counted)


def group(command: Command, task: Task) -> list[Task]:
    """Return everybody's tasks at the token of a task."""
    return [each for each in store.tasks.of_case(command.transaction, task.case_id) if each.token == task.token]


def of(signers: Sequence[Task], signing: Signing) -> list[Task]:
    """Return those who sign then."""
    return [each for each in signers if each.signing is signing]
