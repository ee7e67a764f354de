"""The answer or the failure of an external task stands for a BPMN error where its model says so (`camunda:errorEventDefinition`)."""

from __future__ import annotations

import pytest

from tests.bpmn.drawing import file_of
from tests.engine.conftest import Stage


def drawn(*errors: tuple[str, str], more: str = "") -> bytes:
    definitions = "".join(
        f'<camunda:errorEventDefinition id="Case" errorRef="{name}" expression="{condition}"/>' for name, condition in errors
    )
    return file_of(
        '<startEvent id="S"/><sequenceFlow id="F1" sourceRef="S" targetRef="Ask"/>'
        f'<serviceTask id="Ask" camunda:type="external" camunda:topic="bureau"><extensionElements>{definitions}{more}</extensionElements>'
        '</serviceTask><sequenceFlow id="F2" sourceRef="Ask" targetRef="Next"/><userTask id="Next"/>'
        '<boundaryEvent id="No" attachedToRef="Ask"><errorEventDefinition errorRef="Refused" camunda:errorMessageVariable="why"/>'
        '</boundaryEvent><sequenceFlow id="F3" sourceRef="No" targetRef="Mend"/><userTask id="Mend"/>',
        around='<error id="Refused" errorCode="REFUSED"/><error id="Other" errorCode="OTHER"/>',
    )


OUTPUT = '<camunda:inputOutput><camunda:outputParameter name="out">${foo}</camunda:outputParameter></camunda:inputOutput>'


def stands(stage: Stage, content: bytes) -> list[str]:
    stage.engine.deploy({"ask.bpmn": content}, by="analyst")
    case = stage.start("P")
    return [task.element_id for task in stage.engine.tasks_of(case.id)]


@pytest.mark.parametrize(
    ("errors", "place"),
    [
        ([("Refused", "${foo == 'bar'}")], "Mend"),
        ([("Refused", "${foo == 'baz'}")], "Next"),
        ([("Other", "${foo == 'baz'}"), ("Refused", "${foo == 'bar'}")], "Mend"),
        ([("Refused", "${externalTask.getErrorMessage() == null}")], "Mend"),
        ([("Refused", "")], "Next"),
        ([("REFUSED", "${true}")], "Mend"),
    ],
)
def test_an_answer_that_stands_for_an_error_is_kept_and_throws_it(stage: Stage, errors: list[tuple[str, str]], place: str) -> None:
    stage.answers["bureau"] = {"foo": "bar"}
    assert stands(stage, drawn(*errors, more=OUTPUT)) == [place]
    (case,) = stage.engine.cases().items
    assert stage.engine.variables(case.id).get("foo") == "bar"
    assert ("out" in stage.engine.variables(case.id)) == (place == "Next")


def test_a_failure_that_stands_for_an_error_throws_it_at_once(stage: Stage) -> None:
    stage.answers["bureau"] = RuntimeError("no such person")
    assert stands(stage, drawn(("Refused", "${externalTask.getErrorMessage() == 'no such person'}"))) == ["Mend"]
    (case,) = stage.engine.cases().items
    assert (len(stage.calls), stage.engine.jobs_of(case.id)) == (1, ())
    assert stage.engine.variables(case.id) == {"why": "no such person"}
    assert "job.failed" in stage.kinds(case)


@pytest.mark.parametrize("condition", ["${externalTask.getErrorMessage() == 'else'}", "${missing.x == 1}"])
def test_any_other_failure_is_tried_again(stage: Stage, condition: str) -> None:
    stage.answers["bureau"] = RuntimeError("no such person")
    assert stands(stage, drawn(("Refused", condition))) == []
    (case,) = stage.engine.cases().items
    (job,) = stage.engine.jobs_of(case.id)
    assert (job.attempts, stage.engine.incidents(case.id)) == (1, ())


def test_an_answer_that_cannot_be_judged_is_an_incident_and_can_be_tried_again(stage: Stage) -> None:
    assert stands(stage, drawn(("Refused", "${missing.x == 1}"))) == []
    (case,) = stage.engine.cases().items
    (incident,) = stage.engine.incidents(case.id)
    assert (incident.element_id, incident.code) == ("Ask", "expression-failed")
    stage.engine.resolve_incident(incident.id, variables={"missing": {"x": 1}}, by="operator")
    stage.engine.run_due()
    assert [task.element_id for task in stage.engine.tasks_of(case.id)] == ["Mend"]


def test_an_error_that_nobody_catches_is_an_incident(stage: Stage) -> None:
    stage.answers["bureau"] = {"foo": "bar"}
    assert stands(stage, drawn(("Other", "${true}"))) == []
    (case,) = stage.engine.cases().items
    assert [incident.code for incident in stage.engine.incidents(case.id)] == ["uncaught-error"]
