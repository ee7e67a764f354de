"""Events: what they wait for, catch and throw (BPMN 2.0.2, 10.5 "Events")."""

from __future__ import annotations

from loanflow.bpmn import model as bpmn
from loanflow.bpmn.model import Dialect
from loanflow.execution.compiler.parts import Parts
from loanflow.execution.findings import words
from loanflow.execution.flow_nodes.base import FlowNodeSpec
from loanflow.execution.flow_nodes.events import (
    ArmingStartEventSpec,
    BoundaryEventSpec,
    CancelEndSpec,
    CatchSpec,
    CompensationThrowSpec,
    ErrorEndSpec,
    EventSubProcessStartSpec,
    LinkThrowSpec,
    SignalThrow,
    StartEventSpec,
    TerminateEndSpec,
    ThrowSpec,
)
from loanflow.execution.steering import CANCEL, ERROR, ESCALATION, Catch


class Events(Parts):
    """Builds the specs of events."""

    def start_event(self, node: bpmn.StartEvent, *, arms: bool = False) -> FlowNodeSpec | None:
        """A start event; ``arms`` says that it arms the event sub-processes beside it."""
        spec = (ArmingStartEventSpec if arms else StartEventSpec)(self.spec, node, words(node))
        spec.initiator = node.initiator
        if node.event is not None:
            triggers = self.triggers(node, node.event, by_key=False)
            if triggers is None:
                return None
            spec.triggers = triggers
        return spec

    def event_sub_process_start(self, node: bpmn.StartEvent) -> FlowNodeSpec | None:
        """The start event of an event sub-process."""
        if node.event is None:
            self.findings.refuse(
                node, "an event sub-process whose start event has no trigger", "choose the start event's type with the wrench on the canvas"
            )
            return None
        spec = EventSubProcessStartSpec(self.spec, node, words(node))
        spec.interrupting = node.interrupting or isinstance(node.event, bpmn.ErrorEvent)
        spec.takes_over = self.dialect is Dialect.CAMUNDA8
        return spec if self.catching(node, node.event, spec) else None

    def boundary_event(self, node: bpmn.BoundaryEvent) -> FlowNodeSpec | None:
        """A boundary event."""
        if node.event is None:
            self.findings.refuse(node, "a boundary event without an event", "choose error, timer, message or signal")
            return None
        spec = BoundaryEventSpec(self.spec, node, words(node))
        spec.interrupting = node.cancel_activity
        return spec if self.catching(node, node.event, spec) else None

    def catching(self, node: bpmn.FlowNode, event: bpmn.EventDefinition, spec: BoundaryEventSpec | EventSubProcessStartSpec) -> bool:
        """Fill in what an event at an activity waits for or catches; False where it cannot."""
        match event:
            case bpmn.ErrorEvent() | bpmn.EscalationEvent():
                is_error = isinstance(event, bpmn.ErrorEvent)
                spec.catch = Catch(
                    ERROR if is_error else ESCALATION,
                    code=self.optional(node, "error code" if is_error else "escalation code", event.code),
                    code_variable=event.code_variable,
                    message_variable=event.message_variable if isinstance(event, bpmn.ErrorEvent) else None,
                )
            case bpmn.CancelEvent() if isinstance(node, bpmn.BoundaryEvent):
                spec.catch = Catch(CANCEL)
            case bpmn.CompensateEvent():
                pass
            case bpmn.MultipleEvent(parallel=True):
                self.findings.refuse(node, "a parallel multiple event here", "draw a parallel gateway with one catch event on each path")
                return False
            case _:
                triggers = self.triggers(node, event)
                if triggers is None:
                    return False
                spec.triggers = triggers
        return True

    def catch_event(self, node: bpmn.IntermediateCatchEvent) -> FlowNodeSpec | None:
        """An intermediate catch event."""
        if isinstance(node.event, bpmn.LinkEvent):
            return FlowNodeSpec(self.spec, node, words(node))
        triggers = self.triggers(node, node.event) if node.event is not None else None
        if triggers is None:
            if node.event is None:
                self.findings.refuse(node, "a catch event without an event", "choose message, timer or signal")
            return None
        spec = CatchSpec(self.spec, node, words(node))
        spec.triggers = triggers
        spec.parallel = isinstance(node.event, bpmn.MultipleEvent) and node.event.parallel
        return spec

    def throw_event(self, node: bpmn.IntermediateThrowEvent | bpmn.EndEvent) -> FlowNodeSpec | None:
        """An intermediate throw event or an end event."""
        ends = isinstance(node, bpmn.EndEvent)
        named = words(node)
        match node.event:
            case bpmn.ErrorEvent() as event if ends:
                error = ErrorEndSpec(self.spec, node, named)
                error.code = self.optional(node, "error code", event.code)
                error.message = self.optional(node, "error message", event.message)
                return error
            case bpmn.TerminateEvent() if ends:
                return TerminateEndSpec(self.spec, node, named)
            case bpmn.LinkEvent() as event if not ends:
                link = LinkThrowSpec(self.spec, node, named)
                link.link_name = event.name
                return link
            case bpmn.CompensateEvent() as event:
                # Camunda 7 waits whatever the file says.
                if not event.wait_for_completion and self.dialect is not Dialect.CAMUNDA7:
                    self.findings.refuse(
                        node, "a compensation event that does not wait", "delete waitForCompletion: compensation is awaited"
                    )
                spec = CompensationThrowSpec(self.spec, node, named)
                spec.activity = event.activity
            case bpmn.MessageEvent(handler=bpmn.HandlerCall() as call):
                spec = ThrowSpec(self.spec, node, named)
                spec.job = self.job(node, call)
            case bpmn.MessageEvent(handler=bpmn.ExpressionCall() as call):
                spec = ThrowSpec(self.spec, node, named)
                spec.expression = self.findings.formula(node, "expression", call.expression)
                spec.result_variable = call.result_variable
            case _:
                spec = ThrowSpec(self.spec, node, named)
                events = node.event.definitions if isinstance(node.event, bpmn.MultipleEvent) else (node.event,)
                spec.throws = tuple(throw for event in events if event is not None if (throw := self.throw(node, event)) is not None)
                spec.tells_all = any(isinstance(throw, SignalThrow) for throw in spec.throws)
        spec.ends = ends
        return spec

    def cancel_end(self, node: bpmn.EndEvent, around: bpmn.SubProcess | None) -> FlowNodeSpec | None:
        """The end event that cancels the transaction around it."""
        if around is None or around.kind != "transaction":
            self.findings.refuse(node, "a cancel end event outside a transaction", "draw it directly inside a transaction sub-process")
            return None
        spec = CancelEndSpec(self.spec, node, words(node))
        spec.ends = True
        return spec
