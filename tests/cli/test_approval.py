"""Cases changed from the command line: sent back, signed, passed on, moved, suspended, mended."""

import re

import pytest
from click.testing import CliRunner

from loanflow.cli import main
from tests.support.drawn import drawn


@pytest.fixture
def run(tmp_path):
    database = f"sqlite:///{tmp_path / 'cases.db'}"
    nodes = 'start start\nuser apply camunda:assignee="zhao"\nuser review camunda:assignee="li"\nuser sign camunda:assignee="chen"\nend end'
    for name, content in drawn("loan", nodes, "start -> apply -> review -> sign -> end").items():
        (tmp_path / name).write_bytes(content)

    def invoke(*arguments, by="zhao", exit_code=0):
        result = CliRunner().invoke(main, list(arguments), env={"LOANFLOW_DATABASE": database, "LOANFLOW_USER": by}, catch_exceptions=False)
        assert result.exit_code == exit_code, result.output
        return result.output

    invoke("deploy", str(tmp_path))
    invoke("start", "loan", "--key", "LN-1")
    return invoke


def task(run) -> str:
    return re.findall(r"[0-9a-f]{8}-[0-9a-f-]{27}", run("tasks"))[0]


def token(run) -> str:
    return re.findall(r"token (\d+)", run("case", "LN-1"))[0]


def test_a_case_is_sent_back_and_goes_through_again(run):
    run("complete", task(run), "--set", "amount=100", by="zhao")
    assert "Apply" in run("approval", "targets", task(run))
    assert "round 2" in run("approval", "send-back", task(run), "--to", "apply", "--reason", "too much", by="li")
    run("complete", task(run), "--set", "amount=80", by="zhao")
    told = run("approval", "rounds", "LN-1")
    assert re.search(r"round 2, .*, li: too much\n  amount: 100 -> 80", told)


def test_an_act_is_recalled_and_a_case_withdrawn(run):
    done = task(run)
    run("complete", done, by="zhao")
    assert '"Apply" of LN-1 is open again' in run("approval", "recall", done, by="zhao")
    assert "is withdrawn" in run("approval", "withdraw", "LN-1", by="zhao")


def test_a_task_is_signed_passed_on_copied_and_urged(run):
    run("complete", task(run), by="zhao")
    review = task(run)
    told = run("approval", "add-signer", review, "wang", "--position", "before", by="li")
    signer = re.findall(r"task (\S+)", told)[0]
    assert "waits for wang" in run("complete", review, by="li", exit_code=1)
    assert "no longer asked of wang" in run("approval", "remove-signer", signer, "--reason", "absent", by="li")
    assert "is with sun, for li" in run("approval", "delegate", review, "sun", by="li")
    assert "is back with li" in run("approval", "resolve", review, "--set", "fine=true", by="sun")
    assert "is wu's" in run("approval", "transfer", review, "wu", "--reason", "on leave", by="li")
    assert "for qian" in run("approval", "copy", "LN-1", "qian", by="wu")
    assert "was urged" in run("approval", "urge", review, by="zhao")
    assert "urged again from" in run("approval", "urge", review, by="zhao", exit_code=1)


def test_a_token_is_moved_by_hand_after_a_look(run):
    assert "would open Sign" in run("modify", "LN-1", "--move", f"{token(run)}=sign", "--dry-run")
    assert "only admin may do this" in run("modify", "LN-1", "--skip", token(run), "--reason", "x", exit_code=1)
    assert "stands at Review" in run("modify", "LN-1", "--skip", token(run), "--reason", "known client", "--group", "admin")
    assert "is not TOKEN=ELEMENT" in run("modify", "LN-1", "--move", "sign", exit_code=2)


def test_cases_and_processes_stand_still_and_go_on(run):
    assert "is suspended" in run("suspend", "LN-1", "--reason", "fraud check", "--group", "admin")
    assert "is suspended; it must be resumed first" in run("complete", task(run), exit_code=1)
    assert "is open" in run("resume", "LN-1", "--group", "admin")
    assert "loan v1 is suspended" in run("suspend", "loan", "--process", "--cases", "--group", "admin")
    assert "starts no cases" in run("start", "loan", exit_code=1)
    assert "starts cases again" in run("resume", "loan", "--process", "--cases", "--group", "admin")
    assert "is cancelled" in run("cancel", "LN-1", "--reason", "duplicate")
    assert "cases are cancelled" in run("cancel", "loan", "--process", "--group", "admin")


def test_incidents_are_listed_tried_again_and_resolved(run, tmp_path):
    nodes = 'start start\nservice query camunda:topic="bureau"\nuser review\nend end'
    text = drawn("stuck", nodes.replace(' camunda:topic="bureau"', ""), "start -> query -> review -> end")["stuck.bpmn"]
    (tmp_path / "stuck").mkdir()
    (tmp_path / "stuck" / "stuck.bpmn").write_bytes(text)
    (tmp_path / "bank_flows.py").write_text(
        "from loanflow import Handlers\nhandlers = Handlers()\n@handlers.service('step', retries=1)\n"
        "def step(job):\n    raise ValueError('closed')\n"
    )
    run("deploy", str(tmp_path / "stuck"))
    assert run("incidents") == "no open incidents\n"
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(tmp_path))
        run("start", "stuck", "--key", "ST-1", "--set", "amount=5", "--handlers", "bank_flows:handlers")
    listed = run("incidents", "ST-1", "--variables")
    assert "ValueError: closed" in listed
    assert '"amount": 5' in listed
    incident = re.findall(r"[0-9a-f]{8}-[0-9a-f-]{27}", listed)[0]
    assert "is tried again" in run("retry", incident)
    assert "no open incidents" in run("incidents", "ST-1")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(tmp_path))
        run("start", "stuck", "--key", "ST-2", "--handlers", "bank_flows:handlers")
    incident = re.findall(r"[0-9a-f]{8}-[0-9a-f-]{27}", run("incidents", "ST-2"))[0]
    done = run("resolve", incident, "--set", "score=700", "--reason", "by phone", "--group", "admin")
    assert "is done by hand" in done
    assert "Review" in done
