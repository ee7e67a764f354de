"""What the ``camunda:`` namespace says, as the model holds it."""

from __future__ import annotations

import pytest

from loanflow import bpmn
from loanflow.bpmn.model import (
    BindingKind,
    BusinessRuleTask,
    CallActivity,
    DecisionCall,
    EndEvent,
    Expression,
    ExpressionCall,
    FormReference,
    HandlerCall,
    IntermediateThrowEvent,
    Language,
    Listener,
    ListenerKind,
    MessageEvent,
    ResultMapper,
    ScriptTask,
    ServiceTask,
    SignalEvent,
    StartEvent,
    UserTask,
    VariableMapping,
)
from loanflow.bpmn.reader import survey
from loanflow.execution import compile_process
from loanflow.problems import errors_in
from tests.bpmn.drawing import file_of, model_of, process_of
from tests.execution.host import Story


def _text(expression: Expression | None) -> tuple[str, Language] | None:
    return None if expression is None else (expression.text, expression.language)


@pytest.mark.parametrize(
    ("attributes", "kind", "name"),
    [
        ('camunda:type="external" camunda:topic="bureau"', "external", ("bureau", Language.LITERAL)),
        ('camunda:type="external" camunda:topic="${topic}"', "external", ("${topic}", Language.JUEL)),
        ('camunda:delegateExpression="${bureau}"', "delegateExpression", ("bureau", Language.LITERAL)),
        ('camunda:delegateExpression="#{ bureau }"', "delegateExpression", ("bureau", Language.LITERAL)),
        ('camunda:class="org.bank.Bureau"', "class", ("org.bank.Bureau", Language.LITERAL)),
    ],
)
def test_work_names_a_handler(attributes: str, kind: str, name: tuple[str, Language]) -> None:
    node = process_of(f'<serviceTask id="T" {attributes}/>').body.nodes["T"]
    assert isinstance(node, ServiceTask)
    assert isinstance(node.implementation, HandlerCall)
    assert (node.implementation.kind, _text(node.implementation.name)) == (kind, name)


def test_an_expression_is_computed_in_place() -> None:
    node = process_of('<serviceTask id="T" camunda:expression="${bureau.score(name)}" camunda:resultVariable="score"/>').body.nodes["T"]
    assert isinstance(node, ServiceTask)
    assert isinstance(node.implementation, ExpressionCall)
    assert _text(node.implementation.expression) == ("${bureau.score(name)}", Language.JUEL)
    assert node.implementation.result_variable == "score"


def test_field_injections_become_headers() -> None:
    body = (
        '<serviceTask id="T" camunda:class="x.Y"><extensionElements><camunda:field name="a" stringValue="1"/>'
        '<camunda:field name="b"><camunda:string>2</camunda:string></camunda:field></extensionElements></serviceTask>'
    )
    node = process_of(body).body.nodes["T"]
    assert isinstance(node, ServiceTask)
    assert isinstance(node.implementation, HandlerCall)
    assert dict(node.implementation.headers) == {"a": "1", "b": "2"}


def test_a_decision_with_binding_and_mapper() -> None:
    body = (
        '<businessRuleTask id="T" camunda:decisionRef="grade" camunda:decisionRefBinding="version" camunda:decisionRefVersion="3"'
        ' camunda:mapDecisionResult="singleEntry" camunda:resultVariable="grade"/>'
    )
    node = process_of(body).body.nodes["T"]
    assert isinstance(node, BusinessRuleTask)
    call = node.implementation
    assert isinstance(call, DecisionCall)
    assert (_text(call.decision), call.mapper, call.result_variable) == (("grade", Language.LITERAL), ResultMapper.SINGLE_ENTRY, "grade")
    assert (call.binding.kind, _text(call.binding.value)) == (BindingKind.VERSION, ("3", Language.LITERAL))


def test_a_decision_without_mapper_gives_the_list_of_rows() -> None:
    node = process_of('<businessRuleTask id="T" camunda:decisionRef="grade"/>').body.nodes["T"]
    assert isinstance(node, BusinessRuleTask)
    assert isinstance(node.implementation, DecisionCall)
    assert node.implementation.mapper is ResultMapper.RESULT_LIST


