"""The decision tables by themselves: borders, missing values, completeness, and what they make of many applications."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from itertools import product
from typing import Any

import pytest

from loanflow import dmn
from loanflow.lending.applications import PERSONAL, sample_applications
from loanflow.lending.bureau import made_up_report
from tests.lending.bank import CLEAN, PERSON, SOUND, TABLES


@cache
def model(name: str) -> dmn.DecisionModel:
    return dmn.load(TABLES / f"{name}.dmn")


def row(name: str, decision: str, **inputs: Any) -> dict[str, Any]:
    """Return the one row a Camunda 7 decision answers."""
    answer = model(name).evaluate(decision, inputs).value
    assert isinstance(answer, list)
    assert len(answer) == 1
    return answer[0]


def assessment(**inputs: Any) -> dict[str, Any]:
    return row("score_card", "credit_assessment", **inputs)["credit_assessment"]


ROUTED = {"credit_report": CLEAN.as_variables(), "amount": 50000}


@pytest.mark.parametrize(
    ("score", "route"),
    [(0, "decline"), (44, "decline"), (45, "review"), (69, "review"), (70, "auto"), (71, "auto"), (100, "auto"), (None, "review")],
)
def test_route_by_score(score: int | None, route: str) -> None:
    assert row("approval_route", "approval_route", score=score, **ROUTED)["route"] == route


@pytest.mark.parametrize(("amount", "route"), [(200000, "auto"), (Decimal("200000.01"), "review")])
def test_route_by_amount(amount: Any, route: str) -> None:
    assert row("approval_route", "approval_route", score=90, credit_report=CLEAN.as_variables(), amount=amount)["route"] == route


def test_route_without_file() -> None:
    assert row("approval_route", "approval_route", score=90, amount=50000)["route"] == "review"


def test_every_score_has_a_route() -> None:
    routes = [row("approval_route", "approval_route", score=score, **ROUTED)["route"] for score in range(101)]
    assert [routes.count(route) for route in ("decline", "review", "auto")] == [45, 25, 31]


def test_the_best_customer_has_a_hundred_points_and_no_reasons() -> None:
    best = {**PERSON, "employment": "public", "years_employed": 10, "residence": "own", "monthly_income": 20000}
    assert assessment(**best, credit_report=CLEAN.as_variables()) == {
        "score": 100,
        "risk_grade": "A",
        "dsr": Decimal("0.0692"),
        "reason_codes": [],
    }


def test_the_worst_customer_keeps_the_base_points_and_four_reasons_by_weight() -> None:
    worst = {**PERSON, "employment": "none", "years_employed": 0, "residence": None, "monthly_income": 2000, "monthly_debt": 3000}
    report = {"overdue_24m": 9, "overdue_90d": 2, "queries_3m": 9, "card_utilisation": Decimal("0.99")}
    found = assessment(**worst, credit_report=report)
    assert found["score"] == 4 + 2 + 2 + 0 + 3 + 0 + 0 + 1
    assert found["risk_grade"] == "E"
    assert found["reason_codes"] == ["S01", "S02", "S03", "S05"]


def test_without_a_file_the_bins_for_missing_values_count() -> None:
    with_file = assessment(**PERSON, credit_report=CLEAN.as_variables())
    without = assessment(**PERSON)
    assert with_file["score"] - without["score"] == (20 - 7) + (8 - 4) + (8 - 3)
    assert without["reason_codes"] == ["S04"]


@pytest.mark.parametrize("name", ["monthly_income", "amount", "term_months"])
def test_there_is_no_score_without_income_amount_or_term(name: str) -> None:
    found = assessment(**{**PERSON, name: None}, credit_report=CLEAN.as_variables())
    assert (found["score"], found["risk_grade"]) == (None, "U")


def test_grades_follow_the_score_on_all_samples() -> None:
    grades = set()
    for sample in sample_applications():
        if sample.product != PERSONAL:
            continue
        report = made_up_report(sample.variables["national_id"])
        known = {} if report is None else {"credit_report": report.as_variables()}
        found = assessment(**sample.variables, **known)
        score = found["score"]
        expected = "A" if score >= 85 else "B" if score >= 70 else "C" if score >= 55 else "D" if score >= 45 else "E"
        assert found["risk_grade"] == expected, sample.key
        assert score >= 45 or found["reason_codes"], f"{sample.key} is declined without a reason"
        grades.add(expected)
    assert grades == {"A", "B", "C", "D", "E"}


def test_bins_leave_no_gap_and_never_overlap() -> None:
    # Each attribute adds exactly one row: the base row and eight bins, whatever the values.
    values: dict[str, tuple[Any, ...]] = {
        "employment": ("public", "other", None),
        "years_employed": (0, 1, 3, 8, None),
        "monthly_income": (3999, 4000, 8000, 15000),
        "residence": ("own", "rent", None),
    }
    reports = [
        {"overdue_24m": overdue, "overdue_90d": 0, "queries_3m": queries, "card_utilisation": use}
        for overdue, queries, use in ((0, 2, Decimal("0.3")), (1, 3, Decimal("0.7")), (3, 5, 0), (4, 6, 1), (None, None, None))
    ]
    for choice, report in product(product(*values.values()), reports):
        inputs = {**PERSON, **dict(zip(values, choice, strict=True)), "credit_report": report}
        trace = model("score_card").evaluate("score_card", inputs, trace=True).trace
        assert trace is not None
        assert len(trace.decision.hits) == 9, inputs


@pytest.mark.parametrize(
    ("born", "eligible"), [("20080302", True), ("20080303", False), ("19600303", True), ("19590302", False), ("00000000", False)]
)
def test_age_counts_from_the_birthday(born: str, eligible: bool) -> None:
    from datetime import UTC, datetime

    inputs = {**PERSON, "national_id": f"990101{born}1234"}
    answer = model("eligibility").evaluate("eligibility", inputs, clock=lambda: datetime(2026, 3, 2, 12, tzinfo=UTC)).value
    assert answer[0]["eligible"] is eligible
    assert answer[0]["reason_codes"] == ([] if eligible else ["E01"])


@pytest.mark.parametrize("grade", ["A", "B", "C", "D", "E", "U"])
@pytest.mark.parametrize("term", [6, 12, 13, 36])
def test_every_grade_and_term_has_one_price(grade: str, term: int) -> None:
    offer = row("pricing", "pricing", **{**PERSON, "term_months": term}, risk_grade=grade, credit_report={})["pricing"]
    assert Decimal("3.6") < offer["annual_rate"] < Decimal("15.4")
    assert offer["instalment"] * term == offer["principal"] + offer["total_interest"]


def test_the_instalment_is_an_annuity() -> None:
    offer = row("pricing", "pricing", risk_grade="A", term_months=12, amount=100000, purpose="consumption", credit_report={})["pricing"]
    assert offer["annual_rate"] == Decimal("4.35")
    assert offer["instalment"] == Decimal("8530.99")


def test_adjustments_add_up_and_the_approved_amount_counts() -> None:
    offer = row(
        "pricing",
        "pricing",
        risk_grade="B",
        term_months=24,
        amount=300000,
        approved_amount=200000,
        purpose="education",
        existing_customer=True,
    )["pricing"]
    assert offer["principal"] == 200000
    assert offer["annual_rate"] == Decimal("6.20") - Decimal("0.30") - Decimal("0.20") + Decimal("0.80") - Decimal("0.10")


# Enterprises


@pytest.mark.parametrize("amount", [100_000, 4_999_999, 5_000_000, 19_999_999, 20_000_000, 100_000_000])
@pytest.mark.parametrize("grade", ["A", "B", "C", "D", "E", None])
def test_every_amount_and_grade_has_exactly_one_approver(amount: int, grade: str | None) -> None:
    answer = model("approval_authority").evaluate("approval_authority", {"amount": amount, "risk_grade": grade}, trace=True)
    assert len(answer.trace.decision.hits) == 1
    level = ("approver", "approver-region", "approver-head").index(answer.value["approver_group"])
    base = 0 if amount < 5_000_000 else 1 if amount < 20_000_000 else 2
    assert level == (2 if grade not in ("A", "B", "C") else min(2, base + (grade == "C")))


def test_ratios_are_null_where_there_is_nothing_to_divide_by() -> None:
    empty = dict.fromkeys(("total_assets", "current_liabilities", "previous_revenue", "revenue"), 0)
    found = model("risk_grade").evaluate("enterprise_risk_grade", {**SOUND, **empty, "amount": 1_000_000}).value
    assert found["ratios"]["debt_ratio"] is None
    assert found["grade"] in ("D", "E")


@pytest.mark.parametrize(("recommendation", "grade"), [("support", "A"), ("conditional", "A"), ("oppose", "E")])
def test_investigators_who_oppose_cap_the_grade(recommendation: str, grade: str) -> None:
    inputs = {
        **SOUND,
        "amount": 3_000_000,
        "recommendation": recommendation,
        "collateral": "mortgage",
        "enterprise_report": {"credit_level": "AA"},
    }
    assert model("risk_grade").evaluate("enterprise_risk_grade", inputs).value["grade"] == grade


@pytest.mark.parametrize(("industry", "members", "quorum"), [("services", 5, 4), ("property", 4, 3)])
def test_the_committee_is_convened(industry: str, members: int, quorum: int) -> None:
    found = model("committee").evaluate("committee_convened", {"industry": industry, "amount": 1_000_000}).value
    assert (len(found["members"]), found["quorum"], found["majority"]) == (members, quorum, Decimal("0.5"))


# Members, quorum, share: every way five members can vote, against a count by hand.
@pytest.mark.parametrize("majority", [Decimal("0.5"), Decimal("0.6")])
def test_counting_votes_agrees_with_a_count_by_hand(majority: Decimal) -> None:
    committee = {"members": list("abcde"), "quorum": 4, "majority": majority}
    kinds = ("approve", "reject", "abstain", "recuse")
    for approve, reject, abstain in ((a, r, s) for a in range(6) for r in range(6 - a) for s in range(6 - a - r)):
        numbers = (approve, reject, abstain, 5 - approve - reject - abstain)
        votes = [{"vote": kind} for kind, number in zip(kinds, numbers, strict=True) for _ in range(number)]
        found = model("committee").evaluate("committee_outcome", {"votes": votes, "committee": committee}).value
        present, eligible = approve + reject + abstain, 5 - numbers[3]
        expected = "no_quorum" if present < 4 else "approved" if approve > eligible * majority else "rejected"
        assert found["outcome"] == expected, numbers
