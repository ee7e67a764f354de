"""Messages: before, while and after a case waits for them; once each."""

from __future__ import annotations

from datetime import timedelta

import pytest

from loanflow import Conflict, NotFound
from loanflow.engine import Received
from loanflow.records import CaseStatus
from tests.engine.conftest import Stage


def test_a_message_finds_its_case_by_business_key(stage: Stage) -> None:
    stage.deploy("documents.bpmn")
    first, second = stage.start("documents", "D-1"), stage.start("documents", "D-2")
    answer = stage.engine.correlate("documents-received", key="D-2", variables={"pages": 3}, by="mail")
    assert (answer.status, answer.case_id) == (Received.DELIVERED, second.id)
    assert stage.task(second, "Check documents").assignee == "li.na"
    assert stage.engine.variables("D-2")["pages"] == 3
    assert stage.engine.tasks_of(first.id) == ()
    entry = next(entry for entry in stage.engine.history("D-2") if entry.kind == "message.correlated")
    assert (entry.actor, entry.data["name"]) == ("mail", "documents-received")


def test_a_message_finds_its_case_by_correlation_key(stage: Stage) -> None:
    stage.deploy("payment.bpmn")
    stage.start("payment", invoice="I-1")
    wanted = stage.start("payment", invoice="I-2")
    answer = stage.engine.correlate("paid", correlation_key="I-2", by="bank")
    assert answer.case_id == wanted.id
    assert stage.task(wanted).name == "Thank"


def test_an_early_message_waits_for_its_case(stage: Stage) -> None:
    stage.deploy("documents.bpmn", "payment.bpmn")
    assert stage.engine.correlate("documents-received", key="D-1", variables={"pages": 3}, by="mail").status is Received.BUFFERED
    assert stage.engine.correlate("paid", correlation_key="I-1", by="bank").status is Received.BUFFERED
    assert stage.task(stage.start("documents", "D-1")).name == "Check documents"
    assert stage.engine.variables("D-1")["pages"] == 3
    assert stage.task(stage.start("payment", invoice="I-1")).name == "Thank"
    # It was used up.
    assert stage.engine.tasks_of(stage.start("payment", invoice="I-1").id) == ()


def test_a_buffered_message_has_its_time(stage: Stage) -> None:
    stage.deploy("documents.bpmn")
    stage.engine.correlate("documents-received", key="D-1", lifetime=timedelta(hours=1), by="mail")
    stage.clock.turn(timedelta(hours=2))
    assert stage.engine.tasks_of(stage.start("documents", "D-1").id) == ()


def test_the_same_message_id_counts_once(stage: Stage) -> None:
    stage.deploy("documents.bpmn")
    case = stage.start("documents", "D-1")
    first = stage.engine.correlate("documents-received", key="D-1", message_id="m-1", by="mail")
    again = stage.engine.correlate("documents-received", key="D-1", message_id="m-1", by="mail")
    assert (first.status, again.status) == (Received.DELIVERED, Received.DUPLICATE)
    assert again.case_id == case.id
    assert len(stage.engine.tasks_of(case.id)) == 1


def test_a_message_starts_a_case_once(stage: Stage) -> None:
    stage.deploy("inbound.bpmn")
    answer = stage.engine.correlate("application-arrived", key="A-1", message_id="m-1", variables={"amount": 7}, by="web")
    assert answer.status is Received.STARTED
    case = stage.engine.case("A-1")
    assert case.id == answer.case_id
    assert stage.task(case).name == "Look"
    assert stage.engine.variables("A-1") == {"amount": 7}
    assert stage.engine.correlate("application-arrived", key="A-1", message_id="m-1", by="web").status is Received.DUPLICATE
    with pytest.raises(Conflict, match='business key "A-1" belongs'):
        stage.engine.correlate("application-arrived", key="A-1", message_id="m-2", by="web")


def test_a_message_to_more_than_one_case_is_refused(stage: Stage) -> None:
    stage.deploy("documents.bpmn")
    stage.start("documents", "D-1")
    stage.start("documents", "D-2")
    with pytest.raises(Conflict, match="more than one case waits"):
        stage.engine.correlate("documents-received", by="mail")


def test_a_message_to_nobody_without_a_key_is_refused(stage: Stage) -> None:
    with pytest.raises(NotFound, match='no case waits for the message "what"'):
        stage.engine.correlate("what", by="mail")


def test_a_process_started_by_message_does_not_start_without(stage: Stage) -> None:
    stage.deploy("inbound.bpmn")
    with pytest.raises(NotFound):
        stage.engine.start("inbound", by="zhao")


def test_a_thrown_message_finds_its_case_by_correlation_key_or_starts_one(stage: Stage) -> None:
    stage.deploy("payment.bpmn", "paying.bpmn")
    stage.start("payment", invoice="I-1")
    wanted = stage.start("payment", invoice="I-2")
    thrower = stage.start("paying", "P-1", invoice="I-2")
    assert thrower.status is CaseStatus.ENDED
    stage.engine.run_due()
    assert stage.task(wanted).name == "Thank"
    (started,) = stage.engine.cases(process_key="bookkeeping").items
    assert stage.task(started).name == "Check the booking"
    assert [entry.data["name"] for entry in stage.engine.history("P-1") if entry.kind == "message.thrown"] == ["paid", "booked"]


def test_a_thrown_message_that_comes_early_waits_for_its_case(stage: Stage) -> None:
    stage.deploy("payment.bpmn", "paying.bpmn")
    stage.start("paying", invoice="I-2")
    stage.engine.run_due()
    assert stage.task(stage.start("payment", invoice="I-2")).name == "Thank"


def test_a_thrown_message_that_two_cases_wait_for_is_an_incident_of_its_thrower(stage: Stage) -> None:
    stage.deploy("payment.bpmn", "paying.bpmn")
    for _ in range(2):
        stage.start("payment", invoice="I-2")
    stage.start("paying", "P-1", invoice="I-2")
    for _ in range(12):
        stage.engine.run_due()
        stage.clock.turn(timedelta(hours=1))
    (incident,) = stage.engine.incidents("P-1")
    assert (incident.code, incident.element_id) == ("retries-used-up", "Pay")
    assert "more than one case waits" in incident.message
