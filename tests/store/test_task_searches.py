"""Filtered task lists, page by page and with any mixture of filters, against the same picked by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from loanflow import store
from loanflow.records import Case, SearchKind, SearchValue, Task, TaskStatus
from loanflow.store import Criterion, Scope, TaskQuery, task_lists
from loanflow.store.identifiers import new_id_for
from tests.store.builders import NOON, a_case, a_task
from tests.support.task_search_rows import check_task_search_rows

KINDS = {
    "region": SearchKind.TEXT,
    "amount": SearchKind.NUMBER,
    "signed_on": SearchKind.DATE,
    "asked_at": SearchKind.INSTANT,
    "urgent": SearchKind.BOOLEAN,
}
CHOICES: Mapping[str, list[Any]] = {
    "region": ["north", "north-east", "south", "", "南"],
    "amount": [Decimal(-5), Decimal(0), Decimal("9.5"), Decimal(10), Decimal(100_000)],
    "signed_on": [date(2026, 1, day) for day in (1, 9, 10)],
    "asked_at": [NOON, NOON + timedelta(microseconds=1), datetime(1999, 1, 1, tzinfo=UTC)],
    "urgent": [True, False],
}
GROUPS, PEOPLE = ["a", "b", "c"], ["li", "me"]

Values = Mapping[str, Any]
Found = tuple[Case, list[Task], Values]


def some_cases(draw: Random, count: int) -> list[Found]:
    """Make tasks of every kind with the search values of their cases."""
    found: list[Found] = []
    for number in range(count):
        case = a_case(process_key=draw.choice(["loan", "loan", "card"]), business_key=f"LN-{number:03d}")
        tasks = [
            a_task(
                id=new_id_for(case.id),
                case_id=case.id,
                token=token,
                process_key=case.process_key,
                business_key=case.business_key,
                element_id=draw.choice(["Review", "Approve"]),
                status=draw.choice([TaskStatus.OPEN] * 6 + [TaskStatus.WAITING, TaskStatus.CANCELLED]),
                assignee=draw.choice([None, None, None, *PEOPLE]),
                candidate_groups=tuple(draw.sample(GROUPS, draw.randrange(3))),
                candidate_users=tuple(draw.sample(PEOPLE, draw.choice([0, 0, 1]))),
                due_at=draw.choice([None, NOON + timedelta(hours=draw.randrange(-4, 5))]),
            )
            for token in range(draw.choice([0, 1, 1, 2]))
        ]
        tasks += [
            a_task(
                id=new_id_for(case.id), case_id=case.id, token=9, process_key=case.process_key, business_key=case.business_key,
                status=TaskStatus.COMPLETED, completed_by=draw.choice(PEOPLE), closed_at=NOON + timedelta(minutes=number // 2),
            )
        ][: draw.randrange(2)]  # fmt: skip
        names = draw.sample(list(KINDS), draw.randrange(len(KINDS) + 1))
        found.append((case, tasks, {name: draw.choice([*CHOICES[name], None]) for name in names}))
    return found


def kept(database: store.Store, cases: list[Found]) -> None:
    """Write them as the engine does."""

    def write(transaction: store.Transaction) -> None:
        for case, tasks, values in cases:
            store.cases.insert(transaction, case, b"")
            store.tasks.insert(transaction, tasks)
            of_case = [
                SearchValue(case_id=case.id, process_key=case.process_key, name=name, kind=KINDS[name], value=value)
                for name, value in values.items()
            ]
            store.search_values.put(transaction, of_case)
            store.task_search_values.add(transaction, case.id)

    database.run(write)


def some_query(draw: Random) -> dict[str, Any]:
    criteria: list[Criterion] = []
    for name in draw.choices(list(KINDS), k=draw.choice([1, 1, 1, 2, 2, 3])):
        comparison: Any = draw.choice(["=", "=", "!=", "<", "<=", ">", ">="])
        value = draw.choice(CHOICES[name])
        if name == "urgent":
            comparison = draw.choice(["=", "!="])
        if name == "region" and draw.random() < 0.3:
            comparison = "starts-with"
        criteria.append(Criterion(name=name, comparison=comparison, value=value))
    more: dict[str, Any] = {
        "element_id": "Review",
        "assignee": "li",
        "business_key_prefix": draw.choice(["LN-", "LN-00", "LN-01", "X"]),
        "due_from": NOON - timedelta(hours=1),
        "due_before": NOON + timedelta(hours=draw.randrange(3)),
    }
    chosen = draw.sample(list(more), draw.choice([0, 0, 0, 1, 2]))
    return {
        "scope": draw.choice(list(Scope)),
        "user": draw.choice(PEOPLE),
        "groups": tuple(draw.sample(GROUPS, draw.randrange(4))),
        "process_key": draw.choice(["loan", "loan", "card"]),
        "criteria": tuple(criteria),
        "limit": draw.choice([3, 10, 200]),
    } | {name: more[name] for name in chosen}


def meets(criterion: Criterion, value: Any) -> bool:
    """Compare as Python does: texts by their characters' numbers; what is not there meets nothing."""
    if value is None:
        return False
    wanted = criterion.value
    return {
        "=": lambda: value == wanted,
        "!=": lambda: value != wanted,
        "<": lambda: value < wanted,
        "<=": lambda: value <= wanted,
        ">": lambda: value > wanted,
        ">=": lambda: value >= wanted,
        "starts-with": lambda: value.startswith(wanted),
    }[criterion.comparison]()


