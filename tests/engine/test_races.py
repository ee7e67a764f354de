"""Two at once: whatever the order, exactly one wins, the other is told, and the history has one entry for it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.schema import DropSchema

from loanflow import Actor, Conflict, Engine, Handlers, TurnableClock
from loanflow.records import CaseStatus
from tests.engine.conftest import MORNING
from tests.support.diagrams import diagram

ROUNDS = 8
FILES = diagram("review.bpmn", "risk.dmn", "documents.bpmn", "chain.bpmn")


@pytest.fixture(params=["sqlite", "postgresql", "postgresql-serializable"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[Engine]:
    handlers = Handlers()
    handlers.service("credit-score")(lambda: {"score": 640})
    for topic in ("disburse", "remind", "step"):
        handlers.service(topic)(lambda: None)
    common: dict[str, Any] = {"handlers": [handlers], "clock": TurnableClock(MORNING)}
    schema: str | None = None
    if request.param == "sqlite":
        found = Engine(f"sqlite:///{tmp_path / 'cases.db'}", **common)
    else:
        url = os.environ.get("LOANFLOW_TEST_POSTGRESQL")
        if not url:
            pytest.skip("LOANFLOW_TEST_POSTGRESQL names no database")
        schema = f"test_{uuid4().hex[:12]}"
        if request.param.endswith("serializable"):
            common |= {"isolation_level": "SERIALIZABLE", "skip_locked": False}
        found = Engine(url, schema=schema, **common)
    found.upgrade_database()
    found.deploy(FILES, by="analyst")
    yield found
    if schema is not None:
        with found.store.engine.begin() as connection:
            connection.execute(DropSchema(schema, cascade=True))
    found.close()


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """Run all of them at the same moment; return what each returned or raised."""
    ready = threading.Barrier(len(works))
    results: list[Any] = [None] * len(works)

    def run(place: int, work: Callable[[], Any]) -> None:
        ready.wait()
        try:
            results[place] = work()
        except Exception as error:
            results[place] = error

    threads = [threading.Thread(target=run, args=(place, work)) for place, work in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def refusals(results: list[Any]) -> list[Conflict]:
    unexpected = [result for result in results if isinstance(result, Exception) and not isinstance(result, Conflict)]
    assert unexpected == []
    return [result for result in results if isinstance(result, Conflict)]


def reviewer(name: str) -> Actor:
    return Actor(name, groups=("reviewer",))


def reviewed(engine: Engine, key: str) -> str:
    case = engine.start("loan-review", key=key, variables={"amount": 1}, by="zhao")
    engine.run_due()
    return engine.tasks_of(case.id)[0].id


def test_two_people_complete_the_same_task(engine: Engine) -> None:
    for number in range(ROUNDS):
        key = f"L-{number}"
        task = reviewed(engine, key)
        results = at_once(
            lambda task=task: engine.complete(task, {"by": "li"}, by=reviewer("li.na")),
            lambda task=task: engine.complete(task, {"by": "wang"}, by=reviewer("wang.fang")),
        )
        (refused,) = refusals(results)
        assert "is done already" in str(refused)
        assert [entry.kind for entry in engine.history(key)].count("task.completed") == 1
        assert len(engine.tasks_of(key)) == 1
        engine.verify_audit(key)


def test_two_people_claim_the_same_task(engine: Engine) -> None:
    for number in range(ROUNDS):
        task = reviewed(engine, f"L-{number}")
        names = [f"person-{seat}" for seat in range(4)]
        results = at_once(*(lambda name=name, task=task: engine.claim(task, reviewer(name)) for name in names))
        assert len(refusals(results)) == 3
        assert engine.task(task).assignee in names
        engine.verify_audit(f"L-{number}")


def test_a_timer_and_a_person_want_the_same_task(engine: Engine) -> None:
    for number in range(ROUNDS):
        key = f"L-{number}"
        task = reviewed(engine, key)
        case = engine.case(key)
        (timer,) = [job for job in engine.jobs_of(key) if job.kind == "timer"]
        engine._house.clock.turn_to(timer.due_at)  # type: ignore[attr-defined]
        (claimed,) = engine.claim_jobs(20)
        results = at_once(
            lambda task=task: engine.complete(task, by=reviewer("li.na")),
            lambda job=claimed: engine.run_job(job),
        )
        (open_task,) = engine.tasks_of(case.id)
        if refusals(results):
            assert open_task.name == "Escalated review"
            assert results[1] == "done"
        else:
            assert open_task.name == "Approve"
            assert results[1] == "fenced"
        assert engine.jobs_of(case.id) == ()
        engine.verify_audit(key)


def test_a_cancellation_and_a_person_want_the_same_case(engine: Engine) -> None:
    for number in range(ROUNDS):
        key = f"L-{number}"
        task = reviewed(engine, key)
        results = at_once(
            lambda task=task: engine.complete(task, by=reviewer("li.na")),
            lambda key=key: engine.cancel_case(key, by="boss", reason="withdrawn"),
        )
        assert not isinstance(results[1], Exception)
        assert engine.case(key).status is CaseStatus.CANCELLED
        assert engine.tasks_of(key) == ()
        assert engine.jobs_of(key) == ()
        engine.verify_audit(key)


def test_two_branches_reach_their_join_at_once(engine: Engine) -> None:
    for number in range(ROUNDS):
        key = f"C-{number}"
        case = engine.start("chain", key=key, by="zhao")
        assert engine.run_due(limit=1) == 1
        branches = engine.claim_jobs(20)
        assert sorted(job.element_id for job in branches) == ["Three", "Two"]
        assert at_once(*(lambda job=job: engine.run_job(job) for job in branches)) == ["done", "done"]
        (last,) = engine.jobs_of(case.id)
        assert last.element_id == "Four"
        engine.run_due()
        assert engine.case(key).status is CaseStatus.ENDED
        engine.verify_audit(key)


def test_a_message_arrives_while_its_case_starts(engine: Engine) -> None:
    for number in range(ROUNDS):
        key = f"D-{number}"
        results = at_once(
            lambda key=key: engine.start("documents", key=key, by="zhao"),
            lambda key=key: engine.correlate("documents-received", key=key, message_id=f"m-{key}", by="mail"),
        )
        assert refusals(results) == []
        # Even where neither transaction could see the other, one of them looks again after its commit.
        assert [task.name for task in engine.tasks_of(key)] == ["Check documents"]


def test_the_same_message_arrives_twice_at_once(engine: Engine) -> None:
    for number in range(ROUNDS):
        key = f"D-{number}"
        engine.start("documents", key=key, by="zhao")
        send = lambda key=key: engine.correlate("documents-received", key=key, message_id=f"m-{key}", by="mail")  # noqa: E731
        results = at_once(send, send)
        assert sorted(result.status for result in results) == ["delivered", "duplicate"]
        assert len(engine.tasks_of(key)) == 1


def test_two_cases_want_the_same_business_key(engine: Engine) -> None:
    for number in range(ROUNDS):
        results = at_once(*(lambda number=number: engine.start("documents", key=f"K-{number}", by="zhao") for _ in range(3)))
        assert len(refusals(results)) == 2
    assert len(engine.cases(process_key="documents").items) == ROUNDS


def test_two_deployments_of_one_key_at_once(engine: Engine) -> None:
    for number in range(ROUNDS):
        # Each of the two changes the file in its own way, so that both are a new version.
        files = [{name: data + f"<!-- {number} {seat} -->".encode() for name, data in diagram("chain.bpmn").items()} for seat in range(2)]
        results = at_once(*(lambda file=file: engine.deploy(file, by="analyst") for file in files))
        assert refusals(results) == []
        versions = [deployed.version for report in results for deployed in report.new]  # type: ignore[union-attr]
        assert len(set(versions)) == 2
    newest = next(definition for definition in engine.definitions() if definition.key == "chain")
    assert newest.version == 2 * ROUNDS + 1


def test_messages_of_one_key_start_one_case_at_a_time(engine: Engine) -> None:
    """In Camunda 8, also where one comes just as the case before it ends: none is lost, no two run."""
    engine.deploy(diagram("applied.bpmn"), by="analyst")

    def apply(key: str, amount: int) -> Any:
        return engine.correlate("applied", correlation_key=key, variables={"amount": amount}, by="web")

    def running() -> list[str]:
        return [case.id for case in engine.cases(process_key="applied", status=CaseStatus.OPEN).items]

    for number in range(ROUNDS):
        key = f"ID-{number}"
        arrived = at_once(*(lambda key=key, amount=amount: apply(key, amount) for amount in range(3)))
        assert sorted(answer.status for answer in arrived) == ["buffered", "buffered", "started"]
        seen: list[Any] = []
        for late in (3, 4, None, None, None):
            (case_id,) = running()
            seen.append(engine.variables(case_id)["amount"])
            (task,) = engine.tasks_of(case_id)
            works = [lambda task=task: engine.complete(task.id, {}, by="li.na")]
            if late is not None:
                works.append(lambda key=key, late=late: apply(key, late))
            assert refusals(at_once(*works)) == []
            engine.run_due()
        assert sorted(seen) == [0, 1, 2, 3, 4]
        assert running() == []
