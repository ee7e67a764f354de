"""Message start events: in Camunda 8 one case of a process at a time for each correlation key."""

from __future__ import annotations

from datetime import timedelta

import pytest

from loanflow import Actor, Conflict
from loanflow.engine import Received
from loanflow.engine.messages import Correlation
from loanflow.records import Case, CaseStatus
from tests.engine.conftest import Stage

BOSS = Actor("boss", groups=("admin",))


@pytest.fixture
def applied(stage: Stage) -> Stage:
    stage.deploy("applied.bpmn")
    return stage


def apply(stage: Stage, key: str | None, **variables: int) -> Correlation:
    return stage.engine.correlate("applied", correlation_key=key, variables=variables, by="web")


def open_cases(stage: Stage) -> list[Case]:
    return list(stage.engine.cases(process_key="applied", status=CaseStatus.OPEN).items)


def finish(stage: Stage) -> None:
    (case,) = open_cases(stage)
    stage.engine.complete(stage.task(case).id, {}, by="li.na")
    stage.engine.run_due()


def test_a_second_message_of_a_key_waits_until_the_case_has_ended(applied: Stage) -> None:
    first = apply(applied, "ID-1", amount=1)
    assert first.status is Received.STARTED
    second = apply(applied, "ID-1", amount=2)
    assert (second.status, second.case_id) == (Received.BUFFERED, None)
    applied.engine.run_due()
    assert [case.id for case in open_cases(applied)] == [first.case_id]
    finish(applied)
    (case,) = open_cases(applied)
    assert applied.engine.variables(case.id) == {"amount": 2}
    finish(applied)
    assert open_cases(applied) == []


def test_they_come_in_the_order_they_arrived(applied: Stage) -> None:
    for amount in (1, 2, 3):
        apply(applied, "ID-1", amount=amount)
        applied.clock.turn(timedelta(seconds=1))
    seen: list[object] = []
    while cases := open_cases(applied):
        seen.append(applied.engine.variables(cases[0].id)["amount"])
        finish(applied)
    assert seen == [1, 2, 3]


def test_another_key_and_none_start_at_once(applied: Stage) -> None:
    answers = [apply(applied, key) for key in ("ID-1", "ID-2", None, None)]
    assert {answer.status for answer in answers} == {Received.STARTED}


def test_a_case_that_is_cancelled_makes_room_and_a_suspended_one_does_not(applied: Stage) -> None:
    first = apply(applied, "ID-1", amount=1)
    apply(applied, "ID-1", amount=2)
    assert first.case_id is not None
    applied.engine.suspend(first.case_id, by=BOSS)
    applied.engine.run_due()
    assert open_cases(applied) == []
    applied.engine.resume(first.case_id, by=BOSS)
    applied.engine.cancel_case(first.case_id, by=BOSS, reason="withdrawn")
    applied.engine.run_due()
    (case,) = open_cases(applied)
    assert applied.engine.variables(case.id) == {"amount": 2}


def test_a_waiting_message_has_its_time_and_its_id_counts_once(applied: Stage) -> None:
    apply(applied, "ID-1")
    for _ in range(2):
        applied.engine.correlate("applied", correlation_key="ID-1", message_id="m-2", lifetime=timedelta(hours=1), by="web")
    applied.clock.turn(timedelta(hours=2))
    finish(applied)
    assert open_cases(applied) == []
    assert apply(applied, "ID-1").status is Received.STARTED


def test_a_business_key_that_is_taken_is_told_at_once(applied: Stage) -> None:
    applied.engine.correlate("applied", key="A-1", correlation_key="ID-1", by="web")
    with pytest.raises(Conflict, match='business key "A-1" belongs'):
        applied.engine.correlate("applied", key="A-1", correlation_key="ID-1", by="web")


def test_in_camunda_7_each_message_starts_a_case(stage: Stage) -> None:
    stage.deploy("inbound.bpmn")
    answers = [stage.engine.correlate("application-arrived", correlation_key="ID-1", by="web") for _ in range(2)]
    assert {answer.status for answer in answers} == {Received.STARTED}
