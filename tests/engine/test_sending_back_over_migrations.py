"""Sent back over a migration: what was done in the old version is done again in the new one, or it is said why not."""

from __future__ import annotations

import pytest

from loanflow import CommandError
from loanflow.records import Case, CaseStatus, MigrationOutcome
from tests.engine.conftest import Stage
from tests.support.drawn import drawn

NODES = "start start\nuser apply\nparallel split\nuser risk\nuser legal\nparallel join\nuser approve\nend end"
FLOWS = "start -> apply -> split -> risk -> join -> approve -> end\nsplit -> legal -> join"
OLD = drawn("loan", NODES, FLOWS)
RENAMED = {"apply": "submit", "risk": "score", "join": "meet", "approve": "sign"}


def renamed(text: str) -> str:
    for one, other in RENAMED.items():
        text = text.replace(one, other)
    return text


NEW = drawn("loan", renamed(NODES), renamed(FLOWS))
SHORTER = drawn("loan", "start start\nuser risk\nuser approve\nend end", "start -> risk -> approve -> end")


@pytest.fixture
def case(stage: Stage) -> Case:
    stage.engine.deploy(OLD, by="analyst")
    case = stage.start("loan")
    for element in ("apply", "risk", "legal"):
        finish(stage, case, element)
    return case


def finish(stage: Stage, case: Case, element: str) -> None:
    stage.engine.complete(task(stage, case, element), by="zhao")


def task(stage: Stage, case: Case, element: str) -> str:
    return next(each.id for each in stage.engine.tasks_of(case.id) if each.element_id == element)


def migrate(stage: Stage, new: dict[str, bytes], mapping: dict[str, str]) -> str:
    stage.engine.deploy(new, by="analyst")
    migration = stage.engine.begin_case_migration("loan:1", "loan:2", mapping, by="admin")
    assert dict(stage.engine.run_case_migration(migration.id, by="admin").counts) == {MigrationOutcome.MIGRATED: 1}
    return migration.id


def test_a_case_goes_back_to_a_renamed_element(stage: Stage, case: Case) -> None:
    migrate(stage, NEW, RENAMED)
    found = stage.engine.send_back_targets(task(stage, case, "sign"))
    assert [(target.element_id, target.done_by, target.refusal) for target in found] == [
        ("legal", "zhao", None), ("score", "zhao", None), ("submit", "zhao", None),
    ]  # fmt: skip
    stage.engine.send_back(task(stage, case, "sign"), "score", by="zhao", reason="look again")
    finish(stage, case, "score")
    stage.engine.send_back(task(stage, case, "sign"), "submit", by="zhao", reason="from the beginning")
    for element in ("submit", "score", "legal", "sign"):
        finish(stage, case, element)
    assert stage.engine.case(case.id).status is CaseStatus.ENDED
    stage.engine.verify_audit(case.id)


def test_a_reverted_migration_leaves_the_ways_back_as_they_were(stage: Stage, case: Case) -> None:
    migration = migrate(stage, NEW, RENAMED)
    assert dict(stage.engine.revert_case_migration(migration, by="admin").counts) == {MigrationOutcome.REVERTED: 1}
    stage.engine.send_back(task(stage, case, "approve"), "risk", by="zhao", reason="look again")
    finish(stage, case, "risk")
    finish(stage, case, "approve")
    assert stage.engine.case(case.id).status is CaseStatus.ENDED


def test_a_place_that_the_new_version_has_not_says_so(stage: Stage, case: Case) -> None:
    migrate(stage, SHORTER, {})
    found = {target.element_id: target.refusal for target in stage.engine.send_back_targets(task(stage, case, "approve"))}
    assert found["apply"] is not None
    assert found["apply"].code == "version-changed"
    with pytest.raises(CommandError, match="not in the version"):
        stage.engine.send_back(task(stage, case, "approve"), "apply", by="zhao", reason="x")


def test_a_way_on_which_a_join_would_wait_for_ever_is_closed(stage: Stage, case: Case) -> None:
    # From the first task nothing leads to the second branch any more.
    astray = "start -> apply -> risk -> join -> approve -> end\nsplit -> legal -> join"
    stage.engine.deploy(drawn("loan", NODES.replace("parallel split", "none split") + "\nend out", astray + "\nrisk -> out"), by="analyst")
    migration = stage.engine.begin_case_migration("loan:1", "loan:2", {}, by="admin")
    stage.engine.run_case_migration(migration.id, by="admin")
    refusal = stage.engine.can_send_back(task(stage, case, "approve"), "apply", by="zhao")
    assert refusal is not None
    assert refusal.code == "join-short"
