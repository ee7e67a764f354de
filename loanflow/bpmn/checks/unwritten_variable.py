"""Variables that are read before anything can have written them.

Only where the diagram tells who writes what: a job, a message or a form that is not known may bring any variable, and then
nothing is said about what comes after it. A case that is started without a form may bring any variable too, but one that the
process itself writes, and only later, is not expected from outside.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from loanflow.bpmn.checks.expression_syntax import names_in
from loanflow.bpmn.checks.expressions import Site, sites
from loanflow.bpmn.checks.nearest import nearest_hint
from loanflow.bpmn.checks.paths import reachable, successors
from loanflow.bpmn.checks.scene import Scene
from loanflow.bpmn.checks.token_game import MOST_NODES
from loanflow.bpmn.model import (
    Activity,
    BusinessRuleTask,
    CallActivity,
    ConditionalEvent,
    Container,
    Dialect,
    ErrorEvent,
    EscalationEvent,
    ExpressionCall,
    FlowNode,
    FormReference,
    HandlerCall,
    IntermediateThrowEvent,
    LinkEvent,
    Process,
    ReceiveTask,
    ScriptTask,
    SendTask,
    SequenceFlow,
    ServiceTask,
    StartEvent,
    SubProcess,
    TimerEvent,
    UserTask,
)
from loanflow.bpmn.model.events import BoundaryEvent, EndEvent, Event, IntermediateCatchEvent
from loanflow.problems import Problem, Severity

CODE = "bpmn/unwritten-variable"

_READ_LATER = ("Outputs ", "Out mappings ", "Multi-instance > ", "Form fields ", "Loop")
"""Fields that are read when the element has done its work, with what that brought."""
_GIVEN = frozenset({"execution", "task", "loopCounter", "nrOfInstances", "nrOfActiveInstances", "nrOfCompletedInstances"})
"""Names that the engine itself gives."""


@dataclass(frozen=True, slots=True)
class Writes:
    """The variables that an element writes; ``anything`` where it may bring others that the diagram does not name."""

    names: frozenset[str] = frozenset()
    anything: bool = False


def find(scene: Scene) -> Iterator[Problem]:
    """Yield a warning for each place that reads a variable before anything before it can have written it."""
    by_process = {process.id: process for process in scene.processes}
    found: dict[str, list[Site]] = {one: [] for one in by_process}
    owners = {node.id: scope.process.id for scope, node in scene.nodes()}
    for site in sites(scene):
        owner = owners.get(site.element.source if isinstance(site.element, SequenceFlow) else site.element.id)
        if owner is not None and not site.property.startswith(_READ_LATER):
            found[owner].append(site)
    for process_id, places in found.items():
        process = by_process[process_id]
        if not process.listeners and sum(1 for _ in process.body.walk()) <= MOST_NODES:
            yield from _process(scene, process, places)


def _process(scene: Scene, process: Process, places: list[Site]) -> Iterator[Problem]:
    writers = {node.id: _writes(scene, process, node) for node in process.body.walk()}
    aside = {inner.id for node in process.body.walk() if _is_aside(node) for inner in (node, *_body(node).walk())}
    before = _before(process.body)
    local = dict(_local_names(process.body, frozenset()))
    known = frozenset[str]().union(*(one.names for one in writers.values()))
    told: set[tuple[str, str]] = set()
    for site in places:
        element = site.element
        reader = element.source if isinstance(element, SequenceFlow) else element.id
        if reader in aside or reader not in before:
            continue
        # A flow's condition is looked at when the node before it is done.
        earlier = before[reader] | ({reader} if isinstance(element, SequenceFlow) else set[str]()) | aside
        for name in sorted(_names(scene, site) - local[reader] - _GIVEN):
            if (reader, name) in told or name in (scene.handlers or ()):
                continue
            writes = [writers[one] for one in earlier if one in writers]
            if any(name in one.names for one in writes) or not _is_expected(scene, process, earlier, writers, name, reader):
                continue
            told.add((reader, name))
            yield _finding(scene, site, name, known)


def _is_expected(scene: Scene, process: Process, earlier: set[str], writers: Mapping[str, Writes], name: str, reader: str) -> bool:
    """Say whether nothing before the reader can bring the variable from outside."""
    open_ended = {one for one in earlier if one in writers and writers[one].anything}
    if not open_ended:
        return True
    if any(not isinstance(process.body.nodes.get(one), StartEvent) for one in open_ended):
        return False
    # Only the start is open: what the process itself writes later is not meant to come with it.
    later = {one for one, writes in writers.items() if name in writes.names}
    return bool(later - {reader})


def _finding(scene: Scene, site: Site, name: str, known: frozenset[str]) -> Problem:
    return scene.finding(
        site.element,
        CODE,
        f"{name} is read here, and nothing before this writes it",
        severity=Severity.WARNING,
        line=site.expression.line,
        property=site.property,
        expected="a variable that a form, a result variable or a mapping wrote before",
        found=f"{name} is written only later" if name in known else f"{name} is written nowhere",
        hint=nearest_hint(name, known - {name}, otherwise="write the variable before, or give it a value when the case starts"),
    )


def _names(scene: Scene, site: Site) -> frozenset[str]:
    text = site.expression.text
    names = names_in(site.expression, scene.model.dialect) or frozenset[str]()
    # In ${bean.method(x)} the bean is a registered function, not a variable.
    return frozenset(name for name in names if re.search(rf"(?<!\w){re.escape(name)}\s*\.\s*\w+\s*\(", text) is None)


def _is_aside(node: FlowNode) -> bool:
    return (isinstance(node, SubProcess) and node.kind == "event") or (isinstance(node, Activity) and node.for_compensation)


def _body(node: FlowNode) -> Container:
    return node.body if isinstance(node, SubProcess) else Container(nodes={}, flows={})


def _before(container: Container) -> dict[str, set[str]]:
    """Return, for each node of a scope and of those inside it, the nodes that can have been done before it."""
    after = successors(container)
    inside = {node.id: {node.id, *(one.id for one in _body(node).walk())} for node in container.nodes.values()}
    found: dict[str, set[str]] = {node: set() for node in container.nodes}
    for node in container.nodes:
        for later in reachable(after, after[node]):
            found[later] |= inside[node]
    # An ad-hoc sub-process knows no order.
    for node in container.nodes.values():
        if isinstance(node, SubProcess):
            inner = _before(node.body)
            everything = inside[node.id] if node.kind == "adHoc" else set[str]()
            found |= {one: found[node.id] | earlier | everything for one, earlier in inner.items()}
    return found


def _local_names(container: Container, around: frozenset[str]) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield, for each node, the names that are there only for it: input mappings and items of a multi-instance."""
    for node in container.nodes.values():
        own = {mapping.target.split(".")[0] for mapping in node.inputs}
        many = node.multi_instance if isinstance(node, Activity) else None
        if many is not None:
            own |= {name for name in (many.element_variable, many.output_collection) if name}
        names = around | own
        yield node.id, names
        yield from _local_names(_body(node), names)


