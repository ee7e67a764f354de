"""``loanflow migrate`` as people type it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from loanflow.cli import main
from loanflow.engine import Engine
from tests.support.diagram_text import drawn

ONE = drawn("credit", '<userTask id="check" name="Check income"/><userTask id="sign" name="Sign"/>', "start -> check -> sign -> end")
TWO = drawn(
    "credit",
    '<userTask id="look" name="Check the income"/><userTask id="second" name="Second opinion"/><userTask id="sign" name="Sign"/>',
    "start -> look -> second -> sign -> end",
)
OTHER = drawn("credit", '<userTask id="x" name="Something else"/><userTask id="sign" name="Sign"/>', "start -> x -> sign -> end")


@pytest.fixture
def run(tmp_path: Path):
    database = f"sqlite:///{tmp_path / 'cases.db'}"

    def invoke(*arguments, exit_code=0):
        environment = {"LOANFLOW_DATABASE": database, "LOANFLOW_USER": "wang.fang"}
        result = CliRunner().invoke(main, list(arguments), env=environment, catch_exceptions=False)
        assert result.exit_code == exit_code, result.output
        return result.output

    for number, version in enumerate((ONE, TWO, OTHER)):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "credit.bpmn").write_bytes(version)
        invoke("deploy", str(folder))
        if number == 0:
            for key in ("L-1", "L-2", "L-3"):
                invoke("start", "credit", "--key", key)
    return invoke


def run_id(output: str) -> str:
    return output.split("run ", 1)[1].split(":", 1)[0]


def test_a_plan_says_what_differs_and_what_becomes_of_the_cases(run):
    output = run("migrate", "plan", "credit:1", "credit:2")
    assert 'added    user task "Second opinion" (second) is new' in output
    assert "Check the income" in output
    assert "similarity" in output
    assert "3 open cases: 3 safe, 0 needs a mapping, 0 impossible" in output
    assert 'note: user task "Check income" (check) becomes user task "Check the income" (look) (3 cases, such as L-1)' in output


def test_a_plan_for_programs_can_be_edited_and_given_back(run, tmp_path):
    plan = json.loads(run("migrate", "plan", "credit:1", "credit:3", "--format", "json"))
    assert plan["counts"] == {"safe": 0, "needs-mapping": 3, "impossible": 0}
    assert plan["cases"][0]["business_key"] == "L-1"
    assert "say where it goes on" in plan["findings"][0]["message"]
    plan["mapping"]["check"] = "x"
    edited = tmp_path / "plan.json"
    edited.write_text(json.dumps(plan))
    assert "3 safe" in run("migrate", "plan", "credit:1", "credit:3", "--mapping", str(edited))
    assert "3 safe" in run("migrate", "plan", "credit:1", "credit:3", "--map", "check=x")


def test_a_run_its_status_and_the_way_back(run):
    output = run("migrate", "run", "credit:1", "credit:2", "--reason", "second opinion", "--batch", "2")
    assert "  2 migrated of 3" in output
    assert "is finished: 3 migrated" in output
    assert "Check the income" not in run("migrate", "status")
    assert "second opinion" in run("migrate", "status")
    assert "3 migrated" in run("migrate", "status", run_id(output))
    assert "credit v2" in run("case", "L-1")
    back = run("migrate", "revert", run_id(output))
    assert "is reverted: 3 reverted" in back
    assert "credit v1" in run("case", "L-1")
    assert "is reverted" in run("migrate", "resume", run_id(output), exit_code=1)


def test_cases_left_out_are_listed_with_their_reason(run):
    output = run("migrate", "run", "credit:1", "credit:3")
    assert "3 skipped" in output
    assert 'skipped: a token waits at user task "Check income" (check)' in output
    assert "(3 cases, such as " in output


def test_ctrl_c_pauses_and_resume_goes_on(run, monkeypatch):
    real = Engine.run_case_migration

    def interrupted(self, migration_id, **more):
        def stop(report):
            raise KeyboardInterrupt

        return real(self, migration_id, **(more | {"batch": 1, "progress": stop}))

    monkeypatch.setattr(Engine, "run_case_migration", interrupted)
    output = run("migrate", "run", "credit:1", "credit:2", exit_code=130)
    monkeypatch.undo()
    assert f"paused; go on with: loanflow migrate resume {run_id(output)}" in output
    assert "is paused: 1 migrated" in run("migrate", "status", run_id(output))
    assert "is finished: 3 migrated" in run("migrate", "resume", run_id(output))
    assert "3 kept states are dropped" in run("migrate", "forget", run_id(output))


@pytest.mark.parametrize(("arguments", "expected"), [
    (("plan", "credit:1", "credit:9"), "no version 'credit:9' is deployed"),
    (("plan", "credit:1", "credit:2", "--map", "nobody=x"), "the mapping does not fit"),
    (("run", "credit:2", "credit:2"), "the same version"),
    (("pause", "nothing"), "there is no case migration nothing"),
])  # fmt: skip
def test_refusals_are_one_line(run, arguments, expected):
    output = run("migrate", *arguments, exit_code=1)
    assert expected in output
    assert "Traceback" not in output


def test_a_mapping_that_cannot_be_read_is_refused(run, tmp_path):
    file = tmp_path / "mapping.json"
    for content in ("[", "[1]", '{"a": 1}'):
        file.write_text(content)
        assert "--mapping" in run("migrate", "plan", "credit:1", "credit:2", "--mapping", str(file), exit_code=2)
    assert "OLD=NEW" in run("migrate", "plan", "credit:1", "credit:2", "--map", "x", exit_code=2)
