"""Texts that say how long to keep and how often to try again: ISO 8601, or a number of days."""

from __future__ import annotations

from collections.abc import Iterator

from loanflow.bpmn.checks.expressions import retry_time_cycles
from loanflow.bpmn.checks.scene import Scene
from loanflow.bpmn.model import is_retry_time_cycle
from loanflow.problems import Problem


def find(scene: Scene) -> Iterator[Problem]:
    """Yield findings on history time to live and retry time cycles."""
    for process in scene.processes:
        text = process.history_time_to_live
        if text is not None and process.days_to_live is None:
            yield scene.finding(
                process,
                "bpmn/retention-invalid",
                "the history time to live cannot be read",
                property="History cleanup > Time to live",
                expected="a number of days such as 180, or P180D",
                found=text,
                hint="fill in Properties panel > History cleanup > Time to live",
            )
    for _, node in scene.nodes():
        for text in retry_time_cycles(node):
            if "{" in text or is_retry_time_cycle(text):
                continue
            yield scene.finding(
                node,
                "bpmn/retry-invalid",
                "the retry time cycle cannot be read",
                property="Job execution > Retry time cycle",
                expected="R3/PT10M for three tries ten minutes apart, or PT5M,PT20M",
                found=text,
                hint="fill in Properties panel > Job execution > Retry time cycle",
            )
