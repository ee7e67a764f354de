"""``loanflow:different-from`` that names no user task, so that the four-eyes rule would never bite."""

from __future__ import annotations

from collections.abc import Iterator

from loanflow.bpmn.checks.nearest import nearest_hint
from loanflow.bpmn.checks.scene import Scene
from loanflow.bpmn.model import UserTask
from loanflow.bpmn.words import with_article
from loanflow.problems import Problem

CODE = "bpmn/four-eyes-unknown"

PROPERTY = "Extension properties > loanflow:different-from"


def find(scene: Scene) -> Iterator[Problem]:
    """Yield a finding for each name that is no other user task of the same process.

    A multi-instance task may name itself: its instances then need different people.
    """
    for process in scene.processes:
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
