"""Whole loans, told from the customer's first form to the money: what every step leaves on record."""

from __future__ import annotations

from decimal import Decimal

import pytest

from loanflow.testing import Flow
from tests.lending.bank import APPROVE, PASS, Bank


@pytest.fixture
def bank(flow: Flow) -> Bank:
    return Bank(flow)


def test_a_personal_loan_from_the_counter_to_the_account(bank: Bank) -> None:
    case = bank.open("personal-credit").personal(amount=220_000, monthly_income=30_000, key="LN-2026-0001")
    assert case.waits_at("初审")
    bank.flow.advance(hours=1)
    case.task("初审").claim("zhang.ning").complete(validate=True, **PASS)
    bank.flow.advance(hours=9)
    assert case.passed("超时提醒")
    case.task("客户经理复核").claim("wang.fang").complete(validate=True, **{**APPROVE, "approved_amount": 200_000})
    assert case.ended_at("已放款")

    engine = bank.flow.engine
    history = engine.history("LN-2026-0001")
    acted = [(entry.actor, entry.kind, entry.element_name) for entry in history if entry.kind in ("case.started", "task.completed")]
    assert acted == [
        ("li.wenbo", "case.started", None),
        ("zhang.ning", "task.completed", "初审"),
        ("wang.fang", "task.completed", "客户经理复核"),
    ]
    assert [decision.decision_key for decision in engine.decisions("LN-2026-0001")] == [
        "eligibility",
        "credit_assessment",
        "approval_route",
        "pricing",
    ]
    assert all(decision.trace for decision in engine.decisions("LN-2026-0001"))
    assert engine.verify_audit("LN-2026-0001") == len(history)
    payment = bank.world.ledger.payments()[0]
    assert (payment.amount, payment.account_no) == (Decimal(200_000), "6222990000000001")
    assert {notice.template for notice in bank.world.outbox.notices()} == {"review-overdue", "personal-disbursed"}


def test_an_enterprise_loan_from_its_statements_to_the_account(bank: Bank) -> None:
    case = bank.open("enterprise-credit").enterprise(key="LN-2026-0002")
    bank.vote(case, "approve", "recuse", "approve", "approve", "approve")
    case.task("最终决策").claim("zhou.qian").complete(
        validate=True, final_conclusion="approve", approved_amount=3_000_000, conditions="落实抵押登记。", final_opinion="同意。"
    )
    assert case.ended_at("已放款")

    engine = bank.flow.engine
    people = {entry.actor for entry in engine.history("LN-2026-0002") if entry.kind == "task.completed"}
    assert people == {"li.wenbo", "zhang.ning", "chen.jie", "zhao.min", "sun.lei", "he.ying", "gao.shan", "zhou.qian"}
    assert case.variables["resolution"]["outcome"] == "approved"
    assert engine.verify_audit("LN-2026-0002") == len(engine.history("LN-2026-0002"))
    assert bank.world.ledger.total() == Decimal(3_000_000)
