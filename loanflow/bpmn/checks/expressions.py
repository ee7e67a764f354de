"""Every expression of an element, with the field of Camunda Modeler's properties panel it is in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, cast

from loanflow.bpmn.checks.scene import Scene
from loanflow.bpmn.model import (
    Activity,
    Container,
    Dialect,
    Expression,
    FlowNode,
    FormField,
    HandlerCall,
    Language,
    Process,
    SequenceFlow,
    UserTask,
    VariableMapping,
)

_LABELS: dict[str, str] = {
    "assignee": "Assignment > Assignee",
    "candidate_users": "Assignment > Candidate users",
    "candidate_groups": "Assignment > Candidate groups",
    "due_date": "Due date",
    "follow_up_date": "Follow up date",
    "priority": "Priority",
    "job_priority": "Job execution > Priority",
    "condition": "Condition",
    "collection": "Multi-instance > Collection",
    "cardinality": "Multi-instance > Loop cardinality",
    "completion_condition": "Multi-instance > Completion condition",
    "output_element": "Multi-instance > Output element",
    "active_elements": "Active elements > Active elements collection",
    "called_element": "Called element",
    "correlation_key": "Message > Subscription correlation key",
    "code": "Error > Code",
    "computed_headers": "Field injections",
    "decision": "Implementation > Decision reference",
    "expression": "Implementation > Expression",
    "retries": "Task definition > Retries",
    "external": "Form > External reference",
    "value": "Timer > Value",
    "message": "Error > Message",
}
_NAMES = {
    "message": "Message > Name",
    "event": "Signal > Name",
    "implementation": "Implementation > Type",
    "handler": "Implementation > Type",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One expression, the element it belongs to, and its field in the properties panel."""

    element: FlowNode | SequenceFlow | Process
    expression: Expression
    property: str


def sites(scene: Scene) -> Iterator[Site]:
    """Yield every expression of the executable processes."""
    for _, node in scene.nodes():
        yield from _within(node, node, ())
        for text, property in _computed_texts(scene, node):
            if "${" in text or "#{" in text:
                found = Expression(text=text, language=Language.JUEL, line=node.line)
                yield Site(element=node, expression=found, property=property)
    for process in scene.processes:
        yield from _within(process, process.listeners, ("listeners",))
    for _, flow in scene.flows():
        yield from _within(flow, flow.listeners, ("listeners",))
        if flow.condition is not None:
            yield Site(element=flow, expression=flow.condition, property="Condition")


def _computed_texts(scene: Scene, node: FlowNode) -> Iterator[tuple[str, str]]:
    """Yield the texts that Camunda 7 computes although the model keeps them as they are, with their fields."""
    if scene.model.dialect is Dialect.CAMUNDA7 and isinstance(node, UserTask):
        yield node.name or node.id, "Name"
    for text in retry_time_cycles(node):
        yield text, "Job execution > Retry time cycle"


def retry_time_cycles(node: FlowNode) -> Iterator[str]:
    """Yield how often a node is tried again, and each of its instances."""
    instances = node.multi_instance if isinstance(node, Activity) else None
    for text in (node.retry, instances and instances.retry):
        if text is not None:
            yield text


def _within(element: FlowNode | SequenceFlow | Process, value: object, path: tuple[str, ...]) -> Iterator[Site]:
    if isinstance(value, Expression):
        yield Site(element=element, expression=value, property=_label(path))
    elif isinstance(value, Container):
        return
    elif isinstance(value, VariableMapping | FormField | HandlerCall) or (is_dataclass(value) and not isinstance(value, type)):
        for one in fields(value):
            yield from _within(element, getattr(value, one.name), (*path, *_step(value, one.name)))
    elif isinstance(value, tuple):
        for item in cast("tuple[Any, ...]", value):
            yield from _within(element, item, path)


def _step(value: object, name: str) -> tuple[str, ...]:
    if isinstance(value, VariableMapping):
        return (f"> {value.target or (value.source and value.source.text) or 'mapping'}",)
    if isinstance(value, FormField):
        return (f"> {value.id}", name)
    return (name,)


_MAPPINGS = {"inputs": "Inputs", "outputs": "Outputs", "call_inputs": "In mappings", "call_outputs": "Out mappings"}


def _label(path: tuple[str, ...]) -> str:
    first, last = path[0], path[-1]
    if first in _MAPPINGS:
        return f"{_MAPPINGS[first]} {path[1]}"
    if first == "form" and last == "default":
        return f"Form fields {path[-2]} > Default value"
    if last == "name" and len(path) > 1:
        return _NAMES.get(path[-2], "Name")
    if last == "text" or last not in _LABELS:
        return first.replace("_", " ").capitalize()
    return _LABELS[last]
