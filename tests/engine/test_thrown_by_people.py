"""Errors and escalations that a person throws from a task."""

from __future__ import annotations

import re

import pytest

from loanflow import Actor, Conflict, NotPermitted
from loanflow.records import TaskStatus
from tests.engine.conftest import Stage
from tests.support.drawn import drawn

FRAUD = '<bpmn:error id="E" name="fraud" errorCode="fraud" />'
DOUBT = '<bpmn:escalation id="X" name="doubt" escalationCode="doubt" />'
NODES = """
start start
user review camunda:candidateGroups="reviewer"
user investigate
user advise
user sign
end end
"""
FLOWS = """
start -> review -> sign -> end
investigate -> end
advise -> end
"""


def loan(*, interrupting: bool = False) -> dict[str, bytes]:
    """A review with an error event and an escalation event on its border."""
    diagram = drawn("loan", NODES, FLOWS)["loan.bpmn"].decode()
    at = '<bpmn:boundaryEvent id="{}" attachedToRef="review" cancelActivity="{}"><bpmn:outgoing>{}</bpmn:outgoing>'
    caught = at.format("OnFraud", "true", "f1") + '<bpmn:errorEventDefinition errorRef="E" camunda:errorMessageVariable="why" />'
    told = at.format("OnDoubt", str(interrupting).lower(), "f2") + '<bpmn:escalationEventDefinition escalationRef="X" />'
    ways = "".join(
        f'<bpmn:sequenceFlow id="{flow}" sourceRef="{source}" targetRef="{target}" />'
        for flow, source, target in (("f1", "OnFraud", "investigate"), ("f2", "OnDoubt", "advise"))
    )
    border = f"{caught}</bpmn:boundaryEvent>{told}</bpmn:boundaryEvent>{ways}"
    diagram = diagram.replace("</bpmn:process>", f"{border}</bpmn:process>", 1).replace("<bpmn:process", f"{FRAUD}{DOUBT}<bpmn:process", 1)
    for node, flow in (("investigate", "f1"), ("advise", "f2")):
        diagram = diagram.replace(
            f'id="{node}" name="{node.title()}" >', f'id="{node}" name="{node.title()}" ><bpmn:incoming>{flow}</bpmn:incoming>'
        )
    return {"loan.bpmn": diagram.encode()}


REVIEWER = Actor("li", groups=("reviewer",))


def test_a_person_leaves_a_task_by_the_error_event_on_its_border(stage: Stage):
    stage.engine.deploy(loan(), by="analyst")
    case = stage.start("loan", key="LN-1")
    task = stage.task(case)
    left = stage.engine.throw_error(task.id, "fraud", "the payslip is forged", {"score": 3}, by=REVIEWER)
    assert (left.status, left.completed_by) == (TaskStatus.COMPLETED, "li")
    assert stage.task(case).element_id == "investigate"
    assert stage.engine.variables(case.id)["why"] == "the payslip is forged"
    assert stage.engine.variables(case.id)["score"] == 3
    assert stage.engine.task(task.id) == left
    entry = next(each for each in stage.engine.history(case.id) if each.kind == "task.error-thrown")
    assert (entry.actor, entry.data["code"], entry.data["message"]) == ("li", "fraud", "the payslip is forged")


def test_an_incident_further_on_does_not_refuse_what_was_caught(stage: Stage):
    diagram = loan()["loan.bpmn"].decode()
    ends = re.sub(
        r'<bpmn:userTask id="investigate".*?</bpmn:userTask>',
        '<bpmn:endEvent id="investigate" name="Fraud"><bpmn:incoming>f1</bpmn:incoming>'
        '<bpmn:errorEventDefinition errorRef="E" /></bpmn:endEvent>',
        diagram,
        flags=re.DOTALL,
    )
    ends = re.sub(
        r'<bpmn:sequenceFlow id="investigate-end".*?(?:/>|</bpmn:sequenceFlow>)|<bpmn:incoming>investigate-end</bpmn:incoming>', "", ends
    )
    stage.engine.deploy({"loan.bpmn": ends.encode()}, by="analyst")
    case = stage.start("loan", key="LN-1")
    left = stage.engine.throw_error(stage.task(case).id, "fraud", by=REVIEWER)
    assert left.status is TaskStatus.COMPLETED
    (incident,) = stage.engine.incidents(case.id)
    assert (incident.element_id, incident.code) == ("investigate", "uncaught-error")


def test_what_nobody_catches_is_refused_and_nothing_changes(stage: Stage):
    stage.engine.deploy(loan(), by="analyst")
    case = stage.start("loan", key="LN-1")
    task = stage.task(case)
    before = len(stage.engine.history(case.id))
    with pytest.raises(Conflict, match="nothing catches error theft; draw a boundary event for it") as refused:
        stage.engine.throw_error(task.id, "theft", by=REVIEWER)
    assert refused.value.code == "not-caught"
    with pytest.raises(Conflict, match="nothing catches escalation theft"):
        stage.engine.throw_escalation(task.id, "theft", by=REVIEWER)
    with pytest.raises(NotPermitted):
        stage.engine.throw_error(task.id, "fraud", by="chen")
    assert stage.engine.task(task.id) == task
    assert len(stage.engine.history(case.id)) == before
    assert not stage.engine.incidents(case.id)


def test_an_escalation_that_does_not_interrupt_leaves_the_task_open(stage: Stage):
    stage.engine.deploy(loan(), by="analyst")
    case = stage.start("loan", key="LN-1")
    task = stage.task(case)
    assert stage.engine.throw_escalation(task.id, "doubt", {"doubt": "income"}, by=REVIEWER).status is TaskStatus.OPEN
    assert stage.engine.throw_escalation(task.id, "doubt", by=REVIEWER).status is TaskStatus.OPEN
    assert sorted(each.element_id for each in stage.engine.tasks_of(case.id)) == ["advise", "advise", "review"]
    assert stage.engine.variables(case.id)["doubt"] == "income"
    stage.engine.complete(task.id, by=REVIEWER)


def test_an_escalation_that_interrupts_ends_the_task_as_done_by_whoever_escalated(stage: Stage):
    stage.engine.deploy(loan(interrupting=True), by="analyst")
    case = stage.start("loan", key="LN-1")
    task = stage.engine.claim(stage.task(case).id, REVIEWER)
    stage.engine.add_signer(task.id, "wang", position="parallel", by="li")
    stage.engine.save_draft(task.id, {"note": "half a sentence"}, by=REVIEWER)
    left = stage.engine.throw_escalation(task.id, "doubt", by=REVIEWER)
    assert (left.status, left.completed_by) == (TaskStatus.COMPLETED, "li")
    assert stage.engine.draft(task.id, by=REVIEWER) is None
    assert stage.task(case).element_id == "advise"


def test_a_signer_does_not_throw(stage: Stage):
    stage.engine.deploy(loan(), by="analyst")
    case = stage.start("loan", key="LN-1")
    task = stage.engine.claim(stage.task(case).id, REVIEWER)
    (signer,) = stage.engine.add_signer(task.id, "wang", position="parallel", by="li")
    with pytest.raises(Conflict, match="that of a signer"):
        stage.engine.throw_error(signer.id, "fraud", by="wang")
