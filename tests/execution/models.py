"""Small processes for stories, written in a few lines: flow nodes, and flows as text.

``flows`` has one chain per line, ``a -> b -> c``; a condition follows a colon (``gate -> b: x > 1``), ``default`` marks the
default flow. Flow ids are ``source-target``; a second flow between the same nodes ends in ``#2``.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

from loanflow.bpmn import model as bpmn
from loanflow.bpmn.model import Container, Dialect, Expression, FlowNode, Language, Model, Process, SequenceFlow
from loanflow.execution import Program, compile_process


def feel(text: str) -> Expression:
    return Expression(text=text, language=Language.FEEL)


def juel(text: str) -> Expression:
    return Expression(text=text, language=Language.JUEL)


def text(value: str) -> Expression:
    return Expression(text=value, language=Language.LITERAL)


def expression(value: str) -> Expression:
    """``=...`` is FEEL, ``${...}`` JUEL, anything else itself."""
    if value.startswith("="):
        return feel(value[1:])
    return juel(value) if "${" in value else text(value)


def start(id: str = "start", event: bpmn.EventDefinition | None = None, **more: Any) -> bpmn.StartEvent:
    return bpmn.StartEvent(id=id, event=event, **more)


def end(id: str = "end", event: bpmn.EventDefinition | None = None, **more: Any) -> bpmn.EndEvent:
    return bpmn.EndEvent(id=id, event=event, **more)


def user(id: str, **more: Any) -> bpmn.UserTask:
    return bpmn.UserTask(id=id, **more)


def manual(id: str, **more: Any) -> bpmn.ManualTask:
    return bpmn.ManualTask(id=id, **more)


def none(id: str, **more: Any) -> bpmn.NoneTask:
    return bpmn.NoneTask(id=id, **more)


def service(id: str, handler: str | None = None, **more: Any) -> bpmn.ServiceTask:
    return bpmn.ServiceTask(id=id, implementation=call(handler or id), **more)


def call(handler: str, **more: Any) -> bpmn.HandlerCall:
    return bpmn.HandlerCall(name=expression(handler), kind="taskDefinition", **more)


def script(id: str, source: str, into: str | None = None, **more: Any) -> bpmn.ScriptTask:
    return bpmn.ScriptTask(id=id, implementation=bpmn.ExpressionCall(expression=feel(source), result_variable=into), **more)


def rule(id: str, decision: str, into: str | None = "result", **more: Any) -> bpmn.BusinessRuleTask:
    return bpmn.BusinessRuleTask(id=id, implementation=bpmn.DecisionCall(decision=expression(decision), result_variable=into), **more)


def exclusive(id: str, **more: Any) -> bpmn.ExclusiveGateway:
    return bpmn.ExclusiveGateway(id=id, **more)


def parallel(id: str, **more: Any) -> bpmn.ParallelGateway:
    return bpmn.ParallelGateway(id=id, **more)


def inclusive(id: str, **more: Any) -> bpmn.InclusiveGateway:
    return bpmn.InclusiveGateway(id=id, **more)


def event_based(id: str, **more: Any) -> bpmn.EventBasedGateway:
    return bpmn.EventBasedGateway(id=id, **more)


def catch(id: str, event: bpmn.EventDefinition, **more: Any) -> bpmn.IntermediateCatchEvent:
    return bpmn.IntermediateCatchEvent(id=id, event=event, **more)


def throw(id: str, event: bpmn.EventDefinition | None = None, **more: Any) -> bpmn.IntermediateThrowEvent:
    return bpmn.IntermediateThrowEvent(id=id, event=event, **more)


def boundary(id: str, on: str, event: bpmn.EventDefinition, *, interrupting: bool = True, **more: Any) -> bpmn.BoundaryEvent:
    return bpmn.BoundaryEvent(id=id, attached_to=on, event=event, cancel_activity=interrupting, **more)


def receive(id: str, message: str, key: str | None = None, **more: Any) -> bpmn.ReceiveTask:
    return bpmn.ReceiveTask(id=id, message=message_of(message, key), **more)


def timer(value: str) -> bpmn.TimerEvent:
    """The kind follows from the text: ``R...`` cycle, ``P...`` duration, else date; ``cycle:=...`` says it."""
    kinds = {"cycle": bpmn.TimerKind.CYCLE, "duration": bpmn.TimerKind.DURATION, "date": bpmn.TimerKind.DATE}
    head, _, rest = value.partition(":")
    if head in kinds:
        return bpmn.TimerEvent(kind=kinds[head], value=expression(rest))
    kind = "cycle" if value.startswith("R") else "duration" if value.startswith("P") else "date"
    return bpmn.TimerEvent(kind=kinds[kind], value=expression(value))


def message_of(name: str, key: str | None = None) -> bpmn.Message:
    return bpmn.Message(id=f"message-{name}", name=expression(name), correlation_key=None if key is None else expression(key))


def message(name: str, key: str | None = None, handler: str | None = None) -> bpmn.MessageEvent:
    return bpmn.MessageEvent(message=message_of(name, key), handler=None if handler is None else call(handler))


def signal(name: str) -> bpmn.SignalEvent:
    return bpmn.SignalEvent(name=expression(name))


def error(code: str | None = None, **more: Any) -> bpmn.ErrorEvent:
    return bpmn.ErrorEvent(code=None if code is None else expression(code), **more)


def escalation(code: str | None = None, **more: Any) -> bpmn.EscalationEvent:
    return bpmn.EscalationEvent(code=None if code is None else expression(code), **more)


def conditional(condition: str) -> bpmn.ConditionalEvent:
    return bpmn.ConditionalEvent(condition=feel(condition))


def terminate() -> bpmn.TerminateEvent:
    return bpmn.TerminateEvent()


def many(
    collection: str | None = None, *, sequential: bool = False, times: str | None = None, until: str | None = None, **more: Any
) -> Any:
    """A multi-instance marker."""
    return bpmn.MultiInstance(
        sequential=sequential,
        collection=None if collection is None else expression(collection),
        cardinality=None if times is None else expression(times),
        completion_condition=None if until is None else expression(until),
        **more,
    )


def sub_process(id: str, *nodes: FlowNode, flows: str, dialect: Dialect = Dialect.CAMUNDA8, **more: Any) -> bpmn.SubProcess:
    return bpmn.SubProcess(id=id, body=container(nodes, flows, dialect), **more)


def call_activity(id: str, process: str, **more: Any) -> bpmn.CallActivity:
    return bpmn.CallActivity(id=id, called_element=expression(process), **more)


def mapping(target: str = "", source: str | None = None, **more: Any) -> bpmn.VariableMapping:
    return bpmn.VariableMapping(target=target, source=None if source is None else expression(source), **more)


def container(nodes: tuple[FlowNode, ...], flows: str, dialect: Dialect) -> Container:
    drawn: dict[str, SequenceFlow] = {}
    defaults: dict[str, str] = {}
    for line in filter(None, (line.strip() for line in flows.splitlines())):
        chain, _, condition = line.partition(":")
        stops = [stop.strip() for stop in chain.split("->")]
        for number, (source, target) in enumerate(pairwise(stops)):
            flow_id = f"{source}-{target}"
            while flow_id in drawn:
                flow_id += "#2"
            guard = condition.strip() if number == len(stops) - 2 else ""
            compiled = None
            if guard == "default":
                defaults[source] = flow_id
            elif guard:
                compiled = juel("${" + guard + "}") if dialect is Dialect.CAMUNDA7 else feel(guard)
            drawn[flow_id] = SequenceFlow(id=flow_id, source=source, target=target, condition=compiled)
    connected = {
        node.id: replace(
            node,
            incoming=tuple(flow.id for flow in drawn.values() if flow.target == node.id),
            outgoing=tuple(flow.id for flow in drawn.values() if flow.source == node.id),
            default_flow=defaults.get(node.id),
        )
        for node in nodes
    }
    return Container(nodes=connected, flows=drawn)


def model(*nodes: FlowNode, flows: str, id: str = "story", dialect: Dialect = Dialect.CAMUNDA8) -> Model:
    process = Process(id=id, name=None, executable=True, body=container(nodes, flows, dialect))
    return Model(file=f"{id}.bpmn", dialect=dialect, platform_version=None, processes=(process,))


def program(*nodes: FlowNode, flows: str, id: str = "story", dialect: Dialect = Dialect.CAMUNDA8) -> Program:
    """Compile a process; its program id is ``<id>:1``."""
    return compile_process(model(*nodes, flows=flows, id=id, dialect=dialect), id, program_id=f"{id}:1")