def test_a_user_task_whole() -> None:
    body = (
        '<userTask id="T" name="Review" camunda:assignee="${officer}" camunda:candidateUsers="anna, bert"'
        ' camunda:candidateGroups="reviewer"'
        ' camunda:dueDate="${due}" camunda:followUpDate="2026-03-01T09:00:00" camunda:priority="70" camunda:asyncBefore="true"'
        ' camunda:exclusive="false" camunda:jobPriority="5">'
        "<documentation>look</documentation><extensionElements><camunda:formData>"
        '<camunda:formField id="grade" label="Grade" type="enum" defaultValue="${old}"><camunda:properties>'
        '<camunda:property id="p" value="v"/>'
        '</camunda:properties><camunda:validation><camunda:constraint name="required"/><camunda:constraint name="max" config="9"/>'
        '</camunda:validation><camunda:value id="a" name="A"/></camunda:formField></camunda:formData>'
        "<camunda:failedJobRetryTimeCycle>R3/PT10M</camunda:failedJobRetryTimeCycle>"
        '<camunda:properties><camunda:property name="loanflow:different-from" value="Apply, Check"/></camunda:properties>'
        "</extensionElements></userTask>"
    )
    node = process_of(body).body.nodes["T"]
    assert isinstance(node, UserTask)
    assert _text(node.assignee) == ("${officer}", Language.JUEL)
    assert _text(node.candidate_users) == ("anna, bert", Language.LITERAL)
    assert (_text(node.due_date), _text(node.priority)) == (("${due}", Language.JUEL), ("70", Language.LITERAL))
    assert (node.async_before, node.async_after, node.exclusive, node.retry) == (True, False, False, "R3/PT10M")
    assert _text(node.job_priority) == ("5", Language.LITERAL)
    assert (node.documentation, node.different_from) == ("look", ("Apply", "Check"))
    assert node.form is not None
    (field,) = node.form.fields
    assert (field.id, field.type, field.label, field.values) == ("grade", "enum", "Grade", (("a", "A"),))
    assert field.constraints == (("required", None), ("max", "9"))
    assert (dict(field.properties), _text(field.default)) == ({"p": "v"}, ("${old}", Language.JUEL))


@pytest.mark.parametrize(
    ("attributes", "form_id", "key"),
    [
        ('camunda:formRef="review" camunda:formRefBinding="deployment"', "review", None),
        ('camunda:formKey="embedded:app:review.html"', None, "embedded:app:review.html"),
        ('camunda:formKey="our/own"', None, "our/own"),
    ],
)
def test_form_references(attributes: str, form_id: str | None, key: str | None) -> None:
    node = process_of(f'<userTask id="T" {attributes}/>').body.nodes["T"]
    assert isinstance(node, UserTask)
    assert node.form is not None
    assert (node.form.form_id, node.form.key) == (form_id, key)


def test_the_start_event_has_form_and_initiator() -> None:
    node = process_of('<startEvent id="S" camunda:initiator="starter" camunda:formRef="apply"/>').body.nodes["S"]
    assert isinstance(node, StartEvent)
    assert node.initiator == "starter"
    assert isinstance(node.form, FormReference)
    assert node.form.form_id == "apply"


def test_a_call_activity_with_every_mapping() -> None:
    body = (
        '<callActivity id="C" calledElement="scoring" camunda:calledElementBinding="deployment"><extensionElements>'
        '<camunda:in businessKey="#{execution.processBusinessKey}"/><camunda:in variables="all" local="true"/>'
        '<camunda:in source="amount" target="sum"/><camunda:out sourceExpression="${score + 1}" target="score"/>'
        '<camunda:out source="credit score" target="x"/></extensionElements></callActivity>'
    )
    node = process_of(body).body.nodes["C"]
    assert isinstance(node, CallActivity)
    assert (_text(node.called_element), node.binding.kind) == (("scoring", Language.LITERAL), BindingKind.DEPLOYMENT)
    key, everything, renamed = node.call_inputs
    assert (key.business_key, _text(key.source)) == (True, ("#{execution.processBusinessKey}", Language.JUEL))
    assert (everything.all_variables, everything.local) == (True, True)
    assert (renamed.target, _text(renamed.source)) == ("sum", ("amount", Language.FEEL))
    computed, spaced = node.call_outputs
    assert _text(computed.source) == ("${score + 1}", Language.JUEL)
    assert _text(spaced.source) == ("`credit score`", Language.FEEL)
    assert not node.propagate_all_child


