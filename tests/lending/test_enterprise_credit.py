"""Enterprise credit, every path: investigation by two, a committee that votes, authority by amount and grade."""

from __future__ import annotations

from decimal import Decimal

import pytest

from loanflow import NotPermitted
from loanflow.testing.flow_case import CaseUnderTest
from tests.lending.bank import COMMITTEE, FIRM, SOUND, Bank

PRODUCT = "enterprise-credit"

APPROVE = {"final_conclusion": "approve", "approved_amount": 2_500_000, "final_opinion": "同意。"}
RETURN = {"final_conclusion": "return", "return_note": "补充最近季度报表。", "final_opinion": "退回。"}


def decide(case: CaseUnderTest, by: str = "zhou.qian", **values: object) -> None:
    case.task("最终决策").complete(by=by, validate=True, **(values or APPROVE))


def test_a_sound_enterprise_is_paid(bank: Bank) -> None:
    case = bank.enterprise()
    assert case.variables["risk_grade"] == "A"
    assert len(case.tasks("专家会审")) == 5
    bank.vote(case, "approve", "approve", "approve", "approve")
    decide(case)
    assert case.ended_at("已放款")
    assert case.variables["offer"]["principal"] == 2_500_000
    assert bank.world.ledger.total() == Decimal(2_500_000)
    assert bank.world.outbox.notices()[-1].template == "enterprise-disbursed"


def test_report_and_investigation_run_side_by_side(bank: Bank) -> None:
    case = bank.flow.start("enterprise-credit", key="EC-1", by="li.wenbo", **FIRM)
    case.task("财务报表上传").complete(by="li.wenbo", validate=True, **SOUND)
    assert case.passed("第三方征信查询")
    assert case.waits_at("贷前调查")
    assert not case.passed("风险评级")


def test_one_person_can_not_sign_the_investigation_twice(bank: Bank) -> None:
    bank.flow.stub("third-party-credit", enterprise_report={"credit_level": "A"})
    case = bank.flow.start("enterprise-credit", key="EC-1", by="li.wenbo", **FIRM)
    case.task("财务报表上传").complete(by="li.wenbo", **SOUND)
    case.task("贷前调查").complete(by="liu.yang", recommendation="support")
    task = case.task("协办核签")
    with pytest.raises(NotPermitted, match="贷前调查"):
        task.claim("liu.yang")
    with pytest.raises(NotPermitted, match="贷前调查"):
        task.complete(by="liu.yang", co_conclusion="confirm")
    task.complete(by="zhang.ning", co_conclusion="confirm")
    assert case.waits_at("专家会审")


# Five members; quorum four (two thirds, rounded up); carried by more than half of those not recused.
@pytest.mark.parametrize(
    ("votes", "asked", "outcome"),
    [
        pytest.param("AAAA", 4, "approved", id="decided at four: the fifth vote is not needed"),
        pytest.param("AAARA", 4, "approved", id="three of five with a quorum"),
        pytest.param("AARRA", 5, "approved", id="three of five at the last vote"),
        pytest.param("AARRR", 5, "rejected", id="two of five"),
        pytest.param("RRRA", 4, "rejected", id="three against: lost once a quorum is present"),
        pytest.param("RRRR", 4, "rejected", id="nobody for it"),
        pytest.param("SSSA", 4, "rejected", id="abstaining is not agreeing"),
        pytest.param("AASSA", 5, "approved", id="abstaining counts as present"),
        pytest.param("CAAA", None, "approved", id="one recused: three of four"),
        pytest.param("CAARR", 5, "rejected", id="one recused: two of four is not more than half"),
        pytest.param("CC", 2, "no_quorum", id="two recused: three can not make a quorum of four"),
        pytest.param("ACAC", 4, "no_quorum", id="two recused later"),
    ],
)
def test_votes_of_the_committee(bank: Bank, votes: str, asked: int | None, outcome: str) -> None:
    case = bank.enterprise()
    words = {"A": "approve", "R": "reject", "S": "abstain", "C": "recuse"}
    bank.vote(case, *(words[vote] for vote in votes + "A" * (5 - len(votes))))
    assert case.variables["committee_outcome"] == outcome
    cast = [vote for vote in case.variables["votes"] if vote is not None]
    if asked is not None:
        assert len(cast) == asked
    expected = {"approved": "最终决策", "no_quorum": "专家会审"}.get(outcome)
    if expected is None:
        assert case.ended_at("已拒绝")
        assert case.variables["reason_codes"] == ["C01"]
    else:
        assert case.waits_at(expected)


def test_votes_are_kept_by_name(bank: Bank) -> None:
    case = bank.enterprise()
    bank.vote(case, "approve", "reject", "approve", "abstain", "approve")
    votes = case.variables["votes"]
    assert [(vote["member"], vote["vote"]) for vote in votes] == list(
        zip(COMMITTEE, ("approve", "reject", "approve", "abstain", "approve"), strict=True)
    )
    assert case.variables["resolution"]["count"] == {
        "present": 5,
        "approvals": 3,
        "rejections": 1,
        "abstentions": 1,
        "recusals": 0,
        "eligible": 5,
    }
    assert "vote" not in case.variables


