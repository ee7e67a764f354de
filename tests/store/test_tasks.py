from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest

from loanflow import store
from loanflow.errors import Conflict
from loanflow.records import Draft, SearchKind, SearchValue, Task, TaskStatus
from tests.store.builders import NOON, a_case, a_task

DAY = timedelta(days=1)


def keep(database: store.Store, *tasks: Task) -> None:
    database.run(lambda t: store.tasks.insert(t, tasks))


def page(database: store.Store, scope: store.Scope, **more: Any) -> list[str]:
    with database.reading() as transaction:
        return [task.id for task in store.task_lists.page(transaction, store.TaskQuery(scope=scope, **more)).items]


def test_a_task_comes_back_as_it_was_opened_and_with_its_case(database: store.Store) -> None:
    case = a_case()
    task = a_task(
        case_id=case.id,
        business_key="LN-1",
        candidate_users=("li.na",),
        candidate_groups=("reviewer", "officer"),
        different_from=("Draft", "*"),
        due_at=NOON + DAY,
        follow_up_at=NOON,
        form={"form_id": "review", "n": [1, None]},
        instance=0,
        token=2**40,
    )
    database.run(lambda t: (store.cases.insert(t, case, b"state"), store.tasks.insert(t, [task])))
    with database.reading() as transaction:
        assert store.tasks.get(transaction, task.id) == task
        assert store.tasks.load(transaction, task.id) == (task, case, b"state")
        assert store.tasks.of_case(transaction, case.id) == (task,)
        assert store.tasks.of_case(transaction, case.id, status=TaskStatus.COMPLETED) == ()
        assert store.tasks.load(transaction, "nonsense") is None


def test_of_two_who_claim_at_once_one_gets_it(database: store.Store) -> None:
    task = a_task(candidate_groups=("reviewer",))
    keep(database, task)
    together = Barrier(2)

    def claim(user: str) -> str:
        together.wait()
        try:
            database.run(lambda t: store.tasks.update(t, task, replace(task, assignee=user)))
            return user
        except Conflict:
            return "taken"

    with ThreadPoolExecutor(2) as threads:
        outcomes = set(threads.map(claim, ("anna", "bo")))
    with database.reading() as transaction:
        found = store.tasks.get(transaction, task.id)
    assert found is not None
    assert outcomes == {"taken", found.assignee}
    assert found.version == 2


def test_a_claimed_task_leaves_the_group_list_and_comes_back(database: store.Store) -> None:
    task = a_task(candidate_groups=("reviewer",), candidate_users=("li.na",))
    keep(database, task)
    query: dict[str, Any] = {"user": "li.na", "groups": ("reviewer",)}
    assert page(database, store.Scope.CLAIMABLE, **query) == [task.id]
    assert page(database, store.Scope.MINE, **query) == []

    claimed = replace(task, assignee="li.na", claimed_at=NOON)
    database.run(lambda t: store.tasks.update(t, task, claimed))
    assert page(database, store.Scope.CLAIMABLE, **query) == []
    assert page(database, store.Scope.MINE, **query) == [task.id]
    assert page(database, store.Scope.MINE_AND_CLAIMABLE, **query) == [task.id]

    claimed = replace(claimed, version=2)
    back = replace(claimed, assignee=None)
    database.run(lambda t: store.tasks.update(t, claimed, back))
    assert page(database, store.Scope.CLAIMABLE, **query) == [task.id]

    back = replace(back, version=3)
    done = replace(back, status=TaskStatus.COMPLETED, completed_by="li.na", closed_at=NOON)
    database.run(lambda t: store.tasks.update(t, back, done))
    assert page(database, store.Scope.MINE_AND_CLAIMABLE, **query) == []
    assert page(database, store.Scope.ALL) == []
    assert page(database, store.Scope.DONE_BY_ME, **query) == [task.id]


def test_new_candidates_replace_the_old(database: store.Store) -> None:
    task = a_task(candidate_groups=("reviewer",))
    keep(database, task)
    database.run(lambda t: store.tasks.update(t, task, replace(task, candidate_groups=("approver",), due_at=NOON)))
    assert page(database, store.Scope.CLAIMABLE, groups=("reviewer",)) == []
    assert page(database, store.Scope.CLAIMABLE, groups=("approver",)) == [task.id]


