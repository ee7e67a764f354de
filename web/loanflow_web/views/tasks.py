"""Tasks as pages show them: rows of the inbox, the head of a task, what its holder may do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from flask import url_for

from loanflow.records import SearchKind, SearchValue, Task
from loanflow_web.library import Library
from loanflow_web.translation import gettext as _
from loanflow_web.views.vocabulary import Vocabulary, masked
from loanflow_web.words import TimeLeft, time_left

QUEUES = ("mine", "team")
DUE_FILTERS = ("", "today", "overdue")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A label with its value; ``tone`` is "", "warn" or "bad"."""

    label: str
    value: str
    tone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Somewhere to go; ``count`` None shows no number."""

    href: str
    text: str
    count: int | None = None
    current: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRow:
    """One task in the list: one link."""

    id: str
    href: str
    title: str
    amount: str
    name: str
    product: str
    left: TimeLeft | None
    due_at: datetime | None
    why: str
    unread: bool
    selected: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Rows under one heading."""

    title: str
    rows: tuple[TaskRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbox:
    """The list beside a task: which queue, which filter, which rows."""

    queue: str
    due: str
    title: str
    segments: tuple[Link, ...]
    other_queue: Link
    groups: tuple[Group, ...]
    more: str | None
    filtered: bool
    filter_words: str
    unfiltered: str


def row_of(
    task: Task,
    *,
    found: Mapping[str, SearchValue],
    library: Library,
    now: datetime,
    lang: str,
    query: Mapping[str, str],
    selected: str | None,
) -> TaskRow:
    """Return a task as a row; ``found`` are its case's search columns."""
    vocabulary = library.vocabulary(task.process_definition_id, lang)
    columns = library.ordered(task.process_definition_id, found)
    return TaskRow(
        id=task.id,
        href=url_for("task.show", task_id=task.id, **query),
        title=title_of(columns, task.business_key or task.case_id),
        amount=amount_of(columns, vocabulary),
        name=library.element_name(task.process_definition_id, task.element_id, lang) or task.name,
        product=library.product_name(task.process_definition_id, lang),
        left=time_left(task.due_at, now, lang),
        due_at=task.due_at,
        why=_remarks(columns, vocabulary),
        unread=task.assignee is None,
        selected=task.id == selected,
    )


def grouped(rows: Sequence[TaskRow], *, now: datetime, zone: ZoneInfo) -> tuple[Group, ...]:
    """Put rows, which come earliest due first, under their headings."""
    tomorrow = start_of_tomorrow(now, zone)

    def heading(row: TaskRow) -> str:
        if row.due_at is None:
            return _("No time limit")
        if row.due_at < now:
            return _("Overdue")
        return _("Due today") if row.due_at < tomorrow else _("Later")

    return tuple(Group(title=title, rows=tuple(members)) for title, members in groupby(rows, key=heading))


def start_of_tomorrow(now: datetime, zone: ZoneInfo) -> datetime:
    """Return the first instant of the next day on the installation's wall clock."""
    today = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    return (today + timedelta(days=1)).replace(fold=0)


def title_of(found: Mapping[str, SearchValue], otherwise: str) -> str:
    """Return what people know a case by: its first text column, declared first by the analyst."""
    for value in found.values():
        if value.kind is SearchKind.TEXT and isinstance(value.value, str) and value.value and masked(value.value) is None:
            return value.value
    return otherwise


def amount_of(found: Mapping[str, SearchValue], vocabulary: Vocabulary) -> str:
    """Return the case's amount of money: its first number column that its form writes with a currency sign."""
    for name, value in found.items():
        if value.kind is SearchKind.NUMBER and value.value is not None:
            word = vocabulary.words.get(name)
            if word is not None and word.prefix:
                return vocabulary.text(name, value.value)
    return ""


def facts_of(names: Iterable[str], variables: Mapping[str, Any], vocabulary: Vocabulary) -> tuple[Pair, ...]:
    """Return the strip of facts that the analyst chose for a task."""
    return tuple(Pair(label=vocabulary.label(name), value=vocabulary.text(name, variables.get(name))) for name in names)


def _remarks(found: Mapping[str, SearchValue], vocabulary: Vocabulary) -> str:
    """Return what tables have found out about the case so far: two columns at most, the analyst's last ones."""
    remarks = [
        f"{vocabulary.label(name)} {vocabulary.text(name, value.value)}"
        for name, value in found.items()
        if value.value not in (None, "", 0) and (word := vocabulary.words.get(name)) is not None and word.computed
    ]
    return " · ".join(remarks[-2:])
