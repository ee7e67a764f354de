"""A bank for the tests: both products deployed, a simulated outside world, and the people who work there."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from loanflow.lending import CreditReport, OutsideWorld, connectors, products
from loanflow.testing import Flow
from loanflow.testing.flow_case import CaseUnderTest

ROOT = Path(__file__).parents[2]
TABLES = ROOT / "decision_tables"
TABLES_OF = {
    "personal-credit": ("eligibility.dmn", "score_card.dmn", "approval_route.dmn", "pricing.dmn"),
    "enterprise-credit": ("risk_grade.dmn", "committee.dmn", "approval_authority.dmn", "enterprise_pricing.dmn"),
}
COMMITTEE = ("chen.jie", "zhao.min", "sun.lei", "he.ying", "gao.shan")

CLEAN = CreditReport(report_no="T-1", overdue_24m=0, overdue_90d=0, queries_3m=1, card_utilisation=Decimal("0.2"), open_loans=0)

PERSON: dict[str, Any] = {
    "applicant": "张晓岚",
    "phone": "13812341234",
    "national_id": "990101199001011234",
    "employment": "employed",
    "employer": "江汉机电有限公司",
    "years_employed": 5,
    "residence": "rent",
    "monthly_income": 10000,
    "monthly_debt": 0,
    "amount": 30000,
    "term_months": 24,
    "purpose": "renovation",
    "account_no": "6222990000000001",
    "existing_customer": False,
    "bureau_consent": True,
}

FIRM: dict[str, Any] = {
    "company": "武汉锦程物流有限公司",
    "uscc": "91990100MA4KLMNP0X",
    "legal_representative": "王建国",
    "industry": "services",
    "phone": "027-87000001",
    "amount": 3_000_000,
    "term_months": 12,
    "purpose": "采购设备",
    "collateral": "mortgage",
    "account_no": "420000000000001",
    "credit_consent": True,
}

SOUND: dict[str, Any] = {
    "statement_date": "2025-12-31",
    "statement_file_no": "FS-2025-01",
    "audited": True,
    "auditor": "江城会计师事务所",
    "total_assets": 20_000_000,
    "total_liabilities": 6_000_000,
    "current_assets": 6_000_000,
    "current_liabilities": 3_000_000,
    "revenue": 25_000_000,
    "previous_revenue": 22_000_000,
    "net_profit": 2_500_000,
    "operating_cash_flow": 3_500_000,
}

PASS: dict[str, Any] = {
    "pre_review_conclusion": "pass",
    "pre_review_checks": ["identity", "income", "consent"],
    "pre_review_opinion": "资料齐全，同意。",
}
APPROVE: dict[str, Any] = {
    "review_conclusion": "approve",
    "approved_amount": 20000,
    "review_checks": ["identity", "aml", "purpose"],
    "review_opinion": "同意。",
}


@dataclass
class Bank:
    """The flow with both products in it, and the world outside."""

    flow: Flow
    world: OutsideWorld = field(default_factory=OutsideWorld)
    tables: Path = TABLES

    def open(self, product: str) -> Bank:
        """Hand over the connectors and deploy one product."""
        self.flow.engine.handlers.include(connectors(self.world))
        family = product.split("-")[0]
        self.flow.deploy({name: data for name, data in products.files().items() if name.startswith(family) or name in TABLES_OF[product]})
        return self

    def personal(self, report: CreditReport | None = CLEAN, *, key: str = "PC-1", **changed: Any) -> CaseUnderTest:
        """Submit a personal application whose bureau file is ``report``; a value of ... leaves the field out."""
        variables = {name: value for name, value in {**PERSON, **changed}.items() if value is not ...}
        self.world.bureau.remember(str(variables["national_id"]), report)
        return self.flow.start("personal-credit", key=key, by="li.wenbo", **variables)

    def in_review(self, report: CreditReport | None = CLEAN, **changed: Any) -> CaseUnderTest:
        """Bring a personal application to the reviewer."""
        case = self.personal(report, **{"amount": 250_000, "monthly_income": 40_000, **changed})
        case.task("初审").complete(by="zhang.ning", validate=True, **PASS)
        return case

    def enterprise(self, *, key: str = "EC-1", level: str = "A", statements: dict[str, Any] | None = None, **changed: Any) -> CaseUnderTest:
        """Bring an enterprise to its committee."""
        self.flow.stub("third-party-credit", enterprise_report={"credit_level": level})
        case = self.flow.start("enterprise-credit", key=key, by="li.wenbo", **{**FIRM, **changed})
        self.investigate(case, statements or SOUND)
        return case

    def investigate(self, case: CaseUnderTest, statements: dict[str, Any], recommendation: str = "support") -> None:
        """Upload statements and let two people investigate."""
        case.task("财务报表上传").complete(by="li.wenbo", validate=True, **statements)
        report = {
            "visit_date": "2026-03-01",
            "visit_place": "武汉",
            "business_condition": "良好",
            "main_risks": "无",
            "recommendation": recommendation,
        }
        case.task("贷前调查").complete(by="li.wenbo", validate=True, **report)
        case.task("协办核签").complete(by="zhang.ning", validate=True, co_conclusion="confirm")

    def vote(self, case: CaseUnderTest, *votes: str) -> None:
        """Let the committee vote in the order of its roster, for as long as anyone is asked."""
        for member, vote in zip(COMMITTEE, votes, strict=False):
            mine = [task for task in case.tasks("专家会审") if task.assignee == member]
            if mine:
                mine[0].complete(validate=True, vote=vote, **({} if vote == "recuse" else {"vote_opinion": "已阅。"}))