def test_input_and_output_mappings() -> None:
    body = (
        '<userTask id="T"><extensionElements><camunda:inputOutput><camunda:inputParameter name="a">${x}</camunda:inputParameter>'
        '<camunda:inputParameter name="b"><camunda:list><camunda:value>1</camunda:value><camunda:value>${y}</camunda:value></camunda:list>'
        '</camunda:inputParameter><camunda:inputParameter name="c"><camunda:map><camunda:entry key="k">v</camunda:entry></camunda:map>'
        '</camunda:inputParameter><camunda:inputParameter name="d"><camunda:script scriptFormat="feel">1 + 1</camunda:script>'
        '</camunda:inputParameter><camunda:inputParameter name="e"/><camunda:outputParameter name="z">text</camunda:outputParameter>'
        "</camunda:inputOutput></extensionElements></userTask>"
    )
    node = process_of(body).body.nodes["T"]
    one, many, named, script, nothing = node.inputs
    assert (one.target, _text(one.source)) == ("a", ("${x}", Language.JUEL))
    assert many.items is not None
    assert [_text(item) for item in many.items if isinstance(item, Expression)] == [("1", Language.LITERAL), ("${y}", Language.JUEL)]
    assert named.entries is not None
    assert [(key.text, _text(value)) for key, value in named.entries if isinstance(value, Expression)] == [("k", ("v", Language.LITERAL))]
    assert _text(script.source) == ("1 + 1", Language.FEEL)
    assert _text(nothing.source) == ("null", Language.FEEL)
    assert _text(node.outputs[0].source) == ("text", Language.LITERAL)


@pytest.mark.parametrize(
    ("collection", "expected"),
    [("members", ("members", Language.FEEL)), ("${board.members}", ("${board.members}", Language.JUEL))],
)
def test_a_collection_is_a_variable_or_an_expression(collection: str, expected: tuple[str, Language]) -> None:
    body = (
        f'<userTask id="T">'
        f'<multiInstanceLoopCharacteristics isSequential="true" camunda:collection="{collection}" camunda:elementVariable="m">'
        "<completionCondition>${nrOfCompletedInstances &gt; 1}</completionCondition></multiInstanceLoopCharacteristics></userTask>"
    )
    node = process_of(body).body.nodes["T"]
    assert isinstance(node, UserTask)
    many = node.multi_instance
    assert many is not None
    assert (many.sequential, many.element_variable, _text(many.collection)) == (True, "m", expected)
    assert _text(many.completion_condition) == ("${nrOfCompletedInstances > 1}", Language.JUEL)


@pytest.mark.parametrize(
    ("script", "language"),
    [('scriptFormat="feel"', Language.FEEL), ('scriptFormat="juel"', Language.JUEL)],
)
def test_scripts_that_run_in_place(script: str, language: Language) -> None:
    node = process_of(f'<scriptTask id="T" {script} camunda:resultVariable="r"><script>a + 1</script></scriptTask>').body.nodes["T"]
    assert isinstance(node, ScriptTask)
    assert isinstance(node.implementation, ExpressionCall)
    assert (_text(node.implementation.expression), node.implementation.result_variable) == (("a + 1", language), "r")


def test_another_script_is_left_to_the_handler_of_its_id() -> None:
    node = process_of('<scriptTask id="T" scriptFormat="groovy"><script>a + 1</script></scriptTask>').body.nodes["T"]
    assert isinstance(node, ScriptTask)
    assert isinstance(node.implementation, HandlerCall)
    assert (node.implementation.kind, node.implementation.name.text) == ("script", "T")
    assert node.implementation.headers["scriptFormat"] == "groovy"


