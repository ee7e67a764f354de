"""Personal credit, every path: from the application to disbursed, declined or withdrawn."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from loanflow import NotPermitted
from loanflow.testing.flow_case import CaseUnderTest
from tests.lending.bank import APPROVE, CLEAN, PASS, PERSON, Bank

PRODUCT = "personal-credit"

SUPPLEMENT = {"pre_review_conclusion": "supplement", "missing_items": ["income_proof"], "pre_review_opinion": "缺收入证明。"}
SUPPLIED = {"supplement_conclusion": "supplied", "supplied_items": ["income_proof"], "supplement_note": "已补。"}


def pre_review(case: CaseUnderTest, *, by: str = "zhang.ning", **values: object) -> CaseUnderTest:
    return case.task("初审").complete(by=by, validate=True, **(values or PASS))


def notice(bank: Bank) -> tuple[str, str]:
    last = bank.world.outbox.notices()[-1]
    return last.template, last.text


def test_a_good_customer_is_paid_without_a_reviewer(bank: Bank) -> None:
    case = bank.personal()
    pre_review(case)
    assert case.ended_at("已放款")
    assert case.passed("准入检查", "征信查询", "初审", "风控模型评分", "审批路由", "定价", "放款", "放款通知")
    assert not case.passed("客户经理复核")
    assert [payment.amount for payment in bank.world.ledger.payments()] == [Decimal(30000)]
    template, text = notice(bank)
    assert template == "personal-disbursed"
    assert "¥30,000.00" in text


@pytest.mark.parametrize(
    ("residence", "years", "queries", "score", "route"),
    [("family", 5, 3, 69, "review"), ("family", 2, 1, 70, "auto"), ("mortgage", 5, 3, 71, "auto")],
)
def test_seventy_points_are_the_border(bank: Bank, residence: str, years: int, queries: int, score: int, route: str) -> None:
    report = replace(CLEAN, overdue_24m=1, queries_3m=queries, card_utilisation=Decimal("0.8"))
    case = bank.personal(report, residence=residence, years_employed=years)
    pre_review(case)
    assert case.variables["score"] == score
    assert case.variables["approval"]["route"] == route
    assert bool(case.waits_at("客户经理复核")) is (route == "review")
    assert bool(case.ended_at("已放款")) is (route == "auto")


def test_the_border_is_one_row_of_a_table(bank: Bank) -> None:
    table = (bank.tables / "approval_route.dmn").read_bytes()
    assert table.count(b"&gt;= 70") + table.count(b"<text>>= 70</text>") == 1
    changed = table.replace(b"&gt;= 70", b"&gt;= 80").replace(b"<text>>= 70</text>", b"<text>>= 80</text>")
    bank.flow.deploy({"approval_route.dmn": changed})
    report = replace(CLEAN, overdue_24m=1, card_utilisation=Decimal("0.8"))
    case = bank.personal(report, residence="own")
    pre_review(case)
    assert case.variables["score"] == 76
    assert case.waits_at("客户经理复核")


def test_the_switch_sends_everybody_to_a_person(bank: Bank) -> None:
    table = (bank.tables / "approval_route.dmn").read_bytes()
    bank.flow.deploy({"approval_route.dmn": table.replace(b"<text>true</text>", b"<text>false</text>")})
    case = bank.personal()
    pre_review(case)
    assert case.waits_at("客户经理复核")
    assert case.variables["approval"]["basis"] == "自动审批已停用"


def test_a_missing_score_goes_to_a_person(bank: Bank) -> None:
    case = bank.personal(monthly_income=...)
    pre_review(case)
    assert case.variables["score"] is None
    assert case.variables["risk_grade"] == "U"
    assert case.decision("approval_route").matched_rules == [1]
    assert case.waits_at("客户经理复核")
    case.task("客户经理复核").complete(by="wang.fang", validate=True, **APPROVE)
    assert case.ended_at("已放款")


@pytest.mark.parametrize(
    ("changed", "codes"),
    [
        ({"monthly_income": 1999, "amount": 20000}, ["E02"]),
        ({"amount": 240001}, ["E03"]),
        ({"amount": 300001, "monthly_income": 90000}, ["E04"]),
        ({"purpose": "property"}, ["E05"]),
        ({"bureau_consent": False}, ["E06"]),
        ({"national_id": "990101201001011234"}, ["E01"]),
        ({"purpose": "securities", "monthly_income": 1000, "amount": 50000}, ["E02", "E03", "E05"]),
    ],
)
def test_who_is_not_eligible_is_declined_with_every_reason(bank: Bank, changed: dict[str, object], codes: list[str]) -> None:
    case = bank.personal(**changed)
    assert case.ended_at("已拒绝")
    assert case.variables["reason_codes"] == codes
    assert not case.passed("征信查询")
    assert notice(bank)[0] == "personal-declined"


@pytest.mark.parametrize(("amount", "income"), [(5000, 2000), (240000, 10000), (300000, 12500)])
def test_the_edges_of_eligibility_are_inside(bank: Bank, amount: int, income: int) -> None:
    assert bank.personal(amount=amount, monthly_income=income).waits_at("初审")


def test_a_customer_without_file_is_verified_and_reviewed(bank: Bank) -> None:
    case = bank.personal(None)
    assert case.waits_at("无征信户核实")
    case.task("无征信户核实").complete(
        by="liu.yang",
        validate=True,
        verified_income=10000,
        social_security_months=30,
        no_file_evidence=["social_security"],
        no_file_opinion="收入属实。",
    )
    pre_review(case)
    assert case.variables["approval"]["basis"] == "没有征信记录"
    with pytest.raises(NotPermitted, match="无征信户核实"):
        case.task("客户经理复核").claim("liu.yang")
    case.task("客户经理复核").complete(by="wang.fang", validate=True, **APPROVE)
    assert case.ended_at("已放款")
    assert case.variables["offer"]["annual_rate"] == Decimal("10.00")


def test_a_bureau_that_is_down_is_asked_again(bank: Bank) -> None:
    bank.world.bureau.fail(PERSON["national_id"], 2)
    case = bank.personal()
    assert case.waits_at("征信查询")
    bank.flow.advance(minutes=5)
    assert case.waits_at("初审")


def test_a_bureau_that_stays_down_becomes_an_incident_that_a_person_resolves(bank: Bank) -> None:
    bank.world.bureau.fail(PERSON["national_id"], 5)
    case = bank.personal()
    bank.flow.advance(hours=1)
    assert [incident.element_id for incident in case.incidents] == ["BureauQuery"]
    bank.flow.engine.resolve_incident(case.incidents[0].id, by="admin")
    bank.flow.run()
    assert case.waits_at("初审")
    assert not case.incidents


def test_missing_material_goes_back_to_the_account_officer(bank: Bank) -> None:
    case = bank.personal()
    pre_review(case, **SUPPLEMENT)
    task = case.task("补充材料")
    assert task.assignee == "li.wenbo"
    with pytest.raises(NotPermitted):
        task.complete(by="zhang.ning", groups=("officer",), **SUPPLIED)
    task.complete(validate=True, **SUPPLIED)
    assert case.variables["supplement_rounds"] == 1
    pre_review(case)
    assert case.ended_at("已放款")


def test_the_fourth_request_for_material_declines(bank: Bank) -> None:
    case = bank.personal()
    for _ in range(3):
        pre_review(case, **SUPPLEMENT)
        case.task("补充材料").complete(validate=True, **SUPPLIED)
    pre_review(case, **SUPPLEMENT)
    assert case.ended_at("已拒绝")
    assert "申请材料不齐" in notice(bank)[1]


def test_the_customer_may_withdraw(bank: Bank) -> None:
    case = bank.personal()
    pre_review(case, **SUPPLEMENT)
    case.task("补充材料").complete(validate=True, supplement_conclusion="withdraw", withdraw_reason="rate")
    assert case.ended_at("已撤回")


def test_material_that_never_comes_lapses_after_fifteen_days(bank: Bank) -> None:
    case = bank.personal()
    pre_review(case, **SUPPLEMENT)
    bank.flow.advance(days=14, hours=23)
    assert case.waits_at("补充材料")
    bank.flow.advance(hours=1)
    assert case.ended_at("逾期视同撤回")


def test_the_pre_review_may_reject_with_reasons(bank: Bank) -> None:
    case = bank.personal()
    pre_review(case, pre_review_conclusion="reject", reason_codes=["M03"], pre_review_opinion="与核实不符。")
    assert case.ended_at("已拒绝")
    assert "不一致" in notice(bank)[1]


def test_a_low_score_is_declined_by_rule_with_at_most_four_reasons(bank: Bank) -> None:
    report = replace(CLEAN, overdue_24m=6, queries_3m=9, card_utilisation=Decimal("0.95"))
    case = bank.personal(report, employment="none", years_employed=0, monthly_income=3000, monthly_debt=1500)
    pre_review(case)
    assert case.ended_at("已拒绝")
    assert case.variables["score"] < 45
    assert len(case.variables["reason_codes"]) == 4
    assert "评分" not in notice(bank)[1]


def test_serious_delinquency_is_declined_whatever_the_score(bank: Bank) -> None:
    case = bank.personal(replace(CLEAN, overdue_90d=1), residence="own", employment="public")
    pre_review(case)
    assert case.ended_at("已拒绝")
    assert case.decision("approval_route").matched_rules == [2]


def test_large_amounts_go_to_a_person_whatever_the_score(bank: Bank) -> None:
    case = bank.in_review()
    assert case.variables["score"] >= 70
    assert case.waits_at("客户经理复核")
    assert case.variables["approval"]["basis"] == "大额"


def test_the_reviewer_may_lower_the_amount(bank: Bank) -> None:
    case = bank.in_review()
    case.task("客户经理复核").complete(by="wang.fang", validate=True, **{**APPROVE, "approved_amount": 150000})
    assert case.ended_at("已放款")
    assert case.variables["offer"]["principal"] == 150000
    assert bank.world.ledger.total() == 150000


def test_the_reviewer_is_not_whoever_did_the_pre_review(bank: Bank) -> None:
    case = bank.in_review()
    task = case.task("客户经理复核")
    with pytest.raises(NotPermitted, match="初审"):
        task.claim("zhang.ning")
    with pytest.raises(NotPermitted, match="初审"):
        task.complete(by="zhang.ning", **APPROVE)
    task.complete(by="wang.fang", **APPROVE)
    assert case.ended_at("已放款")


def test_the_reviewer_may_reject(bank: Bank) -> None:
    case = bank.in_review()
    case.task("客户经理复核").complete(
        by="wang.fang", validate=True, review_conclusion="reject", reason_codes=["M02"], review_opinion="收入存疑。"
    )
    assert case.ended_at("已拒绝")
    assert "收入无法核实" in notice(bank)[1]


def test_the_reviewer_may_return_and_sees_the_case_again(bank: Bank) -> None:
    case = bank.in_review()
    case.task("客户经理复核").complete(
        by="wang.fang", validate=True, review_conclusion="return", missing_items=["purpose_proof"], review_opinion="请补用途证明。"
    )
    case.task("补充材料").complete(
        validate=True, supplement_conclusion="supplied", supplied_items=["purpose_proof"], supplement_note="已补。"
    )
    pre_review(case)
    assert case.waits_at("客户经理复核")
    assert case.variables["review_conclusion"] == "none"
    case.task("客户经理复核").complete(by="wang.fang", validate=True, **APPROVE)
    assert case.ended_at("已放款")


def test_a_review_that_lies_eight_hours_is_reminded_and_stays_open(bank: Bank) -> None:
    case = bank.in_review()
    bank.flow.advance(hours=7, minutes=59)
    assert not case.passed("超时提醒")
    bank.flow.advance(minutes=1)
    assert case.passed("超时提醒")
    assert notice(bank)[0] == "review-overdue"
    assert case.task("客户经理复核").due_at == bank.flow.now()
    case.task("客户经理复核").complete(by="wang.fang", **APPROVE)
    assert case.ended_at("已放款")


def test_a_review_that_lies_two_days_goes_to_a_supervisor(bank: Bank) -> None:
    case = bank.in_review()
    bank.flow.advance(days=2)
    assert not case.tasks("客户经理复核")
    task = case.task("主管复核")
    assert task.candidate_groups == ("approver",)
    assert task.record.priority == 80
    with pytest.raises(NotPermitted, match="初审"):
        task.claim("zhang.ning")
    task.complete(by="zhou.qian", validate=True, **APPROVE)
    assert case.ended_at("已放款")


def test_an_answer_nobody_expects_never_approves(bank: Bank) -> None:
    case = bank.in_review()
    case.task("客户经理复核").complete(by="wang.fang", review_conclusion="maybe", reason_codes=["M04"])
    assert case.ended_at("已拒绝")


def test_forms_say_what_is_wrong(bank: Bank) -> None:
    from loanflow import InvalidValues

    case = bank.personal()
    with pytest.raises(InvalidValues) as refused:
        case.task("初审").complete(by="zhang.ning", validate=True, pre_review_conclusion="reject")
    assert set(refused.value.errors) == {"reason_codes", "pre_review_opinion"}
    assert case.waits_at("初审")


def test_a_disbursement_tried_twice_pays_once(bank: Bank) -> None:
    lost: list[str] = []
    pay = bank.flow.engine.handlers.get("disburse").function

    def loses_the_answer(job, account_no, principal):  # type: ignore[no-untyped-def]
        answer = pay(job, account_no, principal)
        if not lost:
            lost.append(job.key)
            raise ConnectionError("the answer was lost")
        return answer

    bank.flow.engine.handlers.replace("disburse", loses_the_answer, retries=3)
    case = bank.personal()
    pre_review(case)
    bank.flow.advance(minutes=2)
    assert case.ended_at("已放款")
    payments = bank.world.ledger.payments()
    assert [(payment.amount, payment.tries) for payment in payments] == [(Decimal(30000), 2)]


def test_tasks_carry_their_due_dates(bank: Bank) -> None:
    case = bank.personal()
    assert case.task("初审").due_at == bank.flow.now() + timedelta(hours=4)