def _writes(scene: Scene, process: Process, node: FlowNode) -> Writes:
    outputs = frozenset(mapping.target.split(".")[0] for mapping in node.outputs)
    if node.listeners:
        return Writes(outputs, anything=True)
    many = node.multi_instance if isinstance(node, Activity) else None
    if many is not None and many.output_collection:
        outputs |= {many.output_collection}
    own = _own_writes(scene, process, node)
    if scene.model.dialect is Dialect.CAMUNDA8 and node.outputs:
        # Output mappings let nothing else through.
        return Writes(outputs)
    return Writes(outputs | own.names, own.anything)


def _own_writes(scene: Scene, process: Process, node: FlowNode) -> Writes:
    match node:
        case StartEvent():
            return _start(scene, process, node)
        case UserTask():
            return _form(scene, process, node.form)
        case ServiceTask() | SendTask() | BusinessRuleTask() | ScriptTask():
            made = node.implementation
            if isinstance(made, HandlerCall):
                return Writes(anything=True)
            result = made.result_variable if made is not None else None
            may_call = isinstance(made, ExpressionCall) and "execution" in made.expression.text
            return Writes(frozenset({result}) if result else frozenset(), anything=may_call)
        case CallActivity():
            targets = frozenset(mapping.target for mapping in node.call_outputs if mapping.target)
            everything = node.propagate_all_child or any(mapping.all_variables for mapping in node.call_outputs)
            return Writes(targets, anything=everything)
        case ReceiveTask():
            return Writes(anything=True)
        case BoundaryEvent() | IntermediateCatchEvent():
            return _event(node)
        case IntermediateThrowEvent() | EndEvent():
            return Writes(anything=isinstance(getattr(node.event, "handler", None), HandlerCall))
        case _:
            return Writes()


def _start(scene: Scene, process: Process, node: StartEvent) -> Writes:
    initiator = frozenset({node.initiator}) if node.initiator else frozenset[str]()
    if isinstance(node.event, TimerEvent):
        return Writes(initiator)
    if node.event is not None or node.id not in process.body.nodes:
        return Writes(initiator, anything=node.event is not None)
    form = _form(scene, process, node.form)
    return Writes(initiator | form.names, form.anything)


def _form(scene: Scene, process: Process, form: object) -> Writes:
    if isinstance(form, FormReference):
        if form.fields:
            return Writes(frozenset(one.id for one in form.fields))
        known = scene.form_fields.get(form.form_id or "")
        if known is not None and form.form_id not in process.embedded_forms:
            return Writes(known)
    return Writes(anything=True)


def _event(node: Event) -> Writes:
    match node.event:
        case TimerEvent() | ConditionalEvent() | LinkEvent() | None:
            return Writes()
        case ErrorEvent():
            names = frozenset(name for name in (node.event.code_variable, node.event.message_variable) if name)
            return Writes(names, anything=True)
        case EscalationEvent():
            return Writes(frozenset({node.event.code_variable}) if node.event.code_variable else frozenset(), anything=True)
        case _:
            return Writes(anything=True)
