"""Plain texts of user tasks that give no date and no priority: the task could never be opened (clause 10.3.3 "User Task")."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from loanflow.bpmn.checks.scene import Scene
from loanflow.bpmn.model import UserTask
from loanflow.bpmn.timers import due_instant
from loanflow.problems import Problem

_SOME_DAY = datetime(2026, 1, 1, tzinfo=UTC)


def find(scene: Scene) -> Iterator[Problem]:
    """Yield a finding for each due date and follow-up date that is none, and each priority that is no whole number."""
    for _, node in scene.nodes():
        if not isinstance(node, UserTask):
            continue
        for date, property in ((node.due_date, "Due date"), (node.follow_up_date, "Follow up date")):
            if date is None or not date.is_literal:
                continue
            try:
                due_instant(date.text, now=_SOME_DAY)
            except ValueError as error:
                yield scene.finding(
                    node,
                    "bpmn/date-invalid",
                    f"the {property.lower()} cannot be read: {error}",
                    line=date.line,
                    property=property,
                    expected="a date such as 2026-03-01T09:00:00+08:00, or a time from now such as P3D",
                    found=date.text,
                    hint=f"correct Properties panel > {property}, or write an expression",
                )
        priority = node.priority
        if priority is not None and priority.is_literal and not priority.text.strip().lstrip("+-").isdigit():
            yield scene.finding(
                node,
                "bpmn/invalid-value",
                "the priority is not a whole number",
                line=priority.line,
                property="Priority",
                expected="a whole number from 0 to 100, or an expression",
                found=priority.text,
                hint="50 is what a task has without one; higher goes first",
            )
