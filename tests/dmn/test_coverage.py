"""Gaps, overlaps and rules that never decide, each with a combination of inputs that shows it; and no finding where there is none."""

from __future__ import annotations

import random
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from loanflow import dmn
from loanflow.dmn.checks import coverage
from loanflow.dmn.checks.coverage import Coverage, OutOfSteps, Steps
from loanflow.dmn.compiler import Run, link
from tests.dmn.written import decision, file, read, table

ROOT = Path(__file__).parents[2]
OURS = {"dmn/gap", "dmn/overlapping-rules", "dmn/unreachable-rule", "dmn/analysis-incomplete"}


def found(*args: Any, dialect: str = "spec", **options: Any) -> list[tuple[str, str]]:
    model = read(decision(table(*args, **options)), dialect=dialect)
    return [(problem.code.removeprefix("dmn/"), problem.message) for problem in dmn.check(model) if problem.code in OURS]


NUMBER, STRING, BOOLEAN = ("x", "number"), ("s", "string"), ("b", "boolean")


@pytest.mark.parametrize(
    ("inputs", "cells", "policy", "message"),
    [
        ([NUMBER], [["< 5"], ["> 5"]], "", "no rule decides x = 5"),
        ([NUMBER], [["<= 64"], [">= 65"]], "", "no rule decides x = 64.5"),
        ([("x", "integer")], [["<= 64"], [">= 65"]], "", None),
        ([NUMBER], [["[0..10)"], [">= 10"]], "", "no rule decides x = -1"),
        ([NUMBER], [["[0..10)"], ["-"]], "FIRST", None),
        ([NUMBER], [["[0..10)"]], "COLLECT", None),
        ([NUMBER], [["[0..10)"]], "RULE ORDER", None),
        ([NUMBER, BOOLEAN], [["< 5", "true"], [">= 5", "-"]], "", "no rule decides x = 4, b = false"),
        ([STRING], [['"A","B"'], ['"C"']], "", 'no rule decides s = "other"'),
        ([STRING], [['"A","B"'], ['not("A","B")']], "", None),
        ([NUMBER], [["null"], [">= 0"]], "", "no rule decides x = -1"),
        ([NUMBER], [["null"], ["not(null)"]], "", None),
        ([("d", "date")], [['< date("2026-01-01")'], ['>= date("2026-01-03")']], "", 'no rule decides d = date("2026-01-01")'),
        ([("d", "date")], [['<= date("2026-01-01")'], ['>= date("2026-01-02")']], "", None),
        (
            [("d", "days and time duration")],
            [['<= duration("P1D")'], ['> duration("P1DT1H")']],
            "",
            'no rule decides d = duration("P1DT1S")',
        ),
        ([BOOLEAN], [["true"]], "PRIORITY", "no rule decides b = false"),
        ([("x", "number"), ("x", "number")], [["< 5", "-"], ["-", ">= 5"]], "", None),
        ([NUMBER], [["< limit"], [">= limit"]], "", None),
    ],
)
def test_gaps(inputs: Any, cells: Any, policy: str, message: str | None) -> None:
    outputs: Any = [{"name": "r", "values": "1"}] if policy == "PRIORITY" else ["r"]
    gaps = [text for code, text in found(inputs, outputs, [[*row, "1"] for row in cells], policy=policy) if code == "gap"]
    assert gaps == ([] if message is None else [message])


def test_a_gap_is_shown_whole_and_with_a_way_out() -> None:
    model = read(decision(table([NUMBER, STRING], ["r"], [["< 60", "-", "1"], [">= 65", "-", "2"], ["[60..65)", '"A"', "3"]])))
    (problem,) = [one for one in dmn.check(model) if one.code == "dmn/gap"]
    assert problem.severity == "warning"
    assert problem.message == 'no rule decides x = 60, s = "other"'
    assert problem.found == 'no rule for x [60..65) and s not("A")'


def test_a_default_output_leaves_no_gap() -> None:
    assert found([NUMBER], [{"name": "r", "default": "0"}], [["< 5", "1"]]) == []


@pytest.mark.parametrize("dialect", ["spec", "camunda7", "camunda8"])
def test_the_values_in_a_column_s_header_are_all_there_are(dialect: str) -> None:
    body = decision(table([STRING], ["r"], [['"A"', "1"], ['"Z"', "2"]]))
    listed = body.replace("</inputExpression></input>", '</inputExpression><inputValues><text>"A","B"</text></inputValues></input>')
    messages = [problem.message for problem in dmn.check(read(listed, dialect=dialect)) if problem.code in OURS]
    assert sorted(messages) == ['no rule decides s = "B"', "no value that s can have passes this rule's condition"]


