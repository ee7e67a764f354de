"""Signers added and removed, before, after and beside a task's holder, and in multi-instance activities."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from loanflow import Actor, CommandError, Conflict, NotPermitted
from loanflow.records import Task, TaskStatus
from tests.engine.conftest import Stage
from tests.support.drawn import drawn

ADMIN = Actor("sun.li", groups=("admin",))
VOTE = 'user vote many:people camunda:assignee="${person}"'


@pytest.fixture
def task(stage: Stage) -> Task:
    stage.engine.deploy(
        drawn("loan", 'start start\nuser review camunda:assignee="li"\nuser sign\nend end', "start -> review -> sign -> end"), by="analyst"
    )
    return stage.task(stage.start("loan"))


def stands_at(stage: Stage, task: Task) -> list[str]:
    return sorted(each.element_id for each in stage.engine.tokens(task.case_id))


def test_a_signer_before_signs_before_the_holder_can(stage: Stage, task: Task):
    (first,) = stage.engine.add_signer(task.id, "wang", position="before", by="li", reason="needs the collateral desk")
    with pytest.raises(Conflict, match="waits for wang to sign first") as refused:
        stage.engine.complete(task.id, {"ok": True}, by="li")
    assert refused.value.text("zh-CN") == "任务“Review”须等 wang 先签署"
    stage.engine.complete(first.id, {"ok": False, "note": "lien"}, by="wang")
    assert stage.engine.task(first.id).opinion == {"ok": False, "note": "lien"}
    assert stage.engine.variables(task.case_id) == {}
    stage.engine.complete(task.id, {"ok": True}, by="li")
    assert stands_at(stage, task) == ["sign"]
    assert stage.engine.variables(task.case_id) == {"ok": True}


def test_a_signer_after_signs_before_the_case_goes_on(stage: Stage, task: Task):
    (after,) = stage.engine.add_signer(task.id, "wang", position="after", by="li")
    assert stage.engine.task(after.id).status is TaskStatus.WAITING
    with pytest.raises(Conflict, match="not open yet"):
        stage.engine.complete(after.id, by="wang")
    stage.clock.turn(timedelta(hours=1))
    stage.engine.complete(task.id, {"ok": True}, by="li")
    assert stands_at(stage, task) == ["review"]
    assert stage.engine.task(after.id).created_at == after.created_at + timedelta(hours=1)
    assert stage.engine.variables(task.case_id) == {"ok": True}
    assert [each.id for each in stage.engine.tasks_of(task.case_id)] == [after.id]
    stage.engine.complete(after.id, {"ok": False}, by="wang")
    assert stands_at(stage, task) == ["sign"]
    assert stage.engine.variables(task.case_id) == {"ok": True}


def test_all_beside_must_sign_in_any_order(stage: Stage, task: Task):
    wang, chen = stage.engine.add_signer(task.id, "wang", "chen", position="parallel", by="li")
    stage.engine.complete(wang.id, by="wang")
    stage.engine.complete(task.id, {"ok": True}, by="li")
    assert stands_at(stage, task) == ["review"]
    stage.engine.complete(chen.id, by="chen")
    assert stands_at(stage, task) == ["sign"]
    assert stage.engine.variables(task.case_id) == {"ok": True}


def test_any_one_decides_where_the_rule_says_so(stage: Stage, task: Task):
    wang, chen = stage.engine.add_signer(task.id, "wang", "chen", position="parallel", rule="any", by="li")
    stage.engine.complete(wang.id, {"ok": True}, by="wang")
    assert stands_at(stage, task) == ["sign"]
    assert stage.engine.variables(task.case_id) == {"ok": True}
    assert {stage.engine.task(each.id).close_reason for each in (task, chen)} == {"decided by wang"}


def test_a_share_of_those_beside_decides(stage: Stage, task: Task):
    people = stage.engine.add_signer(task.id, "a", "b", "c", position="parallel", rule="0.5", by="li")
    stage.engine.complete(people[0].id, by="a")
    assert stands_at(stage, task) == ["review"]
    stage.engine.complete(people[1].id, by="b")
    assert stands_at(stage, task) == ["sign"]


def test_a_removed_signer_is_not_waited_for(stage: Stage, task: Task):
    wang, chen = stage.engine.add_signer(task.id, "wang", "chen", position="after", by="li")
    stage.engine.complete(task.id, by="li")
    stage.engine.complete(wang.id, by="wang")
    assert stage.engine.can_remove_signer(wang.id, by="li").code == "task-done"
    assert stage.engine.can_remove_signer(chen.id, by="zhao").code == "not-supervisor"
    gone = stage.engine.remove_signer(chen.id, by="li", reason="on leave")
    assert (gone.status, gone.close_reason) == (TaskStatus.CANCELLED, "on leave")
    assert stands_at(stage, task) == ["sign"]
    entry = next(entry for entry in stage.engine.history(task.case_id) if entry.kind == "task.signer-removed")
    assert (entry.data["signer"], entry.data["reason"]) == ("chen", "on leave")


def test_a_removed_signer_before_no_longer_blocks(stage: Stage, task: Task):
    (first,) = stage.engine.add_signer(task.id, "wang", position="before", by="li")
    stage.engine.remove_signer(first.id, by="li", reason="mistake")
    stage.engine.complete(task.id, by="li")
    assert stands_at(stage, task) == ["sign"]


def test_who_cannot_be_added_is_named(stage: Stage, task: Task):
    def why(*people, by="li", position="after", rule=None):
        return stage.engine.can_add_signer(task.id, *people, position=position, by=by, rule=rule)

    assert why("wang") is None
    assert why("li").code == "signs-already"
    assert why().code == "nobody-named"
    assert why("wang", by="zhao").code == "not-holder"
    assert why("wang", rule="2").code == "signing-rule"
    (first,) = stage.engine.add_signer(task.id, "wang", position="before", by="li")
    assert why("wang").code == "signs-already"
    assert stage.engine.can_add_signer(first.id, "chen", position="after", by="wang").code == "signer-adds"
    assert stage.engine.can_remove_signer(task.id, by=ADMIN).code == "no-signer"
    with pytest.raises(CommandError):
        stage.engine.add_signer(task.id, position="after", by="li")


def test_whatever_ends_the_token_ends_the_signers_tasks(stage: Stage, task: Task):
    stage.engine.add_signer(task.id, "wang", position="parallel", by="li")
    stage.engine.add_signer(task.id, "chen", position="after", by="li")
    stage.engine.cancel_case(task.case_id, by=ADMIN)
    statuses = {each.status for each in stage.engine.tasks_of(task.case_id, status=None)}
    assert statuses == {TaskStatus.CANCELLED}


def test_a_signer_sends_the_case_back(stage: Stage):
    stage.engine.deploy(
        drawn("two", 'start start\nuser apply\nuser review camunda:assignee="li"\nend end', "start -> apply -> review -> end"), by="analyst"
    )
    case = stage.start("two")
    stage.engine.complete(stage.task(case).id, by="zhao")
    (after,) = stage.engine.add_signer(stage.task(case).id, "wang", position="after", by="li")
    stage.engine.complete(stage.task(case).id, by="li")
    stage.engine.send_back(after.id, "apply", by="wang", reason="no")
    assert [each.element_id for each in stage.engine.tasks_of(case.id)] == ["apply"]
    stage.engine.complete(stage.task(case).id, by="zhao")
    stage.engine.complete(stage.task(case).id, by="li")
    assert stage.engine.case(case.id).status == "ended"


@pytest.fixture
def committee(stage: Stage):
    stage.engine.deploy(drawn("committee", f"start start\n{VOTE}\nuser sign\nend end", "start -> vote -> sign -> end"), by="analyst")
    return stage.start("committee", people=["a", "b"])


def votes(stage: Stage, case) -> dict[str, Task]:
    return {each.assignee: each for each in stage.engine.tasks_of(case.id) if each.element_id == "vote"}


def test_a_signer_beside_the_members_of_a_committee_is_one_more_member(stage: Stage, committee):
    (added,) = stage.engine.add_signer(votes(stage, committee)["a"].id, "c", position="parallel", by="a")
    assert (added.assignee, added.instance) == ("c", 2)
    assert set(votes(stage, committee)) == {"a", "b", "c"}
    for person in "abc":
        stage.engine.complete(votes(stage, committee)[person].id, by=person)
    assert stage.task(committee).element_id == "sign"


def test_a_member_removed_makes_the_committee_smaller(stage: Stage, committee):
    stage.engine.complete(votes(stage, committee)["a"].id, by="a")
    b = votes(stage, committee)["b"]
    with pytest.raises(NotPermitted):
        stage.engine.remove_signer(b.id, by="a", reason="absent")
    stage.engine.remove_signer(b.id, by=ADMIN, reason="absent")
    assert stage.engine.task(b.id).close_reason == "absent"
    assert stage.task(committee).element_id == "sign"


def test_the_last_member_stays(stage: Stage, committee):
    stage.engine.remove_signer(votes(stage, committee)["b"].id, by=ADMIN, reason="absent")
    assert stage.engine.can_remove_signer(votes(stage, committee)["a"].id, by=ADMIN).code == "last-signer"


def test_a_callers_rollback_takes_signers_back(stage: Stage, task: Task):
    with Session(stage.engine.store.engine) as session:
        stage.engine.within(session).add_signer(task.id, "wang", position="before", by="li")
        session.rollback()
    stage.engine.complete(task.id, by="li")
    assert stands_at(stage, task) == ["sign"]
