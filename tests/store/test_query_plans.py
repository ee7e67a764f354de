"""Lists, counts, claims and correlation find their rows by index and in order: SQLite says how it would go about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from loanflow import store
from loanflow.records import CaseStatus, MigrationOutcome, SubscriptionKind
from tests.store.builders import DEFINITION, NOON, a_case, a_job, a_task

Query = Callable[[store.Transaction], Any]


@pytest.fixture(scope="module")
def kept() -> Iterator[store.Store]:
    opened = store.connect("sqlite://")
    store.upgrade(opened)

    def fill(transaction: store.Transaction) -> None:
        for number in range(300):
            case = a_case(process_key="loan" if number % 2 else "card")
            store.cases.insert(transaction, case, b"")
            assignee = "me" if number % 10 == 0 else None
            task = a_task(case_id=case.id, candidate_groups=("a",), assignee=assignee, due_at=NOON + timedelta(seconds=number))
            store.tasks.insert(transaction, [task])
            store.jobs.insert(transaction, [a_job(case_id=case.id)])
        transaction.connection.exec_driver_sql("ANALYZE")

    opened.run(fill)
    yield opened
    opened.close()


def page(**query: Any) -> Query:
    return lambda t: store.task_lists.page(t, store.TaskQuery(**({"user": "me", "groups": ("a", "b")} | query)))


def cases(**query: Any) -> Query:
    return lambda t: store.cases.page(t, store.CaseQuery(**query))


QUERIES: dict[str, Query] = {
    "mine": page(scope=store.Scope.MINE),
    "mine, overdue": page(scope=store.Scope.MINE, due_before=NOON),
    "claimable": page(scope=store.Scope.CLAIMABLE),
    "claimable, due today": page(scope=store.Scope.CLAIMABLE, due_from=NOON, due_before=NOON + timedelta(days=1)),
    "all": page(scope=store.Scope.ALL),
    "done by me": page(scope=store.Scope.DONE_BY_ME),
    "counts": lambda t: store.task_lists.counts(t, "me", ["a"], now=NOON, tomorrow=NOON),
    "cases": cases(),
    "cases of a process": cases(process_key="loan", status=CaseStatus.OPEN),
    "claim": lambda t: store.jobs.claim(t, now=NOON, lease=timedelta(seconds=1)),
    "promote": lambda t: store.jobs.promote_due(t, now=NOON),
    "reap": lambda t: store.jobs.reap(t, now=NOON),
    "next due": store.jobs.next_due_at,
    "prospect": lambda t: store.jobs.prospect(t, handlers=["a", "b"]),
    "expired leases": lambda t: store.jobs.has_expired(t, now=NOON),
    "expired messages": lambda t: store.messages.has_expired(t, now=NOON),
    "message": lambda t: store.subscriptions.of_message(t, "m", correlation_key="k"),
    "signal": lambda t: store.subscriptions.of_signal(t, SubscriptionKind.SIGNAL),
    "incidents": store.incidents.page,
    "open cases of a definition": lambda t: store.cases.running_on_definition(t, DEFINITION, after_id="0"),
    "migrated cases": lambda t: store.case_migrations.ids(t, DEFINITION, MigrationOutcome.MIGRATED, limit=10),
    "migration counts": lambda t: store.case_migrations.counts(t, DEFINITION),
}


@pytest.mark.parametrize("name", QUERIES)
def test_no_list_scans_a_table(kept: store.Store, name: str) -> None:
    plans: list[str] = []
    explaining = False

    def explain(connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        nonlocal explaining
        if explaining or not statement.startswith(("SELECT", "UPDATE")):
            return
        explaining = True
        cursor = connection.connection.cursor()
        cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
        plans.extend(row[3] for row in cursor.fetchall())
        explaining = False

    event.listen(kept.engine, "before_cursor_execute", explain)
    try:
        with kept.reading() as transaction:
            QUERIES[name](transaction)
    finally:
        event.remove(kept.engine, "before_cursor_execute", explain)
    assert plans
    # Walking an index in its own order, stopped by LIMIT, is what a page is for; the small unions are lists of at most a page.
    scans = [step for step in plans if step.startswith("SCAN loanflow_") and "USING" not in step]
    assert scans == [], plans