def picked(cases: list[Found], query: TaskQuery) -> list[str]:
    """Pick and order the tasks of a query, one by one."""

    def in_scope(task: Task) -> bool:
        if query.scope is Scope.DONE_BY_ME:
            return task.completed_by == query.user
        named = query.user in task.candidate_users or bool(set(query.groups) & set(task.candidate_groups))
        mine, free = task.assignee == query.user, task.assignee is None and named
        shown = {Scope.MINE: mine, Scope.CLAIMABLE: free, Scope.MINE_AND_CLAIMABLE: mine or free, Scope.ALL: True}[query.scope]
        return shown and task.status is TaskStatus.OPEN

    def fits(task: Task, values: Values) -> bool:
        due = task.due_at
        return (
            in_scope(task)
            and task.process_key == query.process_key
            and query.element_id in (None, task.element_id)
            and query.assignee in (None, task.assignee)
            and (task.business_key or "").startswith(query.business_key_prefix or "")
            and (query.due_from is None or (due is not None and due >= query.due_from))
            and (query.due_before is None or (due is not None and due < query.due_before))
            and all(meets(criterion, values.get(criterion.name)) for criterion in query.criteria)
        )

    found = [task for _, tasks, values in cases for task in tasks if fits(task, values)]
    if query.scope is Scope.DONE_BY_ME:
        return [task.id for task in sorted(found, key=lambda task: (task.closed_at or NOON, task.id), reverse=True)]
    return [task.id for task in sorted(found, key=lambda task: (task.due_at is None, task.due_at or NOON, task.id))]


def listed(database: store.Store, query: dict[str, Any]) -> list[str]:
    """Turn all pages."""
    found: list[str] = []
    after: str | None = None
    with database.reading() as transaction:
        while True:
            page = task_lists.page(transaction, TaskQuery(**query, after=after))
            found += [task.id for task in page.items]
            if (after := page.next) is None:
                return found


@pytest.mark.parametrize("few", [2, 2_000])
def test_any_filters_find_what_they_name_in_order_and_once(database: store.Store, monkeypatch: pytest.MonkeyPatch, few: int) -> None:
    monkeypatch.setattr(task_lists, "SELECTIVE", few)
    draw = Random(few)
    cases = some_cases(draw, 70)
    kept(database, cases)
    assert check_task_search_rows(database) > 100
    not_empty = 0
    for _ in range(50):
        query = some_query(draw)
        expected = picked(cases, TaskQuery(**query))
        assert listed(database, query) == expected, query
        not_empty += bool(expected)
    assert not_empty > 8


def test_an_older_database_is_filled_when_it_is_upgraded(database: store.Store) -> None:
    cases = some_cases(Random(3), 40)
    kept(database, cases)
    before = check_task_search_rows(database)
    store.migrations.downgrade(database, "loanflow_0005")
    store.upgrade(database)
    assert store.migrations.differences(database) == []
    assert check_task_search_rows(database) == before > 50
