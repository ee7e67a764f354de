"""The interchange models of the BPMN Model Interchange Working Group, and Camunda Modeler's exports of them.

Every file is read without a crash and is deployable or refused at an element. C.9.0 to C.9.2, an onboarding that calls a manual
check that calls a document request, are the ones that were drawn to run: they do, to each of their ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from loanflow import bpmn
from loanflow.problems import errors_in
from loanflow.testing import Flow
from loanflow.testing.flow_case import CaseUnderTest
from tests.bpmn.corpus import SHARED, diagrams, named, needs_shared

pytestmark = needs_shared

MODELS = diagrams("miwg")
ONBOARDING = ("C.9.0", "C.9.1", "C.9.2")
RISK_CHECK = b"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" xmlns:modeler="http://camunda.org/schema/modeler/1.0"
  modeler:executionPlatform="Camunda Cloud" id="Risk" name="Risk" namespace="http://camunda.org/schema/1.0/dmn">
  <decision id="risk_check" name="Risk check">
    <variable name="result" />
    <literalExpression><text>{riskLevel: levels, risk: for level in levels return "risk " + level}</text></literalExpression>
  </decision>
</definitions>
"""


@pytest.mark.skipif(not MODELS, reason="../shared/miwg is absent")
def test_all_models_are_there() -> None:
    assert len(MODELS) == 64


@pytest.mark.parametrize("path", MODELS, ids=named)
def test_each_model_is_deployable_or_refused_at_an_element(path: Path) -> None:
    found = bpmn.inspect(path.read_bytes(), file=path.name)
    assert found.model is not None
    for problem in errors_in(found.problems):
        assert problem.element_id, str(problem)
        assert problem.location.line, str(problem)
        assert problem.hint or problem.expected, str(problem)


def _files(*names: str) -> dict[str, bytes]:
    return {f"{name}.bpmn": (SHARED / "miwg" / "reference" / f"{name}.bpmn").read_bytes() for name in names}


def _stubbed(flow: Flow) -> Flow:
    for topic in (
        "calculateScore",
        "issuePolicy",
        "io.camunda:sendgrid:1",
        "rejectPolicy",
        "reportFraud",
        "timeoutHandled",
        "cancelApplication",
        "informCustomerSuccessfulCancelation",
        "informOperationsSuccessfulCancelation",
        "notifyCustomerDelay",
        "email",
    ):
        flow.stub(topic)
    return flow


# The document request, by itself (C.9.1)


@pytest.fixture
def postbox() -> Iterator[Flow]:
    """The document request alone."""
    flow = _stubbed(Flow()).deploy(_files("C.9.1"))
    yield flow
    flow.close()


def test_an_answer_ends_a_document_request(postbox: Flow) -> None:
    case = postbox.start("requestDocument_en", documentReferenceId="ref-1")
    assert case.waits_at("ReceiveTask_WaitForDocument")
    postbox.advance(days=3)
    postbox.correlate("MESSAGE_documentReceived", correlation_key="ref-1")
    assert case.ended_at("EndEvent_GotDocument")
    assert case.path.count("Send reminder email") == 3


def test_a_week_without_an_answer_ends_in_a_call(postbox: Flow) -> None:
    case = postbox.start("requestDocument_en", documentReferenceId="ref-1")
    postbox.advance(days=8)
    case.task("Call customer").complete(by="clerk")
    assert case.ended_at("EndEvent_TalkedToCustomer")
    assert case.path.count("Send reminder email") == 6


# The onboarding, which calls the manual check, which calls the document request


@pytest.fixture
def flow() -> Iterator[Flow]:
    """The three files of the onboarding and the decision that they ask, deployed; every job done by a stub."""
    files = {**_files(*ONBOARDING), "risk.dmn": RISK_CHECK}
    played = _stubbed(Flow()).deploy(files)
    yield played
    played.close()


def _apply(flow: Flow, *levels: str, **more: Any) -> CaseUnderTest:
    applicant = {"name": "Li Na", "email": "li.na@example.org", "age": 34}
    known = {"corporation": "Bank", "product": "card", "applicationNumber": "A-1", "documents": ["passport"], "fraudSuspectedId": "f-1"}
    return flow.start("customer_onboarding_en", applicant=applicant, levels=list(levels), **{**known, **more})


@pytest.mark.parametrize(("level", "end"), [("green", "EndEvent_ApplicationIssued"), ("red", "EndEvent_ApplicationRejected")])
def test_an_application_is_decided_without_people(flow: Flow, level: str, end: str) -> None:
    assert _apply(flow, level).ended_at(end)


@pytest.mark.parametrize(
    ("approved", "end"), [(True, "EndEvent_ApplicationIssued"), (False, "EndEvent_ApplicationRejected")], ids=["approved", "declined"]
)
def test_an_application_is_decided_by_hand(flow: Flow, approved: bool, end: str) -> None:
    # The call activity hands nothing back, so the onboarding decides by what it was started with.
    case = _apply(flow, "yellow", approved=approved)
    case.task("Decide on application").complete(by="clerk")
    assert case.ended_at(end)


def test_a_decision_that_takes_long_is_accelerated(flow: Flow) -> None:
    case = _apply(flow, "yellow", approved=True)
    flow.advance(days=5)
    case.task("Accelerate decision making").complete(by="leader")
    case.task("Decide on application").complete(by="clerk")
    assert case.ended_at("EndEvent_ApplicationIssued")


@pytest.mark.parametrize(
    ("fraud", "end"), [(True, "TerminateEvent_ApplicationCanceledFraud"), (False, "EndEvent_ApplicationIssued")], ids=["fraud", "none"]
)
def test_suspected_fraud_is_checked_while_the_decision_waits(flow: Flow, fraud: bool, end: str) -> None:
    case = _apply(flow, "yellow", approved=True)
    flow.correlate("Message_FraudSuspected", correlation_key="f-1")
    case.task("Check for Fraud").complete(by="risk", fraud=fraud)
    if not fraud:
        case.task("Decide on application").complete(by="clerk")
    assert case.ended_at(end)


def test_documents_are_requested_while_the_decision_waits(flow: Flow) -> None:
    case = _apply(flow, "yellow", approved=True)
    reference = case.variables["documentReferenceId"]
    flow.correlate("Message_DocumentRequested", correlation_key=reference)
    assert case.waits_at("ReceiveTask_WaitForDocument")
    flow.correlate("MESSAGE_documentReceived", correlation_key=reference)
    assert case.passed("EndEvent_GotDocument", "EndEvent_DocumentReceived")
    case.task("Decide on application").complete(by="clerk")
    assert case.ended_at("EndEvent_ApplicationIssued")


def test_a_week_without_a_decision_counts_as_fraud_does(flow: Flow) -> None:
    # The models give both errors the same code.
    case = _apply(flow, "yellow", approved=True)
    flow.advance(days=7)
    assert case.ended_at("TerminateEvent_ApplicationCanceledFraud")


def test_the_applicant_may_cancel(flow: Flow) -> None:
    case = _apply(flow, "yellow", approved=True)
    flow.correlate("Message_CancellationRequested", correlation_key="1")
    assert case.ended
    assert case.passed("EndMessageEvent_InformCustomer", "EndMessageEvent_InformOperations")
    assert not case.passed("EndEvent_ManuallyDecided")
