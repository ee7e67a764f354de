"""From the model of a process to a `Program`: one builder per kind of flow node, found in a table.

What execution cannot do as drawn is refused here by name, all of it at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from loanflow.bpmn import model as bpmn
from loanflow.bpmn.model import Dialect, Expression, Language, Model, Process
from loanflow.errors import DefinitionError
from loanflow.execution.expressions import Formula, Stuck
from loanflow.execution.findings import NOTHING, Findings, words
from loanflow.execution.flow_nodes.activities import (
    ActivitySpec,
    DecisionTaskSpec,
    ExpressionTaskSpec,
    JobTaskSpec,
    ReceiveTaskSpec,
    SendTaskSpec,
    UserTaskSpec,
)
from loanflow.execution.flow_nodes.base import Flow, FlowNodeSpec
from loanflow.execution.flow_nodes.containers import (
    AdHocSubProcessSpec,
    CallActivitySpec,
    EventSubProcessSpec,
    SubProcessSpec,
)
from loanflow.execution.flow_nodes.events import (
    BoundaryEventSpec,
    CancelEndSpec,
    CatchSpec,
    CompensationThrowSpec,
    ErrorEndSpec,
    EscalationThrow,
    EventSubProcessStartSpec,
    LinkThrowSpec,
    MessageThrow,
    SignalThrow,
    StartEventSpec,
    TerminateEndSpec,
    Throw,
    ThrowSpec,
)
from loanflow.execution.flow_nodes.gateways import (
    EventBasedGatewaySpec,
    ExclusiveGatewaySpec,
    InclusiveGatewaySpec,
    ParallelGatewaySpec,
)
from loanflow.execution.flow_nodes.listeners import Listener, Listeners, ProcessEndSpec
from loanflow.execution.flow_nodes.multi_instance import CAMUNDA7_COUNTERS, CAMUNDA8_COUNTERS, Instances
from loanflow.execution.flow_nodes.repetition import Loop
from loanflow.execution.flow_nodes.work import Job
from loanflow.execution.mappings import CallLine, MappingLine, Mappings
from loanflow.execution.program import NEVER, Alone, Body, Program, ProgramSpec
from loanflow.execution.steering import CANCEL, ERROR, ESCALATION, Catch
from loanflow.execution.tokens import Stage, Wait
from loanflow.execution.triggers import ConditionTrigger, NameTrigger, TimerTrigger, Trigger
from loanflow.problems import Location, Problem, in_file_order

_CALLED_STEPS = 20

_LISTENING: Mapping[tuple[bpmn.ListenerKind, str], Stage] = {
    (bpmn.ListenerKind.EXECUTION, "start"): Stage.STARTING,
    (bpmn.ListenerKind.EXECUTION, "end"): Stage.ENDING,
    (bpmn.ListenerKind.TASK, "create"): Stage.STARTING,
    (bpmn.ListenerKind.TASK, "creating"): Stage.STARTING,
    (bpmn.ListenerKind.TASK, "assignment"): Stage.BESIDE,
    (bpmn.ListenerKind.TASK, "assigning"): Stage.BESIDE,
    (bpmn.ListenerKind.TASK, "complete"): Stage.COMPLETING,
    (bpmn.ListenerKind.TASK, "completing"): Stage.COMPLETING,
}
_LISTEN_ELSEWHERE = "do the work in a service task before or after the element"


def compile_process(model: Model, process_id: str, *, program_id: str) -> Program:
    """Compile one process of a model; the program is known by ``program_id`` in snapshots and requests.

    Raises:
        DefinitionError: there is no such process, an expression cannot be read, or execution does not support something
            in it; every finding at once.
    """
    for process in model.processes:
        if process.id == process_id:
            return _Compiler(model, process, program_id).program()
    known = ", ".join(process.id for process in model.processes) or "none"
    raise DefinitionError(
        [
            Problem(
                code="execution/unknown-process",
                message=f"there is no process {process_id!r} in this file",
                location=Location(file=model.file),
                expected=f"one of {known}",
                found=process_id,
            )
        ]
    )


class _Compiler:
    """Collects specs and problems of one process."""

    def __init__(self, model: Model, process: Process, program_id: str) -> None:
        self.model = model
        self.process = process
        self.dialect = model.dialect
        self.spec = ProgramSpec(program_id, model.file)
        self.findings = Findings(model, process)

    def program(self) -> Program:
        """Build everything, or raise with every problem."""
        drawn = self.process.body
        body = self.container(drawn, self.process.id, None)
        if drawn.nodes and not body.starts and not any(isinstance(node, bpmn.StartEvent) for node in drawn.nodes.values()):
            self.findings.problem_of_process(
                "execution/no-start", "nothing starts the process: every element has an incoming sequence flow", hint="draw a start event"
            )
        ending = self.listen_to_process(body)
        if self.findings.problems:
            raise DefinitionError(in_file_order(self.findings.problems))
        for spec in self.spec.task_specs.values():
            spec.sealed = True
        return Program(
            id=self.spec.name,
            process_id=self.process.id,
            name=self.process.name,
            dialect=self.dialect,
            spec=self.spec,
            body=body,
            ending=ending,
            nodes=MappingProxyType(self.spec.task_specs),
        )

    # Containers

    def container(self, container: bpmn.Container, element_id: str, around: bpmn.SubProcess | None) -> Body:
        """Build a body: its specs, then its flows, then what needs the whole graph; ``around`` is None for the process itself."""
        specs: dict[str, FlowNodeSpec] = {}
        for node in container.nodes.values():
            spec = self.node(node, around)
            if spec is not None:
                specs[node.id] = spec
                if isinstance(spec, StartEventSpec):
                    spec.top_level = around is None
        for node in container.nodes.values():
            spec = specs.get(node.id)
            if spec is not None:
                self.connect(container, node, spec, specs)
        self.attach_boundaries(container, specs)
        self.look_around(container, specs)
        starts = [spec.start for spec in specs.values() if isinstance(spec, EventSubProcessSpec)]
        undoing = [start for start in starts if not start.triggers and start.catch is None]
        return Body(
            element_id,
            self.starts(container, specs),
            armed=tuple(start for start in starts if start.triggers),
            catchers=tuple(start for start in starts if start.catch is not None),
            compensation=undoing[0] if undoing else None,
            compensable=bool(undoing) or self.find_compensable(container, specs),
        )

    def connect(self, container: bpmn.Container, node: bpmn.FlowNode, spec: FlowNodeSpec, specs: dict[str, FlowNodeSpec]) -> None:
        """Give the spec its outgoing flows in document order."""
        flows: list[Flow] = []
        for flow_id in node.outgoing:
            drawn = container.flows[flow_id]
            target = specs.get(drawn.target)
            if target is None:
                continue
            condition = None
            if drawn.condition is not None:
                condition = self.findings.formula(node, f"condition of sequence flow {drawn.id}", drawn.condition)
            flow = Flow(drawn.id, self.spec.name, target, condition, is_listened_to=bool(drawn.listeners))
            if drawn.listeners:
                if isinstance(spec, EventBasedGatewaySpec):
                    self.findings.refuse(node, "a listener on a sequence flow out of an event-based gateway", _LISTEN_ELSEWHERE)
                _listeners_of(target).by_flow[drawn.id] = tuple(self.listener(node, one) for one in drawn.listeners)
            flows.append(flow)
            spec.connect(target)
            if flow_id == node.default_flow:
                spec.default = flow
        spec.outgoing = tuple(flows)
        spec.incoming = tuple(node.incoming)
        if isinstance(spec, LinkThrowSpec):
            self.link(container, node, spec, specs)
        routed = isinstance(spec, ExclusiveGatewaySpec) and len(flows) > 1
        conditional = any(flow.condition is not None and flow is not spec.default for flow in flows)
        if isinstance(spec, ParallelGatewaySpec | EventBasedGatewaySpec):
            routed = conditional = False
        # A default flow is taken only where no other one is, so it makes the choice conditional too.
        spec.unconditional = not (routed or conditional or (spec.default is not None and len(flows) > 1))

    def attach_boundaries(self, container: bpmn.Container, specs: dict[str, FlowNodeSpec]) -> None:
        """Tell activities of the events on their border, in document order."""
        for node in container.nodes.values():
            event = specs.get(node.id)
            if not isinstance(node, bpmn.BoundaryEvent) or event is None:
                continue
            activity = specs.get(node.attached_to)
            if not isinstance(activity, ActivitySpec) or not isinstance(event, BoundaryEventSpec):
                continue
            if isinstance(node.event, bpmn.CompensateEvent):
                self.attach_compensation(node, activity, specs)
            elif event.catch is not None:
                activity.catchers = (*activity.catchers, event)
            else:
                activity.boundaries = (*activity.boundaries, event)
        for node in container.nodes.values():
            if isinstance(node, bpmn.SubProcess) and node.kind == "transaction" and node.id in specs:
                cancels = any(isinstance(getattr(inner, "event", None), bpmn.CancelEvent) for inner in node.body.nodes.values())
                if cancels and not any(event.catch and event.catch.kind == CANCEL for event in specs[node.id].catchers):
                    self.findings.refuse(
                        node,
                        "a transaction with a cancel end event but without a cancel boundary event",
                        "draw a cancel boundary event on the transaction, with a sequence flow to what follows a cancellation",
                    )

    def attach_compensation(self, node: bpmn.BoundaryEvent, activity: ActivitySpec, specs: dict[str, FlowNodeSpec]) -> None:
        """Tell an activity which other one undoes it: the one an association leads to from its compensation boundary event."""
        handler = specs.get(node.undone_by or "")
        if not isinstance(handler, ActivitySpec):
            self.findings.refuse(
                node,
                "a compensation boundary event without a handler",
                "connect it to the activity that undoes this one; Camunda Modeler draws an association and marks the activity",
            )
            return
        activity.compensation_handler = handler
        activity.compensable = True

    def find_compensable(self, container: bpmn.Container, specs: dict[str, FlowNodeSpec]) -> bool:
        """Mark the sub-processes inside of which something could be undone; say whether anything here could be."""
        for node in container.nodes.values():
            spec = specs.get(node.id)
            if isinstance(spec, SubProcessSpec) and spec.body.compensable and not isinstance(spec, EventSubProcessSpec):
                spec.compensable = True
        return any(isinstance(spec, ActivitySpec) and spec.compensable for spec in specs.values())

    def link(self, container: bpmn.Container, node: bpmn.FlowNode, spec: LinkThrowSpec, specs: dict[str, FlowNodeSpec]) -> None:
        """Find the other end of a link."""
        name = spec.link_name
        caught = [
            specs[other.id]
            for other in container.nodes.values()
            if isinstance(other, bpmn.IntermediateCatchEvent) and isinstance(other.event, bpmn.LinkEvent) and other.event.name == name
            if other.id in specs
        ]
        if len(caught) != 1:
            self.findings.refuse(
                node,
                f"a link event that leads to {len(caught) or 'no'} catching link events named {name!r}",
                "give exactly one catching link event in the same process or sub-process this link name",
            )
        else:
            spec.catch = caught[0]
            spec.connect(caught[0])

    def look_around(self, container: bpmn.Container, specs: dict[str, FlowNodeSpec]) -> None:
        """Check event-based gateways, and work out what can still reach each inclusive join."""
        for node in container.nodes.values():
            spec = specs.get(node.id)
            if isinstance(spec, EventBasedGatewaySpec):
                for flow in spec.outgoing:
                    if flow.target.listeners is not None and Stage.STARTING in flow.target.listeners.by_stage:
                        self.findings.refuse(node, "a start listener on an event behind an event-based gateway", _LISTEN_ELSEWHERE)
                    if not isinstance(flow.target, CatchSpec | ReceiveTaskSpec) or len(flow.target.triggers) != 1:
                        self.findings.refuse(
                            node, f"an event-based gateway in front of {flow.target.words}", "draw a catch event behind it"
                        )
            elif isinstance(spec, InclusiveGatewaySpec) and len(spec.incoming) > 1:
                spec.sources = {flow_id: _sources(container, container.flows[flow_id].source, node.id) for flow_id in node.incoming}

    def starts(self, container: bpmn.Container, specs: dict[str, FlowNodeSpec]) -> tuple[FlowNodeSpec, ...]:
        """Return where tokens start: the none start event, or without any start event all nodes nothing leads to."""
        events = [node for node in container.nodes.values() if isinstance(node, bpmn.StartEvent)]
        if events:
            return tuple(specs[node.id] for node in events if node.event is None and node.id in specs)[:1]
        return tuple(
            specs[node.id] for node in container.nodes.values() if node.id in specs and not node.incoming and not _starts_otherwise(node)
        )

    # Flow nodes

    def node(self, node: bpmn.FlowNode, around: bpmn.SubProcess | None) -> FlowNodeSpec | None:
        """Build the spec of one flow node inside ``around``, or refuse it."""
        if node.id in self.spec.task_specs:
            self.findings.problem(
                node, "execution/duplicate-id", f"the id {node.id!r} is used twice", hint="give each element an id of its own"
            )
            return None
        builder = _BUILDERS.get(type(node))
        if builder is None:
            self.findings.refuse(node, "this kind of element")
            return None
        spec: FlowNodeSpec | None
        if around is not None and around.kind == "event" and isinstance(node, bpmn.StartEvent):
            spec = self.event_sub_process_start(node)
        elif isinstance(node, bpmn.EndEvent) and isinstance(node.event, bpmn.CancelEvent):
            spec = self.cancel_end(node, around)
        else:
            spec = builder(self, node)
        if spec is None:
            return None
        self.listen(node, spec)
        local = self.dialect is Dialect.CAMUNDA8
        if node.inputs:
            spec.inputs_map = Mappings(self.lines(node, node.inputs, "input mapping"), cumulative=local)
        if node.outputs:
            spec.outputs_map = Mappings(self.lines(node, node.outputs, "output mapping"), cumulative=False)
            spec.results_are_local = local
        if node.job_priority is not None:
            spec.priority = self.findings.formula(node, "job priority", node.job_priority)
        if isinstance(node, bpmn.Activity) and isinstance(spec, ActivitySpec):
            self.activity(node, spec)
        return spec

    # Listeners

    def listen(self, node: bpmn.FlowNode, spec: FlowNodeSpec) -> None:
        """Give a spec the listeners of its flow node."""
        for drawn in node.listeners:
            stage = _LISTENING.get((drawn.kind, drawn.event))
            if stage is None:
                self.findings.refuse(node, f"a {drawn.kind} listener for {drawn.event!r}", _LISTEN_ELSEWHERE)
                continue
            if isinstance(spec, BoundaryEventSpec):
                # Its token comes to be when the event has happened: there is no work between start and end.
                stage = Stage.ENDING
            _listeners_of(spec).add(stage, [self.listener(node, drawn)])

    def listener(self, node: bpmn.FlowNode, drawn: bpmn.Listener) -> Listener:
        """Compile one listener."""
        match drawn.work:
            case bpmn.HandlerCall() as call:
                return Listener(job=self.job(node, call))
            case bpmn.ExpressionCall() as call:
                return Listener(expression=self.findings.formula(node, f"listener for {drawn.event}", call.expression))

    def listen_to_process(self, body: Body) -> FlowNodeSpec | None:
        """Let the start events run the process's own start listeners; return where its end listeners run, None without any."""
        stand_in = bpmn.NoneTask(id=self.process.id, name=self.process.name, line=self.process.line)
        starting = [self.listener(stand_in, one) for one in self.process.listeners if one.event == "start"]
        ending = [self.listener(stand_in, one) for one in self.process.listeners if one.event == "end"]
        others = [one for one in self.process.listeners if one.event not in ("start", "end")]
        if others:
            self.findings.refuse(stand_in, f"a process listener for {others[0].event!r}", _LISTEN_ELSEWHERE)
        if starting:
            firsts = {spec.name: spec for spec in (*self.spec.task_specs.values(), *body.starts)}.values()
            for spec in firsts:
                if spec in body.starts or (isinstance(spec, StartEventSpec) and spec.top_level):
                    own = _listeners_of(spec).by_stage.get(Stage.STARTING, ())
                    _listeners_of(spec).by_stage[Stage.STARTING] = (*starting, *own)
        if not ending:
            return None
        spec = ProcessEndSpec(self.spec, stand_in, f'process "{self.process.name or self.process.id}"')
        _listeners_of(spec).add(Stage.STARTING, ending)
        return spec

    def activity(self, node: bpmn.Activity, spec: ActivitySpec) -> None:
        """Add what every activity may have."""
        if node.loop is not None:
            spec.instances = self.standard_loop(node, spec, node.loop)
        if node.multi_instance is None:
            return
        drawn = node.multi_instance
        instances = Instances(spec.words)
        instances.sequential = drawn.sequential
        if drawn.collection is not None:
            instances.collection = self.findings.formula(node, "collection", drawn.collection)
        elif drawn.cardinality is not None:
            instances.cardinality = self.findings.formula(node, "loop cardinality", drawn.cardinality)
        else:
            self.findings.refuse(node, "a multi-instance marker without collection and cardinality", "fill in the collection")
        instances.element_variable = drawn.element_variable
        instances.output_collection = drawn.output_collection
        if drawn.output_element is not None:
            instances.output_element = self.findings.formula(node, "output element", drawn.output_element)
            name = re.match(r"\s*([A-Za-z_]\w*)\s*(\.|$)", drawn.output_element.text)
            if name is not None and name[1] not in (drawn.element_variable, "loopCounter", "null", "true", "false"):
                # As Camunda 8 does, so that instances do not write over each other's result.
                instances.output_local = name[1]
        if drawn.completion_condition is not None:
            instances.completion_condition = self.findings.formula(node, "completion condition", drawn.completion_condition)
        if self.dialect is Dialect.CAMUNDA7:
            instances.counters, instances.first = (CAMUNDA7_COUNTERS,), 0
        elif self.dialect is Dialect.CAMUNDA8:
            instances.counters, instances.first = (CAMUNDA8_COUNTERS,), 1
        else:
            instances.counters, instances.first = (CAMUNDA8_COUNTERS, CAMUNDA7_COUNTERS), 1
        instances.body_nodes = _body_nodes(node)
        spec.instances = instances

    def standard_loop(self, node: bpmn.Activity, spec: ActivitySpec, drawn: bpmn.StandardLoop) -> Loop:
        """A standard loop marker."""
        loop = Loop(spec.words)
        loop.first = 0 if self.dialect is Dialect.CAMUNDA7 else 1
        loop.maximum = drawn.maximum
        loop.test_before = drawn.test_before
        loop.body_nodes = 0
        if drawn.condition is not None:
            loop.condition = self.findings.formula(node, "loop condition", drawn.condition)
        elif drawn.maximum is None:
            self.findings.refuse(node, "a loop that never ends", "fill in the loop condition or the loop maximum")
        if drawn.maximum is not None and drawn.maximum < 1:
            self.findings.refuse(node, f"a loop maximum of {drawn.maximum}", "write a whole number from 1, or leave it out")
        return loop

    def start_event(self, node: bpmn.StartEvent) -> FlowNodeSpec | None:
        """A start event."""
        spec = StartEventSpec(self.spec, node, words(node))
        spec.initiator = node.initiator
        if node.event is not None:
            triggers = self.triggers(node, node.event, by_key=False)
            if triggers is None:
                return None
            spec.triggers = triggers
            try:
                for trigger in triggers:
                    trigger.plan({}, Alone(NEVER), NEVER)
            except Stuck as stuck:
                self.findings.problem(
                    node,
                    "execution/start-event",
                    f"a start event is looked at before there are variables: {stuck.message}",
                    hint="write the message name or the time as it is, without variables",
                )
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
                if not event.wait_for_completion:
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

    def throw(self, node: bpmn.FlowNode, event: bpmn.EventDefinition) -> Throw | None:
        """Compile one thing that an event throws at once; None for a message that is none, and where it is refused."""
        match event:
            case bpmn.SignalEvent():
                carried = tuple(self.call_line(node, line, "signal variable") for line in event.inputs)
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

    def cancel_end(self, node: bpmn.EndEvent, around: bpmn.SubProcess | None) -> FlowNodeSpec | None:
        """The end event that cancels the transaction around it."""
        if around is None or around.kind != "transaction":
            self.findings.refuse(node, "a cancel end event outside a transaction", "draw it directly inside a transaction sub-process")
            return None
        spec = CancelEndSpec(self.spec, node, words(node))
        spec.ends = True
        return spec

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
                        node, "execution/timer-text", f"the timer cannot be read: {error}", property="Timer", found=event.value.text
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
                return ConditionTrigger(condition, event.variable_names, event.variable_events)
            case _:
                self.findings.refuse_event(node, event)
        return None

    def message_trigger(self, node: bpmn.FlowNode, message: bpmn.Message, *, by_key: bool = True) -> NameTrigger:
        """Compile a message to wait for."""
        key = None
        if message.correlation_key is not None and by_key:
            key = self.findings.formula(node, "correlation key", message.correlation_key)
        return NameTrigger(Wait.MESSAGE, self.findings.formula(node, "message name", message.name), key)

    def plain_activity(self, node: bpmn.Activity) -> FlowNodeSpec:
        """A task of no kind, or work outside the system: passed through."""
        return ActivitySpec(self.spec, node, words(node))

    def user_task(self, node: bpmn.UserTask) -> FlowNodeSpec:
        """A user task."""
        spec = UserTaskSpec(self.spec, node, words(node))
        spec.task_name = node.name or node.id
        spec.assignee = self.optional(node, "assignee", node.assignee)
        spec.candidate_users = self.optional(node, "candidate users", node.candidate_users)
        spec.candidate_groups = self.optional(node, "candidate groups", node.candidate_groups)
        spec.due = self.optional(node, "due date", node.due_date)
        spec.follow_up = self.optional(node, "follow up date", node.follow_up_date)
        spec.task_priority = self.optional(node, "priority", node.priority)
        spec.form = node.form
        spec.different_from = node.different_from
        return spec

    def service_task(self, node: bpmn.ServiceTask | bpmn.SendTask | bpmn.ScriptTask) -> FlowNodeSpec:
        """Work for a program: an expression in place, else a job; without an implementation for a handler of the element's id."""
        match node.implementation:
            case bpmn.ExpressionCall() as call:
                return self.expression_task(node, call)
            case bpmn.HandlerCall() as call:
                return self.job_task(node, call)
            case None if isinstance(node, bpmn.SendTask) and node.message is not None:
                spec = SendTaskSpec(self.spec, node, words(node))
                spec.message = self.message_throw(node, node.message)
                return spec
            case None:
                named = bpmn.HandlerCall(name=Expression(text=node.id, language=Language.LITERAL), kind="id")
                return self.job_task(node, named)

    def business_rule_task(self, node: bpmn.BusinessRuleTask) -> FlowNodeSpec | None:
        """A decision, or a handler that stands for a rule engine."""
        match node.implementation:
            case bpmn.DecisionCall() as call:
                spec = DecisionTaskSpec(self.spec, node, words(node))
                spec.decision = self.findings.formula(node, "decision", call.decision)
                spec.binding = call.binding.kind
                spec.binding_value = self.optional(node, "decision version", call.binding.value)
                spec.mapper = call.mapper
                spec.result_variable = call.result_variable
                return spec
            case bpmn.ExpressionCall() as call:
                return self.expression_task(node, call)
            case bpmn.HandlerCall() as call:
                return self.job_task(node, call)
            case None:
                self.findings.refuse(node, "a business rule task without a decision", "fill in the decision reference")
                return None

    def receive_task(self, node: bpmn.ReceiveTask) -> FlowNodeSpec | None:
        """A receive task."""
        if node.message is None:
            self.findings.refuse(node, "a receive task without a message", "choose or create a global message in the properties panel")
            return None
        spec = ReceiveTaskSpec(self.spec, node, words(node))
        spec.triggers = (self.message_trigger(node, node.message),)
        return spec

    def sub_process(self, node: bpmn.SubProcess) -> FlowNodeSpec | None:
        """A sub-process of any kind."""
        match node.kind:
            case "event":
                return self.event_sub_process(node)
            case "adHoc":
                return self.ad_hoc_sub_process(node)
            case _:
                spec = SubProcessSpec(self.spec, node, words(node))
                spec.body = self.container(node.body, node.id, node)
        if node.body.nodes and not spec.body.starts:
            self.findings.refuse(node, "a sub-process without a none start event", "draw one, or leave all start events out")
        return spec

    def event_sub_process(self, node: bpmn.SubProcess) -> FlowNodeSpec | None:
        """A sub-process that an event starts."""
        spec = EventSubProcessSpec(self.spec, node, words(node))
        spec.body = self.container(node.body, node.id, node)
        drawn = [start for start in node.body.nodes.values() if isinstance(start, bpmn.StartEvent)]
        if len(drawn) != 1:
            self.findings.refuse(node, f"an event sub-process with {len(drawn)} start events", "draw exactly one start event in it")
            return None
        start = self.spec.task_specs.get(drawn[0].id)
        if not isinstance(start, EventSubProcessStartSpec):
            return None
        spec.start = start
        start.activity = spec
        return spec

    def ad_hoc_sub_process(self, node: bpmn.SubProcess) -> FlowNodeSpec | None:
        """An ad-hoc sub-process, as Camunda 8 has it."""
        if self.dialect is Dialect.CAMUNDA7:
            self.findings.refuse(node, "the ad-hoc sub-process in Camunda 7", "draw a sub-process with an inclusive gateway instead")
            return None
        if self.dialect is Dialect.CAMUNDA8 and node.active_elements is None:
            self.findings.refuse(
                node, "an ad-hoc sub-process without active elements", "fill in Active elements > Active elements collection"
            )
            return None
        spec = AdHocSubProcessSpec(self.spec, node, words(node))
        spec.body = self.container(node.body, node.id, node)
        spec.inside = tuple(inner.id for inner in node.body.nodes.values() if not _starts_otherwise(inner))
        spec.elements = self.optional(node, "active elements collection", node.active_elements)
        spec.condition = self.optional(node, "completion condition", node.completion_condition)
        spec.cancels = node.cancel_remaining
        spec.sequential = node.sequential
        return spec

    def call_activity(self, node: bpmn.CallActivity) -> FlowNodeSpec | None:
        """A call activity."""
        if node.called_element is None:
            self.findings.refuse(node, "a call activity without a called element", "fill in the called process id")
            return None
        spec = CallActivitySpec(self.spec, node, words(node))
        spec.called = self.findings.formula(node, "called element", node.called_element)
        spec.binding_kind = node.binding.kind
        spec.binding_value = self.optional(node, "called element version", node.binding.value)
        spec.call_in = tuple(self.call_line(node, line, "in mapping") for line in node.call_inputs)
        spec.call_out = tuple(self.call_line(node, line, "out mapping") for line in node.call_outputs)
        spec.propagate_all_parent = node.propagate_all_parent
        # Output mappings replace the propagation of everything.
        spec.propagate_all_child = node.propagate_all_child
        spec.propagate_local = self.dialect is Dialect.CAMUNDA8
        return spec

    def call_line(self, node: bpmn.FlowNode, line: bpmn.VariableMapping, place: str) -> CallLine:
        """Compile one ``camunda:in`` or ``camunda:out``."""
        if line.business_key:
            return CallLine(None, business_key=self.findings.formula(node, "business key", line.source or NOTHING))
        if line.all_variables:
            return CallLine(None, all_variables=True, local=line.local)
        return CallLine(self.lines(node, (line,), place)[0], local=line.local)

    # Parts of flow nodes

    def job_task(self, node: bpmn.Activity, call: bpmn.HandlerCall) -> FlowNodeSpec:
        """A task that is a job."""
        spec = JobTaskSpec(self.spec, node, words(node))
        spec.job = self.job(node, call)
        return spec

    def expression_task(self, node: bpmn.Activity, call: bpmn.ExpressionCall) -> FlowNodeSpec:
        """A task that is computed in place."""
        spec = ExpressionTaskSpec(self.spec, node, words(node))
        spec.expression = self.findings.formula(node, "expression", call.expression)
        spec.result_variable = call.result_variable
        return spec

    def job(self, node: bpmn.FlowNode, call: bpmn.HandlerCall) -> Job:
        """Compile the call of a handler."""
        return Job(
            self.findings.formula(node, "implementation", call.name),
            retries=self.optional(node, "retries", call.retries),
            result_variable=call.result_variable,
            headers=call.headers,
        )

    def lines(self, node: bpmn.FlowNode, mappings: Sequence[bpmn.VariableMapping], place: str) -> tuple[MappingLine, ...]:
        """Compile the lines of a mapping."""
        dotted = self.dialect is Dialect.CAMUNDA8
        return tuple(
            MappingLine(
                tuple(line.target.split(".")) if dotted else (line.target,),
                source=self.optional(node, f"{place} {line.target!r}", line.source),
                items=None
                if line.items is None
                else tuple(self.findings.formula(node, f"{place} {line.target!r}", item) for item in line.items),
                entries=None
                if line.entries is None
                else tuple((key, self.findings.formula(node, f"{place} {line.target!r}", entry)) for key, entry in line.entries),
            )
            for line in mappings
        )

    def optional(self, node: bpmn.FlowNode, place: str, expression: Expression | None) -> Formula | None:
        """Compile an expression that may be missing."""
        return None if expression is None else self.findings.formula(node, place, expression)


