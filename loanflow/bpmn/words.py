"""The analyst's words for BPMN things: "user task" for ``userTask``, "timer boundary event" for a boundary event with a timer."""

from __future__ import annotations

import re

from loanflow.bpmn.model import EventDefinition, FlowNode, MessageFlow, Process, SequenceFlow, SubProcess
from loanflow.bpmn.model.events import Event

_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_SUB_PROCESS_KINDS = {"event": "event sub-process", "transaction": "transaction", "adHoc": "ad-hoc sub-process"}


def spoken(name: str) -> str:
    """Return a tag or class name as words: ``businessRuleTask`` and ``BusinessRuleTask`` are "business rule task"."""
    return (
        _HUMP.sub(" ", name)
        .lower()
        .replace("sub process", "sub-process")
        .replace("none task", "task")
        .replace("event based", "event-based")
    )


def of_event_definition(definition: EventDefinition) -> str:
    """Return what an event is about in one word: "timer", "message", "multiple"."""
    return spoken(type(definition).__name__.removesuffix("Event")).replace("compensate", "compensation")


def of_node(node: FlowNode) -> str:
    """Return what kind of thing a flow node is, as it is called in Camunda Modeler's element menu."""
    if isinstance(node, SubProcess):
        return _SUB_PROCESS_KINDS.get(node.kind, "sub-process")
    kind = spoken(type(node).__name__)
    if isinstance(node, Event) and node.event is not None:
        return f"{of_event_definition(node.event)} {kind}"
    return kind


def of_element(element: FlowNode | SequenceFlow | MessageFlow | Process) -> str:
    """Return what an element is called in a finding."""
    if isinstance(element, SequenceFlow | MessageFlow):
        return "sequence flow" if isinstance(element, SequenceFlow) else "message flow"
    return "process" if isinstance(element, Process) else of_node(element)


def with_article(node: FlowNode) -> str:
    """Return the kind with its article: "a user task", "an exclusive gateway"."""
    kind = of_node(node)
    return f"an {kind}" if kind[0] in "aeio" else f"a {kind}"


def quoted(name: str | None, element_id: str) -> str:
    """Return how a message names an element: its name in quotes, or its id where it has none."""
    return f'"{" ".join(name.split())}"' if name and name.strip() else f'"{element_id}"'
