"""Why: every cell as the hit policy explains it, where inputs came from, what would change the answer, in words."""

from __future__ import annotations

import json
from decimal import Decimal as D

import pytest

from loanflow import dmn
from tests.dmn.written import compiled, decision, literal, requires, table

ROUTE = table(
    ["score", "ratio", "overdue"],
    ["route", "grade"],
    [
        ["< 560", "-", "-", '"reject"', '"E"'],
        ["-", "> 0.70", "-", '"reject"', '"E"'],
        ["[560..620)", "<= 0.55", "<= 3", '"manual"', '"D"'],
        ["[620..700)", "<= 0.55", "<= 1", '"manual"', '"C"'],
        [">= 700", "<= 0.50", "0", '"auto"', '"A"'],
        ["-", "-", "-", '"manual"', '"C"'],
    ],
    policy="FIRST",
    descriptions=["评分低于准入线", "负债过高", "低分客户须人工复核", "中等评分", "优质客户自动通过", "兜底"],
)
GIVEN = {"score": 598, "ratio": 0.41, "overdue": 1}


def traced(body: str = ROUTE, inputs: dict | None = None, **options: str) -> dmn.Trace:
    trace = compiled(decision(body, name="审批路径"), **options).evaluate("decision", GIVEN if inputs is None else inputs, trace=True).trace
    assert trace is not None
    return trace


def marks(trace: dmn.Trace) -> list[str]:
    return ["".join({True: "+", False: "x", None: "."}[cell.result] for cell in rule.cells) for rule in trace.decision.rules]


def test_first_stops_at_the_rule_that_matches_and_a_row_at_its_first_false_cell() -> None:
    assert marks(traced()) == ["x..", "+x.", "+++", "...", "...", "..."]


def test_other_policies_look_at_every_rule() -> None:
    assert marks(traced(ROUTE.replace("FIRST", "COLLECT"))) == ["x..", "+x.", "+++", "x..", "x..", "+++"]


def test_the_rule_that_decided() -> None:
    found = traced().decision
    assert (found.hits, [rule.index for rule in found.rules if rule.hit]) == ((3,), [3])
    assert [(output.name, output.value) for output in found.outputs] == [("route", "manual"), ("grade", "D")]
    assert found.reason_codes == ("低分客户须人工复核",)
    assert (found.hit_policy, found.value) == ("FIRST", {"route": "manual", "grade": "D"})


def test_inputs_say_where_they_came_from() -> None:
    body = decision(literal("debt / income"), id="ratio", name="负债收入比", variable='<variable name="ratio"/>') + decision(
        table(["ratio", "score + 1", "gone"], ["r"], [["< 1", "-", "-", "1"]]), requires=requires("decision:ratio")
    )
    trace = compiled(body).evaluate("decision", {"debt": 1, "income": 4, "score": 5}, trace=True).trace
    assert trace is not None
    assert [one.decision_id for one in trace.decisions] == ["ratio", "decision"]
    assert [(one.value, one.source.kind, one.source.name) for one in trace.decision.inputs] == [
        (D("0.25"), "decision", "负债收入比"),
        (D(6), "expression", "score"),
        (None, "missing", "gone"),
    ]
    assert {one.expression for one in trace.decisions[0].inputs} == {"debt", "income"}


def test_the_trace_survives_json() -> None:
    trace = traced().with_version("12")
    restored = dmn.Trace.from_dict(json.loads(json.dumps(trace.to_dict())))
    assert restored == trace
    assert (restored.version, restored.decision.value) == ("12", {"route": "manual", "grade": "D"})
    with pytest.raises(ValueError, match="format 2"):
        dmn.Trace.from_dict({"format": 2})


def test_what_would_change_the_answer() -> None:
    miss = traced().decision.nearest
    assert miss is not None
    # Rule 4 is nearer than rule 5, and with the score at 620 it decides.
    assert (miss.rule, miss.confirmed, [(cell.label, cell.needed, cell.difference) for cell in miss.cells]) == (
        4,
        True,
        [("score", D(620), D(22))],
    )


