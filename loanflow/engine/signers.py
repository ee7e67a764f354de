"""Added signers: people whom a task's holder asks to sign too, before, after or beside them, without changing the model.

Their tasks stand at the same token as the holder's, and the token leaves when everybody has signed whom the rule wants. A
signer's answer is an opinion and stays with their task; the case's variables are the holder's, or those of the signer who
decides where the rule does not wait for the holder. At a parallel multi-instance activity a signer beside the others is one
more instance, and counts in its completion condition.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation

from loanflow import store
from loanflow.bpmn.model import Activity
from loanflow.engine import access, signing, tasks
from loanflow.engine.advance import CaseFile
from loanflow.engine.command import Command
from loanflow.engine.modifications import check_reason
from loanflow.errors import CommandError, Conflict, NotPermitted
from loanflow.execution import Skip, StartBefore
from loanflow.feel import to_feel
from loanflow.records import Case, Signing, Task, TaskStatus


def check_add(command: Command, task_id: str, people: Sequence[str], position: Signing, rule: str | None) -> tuple[Task, Case, bytes]:
    """Refuse signers who cannot be added; return the task they are added to."""
    task, case, state = tasks.load_open(command, task_id)
    access.check_holder(task, command.actor, command.house.settings.supervisors)
    access.check_not_delegated(task)
    if task.parent_id is not None:
        raise Conflict(
            f"{access.words(task)} is an added signer's; whoever holds the task itself adds signers",
            code="signer-adds",
            zh=f"{access.zh_words(task)}本身是加签任务；应由原办理人加签",
        )
    check_rule(rule)
    if not people:
        raise CommandError("name at least one signer", code="nobody-named", zh="请至少指定一位加签人")
    of_case = store.tasks.of_case(command.transaction, case.id)
    there = {
        each.assignee
        for each in of_case
        if (each.token == task.token and each.status is not TaskStatus.CANCELLED)
        or (task.instance is not None and each.element_id == task.element_id and each.status is TaskStatus.OPEN)
    }
    for person in people:
        if person in there or people.count(person) > 1:
            raise Conflict(f"{person} signs here already", code="signs-already", zh=f"{person} 已在此环节签署")
        tasks.check_four_eyes(command, task, case, person)
    return task, case, state


def add(command: Command, task_id: str, people: Sequence[str], position: Signing, rule: str | None, reason: str) -> tuple[Task, ...]:
    """Ask people to sign; return their tasks, in the order of the people."""
    words = reason.strip() or None
    task, case, state = check_add(command, task_id, people, position, rule)
    file = CaseFile.opened(command, case, state)
    instances = _is_many(file, task, sequential=position is Signing.AFTER)
    file.remember(
        "task.signers-added",
        element_id=task.element_id,
        token=task.token,
        definition_id=task.process_definition_id,
        task_id=task.id,
        name=task.name,
        signers=list(people),
        position=position.value,
        rule=rule,
        reason=words,
    )
    if instances and position is not Signing.BEFORE:
        return _add_instances(file, task, people)
    if position is not Signing.PARALLEL or task.rule is None:
        held_rule = (rule or signing.ALL) if position is Signing.PARALLEL else task.rule or signing.ALL
        file.change_task(task, replace(task, rule=held_rule))
    elif rule is not None and rule != task.rule:
        file.change_task(task, replace(task, rule=rule))
    added = tuple(
        replace(
            task,
            id=store.new_id_for(case.id),
            status=TaskStatus.WAITING if position is Signing.AFTER else TaskStatus.OPEN,
            assignee=person,
            candidate_users=(),
            candidate_groups=(),
            created_at=command.now,
            claimed_at=None,
            parent_id=task.id,
            signing=position,
            rule=rule or signing.ALL,
            owner=None,
            opinion=None,
            urged_at=None,
            urge_count=0,
            version=1,
        )
        for person in people
    )
    for each in added:
        file.add_task(each)
    file.save()
    return added


def check_remove(command: Command, task_id: str) -> tuple[Task, Case, bytes]:
    """Refuse to take a signer back who has signed, or whom the actor has not asked; return the signer's task."""
    task, case, state = tasks.load(command, task_id)
    if task.status is not TaskStatus.WAITING:
        access.check_open(task)
    tasks.check_running(case)
    supervisors = command.house.settings.supervisors
    if task.parent_id is not None:
        parent = tasks.get(command.transaction, task.parent_id)
        if command.actor.id not in (parent.assignee, parent.completed_by):
            access.check_supervisor(command.actor, supervisors)
        return task, case, state
    if task.instance is None:
        raise NotPermitted(
            f"{access.words(task)} is asked for by the model; only added signers and those of a multi-instance activity can be removed",
            code="no-signer",
            zh=f"{access.zh_words(task)}是流程规定的任务；只有加签人或会签人可以减签",
        )
    access.check_supervisor(command.actor, supervisors)
    others = [each for each in store.tasks.of_case(command.transaction, case.id) if each.element_id == task.element_id]
    if not any(each.id != task.id and each.instance is not None and each.status is not TaskStatus.CANCELLED for each in others):
        raise Conflict(f"{access.words(task)}: the last signer cannot be removed", code="last-signer", zh="不能减去最后一位会签人")
    return task, case, state


def remove(command: Command, task_id: str, reason: str) -> Task:
    """Do without a signer; the case goes on if everybody else has signed."""
    words = check_reason(reason)
    task, case, state = check_remove(command, task_id)
    file = CaseFile.opened(command, case, state)
    file.remember(
        "task.signer-removed",
        element_id=task.element_id,
        token=task.token,
        definition_id=task.process_definition_id,
        task_id=task.id,
        name=task.name,
        signer=task.assignee,
        reason=words,
    )
    gone = replace(task, status=TaskStatus.CANCELLED, closed_at=command.now, close_reason=words)
    if task.parent_id is None:
        file.take(file.execution.modify([Skip(task.token)], host=file.host, reason=words).step)
    else:
        file.change_task(task, gone)
        signing.go_on(file, task, gone, {})
    file.save()
    return tasks.get(command.transaction, task_id)


def check_rule(rule: str | None) -> None:
    """Refuse a rule that is neither ``all`` nor ``any`` nor a share above 0 and up to 1."""
    if rule in (None, signing.ALL, signing.ANY):
        return
    try:
        share = Decimal(rule)
    except InvalidOperation:
        share = Decimal(0)
    if not 0 < share <= 1 or len(rule) > 16:
        raise CommandError(
            f"{rule!r} is no rule for signers: expected all, any, or a share such as 0.6",
            code="signing-rule",
            zh=f"“{rule}”不是会签规则：应为 all、any 或 0.6 之类的比例",
        )


def _is_many(file: CaseFile, task: Task, *, sequential: bool) -> bool:
    process = file.command.house.definitions.process(file.transaction, task.process_definition_id)
    node = process.nodes[task.element_id]
    if task.instance is None or not isinstance(node, Activity) or node.multi_instance is None:
        return False
    return node.multi_instance.sequential == sequential


def _add_instances(file: CaseFile, task: Task, people: Sequence[str]) -> tuple[Task, ...]:
    body = file.execution.activity_of(task.token)
    assert body is not None
    opened: list[Task] = []
    for person in people:
        added = file.execution.modify([StartBefore(task.element_id, within=body, item=to_feel(person))], host=file.host)
        file.take(added.step)
        for place in added.opened:
            file.assign(place.token, person)
            opened += filter(None, [file.task_at(place.token)])
    file.save()
    return tuple(opened)
