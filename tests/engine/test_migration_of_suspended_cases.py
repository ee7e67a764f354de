"""Suspended cases are migrated and reverted like open ones, and stand still all the while."""

from __future__ import annotations

from datetime import timedelta

import pytest

from loanflow import Actor, Conflict
from loanflow.records import Case, CaseStatus, JobState, MigrationOutcome
from tests.engine.conftest import Stage
from tests.support.drawn import drawn

ADMIN = Actor("sun.li", groups=("admin",))
NODES = "start start\nuser review\nservice query\ntimer wait PT2H\nmessage papers\nuser sign\nend end"
OLD = drawn("loan", NODES, "start -> review -> query -> wait -> papers -> sign -> end")
NEW = drawn(
    "loan",
    NODES.replace("user review", "user inspect").replace("timer wait", "timer pause") + "\nuser second",
    "start -> inspect -> query -> pause -> papers -> second -> sign -> end",
)
RENAMED = {"review": "inspect", "wait": "pause"}
MIGRATED, REVERTED = MigrationOutcome.MIGRATED, MigrationOutcome.REVERTED


@pytest.fixture
def case(stage: Stage) -> Case:
    stage.engine.deploy(OLD, by="analyst")
    case = stage.start("loan", key="LN-1")
    stage.engine.deploy(NEW, by="analyst")
    return case


def suspend(stage: Stage, case: Case) -> None:
    stage.engine.suspend(case.id, by=ADMIN, reason="the applicant asked for time")


def migrate(stage: Stage) -> str:
    migration = stage.engine.begin_case_migration("loan:1", "loan:2", RENAMED, by="admin")
    assert dict(stage.engine.run_case_migration(migration.id, by="admin").counts) == {MIGRATED: 1}
    return migration.id


def stands_at(stage: Stage, case: Case) -> list[str]:
    return [view.element_id for view in stage.engine.tokens(case.id)]


def test_a_plan_counts_them(stage: Stage, case: Case) -> None:
    suspend(stage, case)
    assert stage.engine.plan_case_migration("loan:1", "loan:2", RENAMED).counts["safe"] == 1


def test_a_task_moves_and_cannot_be_worked_on_until_the_case_is_resumed(stage: Stage, case: Case) -> None:
    suspend(stage, case)
    migrate(stage)
    assert stage.engine.case(case.id).status is CaseStatus.SUSPENDED
    task = stage.task(case)
    assert task.element_id == "inspect"
    with pytest.raises(Conflict, match="is suspended"):
        stage.engine.complete(task.id, by="li")
    stage.engine.resume(case.id, by=ADMIN)
    stage.engine.complete(task.id, by="li")
    stage.engine.run_due()
    assert stands_at(stage, case) == ["pause"]
    stage.engine.verify_audit(case.id)


@pytest.mark.parametrize("ran", [0, 1], ids=["a job", "a timer"])
def test_what_is_due_waits_on_and_is_caught_up_on_in_the_new_version(stage: Stage, case: Case, ran: int) -> None:
    stage.engine.complete(stage.task(case).id, by="li")
    for _ in range(ran):
        stage.engine.run_due()
    suspend(stage, case)
    migrate(stage)
    stage.clock.turn(timedelta(days=1))
    assert stage.engine.run_due() == 0
    assert [job.state for job in stage.engine.jobs_of(case.id)] == [JobState.SUSPENDED]
    stage.engine.resume(case.id, by=ADMIN)
    assert stage.engine.run_due() == 1
    assert stands_at(stage, case) == ["papers" if ran else "pause"]


def test_a_message_that_came_meanwhile_is_given_after_the_migration(stage: Stage, case: Case) -> None:
    stage.engine.complete(stage.task(case).id, by="li")
    stage.engine.run_due()
    stage.clock.turn(timedelta(hours=2))
    stage.engine.run_due()
    suspend(stage, case)
    assert stage.engine.correlate("papers", key="LN-1", by="mail", variables={"pages": 3}).status == "buffered"
    migrate(stage)
    assert stands_at(stage, case) == ["papers"]
    stage.engine.resume(case.id, by=ADMIN)
    assert stage.task(case).element_id == "second"
    assert stage.engine.variables(case.id)["pages"] == 3


@pytest.mark.parametrize("resumed", [False, True], ids=["suspended still", "resumed since"])
def test_a_reverted_migration_leaves_a_case_suspended_or_open_as_it_is_now(stage: Stage, case: Case, resumed: bool) -> None:
    stage.engine.complete(stage.task(case).id, by="li")
    stage.engine.run_due()
    suspend(stage, case)
    migration = migrate(stage)
    if resumed:
        stage.engine.resume(case.id, by=ADMIN)
    assert dict(stage.engine.revert_case_migration(migration, by="admin").counts) == {REVERTED: 1}
    assert stands_at(stage, case) == ["wait"]
    stage.clock.turn(timedelta(hours=3))
    if not resumed:
        assert stage.engine.run_due() == 0
        stage.engine.resume(case.id, by=ADMIN)
    assert stage.engine.run_due() == 1
    assert stands_at(stage, case) == ["papers"]


def test_a_case_suspended_between_migration_and_revert_stays_suspended(stage: Stage, case: Case) -> None:
    stage.engine.complete(stage.task(case).id, by="li")
    stage.engine.run_due()
    migration = migrate(stage)
    suspend(stage, case)
    assert dict(stage.engine.revert_case_migration(migration, by="admin").counts) == {REVERTED: 1}
    stage.clock.turn(timedelta(hours=3))
    assert stage.engine.run_due() == 0
    stage.engine.resume(case.id, by=ADMIN)
    assert stage.engine.run_due() == 1
    assert stands_at(stage, case) == ["papers"]
