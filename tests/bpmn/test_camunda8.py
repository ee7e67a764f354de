"""What the ``zeebe:`` namespace says, as the model holds it."""

from __future__ import annotations

import pytest

from loanflow.bpmn.model import (
    BindingKind,
    BusinessRuleTask,
    CallActivity,
    ConditionalEvent,
    DecisionCall,
    Expression,
    ExpressionCall,
    HandlerCall,
    Language,
    ListenerKind,
    MessageEvent,
    ReceiveTask,
    ScriptTask,
    ServiceTask,
    StartEvent,
    SubProcess,
    UserTask,
)
from loanflow.bpmn.model.events import Event
from tests.bpmn.drawing import CAMUNDA8, process_of


def _text(expression: Expression | None) -> tuple[str, Language] | None:
    return None if expression is None else (expression.text, expression.language)


def _node(tag: str, extension: str, inside: str = "", around: str = "") -> object:
    body = f'<{tag} id="T"><extensionElements>{extension}</extensionElements>{inside}</{tag}>'
    return process_of(body, dialect=CAMUNDA8, around=around).body.nodes["T"]


def test_a_job_with_retries_and_headers() -> None:
    node = _node(
        "serviceTask",
        '<zeebe:taskDefinition type="bureau" retries="5"/><zeebe:taskHeaders><zeebe:header key="a" value="b"/></zeebe:taskHeaders>',
    )
    assert isinstance(node, ServiceTask)
    call = node.implementation
    assert isinstance(call, HandlerCall)
    assert (call.kind, _text(call.name), _text(call.retries)) == ("taskDefinition", ("bureau", Language.LITERAL), ("5", Language.LITERAL))
    assert dict(call.headers) == {"a": "b"}


def test_a_called_decision() -> None:
    node = _node("businessRuleTask", '<zeebe:calledDecision decisionId="=which" resultVariable="g" bindingType="deployment"/>')
    assert isinstance(node, BusinessRuleTask)
    call = node.implementation
    assert isinstance(call, DecisionCall)
    assert (_text(call.decision), call.result_variable, call.mapper) == (("which", Language.FEEL), "g", None)
    assert call.binding.kind is BindingKind.DEPLOYMENT


@pytest.mark.parametrize("text", ["=a + 1", "a + 1", " = a + 1 "])
def test_a_script_is_feel_with_or_without_the_sign(text: str) -> None:
    node = _node("scriptTask", f'<zeebe:script expression="{text}" resultVariable="r"/>')
    assert isinstance(node, ScriptTask)
    assert isinstance(node.implementation, ExpressionCall)
    assert (_text(node.implementation.expression), node.implementation.result_variable) == (("a + 1", Language.FEEL), "r")


def test_a_user_task_whole() -> None:
    node = _node(
        "userTask",
        '<zeebe:userTask/><zeebe:assignmentDefinition assignee="=officer" candidateGroups="=[&quot;a&quot;]" candidateUsers="anna"/>'
        '<zeebe:taskSchedule dueDate="=now() + duration(&quot;P1D&quot;)" followUpDate="2026-03-01T09:00:00Z"/>'
        '<zeebe:priorityDefinition priority="80"/><zeebe:formDefinition formId="review" bindingType="versionTag" versionTag="v1"/>'
        '<zeebe:properties><zeebe:property name="loanflow:different-from" value="*"/></zeebe:properties>'
        '<zeebe:ioMapping><zeebe:input source="=a" target="b.c"/><zeebe:output source="=d" target="e"/></zeebe:ioMapping>',
    )
    assert isinstance(node, UserTask)
    assert (_text(node.assignee), _text(node.candidate_groups)) == (("officer", Language.FEEL), ('["a"]', Language.FEEL))
    assert (_text(node.candidate_users), _text(node.priority)) == (("anna", Language.LITERAL), ("80", Language.LITERAL))
    assert _text(node.due_date) == ('now() + duration("P1D")', Language.FEEL)
    assert node.form is not None
    assert (node.form.form_id, node.form.binding.kind, _text(node.form.binding.value)) == (
        "review",
        BindingKind.VERSION_TAG,
        ("v1", Language.LITERAL),
    )
    assert node.different_from == ("*",)
    assert (node.inputs[0].target, _text(node.inputs[0].source)) == ("b.c", ("a", Language.FEEL))
    assert node.outputs[0].target == "e"


def test_a_form_inside_the_diagram() -> None:
    body = (
        '<extensionElements><zeebe:userTaskForm id="F">{"components": []}</zeebe:userTaskForm>'
        '<zeebe:versionTag value="7"/></extensionElements>'
        '<userTask id="T"><extensionElements><zeebe:formDefinition formKey="camunda-forms:bpmn:F"/></extensionElements></userTask>'
    )
    process = process_of(body, dialect=CAMUNDA8)
    assert (dict(process.embedded_forms), process.version_tag) == ({"F": '{"components": []}'}, "7")
    node = process.body.nodes["T"]
    assert isinstance(node, UserTask)
    assert node.form is not None
    assert (node.form.form_id, node.form.binding.kind) == ("F", BindingKind.DEPLOYMENT)


def test_a_start_form() -> None:
    node = _node("startEvent", '<zeebe:formDefinition formId="apply"/>')
    assert isinstance(node, StartEvent)
    assert getattr(node.form, "form_id", None) == "apply"


