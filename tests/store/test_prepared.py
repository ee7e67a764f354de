"""Prepared statements do the same on the driver's own cursor and, where somebody listens, by way of SQLAlchemy."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError

from loanflow import audit, store
from loanflow.errors import Conflict
from loanflow.records import Happening, SearchKind, SearchValue, TaskStatus
from loanflow.store import database as databases
from loanflow.store import prepared
from tests.store.builders import NOON, a_case, a_job, a_task, an_incident


@pytest.fixture(params=["driver", "sqlalchemy"], autouse=True)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    heard = request.param == "sqlalchemy"

    def is_heard(_connection: object) -> bool:
        return heard

    monkeypatch.setattr(prepared, "is_heard", is_heard)
    monkeypatch.setattr(databases, "is_heard", is_heard)
    return request.param


@pytest.mark.parametrize("many", [1, 3, 16, 17, 40])
def test_what_is_written_is_read_back(database: store.Store, many: int) -> None:
    case = a_case(business_key="LN-1", ended_at=NOON)
    tasks = [
        a_task(case_id=case.id, token=n, due_at=NOON + timedelta(seconds=n) if n % 2 else None, form={"n": n}, candidate_groups=("a", "é"))
        for n in range(many)
    ]
    happenings = [Happening(kind="x.happened", actor="li", at=NOON, token=n if n % 3 else None, data={"n": n}) for n in range(many)]
    jobs = [a_job(case_id=case.id, token=n, headers={"n": str(n)}) for n in range(many)]
    values = [
        SearchValue(case_id=case.id, process_key="loan", name=f"v{n}", kind=SearchKind.NUMBER, value=Decimal(n) / 8) for n in range(many)
    ]

    def write(transaction: store.Transaction) -> None:
        audit.begin(transaction, case, b"state", happenings)
        store.tasks.insert(transaction, tasks)
        store.jobs.insert(transaction, jobs)
        store.search_values.put(transaction, values)

    database.run(write)
    with database.reading() as transaction:
        assert store.tasks.of_case(transaction, case.id) == tuple(tasks)
        loaded = store.tasks.load(transaction, tasks[-1].id)
        assert loaded is not None
        assert loaded[0] == tasks[-1]
        assert loaded[2] == b"state"
        assert {job.token: job for job in store.jobs.of_case(transaction, case.id)} == {job.token: job for job in jobs}
        assert store.search_values.of_case(transaction, case.id) == {value.name: value for value in values}
        assert [entry.data for entry in store.audit_entries.of_case(transaction, case.id)] == [{"n": n} for n in range(many)]
        assert audit.verify(transaction, case.id) == many


def test_how_many_rows_changed_decides(database: store.Store) -> None:
    task = a_task(candidate_groups=("a",))
    database.run(lambda t: store.tasks.insert(t, [task]))
    database.run(lambda t: store.tasks.update(t, task, replace(task, assignee="li")))
    with pytest.raises(Conflict):
        database.run(lambda t: store.tasks.update(t, task, replace(task, assignee="bo")))
    with database.reading() as transaction:
        found = store.tasks.get(transaction, task.id)
    assert found == replace(task, assignee="li", version=2)


def test_the_databases_refusal_is_sqlalchemys_error(database: store.Store) -> None:
    task = a_task(status=TaskStatus.COMPLETED)
    database.run(lambda t: store.tasks.insert(t, [task]))
    with pytest.raises(IntegrityError) as refused:
        database.run(lambda t: store.tasks.insert(t, [task]))
    assert refused.value.statement is not None
    assert refused.value.statement.startswith("INSERT INTO")
    # The connection is as good as before.
    database.run(lambda t: store.incidents.insert(t, [an_incident()]))


def test_whoever_listens_hears_every_statement(database: store.Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    seen: list[str] = []

    def listen(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement.split(None, 1)[0])

    task = a_task()
    event.listen(database.engine, "before_cursor_execute", listen)
    try:
        database.run(lambda t: (store.tasks.insert(t, [task]), store.tasks.get(t, task.id)))
    finally:
        event.remove(database.engine, "before_cursor_execute", listen)
    assert [word for word in seen if word != "BEGIN"] == ["INSERT", "SELECT"]


def test_a_connection_lost_while_idle_is_replaced(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    url = os.environ.get("LOANFLOW_TEST_POSTGRESQL")
    if not url or way == "sqlalchemy":
        pytest.skip("LOANFLOW_TEST_POSTGRESQL names no database")
    monkeypatch.setattr(databases, "PING_AFTER_SECONDS", 0.0)
    kept, other = store.connect(url), store.connect(url)
    with kept.reading() as transaction:
        lost = transaction.connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
    with other.reading() as transaction:
        assert transaction.connection.exec_driver_sql(f"SELECT pg_terminate_backend({lost}, 5000)").scalar_one()
    with kept.reading() as transaction:
        assert transaction.connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one() != lost
    kept.close()
    other.close()
