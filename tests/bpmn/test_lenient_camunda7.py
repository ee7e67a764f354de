"""What Camunda 7 runs although Camunda Modeler would not draw it so: read with a warning, and run the same way."""

from __future__ import annotations

from typing import Any

import pytest

from loanflow import bpmn
from loanflow.bpmn.model import Model
from loanflow.execution import EnqueueJob, compile_process
from loanflow.problems import Severity
from tests.bpmn.drawing import CAMUNDA7, CAMUNDA8, PLAIN, file_of
from tests.execution.host import Story

FLOWS = '<sequenceFlow id="F1" sourceRef="S" targetRef="A"/><sequenceFlow id="F2" sourceRef="A" targetRef="E"/>'


def judged(body: str, *, dialect: str = CAMUNDA7, around: str = "") -> tuple[Model, dict[str, Severity]]:
    """Return the model and the severity of each code found, without what is ignored on purpose."""
    found = bpmn.inspect(file_of(body, dialect=dialect, around=around), file="test.bpmn")
    assert found.model is not None
    return found.model, {problem.code: problem.severity for problem in found.problems if problem.severity is not Severity.INFO}


def story(model: Model, **variables: Any) -> Story:
    return Story(compile_process(model, "P", program_id="P:1"), variables)


def test_flows_without_ids_are_called_after_their_ends() -> None:
    model, found = judged(
        '<startEvent id="S"/><sequenceFlow sourceRef="S" targetRef="A"/><userTask id="A"/><endEvent id="A_to_E"/>'
        '<sequenceFlow sourceRef="A" targetRef="A_to_E"/><sequenceFlow sourceRef="A" targetRef="A_to_E"/>'
        '<sequenceFlow sourceRef="A" targetRef="E"/>'
        '<endEvent id="E"/>'
    )
    assert found == {"bpmn/missing-id": Severity.WARNING}
    assert list(model.processes[0].body.flows) == ["S_to_A", "A_to_A_to_E", "A_to_A_to_E_2", "A_to_E_2"]
    walk = story(model)
    walk.complete("A")
    assert walk.ended
    assert walk.flows == ["S_to_A", "A_to_A_to_E", "A_to_A_to_E_2", "A_to_E_2"]


@pytest.mark.parametrize("dialect", [CAMUNDA7, PLAIN])
def test_a_receive_task_without_a_message_waits_for_one_of_its_own_name(dialect: str) -> None:
    model, found = judged(f'<startEvent id="S"/><receiveTask id="A"/><endEvent id="E"/>{FLOWS}', dialect=dialect)
    assert found == {"bpmn/implied-message": Severity.WARNING}
    walk = story(model)
    assert walk.subscriptions == ["A"]
    walk.deliver("A")
    assert walk.ended


def test_in_camunda_8_a_receive_task_names_its_message() -> None:
    _, found = judged(f'<startEvent id="S"/><receiveTask id="A"/><endEvent id="E"/>{FLOWS}', dialect=CAMUNDA8)
    assert found == {"bpmn/missing-message": Severity.ERROR}


THROWING = (
    '<startEvent id="S"/><subProcess id="A"><startEvent id="S2"/><endEvent id="Fail"><errorEventDefinition errorRef="oops"/></endEvent>'
    '<sequenceFlow id="F3" sourceRef="S2" targetRef="Fail"/></subProcess><endEvent id="E"/>'
    '<boundaryEvent id="Caught" attachedToRef="A"><errorEventDefinition errorRef="{caught}"/></boundaryEvent><userTask id="Mend"/>'
    '<endEvent id="E3"/><sequenceFlow id="F5" sourceRef="Mend" targetRef="E3"/>'
    '<sequenceFlow id="F4" sourceRef="Caught" targetRef="Mend"/>' + FLOWS
)


def test_a_reference_to_no_error_is_the_errors_code() -> None:
    model, found = judged(THROWING.format(caught="oops"))
    assert found == {"bpmn/unresolved-reference": Severity.WARNING}
    assert story(model).tasks == ["Mend"]
    model, _ = judged(THROWING.format(caught="other"))
    assert story(model).tasks == []
    assert judged(THROWING.format(caught="oops"), dialect=PLAIN)[1]["bpmn/unresolved-reference"] is Severity.ERROR


INCLUSIVE = (
    '<startEvent id="S"/><inclusiveGateway id="A"/><userTask id="E"/><userTask id="Other"/>'
    '<sequenceFlow id="F3" sourceRef="A" targetRef="Other"><conditionExpression>{condition}</conditionExpression></sequenceFlow>' + FLOWS
)


def test_a_flow_without_a_condition_leaves_an_inclusive_gateway_always() -> None:
    model, found = judged(INCLUSIVE.format(condition="${n &gt; 1}"))
    assert found["bpmn/missing-condition"] is Severity.WARNING
    assert sorted(story(model, n=2).tasks) == ["E", "Other"]
    assert story(model, n=1).tasks == ["E"]
    assert judged(INCLUSIVE.format(condition="=n &gt; 1"), dialect=CAMUNDA8)[1]["bpmn/missing-condition"] is Severity.ERROR


