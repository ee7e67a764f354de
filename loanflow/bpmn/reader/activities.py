"""Tasks and call activities, their loops and data associations (clause 10.3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypedDict

from loanflow.bpmn.extensions.standard import Implementation, names_list
from loanflow.bpmn.model import (
    Artifact,
    BusinessRuleTask,
    CallActivity,
    Dialect,
    ErrorCase,
    Expression,
    FlowNode,
    HandlerCall,
    Language,
    ManualTask,
    Message,
    MultiInstance,
    NoneTask,
    ReceiveTask,
    ScriptTask,
    SendTask,
    ServiceTask,
    StandardLoop,
    UserTask,
)
from loanflow.bpmn.reader.common import FlowNodeFields
from loanflow.bpmn.reader.events import read_error, read_message
from loanflow.bpmn.reader.reading import Reading
from loanflow.bpmn.source import Source
from loanflow.problems import Severity
from loanflow.xmltree import Element

DIFFERENT_FROM = "loanflow:different-from"


class ActivityFields(TypedDict):
    """How often an activity runs, and whether it undoes another."""

    multi_instance: MultiInstance | None
    loop: StandardLoop | None
    for_compensation: bool


def activity_fields(reading: Reading, element: Element) -> ActivityFields:
    """Return what every activity has besides the fields of a flow node."""
    source = reading.source
    many = source.child(element, "multiInstanceLoopCharacteristics")
    multi_instance: MultiInstance | None = None
    if many is not None:
        sequential = source.flag(many, "isSequential", default=False)
        multi_instance = reading.extension.multi_instance(source, many, sequential=sequential)
    return ActivityFields(
        multi_instance=multi_instance,
        loop=_standard_loop(reading, element),
        for_compensation=source.flag(element, "isForCompensation", default=False),
    )


def read_data_associations(source: Source, element: Element) -> list[Artifact]:
    """Return the dotted arrows between an element and data; drawn, not executed."""
    found: list[Artifact] = []
    owner = element.get("id")
    for tag, end in (("dataInputAssociation", "sourceRef"), ("dataOutputAssociation", "targetRef")):
        for one in source.children(element, tag):
            other = source.child(one, end)
            data = source.text(other) if other is not None else None
            ends = (data, owner) if end == "sourceRef" else (owner, data)
            found.append(Artifact(id=source.attribute(one, "id") or "", kind="dataAssociation", source=ends[0], target=ends[1]))
    return found


def _standard_loop(reading: Reading, element: Element) -> StandardLoop | None:
    source = reading.source
    loop = source.child(element, "standardLoopCharacteristics")
    if loop is None:
        return None
    condition = source.child(loop, "loopCondition")
    return StandardLoop(
        condition=source.formula(source.text(condition), condition) if condition is not None else None,
        maximum=source.integer(loop, "loopMaximum"),
        test_before=source.flag(loop, "testBefore", default=False),
        line=loop.line,
    )


def _none(reading: Reading, element: Element, fields: FlowNodeFields) -> FlowNode:
    return NoneTask(**fields, **activity_fields(reading, element))


def _manual(reading: Reading, element: Element, fields: FlowNodeFields) -> FlowNode:
    return ManualTask(**fields, **activity_fields(reading, element))


def _user(reading: Reading, element: Element, fields: FlowNodeFields) -> FlowNode:
    return UserTask(
        **fields,
        **activity_fields(reading, element),
        **reading.extension.user_task(reading.source, element),
        different_from=names_list(fields["properties"].get(DIFFERENT_FROM)),
    )


def _work(reading: Reading, element: Element) -> Implementation | None:
    """Return what does the work, with the errors that its answer may stand for."""
    work = reading.extension.work(reading.source, element)
    cases = reading.extension.error_cases(reading.source, element)
    if not cases or not isinstance(work, HandlerCall):
        return work
    found = [(condition, read_error(reading, one)) for one, condition in cases]
    errors = tuple(ErrorCase(condition=condition, code=error.code, message=error.message, line=error.line) for condition, error in found)
    return replace(work, errors=errors)


def _service(reading: Reading, element: Element, fields: FlowNodeFields) -> FlowNode:
    work = _work(reading, element)
    return ServiceTask(**fields, **activity_fields(reading, element), implementation=work)


def _send(reading: Reading, element: Element, fields: FlowNodeFields) -> FlowNode:
    work = _work(reading, element)
    message = read_message(reading, element)
    return SendTask(**fields, **activity_fields(reading, element), implementation=work, message=message)


def _receive(reading: Reading, element: Element, fields: FlowNodeFields) -> FlowNode:
    message = read_message(reading, element)
    if message is None and reading.source.dialect is not Dialect.CAMUNDA8 and element.get("messageRef") is None:
        message = _message_of_its_own(reading, element, fields["id"])
    return ReceiveTask(**fields, **activity_fields(reading, element), message=message)


def _message_of_its_own(reading: Reading, element: Element, element_id: str) -> Message:
    """Return what a receive task waits for that names no message, which the standard leaves to it: whoever knows its id lets it go on."""
    reading.source.refuse(
        element,
        "bpmn/implied-message",
        f"the receive task does not say which message: it waits for one called {element_id}",
        property="Message > Global message reference",
        expected="a message with a name",
        found="nothing",
        hint="choose or create a message under Properties panel > Message",
        severity=Severity.WARNING,
    )
    return Message(id="", name=Expression(text=element_id, language=Language.LITERAL, line=element.line), line=element.line)


def _rule(reading: Reading, element: Element, fields: FlowNodeFields) -> FlowNode:
    rules = reading.extension.rules(reading.source, element)
    return BusinessRuleTask(**fields, **activity_fields(reading, element), implementation=rules)


def _script(reading: Reading, element: Element, fields: FlowNodeFields) -> FlowNode:
    script = reading.extension.script(reading.source, element)
    return ScriptTask(**fields, **activity_fields(reading, element), implementation=script)


def _call(reading: Reading, element: Element, fields: FlowNodeFields) -> FlowNode:
    node = CallActivity(**fields, **activity_fields(reading, element), **reading.extension.call(reading.source, element))
    called = reading.globals.get(node.called_element.text) if node.called_element is not None else None
    if called is not None and called.name.local.startswith("global"):
        reading.source.refuse(
            element,
            "bpmn/unsupported",
            "a call of a global task is not supported",
            property="Called element",
            expected="the id of a process",
            found=f"<{called.tag}> in line {called.line}",
            hint="draw the task itself in place of the call activity",
        )
    return node


ACTIVITIES: dict[str, Callable[[Reading, Element, FlowNodeFields], FlowNode]] = {
    "task": _none,
    "manualTask": _manual,
    "userTask": _user,
    "serviceTask": _service,
    "sendTask": _send,
    "receiveTask": _receive,
    "businessRuleTask": _rule,
    "scriptTask": _script,
    "callActivity": _call,
}
