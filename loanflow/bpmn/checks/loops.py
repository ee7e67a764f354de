"""Loop markers that never end, or that say two things at once (clause 10.3.8 "Loop Characteristics")."""

from __future__ import annotations

from collections.abc import Iterator

from loanflow.bpmn.checks.scene import Scene
from loanflow.bpmn.model import Activity
from loanflow.problems import Problem

CODE = "bpmn/loop-marker"


def find(scene: Scene) -> Iterator[Problem]:
    """Yield findings on standard loops."""
    for _, node in scene.nodes():
        if not isinstance(node, Activity) or node.loop is None:
            continue
        loop = node.loop
        if node.multi_instance is not None:
            yield scene.finding(
                node,
                CODE,
                "the activity has both a loop marker and a multi-instance marker",
                line=loop.line,
                expected="one of the two",
                found="both",
                hint="take one of the markers off with the wrench on the canvas",
            )
        if loop.condition is None and loop.maximum is None:
            yield scene.finding(
                node,
                CODE,
                "the loop has neither a condition nor a maximum, so it never ends",
                line=loop.line,
                property="Loop > Loop condition",
                expected="a condition that stops being true, or a maximum",
                found="neither",
                hint="add <bpmn:loopCondition>, or loopMaximum, to the loop characteristics",
            )
        if loop.maximum is not None and loop.maximum < 1:
            yield scene.finding(
                node,
                CODE,
                "the loop may not even run once",
                line=loop.line,
                property="Loop > Maximum",
                expected="a whole number from 1",
                found=str(loop.maximum),
                hint="correct loopMaximum, or delete it",
            )
