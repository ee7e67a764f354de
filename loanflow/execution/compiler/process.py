"""From the model of a process to a `Program`: containers, their flows, and what needs the whole graph.

What execution cannot do as drawn is refused here by name, all of it at once.
"""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import Any

from loanflow.bpmn import model as bpmn
from loanflow.bpmn.model import Dialect, Model
from loanflow.errors import DefinitionError
from loanflow.execution.compiler.activities import Activities, starts_otherwise
from loanflow.execution.compiler.parts import LISTEN_ELSEWHERE, connects, listeners_of
from loanflow.execution.findings import words
from loanflow.execution.flow_nodes.activities import (
    ActivitySpec,
    ReceiveTaskSpec,
)
from loanflow.execution.flow_nodes.base import Flow, FlowNodeSpec
from loanflow.execution.flow_nodes.containers import (
    EventSubProcessSpec,
    SubProcessSpec,
)
from loanflow.execution.flow_nodes.events import (
    ArmingStartEventSpec,
    BoundaryEventSpec,
    CatchSpec,
    LinkThrowSpec,
    StartEventSpec,
)
from loanflow.execution.flow_nodes.gateways import (
    EventBasedGatewaySpec,
    ExclusiveGatewaySpec,
    InclusiveGatewaySpec,
    ParallelGatewaySpec,
)
from loanflow.execution.flow_nodes.listeners import ProcessEndSpec
from loanflow.execution.mappings import Mappings
from loanflow.execution.program import Body, Program
from loanflow.execution.steering import CANCEL
from loanflow.execution.tokens import Beside, Stage
from loanflow.problems import Location, Problem, in_file_order


def compile_process(model: Model, process_id: str, *, program_id: str) -> Program:
    """Compile one process of a model; the program is known by ``program_id`` in snapshots and requests.

    Raises:
        DefinitionError: there is no such process, an expression cannot be read, or execution does not support something
            in it; every finding at once.
    """
    for process in model.processes:
        if process.id == process_id:
            return ProcessCompiler(model, process, program_id).program()
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


