"""Every element and attribute of the vendors' namespaces, on an element that may carry it: read, ignored on purpose, or refused.

The rows are the vocabulary that Camunda Modeler knows; a word that is missing here would be refused as unknown.
"""

from __future__ import annotations

import pytest

from loanflow.bpmn.namespaces import BPMN
from loanflow.bpmn.reader import survey
from loanflow.bpmn.source import Fate
from loanflow.problems import Severity
from tests.bpmn.drawing import CAMUNDA7, CAMUNDA8, file_of

READ, IGNORED, REFUSED = Fate.READ, Fate.IGNORED, Fate.REFUSED

_ASYNC = ("async", "asyncBefore", "asyncAfter", "exclusive", "jobPriority")
_WORK = ("expression", "class", "delegateExpression", "resultVariable", "type", "taskPriority")
_LISTENER = ("class", "delegateExpression", "expression", "event")
_MAPPING = ("source", "sourceExpression", "target", "businessKey", "local", "variables")

CAMUNDA: list[tuple[str, str, tuple[str, ...], Fate]] = [
    # host, element inside extension elements ("" for an attribute of the host itself), attributes, fate
    *((host, "", _ASYNC, READ) for host in ("userTask", "serviceTask", "callActivity", "exclusiveGateway", "startEvent", "endEvent")),
    *((host, "", _WORK, READ) for host in ("serviceTask", "businessRuleTask", "sendTask")),
    *((host, "", ("topic",), IGNORED) for host in ("serviceTask", "businessRuleTask", "sendTask")),
    ("process", "", ("candidateStarterGroups", "candidateStarterUsers", "versionTag", "historyTimeToLive", "isStartableInTasklist"), READ),
    ("process", "", ("jobPriority", "taskPriority"), READ),
    ("process", "", ("modelerTemplate", "modelerTemplateVersion"), IGNORED),
    ("userTask", "", ("assignee", "candidateUsers", "candidateGroups", "dueDate", "followUpDate", "priority", "formKey", "formRef"), READ),
    ("userTask", "", ("formRefBinding", "formRefVersion", "modelerTemplate", "modelerTemplateVersion"), IGNORED),
    ("userTask", "", ("formHandlerClass",), REFUSED),
    ("startEvent", "", ("initiator", "formKey", "formRef"), READ),
    ("startEvent", "", ("formHandlerClass",), REFUSED),
    ("scriptTask", "", ("resultVariable", "resource"), READ),
    ("businessRuleTask", "", ("decisionRef",), READ),
    ("businessRuleTask", "", ("decisionRefBinding", "decisionRefVersion", "mapDecisionResult"), IGNORED),
    ("businessRuleTask", "", ("decisionRefTenantId",), REFUSED),
    ("callActivity", "", ("calledElementBinding",), READ),
    ("callActivity", "", ("calledElementVersion", "calledElementVersionTag"), IGNORED),
    ("callActivity", "", ("calledElementTenantId", "caseRef", "caseBinding", "caseVersion", "caseTenantId"), REFUSED),
    ("callActivity", "", ("variableMappingClass", "variableMappingDelegateExpression"), REFUSED),
    ("callActivity", "in", _MAPPING, READ),
    ("callActivity", "out", _MAPPING, READ),
    ("signalEventDefinition", "in", _MAPPING, READ),
    ("signalEventDefinition", "", ("async",), IGNORED),
    ("messageEventDefinition", "", ("expression", "class", "delegateExpression", "resultVariable", "type"), READ),
    ("messageEventDefinition", "", ("taskPriority",), REFUSED),
    ("errorEventDefinition", "", ("errorCodeVariable", "errorMessageVariable"), READ),
    ("escalationEventDefinition", "", ("escalationCodeVariable",), READ),
    ("conditionalEventDefinition", "", ("variableName", "variableEvents"), READ),
    ("multiInstanceLoopCharacteristics", "", ("collection", "elementVariable", "asyncBefore", "asyncAfter", "exclusive"), READ),
    ("multiInstanceLoopCharacteristics", "failedJobRetryTimeCycle", (), READ),
    ("conditionExpression", "", ("resource",), REFUSED),
    ("error", "", ("errorMessage",), READ),
    *((host, "executionListener", _LISTENER, READ) for host in ("process", "userTask", "exclusiveGateway", "endEvent", "sequenceFlow")),
    ("userTask", "taskListener", (*_LISTENER, "id"), READ),
    ("serviceTask", "field", ("name", "stringValue", "expression"), READ),
    ("serviceTask", "connector", (), READ),
    ("userTask", "connector", (), REFUSED),
    ("serviceTask", "errorEventDefinition", ("expression",), REFUSED),
    ("serviceTask", "inputOutput", (), READ),
    ("userTask", "failedJobRetryTimeCycle", (), READ),
    ("userTask", "properties", (), READ),
    ("sequenceFlow", "properties", (), IGNORED),
    ("process", "potentialStarter", (), READ),
    ("userTask", "formData", (), READ),
    ("userTask", "formData", ("businessKey",), REFUSED),
    ("userTask", "formProperty", ("id", "name", "type", "required", "readable", "writable", "variable", "default", "datePattern"), READ),
    ("userTask", "formProperty", ("expression",), REFUSED),
]  # fmt: skip

