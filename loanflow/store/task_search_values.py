"""Search values once more, beside each open task and for each who has it in a list: what filtered lists are read from.

A row is made of the task, its candidates and the search values of its case, and made anew when one of them changes. Its index
leads from process, column, viewer and value straight to the tasks in the order lists have. Only tasks of processes that declare
search columns have rows.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, insert, literal, or_, select, true, union_all

from loanflow.records import TaskStatus
from loanflow.store.database import Transaction
from loanflow.store.identifiers import part_of
from loanflow.store.prepared import Prepared
from loanflow.store.tables import Tables

EVERYONE = "*"
"""The viewer of the list of all open tasks."""

_VALUES = ("text_value", "number_value", "instant_value", "boolean_value")


def viewer(kind: str, name: str) -> str:
    """Name a list: of those assigned to a person (``assignee``), or free for a ``user`` or a ``group`` to claim."""
    return f"{kind}:{name}"


def add(transaction: Transaction, case_id: str, task_ids: Collection[str] | None = None) -> None:
    """Make the rows of the case's open tasks, or of those named, which have none yet."""
    connection, tables = transaction.connection, transaction.tables
    here = {"in_part": part_of(case_id), "of_case": case_id}
    if task_ids is None:
        _add(tables, False).change(connection, here)
    else:
        _add(tables, True).change_all(connection, [here | {"of_task": task_id} for task_id in task_ids])


def remove(transaction: Transaction, case_id: str, task_ids: Collection[str] | None = None) -> None:
    """Remove the rows of the case's tasks, or of those named."""
    connection, tables = transaction.connection, transaction.tables
    here = {"in_part": part_of(case_id), "of_case": case_id}
    if task_ids is None:
        _remove(tables, False).change(connection, here)
    else:
        _remove(tables, True).change_all(connection, [here | {"of_task": task_id} for task_id in task_ids])


@lru_cache(maxsize=64)
def _remove(tables: Tables, one_task: bool) -> Prepared:
    table = tables.task_search_values
    conditions = [table.c.part == bindparam("in_part"), table.c.case_id == bindparam("of_case")]
    if one_task:
        conditions.append(table.c.task_id == bindparam("of_task"))
    return Prepared(table.delete().where(*conditions))


@lru_cache(maxsize=64)
def _add(tables: Tables, one_task: bool) -> Prepared:
    tasks, candidates, values = tables.tasks, tables.task_candidates, tables.search_values
    kept = [values.c[name] for name in _VALUES]

    def seen_by(who: ColumnElement[str]) -> Select[*tuple[Any, ...]]:
        columns = (tasks.c.part, tasks.c.case_id, tasks.c.id, values.c.name, who, values.c.process_key, tasks.c.due_order)
        statement = (
            select(*columns, *kept)
            .join_from(tasks, values, and_(values.c.part == tasks.c.part, values.c.case_id == tasks.c.case_id))
            .where(
                tasks.c.part == bindparam("in_part"),
                tasks.c.case_id == bindparam("of_case"),
                tasks.c.status == TaskStatus.OPEN,
                or_(*(column.is_not(None) for column in kept)),
            )
        )
        return statement.where(tasks.c.id == bindparam("of_task")) if one_task else statement

    named = seen_by(candidates.c.kind + ":" + candidates.c.name).join(
        candidates, and_(candidates.c.part == tasks.c.part, candidates.c.task_id == tasks.c.id, candidates.c.claimable == true())
    )
    assigned = seen_by(literal("assignee:") + tasks.c.assignee).where(tasks.c.assignee.is_not(None))
    columns = ["part", "case_id", "task_id", "name", "viewer", "process_key", "due_order", *_VALUES]
    return Prepared(insert(tables.task_search_values).from_select(columns, union_all(seen_by(literal(EVERYONE)), named, assigned)))