class ProcessCompiler(Activities):
    """Builds one process."""

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
            spec.seal()
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
        arms = self.dialect is Dialect.CAMUNDA8 and any(
            isinstance(node, bpmn.SubProcess) and node.kind == "event" for node in container.nodes.values()
        )
        for node in container.nodes.values():
            spec = self.node(node, around, arms=arms)
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
            compensable=self.find_compensable(container, specs) or bool(undoing),
            armed_by_start=any(isinstance(spec, ArmingStartEventSpec) for spec in specs.values()),
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
                    self.findings.refuse(node, "a listener on a sequence flow out of an event-based gateway", LISTEN_ELSEWHERE)
                listeners_of(target).by_flow[drawn.id] = tuple(self.listener(node, one) for one in drawn.listeners)
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
        # Of several the first is meant, as with everything that is caught.
        activity.compensation_handler = activity.compensation_handler or handler
        activity.compensable = True

    def find_compensable(self, container: bpmn.Container, specs: dict[str, FlowNodeSpec]) -> bool:
        """Mark the sub-processes inside of which something could be undone; say whether anything here could be."""
        for node in container.nodes.values():
            spec = specs.get(node.id)
            if isinstance(spec, SubProcessSpec) and spec.body.compensable and not isinstance(spec, EventSubProcessSpec):
                spec.compensable = True
        undoable = [spec for spec in specs.values() if isinstance(spec, ActivitySpec) and spec.compensable]
        for spec in undoable:
            spec.undone_each = spec.instances is not None and (spec.compensation_handler is None or self.dialect is Dialect.CAMUNDA7)
        return bool(undoable)

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
                        self.findings.refuse(node, "a start listener on an event behind an event-based gateway", LISTEN_ELSEWHERE)
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
            specs[node.id] for node in container.nodes.values() if node.id in specs and not node.incoming and not starts_otherwise(node)
        )

    # Flow nodes

    def node(self, node: bpmn.FlowNode, around: bpmn.SubProcess | None, *, arms: bool) -> FlowNodeSpec | None:
        """Build the spec of one flow node inside ``around``, or refuse it; ``arms`` is for its start event."""
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
        elif isinstance(node, bpmn.StartEvent):
            # Where it gives nothing, it makes no difference.
            spec = self.start_event(node, arms=arms and bool(node.outputs or node.listeners))
        else:
            spec = builder(self, node)
        if spec is None:
            return None
        self.listen(node, spec)
        connected = connects(node)
        local = self.dialect is Dialect.CAMUNDA8 or connected
        if node.inputs:
            spec.inputs_map = Mappings(self.lines(node, node.inputs, "input mapping"), cumulative=local)
        if node.outputs:
            outputs = Mappings(self.lines(node, node.outputs, "output mapping"), cumulative=False)
            if spec.listeners is not None and Stage.TELLING in spec.listeners.by_stage:
                spec.listeners.outputs = outputs
            else:
                spec.outputs_map = outputs
        spec.results_are_local = connected or (local and bool(node.outputs))
        spec.retry = self.retry(node, node.retry)
        if node.job_priority is not None:
            spec.priority = self.findings.formula(node, "job priority", node.job_priority)
            if node.job_priority.is_literal and not node.job_priority.text.strip().lstrip("+-").isdecimal():
                hint = "give a whole number, or an expression, under Properties panel > Job execution > Priority"
                self.findings.refuse(node, f"the job priority {node.job_priority.text!r}, which is no whole number", hint)
        if isinstance(node, bpmn.Activity) and isinstance(spec, ActivitySpec):
            self.activity(node, spec)
        return spec

    def listen_to_process(self, body: Body) -> FlowNodeSpec | None:
        """Let the start events run the process's own start listeners; return where its end listeners run, None without any."""
        stand_in = bpmn.NoneTask(id=self.process.id, name=self.process.name, line=self.process.line)
        starting = [self.listener(stand_in, one) for one in self.process.listeners if one.event == "start"]
        ending = [self.listener(stand_in, one) for one in self.process.listeners if one.event == "end"]
        others = [one for one in self.process.listeners if one.event not in ("start", "end")]
        if others:
            self.findings.refuse(stand_in, f"a process listener for {others[0].event!r}", LISTEN_ELSEWHERE)
        if starting:
            firsts = {spec.name: spec for spec in (*self.spec.task_specs.values(), *body.starts)}.values()
            for spec in firsts:
                if spec in body.starts or (isinstance(spec, StartEventSpec) and spec.top_level):
                    own = listeners_of(spec).by_stage.get(Stage.STARTING, ())
                    listeners_of(spec).by_stage[Stage.STARTING] = (*starting, *own)
        if not ending:
            return None
        spec = ProcessEndSpec(self.spec, stand_in, f'process "{self.process.name or self.process.id}"')
        listeners_of(spec).add(Stage.STARTING, ending)
        if self.dialect is Dialect.CAMUNDA7:
            for one in ending:
                listeners_of(spec).add_beside(Beside.CANCELLED, one)
        return spec


def _gateway(kind: type[FlowNodeSpec]) -> Callable[[ProcessCompiler, Any], FlowNodeSpec]:
    return lambda compiler, node: kind(compiler.spec, node, words(node))


_BUILDERS: dict[type[bpmn.FlowNode], Callable[[ProcessCompiler, Any], FlowNodeSpec | None]] = {
    bpmn.StartEvent: ProcessCompiler.start_event,
    bpmn.IntermediateCatchEvent: ProcessCompiler.catch_event,
    bpmn.IntermediateThrowEvent: ProcessCompiler.throw_event,
    bpmn.EndEvent: ProcessCompiler.throw_event,
    bpmn.BoundaryEvent: ProcessCompiler.boundary_event,
    bpmn.NoneTask: ProcessCompiler.plain_activity,
    bpmn.ManualTask: ProcessCompiler.plain_activity,
    bpmn.UserTask: ProcessCompiler.user_task,
    bpmn.ServiceTask: ProcessCompiler.service_task,
    bpmn.SendTask: ProcessCompiler.service_task,
    bpmn.ScriptTask: ProcessCompiler.service_task,
    bpmn.BusinessRuleTask: ProcessCompiler.business_rule_task,
    bpmn.ReceiveTask: ProcessCompiler.receive_task,
    bpmn.SubProcess: ProcessCompiler.sub_process,
    bpmn.CallActivity: ProcessCompiler.call_activity,
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
