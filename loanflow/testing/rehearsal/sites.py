"""The places of a model where variables are read and written, and what is learnt from each.

A place is a flow node of one process. What it reads it reads before its work or after it (output mappings, completion
conditions); what it writes is there once it is done; what is local is seen only by it and what is inside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from decimal import Decimal
from typing import Any, cast

from loanflow.bpmn import model as bpmn
from loanflow.bpmn.model import Expression, Language, Model, Process
from loanflow.forms import Form
from loanflow.testing.rehearsal.clues import BOOLEAN, DATE_TEXT, LIST, NUMBER, STRING, Clue, Clues
from loanflow.testing.rehearsal.learning import learn, paths, subject, tell_apart

PlaceId = tuple[str, str]
"""Process id and element id."""

_COUNTERS = (
    ("nrOfInstances", "nrOfActiveInstances", "nrOfCompletedInstances", "nrOfTerminatedInstances"),
    ("numberOfInstances", "numberOfActiveInstances", "numberOfCompletedInstances", "numberOfTerminatedInstances"),
)
_OWN = frozenset({"loopCounter", *_COUNTERS[0], *_COUNTERS[1]})
_AFTER = frozenset({"outputs", "call_outputs", "output_element", "completion_condition"})
_WANTED: Mapping[str, str] = {
    "condition": BOOLEAN,
    "completion_condition": BOOLEAN,
    "collection": LIST,
    "active_elements": LIST,
    "assignee": STRING,
    "candidate_users": STRING,
    "candidate_groups": STRING,
    "correlation_key": STRING,
    "name": STRING,
    "decision": STRING,
    "due_date": DATE_TEXT,
    "follow_up_date": DATE_TEXT,
    "priority": NUMBER,
    "job_priority": NUMBER,
    "retries": NUMBER,
}


@dataclass(slots=True)
class Place:
    """One flow node with its variables; ``parent`` is the sub-process around it, None directly in the process.

    ``asks`` says that its work is done outside, by someone who may give any variable: a job, a message, a person without
    a form. ``results`` are those of ``writes`` that are there before its output mapping. ``makes`` are those that the model computes,
    rather than sets to a constant to begin with; ``counts`` those computed from what they were, which has to begin somewhere;
    ``fields`` those of its form.
    """

    process: Process
    node: bpmn.FlowNode
    parent: str | None
    before: set[str] = field(default_factory=set[str])
    after: set[str] = field(default_factory=set[str])
    writes: set[str] = field(default_factory=set[str])
    results: set[str] = field(default_factory=set[str])
    makes: set[str] = field(default_factory=set[str])
    local: set[str] = field(default_factory=set[str])
    counts: set[str] = field(default_factory=set[str])
    fields: set[str] = field(default_factory=set[str])
    asks: bool = False


def places(model: Model, process: Process, clues: Clues, forms: Mapping[PlaceId, Form]) -> dict[PlaceId, Place]:
    """Return every flow node of a process with what it reads and writes; the clues learn from all of it."""
    found: dict[PlaceId, Place] = {}

    def visit(body: bpmn.Container, parent: str | None, outer: Mapping[str, Clue]) -> None:
        for node in body.nodes.values():
            place = Place(process=process, node=node, parent=parent)
            found[process.id, node.id] = place
            local = _look(model, place, clues, outer, forms.get((process.id, node.id)))
            if isinstance(node, bpmn.SubProcess):
                visit(node.body, node.id, local)
        for flow in body.flows.values():
            if flow.condition is not None:
                found[process.id, flow.source].after |= _learn(model, flow.condition, clues, outer, "condition")

    visit(process.body, None, {})
    return found


def _look(model: Model, place: Place, clues: Clues, outer: Mapping[str, Clue], form: Form | None) -> Mapping[str, Clue]:
    node = place.node
    local = dict(outer)
    if isinstance(node, bpmn.Activity) and node.multi_instance is not None:
        _look_at_instances(model, place, node.multi_instance, clues, local)
    # Mappings first: what they make is local to everything else of the element.
    for line in node.inputs:
        place.before |= _learn_line(model, line, clues, local)
        name = line.target.split(".")[0]
        place.local.add(name)
        local[name] = _alias(model, line, clues, local, name)
    for path, expression in _expressions(node):
        if path[0] in ("inputs", "outputs", "multi_instance"):
            continue
        reads = _learn(model, expression, clues, local, path[-1], timer=node if "event" in path else None)
        (place.after if path[0] in _AFTER else place.before).update(reads)
    for line in node.outputs:
        reads, name = _learn_line(model, line, clues, local), line.target.split(".")[0]
        place.after |= reads
        (place.makes if reads - {name} else place.counts if reads else place.writes).add(name)
    if isinstance(node, bpmn.SubProcess):
        _look_at_paths(model, place, node, clues, local)
    made = set(place.makes)
    _look_at_work(model, place, clues, local, form)
    place.results |= (place.makes - made) | place.fields
    place.writes |= place.makes | place.counts | place.results
    place.before -= _OWN
    place.after -= _OWN
    return {name: clue for name, clue in local.items() if name in outer or name in place.local}


def _look_at_instances(model: Model, place: Place, loop: bpmn.MultiInstance, clues: Clues, local: dict[str, Clue]) -> None:
    for part, text in (("collection", loop.collection), ("cardinality", loop.cardinality)):
        if text is not None:
            place.before |= _learn(model, text, clues, local, part)
    if loop.element_variable:
        place.local.add(loop.element_variable)
        collection = _subject(model, loop.collection, clues, local) if loop.collection is not None else None
        local[loop.element_variable] = collection.item() if collection is not None else Clue()
    if loop.cardinality is not None:
        counted = _subject(model, loop.cardinality, clues, local)
        for number in (2, 1, 3) if counted is not None else ():
            counted.may_be(Decimal(number)) if counted is not None else None
    for part, text in (("output_element", loop.output_element), ("completion_condition", loop.completion_condition)):
        if text is not None:
            place.after |= _learn(model, text, clues, local, part)
    if loop.output_collection:
        place.makes.add(loop.output_collection)
        _collected(model, loop.output_collection, loop.output_element, clues, local)


def _look_at_paths(model: Model, place: Place, node: bpmn.SubProcess, clues: Clues, local: Mapping[str, Clue]) -> None:
    """An ad-hoc sub-process: what it begins with are ids of the activities inside that no sequence flow leads to."""
    collection = _subject(model, node.active_elements, clues, local)
    if collection is not None:
        for inner in node.body.nodes.values():
            if isinstance(inner, bpmn.Activity) and not inner.incoming and not inner.for_compensation:
                collection.item().may_be(inner.id)
    if node.output_collection:
        place.makes.add(node.output_collection)
        _collected(model, node.output_collection, node.output_element, clues, local)


def _collected(model: Model, name: str, element: Expression | None, clues: Clues, local: Mapping[str, Clue]) -> None:
    if element is not None and not element.is_literal:
        collection = local.get(name) or clues.variable(name)
        tell_apart(element.text, collection.item(), clues, dialect=dialect_of(model, element), local=local)


def _look_at_work(model: Model, place: Place, clues: Clues, local: Mapping[str, Clue], form: Form | None) -> None:
    node = place.node
    if form is not None:
        place.fields |= {component.path.split(".")[0] for component in form.walk() if component.path}
    match node:
        case bpmn.UserTask() | bpmn.ReceiveTask():
            place.asks = form is None
        case bpmn.SendTask(implementation=None):
            pass
        case bpmn.ServiceTask() | bpmn.SendTask() | bpmn.ScriptTask() | bpmn.BusinessRuleTask():
            _look_at_implementation(model, place, node.implementation, clues, local)
        case bpmn.StartEvent() | bpmn.IntermediateCatchEvent() | bpmn.BoundaryEvent():
            place.asks = isinstance(node.event, bpmn.MessageEvent | bpmn.SignalEvent)
            for event in (node.event,):
                if isinstance(event, bpmn.ErrorEvent):
                    place.makes |= {name for name in (event.code_variable, event.message_variable) if name}
                elif isinstance(event, bpmn.EscalationEvent) and event.code_variable:
                    place.makes.add(event.code_variable)
            if isinstance(node, bpmn.StartEvent) and node.initiator:
                place.makes.add(node.initiator)
        case bpmn.IntermediateThrowEvent() | bpmn.EndEvent() if isinstance(node.event, bpmn.MessageEvent):
            if node.event.handler is not None:
                _look_at_implementation(model, place, node.event.handler, clues, local)
        case bpmn.CallActivity():
            place.makes |= {line.target for line in node.call_outputs if line.target}
        case _:
            pass


def _look_at_implementation(model: Model, place: Place, made: object, clues: Clues, local: Mapping[str, Clue]) -> None:
    match made:
        case bpmn.ExpressionCall(expression=expression, result_variable=name):
            if name:
                reads = {path[0] for path in paths(expression.text, dialect=dialect_of(model, expression))}
                place.results.add(name)
                if reads:
                    (place.makes if reads - {name} else place.counts).add(name)
                tell_apart(expression.text, clues.variable(name), clues, dialect=dialect_of(model, expression), local=local)
        case bpmn.DecisionCall(result_variable=name):
            place.makes |= {name} if name else {"decisionResult"}
        case _:
            place.asks = True


def _alias(model: Model, line: bpmn.VariableMapping, clues: Clues, local: Mapping[str, Clue], name: str) -> Clue:
    found = _subject(model, line.source, clues, local) if line.source is not None else None
    if found is not None and "." not in line.target:
        return found
    made = Clue()
    if line.source is not None and not line.source.is_literal and "." not in line.target:
        tell_apart(line.source.text, made, clues, dialect=dialect_of(model, line.source), local=local)
    return made


def _learn_line(model: Model, line: bpmn.VariableMapping, clues: Clues, local: Mapping[str, Clue]) -> set[str]:
    reads: set[str] = set()
    for path, expression in _within(line, ()):
        reads |= _learn(model, expression, clues, local, path[-1] if path else "source")
    if line.source is not None and not line.source.is_literal and "." not in line.target and line.target and line.target not in local:
        # Conditions on the target may come later in the file.
        tell_apart(line.source.text, clues.variable(line.target), clues, dialect=dialect_of(model, line.source), local=local)
    return reads


def _learn(
    model: Model, expression: Expression, clues: Clues, local: Mapping[str, Clue], part: str, timer: bpmn.FlowNode | None = None
) -> set[str]:
    if expression.is_literal:
        return set()
    want = _WANTED.get(part)
    if part == "cardinality":
        want = None
    try:
        reads = set(learn(expression.text, clues, dialect=dialect_of(model, expression), want=want, local=local))
    except RecursionError:
        return set()
    event = getattr(timer, "event", None)
    if part == "value" and isinstance(event, bpmn.TimerEvent):
        named = _subject(model, expression, clues, local)
        for text in _TIMES[event.kind] if named is not None else ():
            named.may_be(text) if named is not None else None
    return reads


_TIMES: Mapping[bpmn.TimerKind, Sequence[str]] = {
    bpmn.TimerKind.DURATION: ("PT1H", "P1D"),
    bpmn.TimerKind.CYCLE: ("R2/PT1H",),
    bpmn.TimerKind.DATE: ("2026-03-02T12:00:00Z", "2026-03-09T09:00:00Z"),
}


def _subject(model: Model, expression: Expression | None, clues: Clues, local: Mapping[str, Clue]) -> Clue | None:
    if expression is None or expression.is_literal:
        return None
    return subject(expression.text, clues, dialect=dialect_of(model, expression), local=local)


def dialect_of(model: Model, expression: Expression) -> str:
    """Return the language of an expression, as `loanflow.feel` names it."""
    if expression.language is Language.JUEL:
        return "juel"
    return model.dialect.value


def _expressions(node: bpmn.FlowNode) -> Iterator[tuple[tuple[str, ...], Expression]]:
    for one in fields(node):
        if one.name != "body":
            yield from _within(getattr(node, one.name), (one.name,))


def _within(value: object, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Expression]]:
    if isinstance(value, Expression):
        yield path, value
    elif isinstance(value, tuple):
        for item in cast("tuple[Any, ...]", value):
            yield from _within(item, path)
    elif is_dataclass(value) and not isinstance(value, type):
        for one in fields(value):
            yield from _within(getattr(value, one.name), (*path, one.name))
