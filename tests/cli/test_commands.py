"""The commands as people type them."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from loanflow.cli import main
from loanflow.cli.main import COMMANDS
from tests.support.drawn import drawn
from tests.testing.drawings import boundary, camunda8, end, start, timer, user

ROOT = Path(__file__).parents[2]
DIAGRAM = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"
  xmlns:modeler="http://camunda.org/schema/modeler/1.0" id="D" targetNamespace="t"
  modeler:executionPlatform="Camunda Cloud" modeler:executionPlatformVersion="8.8.0">
  <bpmn:process id="small" name="小流程" isExecutable="true">
    <bpmn:startEvent id="S"><bpmn:outgoing>f1</bpmn:outgoing></bpmn:startEvent>
    <bpmn:sequenceFlow id="f1" sourceRef="S" targetRef="T" />
    <bpmn:userTask id="T" name="复核">
      <bpmn:extensionElements><zeebe:userTask /><zeebe:assignmentDefinition candidateGroups="reviewer" /></bpmn:extensionElements>
      <bpmn:incoming>f1</bpmn:incoming><bpmn:outgoing>f2</bpmn:outgoing>
    </bpmn:userTask>
    <bpmn:sequenceFlow id="f2" sourceRef="T" targetRef="E" />
    <bpmn:endEvent id="E" name="完成"><bpmn:incoming>f2</bpmn:incoming></bpmn:endEvent>
  </bpmn:process>
</bpmn:definitions>
"""


@pytest.fixture
def run(tmp_path):
    database = f"sqlite:///{tmp_path / 'cases.db'}"

    def invoke(*arguments, exit_code=0):
        result = CliRunner().invoke(
            main, list(arguments), env={"LOANFLOW_DATABASE": database, "LOANFLOW_USER": "wang.fang"}, catch_exceptions=False
        )
        assert result.exit_code == exit_code, result.output
        return result.output

    return invoke


@pytest.fixture
def diagram(tmp_path):
    path = tmp_path / "small.bpmn"
    path.write_text(DIAGRAM)
    return path


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_says_what_it_does(run, command):
    assert "Usage:" in run(command, "--help")


def test_check_says_that_the_shipped_products_are_ready(run):
    output = run("check", str(ROOT / "diagrams"), str(ROOT / "decision_tables"))
    assert "0 errors, 0 warnings: ready to deploy" in output


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("empty.bpmn", b"", "xml/empty"),
        ("cut.bpmn", DIAGRAM.encode()[:500], "xml/not-well-formed"),
        ("binary.dmn", bytes(range(256)) * 10, "xml/not-well-formed"),
        ("big.bpmn", b"<a>" + b" " * 11_000_000 + b"</a>", "xml/too-large"),
        ("doctype.bpmn", b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "xml/doctype"),
        ("list.form", b"[]", "form/not-a-form"),
    ],
)
def test_check_refuses_broken_files_in_words_never_with_a_traceback(run, tmp_path, name, content, code):
    path = tmp_path / name
    path.write_bytes(content)
    output = run("check", str(path), exit_code=1)
    assert code in output
    assert "Traceback" not in output


def test_check_speaks_json(run, tmp_path, diagram):
    diagram.write_text(DIAGRAM.replace('targetRef="E"', 'targetRef="Nowhere"'))
    findings = json.loads(run("check", "--format", "json", str(diagram), exit_code=1))
    assert {"code", "severity", "file", "line", "column", "element_id", "element_name", "message", "expected", "found", "hint"} <= findings[
        0
    ].keys()
    assert any(f["element_id"] == "f2" for f in findings)


def test_a_case_from_deployment_to_its_end(run, tmp_path, diagram):
    assert "new" in run("deploy", str(diagram))
    assert "unchanged" in run("deploy", str(diagram))
    assert "复核" in run("start", "small", "--key", "K-1", "--set", "amount=80000.50")
    assert "复核" in run("tasks")
    assert "no open tasks" in run("tasks", "--mine")
    task = next(word for word in run("tasks", "--mine", "--group", "reviewer").split() if len(word) == 36)
    run("claim", task, "--group", "officer", exit_code=1)
    assert "claimed by wang.fang" in run("claim", task, "--group", "reviewer")
    assert "is done" in run("complete", task, "--set", "conclusion=approve", "--group", "reviewer")
    svg = tmp_path / "case.svg"
    output = run("case", "K-1", "--variables", "--svg", str(svg))
    assert "chain of" in output
    assert "is whole" in output
    assert '"conclusion": "approve"' in output
    assert svg.read_text().startswith("<svg")
    assert "no open tasks" in run("tasks")


def test_an_unknown_case_is_one_clear_line(run, diagram):
    run("deploy", str(diagram))
    output = run("case", "nothing", exit_code=1)
    assert output.startswith("loanflow: ")
    assert "Traceback" not in output


def test_check_tells_of_a_start_event_that_reads_variables(run, tmp_path):
    text = drawn("nightly", "start begin\nend done", "begin -> done")["nightly.bpmn"].decode()
    cycle = '<bpmn:timeCycle xsi:type="bpmn:tFormalExpression">${plan.next}</bpmn:timeCycle>'
    cycle = f"<bpmn:timerEventDefinition>{cycle}</bpmn:timerEventDefinition>"
    path = tmp_path / "nightly.bpmn"
    path.write_text(text.replace("</bpmn:startEvent>", f"{cycle}</bpmn:startEvent>"), encoding="utf-8")
    output = run("check", str(path), exit_code=1)
    assert "bpmn/start-trigger" in output
    assert "there is no case yet, and no plan" in output
    assert "not deployable" in output