def test_what_would_change_is_tried_out_first() -> None:
    # Rule 3 is nearest, but rule 1 would get in the way: at 10 it decides first.
    rules = [["10", '"ten"'], ["< 5", '"low"'], [">= 10", '"high"']]
    miss = traced(table(["x"], ["r"], rules, policy="FIRST"), {"x": 4}).decision.nearest
    assert miss is not None
    assert (miss.rule, miss.confirmed) == (1, True)


def test_ends_that_are_left_out_are_passed_by_one_unit() -> None:
    miss = traced(table(["x"], ["r"], [["<= 5", "1"], ["> 5", "2"]]), {"x": D("4.25")}).decision.nearest
    assert miss is not None
    assert miss.cells[0].needed == D("5.01")


def test_no_rule_matched() -> None:
    trace = traced(table(["x"], ["r"], [["> 5", "1"], ["null", "2"]]), {"x": 5})
    assert trace.decision.hits == ()
    assert trace.sentence("zh").startswith("没有规则命中。")
    assert trace.sentence("en").startswith("No rule matched.")
    assert trace.decision.nearest is not None
    assert trace.decision.nearest.rule == 1


def test_a_broken_hit_policy_is_explained() -> None:
    result = compiled(decision(table(["x"], ["r"], [["> 1", "1"], ["> 2", "2"]]))).evaluate("decision", {"x": 3}, trace=True)
    assert result.failed
    assert result.trace is not None
    assert result.trace.decision.hits == (1, 2)


def test_sentences() -> None:
    trace = traced()
    assert (
        trace.sentence("zh") == "规则 3 命中：score 598 落在 [560..620)，ratio 0.41 ≤ 0.55，overdue 1 ≤ 3。命中策略 FIRST：首条命中即返回。"
    )
    assert trace.sentence("en") == (
        "Rule 3 matched: score 598 is in [560..620), ratio 0.41 ≤ 0.55, overdue 1 ≤ 3."
        " Hit policy FIRST: the first rule that matches decides."
    )
    assert dmn.headline(trace.decision, "zh") == '规则 3 命中 → "manual"、"D"'
    assert dmn.change(trace.decision, "zh") == '若score再高 22（[620..700)），将命中规则 4（route "manual"、grade "C"）。'
    assert dmn.change(trace.decision, "en") == 'If score were 22 higher ([620..700)), rule 4 would decide (route "manual", grade "C").'


def test_sentences_of_collected_rules_and_of_expressions() -> None:
    rules = [["> 1", "10"], ["> 2", "20"]]
    trace = traced(table(["x"], ["r"], rules, policy="COLLECT", aggregation="SUM"), {"x": 3})
    assert trace.sentence("zh") == "规则 1、2 命中。命中策略 COLLECT SUM：收集全部命中规则，求和。"
    assert trace.sentence("en") == "Rules 1, 2 matched. Hit policy COLLECT SUM: all rules that match are collected and added up."
    assert traced(literal("1 + 1"), {}).sentence("zh") == "「审批路径」的结果是 2。"


@pytest.mark.parametrize("dialect", ["spec", "camunda7", "camunda8"])
def test_with_and_without_a_trace_the_value_is_the_same(dialect: str) -> None:
    model = compiled(decision(ROUTE), dialect=dialect)
    for score in (500, 560, 598, 620, 700, None):
        inputs = {**GIVEN, "score": score}
        plain, trace = model.evaluate("decision", inputs), model.evaluate("decision", inputs, trace=True)
        assert plain.value == trace.value
        assert trace.trace is not None
        assert trace.trace.decision.value == plain.value


def test_the_trace_keeps_what_was_seen() -> None:
    inputs = dict(GIVEN)
    trace = compiled(decision(ROUTE)).evaluate("decision", inputs, trace=True).trace
    inputs["score"] = 100
    assert trace is not None
    assert trace.decision.hits == (3,)


def test_a_trace_with_a_function_survives_json() -> None:
    model = compiled(decision(literal("{double: function(x) x * 2, two: double(1)}")))
    trace = model.evaluate("decision", {}, trace=True).trace
    assert trace is not None
    back = dmn.Trace.from_dict(json.loads(json.dumps(trace.to_dict())))
    assert back.decision.value == "{double: function(x), two: 2}"
    assert "function(x)" in back.sentence("en")
