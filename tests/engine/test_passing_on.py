"""Transferred, delegated, copied, urged."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from loanflow import Actor, Conflict, NotPermitted
from loanflow.records import Task
from tests.engine.conftest import Stage
from tests.support.drawn import drawn

ADMIN = Actor("sun.li", groups=("admin",))
NODES = """
start start
user apply
user review camunda:candidateGroups="reviewer"
user sign
end end
"""


@pytest.fixture
def task(stage: Stage) -> Task:
    stage.engine.deploy(drawn("loan", NODES, "start -> apply -> review -> sign -> end"), by="analyst")
    case = stage.start("loan", key="LN-1")
    stage.engine.complete(stage.task(case).id, by="zhao")
    return stage.engine.claim(stage.task(case).id, Actor("li", groups=("reviewer",)))


def test_a_transferred_task_is_the_others(stage: Stage, task: Task):
    after = stage.engine.transfer(task.id, "wang", by="li", reason="on leave")
    assert (after.assignee, after.version) == ("wang", task.version + 1)
    entry = stage.engine.history(task.case_id)[-1]
    assert (entry.kind, entry.data["before"], entry.data["after"], entry.data["reason"]) == ("task.transferred", "li", "wang", "on leave")
    with pytest.raises(NotPermitted):
        stage.engine.complete(task.id, by="li")
    stage.engine.complete(task.id, by="wang")


def test_a_task_goes_only_to_whom_the_rules_allow(stage: Stage, task: Task):
    def why(to, by="li"):
        refusal = stage.engine.can_transfer(task.id, to, by=by)
        return None if refusal is None else refusal.code

    assert why("wang") is None
    assert why("li") == "has-it"
    assert why("wang", by="zhao") == "not-holder"
    assert why(Actor("wang", groups=("cashier",))) == "not-permitted"
    assert why("wang", by=ADMIN) is None
    with pytest.raises(Conflict, match="changed since you looked"):
        stage.engine.transfer(task.id, "wang", by="li", reason="x", if_version=task.version - 1)


def test_a_delegated_task_comes_back_with_an_opinion(stage: Stage, task: Task):
    away = stage.engine.delegate(task.id, "wang", by="li", reason="you know the sector")
    assert (away.assignee, away.owner) == ("wang", "li")
    with pytest.raises(Conflict, match="wang gives an opinion, then it goes back to li") as refused:
        stage.engine.complete(task.id, by="wang")
    assert refused.value.code == "delegated"
    assert stage.engine.can_delegate(task.id, "chen", by="wang").code == "delegated"
    assert stage.engine.can_resolve(task.id, by="chen").code == "not-holder"
    back = stage.engine.resolve(task.id, {"opinion": "fine"}, by="wang")
    assert (back.assignee, back.owner, back.opinion) == ("li", None, {"opinion": "fine"})
    assert stage.engine.can_resolve(task.id, by="li").code == "not-delegated"
    stage.engine.complete(task.id, {"ok": True}, by="li")
    kinds = stage.kinds(stage.engine.case(task.case_id))
    assert kinds.index("task.delegated") < kinds.index("task.resolved") < kinds.index("task.completed", kinds.index("task.resolved"))


def test_a_delegator_takes_the_task_back(stage: Stage, task: Task):
    stage.engine.delegate(task.id, "wang", by="li")
    back = stage.engine.assign(task.id, "li", by="li")
    assert (back.assignee, back.owner) == ("li", None)
    stage.engine.complete(task.id, by="li")


def test_a_delegate_has_acted_for_the_rule_of_four_eyes(stage: Stage):
    text = drawn("eyes", "start start\nuser review\nuser sign\nend end", "start -> review -> sign -> end")["eyes.bpmn"].decode()
    rule = '<camunda:property name="loanflow:different-from" value="review" />'
    other = f"<bpmn:extensionElements><camunda:properties>{rule}</camunda:properties></bpmn:extensionElements>"
    stage.engine.deploy({"eyes.bpmn": text.replace('name="Sign" >', f'name="Sign" >{other}').encode()}, by="analyst")
    case = stage.start("eyes")
    review = stage.engine.claim(stage.task(case).id, "li")
    stage.engine.delegate(review.id, "wang", by="li")
    stage.engine.resolve(review.id, by="wang")
    stage.engine.complete(review.id, by="li")
    sign = stage.task(case)
    assert sign.different_from == ("review",)
    for person in ("li", "wang"):
        with pytest.raises(NotPermitted, match="four eyes") as refused:
            stage.engine.claim(sign.id, person)
        assert refused.value.code == "four-eyes"
    stage.engine.claim(sign.id, "chen")
    assert stage.engine.can_transfer(sign.id, "wang", by="chen").code == "four-eyes"
    assert stage.engine.can_delegate(sign.id, "li", by="chen").code == "four-eyes"
    assert stage.engine.can_add_signer(sign.id, "wang", position="before", by="chen").code == "four-eyes"


def test_an_unclaimed_task_is_not_delegated(stage: Stage, task: Task):
    stage.engine.unclaim(task.id, "li")
    assert stage.engine.can_delegate(task.id, "wang", by=Actor("li", groups=("reviewer",))).code == "unclaimed"


def test_copies_are_read_once_and_not_doubled(stage: Stage, task: Task):
    first, _ = stage.engine.copy_to("LN-1", "wang", "chen", by="li", note="for your information")
    assert stage.engine.copy_to("LN-1", "wang", by="li") == (first,)
    assert [copy.id for copy in stage.engine.copies("wang", unread=True).items] == [first.id]
    with pytest.raises(NotPermitted, match="for wang, not for chen"):
        stage.engine.read_copy(first.id, by="chen")
    read = stage.engine.read_copy(first.id, by="wang")
    assert read.read_at == stage.clock.now()
    assert stage.engine.read_copy(first.id, by="wang") == read
    assert stage.engine.copies("wang", unread=True).items == ()
    assert [(copy.user_id, copy.read_at is not None) for copy in stage.engine.copies_of("LN-1")] == [("wang", True), ("chen", False)]
    kinds = stage.kinds(stage.engine.case("LN-1"))
    assert (kinds.count("case.copied"), kinds.count("copy.read")) == (1, 1)
    assert stage.engine.can_copy("LN-1", by="stranger").code == "no-part"
    stage.engine.verify_audit("LN-1")


def test_whoever_waits_urges_and_not_too_often(stage: Stage, task: Task):
    urged = stage.engine.urge(task.id, by="zhao", note="the seller is waiting")
    assert (urged.urge_count, urged.urged_at, urged.version) == (1, stage.clock.now(), task.version)
    with pytest.raises(Conflict, match="urged again from 2026-03-02 10:00 UTC on") as refused:
        stage.engine.urge(task.id, by="zhao")
    assert refused.value.code == "urged-already"
    assert stage.engine.can_urge(task.id, by="li").code == "own-task"
    assert stage.engine.can_urge(task.id, by="stranger").code == "no-part"
    stage.clock.turn(timedelta(hours=1))
    assert stage.engine.can_urge(task.id, by="zhao") is None
    assert stage.engine.urge(task.id, by="zhao").urge_count == 2
    assert stage.engine.complete(task.id, by="li", if_version=task.version).version == task.version + 1
    assert stage.engine.can_urge(task.id, by="zhao").code == "task-done"


def test_a_callers_rollback_takes_all_of_it_back(stage: Stage, task: Task):
    before = stage.engine.task(task.id)
    with Session(stage.engine.store.engine) as session:
        inside = stage.engine.within(session)
        inside.delegate(task.id, "wang", by="li")
        inside.resolve(task.id, by="wang")
        inside.transfer(task.id, "chen", by="li", reason="x")
        inside.copy_to("LN-1", "wang", by="chen")
        inside.urge(task.id, by="zhao")
        session.rollback()
    assert stage.engine.task(task.id) == before
    assert stage.engine.copies_of("LN-1") == ()
