"""Events and their definitions (clause 10.5)."""

from __future__ import annotations

from collections.abc import Callable

from loanflow.bpmn.model import (
    BoundaryEvent,
    CancelEvent,
    CompensateEvent,
    ConditionalEvent,
    Dialect,
    EndEvent,
    ErrorEvent,
    EscalationEvent,
    EventDefinition,
    Expression,
    FlowNode,
    IntermediateCatchEvent,
    IntermediateThrowEvent,
    Language,
    LinkEvent,
    Message,
    MessageEvent,
    MultipleEvent,
    SignalEvent,
    StartEvent,
    TerminateEvent,
    TimerEvent,
)
from loanflow.bpmn.namespaces import BPMN
from loanflow.bpmn.reader.common import FlowNodeFields
from loanflow.bpmn.reader.reading import Reading
from loanflow.xmltree import Element

_THROWING = ("intermediateThrowEvent", "endEvent")


def read_message(reading: Reading, element: Element, *, property: str = "Message") -> Message | None:
    """Return the message that ``messageRef`` of ``element`` names, or None."""
    source = reading.source
    found = reading.resolve(element, "messageRef", "message", property=property)
    if found is None:
        return None
    name = source.field(source.attribute(found, "name"), found)
    return Message(
        id=source.attribute(found, "id") or "",
        name=name or Expression(text="", language=Language.LITERAL, line=found.line),
        correlation_key=reading.extension.correlation_key(source, found),
        line=found.line,
    )


def _timer(reading: Reading, element: Element, owner: Element) -> TimerEvent:
    return reading.source.timer(element)


def _message(reading: Reading, element: Element, owner: Element) -> MessageEvent:
    throws = owner.name.local in _THROWING
    return MessageEvent(
        id=element.get("id"),
        line=element.line,
        message=read_message(reading, element),
        handler=reading.extension.work(reading.source, owner, holder=element) if throws else None,
    )


def read_error(reading: Reading, element: Element) -> ErrorEvent:
    """Return the error that an event, or an error definition of an external task, refers to."""
    source = reading.source
    # To Camunda 7 a reference that names no error is the error's code.
    instead = ": it is taken for the error's code" if source.dialect is Dialect.CAMUNDA7 else ""
    found = reading.resolve(element, "errorRef", "error", property="Error > Global error reference", instead=instead)
    event = ErrorEvent(id=element.get("id"), line=element.line)
    if found is None and instead:
        event = ErrorEvent(id=element.get("id"), line=element.line, code=source.field(source.reference(element, "errorRef"), element))
    if found is not None:
        event = ErrorEvent(
            id=element.get("id"),
            line=element.line,
            code=source.field(source.attribute(found, "errorCode"), found),
            error_name=source.attribute(found, "name"),
            message=reading.extension.error_message(source, found),
        )
    return reading.extension.error(source, element, event)


def _error(reading: Reading, element: Element, owner: Element) -> ErrorEvent:
    return read_error(reading, element)


def _signal(reading: Reading, element: Element, owner: Element) -> SignalEvent:
    source = reading.source
    found = reading.resolve(element, "signalRef", "signal", property="Signal > Global signal reference")
    name = source.field(source.attribute(found, "name"), found) if found is not None else None
    empty = Expression(text="", language=Language.LITERAL, line=element.line)
    throws = owner.name.local in _THROWING
    inputs = reading.extension.signal_inputs(source, element) if throws else ()
    return SignalEvent(id=element.get("id"), line=element.line, name=name or empty, inputs=inputs)


def _escalation(reading: Reading, element: Element, owner: Element) -> EscalationEvent:
    source = reading.source
    found = reading.resolve(element, "escalationRef", "escalation", property="Escalation > Global escalation reference")
    return EscalationEvent(
        id=element.get("id"),
        line=element.line,
        code=source.field(source.attribute(found, "escalationCode"), found) if found is not None else None,
        code_variable=reading.extension.escalation_variable(source, element),
    )


def _conditional(reading: Reading, element: Element, owner: Element) -> ConditionalEvent:
    source = reading.source
    child = source.child(element, "condition")
    condition = source.condition(child) if child is not None else None
    variables, events = reading.extension.condition_filter(source, element)
    return ConditionalEvent(
        id=element.get("id"),
        line=element.line,
        condition=condition or Expression(text="", language=Language.LITERAL, line=element.line),
        variable_names=variables,
        variable_events=events,
    )


