"""Every hit policy, with and without matches, by the rules of the standard and of both Camundas (DMN 8.2.10, 8.2.11)."""

from decimal import Decimal as D

import pytest

from tests.dmn.written import compiled, decision, table

# x = 1 matches nothing, 2 the second rule, 3 the first two, 4 all three.
RULES = [["[3..4]", '"low"', "10"], ["[2..4]", '"high"', "30"], ["4", '"mid"', "20"]]
ROWS = {1: {"r": "low", "n": D(10)}, 2: {"r": "high", "n": D(30)}, 3: {"r": "mid", "n": D(20)}}
ONE = [rule[:1] + rule[2:] for rule in RULES]


def decide(
    policy: str, x: int | None, *, dialect: str = "spec", aggregation: str = "", outputs: list | None = None, rules: list | None = None
):
    outputs = outputs if outputs is not None else ["n"]
    rules = rules if rules is not None else ONE
    model = compiled(decision(table(["x"], outputs, rules, policy=policy, aggregation=aggregation)), dialect=dialect)
    result = model.evaluate("decision", {"x": x})
    traced = model.evaluate("decision", {"x": x}, trace=True)
    assert (traced.value, [p.code for p in traced.problems if p.severity == "error"]) == (
        result.value,
        [p.code for p in result.problems if p.severity == "error"],
    )
    return result


@pytest.mark.parametrize(
    ("policy", "x", "value"),
    [
        ("", 2, D(30)),
        ("UNIQUE", 1, None),
        ("FIRST", 4, D(10)),
        ("FIRST", 2, D(30)),
        ("FIRST", None, None),
        ("ANY", 2, D(30)),
        ("ANY", 1, None),
        ("COLLECT", 4, [D(10), D(30), D(20)]),
        ("COLLECT", 2, [D(30)]),
        ("COLLECT", 1, None),
        ("RULE ORDER", 4, [D(10), D(30), D(20)]),
        ("RULE ORDER", 1, None),
    ],
)
@pytest.mark.parametrize("dialect", ["spec", "camunda8"])
def test_the_value_is_the_output_or_a_list_of_outputs(dialect: str, policy: str, x: int | None, value: object) -> None:
    assert decide(policy, x, dialect=dialect).value == value


@pytest.mark.parametrize(
    ("policy", "x", "rules"),
    [("UNIQUE", 2, [2]), ("FIRST", 4, [1]), ("ANY", 1, []), ("COLLECT", 4, [1, 2, 3]), ("RULE ORDER", 3, [1, 2]), ("COLLECT", 1, [])],
)
def test_camunda_7_gives_rows(policy: str, x: int, rules: list[int]) -> None:
    assert decide(policy, x, dialect="camunda7", outputs=["r", "n"], rules=RULES).value == [ROWS[rule] for rule in rules]


@pytest.mark.parametrize("dialect", ["spec", "camunda8"])
def test_several_outputs_are_a_context(dialect: str) -> None:
    assert decide("FIRST", 4, dialect=dialect, outputs=["r", "n"], rules=RULES).value == ROWS[1]


def test_each_caller_gets_a_result_of_its_own() -> None:
    model = compiled(decision(table(["x"], ["r", "n"], RULES, policy="FIRST")))
    model.evaluate("decision", {"x": 4}).value["r"] = "spoilt"
    assert model.evaluate("decision", {"x": 4}).value == ROWS[1]


@pytest.mark.parametrize(
    ("aggregation", "values"),
    [
        ("SUM", (None, D(30), D(40), D(60))),
        ("COUNT", (None, D(1), D(2), D(3))),
        ("MIN", (None, D(30), D(10), D(10))),
        ("MAX", (None, D(30), D(30), D(30))),
    ],
)
def test_collect_aggregates(aggregation: str, values: tuple) -> None:
    for x, value in zip((1, 2, 3, 4), values, strict=True):
        assert decide("COLLECT", x, aggregation=aggregation).value == value
        expected = [{"n": value}] if value is not None else [{"n": D(0)}] if aggregation == "COUNT" else []
        assert decide("COLLECT", x, aggregation=aggregation, dialect="camunda7").value == expected