def test_decide_gives_the_value_and_its_reason(run):
    table = str(ROOT / "decision_tables" / "approval_route.dmn")
    inputs = [
        "--decision",
        "approval_route",
        "--set",
        "score=70",
        "--set",
        'credit_report={"overdue_90d_open": 0, "has_file": true}',
        "--set",
        "amount=80000",
    ]
    output = run("decide", table, *inputs, "--explain", "--lang", "zh")
    assert "✓" in output
    assert "若" in output
    assert json.loads(output[output.index("\n[") :])[0]["route"]


def test_decide_says_what_would_change_the_answer_and_gives_plain_numbers(run):
    table = str(ROOT / "decision_tables" / "pricing.dmn")
    inputs = ["--decision", "base_rate", "--set", "risk_grade=B", "--set", "term_months=24"]
    output = run("decide", table, *inputs, "--explain")
    assert "→ 4" in output
    assert "~ 3" in output
    assert "⟨<= 12⟩ ✕" in output
    assert "If 期限（月） were 12 lower (≤ 12), rule 3 would decide" in output
    assert run("decide", table, *inputs).strip() == '[\n  {\n    "base_rate": 6.2\n  }\n]'


def test_the_same_explanation_is_json_and_a_page(run):
    table = str(ROOT / "decision_tables" / "pricing.dmn")
    inputs = ["--decision", "base_rate", "--set", "risk_grade=B", "--set", "term_months=24"]
    data = json.loads(run("decide", table, *inputs, "--format", "json"))
    (decision,) = data["trace"]["decisions"]
    assert (data["value"], data["problems"], decision["hits"], decision["nearest"]["rule"]) == ([{"base_rate": 6.2}], [], [4], 3)
    page = run("decide", table, *inputs, "--format", "html", "--lang", "zh")
    assert page.startswith('<!doctype html>\n<html lang="zh-CN">')
    assert "若期限（月）再低 12" in page


def test_a_decision_that_fails_ends_with_status_1(run, tmp_path):
    from tests.dmn.written import decision, file, table

    path = tmp_path / "t.dmn"
    path.write_bytes(file(decision(table(["x"], ["r"], [["< 5", "1"], ["< 6", "2"]]))))
    assert run("decide", str(path), "--set", "x=1", exit_code=1).strip().endswith("null")


APPLICANT = {"national_id": "110101199003070034", "amount": 50_000, "monthly_income": 16_500, "purpose": "renovation"}


def test_decide_knows_what_day_it_is_and_can_be_told_another(run):
    table = str(ROOT / "decision_tables" / "eligibility.dmn")
    inputs = ["--decision", "eligibility", "--input", json.dumps({**APPLICANT, "bureau_consent": True})]
    assert json.loads(run("decide", table, *inputs))[0]["eligible"] is True
    assert json.loads(run("decide", table, *inputs, "--at", "2007-01-01"))[0] == {"eligible": False, "reason_codes": ["E01"]}
    assert "does not match the format" in run("decide", table, *inputs, "--at", "tomorrow", exit_code=2)


def test_rows_are_compared_as_of_a_day(run, tmp_path):
    cases = tmp_path / "cases.csv"
    cases.write_text('national_id,applicant_age\n"""110101199003070034""",35\n', encoding="utf-8")
    table = str(ROOT / "decision_tables" / "eligibility.dmn")
    assert "1 passed" in run("test", table, str(cases), "--decision", "applicant_age", "--at", "2025-03-07T08:00:00+08:00")
    assert "expected 35, found 34" in run("test", table, str(cases), "--decision", "applicant_age", "--at", "2025-03-06", exit_code=1)


def test_decide_names_the_decisions_there_are(run):
    assert "approval_route" in run("decide", str(ROOT / "decision_tables" / "approval_route.dmn"), "--decision", "nonsense", exit_code=2)


def test_the_database_is_made_and_says_its_revision(run):
    run("database", "upgrade")
    assert run("database", "revision").strip()


def test_init_makes_a_folder_that_checks_clean_and_overwrites_nothing(run, tmp_path):
    folder = tmp_path / "my-loans"
    run("init", str(folder))
    assert "ready to deploy" in run("check", str(folder))
    run("init", str(folder), exit_code=1)


def test_everything_wrong_is_told_at_once(tmp_path: Path) -> None:
    drawn = camunda8(
        start(timer("=wait")),
        user("ask", "<bpmn:multiInstanceLoopCharacteristics/>"),
        boundary("late", "ask", timer("=1 +")),
        end(),
        flows="start -> ask -> end\nlate -> nowhere",
    )
    (tmp_path / "variable.bpmn").write_bytes(drawn)
    (tmp_path / "broken.bpmn").write_text("<definitions", encoding="utf-8")
    text = CliRunner().invoke(main, ["check", str(tmp_path)]).output
    for code in ("bpmn/start-trigger", "bpmn/multi-instance-incomplete", "feel/", "bpmn/dangling-flow", "xml/not-well-formed"):
        assert text.count(f" error {code}") == 1, text


def test_a_timer_that_cannot_be_read_is_told_beside_other_errors_of_its_file(tmp_path: Path) -> None:
    late = timer("R/PT1H").replace("R/PT1H", "0 0 25 * * *")
    drawn = camunda8(
        start(),
        user("ask", "<bpmn:multiInstanceLoopCharacteristics/>"),
        boundary("late", "ask", late),
        end(),
        flows="start -> ask -> end\nlate -> end",
    )
    (tmp_path / "late.bpmn").write_bytes(drawn)
    text = CliRunner().invoke(main, ["check", str(tmp_path)]).output
    assert "bpmn/multi-instance-incomplete" in text
    assert "bpmn/timer-invalid: the timer's cycle cannot be read: '25' is no hour" in text
    assert "a cron text begins with the seconds" in text
