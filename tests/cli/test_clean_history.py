"""``loanflow clean-history`` as people type it."""

import json
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner

from loanflow.cli import main
from tests.support.drawn import drawn


@pytest.fixture
def run(tmp_path: Path):
    database = f"sqlite:///{tmp_path / 'cases.db'}"

    def invoke(*arguments, exit_code=0):
        environment = {"LOANFLOW_DATABASE": database, "LOANFLOW_USER": "sun.li"}
        result = CliRunner().invoke(main, list(arguments), env=environment, catch_exceptions=False)
        assert result.exit_code == exit_code, result.output
        return result.output

    files = drawn("quick", "start start\nuser sign\nend end", "start -> sign -> end")
    (tmp_path / "quick.bpmn").write_bytes(files["quick.bpmn"].replace(b"P180D", b"0"))
    invoke("deploy", str(tmp_path / "quick.bpmn"))
    for key in ("L-1", "L-2", "L-3"):
        invoke("start", "quick", "--key", key)
    for key in ("L-1", "L-2"):
        invoke("cancel", key)
    return invoke


def test_a_dry_run_counts_and_changes_nothing(run):
    assert "no case is due" in run("clean-history", "--dry-run", "--at", "2020-01-01")
    output = run("clean-history", "--dry-run")
    assert "would go" in output
    assert output.splitlines()[-1].split()[:3] == ["quick", "2", "0"]
    (process,) = json.loads(run("clean-history", "--dry-run", "--json"))["processes"]
    assert (process["process_key"], process["cases"], process["held_back"]) == ("quick", 2, 0)
    assert "cancelled" in run("case", "L-1")


def test_cases_go_and_an_export_is_still_proven(run, tmp_path):
    export = str(tmp_path / "L-1.json")
    assert "exported to" in run("case", "L-1", "--export", export)
    bundle = json.loads(Path(export).read_text())
    case_id, head = bundle["case"]["id"], bundle["head"]["hash"]
    assert f"head {head}" in run("case", "L-1", "--verify", export)
    assert "only admin may do this" in run("clean-history", exit_code=1)
    assert "quick: 1 cases removed" in run("clean-history", "--group", "admin", "--limit", "1")
    assert json.loads(run("clean-history", "--group", "admin", "--json")) == {"removed": {"quick": 1}, "held_back": []}
    assert "no case was removed" in run("clean-history", "--group", "admin")
    gone = run("case", case_id, exit_code=1)
    assert "by sun.li: its time to live of 0 days was over" in gone
    assert head in gone
    assert f"head {head}" in run("case", "L-1", "--verify", export)
    assert "not of L-3" in run("case", "L-3", "--verify", export, exit_code=1)
    bundle["entries"][0]["actor"] = "somebody"
    Path(export).write_text(json.dumps(bundle))
    assert "broken at entry 1" in run("case", "L-1", "--verify", export, exit_code=1)
    Path(export).write_text("{}")
    assert "is no exported history" in run("case", "L-1", "--verify", export, exit_code=1)
    assert "open" in run("case", "L-3")


def test_a_case_that_stays_is_named_with_the_reason(run, tmp_path):
    path = tmp_path / "L-1.json"
    run("case", "L-1", "--export", str(path))
    case_id = json.loads(path.read_text())["case"]["id"]
    with sqlite3.connect(tmp_path / "cases.db") as connection:
        connection.execute("UPDATE loanflow_audit_entries SET actor = 'x' WHERE seq = 1 AND case_id = ?", (case_id,))
    output = run("clean-history", "--group", "admin", exit_code=1)
    assert "quick: 1 cases removed" in output
    assert "not removed: quick 1" in output
    assert f"audit chain of case {case_id} broken at entry 1" in output


def test_what_contradicts_itself_is_refused(run):
    assert "--at goes with --dry-run" in run("clean-history", "--at", "2030-01-01", exit_code=2)
    assert "leave out --limit" in run("clean-history", "--dry-run", "--limit", "3", exit_code=2)
