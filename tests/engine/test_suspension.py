"""A suspended case or definition stands still, and catches up when it is resumed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from loanflow import Actor, Conflict, NotPermitted
from loanflow.records import CaseStatus, JobState
from tests.engine.conftest import Stage
from tests.support.drawn import drawn

ADMIN = Actor("sun.li", groups=("admin",), source="cli")
NODES = "start start\nuser review\nservice query\ntimer wait PT2H\nmessage papers\nuser sign\nend end"
FLOWS = "start -> review -> query -> wait -> papers -> sign -> end"


@pytest.fixture(autouse=True)
def _deployed(stage: Stage):
    stage.engine.deploy(drawn("loan", NODES, FLOWS), by="analyst")


def test_no_task_of_a_suspended_case_can_be_worked_on(stage: Stage):
    case = stage.start("loan")
    task = stage.task(case)
    suspended = stage.engine.suspend(case.id, by=ADMIN, reason="the applicant asked for time")
    assert suspended.status is CaseStatus.SUSPENDED
    for attempt in (
        lambda: stage.engine.complete(task.id, by="li"),
        lambda: stage.engine.claim(task.id, "li"),
        lambda: stage.engine.set_variables(case.id, {"a": 1}, by="li"),
    ):
        with pytest.raises(Conflict, match="is suspended") as refused:
            attempt()
        assert refused.value.code == "case-suspended"
    assert "suspended" in (stage.engine.may_not(task.id, "li") or "")
    assert stage.engine.tokens(case.id)[0].element_id == "review"
    stage.engine.resume(case.id, by=ADMIN)
    stage.engine.complete(task.id, by="li")
    entries = [(entry.kind, entry.data.get("reason")) for entry in stage.engine.history(case.id) if entry.kind.startswith("case.")]
    assert entries == [("case.started", None), ("case.suspended", "the applicant asked for time"), ("case.resumed", None)]
    stage.engine.verify_audit(case.id)


def test_jobs_and_timers_of_a_suspended_case_wait_and_are_caught_up_on(stage: Stage):
    case = stage.start("loan")
    stage.engine.complete(stage.task(case).id, by="li")
    stage.engine.suspend(case.id, by=ADMIN)
    assert stage.engine.run_due() == 0
    assert stage.calls == []
    stage.engine.resume(case.id, by=ADMIN)
    stage.engine.run_due()
    assert [call.topic for call in stage.calls] == ["step"]
    stage.engine.suspend(case.id, by=ADMIN)
    stage.clock.turn(timedelta(days=1))
    assert stage.engine.run_due() == 0
    assert [job.state for job in stage.engine.jobs_of(case.id)] == [JobState.SUSPENDED]
    stage.engine.resume(case.id, by=ADMIN)
    assert stage.engine.run_due() == 1
    assert stage.engine.tokens(case.id)[0].element_id == "papers"


def test_a_timer_not_yet_due_is_scheduled_again(stage: Stage):
    case = stage.start("loan")
    stage.engine.complete(stage.task(case).id, by="li")
    stage.engine.run_due()
    stage.engine.suspend(case.id, by=ADMIN)
    stage.engine.resume(case.id, by=ADMIN)
    assert stage.engine.run_due() == 0
    stage.clock.turn(timedelta(hours=2))
    assert stage.engine.run_due() == 1


def test_what_a_handler_answers_to_a_suspended_case_is_in_vain_and_asked_again(stage: Stage):
    case = stage.start("loan")
    stage.engine.complete(stage.task(case).id, by="li")
    stage.answers["step"] = lambda job: stage.engine.suspend(case.id, by=ADMIN) and None
    stage.engine.run_due()
    assert stage.engine.tokens(case.id)[0].element_id == "query"
    stage.answers.clear()
    stage.engine.resume(case.id, by=ADMIN)
    stage.engine.run_due()
    assert len({call.key for call in stage.calls}) == 1
    assert [call.attempt for call in stage.calls] == [1, 1]
    assert stage.engine.tokens(case.id)[0].element_id == "wait"


def test_messages_for_a_suspended_case_are_kept_however_long(stage: Stage):
    case = stage.start("loan", key="LN-1")
    stage.engine.complete(stage.task(case).id, by="li")
    stage.engine.run_due()
    stage.clock.turn(timedelta(hours=2))
    stage.engine.run_due()
    stage.engine.suspend("LN-1", by=ADMIN)
    assert stage.engine.correlate("papers", key="LN-1", by="mail", variables={"pages": 3}).status == "buffered"
    stage.clock.turn(timedelta(days=60))
    stage.engine.reap()
    stage.engine.resume("LN-1", by=ADMIN)
    assert stage.task(case).element_id == "sign"
    assert stage.engine.variables("LN-1")["pages"] == 3


def test_a_suspended_process_starts_no_cases_by_hand_message_or_timer(stage: Stage):
    (definition,) = stage.engine.suspend_definition("loan", by=ADMIN)
    assert definition.suspended_at == stage.clock.now()
    assert stage.engine.process_definition(definition.id).suspended_at == stage.clock.now()
    with pytest.raises(Conflict, match="is suspended since 2026-03-02 09:00 UTC") as refused:
        stage.engine.start("loan", by="zhao")
    assert "已挂起" in refused.value.text("zh-CN")
    stage.engine.resume_definition("loan", by=ADMIN)
    stage.start("loan")
    stage.deploy("nightly.bpmn", "inbound.bpmn")
    stage.engine.suspend_definition("nightly", by=ADMIN)
    stage.clock.turn(timedelta(days=2))
    stage.engine.run_due()
    assert stage.engine.cases(process_key="nightly").items == ()
    stage.engine.resume_definition("nightly", by=ADMIN)
    stage.engine.run_due()
    assert stage.engine.cases(process_key="nightly").items


def test_a_process_takes_its_cases_along_where_that_is_asked(stage: Stage):
    first, second = stage.start("loan"), stage.start("loan")
    stage.engine.suspend_definition("loan", by=ADMIN, cases=True)
    assert {stage.engine.case(case.id).status for case in (first, second)} == {CaseStatus.SUSPENDED}
    stage.engine.resume_definition("loan", by=ADMIN, cases=True)
    assert {stage.engine.case(case.id).status for case in (first, second)} == {CaseStatus.OPEN}
    stage.engine.suspend(first.id, by=ADMIN)
    stage.engine.cancel_definition("loan", by=ADMIN, reason="product withdrawn")
    assert {stage.engine.case(case.id).status for case in (first, second)} == {CaseStatus.CANCELLED}
    assert stage.engine.tasks_of(first.id) == ()
    with pytest.raises(Conflict):
        stage.engine.start("loan", by="zhao")


def test_only_supervisors_suspend(stage: Stage):
    case = stage.start("loan")
    with pytest.raises(NotPermitted):
        stage.engine.suspend(case.id, by="zhao")
    assert stage.engine.can_suspend(case.id, by=ADMIN) is None
    refusal = stage.engine.can_suspend(case.id, by="zhao")
    assert refusal is not None
    assert refusal.code == "not-supervisor"


def test_a_callers_rollback_takes_the_suspension_back(stage: Stage):
    case = stage.start("loan")
    with Session(stage.engine.store.engine) as session:
        stage.engine.within(session).suspend(case.id, by=ADMIN)
        session.rollback()
    assert stage.engine.case(case.id).status is CaseStatus.OPEN


def test_what_a_handler_could_not_do_is_done_by_hand(stage: Stage):
    case = stage.start("loan")
    stage.engine.complete(stage.task(case).id, by="li")
    stage.answers["step"] = ValueError("the bureau is closed")
    for _ in range(3):
        stage.engine.run_due()
        stage.clock.turn(timedelta(hours=1))
    (incident,) = stage.engine.incidents(case.id)
    assert incident.element_id == "query"
    assert "the bureau is closed" in incident.message
    assert stage.engine.incident_variables(incident.id) == {}
    with pytest.raises(NotPermitted):
        stage.engine.complete_incident(incident.id, by="zhao", reason="by phone")
    stage.engine.complete_incident(incident.id, {"score": 700}, by=ADMIN, reason="asked by phone")
    assert stage.engine.incidents(case.id) == ()
    assert stage.engine.variables(case.id)["score"] == 700
    assert stage.engine.tokens(case.id)[0].element_id == "wait"
    assert [job.kind for job in stage.engine.jobs_of(case.id)] == ["timer"]
    with pytest.raises(Conflict, match="resolved already"):
        stage.engine.complete_incident(incident.id, by=ADMIN, reason="again")
