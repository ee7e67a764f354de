"""Every hit policy over every type of input, with no match, one, two, and null, in every dialect; expectations worked out by hand.

Rule 1 takes the low value, rule 2 the low and the middle one, rule 3 null. So low matches rules 1 and 2, middle rule 2, high none.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal as D
from typing import Any

import pytest

from loanflow import dmn
from loanflow.feel import evaluate
from tests.dmn.written import compiled, decision, table


@dataclass(frozen=True)
class Type:
    """A type with three values in rising order, and cells that take the low one, and the low and the middle one."""

    name: str
    low: str
    middle: str
    high: str
    two: str
    camunda7: str = ""

    def value(self, which: str) -> Any:
        return None if which == "null" else evaluate({"low": self.low, "middle": self.middle, "high": self.high}[which])


TYPES = {
    "number": Type("number", "10", "20.5", "30", "[10..20.5]", "double"),
    "integer": Type("number", "-1", "0", "1", "<= 0", "integer"),
    "string": Type("string", '"A"', '"批准"', '"C"', '"A", "批准"', "string"),
    "boolean": Type("boolean", "true", "true", "false", "true, true", "boolean"),
    "date": Type("date", '@"2026-01-31"', '@"2026-02-28"', '@"2026-03-01"', '< @"2026-03-01"', ""),
    "date and time": Type(
        "date and time",
        '@"2026-03-29T00:30:00Z"',
        '@"2026-03-29T02:30:00@Europe/London"',
        '@"2026-03-29T02:00:00Z"',
        '[@"2026-03-29T00:00:00Z"..@"2026-03-29T01:30:00Z"]',
    ),
    "time": Type("time", '@"08:00:00"', '@"12:00:00"', '@"17:30:00"', '[@"08:00:00"..@"12:00:00"]'),
    "days and time duration": Type("days and time duration", '@"PT1H"', '@"P1D"', '@"P2D"', '<= @"PT24H"'),
    "years and months duration": Type("years and months duration", '@"P1M"', '@"P1Y"', '@"P2Y"', '<= @"P12M"'),
    "any": Type("Any", "[1, 2]", "{a: 1}", '"x"', "[1, 2], {a: 1}"),
}
POLICIES = [
    "UNIQUE",
    "FIRST",
    "PRIORITY",
    "ANY",
    "COLLECT",
    "COLLECT SUM",
    "COLLECT COUNT",
    "COLLECT MIN",
    "COLLECT MAX",
    "RULE ORDER",
    "OUTPUT ORDER",
]
OUTPUTS = {1: D(10), 2: D(30), 3: D(20)}
BROKEN = object()


def rules_hit(of: str, which: str) -> list[int]:
    both = [1, 2]
    return {"low": both, "middle": both if of == "boolean" else [2], "high": [], "null": [3]}[which]


def expected(policy: str, hits: list[int]) -> Any:
    outputs = [OUTPUTS[rule] for rule in hits]
    match policy:
        case "UNIQUE":
            return BROKEN if len(hits) > 1 else outputs[0] if outputs else None
        case "ANY":
            return BROKEN if len(set(outputs)) > 1 else outputs[0] if outputs else None
        case "FIRST":
            return outputs[0] if outputs else None
        case "PRIORITY":
            return max(outputs, default=None)  # the values are listed from the greatest to the least
        case "OUTPUT ORDER":
            return sorted(outputs, reverse=True) or None
        case "COLLECT" | "RULE ORDER":
            return outputs or None
        case "COLLECT SUM":
            return sum(outputs, D(0)) if outputs else None
        case "COLLECT COUNT":
            return D(len(outputs)) if outputs else None
        case "COLLECT MIN":
            return min(outputs, default=None)
        case _:
            return max(outputs, default=None)


def model_of(policy: str, of: Type, dialect: str) -> dmn.DecisionModel:
    name, _, aggregation = policy.partition(" ") if policy.startswith("COLLECT") else (policy, "", "")
    rules = [[of.low, "10"], [of.two, "30"], ["null", "20"]]
    type_ref = of.camunda7 if dialect == "camunda7" else of.name
    outputs = [{"name": "r", "values": "30, 20, 10"}]
    return compiled(decision(table([("x", type_ref)], outputs, rules, policy=name, aggregation=aggregation)), dialect=dialect)


@pytest.mark.parametrize("dialect", ["spec", "camunda7", "camunda8"])
@pytest.mark.parametrize("of", TYPES)
@pytest.mark.parametrize("policy", POLICIES)
def test_policy(policy: str, of: str, dialect: str) -> None:
    if dialect == "camunda7" and policy in ("PRIORITY", "OUTPUT ORDER"):
        return  # refused, as test_dialects.py says
    model = model_of(policy, TYPES[of], dialect)
    for which in ("low", "middle", "high", "null"):
        hits = rules_hit(of, which)
        wanted = expected(policy, hits)
        given = {"x": TYPES[of].value(which)}
        for result in (
            model.evaluate("decision", given),
            model.evaluate("decision", given, trace=True),
            *model.evaluate_many("decision", [given]),
        ):
            if wanted is BROKEN:
                assert (result.value, result.failed) == (None, True), which
                assert result.problems[0].code == f"dmn/{policy.lower()}-violated"
            elif dialect == "camunda7":
                assert result.value == as_rows(policy, wanted), which
            else:
                assert result.value == wanted, which
        trace = model.evaluate("decision", given, trace=True).trace
        assert trace is not None
        if wanted is not BROKEN:
            assert set(trace.decision.hits) == set(
                hits[:1] if policy == "FIRST" else hits if policy != "PRIORITY" else trace.decision.hits
            ), which


def as_rows(policy: str, value: Any) -> list[dict[str, Any]]:
    if value is None:
        return [{"r": D(0)}] if policy == "COLLECT COUNT" else []
    return [{"r": one} for one in (value if isinstance(value, list) else [value])]


@pytest.mark.parametrize("dialect", ["spec", "camunda7", "camunda8"])
def test_chinese_names_labels_and_texts(dialect: str) -> None:
    inputs = [("申请金额", "number"), ("职业", "string")]
    rules = [["< 50000", '"公务员","教师"', '"通过"'], [">= 50000", '"公务员"', '"人工审核"'], ["-", 'not("公务员","教师")', '"拒绝：𠮷"']]
    model = compiled(
        decision(table(inputs, ["审批结论"], rules, policy="FIRST", descriptions=["小额优质", "大额优质", "其余"]), id="d", name="准入"),
        dialect=dialect,
    )
    for amount, job, conclusion, note in [
        (49999.99, "教师", "通过", "小额优质"),
        (50000, "公务员", "人工审核", "大额优质"),
        (1, "𠮷野家店员", "拒绝：𠮷", "其余"),
    ]:
        result = model.evaluate("准入", {"申请金额": amount, "职业": job}, trace=True)
        assert result.value == ([{"审批结论": conclusion}] if dialect == "camunda7" else conclusion)
        assert result.trace is not None
        assert result.trace.decision.reason_codes == (note,)
        assert "命中" in result.trace.sentence("zh")
        assert "matched" in result.trace.sentence("en")