def test_a_task_the_case_took_back_can_no_longer_be_completed(database: store.Store) -> None:
    case_id = store.new_case_id()
    first, second = (a_task(case_id=case_id, token=token, candidate_groups=("reviewer",)) for token in (1, 2))
    keep(database, first, second)
    database.run(lambda t: store.tasks.close(t, case_id, [1, 5], at=NOON, reason="escalated"))
    assert page(database, store.Scope.CLAIMABLE, groups=("reviewer",)) == [second.id]
    with database.reading() as transaction:
        closed = store.tasks.get(transaction, first.id)
    assert closed is not None
    assert (closed.status, closed.close_reason, closed.closed_at) == (TaskStatus.CANCELLED, "escalated", NOON)
    with pytest.raises(Conflict):
        database.run(lambda t: store.tasks.update(t, first, replace(first, status=TaskStatus.COMPLETED)))


def test_who_acted_before_is_known(database: store.Store) -> None:
    case_id = store.new_case_id()
    done: dict[str, Any] = {"case_id": case_id, "status": TaskStatus.COMPLETED}
    keep(
        database,
        a_task(**done, element_id="Draft", completed_by="wang"),
        a_task(**done, element_id="Review", completed_by="li"),
        a_task(**done, element_id="Review", completed_by="zhao"),
        a_task(case_id=case_id, element_id="Draft", assignee="open"),
        a_task(status=TaskStatus.COMPLETED, completed_by="other case"),
    )
    with database.reading() as transaction:
        assert store.tasks.actors_of(transaction, case_id) == {"wang", "li", "zhao"}
        assert store.tasks.actors_of(transaction, case_id, ["Review"]) == {"li", "zhao"}
        assert store.tasks.actors_of(transaction, case_id, []) == set()