def test_a_thrown_message_names_its_handler_on_the_definition() -> None:
    node = process_of('<endEvent id="E"><messageEventDefinition camunda:type="external" camunda:topic="notify"/></endEvent>').body.nodes[
        "E"
    ]
    assert isinstance(node, EndEvent)
    assert isinstance(node.event, MessageEvent)
    assert isinstance(node.event.handler, HandlerCall)
    assert node.event.handler.name.text == "notify"


def test_the_process_itself() -> None:
    attributes = (
        'name="Loan" isExecutable="true" camunda:versionTag="1.2" camunda:historyTimeToLive="P180D" camunda:candidateStarterGroups="a, b"'
        ' camunda:candidateStarterUsers="c" camunda:isStartableInTasklist="false" camunda:jobPriority="7"'
    )
    process = process_of('<serviceTask id="T" camunda:class="x"/>', attributes=attributes)
    assert (process.version_tag, process.history_time_to_live) == ("1.2", "P180D")
    assert (process.candidate_starter_groups, process.candidate_starter_users) == (("a", "b"), ("c",))
    assert not process.startable_in_tasklist
    assert _text(process.body.nodes["T"].job_priority) == ("7", Language.LITERAL)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("180", 180), ("P180D", 180), (" P30D ", 30), ("0", 0), ("P0D", 0), ("999999999", 999_999_999),
        ("", None), ("half a year", None), ("P6M", None), ("PT1H", None), ("-1", None), ("P-1D", None), ("1.5", None), ("٣", None),
        ("1" * 10, None), ("9" * 5000, None), ("P180D\n.", None),
    ],
)  # fmt: skip
def test_how_long_the_history_lives(text: str, days: int | None) -> None:
    process = process_of('<serviceTask id="T" camunda:class="x"/>', attributes=f'camunda:historyTimeToLive="{text}"')
    assert process.days_to_live == days
    assert process_of('<serviceTask id="T" camunda:class="x"/>').days_to_live is None


def test_potential_owners_by_expression_are_candidates() -> None:
    body = (
        '<userTask id="T"><potentialOwner><resourceAssignmentExpression><formalExpression>user(anna), group(risk), board</formalExpression>'
        "</resourceAssignmentExpression></potentialOwner></userTask>"
    )
    node = process_of(body).body.nodes["T"]
    assert isinstance(node, UserTask)
    assert (_text(node.candidate_users), _text(node.candidate_groups)) == (("anna", Language.LITERAL), ("risk,board", Language.LITERAL))


@pytest.mark.parametrize(
    ("written", "kind", "text"),
    [
        ('class="x.Y"', "class", "x.Y"),
        ('delegateExpression="${notifier}"', "delegateExpression", "notifier"),
        ('expression="${notifier.tell(task)}"', "expression", "${notifier.tell(task)}"),
    ],
)
def test_listeners_name_a_handler_or_an_expression(written: str, kind: str, text: str) -> None:
    body = f'<userTask id="T"><extensionElements><camunda:taskListener event="create" {written}/></extensionElements></userTask>'
    (listener,) = process_of(body).body.nodes["T"].listeners
    assert (listener.kind, listener.event) == (ListenerKind.TASK, "create")
    assert _work(listener) == (kind, text)


def _work(listener: Listener) -> tuple[str, str]:
    if isinstance(listener.work, HandlerCall):
        return listener.work.kind, listener.work.name.text
    return "expression", listener.work.expression.text


def test_a_listener_in_a_foreign_language_is_called_like_its_element_and_event() -> None:
    body = (
        '<userTask id="T"><extensionElements><camunda:executionListener event="start"><camunda:script scriptFormat="groovy">x'
        "</camunda:script></camunda:executionListener></extensionElements></userTask>"
    )
    (listener,) = process_of(body).body.nodes["T"].listeners
    assert _work(listener) == ("script", "T.start")
    data = file_of('<startEvent id="S"/><sequenceFlow id="F" sourceRef="S" targetRef="T"/>' + body)
    assert "bpmn/script-language" in [problem.code for problem in bpmn.inspect(data, file="f").problems]
    accepted = bpmn.inspect(data, file="f", handlers=["T.start"]).problems
    assert "bpmn/script-language" not in [problem.code for problem in accepted]


