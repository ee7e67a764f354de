"""Every expression of a diagram is parsed when it is loaded, and a slip is shown where it is."""

from __future__ import annotations

import pytest

from loanflow import bpmn
from loanflow.bpmn.checks.expressions import sites
from loanflow.bpmn.checks.scene import Scene
from loanflow.problems import errors_in
from tests.bpmn.corpus import ROOT
from tests.bpmn.drawing import CAMUNDA7, CAMUNDA8, PLAIN, file_of, model_of

AROUND = (
    '<startEvent id="S"/>{body}<endEvent id="E"/><sequenceFlow id="F1" sourceRef="S" targetRef="T"/>'
    '<sequenceFlow id="F2" sourceRef="T" targetRef="E"/>'
)


def _file(body: str, dialect: str) -> bytes:
    return file_of(AROUND.format(body=body), dialect=dialect)


@pytest.mark.parametrize(
    ("dialect", "body", "property"),
    [
        (CAMUNDA7, '<userTask id="T" camunda:assignee="${a +}"/>', "Assignment > Assignee"),
        (CAMUNDA7, '<serviceTask id="T" camunda:expression="${a b}" camunda:resultVariable="x"/>', "Implementation > Expression"),
        (CAMUNDA7, '<userTask id="T" camunda:dueDate="${(a}"/>', "Due date"),
        (CAMUNDA7, '<userTask id="T" name="Review ${a"/>', "Name"),
        (
            CAMUNDA7,
            '<userTask id="T"><extensionElements><camunda:failedJobRetryTimeCycle>${a</camunda:failedJobRetryTimeCycle>'
            "</extensionElements></userTask>",
            "Job execution > Retry time cycle",
        ),
        (
            CAMUNDA7,
            '<userTask id="T"><extensionElements><camunda:inputOutput><camunda:inputParameter name="x">${1 +}</camunda:inputParameter>'
            "</camunda:inputOutput></extensionElements></userTask>",
            "Inputs > x",
        ),
        (
            CAMUNDA8,
            '<scriptTask id="T"><extensionElements><zeebe:script expression="=a +" resultVariable="x"/></extensionElements></scriptTask>',
            "Implementation > Expression",
        ),
        (
            CAMUNDA8,
            '<userTask id="T"><extensionElements><zeebe:ioMapping><zeebe:output source="=[1..5" target="y"/></zeebe:ioMapping>'
            "</extensionElements></userTask>",
            "Outputs > y",
        ),
        (PLAIN, '<scriptTask id="T" scriptFormat="feel"><script>if a then</script></scriptTask>', "Implementation > Expression"),
    ],
)
def test_a_slip_is_shown_with_element_field_and_text(dialect: str, body: str, property: str) -> None:
    (problem,) = errors_in(bpmn.inspect(_file(body, dialect), file="f.bpmn").problems)
    assert problem.code.startswith("feel/")
    assert (problem.element_id, problem.property, problem.location.line) == ("T", property, 1)
    assert problem.excerpt is not None


@pytest.mark.parametrize(
    ("dialect", "body"),
    [
        (CAMUNDA7, '<userTask id="T" camunda:assignee="${execution.getVariable(\'officer\')}"/>'),
        (CAMUNDA7, '<userTask id="T" camunda:candidateGroups="Dear ${name}, #{other}"/>'),
        (CAMUNDA7, '<userTask id="T" camunda:dueDate="${dateTime().plusDays(2).toDate()}"/>'),
        (CAMUNDA7, '<userTask id="T" camunda:assignee="${empty a ? b[\'c\'] : !d}"/>'),
        (
            CAMUNDA8,
            '<scriptTask id="T"><extensionElements><zeebe:script expression="=for i in 1..3 return i * rate" resultVariable="x"/>'
            "</extensionElements></scriptTask>",
        ),
    ],
)
def test_what_analysts_write_is_accepted(dialect: str, body: str) -> None:
    problems = errors_in(bpmn.inspect(_file(body, dialect), file="f.bpmn").problems)
    assert not problems, "\n".join(map(str, problems))


def test_a_condition_is_shown_at_its_flow() -> None:
    body = AROUND.replace("{body}", '<userTask id="T"/>').replace(
        '<sequenceFlow id="F2" sourceRef="T" targetRef="E"/>',
        '<sequenceFlow id="F2" name="yes" sourceRef="T" targetRef="E"><conditionExpression>=a &gt;</conditionExpression></sequenceFlow>',
    )
    (problem,) = errors_in(bpmn.inspect(file_of(body, dialect=CAMUNDA8), file="f.bpmn").problems)
    assert (problem.element_id, problem.element_name, problem.property) == ("F2", "yes", "Condition")


def test_the_wrong_dialect_is_named_instead_of_a_syntax_error() -> None:
    body = '<userTask id="T"><extensionElements><zeebe:assignmentDefinition assignee="=${officer}"/></extensionElements></userTask>'
    (problem,) = errors_in(bpmn.inspect(_file(body, CAMUNDA8), file="f.bpmn").problems)
    assert problem.code == "bpmn/wrong-dialect"


def test_a_message_that_many_events_share_is_reported_once() -> None:
    body = '<receiveTask id="A" messageRef="M"/><receiveTask id="B" messageRef="M"/>'
    around = '<message id="M" name="=a +"><extensionElements><zeebe:subscription correlationKey="=k"/></extensionElements></message>'
    problems = errors_in(bpmn.inspect(file_of(body, dialect=CAMUNDA8, around=around), file="f.bpmn").problems)
    assert len([problem for problem in problems if problem.code.startswith("feel/")]) == 1


@pytest.mark.parametrize(
    "expression", ["(" * 50_000, "1+" * 200_000 + "1", "not(" * 5_000 + "a" + ")" * 5_000, "-" * 50_000 + "1", "[" * 20_000]
)
def test_a_hostile_expression_gives_a_finding_or_nothing_but_never_a_traceback(expression: str) -> None:
    body = f'<scriptTask id="T" scriptFormat="feel"><script>{expression}</script></scriptTask>'
    assert isinstance(bpmn.inspect(_file(body, PLAIN), file="f.bpmn").problems, tuple)


def test_every_expression_of_the_products_has_a_field_of_the_panel() -> None:
    for path in sorted((ROOT / "diagrams").glob("*.bpmn")):
        model = bpmn.read(path.read_bytes(), file=path.name)
        found = list(sites(Scene(model, None)))
        assert found
        assert all(site.property[0].isupper() and "_" not in site.property.split(" > ")[0] for site in found)


def test_expressions_inside_sub_processes_are_seen_once() -> None:
    body = '<subProcess id="P1"><userTask id="U" camunda:assignee="${a}"/></subProcess>'
    assert [(site.element.id, site.property) for site in sites(Scene(model_of(body), None))] == [("U", "Assignment > Assignee")]
