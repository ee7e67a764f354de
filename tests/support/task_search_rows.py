"""What filtered task lists are read from, told once more from the tasks, their candidates and the search values of their cases."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from loanflow import store
from loanflow.records import TaskStatus

VALUES = ("text_value", "number_value", "instant_value", "boolean_value")


def check_task_search_rows(opened: store.Store) -> int:
    """Hold the rows to what they are made of; return how many there are."""
    with opened.reading() as transaction:
        tables = transaction.tables

        def rows(name: str) -> list[dict[str, Any]]:
            return [dict(row._mapping) for row in transaction.connection.execute(select(getattr(tables, name)))]

        kept = rows("task_search_values")
        tasks = {row["id"]: row for row in rows("tasks") if row["status"] is TaskStatus.OPEN}
        viewers = {(task_id, "*") for task_id in tasks}
        viewers |= {(task_id, f"assignee:{task['assignee']}") for task_id, task in tasks.items() if task["assignee"] is not None}
        viewers |= {
            (row["task_id"], f"{row['kind']}:{row['name']}")
            for row in rows("task_candidates")
            if row["task_id"] in tasks and tasks[row["task_id"]]["assignee"] is None
        }
        expected = [
            {"task_id": task_id, "viewer": viewer, "due_order": tasks[task_id]["due_order"]}
            | {name: value[name] for name in ("part", "case_id", "name", "process_key", *VALUES)}
            for task_id, viewer in viewers
            for value in rows("search_values")
            if value["case_id"] == tasks[task_id]["case_id"] and any(value[name] is not None for name in VALUES)
        ]

    def key(row: dict[str, Any]) -> tuple[str, str, str]:
        return row["task_id"], row["name"], row["viewer"]

    assert sorted(kept, key=key) == sorted(expected, key=key)
    return len(kept)