ZEEBE: list[tuple[str, str, tuple[str, ...], Fate]] = [
    *((host, "taskDefinition", ("type", "retries"), READ) for host in ("serviceTask", "businessRuleTask", "scriptTask", "sendTask")),
    *((host, "taskDefinition", ("type", "retries"), REFUSED) for host in ("endEvent", "adHocSubProcess")),
    *((host, "taskHeaders", (), READ) for host in ("serviceTask", "businessRuleTask", "scriptTask", "sendTask")),
    *((host, "", ("retryCounter",), IGNORED) for host in ("serviceTask", "endEvent", "adHocSubProcess")),
    *((host, "", ("modelerTemplate", "modelerTemplateIcon"), IGNORED) for host in ("process", "userTask", "error")),
    ("userTask", "taskHeaders", (), IGNORED),
    ("userTask", "userTask", (), IGNORED),
    ("userTask", "assignmentDefinition", ("assignee", "candidateGroups", "candidateUsers"), READ),
    ("userTask", "taskSchedule", ("dueDate", "followUpDate"), READ),
    ("userTask", "priorityDefinition", ("priority",), READ),
    ("userTask", "formDefinition", ("formKey", "formId", "externalReference"), READ),
    ("startEvent", "formDefinition", ("formKey", "formId", "externalReference"), READ),
    ("process", "userTaskForm", ("id",), READ),
    ("process", "versionTag", ("value",), READ),
    *((host, "jobPriorityDefinition", ("priority",), READ) for host in ("process", "serviceTask", "endEvent")),
    *((host, "ioMapping", (), READ) for host in ("callActivity", "endEvent", "receiveTask", "serviceTask", "subProcess", "userTask")),
    *((host, "ioMapping", (), IGNORED) for host in ("exclusiveGateway", "manualTask", "task")),
    *((host, "properties", (), READ) for host in ("process", "userTask", "startEvent", "exclusiveGateway")),
    ("businessRuleTask", "calledDecision", ("decisionId", "resultVariable", "bindingType"), READ),
    ("callActivity", "calledElement", ("processId", "processIdExpression", "businessId", "bindingType"), READ),
    ("callActivity", "calledElement", ("propagateAllChildVariables", "propagateAllParentVariables"), READ),
    ("scriptTask", "script", ("expression", "resultVariable"), READ),
    ("multiInstanceLoopCharacteristics", "loopCharacteristics", ("inputCollection", "inputElement"), READ),
    ("multiInstanceLoopCharacteristics", "loopCharacteristics", ("outputCollection", "outputElement"), READ),
    ("message", "subscription", ("correlationKey",), READ),
    ("adHocSubProcess", "adHoc", ("activeElementsCollection", "outputCollection", "outputElement"), READ),
    ("conditionalEventDefinition", "conditionalFilter", ("variableNames", "variableEvents"), READ),
    *((host, "executionListeners", (), READ) for host in ("process", "userTask", "exclusiveGateway", "endEvent")),
    ("userTask", "taskListeners", (), READ),
    ("serviceTask", "linkedResources", (), REFUSED),
    ("serviceTask", "linkedResource", ("resourceId", "resourceType", "linkName"), REFUSED),
    ("serviceTask", "agentDefinition", ("agentType",), REFUSED),
    ("adHocSubProcess", "agentDefinition", ("agentType",), REFUSED),
    ("intermediateThrowEvent", "publishMessage", (), REFUSED),
]  # fmt: skip