def test_a_listener_on_a_sequence_flow_listens_to_its_taking() -> None:
    body = (
        '<task id="A"/><task id="B"/><sequenceFlow id="F" sourceRef="A" targetRef="B"><extensionElements>'
        '<camunda:executionListener event="take" class="x.Y"/></extensionElements></sequenceFlow>'
    )
    (listener,) = process_of(body).body.flows["F"].listeners
    assert (listener.kind, listener.event) == (ListenerKind.EXECUTION, "take")


def test_a_timeout_listener_has_its_timer() -> None:
    body = (
        '<userTask id="T"><extensionElements><camunda:taskListener event="timeout" id="late" class="x.Y"><timerEventDefinition>'
        "<timeDuration>PT1H</timeDuration></timerEventDefinition></camunda:taskListener></extensionElements></userTask>"
    )
    (listener,) = process_of(body).body.nodes["T"].listeners
    assert listener.timer is not None
    assert (listener.id, listener.timer.value.text) == ("late", "PT1H")


def test_a_listener_that_names_nothing_is_refused() -> None:
    body = '<userTask id="T"><extensionElements><camunda:taskListener event="create"/></extensionElements></userTask>'
    assert [problem.code for problem in survey(file_of(body), file="f").problems] == ["bpmn/missing-implementation"]


def test_a_thrown_signal_carries_its_in_mappings() -> None:
    body = (
        '<intermediateThrowEvent id="E"><signalEventDefinition signalRef="G"><extensionElements><camunda:in source="a" target="b"/>'
        "</extensionElements></signalEventDefinition></intermediateThrowEvent>"
    )
    node = process_of(body, around='<signal id="G" name="go"/>').body.nodes["E"]
    assert isinstance(node, IntermediateThrowEvent)
    assert isinstance(node.event, SignalEvent)
    assert [(one.source and one.source.text, one.target) for one in node.event.inputs] == [("a", "b")]


def test_the_instances_of_a_multi_instance_have_save_points_of_their_own() -> None:
    body = (
        '<userTask id="T"><multiInstanceLoopCharacteristics camunda:collection="many" camunda:asyncBefore="true" camunda:exclusive="false">'
        "<extensionElements><camunda:failedJobRetryTimeCycle>R2/PT1M</camunda:failedJobRetryTimeCycle></extensionElements>"
        "</multiInstanceLoopCharacteristics></userTask>"
    )
    node = process_of(body).body.nodes["T"]
    assert isinstance(node, UserTask)
    many = node.multi_instance
    assert many is not None
    assert (many.async_before, many.async_after, many.exclusive, many.retry) == (True, False, False, "R2/PT1M")


def test_a_built_in_mail_task_is_refused_by_name() -> None:
    found = survey(file_of('<serviceTask id="T" camunda:type="mail"/>'), file="f")
    assert [problem.message for problem in found.problems] == ["the built-in mail task is not supported"]


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ('<scriptTask id="T" scriptFormat="xslt" camunda:resource="org/bank/offer.xsl"/>', "T"),
        (
            '<task id="T"><extensionElements><camunda:executionListener event="end"><camunda:script scriptFormat="js" resource="a.js"/>'
            "</camunda:executionListener></extensionElements></task>",
            "T.end",
        ),
        (
            '<task id="T"><extensionElements><camunda:inputOutput><camunda:inputParameter name="limit"><camunda:script scriptFormat="js"'
            ' resource="a.js"/></camunda:inputParameter></camunda:inputOutput></extensionElements></task>',
            "T.limit",
        ),
        (
            '<task id="T"><extensionElements><camunda:inputOutput><camunda:outputParameter name="rate"><camunda:script'
            ' scriptFormat="groovy">1 + 1</camunda:script></camunda:outputParameter></camunda:inputOutput></extensionElements></task>',
            "T.rate",
        ),
    ],
    ids=["task", "listener", "input", "output"],
)
def test_a_script_in_a_file_of_its_own_needs_a_handler_of_its_own(body: str, name: str) -> None:
    flow = '<startEvent id="S"/><endEvent id="E"/><sequenceFlow id="F" sourceRef="S" targetRef="T"/>'
    data = file_of(f'{flow}{body}<sequenceFlow id="G" sourceRef="T" targetRef="E"/>')
    (problem,) = errors_in(bpmn.inspect(data, file="f").problems)
    assert problem.code == "bpmn/script-language"
    assert name in (problem.hint or "")
    assert not errors_in(bpmn.inspect(data, file="f", handlers=[name]).problems)


