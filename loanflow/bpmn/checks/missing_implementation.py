"""Tasks that name nothing that does their work, and decisions or calls that name nothing to ask."""

from __future__ import annotations

from collections.abc import Iterator

from loanflow.bpmn.checks.scene import Scene, definitions_of
from loanflow.bpmn.model import (
    BusinessRuleTask,
    CallActivity,
    DecisionCall,
    Dialect,
    EndEvent,
    EventDefinition,
    ExpressionCall,
    FlowNode,
    IntermediateThrowEvent,
    MessageEvent,
    ScriptTask,
    SendTask,
    ServiceTask,
)
from loanflow.bpmn.words import of_node
from loanflow.problems import Problem, Severity

CODE = "bpmn/missing-implementation"

_WORK = {
    Dialect.CAMUNDA7: (
        "a topic, a delegate expression, a class or an expression",
        "choose Properties panel > Implementation > External and give a topic",
    ),
    Dialect.CAMUNDA8: ("a job type", "fill in Properties panel > Task definition > Type"),
    Dialect.SPEC: ("a handler named for Camunda 7 or Camunda 8", "open the diagram in Camunda Modeler and choose the execution platform"),
}
_RULES = {
    Dialect.CAMUNDA7: ("a decision, or a handler", "choose Properties panel > Implementation > DMN and give the decision reference"),
    Dialect.CAMUNDA8: (
        "a called decision, or a job type",
        "choose Properties panel > Implementation > DMN decision and give the decision ID",
    ),
    Dialect.SPEC: _WORK[Dialect.SPEC],
}
_SCRIPT = {
    Dialect.CAMUNDA7: ("a script in FEEL", "choose Properties panel > Script > Format feel and write the script"),
    Dialect.CAMUNDA8: ("a FEEL expression, or a job type", "fill in Properties panel > Script > FEEL expression"),
    Dialect.SPEC: ("a script in FEEL", "write the script in FEEL and set scriptFormat to feel"),
}


def find(scene: Scene) -> Iterator[Problem]:
    """Yield a finding for each task or throwing message event without an implementation."""
    for _, node in scene.nodes():
        if isinstance(node, SendTask) and node.implementation is None and node.message is not None:
            continue
        if isinstance(node, ServiceTask | SendTask) and node.implementation is None:
            yield _missing(scene, node, *_WORK[scene.model.dialect])
        elif isinstance(node, BusinessRuleTask) and node.implementation is None:
            yield _missing(scene, node, *_RULES[scene.model.dialect])
        elif isinstance(node, ScriptTask) and node.implementation is None:
            yield _missing(scene, node, *_SCRIPT[scene.model.dialect])
        elif isinstance(node, CallActivity) and node.called_element is None:
            yield scene.finding(
                node,
                "bpmn/missing-called-element",
                "the call activity does not say which process it calls",
                property="Called element",
                expected="a process id",
                found="nothing",
                hint="fill in Properties panel > Called element > Process ID",
            )
        elif any(isinstance(event, MessageEvent) and _says_nothing(event) for event in _thrown(node)):
            yield _unsent(scene, node)
        if isinstance(node, BusinessRuleTask | ScriptTask):
            yield from _thrown_away(scene, node)


def _thrown(node: FlowNode) -> tuple[EventDefinition, ...]:
    return definitions_of(node) if isinstance(node, IntermediateThrowEvent | EndEvent) else ()


def _says_nothing(event: MessageEvent) -> bool:
    # A message without a handler is delivered by the engine itself.
    return event.handler is None and event.message is None


def _unsent(scene: Scene, node: FlowNode) -> Problem:
    """Camunda 7 passes through a message event that nothing sends, and so do we, with a warning; elsewhere it is an error."""
    expected, hint = _WORK[scene.model.dialect]
    if scene.model.dialect is not Dialect.CAMUNDA7:
        return _missing(scene, node, expected, hint)
    return scene.finding(
        node,
        "bpmn/message-never-sent",
        f"the {of_node(node)} names nothing that sends its message: it is passed through",
        severity=Severity.WARNING,
        property="Implementation",
        expected=expected,
        found="nothing",
        hint=hint,
    )


def _missing(scene: Scene, node: FlowNode, expected: str, hint: str) -> Problem:
    return scene.finding(
        node,
        CODE,
        f"the {of_node(node)} names nothing that does its work",
        property="Implementation",
        expected=expected,
        found="nothing",
        hint=hint,
    )


def _thrown_away(scene: Scene, node: BusinessRuleTask | ScriptTask) -> Iterator[Problem]:
    made = node.implementation
    if isinstance(made, DecisionCall | ExpressionCall) and not made.result_variable and not node.outputs:
        what = "decision" if isinstance(made, DecisionCall) else "script"
        yield scene.finding(
            node,
            "bpmn/result-thrown-away",
            f"the result of the {what} goes into no variable",
            line=made.line,
            severity=Severity.WARNING,
            property="Result variable",
            expected="a variable name",
            found="nothing",
            hint="fill in Properties panel > Result variable",
        )
