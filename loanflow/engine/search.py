"""Search columns: variables a process declares as searchable, kept typed and indexed beside the case.

A process names them in the extension property ``loanflow:search-columns``: ``amount:number, branch:text``.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from loanflow import store
from loanflow.feel import to_python
from loanflow.records import Case, SearchKind, SearchValue, Task, TaskStatus
from loanflow.store import Transaction

PROPERTY = "loanflow:search-columns"
_COLUMN = re.compile(r"(?P<name>[^\W\d]\w*)\s*:\s*(?P<kind>\w+)")
_MAX_TEXT = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchColumn:
    """A variable of the process that lists may filter and sort by."""

    name: str
    kind: SearchKind


def columns_of(properties: Mapping[str, str]) -> tuple[SearchColumn, ...]:
    """Read the search columns a process declares; none where it declares none.

    Raises:
        ValueError: the text is not a list of ``name:type``; the checks of a deployment find that first.
    """
    text = properties.get(PROPERTY, "").strip()
    columns: dict[str, SearchColumn] = {}
    for part in (part.strip() for part in text.split(",") if part.strip()):
        found = _COLUMN.fullmatch(part)
        if found is None:
            raise ValueError(f'"{part}" is not of the form name:type')
        if found["kind"] not in set(SearchKind):
            raise ValueError(f'"{part}" has the type "{found["kind"]}"; there are {", ".join(SearchKind)}')
        if found["name"] in columns:
            raise ValueError(f'"{found["name"]}" is declared twice')
        columns[found["name"]] = SearchColumn(name=found["name"], kind=SearchKind(found["kind"]))
    return tuple(columns.values())


def search_value(case_id: str, process_key: str, column: SearchColumn, value: Any) -> SearchValue:
    """Make the row for a variable's present FEEL value; null where the value is not of the column's type."""
    return SearchValue(case_id=case_id, process_key=process_key, name=column.name, kind=column.kind, value=_fit(column.kind, value))


def write(
    transaction: Transaction,
    case: Case,
    values: Sequence[SearchValue],
    *,
    undeclared: Collection[str],
    changed: Sequence[Task],
    opened: Sequence[Task],
    more_closed: bool,
) -> None:
    """Write the search columns of a case that have other values now, and let the lists of its open tasks follow.

    ``undeclared`` are columns that the case's version no longer has. The tasks are those written in the same transaction, as they
    are now; with ``more_closed`` it closed others as well.
    """
    store.search_values.remove(transaction, case.id, undeclared)
    store.search_values.put(transaction, values)
    if values or undeclared or more_closed:
        store.task_search_values.remove(transaction, case.id)
        if case.ended_at is None:
            store.task_search_values.add(transaction, case.id)
    else:
        open_now = [task.id for task in (*changed, *opened) if task.status is TaskStatus.OPEN]
        store.task_search_values.remove(transaction, case.id, [task.id for task in changed])
        store.task_search_values.add(transaction, case.id, open_now)


def _fit(kind: SearchKind, value: Any) -> str | Decimal | date | datetime | bool | None:
    if value is None:
        return None
    try:
        python = to_python(value)
    except ValueError:
        # Beyond what a Python date can say: not searchable.
        return None
    match kind:
        case SearchKind.TEXT:
            return python[:_MAX_TEXT] if isinstance(python, str) else None
        case SearchKind.NUMBER:
            return python if isinstance(python, Decimal) else None
        case SearchKind.BOOLEAN:
            return python if isinstance(python, bool) else None
        case SearchKind.INSTANT:
            return python if isinstance(python, datetime) and python.tzinfo is not None else None
        case SearchKind.DATE:
            return python if isinstance(python, date) and not isinstance(python, datetime) else None
