"""Tables that other people drew decide as their authors meant."""

from __future__ import annotations

from decimal import Decimal as D
from pathlib import Path

import pytest

from loanflow import dmn

SHARED = Path(__file__).parents[2] / ".." / "shared" / "real-diagrams"
CREDIT = "unknown1fsh+camunda-credit-approval-system"
CASES = [
    (
        f"{CREDIT}/approval-authority-decision.dmn",
        {"loanAmount": 40000, "riskScore": 30, "customerSegment": "GOLD"},
        [{"approverLevel": "MANAGER", "slaHours": D(24)}],
    ),
    (
        f"{CREDIT}/approval-authority-decision.dmn",
        {"loanAmount": 600000.5, "riskScore": 30, "customerSegment": "NEW"},
        [{"approverLevel": "DIRECTOR", "slaHours": D(72)}],
    ),
    (f"{CREDIT}/approval-authority-decision.dmn", {"loanAmount": 300000, "riskScore": 70, "customerSegment": "GOLD"}, []),
    (
        f"{CREDIT}/document-requirements-decision.dmn",
        {"loanAmount": 150000, "riskCategory": "HIGH", "employmentStatus": "PERMANENT"},
        [
            {"requiredDocuments": "ID,INCOME_PROOF,BANK_STATEMENT_12M,EMPLOYMENT_LETTER,COLLATERAL"},
            {"requiredDocuments": "GUARANTOR_INFO,ADDITIONAL_COLLATERAL"},
        ],
    ),
    (
        f"{CREDIT}/escalation-rules-decision.dmn",
        {"approverLevel": "MANAGER", "hoursPassed": 24, "currentPriority": "NORMAL"},
        [{"escalateTo": "SENIOR", "notificationType": "EMAIL"}],
    ),
    (f"{CREDIT}/escalation-rules-decision.dmn", {"approverLevel": "MANAGER", "hoursPassed": 23, "currentPriority": "NORMAL"}, []),
    (
        f"{CREDIT}/risk-scoring-decision.dmn",
        {"creditHistory": 5, "debtToIncomeRatio": 25, "loanAmount": 1000, "employmentStatus": "PERMANENT", "age": 40},
        [{"riskCategory": "LOW", "riskScore": D(15), "recommendedAction": "APPROVE", "maxLoanAmount": D(500000)}],
    ),
    (
        "Schwartzalexander+camunda8-demo-real-estate-financing/check-credibility.dmn",
        {"monthlyNetIncome": 3000, "propertyValue": 500000, "equity": 0},
        True,
    ),
    (
        "Schwartzalexander+camunda8-demo-real-estate-financing/check-credibility.dmn",
        {"monthlyNetIncome": 1000, "propertyValue": 500000, "equity": 0},
        False,
    ),
    (
        "Schwartzalexander+camunda8-demo-real-estate-financing/check-credibility.dmn",
        {"monthlyNetIncome": 2000, "propertyValue": 500000, "equity": 0},
        None,
    ),
]


@pytest.mark.skipif(not SHARED.is_dir(), reason="the diagrams that others drew are not here")
@pytest.mark.parametrize(("path", "inputs", "value"), CASES)
def test_a_table_decides(path: str, inputs: dict, value: object) -> None:
    model = dmn.load(SHARED / path)
    decision = model.decisions[0].id
    assert model.evaluate(decision, inputs).value == value
    trace = model.evaluate(decision, inputs, trace=True).trace
    assert trace is not None
    assert trace.sentence("zh")
    assert trace.sentence("en")


@pytest.mark.skipif(not SHARED.is_dir(), reason="the diagrams that others drew are not here")
@pytest.mark.parametrize(
    ("amount", "category", "groups"),
    [
        (100.0, "Misc", ["accounting", "sales"]),
        (500, "Misc", ["management"]),
        (5000, "Travel Expenses", ["accounting", "sales"]),
        (1, "Other", []),
    ],
)
def test_the_invoice_goes_to_its_approvers(amount: float, category: str, groups: list[str]) -> None:
    model = dmn.load(SHARED / "camunda+camunda-bpm-platform/invoiceBusinessDecisions.dmn")
    result = model.evaluate("invoice-assign-approver", {"amount": amount, "invoiceCategory": category}, trace=True)
    assert dmn.map_result(result.value, "collectEntries") == groups
    assert result.trace is not None
    assert [one.decision_id for one in result.trace.decisions] == ["invoiceClassification", "invoice-assign-approver"]


@pytest.mark.skipif(not SHARED.is_dir(), reason="the diagrams that others drew are not here")
@pytest.mark.parametrize("path", sorted(SHARED.glob("*/*.dmn")), ids=lambda path: path.name)
def test_no_finding_but_remarks(path: Path) -> None:
    assert [str(one) for one in dmn.check(dmn.read(path.read_bytes(), file=path.name)) if one.severity == "error"] == []
