"""Timers: boundary timers of both kinds, and processes that start by the clock."""

from __future__ import annotations

from datetime import timedelta

from tests.engine.conftest import MORNING, Stage


def test_an_interrupting_boundary_timer_takes_the_task_away(stage: Stage) -> None:
    stage.deploy("review.bpmn", "risk.dmn")
    stage.answers["credit-score"] = {"score": 1}
    case = stage.start("loan-review", amount=1)
    stage.clock.turn(timedelta(days=2) - timedelta(seconds=1))
    assert stage.engine.run_due() == 0
    assert stage.engine.next_due_at() == MORNING + timedelta(days=2)
    stage.clock.turn(timedelta(seconds=1))
    assert stage.engine.run_due() == 1
    assert [task.name for task in stage.engine.tasks_of(case.id)] == ["Escalated review"]


def test_a_task_done_in_time_takes_its_timer_along(stage: Stage) -> None:
    stage.deploy("review.bpmn", "risk.dmn")
    stage.answers["credit-score"] = {"score": 1}
    case = stage.start("loan-review", amount=1)
    from tests.engine.conftest import reviewer

    stage.engine.complete(stage.task(case, "Review").id, by=reviewer("li.na"))
    assert stage.engine.jobs_of(case.id) == ()


def test_a_cycle_fires_as_often_as_it_says_and_does_not_interrupt(stage: Stage) -> None:
    stage.deploy("documents.bpmn")
    case = stage.start("documents", "D-1")
    for day in range(1, 4):
        stage.clock.turn_to(MORNING + timedelta(days=day))
        stage.engine.run_due()
    assert [job.topic for job in stage.calls] == ["remind", "remind"]
    assert {token.element_id: token.kind for token in stage.engine.tokens(case.id)} == {"Wait": "message"}


def test_a_timer_start_event_starts_a_case_each_time(stage: Stage) -> None:
    stage.deploy("nightly.bpmn")
    assert stage.engine.cases().items == ()
    for day in range(1, 4):
        stage.clock.turn_to(MORNING + timedelta(days=day))
        assert stage.engine.run_due() == 1
    cases = stage.engine.cases(process_key="nightly").items
    assert [case.started_at - MORNING for case in cases] == [timedelta(days=3), timedelta(days=2), timedelta(days=1)]
    assert all(case.started_by == "worker" for case in cases)


def test_a_new_version_takes_over_the_clock(stage: Stage) -> None:
    from tests.support.diagrams import diagram

    stage.deploy("nightly.bpmn")
    content = diagram("nightly.bpmn")["nightly.bpmn"].replace(b"R/P1D", b"R/P2D")
    stage.engine.deploy({"nightly.bpmn": content}, by="analyst")
    stage.clock.turn(timedelta(days=1))
    assert stage.engine.run_due() == 0
    stage.clock.turn(timedelta(days=1))
    assert stage.engine.run_due() == 1
    assert [case.process_version for case in stage.engine.cases().items] == [2]
