"""What the scripted staff do with a task: who takes it, when, and how they fill in its form.

They see what the form and the case show, follow the process, and are refused by the engine like anybody else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any, cast

from loanflow.lending.applications import Application
from loanflow.lending.draws import Draws
from loanflow.lending.staff import in_groups
from loanflow.records import Task

Values = dict[str, Any]
Seen = Mapping[str, Any]

MISSING_MATERIAL = ("income_proof", "bank_statement", "employment_proof", "purpose_proof")


def candidates(application: Application, task: Task) -> Sequence[str]:
    """Return who might do the task, in the order they would reach for it; the engine decides who may."""
    if task.assignee is not None:
        return (task.assignee,)
    people = [person.id for person in in_groups(task.candidate_groups)]
    if task.element_id in ("Statements", "Investigation"):
        people.sort(key=lambda person: person != application.officer)
        return tuple(people)
    turn = Draws("turn", application.key, task.element_id).whole(0, max(len(people) - 1, 0))
    people = people[turn:] + people[:turn]
    # The account officer does not check what they handed in themselves, as long as there is somebody else.
    people.sort(key=lambda person: person == application.officer)
    return tuple(people)


def time_taken(application: Application, task: Task) -> timedelta:
    """Return how long the task lies until somebody has done it."""
    draws = Draws("time", application.key, task.element_id, task.instance, task.created_at.isoformat())
    if task.element_id == "Review":
        return application.plan.review_delay
    if task.element_id == "Supplement" and application.plan.lapses:
        return timedelta(days=16)
    low, high = _MINUTES.get(task.element_id, (10, 60))
    return timedelta(minutes=draws.whole(low, high), seconds=draws.whole(0, 59))


def answer(application: Application, task: Task, seen: Seen, now: datetime) -> Values:
    """Return the form as the person fills it in.

    Raises:
        LookupError: nobody wrote a script for this user task.
    """
    script = _SCRIPTS.get((application.product, task.element_id))
    if script is None:
        raise LookupError(f"no script for the user task {task.element_id} of {application.product}")
    return script(application, task, seen, now)


_MINUTES: Mapping[str, tuple[int, int]] = MappingProxyType(
    {
        "PreReview": (8, 95),
        "Supplement": (120, 1500),
        "NoFileCheck": (60, 300),
        "SupervisorReview": (20, 90),
        "Statements": (30, 240),
        "Investigation": (600, 1900),
        "CoInvestigation": (30, 240),
        "Committee": (60, 900),
        "FinalDecision": (30, 400),
    }
)


def _number(seen: Seen, name: str) -> Decimal:
    value = seen.get(name)
    return Decimal(0) if value is None else Decimal(str(value))


# Personal credit


def _pre_review(application: Application, task: Task, seen: Seen, now: datetime) -> Values:
    if _number(seen, "supplement_rounds") < application.plan.missing_rounds:
        wanted = Draws("missing", application.key).whole(1, 2)
        return {
            "pre_review_conclusion": "supplement",
            "missing_items": list(MISSING_MATERIAL[:wanted]),
            "pre_review_opinion": "收入材料不完整，请补充后再审。",
        }
    if application.plan.mood < 0.02:
        return {"pre_review_conclusion": "reject", "reason_codes": ["M03"], "pre_review_opinion": "单位电话核实与申请资料不一致。"}
    return {
        "pre_review_conclusion": "pass",
        "pre_review_checks": ["identity", "income", "consent"],
        "pre_review_opinion": "身份与收入材料核对一致，资料齐全。",
    }


def _supplement(application: Application, task: Task, seen: Seen, now: datetime) -> Values:
    if application.plan.withdraws:
        reason = Draws("withdraw", application.key).pick(("rate", "other_lender", "no_need"))
        return {"supplement_conclusion": "withdraw", "withdraw_reason": reason}
    return {
        "supplement_conclusion": "supplied",
        "supplied_items": list(cast("Sequence[str]", seen.get("missing_items") or ["other"])),
        "supplement_note": "已向客户收取原件并上传。",
    }


def _no_file_check(application: Application, task: Task, seen: Seen, now: datetime) -> Values:
    return {
        "verified_income": _number(seen, "monthly_income"),
        "social_security_months": Draws("social", application.key).whole(6, 96),
        "no_file_evidence": ["social_security", "bank_statement", "employer_call"],
        "no_file_opinion": "首次借款的年轻客户，社保与流水连续，收入属实。",
    }


def _review(application: Application, task: Task, seen: Seen, now: datetime) -> Values:
    amount, score, mood = _number(seen, "amount"), seen.get("score"), application.plan.mood
    burden = _number(seen, "dsr")
    weak = score is not None and Decimal(str(score)) < 52
    if burden >= Decimal("0.85") or (weak and mood < 0.5):
        return {
            "review_conclusion": "reject",
            "reason_codes": ["M02", "S02"] if weak else ["S03"],
            "review_opinion": "近期信用表现不支持该笔授信。" if weak else "还款负担过重，且没有可以缓释的因素。",
        }
    if mood > 0.95 and _number(seen, "supplement_rounds") == 0:
        return {"review_conclusion": "return", "missing_items": ["purpose_proof"], "review_opinion": "用途证明不清晰，请补充。"}
    share = Decimal(1) if burden < Decimal("0.5") else Decimal("0.8") if burden < Decimal("0.65") else Decimal("0.6")
    approved = max(Decimal(5000), (amount * share / 1000).to_integral_value() * 1000)
    return {
        "review_conclusion": "approve",
        "approved_amount": min(approved, amount),
        "review_checks": ["identity", "aml", "purpose"],
        "review_opinion": "收入稳定，额度与还款能力匹配，同意。" if share == 1 else "同意，下调额度以控制还款压力。",
    }


# Enterprise credit


def _statements(application: Application, task: Task, seen: Seen, now: datetime) -> Values:
    return {
        "statement_date": f"{now.year - 1}-12-31",
        "statement_file_no": f"FS-{application.key}",
        "audited": True,
        "auditor": "江城会计师事务所",
        **application.plan.statements,
    }


_FOUND: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "sound": ("support", "订单饱满，设备开工率高，存货周转正常。", "原材料价格波动。"),
        "fair": ("conditional", "经营平稳，应收账款账期偏长。", "下游回款放缓。"),
        "strained": ("oppose", "开工率不足六成，应收账款拖欠明显。", "资金链偏紧，对单一客户依赖过高。"),
    }
)


def _investigation(application: Application, task: Task, seen: Seen, now: datetime) -> Values:
    recommendation, condition, risks = _FOUND[application.plan.health]
    if recommendation == "oppose" and application.plan.mood >= 0.5:
        recommendation = "conditional"
    values: Values = {
        "visit_date": now.date().isoformat(),
        "visit_place": "厂区与财务室",
        "business_condition": condition,
        "main_risks": risks,
        "recommendation": recommendation,
    }
    if recommendation == "conditional":
        values["recommended_conditions"] = "追加实际控制人连带责任保证，回款账户监管。"
    return values


def _co_investigation(application: Application, task: Task, seen: Seen, now: datetime) -> Values:
    if application.plan.health == "strained" and application.plan.mood > 0.7:
        return {"co_conclusion": "object", "co_opinion": "存货盘点存在差异，建议谨慎。"}
    return {"co_conclusion": "confirm"}


def _vote(application: Application, task: Task, seen: Seen, now: datetime) -> Values:
    member = str(seen.get("member"))
    if member in application.plan.recusals:
        return {"vote": "recuse"}
    lean = {"A": 0.95, "B": 0.88, "C": 0.66, "D": 0.30, "E": 0.08}.get(str(seen.get("risk_grade")), 0.3)
    draws = Draws("vote", application.key, member)
    if draws.chance(0.04):
        return {"vote": "abstain", "vote_opinion": "对行业前景缺乏把握，弃权。"}
    if draws.chance(lean):
        return {"vote": "approve", "vote_opinion": "还款来源可靠，担保落实，同意。"}
    return {"vote": "reject", "vote_opinion": "现金流不足以覆盖还款，不同意。"}


def _final_decision(application: Application, task: Task, seen: Seen, now: datetime) -> Values:
    if application.plan.returned_once and _number(seen, "return_rounds") == 0:
        return {
            "final_conclusion": "return",
            "return_note": "请补充最近一个季度的财务报表并重新测算。",
            "final_opinion": "年报时点偏早，补充后再议。",
        }
    if application.plan.mood < 0.04:
        return {"final_conclusion": "reject", "reason_codes": ["C05"], "final_opinion": "行业敞口已接近上限。"}
    amount = _number(seen, "amount")
    share = Decimal("0.8") if seen.get("risk_grade") in ("C", "D") else Decimal(1)
    return {
        "final_conclusion": "approve",
        "approved_amount": (amount * share / 1000).to_integral_value() * 1000,
        "conditions": "落实担保手续后放款，贷款资金受托支付。",
        "final_opinion": "同意会审意见。",
    }


_Script = Callable[[Application, Task, Seen, datetime], Values]

_SCRIPTS: Mapping[tuple[str, str], _Script] = MappingProxyType(
    {
        ("personal-credit", "PreReview"): _pre_review,
        ("personal-credit", "Supplement"): _supplement,
        ("personal-credit", "NoFileCheck"): _no_file_check,
        ("personal-credit", "Review"): _review,
        ("personal-credit", "SupervisorReview"): _review,
        ("enterprise-credit", "Statements"): _statements,
        ("enterprise-credit", "Investigation"): _investigation,
        ("enterprise-credit", "CoInvestigation"): _co_investigation,
        ("enterprise-credit", "Committee"): _vote,
        ("enterprise-credit", "FinalDecision"): _final_decision,
    }
)
