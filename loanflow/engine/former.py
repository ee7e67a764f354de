"""Whose a task was before the case came back to it."""

from __future__ import annotations

from loanflow import store
from loanflow.records import Task
from loanflow.store import Transaction


def holder(transaction: Transaction, case_id: str, token: int) -> str | None:
    """Say who had the task of the token that this one stands for since the case came back; None where it stands for none."""
    placed = store.audit_entries.of_case(transaction, case_id, kinds=["token.placed"])
    former = next((entry.data.get("stands_for") for entry in placed if entry.token == token), None)
    if former is None:
        return None
    return next(
        (person(task) for task in store.tasks.of_case(transaction, case_id) if task.token == former and task.parent_id is None), None
    )


def person(task: Task) -> str | None:
    """Say who did the task, or has it."""
    return task.completed_by or task.assignee
