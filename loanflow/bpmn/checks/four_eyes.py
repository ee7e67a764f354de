"""``loanflow:different-from`` that can do nothing: it names no user task, or nobody is left who may act."""

from __future__ import annotations

from collections.abc import Iterator

from loanflow.bpmn.checks.nearest import nearest_hint
from loanflow.bpmn.checks.paths import entries, reachable, successors
from loanflow.bpmn.checks.scene import Scene
from loanflow.bpmn.model import Expression, Process, UserTask
from loanflow.bpmn.words import quoted, with_article
from loanflow.problems import Problem, Severity

CODE = "bpmn/four-eyes-unknown"
IMPOSSIBLE = "bpmn/four-eyes-impossible"

PROPERTY = "Extension properties > loanflow:different-from"


def find(scene: Scene) -> Iterator[Problem]:
    """Yield a finding for each name that is no other user task of the same process, and for each rule nobody can keep.

    A multi-instance task may name itself: its instances then need different people.
    """
    for process in scene.processes:
        yield from _impossible(scene, process)
        nodes = {node.id: node for node in process.body.walk()}
        people = [node.id for node in nodes.values() if isinstance(node, UserTask)]
        for node in nodes.values():
            for name in node.different_from if isinstance(node, UserTask) else ():
                other = nodes.get(name)
                if name == "*" or (isinstance(other, UserTask) and (other is not node or other.multi_instance is not None)):
                    continue
                found = "nothing of that id" if other is None else "the task itself" if other is node else with_article(other)
                yield scene.finding(
                    node,
                    CODE,
                    f"{name} is no other user task, so its actor cannot be excluded here",
                    property=PROPERTY,
                    expected="the ids of user tasks in this process, separated by commas, or *",
                    found=f"{name}: {found}",
                    hint=nearest_hint(
                        name,
                        [one for one in people if one != node.id],
                        otherwise="copy the ID from Properties panel > General of the other task",
                    ),
                )


def _impossible(scene: Scene, process: Process) -> Iterator[Problem]:
    """Yield a finding for each task whose people have all been at work before, because the diagram names one person twice."""
    tasks = {node.id: node for node in process.body.walk() if isinstance(node, UserTask)}
    for task in tasks.values():
        people = _people(task)
        if people is None or not task.different_from:
            continue
        named = tasks if "*" in task.different_from else task.different_from
        others = [tasks[one] for one in named if one in tasks and one != task.id]
        alone = {person: other for other in others if (only := _people(other)) is not None and len(only) == 1 for person in only}
        instances = _instances(task) if task.id in task.different_from else 1
        if not people <= alone.keys() and instances <= len(people):
            continue
        sure = all(_always_before(process, alone[one], task) and not _is_computed(one) for one in people if one in alone)
        yield scene.finding(
            task,
            IMPOSSIBLE,
            "the four-eyes rule leaves nobody who may act here",
            severity=Severity.ERROR if sure else Severity.WARNING,
            property=PROPERTY,
            expected="people here who did not act before: a candidate group, or other users",
            found=f"{instances} instances for {', '.join(sorted(people))}"
            if not people <= alone.keys()
            else ", ".join(f"{one} also for {quoted(alone[one].name, alone[one].id)}" for one in sorted(people)),
            hint="give the task a candidate group, or another assignee, under Properties panel > Assignment",
        )


def _people(task: UserTask) -> frozenset[str] | None:
    """Return who may act, where the diagram names them one by one; a computed assignee stands for one person."""
    if task.assignee is not None:
        return frozenset({_person(task.assignee)})
    users = task.candidate_users
    if users is None or not users.is_literal or task.candidate_groups is not None:
        return None
    return frozenset(name.strip() for name in users.text.split(",") if name.strip())


def _person(assignee: Expression) -> str:
    return assignee.text if assignee.is_literal else f"the value of {assignee.text}"


def _is_computed(person: str) -> bool:
    return person.startswith("the value of ")


def _instances(task: UserTask) -> int:
    """Return how many instances a multi-instance task has, 1 where that is computed."""
    many = task.multi_instance
    number = many.cardinality if many is not None else None
    return int(number.text) if number is not None and number.is_literal and number.text.isdigit() else 1


def _always_before(process: Process, earlier: UserTask, later: UserTask) -> bool:
    """Say whether no token comes to ``later`` without passing ``earlier``; only within one scope, else not sure."""
    body = process.body
    if earlier.id not in body.nodes or later.id not in body.nodes:
        return False
    starts = [node.id for node in entries(body)]
    return later.id not in reachable(successors(body), starts, without=earlier.id)
