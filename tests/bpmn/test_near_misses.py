"""What is written not quite right is told by what was probably meant, and nothing is lost without a word."""

from __future__ import annotations

import pytest

from loanflow import bpmn
from loanflow.problems import Problem, Severity, errors_in
from tests.bpmn.drawing import CAMUNDA7, CAMUNDA8, PLAIN, file_of

FLOWS = (
    '<startEvent id="S"/>{0}<endEvent id="E"/><sequenceFlow id="F" sourceRef="S" targetRef="T"/>'
    '<sequenceFlow id="G" {1}="T" targetRef="E"/>'
)


def _problems(body: str, dialect: str, source: str = "sourceRef") -> tuple[Problem, ...]:
    found = bpmn.inspect(file_of(FLOWS.format(body, source), dialect=dialect), file="f.bpmn").problems
    return tuple(problem for problem in found if problem.severity is not Severity.INFO)


def _extended(inside: str, tag: str = "serviceTask") -> str:
    return f'<{tag} id="T"><extensionElements>{inside}</extensionElements></{tag}>'


@pytest.mark.parametrize(
    ("dialect", "body", "hint"),
    [
        (CAMUNDA7, '<userTask id="T" camunda:asignee="anna"/>', "did you mean camunda:assignee?"),
        (CAMUNDA7, '<userTask id="T" camunda:candidateGroup="a"/>', "did you mean camunda:candidateGroups?"),
        (CAMUNDA7, _extended("<camunda:inputOutputs/>"), "did you mean camunda:inputOutput?"),
        (CAMUNDA8, _extended('<zeebe:taskDefinition type="x" retires="3"/>'), "did you mean retries?"),
        (CAMUNDA8, _extended('<zeebe:asignmentDefinition assignee="x"/>', "userTask"), "did you mean zeebe:assignmentDefinition?"),
        (PLAIN, '<userTsk id="T"/>', "did you mean userTask?"),
        (PLAIN, '<userTask id="T" isForCompensatio="true"/>', "did you mean isForCompensation?"),
    ],
)
def test_a_mistyped_word_is_an_error_that_names_the_right_one(dialect: str, body: str, hint: str) -> None:
    assert hint in [problem.hint for problem in errors_in(_problems(body, dialect))]


def test_a_mistyped_attribute_of_a_flow_names_the_right_one() -> None:
    found = _problems('<userTask id="T"/>', PLAIN, source="sourceReff")
    assert ("bpmn/unknown-attribute", "did you mean sourceRef?") in [(problem.code, problem.hint) for problem in found]


def test_a_prefix_that_stands_for_something_else_is_a_warning_once() -> None:
    misnamed = CAMUNDA7.replace("1.0/bpmn", "1.0/bpm").split(" modeler")[0]
    found = _problems('<userTask id="T" camunda:assignee="anna" camunda:formKey="x"/>', misnamed)
    (problem,) = [problem for problem in found if problem.code == "bpmn/unsupported-extension"]
    assert problem.severity is Severity.WARNING
    assert problem.expected == 'xmlns:camunda="http://camunda.org/schema/1.0/bpmn"'


_BOTH = (
    'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"'
    ' modeler:executionPlatform="Camunda {0}"'
)
_GIVEN_TWICE = _extended('<zeebe:assignmentDefinition assignee="a"/>', "userTask").replace(' id="T"', ' id="T" camunda:assignee="a"')


@pytest.mark.parametrize(
    ("platform", "body", "told"),
    [
        ("Cloud", '<userTask id="T" camunda:assignee="a" camunda:candidateGroups="g"/>', ["belongs to nobody"]),
        ("Cloud", '<userTask id="T" camunda:candidateUsers="a" camunda:formKey="f"/>', ["belongs to nobody", "shows none"]),
        ("Platform", _extended('<zeebe:assignmentDefinition candidateGroups="g"/>', "userTask"), ["belongs to nobody"]),
        ("Platform", _extended('<zeebe:formDefinition formId="f"/>', "userTask"), ["shows none"]),
        ("Cloud", _GIVEN_TWICE, []),
        ("Platform", _GIVEN_TWICE, []),
        ("Cloud", '<userTask id="T" camunda:asyncBefore="true"/>', []),
    ],
)
def test_a_task_given_to_people_for_the_other_platform_alone_is_a_warning(platform: str, body: str, told: list[str]) -> None:
    found = [problem for problem in _problems(body, _BOTH.format(platform)) if problem.code == "bpmn/wrong-dialect"]
    assert [problem.message.split(": the task ")[1] for problem in found] == told
    assert {problem.severity for problem in found} <= {Severity.WARNING}
    assert {problem.element_id for problem in found} <= {"T"}


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("date and tme(x)", "did you mean date and time(...)?"),
        ("if coutn(x) > 1 then 2 else 3", "did you mean count(...)?"),
        ("get or els(x, 1)", "did you mean get or else(...)?"),
        ("sting length(x)", "did you mean string length(...)?"),
        ("day of wek(x)", "did you mean day of week(...)?"),
        ("years and month duration(x, x)", "did you mean years and months duration(...)?"),
        ('"sting length(x)"', None),
        ("count(x) and (x) or not(x)", None),
        ("if (x) then (x) else min(x)", None),
    ],
)
def test_a_mistyped_function_names_the_right_one_blanks_and_all(text: str, hint: str | None) -> None:
    body = _extended(f"<zeebe:script expression='={text.replace('>', '&gt;')}' resultVariable='y'/>", "scriptTask")
    found = [problem.hint for problem in _problems(body, CAMUNDA8) if problem.hint and "did you mean" in problem.hint]
    assert found == ([hint] if hint else [])


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("approved == false", "FEEL compares with one ="),
        ("score => 5", "FEEL writes >="),
        ("score =< 5", "FEEL writes <="),
        ("current vacation status = 5", "a name with blanks that is not declared stands in backticks: `current vacation status`"),
    ],
)
def test_a_slip_of_other_languages_says_how_feel_writes_it(text: str, hint: str) -> None:
    escaped = text.replace(">", "&gt;").replace("<", "&lt;")
    body = _extended(f"<zeebe:script expression='={escaped}' resultVariable='y'/>", "scriptTask")
    assert [problem.hint for problem in errors_in(_problems(body, CAMUNDA8))] == [hint]


@pytest.mark.parametrize("way", ["input", "output"])
def test_a_mapping_needs_the_name_of_a_variable(way: str) -> None:
    (problem,) = errors_in(
        _problems(_extended(f'<zeebe:ioMapping><zeebe:{way} source="=1" target=""/></zeebe:ioMapping>', "userTask"), CAMUNDA8)
    )
    assert (problem.code, problem.message) == ("bpmn/invalid-value", f"the {way} has no name")


def test_a_multi_instance_without_a_collection_is_told_once() -> None:
    loop = '<zeebe:loopCharacteristics inputCollection="" inputElement="one"/>'
    many = f"<multiInstanceLoopCharacteristics><extensionElements>{loop}</extensionElements></multiInstanceLoopCharacteristics>"
    (problem,) = errors_in(_problems(f'<userTask id="T">{many}</userTask>', CAMUNDA8))
    assert problem.code == "bpmn/multi-instance-incomplete"


def test_a_priority_is_a_whole_number() -> None:
    (problem,) = errors_in(_problems('<userTask id="T" camunda:priority="high"/>', CAMUNDA7))
    assert (problem.code, problem.property, problem.found) == ("bpmn/invalid-value", "Priority", "high")
