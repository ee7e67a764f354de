"""The pattern diagrams analysts copy: each is read without a warning, compiles, and does what its documentation says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from loanflow import bpmn
from loanflow.execution import Program, compile_process
from loanflow.problems import Severity
from tests.execution.host import Story

PATTERNS = Path(__file__).parents[2] / "diagrams" / "patterns"


def pattern(name: str) -> Program:
    path = PATTERNS / f"{name}.bpmn"
    model = bpmn.read(path.read_bytes(), file=path.name)
    (process,) = model.processes
    return compile_process(model, process.id, program_id=process.id)


def story(name: str, **variables: Any) -> Story:
    return Story(pattern(name), variables)


@pytest.mark.parametrize("path", sorted(PATTERNS.glob("*.bpmn")), ids=lambda path: path.stem)
def test_every_pattern_is_read_without_a_warning_and_drawn_whole(path: Path) -> None:
    model = bpmn.read(path.read_bytes(), file=path.name)
    assert [str(problem) for problem in bpmn.check(model) if problem.severity is not Severity.INFO] == []
    (process,) = model.processes
    assert process.name
    assert process.documentation
    (diagram,) = model.diagrams
    drawn = set(diagram.shapes) | set(diagram.edges)
    for node in process.body.walk():
        assert node.id in drawn
    assert set(process.body.flows) <= drawn
    assert pattern(path.stem).process_id == f"pattern-{path.stem}"


def test_sequence() -> None:
    walk = story("sequence")
    walk.complete("Register")
    walk.complete("Archive")
    assert walk.ended


@pytest.mark.parametrize(("score", "open_at"), [(71, "Pass"), (70, "Pass"), (69, "Review"), (40, "Review"), (39, "Decline")])
def test_exclusive_choice(score: int, open_at: str) -> None:
    walk = story("exclusive-choice", score=score)
    assert walk.places() == [open_at]
    walk.complete(open_at)
    assert walk.ended


def test_parallel_work() -> None:
    walk = story("parallel-work")
    walk.complete("Query", bureau_score=650)
    assert walk.case.variables(walk.task("Visit").token) == {"bureau_score": 650}
    walk.complete("Visit")
    walk.complete("Conclude")
    assert walk.ended


@pytest.mark.parametrize(
    ("collateral", "guarantor", "tasks"),
    [(True, True, ["Collateral", "Guarantor"]), (False, True, ["Guarantor"]), (False, False, ["Basic"])],
)
def test_inclusive_choice(collateral: bool, guarantor: bool, tasks: list[str]) -> None:
    walk = story("inclusive-choice", has_collateral=collateral, has_guarantor=guarantor)
    assert walk.tasks == tasks
    for task in tasks:
        assert "Decide" not in walk.tasks
        walk.complete(task)
    walk.complete("Decide")
    assert walk.ended


def test_first_event_wins() -> None:
    walk = story("first-event-wins", contract_no="C-1")
    walk.deliver("Signed")
    assert (walk.jobs, walk.timers) == (["disburse"], {})
    walk = story("first-event-wins", contract_no="C-1")
    assert walk.turn(days=30) == ["Expired"]
    assert (walk.jobs, walk.subscriptions) == (["release-limit"], [])


def test_rework_loop() -> None:
    walk = story("rework-loop", rounds=0)
    walk.complete("Check", complete=False)
    walk.complete("Supplement", rounds=1)
    walk.complete("Check", complete=True)
    assert walk.ended


def test_sub_process() -> None:
    walk = story("sub-process", amount=100, application_no="A-1")
    assert walk.case.variables(walk.task("Visit").token)["limit"] == 200
    walk.complete("Visit")
    walk.complete("Report", report="good")
    assert (walk.tasks, walk.variables["report"]) == (["Decide"], "good")
    walk = story("sub-process", amount=100, application_no="A-1")
    assert walk.deliver("Withdrawn").end_event == "Closed"


def test_call_activity() -> None:
    called = pattern("called-process")
    walk = Story(pattern("call-activity"), {"applicant": "王芳"}, called=(called,))
    assert walk.case.variables(walk.task("Verify").token) == {"person": "王芳"}
    walk.complete("Verify", verified=True)
    assert walk.variables == {"applicant": "王芳", "identity_verified": True}
    walk = Story(pattern("call-activity"), {"applicant": "王芳"}, called=(called,))
    assert walk.complete("Verify", verified=False).end_event == "Stopped"


def test_committee_vote() -> None:
    walk = story("committee-vote", members=["li", "wang", "zhao"])
    assert [request.assignee for request in walk.open.values()] == ["li", "wang", "zhao"]  # type: ignore[attr-defined]
    walk.complete_instance("Vote", 2, vote="yes")
    walk.complete_instance("Vote", 1, vote="no")
    assert walk.tasks == ["Vote"]
    walk.complete_instance("Vote", 0, vote="yes")
    assert (walk.tasks, walk.variables["votes"]) == (["Minutes"], ["yes", "no", "yes"])
    walk = story("committee-vote", members=["li", "wang", "zhao"])
    walk.complete_instance("Vote", 2, vote="no")
    walk.complete_instance("Vote", 1, vote="no")
    assert (walk.tasks, walk.variables["votes"]) == (["Minutes"], [None, "no", "no"])


def test_signing_in_turn() -> None:
    walk = story("signing-in-turn", signers=["li", "wang", "zhao"])
    assert walk.task("Sign").assignee == "li"
    walk.complete("Sign", signed=True)
    assert walk.task("Sign").assignee == "wang"
    walk.complete("Sign", signed=False)
    assert walk.ended
    assert walk.variables["signatures"] == [True, False, None]


def test_deadline() -> None:
    walk = story("deadline")
    assert walk.turn(hours=8) == ["Overdue"]
    assert walk.tasks == ["Escalated"]
    walk.complete("Escalated")
    assert walk.ended


def test_reminder() -> None:
    walk = story("reminder")
    assert walk.turn(days=10) == ["Daily", "Daily", "Daily"]
    assert (walk.tasks, walk.jobs) == (["Review"], ["notify"] * 3)


def test_error_path() -> None:
    walk = story("error-path")
    walk.throw("Query", "NO_CREDIT_FILE")
    assert walk.tasks == ["Manual"]
    walk = story("error-path")
    walk.throw("Query", "SOMETHING_ELSE")
    assert walk.tasks == ["Repair"]


def test_waiting_for_a_message() -> None:
    walk = Story(pattern("waiting-for-a-message"), {"application_no": "A-1"}, start_event="Applied")
    walk.deliver("Documents", documents=["id"])
    walk.complete("Examine")
    walk.deliver("Confirmed")
    walk.complete("Told")
    assert walk.ended


def test_timed_start() -> None:
    from tests.execution.host import MORNING

    program = pattern("timed-start")
    due, _ = program.first_due("EveryDay", now=MORNING) or (None, None)
    assert str(due) == "2026-03-03 01:00:00+00:00"
    walk = Story(program, start_event="EveryDay")
    walk.complete("Collect")
    assert walk.turn(hours=2) == ["Settle"]
    walk.complete("Follow")
    assert walk.ended


def test_rules_and_scripts() -> None:
    walk = Story(pattern("rules-and-scripts"), {"debt": 30, "income": 120}, decisions={"risk_grade": lambda seen: "A"})
    assert walk.ended
    assert (walk.variables["grade"], str(walk.variables["debt_ratio"])) == ("A", "0.25")


def test_stop_everything() -> None:
    walk = story("stop-everything")
    assert walk.complete("Fraud", fraud=True).outcome == "terminated"
    walk = story("stop-everything")
    walk.complete("Fraud", fraud=False)
    assert walk.complete("Review").outcome == "completed"


def test_work_per_item() -> None:
    walk = story("work-per-item", accounts=["a", "b"])
    walk.run_jobs()
    assert walk.tasks == ["Judge", "Judge"]
    walk.complete("Judge", finding="fine")
    walk.complete("Judge", finding="odd")
    assert walk.ended
    assert walk.variables["findings"] == ["fine", "odd"]