def test_lists_and_maps_are_read_within_each_other() -> None:
    node = process_of(
        '<userTask id="T"><extensionElements><camunda:inputOutput><camunda:inputParameter name="m"><camunda:map>'
        '<camunda:entry key="${k}"><camunda:list><camunda:value>1</camunda:value><camunda:map><camunda:entry key="b">2</camunda:entry>'
        "</camunda:map></camunda:list></camunda:entry></camunda:map></camunda:inputParameter></camunda:inputOutput>"
        "</extensionElements></userTask>"
    ).body.nodes["T"]
    (line,) = node.inputs
    assert line.entries is not None
    ((key, listed),) = line.entries
    assert _text(key) == ("${k}", Language.JUEL)
    assert isinstance(listed, VariableMapping)
    assert listed.items is not None
    first, mapped = listed.items
    assert isinstance(first, Expression)
    assert isinstance(mapped, VariableMapping)
    assert mapped.entries is not None
    assert [(key.text, value.text) for key, value in mapped.entries if isinstance(value, Expression)] == [("b", "2")]


def test_form_properties_are_fields_of_a_generated_form() -> None:
    node = process_of(
        '<userTask id="T"><extensionElements><camunda:formProperty id="sum" name="Amount" type="long" variable="amount" required="true"/>'
        '<camunda:formProperty id="grade" type="enum" writable="false" default="A"><camunda:value id="A" name="Best"/>'
        "</camunda:formProperty></extensionElements></userTask>"
    ).body.nodes["T"]
    assert isinstance(node, UserTask)
    assert node.form is not None
    amount, grade = node.form.fields
    assert (amount.id, amount.label, amount.type, amount.constraints) == ("amount", "Amount", "long", (("required", None),))
    assert (grade.id, grade.label, grade.values, grade.constraints) == ("grade", "grade", (("A", "Best"),), (("readonly", None),))
    assert _text(grade.default) == ("A", Language.LITERAL)


CONNECTED = (
    '<startEvent id="S"/><sequenceFlow id="F1" sourceRef="S" targetRef="T"/><serviceTask id="T"><extensionElements><camunda:inputOutput>'
    '<camunda:inputParameter name="base">http://bureau</camunda:inputParameter>'
    '<camunda:outputParameter name="grade">${score + 1}</camunda:outputParameter></camunda:inputOutput>'
    "<camunda:connector><camunda:inputOutput>"
    '<camunda:inputParameter name="url">${base}/scores</camunda:inputParameter>'
    '<camunda:outputParameter name="score">${statusCode - 100}</camunda:outputParameter>'
    "</camunda:inputOutput><camunda:connectorId>http-connector</camunda:connectorId></camunda:connector></extensionElements></serviceTask>"
    '<sequenceFlow id="F2" sourceRef="T" targetRef="E"/><userTask id="E"/>'
)


def test_a_connector_is_the_job_of_the_handler_of_its_id() -> None:
    model = model_of(CONNECTED)
    assert not errors_in(bpmn.check(model))
    story = Story(compile_process(model, "P", program_id="P:1"))
    assert story.jobs == ["http-connector"]
    (job,) = story.open
    assert story.case.variables(job) == {"base": "http://bureau", "url": "http://bureau/scores"}
    story.complete("T", statusCode=200, response="ok")
    assert story.variables == {"score": 100, "grade": 101}