def _rows(prefix: str, table: list[tuple[str, str, tuple[str, ...], Fate]]) -> list[tuple[str, str, str, str, Fate]]:
    return [(prefix, host, element, attribute, fate) for host, element, attributes, fate in table for attribute in (attributes or ("",))]


@pytest.mark.parametrize(
    ("prefix", "host", "element", "attribute", "fate"),
    [*_rows("camunda", CAMUNDA), *_rows("zeebe", ZEEBE)],
    ids=lambda value: str(value) or "-",
)
def test_the_fate_of_each_word_is_known(prefix: str, host: str, element: str, attribute: str, fate: Fate) -> None:
    found = survey(_file(prefix, host, element, attribute), file="f.bpmn")
    fates = {
        found.attributes[one, name]
        for one in found.root.walk()
        for name in one.attributes
        if name.local == attribute and (name.namespace or one.name.namespace != BPMN)
    }
    if not attribute:
        fates = {found.elements[one] for one in found.root.walk() if one.name.local == element and one.name.namespace != BPMN}
    assert fates == {fate}
    if fate is Fate.REFUSED:
        # Named, with what to do instead.
        assert any(
            word in problem.message and problem.hint for problem in found.problems for word in (attribute or element, element) if word
        )
        assert any(problem.severity is Severity.ERROR for problem in found.problems)
    elif fate is Fate.IGNORED:
        assert any((attribute or element) in (problem.found or "") for problem in found.model.ignored)


def _file(prefix: str, host: str, element: str, attribute: str) -> bytes:
    value = "true" if attribute.startswith(("async", "exclusive", "local", "isStartable", "propagate")) else _VALUES.get(attribute, "x")
    own = f' {prefix}:{attribute}="{value}"' if not element else ""
    inner = f"<{prefix}:{element}{f' {attribute}={chr(34)}{value}{chr(34)}' if attribute else ''}/>" if element else ""
    held = f"<extensionElements>{inner}</extensionElements>" if inner else ""
    dialect = CAMUNDA7 if prefix == "camunda" else CAMUNDA8
    match host:
        case "process":
            return file_of(held, dialect=dialect, attributes=f'isExecutable="true"{own}')
        case "sequenceFlow":
            return file_of(f'<task id="T"/><sequenceFlow id="F" sourceRef="T" targetRef="T"{own}>{held}</sequenceFlow>', dialect=dialect)
        case "conditionExpression":
            flow = f'<sequenceFlow id="F" sourceRef="T" targetRef="T"><conditionExpression{own}>x</conditionExpression></sequenceFlow>'
            return file_of(f'<task id="T"/>{flow}', dialect=dialect)
        case "multiInstanceLoopCharacteristics":
            return file_of(f'<userTask id="T"><{host}{own}>{held}</{host}></userTask>', dialect=dialect)
        case "error" | "message":
            event = f'<startEvent id="S"><{host}EventDefinition {host}Ref="X"/></startEvent>'
            return file_of(event, dialect=dialect, around=f'<{host} id="X" name="x"{own}>{held}</{host}>')
        case _ if host.endswith("EventDefinition"):
            body = f'<intermediateThrowEvent id="T"><{host}{own}>{held}</{host}></intermediateThrowEvent>'
            return file_of(body, dialect=dialect)
        case _:
            return file_of(f'<{host} id="T"{own}>{held}</{host}>', dialect=dialect)


_VALUES = {"calledElementBinding": "latest", "bindingType": "latest", "type": "external", "variables": "all"}