def test_the_allowed_values_of_a_type_are_all_there_are() -> None:
    grade = '<itemDefinition name="grade"><typeRef>string</typeRef><allowedValues><text>"A","B"</text></allowedValues></itemDefinition>'
    model = read(grade + decision(table([("s", "grade")], ["r"], [['"A"', "1"], ['"B"', "2"]])))
    assert [problem for problem in dmn.check(model) if problem.code in OURS] == []


@pytest.mark.parametrize(
    ("inputs", "cells", "policy", "severity", "message"),
    [
        ([NUMBER], [["[0..50]", "1"], ["[50..100]", "2"]], "UNIQUE", "error", "rules 1 and 2 both match: x = 50"),
        ([NUMBER], [["[0..50)", "1"], ["[50..100]", "2"]], "UNIQUE", None, None),
        ([NUMBER], [["[0..50]", "1"], ["[50..100]", "1"]], "ANY", None, None),
        ([NUMBER], [["[0..50]", "1"], ["[50..100]", "2"]], "ANY", "error", "rules 1 and 2 both match and answer differently: x = 50"),
        ([NUMBER], [["[0..50]", "1"], ["[50..100]", "2"]], "FIRST", None, None),
        ([STRING, BOOLEAN], [['"A"', "-", "1"], ["-", "true", "2"]], "", "error", 'rules 1 and 2 both match: s = "A", b = true'),
        ([STRING], [['not("A")', "1"], ['"B"', "2"]], "", "error", 'rules 1 and 2 both match: s = "B"'),
        (
            [("a.b", "number"), ("a != null", "boolean")],
            [["1", "-", "1"], ["-", "false", "2"]],
            "",
            "warning",
            "rules 1 and 2 may both match: a.b = 1, a != null = false",
        ),
    ],
)
def test_overlaps(inputs: Any, cells: Any, policy: str, severity: str | None, message: str | None) -> None:
    model = read(decision(table(inputs, ["r"], cells, policy=policy)))
    overlaps = [(one.severity.value, one.message) for one in dmn.check(model) if one.code == "dmn/overlapping-rules"]
    assert overlaps == ([] if message is None else [(severity, message)])


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ([["< 5", "1"], ["< 3", "2"], ["-", "3"]], "this rule never decides: rule 1 takes whatever it would match"),
        ([["< 5", "1"], [">= 5", "2"], ["3", "3"], ["-", "4"]], "this rule never decides: rule 1 takes whatever it would match"),
        ([["< 5", "1"], [">= 5", "2"], ["[0..9]", "3"]], "this rule never decides: rules 1, 2 together take whatever it would match"),
        ([["< 5", "1"], ["> 5", "2"], ["-", "3"]], None),
        ([["< limit", "1"], ["< 5", "2"], ["-", "3"]], None),
    ],
)
def test_rules_that_the_rules_above_hide(cells: Any, message: str | None) -> None:
    hidden = [text for code, text in found([NUMBER], ["r"], cells, policy="FIRST") if code == "unreachable-rule"]
    assert hidden[:1] == ([] if message is None else [message])


def test_tables_of_functions_and_contexts_are_examined_too() -> None:
    inner = table([NUMBER], ["r"], [["< 5", "1"]])
    knowledge = (
        '<businessKnowledgeModel id="k" name="k"><encapsulatedLogic><formalParameter name="x" typeRef="number"/>'
        f"{inner}</encapsulatedLogic></businessKnowledgeModel>"
    )
    assert [one.message for one in dmn.check(read(knowledge)) if one.code in OURS] == ["no rule decides x = 5"]


def test_thirty_rules_of_five_inputs_are_examined_whole() -> None:
    rng = random.Random(7)
    rows = [[_interval(rng) for _ in range(5)] + [str(number)] for number in range(30)]
    model = read(decision(table([(f"x{n}", "number") for n in range(5)], ["r"], rows, policy="ANY")))
    problems = dmn.check(model)
    assert {"dmn/gap", "dmn/overlapping-rules"} <= {one.code for one in problems}
    incomplete = [one.message for one in problems if one.code == "dmn/analysis-incomplete"]
    assert incomplete == ["more rules overlap; the first 10 pairs are listed"]


def _interval(rng: random.Random) -> str:
    low, high = sorted(rng.sample(range(100), 2))
    return rng.choice(["-", f"[{low}..{high}]", f">= {low}", f"< {high}"])