def test_sums_are_exact() -> None:
    rules = [["-", "0.1"], ["-", "0.2"], ["-", "1e-30"]]
    assert decide("COLLECT", 1, aggregation="SUM", rules=rules).value == D("0.300000000000000000000000000001")


def test_texts_cannot_be_summed() -> None:
    result = decide("COLLECT", 1, aggregation="SUM", rules=[["-", '"a"'], ["-", "1"]])
    assert (result.value, result.failed, result.problems[0].code) == (None, True, "dmn/aggregation-failed")


def test_least_of_dates() -> None:
    rules = [["-", 'date("2026-03-01")'], ["-", 'date("2025-12-31")']]
    assert str(decide("COLLECT", 1, aggregation="MIN", rules=rules).value) == "2025-12-31"


@pytest.mark.parametrize(("x", "value"), [(1, None), (2, "high"), (3, "high"), (4, "high")])
@pytest.mark.parametrize("dialect", ["spec", "camunda8"])
def test_priority_takes_what_is_listed_first(dialect: str, x: int, value: str | None) -> None:
    outputs = [{"name": "r", "values": '"high","mid","low"'}]
    assert decide("PRIORITY", x, dialect=dialect, outputs=outputs, rules=[rule[:2] for rule in RULES]).value == value


def test_output_order_sorts_by_the_list() -> None:
    outputs = [{"name": "r", "values": '"high","mid","low"'}]
    assert decide("OUTPUT ORDER", 4, outputs=outputs, rules=[rule[:2] for rule in RULES]).value == ["high", "mid", "low"]


def test_priority_over_several_outputs_goes_column_by_column() -> None:
    outputs = [{"name": "a", "values": '"x","y"'}, {"name": "b", "values": "3,2,1"}]
    rules = [["-", '"y"', "3"], ["-", '"x"', "1"], ["-", '"x"', "2"]]
    assert decide("PRIORITY", 1, outputs=outputs, rules=rules).value == {"a": "x", "b": D(2)}


@pytest.mark.parametrize("dialect", ["spec", "camunda7", "camunda8"])
def test_unique_refuses_two_matches(dialect: str) -> None:
    result = decide("UNIQUE", 3, dialect=dialect)
    assert (result.value, result.failed) == (None, True)
    assert (result.problems[0].code, result.problems[0].found) == ("dmn/unique-violated", "rules 1, 2")


def test_any_wants_equal_outputs() -> None:
    assert decide("ANY", 3, rules=[["-", "1.0"], ["-", "1"]]).value == D(1)
    result = decide("ANY", 3)
    assert (result.value, result.problems[0].code) == (None, "dmn/any-violated")


@pytest.mark.parametrize("policy", ["UNIQUE", "FIRST", "ANY", "COLLECT", "RULE ORDER"])
def test_the_default_output_stands_in(policy: str) -> None:
    outputs = [{"name": "n", "default": "99"}]
    assert decide(policy, 1, outputs=outputs).value == D(99)
    assert decide(policy, 1, outputs=outputs, dialect="camunda8").value == D(99)
    assert decide(policy, 1, outputs=outputs, dialect="camunda7").value == []


def test_an_empty_output_cell() -> None:
    rules = [["-", '"a"', ""]]
    assert decide("FIRST", 1, outputs=["r", "n"], rules=rules).value == {"r": "a", "n": None}
    assert decide("FIRST", 1, outputs=["r", "n"], rules=rules, dialect="camunda7").value == [{"r": "a"}]


def test_outputs_may_read_inputs() -> None:
    assert decide("FIRST", 4, rules=[["> 3", "x * 2"], ["-", "x"]]).value == D(8)
    assert decide("COLLECT", 4, rules=[["> 3", "x * 2"], ["-", "x"]]).value == [D(8), D(4)]


def test_outputs_that_are_lists_are_copied() -> None:
    model = compiled(decision(table(["x"], ["n"], [["-", "[1, 2]"]], policy="FIRST")))
    model.evaluate("decision", {"x": 1}).value.append("spoilt")
    assert model.evaluate("decision", {"x": 1}).value == [D(1), D(2)]