OWNED = (
    "<potentialOwner><resourceAssignmentExpression><formalExpression>user(li), ${team}</formalExpression></resourceAssignmentExpression>"
    "</potentialOwner>"
)
PERFORMED = (
    "<humanPerformer><resourceAssignmentExpression><formalExpression>li</formalExpression></resourceAssignmentExpression></humanPerformer>"
)


def test_potential_owners_are_candidates_beside_those_of_the_attributes() -> None:
    task = (
        model_of(f'<userTask id="A" camunda:candidateUsers="wang" camunda:candidateGroups="risk">{OWNED}</userTask>')
        .processes[0]
        .body.nodes["A"]
    )
    assert isinstance(task, UserTask)
    assert (_text(task.candidate_users), _text(task.candidate_groups)) == (("wang, li", Language.LITERAL), ("risk, ${team}", Language.JUEL))


def test_an_assignee_is_given_once() -> None:
    found = survey(file_of(f'<userTask id="A" camunda:assignee="wang">{PERFORMED}</userTask>'), file="test.bpmn")
    assert [problem.code for problem in found.problems if problem.severity == "error"] == ["bpmn/invalid-value"]


def test_a_script_that_names_no_language_is_juel() -> None:
    task = model_of('<scriptTask id="A" camunda:resultVariable="r"><script>${x + 1}</script></scriptTask>').processes[0].body.nodes["A"]
    assert isinstance(task, ScriptTask)
    assert isinstance(task.implementation, ExpressionCall)
    assert (_text(task.implementation.expression), task.implementation.result_variable) == (("${x + 1}", Language.JUEL), "r")


@pytest.mark.parametrize("way", ["input", "output"])
def test_a_mapping_without_a_name_is_refused(way: str) -> None:
    line = f"<camunda:{way}Parameter>1</camunda:{way}Parameter>"
    mapped = f"<extensionElements><camunda:inputOutput>{line}</camunda:inputOutput></extensionElements>"
    found = survey(file_of(f'<userTask id="A">{mapped}</userTask>'), file="test.bpmn")
    assert [problem.message for problem in found.problems if problem.severity == "error"] == [f"the {way} has no name"]


@pytest.mark.parametrize("cycle", ["R/PT5M", "P1M", "PT1,5S", "PT5M;PT6M"])
def test_a_retry_time_cycle_that_no_job_can_follow_is_refused(cycle: str) -> None:
    extension = f"<extensionElements><camunda:failedJobRetryTimeCycle>{cycle}</camunda:failedJobRetryTimeCycle></extensionElements>"
    task = f'<userTask id="A" camunda:asyncBefore="true">{extension}</userTask>'
    body = f'<startEvent id="S"/>{task}<sequenceFlow id="F" sourceRef="S" targetRef="A"/>'
    assert "bpmn/retry-invalid" in [problem.code for problem in errors_in(bpmn.inspect(file_of(body), file="test.bpmn").problems)]


@pytest.mark.parametrize(
    ("line", "lacks"),
    [
        ('<camunda:in source="a"/>', "which variable it becomes"),
        ('<camunda:in source="a" target=""/>', "which variable it becomes"),
        ('<camunda:out sourceExpression="${a}"/>', "which variable it becomes"),
        ('<camunda:in target="a"/>', "what is passed"),
        ('<camunda:in source="" target="a"/>', "what is passed"),
        ('<camunda:out target="a"/>', "what is passed"),
        ('<camunda:in/>', "what is passed"),
        ('<camunda:in businessKey="#{execution.processBusinessKey}"/>', None),
        ('<camunda:in variables="all"/>', None),
        ('<camunda:out source="a" target="b" local="true"/>', None),
    ],
)  # fmt: skip
def test_a_mapping_of_a_call_activity_says_what_becomes_what(line: str, lacks: str | None) -> None:
    drawn = f'<callActivity id="A" calledElement="Q"><extensionElements>{line}</extensionElements></callActivity>'
    found = [problem for problem in survey(file_of(drawn), file="test.bpmn").problems if problem.severity == "error"]
    assert [(problem.code, lacks is not None and lacks in problem.message) for problem in found] == (
        [("bpmn/invalid-value", True)] if lacks else []
    )