def _link(reading: Reading, element: Element, owner: Element) -> LinkEvent:
    return LinkEvent(id=element.get("id"), line=element.line, name=reading.source.attribute(element, "name") or "")


def _compensate(reading: Reading, element: Element, owner: Element) -> CompensateEvent:
    source = reading.source
    return CompensateEvent(
        id=element.get("id"),
        line=element.line,
        activity=source.reference(element, "activityRef"),
        wait_for_completion=source.flag(element, "waitForCompletion", default=True),
    )


def _cancel(reading: Reading, element: Element, owner: Element) -> CancelEvent:
    return CancelEvent(id=element.get("id"), line=element.line)


def _terminate(reading: Reading, element: Element, owner: Element) -> TerminateEvent:
    return TerminateEvent(id=element.get("id"), line=element.line)


_DEFINITIONS: dict[str, Callable[[Reading, Element, Element], EventDefinition]] = {
    "timerEventDefinition": _timer,
    "messageEventDefinition": _message,
    "errorEventDefinition": _error,
    "signalEventDefinition": _signal,
    "escalationEventDefinition": _escalation,
    "conditionalEventDefinition": _conditional,
    "linkEventDefinition": _link,
    "compensateEventDefinition": _compensate,
    "cancelEventDefinition": _cancel,
    "terminateEventDefinition": _terminate,
}


def _definition(reading: Reading, element: Element) -> EventDefinition | None:
    """Return what an event is about: its own definitions and those it refers to; None for a none event."""
    source = reading.source
    found: list[EventDefinition] = []
    for child in element.children:
        if child.name.namespace == BPMN and child.name.local in _DEFINITIONS:
            source.take(child)
            found.append(_DEFINITIONS[child.name.local](reading, child, element))
    for reference in source.children(element, "eventDefinitionRef"):
        name = source.text(reference).rpartition(":")[2]
        target = reading.globals.get(name)
        if target is None or target.name.local not in _DEFINITIONS:
            source.refuse(
                reference,
                "bpmn/unresolved-reference",
                "eventDefinitionRef names no event definition of this file",
                expected=f'an event definition with id="{name}" directly inside <definitions>',
                found=name,
                hint="choose the event's type on the canvas again: Camunda Modeler writes the definition into the event itself",
            )
            continue
        source.take(target)
        found.append(_DEFINITIONS[target.name.local](reading, target, element))
    parallel = source.flag(element, "parallelMultiple", default=False)
    if len(found) > 1:
        return MultipleEvent(line=element.line, definitions=tuple(found), parallel=parallel)
    return found[0] if found else None


def _start(reading: Reading, element: Element, fields: FlowNodeFields) -> FlowNode:
    form, initiator = reading.extension.start_form(reading.source, element)
    return StartEvent(
        **fields,
        event=_definition(reading, element),
        interrupting=reading.source.flag(element, "isInterrupting", default=True),
        form=form,
        initiator=initiator,
    )


def _catch(reading: Reading, element: Element, fields: FlowNodeFields) -> FlowNode:
    return IntermediateCatchEvent(**fields, event=_definition(reading, element))


def _throw(reading: Reading, element: Element, fields: FlowNodeFields) -> FlowNode:
    return IntermediateThrowEvent(**fields, event=_definition(reading, element))


def _end(reading: Reading, element: Element, fields: FlowNodeFields) -> FlowNode:
    return EndEvent(**fields, event=_definition(reading, element))


def _boundary(reading: Reading, element: Element, fields: FlowNodeFields) -> FlowNode:
    return BoundaryEvent(
        **fields,
        event=_definition(reading, element),
        attached_to=reading.source.reference(element, "attachedToRef") or "",
        cancel_activity=reading.source.flag(element, "cancelActivity", default=True),
    )


EVENTS: dict[str, Callable[[Reading, Element, FlowNodeFields], FlowNode]] = {
    "startEvent": _start,
    "intermediateCatchEvent": _catch,
    "intermediateThrowEvent": _throw,
    "endEvent": _end,
    "boundaryEvent": _boundary,
}
