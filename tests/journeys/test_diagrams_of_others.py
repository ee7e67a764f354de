"""Diagrams that other people drew, deployed as they are and run to their ends with handlers of our own."""

from __future__ import annotations

from pathlib import Path

import pytest

from loanflow import DefinitionError, Handlers
from loanflow.deployment import check_files
from loanflow.problems import errors_in
from loanflow.testing import Flow

SHARED = Path(__file__).parents[2] / ".." / "shared" / "real-diagrams"
CREDIT_APPROVAL = SHARED / "unknown1fsh+camunda-credit-approval-system"
REAL_ESTATE = SHARED / "Schwartzalexander+camunda8-demo-real-estate-financing"
MALFORMED = "credit-application.bpmn"

pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="the folder with other people's diagrams is not beside the project")


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.name != MALFORMED}


@pytest.fixture
def approvals(flow: Flow) -> Flow:
    flow.deploy(files(CREDIT_APPROVAL))
    flow.stub("validateApplicationDelegate").stub("fraud-detection").stub("credit-bureau").stub("notification")
    flow.stub("rollbackApplicationDelegate").stub("escalateToSeniorDelegate").stub("determineApproverDelegate", taskAssignee="li.na")
    flow.stub("callDMNRiskEvaluationDelegate", riskCategory="LOW")
    return flow


APPLICANT = {"loanAmount": 80_000, "riskScore": 30, "riskCategory": "LOW", "customerSegment": "GOLD", "employmentStatus": "PERMANENT"}


@pytest.mark.parametrize(("approved", "end"), [(True, "Application Approved"), (False, "Application Rejected")])
def test_credit_approval_ends_as_the_manager_decides(approvals: Flow, approved: bool, end: str) -> None:
    case = approvals.start("credit-approval-main", key="A-1", **APPLICANT)
    case.task("Manager Approval").claim("li.na").complete(approved=approved, comments="seen")
    assert case.ended_at(end)


def test_credit_approval_rejects_a_fraud_by_its_error_event(approvals: Flow) -> None:
    approvals.stub("fraud-detection", error="FRAUD_DETECTED")
    case = approvals.start("credit-approval-main", key="A-2", **APPLICANT)
    assert case.passed("Auto Reject (Critical Risk)")
    assert case.ended_at("Application Rejected")


def test_credit_approval_escalates_after_a_day_and_goes_on(approvals: Flow) -> None:
    case = approvals.start("credit-approval-main", key="A-3", **APPLICANT)
    approvals.advance(hours=25)
    assert case.passed("Escalate to Senior")
    case.task("Manager Approval").claim("li.na").complete(approved=True, comments="late, but seen")
    assert case.ended_at("Application Approved")


@pytest.fixture
def financing(flow: Flow) -> Flow:
    flow.deploy(files(REAL_ESTATE))
    for topic in (
        "get-cheapest-offer",
        "create-contract-pdf",
        "generate-cheapest-offer",
        "request-conditions-bank-a",
        "request-conditions-bank-b",
        "request-conditions-bank-c",
        "collect-results",
    ):
        flow.stub(topic, **{f"done_{topic.replace('-', '_')}": True})
    return flow


def test_automatic_credit_runs_through(financing: Flow) -> None:
    assert financing.start("RealEstateAutoCredit", key="B-1").ended_at("Credit contract concluded")


def test_three_banks_are_asked_side_by_side_and_collected(financing: Flow) -> None:
    case = financing.start("RealEstateCreditComparison", key="B-2")
    assert case.ended_at("Credit comparison finished")
    assert all(case.variables[f"done_request_conditions_bank_{bank}"] for bank in "abc")


@pytest.mark.parametrize(
    ("figures", "end"),
    [
        ({"monthlyNetIncome": 9_000, "propertyValue": 300_000, "equity": 150_000}, "Credit contract concluded"),
        ({"monthlyNetIncome": 900, "propertyValue": 900_000, "equity": 0}, "No contract"),
    ],
)
def test_a_decision_of_theirs_decides(financing: Flow, figures: dict[str, int], end: str) -> None:
    assert financing.start("RealEstateDmnCredit", key="B-3", **figures).ended_at(end)


def test_the_one_malformed_file_is_refused_with_its_line_and_the_remedy(flow: Flow) -> None:
    content = (REAL_ESTATE / MALFORMED).read_bytes()
    (problem,) = errors_in(check_files({MALFORMED: content}).problems)
    assert problem.code == "xml/undeclared-prefix"
    assert problem.location.line == 159
    assert problem.hint is not None
    assert 'xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI"' in problem.hint
    with pytest.raises(DefinitionError):
        flow.deploy({MALFORMED: content})


@pytest.mark.parametrize("path", sorted(SHARED.glob("camunda+*/*")) if SHARED.is_dir() else [], ids=lambda p: p.name)
def test_what_is_not_supported_in_the_others_is_refused_by_name(path: Path) -> None:
    handlers = Handlers()
    for problem in errors_in(check_files({path.name: path.read_bytes()}, handlers=handlers.topics).problems):
        assert problem.location.line is not None
        assert problem.element_id
        assert problem.message
