"""Jobs: tried, tried again later, given up, helped on; steered by BPMN errors."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from loanflow import BpmnError, Conflict, Engine, HandlerMissing, Handlers, NotFound, Retry, RetryAt
from loanflow.records import Case, CaseStatus, JobState
from tests.engine.conftest import MORNING, Stage
from tests.support.diagrams import diagram


def only_job(stage: Stage, case: Case) -> Any:
    (job,) = stage.engine.jobs_of(case.id)
    return job


def test_the_models_retry_cycle_decides_how_often_and_when(stage: Stage) -> None:
    stage.deploy("retry.bpmn")
    stage.answers["bureau"] = RuntimeError("line is down")
    case = stage.start("retry", "R-1")
    job = only_job(stage, case)
    assert (job.attempts, job.max_attempts, job.due_at - MORNING) == (1, 3, timedelta(minutes=10))
    assert job.last_error == "RuntimeError: line is down"
    stage.clock.turn(timedelta(minutes=10))
    stage.engine.run_due()
    assert only_job(stage, case).due_at - MORNING == timedelta(minutes=20)
    stage.clock.turn(timedelta(minutes=10))
    stage.engine.run_due()
    assert only_job(stage, case).state is JobState.DEAD
    assert len(stage.calls) == 3
    assert len({call.key for call in stage.calls}) == 1
    assert [call.attempt for call in stage.calls] == [1, 2, 3]
    (incident,) = stage.engine.incidents("R-1")
    assert incident.code == "retries-used-up"
    assert incident.message == "RuntimeError: line is down (try 3 of 3)"
    assert incident.element_id == "Call"
    kinds = stage.kinds(case)
    assert kinds.count("job.failed") == 2
    assert kinds[-1] == "incident.raised"
    stage.engine.verify_audit("R-1")


def test_a_resolved_incident_tries_again(stage: Stage) -> None:
    stage.deploy("retry.bpmn")
    stage.answers["bureau"] = RuntimeError("no such id")
    case = stage.start("retry", "R-1", national_id="wrong")
    for _ in range(2):
        stage.clock.turn(timedelta(minutes=10))
        stage.engine.run_due()
    (incident,) = stage.engine.incidents()
    stage.answers["bureau"] = lambda job: {"found": job.variables["national_id"]}
    resolved = stage.engine.resolve_incident(incident.id, variables={"national_id": "right"}, by="admin")
    assert resolved.resolved_by == "admin"
    stage.engine.run_due()
    assert stage.engine.case("R-1").status is CaseStatus.ENDED
    assert stage.engine.variables(case.id)["found"] == "right"
    with pytest.raises(Conflict, match="resolved already, by admin"):
        stage.engine.resolve_incident(incident.id, by="admin")


def test_handlers_terms_hold_where_the_model_says_nothing(stage: Stage) -> None:
    stage.deploy("review.bpmn", "risk.dmn")
    stage.answers["credit-score"] = RuntimeError("busy")
    case = stage.start("loan-review", amount=1)
    (job,) = [job for job in stage.engine.jobs_of(case.id) if job.handler]
    assert job.max_attempts == 3
    assert timedelta(0) <= job.due_at - MORNING <= timedelta(minutes=1)


def test_asking_for_more_time_uses_up_no_try(stage: Stage) -> None:
    stage.deploy("retry.bpmn")
    at = MORNING + timedelta(hours=1)
    stage.answers["bureau"] = [*[Retry(after=90)] * 5, RetryAt(at), {"ok": True}]
    case = stage.start("retry")
    for number in range(1, 6):
        job = only_job(stage, case)
        assert (job.attempts, job.due_at) == (0, MORNING + number * timedelta(seconds=90))
        stage.clock.turn_to(job.due_at)
        stage.engine.run_due()
    assert only_job(stage, case).due_at == at
    stage.clock.turn_to(at)
    stage.engine.run_due()
    assert stage.engine.case(case.id).status is CaseStatus.ENDED
    assert stage.kinds(case).count("job.postponed") == 6


def test_a_bpmn_error_takes_its_drawn_path(stage: Stage) -> None:
    stage.deploy("review.bpmn", "risk.dmn")
    stage.answers["credit-score"] = BpmnError("NO_CREDIT_FILE", variables={"bureau": "east"})
    case = stage.start("loan-review", amount=1)
    assert (case.status, case.end_event) == (CaseStatus.ENDED, "Declined")
    assert stage.engine.variables(case.id)["failure"] == "NO_CREDIT_FILE"
    assert stage.engine.variables(case.id)["bureau"] == "east"


def test_a_bpmn_error_nobody_catches_is_an_incident(stage: Stage) -> None:
    stage.deploy("retry.bpmn")
    stage.answers["bureau"] = [BpmnError("UNHEARD_OF"), {"ok": True}]
    case = stage.start("retry")
    (incident,) = stage.engine.incidents(case.id)
    assert incident.code == "uncaught-error"
    assert "UNHEARD_OF" in incident.message
    stage.engine.resolve_incident(incident.id, by="admin")
    stage.engine.run_due()
    assert stage.engine.case(case.id).status is CaseStatus.ENDED


def test_a_missing_variable_fails_the_try_and_names_the_nearest(stage: Stage) -> None:
    handlers = Handlers()
    handlers.service("bureau", retries=1)(lambda national_id: None)
    engine = Engine("sqlite://", handlers=[handlers], clock=stage.clock)
    content = diagram("retry.bpmn")["retry.bpmn"].replace(b"R3/PT10M", b"R1/PT10M")
    engine.deploy({"retry.bpmn": content}, by="analyst")
    case = engine.start("retry", variables={"nationalId": 1}, by="zhao")
    engine.run_due()
    (incident,) = engine.incidents(case.id)
    assert 'did you mean "nationalId"' in incident.message
    engine.close()


def test_an_answer_that_cannot_be_kept_is_a_failure(stage: Stage) -> None:
    stage.deploy("retry.bpmn")
    stage.answers["bureau"] = {"file": object()}
    case = stage.start("retry")
    assert "the handler's answer cannot be kept: file" in only_job(stage, case).last_error


def test_a_cancelled_case_fences_its_running_handler_out(stage: Stage) -> None:
    stage.deploy("retry.bpmn")

    def cancel_meanwhile(job: Any) -> dict[str, Any]:
        stage.engine.cancel_case(job.case_id, by="boss")
        return {"effect": "booked"}

    stage.answers["bureau"] = cancel_meanwhile
    case = stage.start("retry", "R-1")
    assert case.status is CaseStatus.CANCELLED
    assert "effect" not in stage.engine.variables("R-1")
    stage.engine.verify_audit("R-1")


def test_run_due_stops_at_its_limit(stage: Stage) -> None:
    stage.deploy("chain.bpmn")
    for _ in range(3):
        stage.engine.start("chain", by="zhao")
    assert stage.engine.run_due(limit=2) == 2
    assert len(stage.calls) == 2
    assert stage.engine.run_due() == 10


def test_only_wanted_topics_are_run(stage: Stage) -> None:
    stage.deploy("chain.bpmn")
    stage.engine.start("chain", by="zhao")
    assert stage.engine.run_due(topics=["credit-score"]) == 0
    assert stage.engine.run_due(topics=["step"]) == 4


def test_a_topic_without_handler_stops_the_start_of_the_engine(tmp_path: Any) -> None:
    url = f"sqlite:///{tmp_path / 'cases.db'}"
    first = Engine(url, remote=True)
    first.upgrade_database()
    first.deploy(diagram("retry.bpmn"), by="analyst")
    first.close()
    wrong = Handlers()
    wrong.service("buraeu")(lambda: None)
    with pytest.raises(HandlerMissing, match=r'"bureau" \(retry\); did you mean "buraeu"'):
        Engine(url, handlers=[wrong])
    Engine(url, remote=True).close()


def test_the_step_budget_ends_in_an_incident(stage: Stage) -> None:
    stage.deploy("runaway.bpmn")
    case = stage.engine.start("runaway", variables={"stop": False}, by="zhao")
    (incident,) = stage.engine.incidents(case.id)
    assert incident.code == "step-budget"
    stage.engine.resolve_incident(incident.id, variables={"stop": True}, by="admin")
    assert stage.engine.case(case.id).status is CaseStatus.ENDED


def test_no_way_on_is_an_incident_until_the_variable_is_there(stage: Stage) -> None:
    stage.deploy("stuck.bpmn")
    case = stage.engine.start("stuck", variables={"side": "up"}, by="zhao")
    (incident,) = stage.engine.incidents(case.id)
    assert incident.element_id == "Which"
    assert "Which way?" in incident.message
    stage.engine.resolve_incident(incident.id, by="admin")
    (again,) = stage.engine.incidents(case.id)
    assert again.id != incident.id
    stage.engine.resolve_incident(again.id, variables={"side": "left"}, by="admin")
    assert stage.task(case).name == "Left"
    assert stage.engine.incidents(case.id) == ()


def test_an_unknown_incident_is_not_found(stage: Stage) -> None:
    with pytest.raises(NotFound):
        stage.engine.resolve_incident("x", by="admin")


def test_a_lost_lease_is_taken_back_and_the_old_holder_fenced_out(stage: Stage) -> None:
    stage.deploy("retry.bpmn")
    stage.answers["bureau"] = {"ok": True}
    case = stage.engine.start("retry", by="zhao")
    (first,) = stage.engine.claim_jobs(1)
    assert stage.engine.claim_jobs(1) == ()
    stage.clock.turn(timedelta(seconds=61))
    assert stage.engine.reap() == 1
    (second,) = stage.engine.claim_jobs(1)
    assert second.fence == first.fence + 1
    assert stage.engine.run_job(first) == "fenced"
    assert stage.engine.run_job(second) == "done"
    assert stage.engine.case(case.id).status is CaseStatus.ENDED
    assert len(stage.calls) == 1


def test_a_job_whose_workers_keep_dying_is_given_up(stage: Stage) -> None:
    stage.deploy("retry.bpmn")
    case = stage.engine.start("retry", by="zhao")
    for _ in range(3):
        assert len(stage.engine.claim_jobs(1)) == 1
        stage.clock.turn(timedelta(seconds=61))
        stage.engine.reap()
    (incident,) = stage.engine.incidents(case.id)
    assert incident.code == "worker-lost"
    assert stage.engine.claim_jobs(1) == ()


def test_renewing_keeps_the_lease(stage: Stage) -> None:
    stage.deploy("retry.bpmn")
    stage.engine.start("retry", by="zhao")
    held = stage.engine.claim_jobs(1)
    stage.clock.turn(timedelta(seconds=50))
    assert stage.engine.renew_leases(held) == {held[0].id}
    stage.clock.turn(timedelta(seconds=50))
    assert stage.engine.reap() == 0


def test_a_worker_with_nothing_to_do_begins_no_write(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.deploy("chain.bpmn", "review.bpmn", "risk.dmn")
    stage.start("loan-review", "L-1", amount=1)  # Waits for a person, with a timer that is not due.

    def refuse(*_: Any, **__: Any) -> Any:
        raise AssertionError("nothing is due, and yet a write transaction began")

    with monkeypatch.context() as patched:
        patched.setattr(type(stage.engine.store), "run", refuse)
        assert stage.engine.run_due() == 0
        assert stage.engine.claim_jobs(5, topics=["step"]) == ()
        assert stage.engine.reap() == 0
    stage.engine.start("chain", key="C-1", by="zhao")
    assert stage.engine.claim_jobs(5, topics=["bureau"]) == ()
    (job,) = stage.engine.claim_jobs(5, topics=["step"])
    stage.clock.turn(timedelta(hours=1))
    assert stage.engine.reap() == 1
    (again,) = stage.engine.claim_jobs(5)
    assert (again.id, again.attempts) == (job.id, 2)
