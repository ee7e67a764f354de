"""An engine in memory, with handlers a test can steer and a clock it can turn."""

from __future__ import annotations

import os
from collections.abc import Generator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.schema import DropSchema

from loanflow import Actor, BpmnError, Engine, Handlers, Job, TurnableClock
from loanflow.records import Case, Task
from tests.support.diagrams import diagram
from tests.support.task_search_rows import check_task_search_rows

POSTGRESQL = "LOANFLOW_TEST_POSTGRESQL"
MORNING = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@dataclass
class Stage:
    """Everything a test of the engine touches. ``answers`` maps a topic to outputs, or to an exception to raise."""

    engine: Engine
    clock: TurnableClock
    answers: dict[str, Any] = field(default_factory=dict)
    calls: list[Job] = field(default_factory=list)

    def deploy(self, *names: str) -> None:
        self.engine.deploy(diagram(*names), by="analyst")

    def start(self, process: str, key: str | None = None, by: str | Actor = "zhao", **variables: Any) -> Case:
        case = self.engine.start(process, key=key, variables=variables, by=by)
        self.engine.run_due()
        return self.engine.case(case.id)

    def task(self, case: Case, name: str | None = None) -> Task:
        tasks = [task for task in self.engine.tasks_of(case.id) if name in (None, task.name)]
        assert tasks, f"no task {name}; tokens: {self.engine.tokens(case.id)}; incidents: {self.engine.incidents(case.id)}"
        return tasks[0]

    def kinds(self, case: Case) -> list[str]:
        return [entry.kind for entry in self.engine.history(case.id)]


TOPICS = ("credit-score", "disburse", "bureau", "remind", "step")


@pytest.fixture(scope="session")
def postgresql_schema() -> Generator[str]:
    """Make the tables once for all tests."""
    schema = f"test_{uuid4().hex[:12]}"
    engine = Engine(os.environ[POSTGRESQL], schema=schema, remote=True)
    engine.upgrade_database()
    yield schema
    with engine.store.engine.begin() as connection:
        connection.execute(DropSchema(schema, cascade=True))
    engine.close()


@pytest.fixture(params=["sqlite", "postgresql"] if os.environ.get(POSTGRESQL) else ["sqlite"])
def stage(request: pytest.FixtureRequest) -> Generator[Stage]:
    clock = TurnableClock(MORNING)
    handlers = Handlers()
    answers: dict[str, Any] = {}
    calls: list[Job] = []

    def answer(job: Job) -> Any:
        calls.append(job)
        found = answers.get(job.topic)
        if isinstance(found, list):
            found = found.pop(0) if found else None
        if isinstance(found, BaseException):
            raise found
        return found(job) if callable(found) else found

    for topic in TOPICS:
        handlers.service(topic, retries=3, backoff="1m")(answer)
    if request.param == "sqlite":
        engine = Engine("sqlite://", handlers=[handlers], clock=clock)
        yield Stage(engine, clock, answers, calls)
        check_task_search_rows(engine.store)
    else:
        schema = request.getfixturevalue("postgresql_schema")
        engine = Engine(os.environ[POSTGRESQL], schema=schema, handlers=[handlers], clock=clock)
        yield Stage(engine, clock, answers, calls)
        check_task_search_rows(engine.store)
        names = ", ".join(table.fullname for table in engine.store.tables.metadata.sorted_tables)
        with engine.store.engine.begin() as connection:
            connection.execute(text(f"TRUNCATE {names}"))
    engine.close()


def reviewer(name: str) -> Actor:
    return Actor(name, groups=("reviewer",), source="web:10.0.0.7")


__all__ = ["MORNING", "BpmnError", "Stage", "reviewer", "stage"]
