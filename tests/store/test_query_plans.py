"""Lists, counts, claims and correlation find their rows by index and in order: SQLite says how it would go about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import event, select

from loanflow import store
from loanflow.records import CaseStatus, MigrationOutcome, SearchKind, SearchValue, SubscriptionKind
from loanflow.store import task_lists
from loanflow.store.search_values import Criterion
from tests.store.builders import DEFINITION, NOON, a_case, a_job, a_task

Query = Callable[[store.Transaction], Any]


@pytest.fixture(scope="module")
def kept() -> Iterator[store.Store]:
    opened = store.connect("sqlite://")
    store.upgrade(opened)

    def fill(transaction: store.Transaction) -> None:
        for number in range(300):
            case = a_case(process_key="loan" if number % 2 else "card", business_key=f"LN-{number:04d}")
            store.cases.insert(transaction, case, b"")
            values = [("amount", SearchKind.NUMBER, Decimal(number)), ("branch", SearchKind.TEXT, "main")]
            store.search_values.put(
                transaction,
                [
                    SearchValue(case_id=case.id, process_key=case.process_key, name=name, kind=kind, value=value)
                    for name, kind, value in values
                ],
            )
            assignee = "me" if number % 10 == 0 else None
            task = a_task(case_id=case.id, candidate_groups=("a",), assignee=assignee, due_at=NOON + timedelta(seconds=number))
            store.tasks.insert(transaction, [task])
            store.task_search_values.add(transaction, case.id)
            store.jobs.insert(transaction, [a_job(case_id=case.id)])
        transaction.connection.exec_driver_sql("ANALYZE")

    opened.run(fill)
    yield opened
    opened.close()


def page(**query: Any) -> Query:
    return lambda t: store.task_lists.page(t, store.TaskQuery(**({"user": "me", "groups": ("a", "b")} | query)))


def cases(**query: Any) -> Query:
    return lambda t: store.cases.page(t, store.CaseQuery(**query))


AMOUNT = Criterion(name="amount", comparison=">=", value=Decimal(100))
BRANCH = Criterion(name="branch", comparison="=", value="main")
QUERIES: dict[str, Query] = {
    "mine": page(scope=store.Scope.MINE),
    "mine, overdue": page(scope=store.Scope.MINE, due_before=NOON),
    "claimable": page(scope=store.Scope.CLAIMABLE),
    "claimable, due today": page(scope=store.Scope.CLAIMABLE, due_from=NOON, due_before=NOON + timedelta(days=1)),
    "all": page(scope=store.Scope.ALL),
    "all of a process": page(scope=store.Scope.ALL, process_key="loan"),
    "one product of the inbox": page(scope=store.Scope.MINE_AND_CLAIMABLE, process_key="loan"),
    "all by number": page(scope=store.Scope.ALL, business_key_prefix="LN-00"),
    "claimable by amount": page(scope=store.Scope.CLAIMABLE, process_key="loan", criteria=(AMOUNT,)),
    "inbox by amount and branch": page(scope=store.Scope.MINE_AND_CLAIMABLE, process_key="loan", criteria=(AMOUNT, BRANCH)),
    "inbox by branch": page(scope=store.Scope.MINE_AND_CLAIMABLE, process_key="loan", criteria=(BRANCH,)),
    "all by branch": page(scope=store.Scope.ALL, process_key="loan", criteria=(BRANCH,)),
    "all by amount": page(scope=store.Scope.ALL, process_key="loan", criteria=(AMOUNT,)),
    "done by me, by branch": page(scope=store.Scope.DONE_BY_ME, process_key="loan", criteria=(BRANCH,)),
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
    "due cases": lambda t: store.removed_cases.due(t, "loan", CaseStatus.ENDED, {NOON: [DEFINITION]}, limit=100),
    "due cases counted": lambda t: store.removed_cases.count_due(t, "loan", {NOON: [DEFINITION]}),
    "removed case": lambda t: store.removed_cases.get(t, store.new_case_id()),
    "migrated cases": lambda t: store.case_migrations.ids(t, DEFINITION, MigrationOutcome.MIGRATED, limit=10),
    "migration counts": lambda t: store.case_migrations.counts(t, DEFINITION),
}


@pytest.mark.parametrize("name", QUERIES)
def test_no_list_scans_a_table(kept: store.Store, name: str) -> None:
    plans: list[str] = []
    steps: list[tuple[int, int, str]] = []
    explaining = False

    def explain(connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        nonlocal explaining
        if explaining or not statement.startswith(("SELECT", "UPDATE", "WITH")):
            return
        explaining = True
        cursor = connection.connection.cursor()
        cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
        rows = cursor.fetchall()
        plans.extend(row[3] for row in rows)
        steps.extend((len(plans), row[1], row[3]) for row in rows)
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
    # What is sorted is a page, or what a selective search found; never a walk over the tasks themselves.
    sorted_in = {(query, parent) for query, parent, step in steps if step == "USE TEMP B-TREE FOR ORDER BY"}
    for place in sorted_in:
        first = next(step for *where, step in steps if tuple(where) == place and step.startswith(("SCAN", "SEARCH")))
        assert not first.split()[1].startswith(("loanflow_task", "loanflow_cases")), plans


def steps_of(kept: store.Store, query: store.TaskQuery) -> list[str]:
    """Say how SQLite finds the tasks of a page."""
    with kept.reading() as transaction:
        found = select(task_lists._found(transaction.tables, query, 51))
        sql = found.compile(transaction.connection, compile_kwargs={"literal_binds": True})
        return [row[3] for row in transaction.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}")]


def test_what_equals_a_value_is_walked_in_the_order_of_the_list(kept: store.Store) -> None:
    query = store.TaskQuery(scope=store.Scope.CLAIMABLE, user="me", groups=("a",), process_key="loan", criteria=(BRANCH,))
    steps = steps_of(kept, query)
    index = "loanflow_task_search_values_text (process_key=? AND name=? AND viewer=? AND text_value=?)"
    searches = [step for step in steps if step.startswith("SEARCH")]
    assert searches == [f"SEARCH loanflow_task_search_values USING COVERING INDEX {index}"] * 2
    assert not [step for step in steps if "ORDER BY" in step], steps


def test_ones_own_tasks_are_found_by_person_in_a_database_without_statistics() -> None:
    fresh = store.connect("sqlite://")
    store.upgrade(fresh)
    for scope in (store.Scope.MINE, store.Scope.MINE_AND_CLAIMABLE):
        searches = [
            step for step in steps_of(fresh, store.TaskQuery(scope=scope, user="me", process_key="loan")) if " loanflow_tasks " in step
        ]
        assert searches == ["SEARCH loanflow_tasks USING INDEX loanflow_tasks_by_assignee (assignee=? AND status=?)"]
    fresh.close()


def test_postgresql_compiles_no_statement_to_machine_code(database: store.Store) -> None:
    if database.dialect != "postgresql":
        pytest.skip("only PostgreSQL compiles statements")
    assert database.run(lambda transaction: transaction.connection.exec_driver_sql("SHOW jit").scalar_one()) == "off"