def test_large_amounts_ask_for_more_than_sixty_percent(bank: Bank) -> None:
    case = bank.enterprise(amount=25_000_000, statements={**SOUND, "total_assets": 200_000_000, "operating_cash_flow": 30_000_000})
    bank.vote(case, "approve", "approve", "approve", "reject", "reject")
    assert case.ended_at("已拒绝")


def test_a_member_with_an_interest_is_not_asked(bank: Bank) -> None:
    case = bank.enterprise(industry="property")
    assert [task.assignee for task in case.tasks("专家会审")] == ["chen.jie", "zhao.min", "he.ying", "gao.shan"]


def test_no_quorum_convenes_again(bank: Bank) -> None:
    case = bank.enterprise()
    bank.vote(case, "recuse", "recuse")
    assert len(case.tasks("专家会审")) == 5
    bank.vote(case, "approve", "approve", "approve", "approve")
    assert case.waits_at("最终决策")


def test_a_vote_is_the_members_own(bank: Bank) -> None:
    case = bank.enterprise()
    with pytest.raises(NotPermitted):
        case.tasks("专家会审")[0].complete(by="zhao.min", groups=("committee",), vote="approve", vote_opinion="代投。")


def test_members_are_reminded_after_two_days(bank: Bank) -> None:
    case = bank.enterprise()
    bank.vote(case, "approve")
    bank.flow.advance(days=2)
    assert bank.world.outbox.notices()[-1].template == "vote-overdue"
    assert len(case.tasks("专家会审")) == 4


@pytest.mark.parametrize(
    ("amount", "group"),
    [(4_999_000, "approver"), (5_000_000, "approver-region"), (19_999_000, "approver-region"), (20_000_000, "approver-head")],
)
def test_the_amount_names_the_approver(bank: Bank, amount: int, group: str) -> None:
    large = {**SOUND, "total_assets": 200_000_000, "operating_cash_flow": 30_000_000}
    case = bank.enterprise(amount=amount, statements=large)
    bank.vote(case, "approve", "approve", "approve", "approve")
    task = case.task("最终决策")
    assert task.candidate_groups == (group,)
    if group != "approver":
        with pytest.raises(NotPermitted, match="candidates"):
            task.claim("zhou.qian", groups=("approver",))


@pytest.mark.parametrize("person", ["li.wenbo", "zhang.ning", "chen.jie"])
def test_nobody_who_acted_before_decides(bank: Bank, person: str) -> None:
    case = bank.enterprise()
    bank.vote(case, "approve", "approve", "approve", "approve")
    task = case.task("最终决策")
    with pytest.raises(NotPermitted, match="four eyes"):
        task.claim(person)
    with pytest.raises(NotPermitted, match="four eyes"):
        task.complete(by=person, **APPROVE)
    decide(case)
    assert case.ended_at("已放款")


def test_the_final_decision_may_reject(bank: Bank) -> None:
    case = bank.enterprise()
    bank.vote(case, "approve", "approve", "approve", "approve")
    decide(case, final_conclusion="reject", reason_codes=["C05"], final_opinion="集中度过高。")
    assert case.ended_at("已拒绝")
    assert "集中度" in bank.world.outbox.notices()[-1].text


def test_a_returned_case_is_investigated_and_voted_again_and_another_approver_decides(bank: Bank) -> None:
    case = bank.enterprise()
    bank.vote(case, "approve", "approve", "approve", "approve")
    decide(case, **RETURN)
    assert case.variables["return_rounds"] == 1
    bank.investigate(case, SOUND)
    bank.vote(case, "approve", "approve", "approve", "approve")
    with pytest.raises(NotPermitted, match="最终决策"):
        case.task("最终决策").claim("zhou.qian")
    decide(case, by="lin.tao")
    assert case.ended_at("已放款")


def test_a_second_return_declines(bank: Bank) -> None:
    case = bank.enterprise()
    bank.vote(case, "approve", "approve", "approve", "approve")
    decide(case, **RETURN)
    bank.investigate(case, SOUND)
    bank.vote(case, "approve", "approve", "approve", "approve")
    decide(case, by="lin.tao", **RETURN)
    assert case.ended_at("已拒绝")
    assert case.variables["reason_codes"] == ["M01"]


def test_an_agency_that_is_down_holds_only_its_own_branch(bank: Bank) -> None:
    bank.flow.stub("third-party-credit", error=ConnectionError("down"))
    case = bank.flow.start("enterprise-credit", key="EC-1", by="li.wenbo", **FIRM)
    bank.investigate(case, SOUND)
    bank.flow.advance(hours=2)
    assert [incident.element_id for incident in case.incidents] == ["ThirdPartyCredit"]
    bank.flow.stub("third-party-credit", enterprise_report={"credit_level": "AA"})
    bank.flow.engine.resolve_incident(case.incidents[0].id, by="admin")
    bank.flow.run()
    assert case.waits_at("专家会审")


def test_statements_that_do_not_add_up_are_refused(bank: Bank) -> None:
    from loanflow import InvalidValues

    case = bank.flow.start("enterprise-credit", key="EC-1", by="li.wenbo", **FIRM)
    with pytest.raises(InvalidValues) as refused:
        case.task("财务报表上传").complete(by="li.wenbo", validate=True, **{**SOUND, "current_assets": 20_000_001})
    assert set(refused.value.errors) == {"current_assets"}