def _listeners_of(spec: FlowNodeSpec) -> Listeners:
    if spec.listeners is None:
        spec.listeners = Listeners()
    return spec.listeners


def _starts_otherwise(node: bpmn.FlowNode) -> bool:
    """Say whether a node without incoming sequence flows is reached in another way than by the start of its container."""
    return (
        isinstance(node, bpmn.BoundaryEvent)
        or (isinstance(node, bpmn.SubProcess) and node.kind == "event")
        or (isinstance(node, bpmn.Activity) and node.for_compensation)
        or (isinstance(node, bpmn.IntermediateCatchEvent) and isinstance(node.event, bpmn.LinkEvent))
    )


def _body_nodes(node: bpmn.Activity) -> int:
    match node:
        case bpmn.SubProcess():
            return 2 + sum(1 for _ in node.body.walk())
        case bpmn.CallActivity():
            return _CALLED_STEPS
        case _:
            return 1


def _gateway(kind: type[FlowNodeSpec]) -> Callable[[_Compiler, Any], FlowNodeSpec]:
    return lambda compiler, node: kind(compiler.spec, node, words(node))


_BUILDERS: dict[type[bpmn.FlowNode], Callable[[_Compiler, Any], FlowNodeSpec | None]] = {
    bpmn.StartEvent: _Compiler.start_event,
    bpmn.IntermediateCatchEvent: _Compiler.catch_event,
    bpmn.IntermediateThrowEvent: _Compiler.throw_event,
    bpmn.EndEvent: _Compiler.throw_event,
    bpmn.BoundaryEvent: _Compiler.boundary_event,
    bpmn.NoneTask: _Compiler.plain_activity,
    bpmn.ManualTask: _Compiler.plain_activity,
    bpmn.UserTask: _Compiler.user_task,
    bpmn.ServiceTask: _Compiler.service_task,
    bpmn.SendTask: _Compiler.service_task,
    bpmn.ScriptTask: _Compiler.service_task,
    bpmn.BusinessRuleTask: _Compiler.business_rule_task,
    bpmn.ReceiveTask: _Compiler.receive_task,
    bpmn.SubProcess: _Compiler.sub_process,
    bpmn.CallActivity: _Compiler.call_activity,
    bpmn.ExclusiveGateway: _gateway(ExclusiveGatewaySpec),
    bpmn.ParallelGateway: _gateway(ParallelGatewaySpec),
    bpmn.InclusiveGateway: _gateway(InclusiveGatewaySpec),
    bpmn.EventBasedGateway: _gateway(EventBasedGatewaySpec),
}


def _sources(container: bpmn.Container, start: str, without: str) -> frozenset[str]:
    # Every node from which `start` can be reached without passing `without`; a boundary event is reached from its activity.
    if start == without:
        return frozenset()
    found = {start}
    todo = [start]
    while todo:
        node = container.nodes[todo.pop()]
        before = [container.flows[flow_id].source for flow_id in node.incoming]
        if isinstance(node, bpmn.BoundaryEvent):
            before.append(node.attached_to)
        if isinstance(node, bpmn.IntermediateCatchEvent) and isinstance(node.event, bpmn.LinkEvent):
            before += [other.id for other in container.nodes.values() if _leads_to(other, node.event)]
        for source in before:
            if source != without and source not in found:
                found.add(source)
                todo.append(source)
    return frozenset(found)


def _leads_to(node: bpmn.FlowNode, link: bpmn.LinkEvent) -> bool:
    return isinstance(node, bpmn.IntermediateThrowEvent) and isinstance(node.event, bpmn.LinkEvent) and node.event.name == link.name
