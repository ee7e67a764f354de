"""What the compilation of every flow node shares: expressions, jobs, mappings, listeners, and what events wait for or throw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from loanflow.bpmn import model as bpmn
from loanflow.bpmn.model import Dialect, Expression, Language, Model, Process
from loanflow.execution.expressions import Formula
from loanflow.execution.findings import NOTHING, Findings
from loanflow.execution.flow_nodes.activities import UserTaskSpec
from loanflow.execution.flow_nodes.base import FlowNodeSpec
from loanflow.execution.flow_nodes.events import (
    BoundaryEventSpec,
    EscalationThrow,
    MessageThrow,
    SignalThrow,
    Throw,
)
from loanflow.execution.flow_nodes.listeners import Listener, Listeners
from loanflow.execution.flow_nodes.work import Job
from loanflow.execution.mappings import CallLine, MappingLine
from loanflow.execution.program import ProgramSpec
from loanflow.execution.tokens import Beside, Stage, Wait
from loanflow.execution.triggers import ConditionTrigger, NameTrigger, TimerTrigger, Trigger

_LISTENING: Mapping[tuple[bpmn.ListenerKind, str], Stage] = {
    (bpmn.ListenerKind.EXECUTION, "start"): Stage.STARTING,
    (bpmn.ListenerKind.EXECUTION, "end"): Stage.ENDING,
    (bpmn.ListenerKind.TASK, "create"): Stage.STARTING,
    (bpmn.ListenerKind.TASK, "creating"): Stage.STARTING,
    (bpmn.ListenerKind.TASK, "complete"): Stage.COMPLETING,
    (bpmn.ListenerKind.TASK, "completing"): Stage.COMPLETING,
}
_BESIDE: Mapping[str, Beside] = {
    "assignment": Beside.ASSIGNED,
    "assigning": Beside.ASSIGNED,
    "update": Beside.CHANGED,
    "updating": Beside.CHANGED,
    "delete": Beside.CLOSED,
    "canceling": Beside.CLOSED,
    "timeout": Beside.OVERDUE,
}
LISTEN_ELSEWHERE = "do the work in a service task before or after the element"


class Parts:
    """The process being compiled, its specs and its findings so far."""

    def __init__(self, model: Model, process: Process, program_id: str) -> None:
        self.model = model
        self.process = process
        self.dialect = model.dialect
        self.spec = ProgramSpec(program_id, model.file)
        self.findings = Findings(model, process)

    # Expressions, jobs and mappings

    def optional(self, node: bpmn.FlowNode, place: str, expression: Expression | None) -> Formula | None:
        """Compile an expression that may be missing."""
        return None if expression is None else self.findings.formula(node, place, expression)

    def retry(self, node: bpmn.FlowNode, text: str | None) -> Formula | None:
        """Compile a retry time cycle, which may be computed."""
        if text is None:
            return None
        language = Language.JUEL if "${" in text or "#{" in text else Language.LITERAL
        return self.findings.formula(node, "retry time cycle", Expression(text=text, language=language))

    def job(self, node: bpmn.FlowNode, call: bpmn.HandlerCall) -> Job:
        """Compile the call of a handler."""
        return Job(
            self.findings.formula(node, "implementation", call.name),
            retries=self.optional(node, "retries", call.retries),
            result_variable=call.result_variable,
            headers=call.headers,
            computed_headers=tuple((key, self.findings.formula(node, f"field {key!r}", text)) for key, text in call.computed_headers),
            errors=tuple(
                (
                    self.findings.formula(node, "error condition", one.condition),
                    self.optional(node, "error code", one.code),
                    self.optional(node, "error message", one.message),
                )
                for one in call.errors
            ),
        )

    def lines(self, node: bpmn.FlowNode, mappings: Sequence[bpmn.VariableMapping], place: str) -> tuple[MappingLine, ...]:
        """Compile the lines of a mapping."""
        dotted = self.dialect is Dialect.CAMUNDA8
        return tuple(
            self.mapping_line(node, line, tuple(line.target.split(".")) if dotted else (line.target,), f"{place} {line.target!r}")
            for line in mappings
            if line.work is None
        )

    def mapping_line(self, node: bpmn.FlowNode, line: bpmn.VariableMapping, path: tuple[str, ...], place: str) -> MappingLine:
        """Compile one line of a mapping, or a list or map nested in it."""

        def part(value: Expression | bpmn.VariableMapping) -> Formula | MappingLine:
            return self.findings.formula(node, place, value) if isinstance(value, Expression) else self.mapping_line(node, value, (), place)

        return MappingLine(
            path,
            source=self.optional(node, place, line.source),
            items=None if line.items is None else tuple(part(item) for item in line.items),
            entries=None
            if line.entries is None
            else tuple((self.findings.formula(node, place, key), part(entry)) for key, entry in line.entries),
        )

    def mapping_scripts(self, node: bpmn.FlowNode, mappings: Sequence[bpmn.VariableMapping]) -> list[Listener]:
        """Compile the lines of a mapping that handlers compute."""
        return [Listener(job=self.job(node, line.work), maps=line.target) for line in mappings if line.work is not None]

    def call_line(self, node: bpmn.FlowNode, line: bpmn.VariableMapping, place: str) -> CallLine:
        """Compile one ``camunda:in`` or ``camunda:out``."""
        if line.business_key:
            return CallLine(None, business_key=self.findings.formula(node, "business key", line.source or NOTHING))
        if line.all_variables:
            return CallLine(None, all_variables=True, local=line.local)
        return CallLine(self.lines(node, (line,), place)[0], local=line.local)

    # Messages, timers and other triggers

    def triggers(self, node: bpmn.FlowNode, event: bpmn.EventDefinition, *, by_key: bool = True) -> tuple[Trigger, ...] | None:
        """Compile everything an event waits for; None where any of it cannot be. A message that starts a case has no key yet."""
        events = event.definitions if isinstance(event, bpmn.MultipleEvent) else (event,)
        triggers = [self.trigger(node, part, by_key=by_key) for part in events]
        return tuple(trigger for trigger in triggers if trigger is not None) if None not in triggers else None

    def trigger(self, node: bpmn.FlowNode, event: bpmn.EventDefinition, *, by_key: bool = True) -> Trigger | None:
        """Compile what an event waits for."""
        match event:
            case bpmn.TimerEvent():
                formula = self.findings.formula(node, "timer", event.value)
                try:
                    return TimerTrigger(event.kind, formula, quartz=self.dialect is Dialect.CAMUNDA7)
                except ValueError as error:
                    self.findings.problem(
                        node,
                        "execution/timer-text",
                        f"the timer cannot be read: {error}",
                        property="Timer",
                        expected="a duration such as PT4H, a cycle such as R3/PT10H or 0 0 9 * * MON-FRI, or a date and time",
                        found=event.value.text,
                        hint="correct the value under Properties panel > Timer",
                    )
                    return None
            case bpmn.MessageEvent(message=bpmn.Message() as message):
                return self.message_trigger(node, message, by_key=by_key)
            case bpmn.MessageEvent():
                self.findings.refuse(node, "a message event without a message", "choose or create a global message in the properties panel")
            case bpmn.SignalEvent():
                return NameTrigger(Wait.SIGNAL, self.findings.formula(node, "signal name", event.name))
            case bpmn.ConditionalEvent():
                condition = self.findings.formula(node, "condition", event.condition)
                return ConditionTrigger(condition, event.variable_names, event.variable_events, each=self.dialect is Dialect.CAMUNDA7)
            case _:
                self.findings.refuse_event(node, event)
        return None

    def message_trigger(self, node: bpmn.FlowNode, message: bpmn.Message, *, by_key: bool = True) -> NameTrigger:
        """Compile a message to wait for."""
        key = None
        if message.correlation_key is not None and by_key:
            key = self.findings.formula(node, "correlation key", message.correlation_key)
        return NameTrigger(Wait.MESSAGE, self.findings.formula(node, "message name", message.name), key)

    def throw(self, node: bpmn.FlowNode, event: bpmn.EventDefinition) -> Throw | None:
        """Compile one thing that an event throws at once; None for a message that is none, and where it is refused."""
        match event:
            case bpmn.SignalEvent():
                carried = tuple(self.call_line(node, line, "signal variable") for line in event.inputs)
                if not carried and self.dialect is Dialect.CAMUNDA8:
                    # There it carries what its event maps in.
                    carried = (CallLine(None, all_variables=True, local=True),)
                return SignalThrow(self.findings.formula(node, "signal name", event.name), carried)
            case bpmn.EscalationEvent():
                return EscalationThrow(self.optional(node, "escalation code", event.code))
            case bpmn.MessageEvent(message=bpmn.Message() as message, handler=None):
                return self.message_throw(node, message)
            case bpmn.MessageEvent(handler=None):
                if self.dialect is not Dialect.CAMUNDA7:
                    self.findings.refuse(
                        node, "a message event without a message", "choose or create a global message in the properties panel"
                    )
                # Camunda 7 passes through a message event that says nothing.
            case _:
                self.findings.refuse_event(node, event)
        return None

    def message_throw(self, node: bpmn.FlowNode, message: bpmn.Message) -> MessageThrow:
        """Compile a message that the engine itself delivers."""
        return MessageThrow(
            self.findings.formula(node, "message name", message.name), self.optional(node, "correlation key", message.correlation_key)
        )

    # Listeners

    def listen(self, node: bpmn.FlowNode, spec: FlowNodeSpec) -> None:
        """Give a spec the listeners of its flow node, and what computes its mappings by handlers."""
        # In Camunda 7 the outputs are mapped last.
        end = Stage.TELLING if node.outputs and self.dialect is Dialect.CAMUNDA7 and not connects(node) else Stage.ENDING
        for stage, mappings in ((Stage.STARTING, node.inputs), (Stage.ENDING, node.outputs)):
            if scripts := self.mapping_scripts(node, mappings):
                listeners_of(spec).add(stage, scripts)
        for drawn in node.listeners:
            if drawn.kind is bpmn.ListenerKind.TASK and drawn.event in _BESIDE and isinstance(spec, UserTaskSpec):
                self.listen_beside(node, spec, drawn, _BESIDE[drawn.event])
                continue
            stage = _LISTENING.get((drawn.kind, drawn.event))
            if stage is None:
                self.findings.refuse(node, f"a {drawn.kind} listener for {drawn.event!r}", LISTEN_ELSEWHERE)
                continue
            if isinstance(spec, BoundaryEventSpec):
                # Its token comes to be when the event has happened: there is no work between start and end.
                stage = end
            elif stage is Stage.ENDING:
                stage = end
                if self.dialect is Dialect.CAMUNDA7:
                    # It tells the end of what was cancelled too.
                    listeners_of(spec).add_beside(Beside.CANCELLED, self.listener(node, drawn))
            listeners_of(spec).add(stage, [self.listener(node, drawn)])

    def listen_beside(self, node: bpmn.FlowNode, spec: UserTaskSpec, drawn: bpmn.Listener, event: Beside) -> None:
        """Give a user task a listener for what happens to it while it is open."""
        listeners = listeners_of(spec)
        if event is Beside.OVERDUE:
            trigger = None if drawn.timer is None else self.trigger(node, drawn.timer)
            if trigger is None:
                self.findings.refuse(node, "a timeout listener without a timer", LISTEN_ELSEWHERE)
                return
            spec.triggers = (*spec.triggers, trigger)
            spec.timeouts = (*spec.timeouts, len(listeners.by_stage.get(Stage.BESIDE, ())))
        listeners.add_beside(event, self.listener(node, drawn))

    def listener(self, node: bpmn.FlowNode, drawn: bpmn.Listener) -> Listener:
        """Compile one listener."""
        match drawn.work:
            case bpmn.HandlerCall() as call:
                return Listener(job=self.job(node, call))
            case bpmn.ExpressionCall() as call:
                return Listener(expression=self.findings.formula(node, f"listener for {drawn.event}", call.expression))


def connects(node: bpmn.FlowNode) -> bool:
    """Say whether the flow node calls a connector, which the mappings then belong to."""
    work = getattr(node, "implementation", None)
    return isinstance(work, bpmn.HandlerCall) and work.kind == bpmn.CONNECTOR


def listeners_of(spec: FlowNodeSpec) -> Listeners:
    """Return the spec's listeners, made on first use."""
    if spec.listeners is None:
        spec.listeners = Listeners()
    return spec.listeners
