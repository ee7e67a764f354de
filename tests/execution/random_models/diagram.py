"""A random process as a file: BPMN as Camunda Modeler writes it for version 7 or 8, without the drawing's coordinates."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from xml.sax.saxutils import quoteattr

from tests.execution.random_models.blocks import (
    Activity,
    AdHoc,
    Block,
    Boundary,
    Cancel,
    Catch,
    Choice,
    Compensate,
    Escalate,
    Handler,
    Instances,
    Link,
    Loop,
    Meet,
    Parallel,
    Pass,
    Race,
    RandomProcess,
    Repeat,
    Script,
    Send,
    Sequence,
    Several,
    Stop,
    Terminate,
    Throw,
    Waiting,
    inside,
)
from tests.execution.random_models.board import loops_of

_HEADS = {
    "spec": "",
    "camunda7": (
        'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" modeler:executionPlatform="Camunda Platform" '
        'modeler:executionPlatformVersion="7.24.0"'
    ),
    "camunda8": (
        'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" modeler:executionPlatform="Camunda Cloud" '
        'modeler:executionPlatformVersion="8.8.0"'
    ),
}


def to_bpmn(process: RandomProcess, writer: Writer | None = None) -> bytes:
    """Return the file; its first process is ``process``, the others are those it calls."""
    if writer is None:
        writer = Camunda7Writer() if process.dialect == "camunda7" else Camunda8Writer()
    writer.process("process", process.body, process.handlers)
    for part in (process.body, *(handler.body for handler in process.handlers)):
        for block in inside(part):
            if isinstance(block, Activity) and block.kind == "call":
                assert block.body is not None
                writer.process(block.id, block.body, block.handlers)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
        'xmlns:modeler="http://camunda.org/schema/modeler/1.0" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        f'{_HEADS[process.dialect]} id="definitions" targetNamespace="http://bpmn.io/schema/bpmn">\n'
        + "\n".join([*writer.processes, *writer.globals.values()])
        + "\n</bpmn:definitions>\n"
    ).encode()


_places = count()


@dataclass(frozen=True)
class Exit:
    """Where a sequence flow leaves a flow node; ``condition`` None means always, ``default`` marks the default flow.

    ``place`` says which flow comes first in the document: the one that was begun first.
    """

    source: str
    condition: str | None = None
    default: bool = False
    place: int = field(default_factory=_places.__next__)


@dataclass
class _Drawn:
    # One container while it is drawn: nodes as [tag, id, attributes, inner lines].
    nodes: dict[str, tuple[str, dict[str, str], list[str]]] = field(default_factory=dict)
    flows: dict[int, str] = field(default_factory=dict)


class Writer:
    """Draws blocks; what the two versions write differently is in the subclasses."""

    def __init__(self) -> None:
        self.processes: list[str] = []
        self.globals: dict[str, str] = {}
        self.drawn = _Drawn()
        self.count = 0

    # What the versions write differently

    def condition(self, text: str) -> str:
        raise NotImplementedError

    def script(self, result: str, text: str) -> tuple[dict[str, str], list[str]]:
        raise NotImplementedError

    def job(self, topic: str) -> tuple[dict[str, str], list[str]]:
        raise NotImplementedError

    def sending(self, event: str, topic: str) -> tuple[dict[str, str], list[str]]:
        raise NotImplementedError

    def conditional(self, variable: str, *, filtered: bool) -> str:
        raise NotImplementedError

    def active(self, collection: str) -> str:
        raise NotImplementedError

    def call(self, block: Activity) -> tuple[dict[str, str], list[str]]:
        raise NotImplementedError

    def inputs(self, names: list[str]) -> list[str]:
        raise NotImplementedError

    def many(self, block: Activity) -> str:
        raise NotImplementedError

    def message_key(self) -> str:
        return ""

    # Containers

    def process(self, key: str, body: Sequence, handlers: tuple[Handler, ...]) -> None:
        text = self.container(key, body, handlers)
        self.processes.append(f'<bpmn:process id="{key}_process" isExecutable="true">\n{text}\n</bpmn:process>')

    def container(self, key: str, body: Sequence, handlers: tuple[Handler, ...] = (), start: Handler | None = None) -> str:
        around, self.drawn = self.drawn, _Drawn()
        for handler in handlers:
            self.node("subProcess", handler.id, [], {"triggeredByEvent": "true"}, [self.container(handler.id, handler.body, start=handler)])
        trigger = [] if start is None else self.triggers(start, f"{start.id}_start", start.code, interrupting=start.interrupting)
        attributes = {"isInterrupting": "false"} if start is not None and not start.interrupting else {}
        self.node("startEvent", f"{key}_start", [], attributes, trigger)
        left = self.block(body, [Exit(f"{key}_start")])
        if left:
            self.node("endEvent", f"{key}_end", left)
        return self.written(around)

    def written(self, around: _Drawn) -> str:
        """Return what is drawn, and go on with what is drawn around it."""
        text = "\n".join(
            f"<bpmn:{tag} id={quoteattr(node_id)}{''.join(f' {name}={quoteattr(value)}' for name, value in attributes.items())}>"
            f"{''.join(inner).replace('</bpmn:extensionElements><bpmn:extensionElements>', '')}</bpmn:{tag}>"
            for node_id, (tag, attributes, inner) in self.drawn.nodes.items()
        )
        text += "\n" + "\n".join(flow for _, flow in sorted(self.drawn.flows.items()))
        self.drawn = around
        return text

    # Nodes and flows

    def node(
        self, tag: str, node_id: str, came: list[Exit], attributes: dict[str, str] | None = None, inner: list[str] | None = None
    ) -> list[Exit]:
        self.drawn.nodes[node_id] = (tag, dict(attributes or {}), list(inner or []))
        for leaving in came:
            self.flow(leaving, node_id)
        return [Exit(node_id)]

    def flow(self, leaving: Exit, target: str) -> None:
        self.count += 1
        flow = f"f{self.count}"
        condition = ""
        if leaving.condition is not None:
            text = _escaped(self.condition(leaving.condition))
            condition = f'<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">{text}</bpmn:conditionExpression>'
        if leaving.default:
            self.drawn.nodes[leaving.source][1]["default"] = flow
        self.drawn.flows[leaving.place] = (
            f'<bpmn:sequenceFlow id="{flow}" sourceRef="{leaving.source}" targetRef="{target}">{condition}</bpmn:sequenceFlow>'
        )

    def gateway(self, tag: str, came: list[Exit]) -> list[Exit]:
        self.count += 1
        return self.node(f"{tag}Gateway", f"gateway_{self.count}", came)

    def merged(self, left: list[Exit]) -> list[Exit]:
        """Return one exit: several meet in an exclusive gateway."""
        return self.gateway("exclusive", left) if len(left) > 1 else left

    def triggers(self, event: Waiting, name: str, code: str | None = None, *, interrupting: bool = True) -> list[str]:
        # What is not interrupting happens again whenever a variable changes that it may concern.
        return [
            self.conditional(event.variable, filtered=not interrupting)
            if kind == "condition"
            else self.event(kind, f"{name}_{kind}" if "+" in event.kind else name, code)
            for kind in event.triggers
        ]

    def event(self, kind: str, name: str, code: str | None = None) -> str:
        if kind == "timer":
            return (
                '<bpmn:timerEventDefinition><bpmn:timeDuration xsi:type="bpmn:tFormalExpression">P1D</bpmn:timeDuration>'
                "</bpmn:timerEventDefinition>"
            )
        if kind in ("message", "signal"):
            key = self.message_key() if kind == "message" else ""
            self.globals[f"{kind}_{name}"] = f'<bpmn:{kind} id="{kind}_{name}" name="{name}">{key}</bpmn:{kind}>'
            return f'<bpmn:{kind}EventDefinition {kind}Ref="{kind}_{name}" />'
        if kind in ("error", "escalation") and code is not None:
            self.globals[f"{kind}_{code}"] = f'<bpmn:{kind} id="{kind}_{code}" name="{code}" {kind}Code="{code}" />'
            return f'<bpmn:{kind}EventDefinition {kind}Ref="{kind}_{code}" />'
        return f"<bpmn:{kind}EventDefinition />"

    # Blocks

    def block(self, block: Block, came: list[Exit]) -> list[Exit]:
        """Draw the block behind ``came``, and return where it is left."""
        match block:
            case Sequence(blocks):
                for each in blocks:
                    came = self.block(each, came)
                return came
            case Pass():
                return self.node("task", block.id, came)
            case Script():
                return self.scripted(block.id, block.counter, f"{block.counter} + 1", came)
            case Catch():
                every = {"parallelMultiple": "true"} if block.every else {}
                return self.node("intermediateCatchEvent", block.id, came, every, self.triggers(block, block.id))
            case Link():
                self.link("Throw", f"{block.id}_out", block.id, came)
                return self.link("Catch", f"{block.id}_in", block.id, [])
            case Send():
                left = self.send(block, came)
                return [] if block.ends else left
            case Choice():
                split = self.gateway("exclusive", came)[0].source
                last = len(block.branches) - 1
                doors = [Exit(split, f"{block.variable} <= {number}") for number in range(last)] + [Exit(split, default=True)]
                left = [self.block(branch, [door]) for branch, door in zip(block.branches, doors, strict=True)]
                return self.met(block, left)
            case Parallel():
                split = self.split("parallel", block.id, block.gateway, came)
                left = [leaving for branch in block.branches for leaving in self.merged(self.block(branch, [Exit(split)]))]
                return self.gateway("parallel", left) if len(left) > 1 else left
            case Several():
                split = self.split("inclusive", block.id, block.gateway, came)
                last = len(block.branches) - 1
                doors = [Exit(split, f"{block.variable(number)} > 0") for number in range(last)] + [Exit(split, default=True)]
                if block.always:
                    doors[0] = Exit(split)
                left = [
                    leaving
                    for branch, door in zip(block.branches, doors, strict=True)
                    for leaving in self.merged(self.block(branch, [door]))
                ]
                return self.gateway("inclusive", left) if len(left) > 1 else left
            case Loop():
                first = self.scripted(f"{block.id}_start", block.counter, "0", came)
                merge = self.gateway("exclusive", first)
                done = self.block(block.body, merge)
                counted = self.scripted(f"{block.id}_count", block.counter, f"{block.counter} + 1", done)
                split = self.gateway("exclusive", counted)[0].source
                self.flow(Exit(split, f"{block.counter} < {block.limit}"), merge[0].source)
                return [Exit(split, default=True)]
            case Race():
                gateway = self.gateway("eventBased", came)[0].source
                left = []
                for catch, path in block.branches:
                    left += self.block(path, self.block(catch, [Exit(gateway)]))
                return self.merged(left) if block.merged else left
            case Meet():
                split = self.gateway("parallel", self.merged(came))[0].source
                left = [leaving for branch in block.branches for leaving in self.block(branch, [Exit(split)])]
                self.node("endEvent", f"{block.id}_end", self.node("userTask", block.task, left))
                return []
            case Activity():
                return self.activity(block, came)
            case Stop():
                self.node("endEvent", block.id, came)
                return []
            case Throw():
                self.node("endEvent", block.id, came, inner=[self.event("error", block.id, block.code)])
                return []
            case Terminate():
                self.node("endEvent", block.id, came, inner=[self.event("terminate", block.id)])
                return []
            case Cancel():
                self.node("endEvent", block.id, came, inner=[self.event("cancel", block.id)])
                return []
            case Escalate():
                tag = "endEvent" if block.ends else "intermediateThrowEvent"
                left = self.node(tag, block.id, came, inner=[self.event("escalation", block.id, block.code)])
                return [] if block.ends else left
            case Compensate():
                return self.node("intermediateThrowEvent", block.id, came, inner=[self.event("compensate", block.id)])

    def met(self, block: Choice, left: list[list[Exit]]) -> list[Exit]:
        """Let the branches of a choice meet."""
        flat = [leaving for each in left for leaving in each]
        if block.meeting != "link" or not flat:
            return self.merged(flat) if block.meeting == "gateway" else flat
        for number, each in enumerate(left):
            if each:
                self.link("Throw", f"{block.id}_out{number}", block.id, each)
        return self.link("Catch", f"{block.id}_in", block.id, [])

    def link(self, which: str, node_id: str, name: str, came: list[Exit]) -> list[Exit]:
        return self.node(f"intermediate{which}Event", node_id, came, inner=[f'<bpmn:linkEventDefinition name="{name}" />'])

    def send(self, block: Send, came: list[Exit]) -> list[Exit]:
        event = self.event("message", block.id)
        attributes, inner = self.sending(event, block.id) if block.work else ({}, [event])
        return self.node("endEvent" if block.ends else "intermediateThrowEvent", block.id, came, attributes, inner)

    def split(self, tag: str, block_id: str, gateway: bool, came: list[Exit]) -> str:
        """Draw a gateway, or a task that splits by itself."""
        came = self.merged(came)
        return (self.gateway(tag, came) if gateway else self.node("task", block_id, came))[0].source

    def scripted(self, node_id: str, result: str, text: str, came: list[Exit]) -> list[Exit]:
        attributes, inner = self.script(result, text)
        return self.node("scriptTask", node_id, came, attributes, inner)

    def activity(self, block: Activity, came: list[Exit]) -> list[Exit]:
        tags = {"user": "userTask", "service": "serviceTask", "sub": "subProcess", "transaction": "transaction", "call": "callActivity"}
        tags["ad_hoc"] = "adHocSubProcess"
        attributes: dict[str, str] = {}
        inner: list[str] = []
        if block.kind == "service":
            attributes, inner = self.job(block.id)
        elif block.kind == "call":
            attributes, inner = self.call(block)
        elif block.kind in ("sub", "transaction", "ad_hoc"):
            if block.ad_hoc is not None:
                attributes, inner = self.ad_hoc(block, block.ad_hoc)
            else:
                assert block.body is not None
                inner = [self.container(block.id, block.body, block.handlers)]
            if isinstance(block.instances, Instances) and (counters := [loop.counter for loop in loops_of(block)]):
                inner = [*self.inputs(counters), *inner]
        if isinstance(block.instances, Instances):
            inner.append(self.many(block))
        elif isinstance(block.instances, Repeat):
            inner.append(self.repeat(block, block.instances))
        if block.save_point:
            attributes["camunda:asyncBefore"] = "true"
        left = self.node(tags[block.kind], block.id, came, attributes, inner)
        for boundary in block.boundaries:
            left += self.boundary(block, boundary)
        if block.undo is not None:
            self.undo(block, block.undo)
        return self.merged(left) if block.merged else left

    def ad_hoc(self, block: Activity, ad_hoc: AdHoc) -> tuple[dict[str, str], list[str]]:
        """Draw an ad-hoc sub-process: ways without start or end event."""
        around, self.drawn = self.drawn, _Drawn()
        for way in ad_hoc.ways:
            self.block(way, [])
        active, condition = self.active(block.active), _escaped(self.condition(f"{block.enough} > 0"))
        enough = f'<bpmn:completionCondition xsi:type="bpmn:tFormalExpression">{condition}</bpmn:completionCondition>'
        attributes = {} if ad_hoc.cancels else {"cancelRemainingInstances": "false"}
        return attributes | ({"ordering": "Sequential"} if ad_hoc.sequential else {}), [active, self.written(around), enough]

    def repeat(self, block: Activity, repeat: Repeat) -> str:
        condition = _escaped(self.condition(f"{block.again} > 0"))
        return (
            f'<bpmn:standardLoopCharacteristics testBefore="{str(repeat.test_before).lower()}" loopMaximum="{repeat.maximum}">'
            f'<bpmn:loopCondition xsi:type="bpmn:tFormalExpression">{condition}</bpmn:loopCondition></bpmn:standardLoopCharacteristics>'
        )

    def undo(self, block: Activity, undo: Script) -> None:
        border = f"{undo.id}_border"
        self.node("boundaryEvent", border, [], {"attachedToRef": block.id}, [self.event("compensate", border)])
        attributes, inner = self.script(undo.counter, f"{undo.counter} + 1")
        self.node("scriptTask", undo.id, [], attributes | {"isForCompensation": "true"}, inner)
        exit_ = Exit(border)
        self.drawn.flows[exit_.place] = (
            f'<bpmn:association id="{undo.id}_link" sourceRef="{border}" targetRef="{undo.id}" associationDirection="One" />'
        )

    def boundary(self, block: Activity, boundary: Boundary) -> list[Exit]:
        attributes = {"attachedToRef": block.id} | ({} if boundary.interrupting else {"cancelActivity": "false"})
        events = self.triggers(boundary, boundary.id, boundary.code, interrupting=boundary.interrupting)
        left = self.block(boundary.path, self.node("boundaryEvent", boundary.id, [], attributes, events))
        if boundary.rejoins or not left:
            return left
        self.node("endEvent", f"{boundary.id}_end", left)
        return []


class Camunda7Writer(Writer):
    def condition(self, text: str) -> str:
        return f"${{{text}}}"

    def script(self, result: str, text: str) -> tuple[dict[str, str], list[str]]:
        return {"scriptFormat": "feel", "camunda:resultVariable": result}, [f"<bpmn:script>{text}</bpmn:script>"]

    def job(self, topic: str) -> tuple[dict[str, str], list[str]]:
        return {"camunda:type": "external", "camunda:topic": topic}, []

    def sending(self, event: str, topic: str) -> tuple[dict[str, str], list[str]]:
        return {}, [event.replace(" />", f' camunda:type="external" camunda:topic="{topic}" />')]

    def conditional(self, variable: str, *, filtered: bool) -> str:
        name = f' camunda:variableName="{variable}"' if filtered else ""
        return _conditional(self.condition(f"{variable} > 0"), attribute=name)

    def call(self, block: Activity) -> tuple[dict[str, str], list[str]]:
        outputs = "".join(f'<camunda:out source="{name}" target="{name}" />' for name in block.outputs)
        extension = f'<bpmn:extensionElements><camunda:in variables="all" />{outputs}</bpmn:extensionElements>'
        return {"calledElement": f"{block.id}_process"}, [extension]

    def inputs(self, names: list[str]) -> list[str]:
        given = "".join(f'<camunda:inputParameter name="{name}">${{0}}</camunda:inputParameter>' for name in names)
        return [f"<bpmn:extensionElements><camunda:inputOutput>{given}</camunda:inputOutput></bpmn:extensionElements>"]

    def many(self, block: Activity) -> str:
        assert isinstance(block.instances, Instances)
        sequential = ' isSequential="true"' if block.instances.sequential else ""
        given = f'camunda:collection="${{{block.collection}}}" camunda:elementVariable="{block.item}"'
        enough = ""
        if block.instances.enough is not None:
            text = _escaped(f"${{nrOfCompletedInstances >= {block.instances.enough}}}")
            enough = f'<bpmn:completionCondition xsi:type="bpmn:tFormalExpression">{text}</bpmn:completionCondition>'
        return f"<bpmn:multiInstanceLoopCharacteristics{sequential} {given}>{enough}</bpmn:multiInstanceLoopCharacteristics>"


class Camunda8Writer(Writer):
    def condition(self, text: str) -> str:
        return f"={text}"

    def script(self, result: str, text: str) -> tuple[dict[str, str], list[str]]:
        return {}, [f'<bpmn:extensionElements><zeebe:script expression="={text}" resultVariable="{result}" /></bpmn:extensionElements>']

    def job(self, topic: str) -> tuple[dict[str, str], list[str]]:
        return {}, [f'<bpmn:extensionElements><zeebe:taskDefinition type="{topic}" /></bpmn:extensionElements>']

    def sending(self, event: str, topic: str) -> tuple[dict[str, str], list[str]]:
        attributes, inner = self.job(topic)
        return attributes, [*inner, event]

    def conditional(self, variable: str, *, filtered: bool) -> str:
        names = f'<bpmn:extensionElements><zeebe:conditionalFilter variableNames="{variable}" /></bpmn:extensionElements>'
        return _conditional(self.condition(f"{variable} > 0"), extension=names if filtered else "")

    def active(self, collection: str) -> str:
        return f'<bpmn:extensionElements><zeebe:adHoc activeElementsCollection="={collection}" /></bpmn:extensionElements>'

    def call(self, block: Activity) -> tuple[dict[str, str], list[str]]:
        outputs = "".join(f'<zeebe:output source="={name}" target="{name}" />' for name in block.outputs)
        mapping = f"<zeebe:ioMapping>{outputs}</zeebe:ioMapping>" if outputs else ""
        called = f'<zeebe:calledElement processId="{block.id}_process" propagateAllChildVariables="false" />'
        return {}, [f"<bpmn:extensionElements>{called}{mapping}</bpmn:extensionElements>"]

    def inputs(self, names: list[str]) -> list[str]:
        given = "".join(f'<zeebe:input source="=0" target="{name}" />' for name in names)
        return [f"<bpmn:extensionElements><zeebe:ioMapping>{given}</zeebe:ioMapping></bpmn:extensionElements>"]

    def many(self, block: Activity) -> str:
        assert isinstance(block.instances, Instances)
        sequential = ' isSequential="true"' if block.instances.sequential else ""
        given = f'<zeebe:loopCharacteristics inputCollection="={block.collection}" inputElement="{block.item}" />'
        enough = ""
        if block.instances.enough is not None:
            text = _escaped(f"=numberOfCompletedInstances >= {block.instances.enough}")
            enough = f'<bpmn:completionCondition xsi:type="bpmn:tFormalExpression">{text}</bpmn:completionCondition>'
        return (
            f"<bpmn:multiInstanceLoopCharacteristics{sequential}><bpmn:extensionElements>{given}</bpmn:extensionElements>{enough}"
            "</bpmn:multiInstanceLoopCharacteristics>"
        )

    def message_key(self) -> str:
        return '<bpmn:extensionElements><zeebe:subscription correlationKey="=key" /></bpmn:extensionElements>'


def _conditional(condition: str, *, attribute: str = "", extension: str = "") -> str:
    text = f'<bpmn:condition xsi:type="bpmn:tFormalExpression">{_escaped(condition)}</bpmn:condition>'
    return f"<bpmn:conditionalEventDefinition{attribute}>{extension}{text}</bpmn:conditionalEventDefinition>"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
