"""Tokens moved by hand through the engine: who may, what is remembered, what a preview leaves alone."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from loanflow import Actor, CommandError, NotPermitted
from loanflow.engine import Move, Restart, Skip
from loanflow.records import TaskStatus
from tests.engine.conftest import Stage
from tests.support.drawn import drawn

ADMIN = Actor("sun.li", groups=("admin",), source="cli")


@pytest.fixture
def case(stage: Stage):
    stage.engine.deploy(
        drawn("line", "start start\nuser first\nuser second\nuser third\nend end", "start -> first -> second -> third -> end"),
        by="analyst",
    )
    return stage.start("line")


def token(stage: Stage, case) -> int:
    return stage.engine.tokens(case.id)[0].token


def test_a_move_closes_one_task_opens_another_and_says_why(stage: Stage, case):
    before = stage.task(case)
    number, target = token(stage, case), "third"
    moved = stage.engine.modify(case.id, Move(number, target), by=ADMIN, reason="  wrong desk ")
    assert moved.version == case.version + 1
    assert [task.element_id for task in stage.engine.tasks_of(case.id)] == [target]
    closed = stage.engine.task(before.id)
    assert (closed.status, closed.close_reason) == (TaskStatus.CANCELLED, "wrong desk")
    entry = next(entry for entry in stage.engine.history(case.id) if entry.kind == "case.modified")
    assert entry.actor == "sun.li"
    assert entry.data["reason"] == "wrong desk"
    assert [place["element"] for place in entry.data["before"]] == [before.element_id]
    assert [place["element"] for place in entry.data["after"]] == [target]
    assert entry.data["instructions"] == [{"kind": "Move", "token": number, "element_id": target}]
    stage.engine.verify_audit(case.id)


def test_a_preview_writes_nothing(stage: Stage, case):
    before = stage.engine.case(case.id)
    preview = stage.engine.preview_modification(case.id, Skip(token(stage, case)))
    assert [place.element_id for place in preview.opened] == ["second"]
    assert stage.engine.case(case.id) == before


def test_only_supervisors_modify_and_say_why(stage: Stage, case):
    with pytest.raises(NotPermitted, match="only admin may do this, not zhao"):
        stage.engine.modify(case.id, Restart(token(stage, case)), by="zhao", reason="x")
    refusal = stage.engine.can_modify(case.id, by="zhao")
    assert refusal is not None
    assert refusal.code == "not-supervisor"
    assert refusal.text("zh-CN") == "只有 admin 可以这样做，zhao 不可以"
    assert stage.engine.can_modify(case.id, by=ADMIN) is None
    with pytest.raises(CommandError, match="a reason is needed"):
        stage.engine.modify(case.id, Restart(token(stage, case)), by=ADMIN, reason=" ")


def test_a_modification_of_the_caller_goes_with_the_callers_transaction(stage: Stage, case):
    with Session(stage.engine.store.engine) as session:
        stage.engine.within(session).modify(case.id, Skip(token(stage, case)), by=ADMIN, reason="try")
        session.rollback()
    assert stage.engine.case(case.id) == case
