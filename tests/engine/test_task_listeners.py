"""What happens to an open task is told to registered handlers."""

from __future__ import annotations

from datetime import timedelta

from loanflow import Actor
from loanflow.records import CaseStatus
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


RELEASE = file_of(
    '<startEvent id="S"/><sequenceFlow id="F1" sourceRef="S" targetRef="Review"/>'
    '<userTask id="Review"><extensionElements>'
    '<camunda:taskListener event="delete" delegateExpression="${step}"><camunda:field name="told" stringValue="delete"/>'
    '</camunda:taskListener><camunda:executionListener event="end" expression="${release(amount)}"/>'
    '<camunda:executionListener event="end" delegateExpression="${bureau}"/></extensionElements></userTask>'
    '<sequenceFlow id="F2" sourceRef="Review" targetRef="E"/><endEvent id="E"/>'
)


def test_a_case_cancelled_by_hand_is_over_at_once_and_its_listeners_are_told_by_jobs(stage: Stage) -> None:
    stage.engine.deploy({"release.bpmn": RELEASE}, by="analyst")
    case = stage.start("P", amount=1)
    stage.answers["step"] = {"told": True}
    stage.engine.cancel_case(case.id, by="boss", reason="withdrawn")
    cancelled = stage.engine.case(case.id)
    assert (cancelled.status, cancelled.outcome, stage.engine.tasks_of(case.id)) == (CaseStatus.CANCELLED, "cancelled", ())
    assert [job.handler for job in stage.engine.jobs_of(case.id)] == ["step", "bureau"]
    assert stage.kinds(case)[-1] == "case.cancelled"
    # An expression that fails holds nothing up either.
    (stuck,) = stage.engine.incidents(case.id)
    assert (stuck.element_id, stuck.code) == ("Review", "expression-failed")
    stage.engine.run_due()
    assert told(stage) == ["delete", "bureau"]
    over = stage.engine.case(case.id)
    assert (over.status, over.outcome, over.ended_at) == (CaseStatus.CANCELLED, "cancelled", cancelled.ended_at)
    assert (stage.engine.jobs_of(case.id), stage.engine.variables(case.id)) == ((), {"amount": 1, "told": True})
    stage.engine.verify_audit(case.id)


def test_a_listener_of_a_cancelled_case_that_fails_is_an_incident_that_can_be_resolved(stage: Stage) -> None:
    stage.engine.deploy({"release.bpmn": RELEASE.replace(b'expression="${release(amount)}"', b'expression="${amount}"')}, by="analyst")
    first, second = stage.start("P", amount=1), stage.start("P", amount=2)
    stage.answers["bureau"] = RuntimeError("closed")
    for case in (first, second):
        stage.engine.cancel_case(case.id, by="boss")
    for _ in range(3):
        stage.engine.run_due()
        stage.clock.turn(timedelta(hours=1))
    stuck = [stage.engine.incidents(case.id)[0] for case in (first, second)]
    assert [incident.code for incident in stuck] == ["retries-used-up"] * 2
    stage.answers["bureau"] = None
    stage.engine.retry_incident(stuck[0].id, by="operator")
    stage.engine.complete_incident(stuck[1].id, by=Actor.system("operator"), reason="told by telephone")
    stage.engine.run_due()
    for case in (first, second):
        assert (stage.engine.case(case.id).status, stage.engine.jobs_of(case.id)) == (CaseStatus.CANCELLED, ())
        assert stage.engine.incidents(case.id) == ()
