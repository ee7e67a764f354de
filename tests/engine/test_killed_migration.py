"""A case migration whose program is killed: every case is whole, and going on migrates each exactly once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from loanflow import Engine
from loanflow.records import CaseMigrationStatus, CaseStatus, MigrationOutcome
from tests.engine.test_case_migration import RENAMED
from tests.support.diagram_text import drawn

ROOT = Path(__file__).parents[2]
CASES = 60
ONE = drawn(
    "credit",
    '<userTask id="check" name="check"/><boundaryEvent id="late" attachedToRef="check" cancelActivity="false"><timerEventDefinition id="t">'
    '<timeDuration xsi:type="tFormalExpression">PT1H</timeDuration></timerEventDefinition></boundaryEvent><endEvent id="told"/>'
    '<userTask id="sign" name="sign"/>',
    "start -> check -> sign -> end\nlate -> told",
)
PROGRAM = """
import sys
from loanflow import Engine
engine = Engine(sys.argv[1], remote=True)
say = lambda report: print("batch", flush=True)
print("begun", flush=True)
engine.run_case_migration(sys.argv[2], by="admin", batch=5, progress=say)
print("over", flush=True)
"""


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_killed_again_and_again_every_case_goes_over_once(tmp_path: Path, seed: int) -> None:
    url = f"sqlite:///{tmp_path / 'cases.db'}"
    engine = Engine(url, remote=True)
    engine.upgrade_database()
    engine.deploy({"credit.bpmn": ONE}, by="analyst")
    cases = [engine.start("credit", by="zhao", key=f"L-{number}") for number in range(CASES)]
    engine.deploy({"credit.bpmn": RENAMED}, by="analyst")
    mapping = {"check": "inspect", "sign": "approve", "late": None}
    migration = engine.begin_case_migration("credit:1", "credit:2", mapping, by="admin")
    random = Random(seed)
    kills = 0
    while engine.case_migration(migration.id).migration.status is not CaseMigrationStatus.FINISHED:
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, url, migration.id],
            stdout=subprocess.PIPE, text=True, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        assert process.stdout is not None
        lines = iter(process.stdout.readline, "")
        # The more often it was killed, the longer it lives, so that it comes to an end.
        for _, _line in zip(range(random.randint(1, 2 + kills * 2)), lines, strict=False):
            pass
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            kills += 1
        process.wait(timeout=60)
        process.stdout.close()
        for case in cases:
            now = engine.case(case.id)
            (task,) = engine.tasks_of(case.id)
            (timer,) = engine.jobs_of(case.id)
            (standing, watching) = engine.tokens(case.id)
            element = {1: "check", 2: "inspect"}[now.process_version]
            assert {task.process_definition_id, timer.process_definition_id, standing.definition_id} == {now.process_definition_id}
            assert (task.element_id, standing.element_id, watching.element_id) == (element, element, "late")
            assert [entry.kind for entry in engine.history(case.id)].count("case.migrated") == now.process_version - 1
            engine.verify_audit(case.id)
    assert kills
    report = engine.case_migration(migration.id)
    assert dict(report.counts) == {MigrationOutcome.MIGRATED: CASES}
    assert {engine.case(case.id).status for case in cases} == {CaseStatus.OPEN}
    engine.close()