@pytest.mark.parametrize(
    ("attributes", "parent", "child"),
    [("", True, True), ('propagateAllChildVariables="false"', True, False), ('propagateAllParentVariables="false"', False, True)],
)
def test_a_called_process_copies_variables_unless_told_not_to(attributes: str, parent: bool, child: bool) -> None:
    node = _node("callActivity", f'<zeebe:calledElement processId="scoring" {attributes}/>')
    assert isinstance(node, CallActivity)
    assert (node.propagate_all_parent, node.propagate_all_child) == (parent, child)
    assert _text(node.called_element) == ("scoring", Language.LITERAL)


def test_multi_instance_collections_and_conditions_are_feel() -> None:
    node = _node(
        "userTask",
        "",
        '<multiInstanceLoopCharacteristics><extensionElements><zeebe:loopCharacteristics inputCollection="=members" inputElement="m"'
        ' outputCollection="votes" outputElement="=vote"/></extensionElements>'
        "<completionCondition>=count(votes) &gt; 2</completionCondition></multiInstanceLoopCharacteristics>",
    )
    assert isinstance(node, UserTask)
    many = node.multi_instance
    assert many is not None
    assert (many.element_variable, many.output_collection, many.sequential) == ("m", "votes", False)
    assert (_text(many.collection), _text(many.output_element)) == (("members", Language.FEEL), ("vote", Language.FEEL))
    assert _text(many.completion_condition) == ("count(votes) > 2", Language.FEEL)


def test_a_message_has_a_correlation_key() -> None:
    around = '<message id="M" name="=kind"><extensionElements><zeebe:subscription correlationKey="=number"/></extensionElements></message>'
    body = '<receiveTask id="T" messageRef="M"/>'
    node = process_of(body, dialect=CAMUNDA8, around=around).body.nodes["T"]
    assert isinstance(node, ReceiveTask)
    assert node.message is not None
    assert (_text(node.message.name), _text(node.message.correlation_key)) == (("kind", Language.FEEL), ("number", Language.FEEL))


@pytest.mark.parametrize("tag", ["intermediateThrowEvent", "endEvent"])
def test_a_thrown_message_names_its_job_on_the_event(tag: str) -> None:
    node = _node(tag, '<zeebe:taskDefinition type="mail"/>', "<messageEventDefinition/>")
    assert isinstance(node, Event)
    assert isinstance(node.event, MessageEvent)
    assert isinstance(node.event.handler, HandlerCall)
    assert node.event.handler.name.text == "mail"


def test_conditions_are_feel_with_or_without_the_sign() -> None:
    body = (
        '<task id="A"/><task id="B"/><sequenceFlow id="F" sourceRef="A" targetRef="B"><conditionExpression>= a &gt; 1</conditionExpression>'
        '</sequenceFlow><sequenceFlow id="G" sourceRef="A" targetRef="B"><conditionExpression>a</conditionExpression></sequenceFlow>'
    )
    flows = process_of(body, dialect=CAMUNDA8).body.flows
    assert [_text(flow.condition) for flow in flows.values()] == [("a > 1", Language.FEEL), ("a", Language.FEEL)]


def test_an_ad_hoc_sub_process_says_what_it_starts_and_what_it_gathers() -> None:
    body = (
        '<adHocSubProcess id="A" ordering="Sequential" cancelRemainingInstances="false"><extensionElements>'
        '<zeebe:adHoc activeElementsCollection="=picked" outputCollection="results" outputElement="=result"/></extensionElements>'
        "<completionCondition>=enough</completionCondition><task id='T'/></adHocSubProcess>"
    )
    node = process_of(body, dialect=CAMUNDA8).body.nodes["A"]
    assert isinstance(node, SubProcess)
    assert (node.kind, node.sequential, node.cancel_remaining, node.output_collection) == ("adHoc", True, False, "results")
    assert _text(node.active_elements) == ("picked", Language.FEEL)
    assert _text(node.completion_condition) == ("enough", Language.FEEL)
    assert _text(node.output_element) == ("result", Language.FEEL)


def test_a_conditional_filter_names_variables_and_changes() -> None:
    body = (
        '<intermediateCatchEvent id="E"><conditionalEventDefinition><extensionElements>'
        '<zeebe:conditionalFilter variableNames="a, b" variableEvents="create"/></extensionElements>'
        "<condition>=a &gt; b</condition></conditionalEventDefinition></intermediateCatchEvent>"
    )
    node = process_of(body, dialect=CAMUNDA8).body.nodes["E"]
    assert isinstance(node, Event)
    assert isinstance(node.event, ConditionalEvent)
    assert (node.event.variable_names, node.event.variable_events) == (("a", "b"), ("create",))


@pytest.mark.parametrize(
    ("plural", "event", "kind"), [("executionListener", "start", ListenerKind.EXECUTION), ("taskListener", "completing", ListenerKind.TASK)]
)
def test_listeners_are_jobs_with_their_retries(plural: str, event: str, kind: ListenerKind) -> None:
    body = (
        f'<userTask id="T"><extensionElements><zeebe:{plural}s><zeebe:{plural} eventType="{event}" type="tell" retries="5"/>'
        f"</zeebe:{plural}s></extensionElements></userTask>"
    )
    (listener,) = process_of(body, dialect=CAMUNDA8).body.nodes["T"].listeners
    assert (listener.kind, listener.event) == (kind, event)
    assert isinstance(listener.work, HandlerCall)
    assert (_text(listener.work.name), _text(listener.work.retries)) == (("tell", Language.LITERAL), ("5", Language.LITERAL))
