"""``loanflow rehearse`` as people type it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from loanflow.cli import main
from tests.testing.drawings import camunda8, end, gateway, start, user

ROOT = Path(__file__).parents[2]
CHOICE = camunda8(
    start(),
    user("ask", name="Ask"),
    gateway("good", name="Good?"),
    user("pay", name="Pay"),
    end(),
    end(id="no", name="Refused"),
    flows="""
        start -> ask -> good
        good -> pay: =score > 700
        pay -> end
        good -> no: default
    """,
)


def run(*arguments, exit_code=0):
    result = CliRunner().invoke(main, ["rehearse", *map(str, arguments)], catch_exceptions=False)
    assert result.exit_code == exit_code, result.output
    return result.output


@pytest.fixture
def diagram(tmp_path):
    path = tmp_path / "loan.bpmn"
    path.write_bytes(CHOICE)
    return path


def test_it_tells_ways_ends_and_what_was_made_up(diagram):
    output = run(diagram, "--runs", 40, "--seed", 5)
    assert output.startswith("Loan (loan): 40 runs in memory, seed 5\n")
    assert "Asked → Ask → Good?: =score > 700 → Pay → Done" in output
    assert "Asked → Ask → Good?: otherwise → Refused" in output
    assert "Never reached: nothing; 6 of 6 elements, 5 of 5 sequence flows reached" in output
    assert "score, given by Ask" in output
    assert output == run(diagram, "--runs", 40, "--seed", 5)


def test_a_value_set_is_the_value_everywhere(diagram):
    output = run(diagram, "--runs", 10, "--set", "score=12")
    assert "Never reached (4 of 6 elements, 3 of 5 sequence flows reached)" in output
    assert 'the condition =score > 700 of flow good-pay from "Good?" was never true' in output
    assert "tried score = 12" in output
    assert "so not reached either: Done" in output


def test_json_has_everything(diagram):
    found = json.loads(run(diagram, "--runs", 10, "--json"))
    assert (found["seed"], found["runs"], found["cut_short"]) == (1, 10, False)
    (process,) = found["processes"]
    assert process["process"] == "loan"
    assert sum(way["runs"] for way in process["variants"]) == 10
    assert process["given"] == [{"variable": "score", "by": ["Ask"]}]
    assert {"steps", "names", "repeated", "outcome", "ends", "runs", "run"} == set(process["variants"][0])


@pytest.mark.parametrize("arguments", [(), ("--json",)])
def test_what_cannot_be_loaded_ends_as_check_does(tmp_path, arguments):
    path = tmp_path / "loan.bpmn"
    path.write_bytes(CHOICE.replace(b"=score", b"=(score"))
    output = run(path, *arguments, exit_code=1)
    assert "feel/" in output
    check = CliRunner().invoke(main, ["check", str(path)])
    assert check.exit_code == 1


def test_what_is_not_executable_is_said_to_be_so(tmp_path):
    path = tmp_path / "loan.bpmn"
    path.write_bytes(CHOICE.replace(b'isExecutable="true"', b'isExecutable="false"'))
    assert "no process is executable" in run(path)


def test_a_folder_is_rehearsed_with_its_tables_and_forms():
    output = run(ROOT / "diagrams" / "patterns", "--runs", 3)
    assert output.count("runs in memory") >= 15
    assert "Traceback" not in output


def test_it_stops_in_time(diagram):
    output = run(diagram, "--runs", 1_000_000, "--stop-after", 0.2)
    assert "stopped after 0.2 seconds" in output


def test_pools_that_write_to_each_other_are_told_together():
    text = run(ROOT / "tests/engine/diagrams/paying.bpmn", "--runs", 10)
    assert "together with Bookkeeping" in text
    assert '"booked" from' in text
    assert "10 started a case" in text
    # Nobody among the files waits for it: it is drawn for the world outside.
    assert '"paid"' not in text
