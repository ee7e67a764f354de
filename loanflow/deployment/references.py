"""References from processes to decisions, forms, other processes and handlers that lead nowhere."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from loanflow.bpmn import of_element
from loanflow.bpmn.model import (
    Binding,
    BindingKind,
    BusinessRuleTask,
    CallActivity,
    DecisionCall,
    EndEvent,
    Expression,
    FlowNode,
    FormReference,
    HandlerCall,
    IntermediateThrowEvent,
    Language,
    MessageEvent,
    MultipleEvent,
    Process,
    ScriptTask,
    SendTask,
    SequenceFlow,
    ServiceTask,
    StartEvent,
    UserTask,
)
from loanflow.deployment.files import FileContent
from loanflow.problems import Location, Problem, Severity, nearest

_PANEL = {
    "decision": "Implementation > Decision ID",
    "form": "Form > Form ID",
    "process": "Called element > Process ID",
    "handler": "Implementation",
}
_MISSING = {
    "decision": "add the .dmn file that holds it to the deployment",
    "form": "add the .form file that holds it to the deployment",
    "process": "add the .bpmn file that holds it to the deployment, and make the process executable",
    "handler": "register a handler of that name, or correct the name",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is there besides the files; None where that is not known."""

    handlers: Collection[str] | None
    processes: Collection[str] | None
    decisions: Collection[str] | None
    forms: Collection[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reference:
    kind: str
    key: Expression
    binding: Binding | None = None
    inside: Collection[str] = ()


def find_dangling(contents: Sequence[FileContent], known: Known) -> Iterator[Problem]:
    """Yield a finding for each plain reference that finds nothing; computed ones are looked up when they run."""
    here: dict[str, set[str]] = {"decision": set(), "form": set(), "process": set(), "handler": set()}
    for content in contents:
        if content.process_model is not None:
            here["process"].update(process.id for process in content.process_model.processes if process.executable)
        if content.decision_model is not None:
            here["decision"].update(decision.id for decision in content.decision_model.decisions)
        if content.form is not None:
            here["form"].add(content.form.id)
    deployed = {"decision": known.decisions, "form": known.forms, "process": known.processes, "handler": known.handlers}
    for content in contents:
        for process in content.process_model.processes if content.process_model is not None else ():
            for element, reference in _references(process) if process.executable else ():
                problem = _look_up(content, element, reference, here[reference.kind], deployed[reference.kind])
                if problem is not None:
                    yield problem


def _references(process: Process) -> Iterator[tuple[Process | FlowNode | SequenceFlow, _Reference]]:
    """Yield what every element of a process refers to, its listeners' handlers too."""
    for node in process.body.walk():
        for reference in _of_node(process, node):
            yield node, reference
    for element in (process, *process.body.walk(), *process.body.walk_flows()):
        for reference in _handlers(*(listener.work for listener in element.listeners)):
            yield element, reference


def _of_node(process: Process, node: FlowNode) -> Iterator[_Reference]:
    if isinstance(node, BusinessRuleTask) and isinstance(node.implementation, DecisionCall):
        yield _Reference(kind="decision", key=node.implementation.decision, binding=node.implementation.binding)
    if isinstance(node, CallActivity) and node.called_element is not None:
        yield _Reference(kind="process", key=node.called_element, binding=node.binding)
    if isinstance(node, UserTask | StartEvent) and isinstance(node.form, FormReference) and node.form.form_id:
        key = Expression(text=node.form.form_id, language=Language.LITERAL, line=node.form.line)
        yield _Reference(kind="form", key=key, binding=node.form.binding, inside=process.embedded_forms)
    yield from _handlers(*_work(node))


def _handlers(*work: object) -> Iterator[_Reference]:
    # A script in a foreign language without its handler is already refused by the script-language check.
    return (_Reference(kind="handler", key=one.name) for one in work if isinstance(one, HandlerCall) and one.kind != "script")


def _work(node: FlowNode) -> Iterator[object]:
    if isinstance(node, ServiceTask | SendTask | BusinessRuleTask | ScriptTask):
        yield node.implementation
    if isinstance(node, IntermediateThrowEvent | EndEvent):
        events = node.event.definitions if isinstance(node.event, MultipleEvent) else (node.event,)
        yield from (event.handler for event in events if isinstance(event, MessageEvent))


def _look_up(
    content: FileContent,
    element: Process | FlowNode | SequenceFlow,
    reference: _Reference,
    here: Collection[str],
    deployed: Collection[str] | None,
) -> Problem | None:
    key, kind = reference.key.text, reference.kind
    if not reference.key.is_literal or key in here or key in reference.inside:
        return None
    together = reference.binding is not None and reference.binding.kind is BindingKind.DEPLOYMENT
    if deployed is not None and key in deployed and not together:
        return None
    if kind == "handler" and deployed is None:
        return None
    sure = deployed is not None or together
    candidates = sorted({*here, *reference.inside, *(deployed or ())})
    close = nearest(key, candidates)
    where = "in this deployment" if together else "in this deployment or deployed already" if deployed is not None else "among these files"
    place = "registered" if kind == "handler" else where
    return Problem(
        code=f"deployment/unknown-{kind}",
        message=f"the {kind} {key} is not {place}",
        location=Location(file=content.name, line=reference.key.line or element.line),
        severity=Severity.ERROR if sure else Severity.WARNING,
        element_id=element.id,
        element_name=element.name,
        element_type=of_element(element),
        property=_PANEL[kind],
        expected=_expected(kind, candidates),
        found=key,
        hint=f"did you mean {close}?" if close else _MISSING[kind],
    )


def _expected(kind: str, candidates: Sequence[str]) -> str:
    if not candidates:
        return f"a {kind} of that id; there is none at all"
    shown = ", ".join(candidates[:6])
    return f"one of {shown}" + (f" and {len(candidates) - 6} more" if len(candidates) > 6 else "")
