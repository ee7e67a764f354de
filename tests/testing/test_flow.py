"""The test kit, used as its users use it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from loanflow import BpmnError, HandlerMissing, NotPermitted
from loanflow.testing import Flow

DIAGRAMS = Path(__file__).parents[1] / "engine" / "diagrams"


def review(flow: Flow) -> Flow:
    return flow.deploy(DIAGRAMS / "review.bpmn", DIAGRAMS / "risk.dmn").stub("disburse")


def test_a_case_is_played_to_its_end(flow: Flow) -> None:
    review(flow).stub("credit-score", score=640)
    case = flow.start("loan-review", key="T-1", amount=90_000)
    case.task("Review").claim("li.na").complete(opinion="fine")
    assert case.passed("Score", "Review")
    assert not case.passed("Pay out")
    with pytest.raises(NotPermitted):
        case.task("Approve").claim("li.na")
    case.task("Approve").complete(by="wang.fang")
    assert case.ended_at("Paid")
    assert case.variables["opinion"] == "fine"
    assert flow.case("T-1").ended


def test_time_passes_when_it_is_told_to(flow: Flow) -> None:
    review(flow).stub("credit-score", score=640)
    case = flow.start("loan-review", key="T-1", amount=90_000)
    flow.advance(hours=47)
    assert not case.passed("Two days")
    flow.advance(hours=1)
    assert case.passed("Two days")
    assert case.task("Escalated review").assignee == "manager"


def test_timers_fire_in_order_at_their_own_time(flow: Flow) -> None:
    seen: list[timedelta] = []
    start = flow.now()
    flow.deploy(DIAGRAMS / "documents.bpmn")
    flow.stub("remind", does=lambda job: seen.append(flow.now() - start))
    flow.start("documents", key="D-1")
    flow.advance(days=10)
    assert seen == [timedelta(days=1), timedelta(days=2)]
    assert flow.now() - start == timedelta(days=10)


def test_a_decision_says_which_rules_matched(flow: Flow) -> None:
    review(flow).stub("credit-score", score=700)
    case = flow.start("loan-review", amount=1)
    decision = case.decision("Risk")
    assert decision.matched_rules == [1]
    assert decision.value == "A"
    assert decision.inputs == {"score": 700}
    assert case.ended_at("Paid")


def test_a_stub_can_fail_as_the_world_does(flow: Flow) -> None:
    review(flow).stub("credit-score", error="NO_CREDIT_FILE")
    assert flow.start("loan-review", amount=1).ended_at("Declined")
    flow.stub("credit-score", error=BpmnError("NO_CREDIT_FILE"))
    assert flow.start("loan-review", amount=1).ended_at("Declined")
    flow.stub("credit-score", error=RuntimeError("down"))
    case = flow.start("loan-review", amount=1)
    assert case.waits_at("Score")
    flow.advance(hours=1)
    assert "down" in case.incidents[0].message


def test_messages_reach_cases(flow: Flow) -> None:
    flow.deploy(DIAGRAMS / "documents.bpmn").stub("remind")
    case = flow.start("documents", key="D-1")
    case.correlate("documents-received", pages=3)
    assert case.task("Check documents").complete().ended
    assert case.variables["pages"] == 3


def test_a_failing_assertion_tells_where_the_case_stands(flow: Flow) -> None:
    review(flow).stub("credit-score", score=640)
    case = flow.start("loan-review", key="T-1", amount=1)
    with pytest.raises(AssertionError, match=r'not passed: Approve; passed Submitted, Score, Risk, .*stands at "Review" \(task\)'):
        assert case.passed("Approve")
    with pytest.raises(AssertionError, match=r'no open task "Approve" \(open: "Review"\); case T-1 stands at'):
        case.task("Approve")
    with pytest.raises(AssertionError, match="was not evaluated"):
        case.decision("Pricing")
    with pytest.raises(AssertionError, match="belongs to nobody"):
        case.task("Review").complete()


def test_a_job_nobody_handles_fails_the_test(flow: Flow) -> None:
    flow.deploy(DIAGRAMS / "retry.bpmn")
    with pytest.raises(HandlerMissing, match=r'flow.stub\("bureau"'):
        flow.start("retry")


def test_flows_do_not_know_of_each_other(flow: Flow) -> None:
    other = Flow()
    flow.deploy(DIAGRAMS / "continuation.bpmn")
    assert other.engine.definitions() == ()
    other.close()
