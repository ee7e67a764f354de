"""Sent back, recalled, withdrawn: an act undone through the engine, with its rows, its history and its reasons."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from loanflow import Actor, CommandError, Conflict, NotPermitted
from loanflow.records import CaseStatus, TaskStatus
from tests.engine.conftest import Stage
from tests.support.drawn import drawn

NODES = """
start start
user apply
parallel split
user risk camunda:candidateGroups="reviewer"
user legal camunda:candidateGroups="reviewer"
parallel join
user approve
end end
"""
FLOWS = "start -> apply -> split -> risk -> join -> approve -> end\nsplit -> legal -> join"
RISK, LEGAL = Actor("li.na", groups=("reviewer",)), Actor("wang.fang", groups=("reviewer",))


@pytest.fixture
def case(stage: Stage):
    stage.engine.deploy(drawn("loan", NODES, FLOWS), by="analyst")
    return stage.start("loan", key="LN-1")


def done(stage: Stage, case, **people):
    for name, person in people.items():
        stage.engine.complete(stage.task(case, name.title()).id, {name: "ok"}, by=person)


def open_names(stage: Stage, case) -> list[str]:
    return sorted(task.name for task in stage.engine.tasks_of(case.id))


def test_a_case_goes_back_over_a_join_to_whoever_did_it_and_begins_another_round(stage: Stage, case):
    done(stage, case, apply="zhao", risk=RISK, legal=LEGAL)
    approve = stage.task(case)
    back = stage.engine.send_back(approve.id, "risk", by="chen", reason="the income is not proven")
    assert back.round == 2
    (task,) = stage.engine.tasks_of(case.id)
    assert (task.name, task.assignee, task.round) == ("Risk", "li.na", 2)
    closed = stage.engine.task(approve.id)
    assert closed.status is TaskStatus.CANCELLED
    assert closed.close_reason == 'sent back to "Risk" by chen: the income is not proven'
    stage.engine.complete(task.id, by=RISK)
    assert open_names(stage, case) == ["Approve"]
    assert stage.task(case).round == 2
    entry = next(entry for entry in stage.engine.history(case.id) if entry.kind == "case.sent_back")
    assert (entry.actor, entry.element_id, entry.data["to"], entry.data["round"]) == ("chen", "approve", "risk", 2)
    assert set(entry.data["reopened"]) == {"risk", "join"}
    stage.engine.verify_audit(case.id)
    done(stage, case, approve="chen")
    assert stage.engine.case(case.id).status is CaseStatus.ENDED


def test_without_a_place_the_case_goes_back_to_the_last_act(stage: Stage, case):
    done(stage, case, apply="zhao", legal=LEGAL)
    stage.engine.send_back(stage.task(case, "Risk").id, by=RISK, reason="no payslips")
    assert open_names(stage, case) == ["Apply"]
    assert stage.task(case).assignee == "zhao"


def test_every_place_before_says_what_it_would_bring_about_or_why_it_is_closed(stage: Stage, case):
    done(stage, case, apply="zhao", legal=LEGAL)
    risk = stage.task(case, "Risk")
    apply, legal = stage.engine.send_back_targets(risk.id)
    assert (apply.element_name, apply.done_by, apply.refusal) == ("Apply", "zhao", None)
    assert [task.name for task in apply.closes] == ["Risk"]
    assert legal.refusal is not None
    assert legal.refusal.code == "parallel-branch"
    assert "并行分支" in legal.refusal.text("zh-CN")
    refusal = stage.engine.can_send_back(risk.id, "legal", by=RISK)
    assert refusal == legal.refusal
    with pytest.raises(CommandError, match="parallel branch"):
        stage.engine.send_back(risk.id, "legal", by=RISK, reason="x")
    assert stage.engine.can_send_back(risk.id, "approve", by=RISK).code == "not-done-before"
    assert stage.engine.can_send_back(risk.id, "apply", by=RISK) is None
    assert stage.engine.can_send_back(risk.id, "apply", by="nobody").code == "not-permitted"


def test_a_return_can_be_followed_by_another(stage: Stage, case):
    done(stage, case, apply="zhao", risk=RISK, legal=LEGAL)
    for number, (name, person) in enumerate([("risk", RISK), ("legal", LEGAL), ("apply", "zhao")], start=2):
        back = stage.engine.send_back(stage.task(case, "Approve").id, name, by="chen", reason="again")
        assert back.round == number
        stage.engine.complete(stage.task(case, name.title()).id, by=person)
    assert open_names(stage, case) == ["Legal", "Risk"]
    done(stage, case, risk=RISK, legal=LEGAL, approve="chen")
    assert stage.engine.case(case.id).status is CaseStatus.ENDED


def test_rounds_tell_who_why_and_what_changed(stage: Stage, case):
    stage.engine.complete(stage.task(case).id, {"amount": 100}, by="zhao")
    stage.engine.send_back(stage.task(case, "Risk").id, "apply", by=RISK, reason="too much")
    stage.engine.complete(stage.task(case).id, {"amount": 80}, by="zhao")
    first, second = stage.engine.rounds(case.id)
    assert (first.number, first.opened_by, first.reason, first.changes["amount"].after) == (1, "zhao", None, 100)
    assert (second.number, second.opened_by, second.reason, second.sent_from, second.sent_to) == (2, "li.na", "too much", "risk", "apply")
    assert (second.changes["amount"].before, second.changes["amount"].after) == (100, 80)


def test_a_colleague_who_was_faster_wins(stage: Stage, case):
    done(stage, case, apply="zhao")
    task = stage.task(case, "Risk")
    done(stage, case, risk=RISK)
    with pytest.raises(Conflict, match="done already") as refused:
        stage.engine.send_back(task.id, "apply", by=RISK, reason="late")
    assert refused.value.code == "task-done"


def test_a_callers_rollback_takes_a_return_back(stage: Stage, case):
    done(stage, case, apply="zhao")
    before = stage.engine.case(case.id)
    with Session(stage.engine.store.engine) as session:
        inside = stage.engine.within(session)
        inside.send_back(stage.task(case, "Risk").id, "apply", by=RISK, reason="try")
        assert [task.name for task in inside.tasks_of(case.id)] == ["Apply"]
        session.rollback()
    assert stage.engine.case(case.id) == before
    assert open_names(stage, case) == ["Legal", "Risk"]


def test_one_takes_back_what_nobody_has_built_on(stage: Stage, case):
    task = stage.task(case)
    done(stage, case, apply="zhao")
    assert stage.engine.can_recall(task.id, by="zhao") is None
    again = stage.engine.recall(task.id, by="zhao", reason="wrong file")
    assert (again.name, again.assignee, again.round) == ("Apply", "zhao", 1)
    assert open_names(stage, case) == ["Apply"]
    entry = next(entry for entry in stage.engine.history(case.id) if entry.kind == "case.recalled")
    assert entry.data["reason"] == "wrong file"
    with pytest.raises(CommandError, match="not completed, or has been sent back"):
        stage.engine.recall(task.id, by="zhao")


def test_it_is_too_late_to_recall_once_somebody_works_on_it(stage: Stage, case):
    task = stage.task(case)
    done(stage, case, apply="zhao")
    assert stage.engine.can_recall(task.id, by="li.na").code == "not-yours"
    stage.engine.claim(stage.task(case, "Risk").id, RISK)
    refusal = stage.engine.can_recall(task.id, by="zhao")
    assert refusal.code == "opened-since"
    assert refusal.message == 'li.na works on task "Risk" already: it is too late to recall'
    done(stage, case, risk=RISK)
    assert stage.engine.can_recall(task.id, by="zhao").code == "acted-since"


def test_what_a_handler_did_is_not_recalled(stage: Stage):
    stage.engine.deploy(
        drawn("query", "start start\nuser apply\nservice score\nuser review\nend end", "start -> apply -> score -> review -> end"),
        by="analyst",
    )
    case = stage.start("query")
    task = stage.task(case)
    stage.engine.complete(task.id, by="zhao")
    stage.engine.recall(task.id, by="zhao")
    assert stage.engine.jobs_of(case.id) == ()
    again = stage.task(case)
    stage.engine.complete(again.id, by="zhao")
    (held,) = stage.engine.claim_jobs(1)
    assert stage.engine.can_recall(again.id, by="zhao").code == "at-work"
    stage.engine.run_job(held)
    refusal = stage.engine.can_recall(again.id, by="zhao")
    assert refusal.code == "happened-since"
    assert "send the case back instead" in refusal.message
    (apply, *_) = [target for target in stage.engine.send_back_targets(stage.task(case).id) if target.element_id == "apply"]
    assert apply.repeats == ("Score",)
    stage.engine.send_back(stage.task(case).id, "apply", by="chen", reason="again")
    stage.engine.complete(stage.task(case).id, by="zhao")
    stage.engine.run_due()
    assert len(stage.calls) == 2
    assert len({call.key for call in stage.calls}) == 2


def test_whoever_started_a_case_withdraws_it_while_nobody_works_on_it(stage: Stage, case):
    assert stage.engine.can_withdraw("LN-1", by="li.na").code == "not-yours"
    done(stage, case, apply="zhao")
    assert stage.engine.can_withdraw("LN-1", by="zhao") is None
    stage.engine.claim(stage.task(case, "Risk").id, RISK)
    with pytest.raises(Conflict, match="works on"):
        stage.engine.withdraw("LN-1", by="zhao")
    stage.engine.unclaim(stage.task(case, "Risk").id, RISK)
    ended = stage.engine.withdraw("LN-1", by="zhao", reason="found another bank")
    assert (ended.status, ended.outcome) == (CaseStatus.CANCELLED, "withdrawn")
    assert stage.kinds(case)[-1] == "case.withdrawn"
    assert open_names(stage, case) == []


def test_a_reason_is_needed_to_send_back(stage: Stage, case):
    done(stage, case, apply="zhao")
    with pytest.raises(CommandError, match="a reason is needed"):
        stage.engine.send_back(stage.task(case, "Risk").id, "apply", by=RISK, reason="  ")


def test_a_restored_task_of_an_interrupted_branch_goes_to_whoever_held_it(stage: Stage, case):
    done(stage, case, apply="zhao")
    stage.engine.claim(stage.task(case, "Legal").id, LEGAL)
    stage.clock.turn(timedelta(minutes=1))
    stage.engine.send_back(stage.task(case, "Risk").id, "apply", by=RISK, reason="no payslips")
    done(stage, case, apply="zhao")
    assert stage.task(case, "Legal").assignee is None


def test_a_case_moved_by_hand_still_knows_its_ways_back(stage: Stage, case):
    from loanflow.engine import Skip

    done(stage, case, apply="zhao", risk=RISK)
    admin = Actor("sun.li", groups=("admin",))
    stage.engine.modify(case.id, Skip(stage.task(case, "Legal").token), by=admin, reason="no collateral")
    assert [target.element_id for target in stage.engine.send_back_targets(stage.task(case).id)] == ["risk", "apply"]
    stage.engine.send_back(stage.task(case).id, "apply", by="chen", reason="again")
    assert open_names(stage, case) == ["Apply"]


def test_tasks_know_who_may_not(stage: Stage, case):
    done(stage, case, apply="zhao")
    with pytest.raises(NotPermitted):
        stage.engine.send_back(stage.task(case, "Risk").id, "apply", by="zhao", reason="x")
