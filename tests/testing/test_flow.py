"""The test kit, used as its users use it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from loanflow import BpmnError, HandlerMissing, NotPermitted
from loanflow.testing import CaseUnderTest, Flow, WorkingDays

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


def test_working_days_leave_out_weekends_and_holidays_and_count_make_up_days() -> None:
    calendar = WorkingDays(holidays=[date(2026, 3, 5)], working_weekends=[date(2026, 3, 8)])
    with_days_off = Flow(calendar=calendar)
    with_days_off.advance(working_days=2)
    assert with_days_off.now() == datetime(2026, 3, 4, 9, tzinfo=UTC)
    with_days_off.advance(working_days=2, hours=1)
    assert with_days_off.now() == datetime(2026, 3, 8, 10, tzinfo=UTC)
    with_days_off.close()


@pytest.mark.parametrize(
    ("days", "wanted"),
    [(0, datetime(2026, 3, 6, 20, tzinfo=UTC)), (1, datetime(2026, 3, 9, 20, tzinfo=UTC)), (6, datetime(2026, 3, 16, 20, tzinfo=UTC))],
)
def test_working_days_start_from_any_time_of_day(days: int, wanted: datetime) -> None:
    assert WorkingDays().after(datetime(2026, 3, 6, 20, tzinfo=UTC), days) == wanted


def test_working_days_are_those_of_the_calendar_s_zone() -> None:
    shanghai = WorkingDays(zone=ZoneInfo("Asia/Shanghai"))
    # Friday evening in UTC is Saturday morning in Shanghai.
    assert shanghai.after(datetime(2026, 3, 6, 20, tzinfo=UTC), 1) == datetime(2026, 3, 8, 20, tzinfo=UTC)


def test_working_days_never_come_where_nobody_works() -> None:
    every = [date(2026, 1, 1) + timedelta(days=n) for n in range(800)]
    with pytest.raises(ValueError, match="nobody works for a year"):
        WorkingDays(holidays=every).after(datetime(2026, 3, 6, tzinfo=UTC), 1)
    with pytest.raises(ValueError, match="never goes back"):
        WorkingDays().after(datetime(2026, 3, 6, tzinfo=UTC), -1)


def test_paths_tasks_timers_and_decisions_are_asserted(flow: Flow) -> None:
    review(flow).stub("credit-score", score=640)
    case = flow.start("loan-review", key="T-1", amount=90_000)
    assert case.passed_in_order("Score", "Risk")
    assert not case.passed_in_order("Risk", "Score")
    assert case.has_tasks("Review")
    assert case.has_task("Review")
    assert not case.has_task("Review", assignee="nobody.else")
    assert not case.has_tasks("Review", "Approve")
    assert case.has_timer("Two days", due_in=timedelta(days=2))
    assert case.timer("Two days").due_in == timedelta(days=2)
    assert not case.has_timer("Two days", due_in=timedelta(days=3))
    assert case.decided("Risk", rules=[2])
    assert not case.decided("Risk", value="no such grade")
    assert case.has_variables(amount=90_000)
    assert not case.has_incident()
    flow_id = next(entry.element_id for entry in case.history if entry.kind == "flow.taken")
    assert case.took(flow_id)
    case.task("Review").claim("li.na")
    assert case.has_task("Review", assignee="li.na")


@pytest.mark.parametrize(
    ("ask", "told"),
    [
        (lambda case: case.passed_in_order("Risk", "Score"), "Score: not after Risk; passed Submitted, Score, Risk"),
        (lambda case: case.took("no such flow"), "not taken: no such flow; took "),
        (lambda case: case.has_task("Approve"), r'open tasks: "Review" \(held by nobody'),
        (lambda case: case.has_tasks("Approve"), "open tasks: Review; passed Submitted"),
        (lambda case: case.has_timer("Three days"), r'timers: "Two days" due 2026-03-04 09:00 \(in 2 days, 0:00:00\)'),
        (lambda case: case.timer("Three days"), r'no timer "Three days" is running \(running: "Two days"'),
        (lambda case: case.decided("Pricing"), "evaluated: "),
        (lambda case: case.decided("Risk", rules=[9]), "<decision Risk: "),
        (lambda case: case.has_variables(amount=1, term=12), "amount is .*90000.*; there is no term; passed"),
        (lambda case: case.has_incident("Review"), 'stands at "Review"'),
        (lambda case: case.ended_at("Paid"), "passed Submitted, Score"),
    ],
)
def test_what_does_not_hold_says_what_happened_instead(flow: Flow, ask: Callable[[CaseUnderTest], object], told: str) -> None:
    review(flow).stub("credit-score", score=640)
    case = flow.start("loan-review", key="T-1", amount=90_000)
    with pytest.raises(AssertionError, match=told):
        assert ask(case)