def test_a_budget_that_ran_out_is_told_and_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coverage, "STEPS", 200)
    monkeypatch.setattr(Coverage, "refill", lambda self: setattr(self, "_steps", Steps(20)))
    rows = [[f"[{n}..{n + 10}]", f"[{n}..{n + 10}]", str(n)] for n in range(20)]
    problems = dmn.check(read(decision(table([NUMBER, ("y", "number")], ["r"], rows))))
    assert ("warning", "the budget ran out while looking for: gap; there may be more than was found") in [
        (one.severity.value, one.message) for one in problems if one.code == "dmn/analysis-incomplete"
    ]


def test_a_table_beyond_all_budgets_is_left_alone_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coverage, "MAX_ATOMS", 10)
    rows = [[f"{n}", str(n)] for n in range(20)]
    assert found([NUMBER], ["r"], rows) == [
        ("analysis-incomplete", "the table is too large to look for gaps, overlaps and unreachable rules")
    ]
    with pytest.raises(OutOfSteps):
        Steps(1).spend(2)


def test_loading_does_not_examine_and_does_not_refuse() -> None:
    """A table that people use elsewhere loads; what is wrong with it is for checking a file to say."""
    body = decision(table([NUMBER], ["r"], [["[0..50]", "1"], ["[50..100]", "2"]]))
    model = dmn.compile_model(read(body))
    assert model.evaluate("decision", {"x": 10}).value == 1


@pytest.mark.parametrize("seed", range(60))
def test_every_example_is_true(seed: int) -> None:
    """Gaps: no rule matches. Overlaps: both match. Rules that never decide: none of many random inputs is decided by them."""
    rng = random.Random(seed)
    policy = rng.choice(["UNIQUE", "FIRST", "ANY"])
    cells = [_row(rng) for _ in range(rng.randint(1, 8))]
    body = decision(table([NUMBER, STRING, BOOLEAN], ["r"], cells, policy=policy))
    linked = link((dmn.read(file(body), file="t.dmn"),))
    compiled = linked.tables[0]
    seen = Coverage(compiled)

    def matching(values: list[Any]) -> set[int]:
        columns = list(zip(compiled.columns, values, strict=True))
        run = Run(None, None)
        return {rule for rule in range(len(cells)) if all(column.test(rule, value, {}, run) for column, value in columns)}

    boxes = list(seen.gaps(5))
    for box in boxes:
        assert matching([axis.atoms[n].sample for axis, n in zip(seen.axes, box.example, strict=True)]) == set()
    for earlier, later, box in seen.overlaps():
        assert {earlier, later} <= matching([axis.atoms[n].sample for axis, n in zip(seen.axes, box.example, strict=True)])
    hidden = {rule for rule in range(len(cells)) if seen.hidden_by(rule) is not None}
    for _ in range(150):
        values = [Decimal(rng.randint(-2, 24)) / 2, rng.choice(["A", "B", "C", "D"]), rng.choice([True, False])]
        matched = matching(values)
        assert not matched or min(matched) not in hidden
        assert matched or boxes


def _row(rng: random.Random) -> list[str]:
    low = rng.randint(0, 8)
    number = rng.choice(["-", f"< {low}", f">= {low}", f"[{low}..{low + 3}]", f"({low}..{low + 3})", f"not({low})"])
    text = rng.choice(["-", "-", '"A"', '"A","B"', 'not("A")', '"C"'])
    return [number, text, rng.choice(["-", "-", "true", "false"]), str(rng.randint(1, 2))]


@pytest.mark.parametrize("policy", ["UNIQUE", "COLLECT"])
def test_a_table_without_rules_decides_nothing(policy: str) -> None:
    assert found([NUMBER], ["r"], [], policy=policy) == [("gap", "no rule decides anything: the table has no rules")]
    assert found([NUMBER], [{"name": "r", "default": "1"}], [], policy=policy) == []


@pytest.mark.parametrize("path", sorted((ROOT / "decision_tables").glob("*.dmn")), ids=lambda path: path.name)
def test_the_shipped_tables_have_no_finding(path: Path) -> None:
    problems = dmn.check(dmn.read(path.read_bytes(), file=path.name))
    assert [str(problem) for problem in problems if problem.severity != "info"] == []


def test_a_value_is_seen_as_the_column_s_type_makes_it() -> None:
    """Camunda 7's "date" is a date and time, which no date is before or after."""
    cells = [['< date("2026-01-01")', "1"], ['>= date("2026-01-01")', "2"]]
    assert found([("d", "date")], ["r"], cells) == []
    assert "gap" in {code for code, _ in found([("d", "date")], ["r"], cells, dialect="camunda7")}