DEFAULT = (
    '<startEvent id="S"/><{kind} id="A" default="F2"/><userTask id="E"/><userTask id="Other"/>'
    '<sequenceFlow id="F1" sourceRef="S" targetRef="A"/>'
    '<sequenceFlow id="F2" sourceRef="A" targetRef="E"><conditionExpression>{never}</conditionExpression></sequenceFlow>'
    '<sequenceFlow id="F3" sourceRef="A" targetRef="Other"><conditionExpression>{never}</conditionExpression></sequenceFlow>'
)


@pytest.mark.parametrize(
    ("kind", "dialect", "severity"),
    [
        ("exclusiveGateway", CAMUNDA7, Severity.ERROR),
        ("inclusiveGateway", CAMUNDA7, Severity.WARNING),
        ("exclusiveGateway", CAMUNDA8, Severity.WARNING),
        ("inclusiveGateway", CAMUNDA8, Severity.WARNING),
        ("inclusiveGateway", PLAIN, Severity.ERROR),
    ],
)
def test_a_condition_on_the_default_flow_is_never_looked_at(kind: str, dialect: str, severity: Severity) -> None:
    model, found = judged(DEFAULT.format(kind=kind, never="=n &gt; 1" if dialect is CAMUNDA8 else "${n &gt; 1}"), dialect=dialect)
    assert found["bpmn/default-with-condition"] is severity
    if severity is Severity.WARNING:
        assert story(model, n=0).tasks == ["E"]


def test_a_date_that_is_a_length_of_time_counts_from_now() -> None:
    waiting = '<startEvent id="S"/><intermediateCatchEvent id="A"><timerEventDefinition>'
    waiting += f'<timeDate>PT5M</timeDate></timerEventDefinition></intermediateCatchEvent><endEvent id="E"/>{FLOWS}'
    model, found = judged(waiting)
    assert found == {"bpmn/timer-invalid": Severity.WARNING}
    walk = story(model)
    assert walk.turn(minutes=4) == []
    assert walk.turn(minutes=1) == ["A"]
    assert judged(waiting, dialect=CAMUNDA8)[1] == {"bpmn/timer-invalid": Severity.ERROR}


def test_an_event_based_gateway_may_have_a_single_way_out() -> None:
    one = (
        '<startEvent id="S"/><eventBasedGateway id="A"/><sequenceFlow id="F1" sourceRef="S" targetRef="A"/>'
        '<sequenceFlow id="F2" sourceRef="A" targetRef="W"/><intermediateCatchEvent id="W"><signalEventDefinition signalRef="Go"/>'
        '</intermediateCatchEvent><sequenceFlow id="F3" sourceRef="W" targetRef="E"/><endEvent id="E"/>'
    )
    around = '<signal id="Go" name="go"/>'
    model, found = judged(one, around=around)
    assert found == {"bpmn/event-gateway-target": Severity.WARNING}
    walk = story(model)
    walk.deliver("W")
    assert walk.ended
    assert judged(one, around=around, dialect=CAMUNDA8)[1] == {"bpmn/event-gateway-target": Severity.ERROR}


def test_an_association_may_stand_far_from_what_it_joins() -> None:
    model, found = judged(
        '<startEvent id="S"/><subProcess id="A"><startEvent id="S2"/><userTask id="Book"/><endEvent id="E2"/>'
        '<sequenceFlow id="F3" sourceRef="S2" targetRef="Book"/><sequenceFlow id="F4" sourceRef="Book" targetRef="E2"/>'
        '<boundaryEvent id="B" attachedToRef="Book"><compensateEventDefinition/></boundaryEvent>'
        '<userTask id="Undo" isForCompensation="true"/></subProcess>'
        '<intermediateThrowEvent id="E"><compensateEventDefinition/></intermediateThrowEvent>'
        + FLOWS
        + '<association id="As" sourceRef="B" targetRef="Undo"/>'
    )
    assert found == {}
    walk = story(model)
    walk.complete("Book")
    assert walk.tasks == ["Undo"]


def test_injected_fields_reach_handlers_of_tasks_and_listeners() -> None:
    fields = '<camunda:field name="{0}" stringValue="plain"/><camunda:field name="{0}2" expression="Dear ${{name}}"/>'
    fields += '<camunda:field name="{0}3"><camunda:expression>${{name}}</camunda:expression></camunda:field>'
    model, found = judged(
        '<startEvent id="S"/><serviceTask id="A" camunda:class="org.bank.Mail"><extensionElements>'
        f'{fields.format("to")}<camunda:executionListener event="start" class="org.bank.Hear">{fields.format("for")}'
        f'</camunda:executionListener></extensionElements></serviceTask><endEvent id="E"/>{FLOWS}'
    )
    assert found == {}
    walk = story(model, name="Ada")
    assert _headers(walk) == {"for": "plain", "for2": "Dear Ada", "for3": "Ada"}
    walk.complete("A")
    assert _headers(walk) == {"to": "plain", "to2": "Dear Ada", "to3": "Ada"}


def _headers(walk: Story) -> dict[str, str]:
    (job,) = [request for request in walk.open.values() if isinstance(request, EnqueueJob)]
    return dict(job.headers)
