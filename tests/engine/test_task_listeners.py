"""What happens to an open task is told to registered handlers."""

from __future__ import annotations

from datetime import timedelta

from loanflow import Actor
from tests.bpmn.drawing import file_of
from tests.engine.conftest import Stage

LI = Actor("li.na", groups=("reviewer",))

REVIEW = file_of(
    '<startEvent id="S"/><sequenceFlow id="F1" sourceRef="S" targetRef="Review"/>'
    '<userTask id="Review" camunda:candidateGroups="reviewer"><extensionElements>'
    '<camunda:taskListener event="update" delegateExpression="${step}">'
    '<camunda:field name="told" stringValue="update"/></camunda:taskListener>'
    '<camunda:taskListener event="delete" delegateExpression="${step}">'
    '<camunda:field name="told" stringValue="delete"/></camunda:taskListener>'
    '<camunda:taskListener event="timeout" delegateExpression="${remind}"><timerEventDefinition><timeCycle>R2/PT1H</timeCycle>'
    "</timerEventDefinition></camunda:taskListener></extensionElements></userTask>"
    '<boundaryEvent id="Late" attachedToRef="Review"><timerEventDefinition><timeDuration>P1D</timeDuration></timerEventDefinition>'
    '</boundaryEvent><sequenceFlow id="F2" sourceRef="Late" targetRef="E"/><endEvent id="E"/>'
    '<sequenceFlow id="F3" sourceRef="Review" targetRef="E"/>'
)


def told(stage: Stage) -> list[str]:
    return [job.headers.get("told", job.topic) for job in stage.calls]


def test_claiming_being_late_and_being_taken_away_are_told(stage: Stage) -> None:
    stage.engine.deploy({"review.bpmn": REVIEW}, by="analyst")
    case = stage.start("P")
    assert told(stage) == []
    stage.engine.claim(stage.task(case).id, by=LI)
    stage.engine.run_due()
    assert told(stage) == ["update"]
    for _ in range(3):
        stage.clock.turn(timedelta(hours=1))
        stage.engine.run_due()
    assert told(stage) == ["update", "remind", "remind"]
    stage.clock.turn(timedelta(days=1))
    stage.engine.run_due()
    assert told(stage) == ["update", "remind", "remind", "delete"]
    assert stage.engine.case(case.id).ended_at is not None