def some_tasks(count: int) -> list[Task]:
    # Every fourth has no due date; some share one; some are offered twice, some taken.
    return [
        a_task(
            token=number,
            due_at=None if number % 4 == 0 else NOON + timedelta(hours=(number * 7) % 11 - 5),
            candidate_groups=(("a",), ("a", "b"), ("b",), ("c",))[number // 3 % 4],
            candidate_users=("me",) if number % 5 == 0 else (),
            assignee="me" if number % 6 == 0 else "you" if number % 11 == 0 else None,
            process_key="loan" if number % 2 else "card",
        )
        for number in range(count)
    ]


def expected(tasks: list[Task], scope: store.Scope, groups: set[str]) -> list[str]:
    def mine(task: Task) -> bool:
        return task.assignee == "me"

    def free(task: Task) -> bool:
        return task.assignee is None and bool(groups & set(task.candidate_groups) or "me" in task.candidate_users)

    wanted = {
        store.Scope.MINE: mine,
        store.Scope.CLAIMABLE: free,
        store.Scope.MINE_AND_CLAIMABLE: lambda task: mine(task) or free(task),
        store.Scope.ALL: lambda task: True,
    }[scope]
    order = [(task.due_at is None, task.due_at or NOON, task.id) for task in tasks if wanted(task)]
    return [identifier for _, _, identifier in sorted(order)]


@pytest.mark.parametrize("scope", [scope for scope in store.Scope if scope is not store.Scope.DONE_BY_ME])
@pytest.mark.parametrize("groups", [(), ("a",), ("a", "b", "nobody")])
def test_every_list_is_complete_in_order_and_without_repetition(database: store.Store, scope: store.Scope, groups: tuple[str, ...]) -> None:
    tasks = some_tasks(60)
    keep(database, *tasks)
    seen: list[str] = []
    after: str | None = None
    with database.reading() as transaction:
        while True:
            query = store.TaskQuery(scope=scope, user="me", groups=groups, limit=7, after=after)
            found = store.task_lists.page(transaction, query)
            seen += [task.id for task in found.items]
            if (after := found.next) is None:
                break
    assert seen == expected(tasks, scope, set(groups))


def test_lists_filter_by_due_date_process_and_element(database: store.Store) -> None:
    tasks = some_tasks(30)
    keep(database, *tasks)
    by_id = {task.id: task for task in tasks}

    def found(**more: Any) -> list[Task]:
        identifiers = page(database, store.Scope.MINE_AND_CLAIMABLE, user="me", groups=("a", "b", "c"), limit=200, **more)
        return [by_id[identifier] for identifier in identifiers]

    everything = found()
    assert found(due_before=NOON) == [task for task in everything if task.due_at and task.due_at < NOON]
    assert found(due_from=NOON) == [task for task in everything if task.due_at and task.due_at >= NOON]
    assert found(process_key="loan") == [task for task in everything if task.process_key == "loan"]
    assert found(element_id="Nowhere") == []
    assert page(database, store.Scope.ALL, assignee="you", limit=200) == [task.id for task in sorted(
        (task for task in tasks if task.assignee == "you"), key=lambda task: (task.due_at is None, task.due_at or NOON, task.id)
    )]  # fmt: skip


def test_lists_filter_by_search_column(database: store.Store) -> None:
    cheap, dear = a_task(candidate_groups=("a",)), a_task(candidate_groups=("a",))
    keep(database, cheap, dear)
    values = [
        SearchValue(case_id=task.case_id, process_key="loan", name="amount", kind=SearchKind.NUMBER, value=amount)
        for task, amount in ((cheap, 10), (dear, 90_000))
    ]
    database.run(
        lambda t: (
            store.search_values.put(t, values),
            store.task_search_values.add(t, cheap.case_id),
            store.task_search_values.add(t, dear.case_id),
        )
    )
    criteria = (store.Criterion(name="amount", comparison=">=", value=50_000),)
    for scope in (store.Scope.CLAIMABLE, store.Scope.ALL):
        assert page(database, scope, groups=("a",), process_key="loan", criteria=criteria) == [dear.id]


def test_counts_agree_with_the_lists(database: store.Store) -> None:
    tasks = some_tasks(60)
    keep(database, *tasks)
    tomorrow = NOON + timedelta(hours=3)
    with database.reading() as transaction:
        counts = store.task_lists.counts(transaction, "me", ["a", "b"], now=NOON, tomorrow=tomorrow)
    by_id = {task.id: task for task in tasks}
    for scope, total, overdue, today in (
        (store.Scope.MINE, counts.mine, counts.mine_overdue, counts.mine_due_today),
        (store.Scope.CLAIMABLE, counts.claimable, counts.claimable_overdue, counts.claimable_due_today),
    ):
        listed = [by_id[identifier] for identifier in expected(tasks, scope, {"a", "b"})]
        due = [task.due_at for task in listed if task.due_at is not None]
        assert total == len(listed) > 0
        assert overdue == sum(at < NOON for at in due) > 0
        assert today == sum(NOON <= at < tomorrow for at in due) > 0


def test_counts_stop_at_their_cap_and_of_nobody_are_nothing(database: store.Store) -> None:
    keep(database, *(a_task(candidate_groups=("a",)) for _ in range(9)))
    with database.reading() as transaction:
        assert store.task_lists.counts(transaction, "me", ["a"], now=NOON, tomorrow=NOON, cap=5).claimable == 5
        assert store.task_lists.counts(transaction, "me", now=NOON, tomorrow=NOON) == store.TaskCounts()


def test_a_draft_replaces_the_one_before_and_goes_with_the_task(database: store.Store) -> None:
    task = a_task()
    for values in ({"amount": "1"}, {"amount": "2", "备注": None}):
        draft = Draft(task_id=task.id, user_id="li", values=values, updated_at=NOON)
        database.run(lambda t, draft=draft: store.drafts.put(t, draft))
    with database.reading() as transaction:
        assert store.drafts.get(transaction, task.id, "li") == draft
        assert store.drafts.get(transaction, task.id, "zhao") is None
    database.run(lambda t: store.drafts.delete(t, task.id))
    with database.reading() as transaction:
        assert store.drafts.get(transaction, task.id, "li") is None
