"""Scripts that nothing runs: only FEEL runs, or a handler registered for the script.

The handler of a script task is called like the task; that of a listener like its element and event, as in ``Review.start``; that
of a mapping like its element and variable, as in ``Review.amount``.
"""

from __future__ import annotations

from collections.abc import Iterator

from loanflow.bpmn.checks.scene import Scene
from loanflow.bpmn.model import ExpressionCall, FlowNode, HandlerCall, Listener, Process, ScriptTask, SequenceFlow
from loanflow.problems import Problem

CODE = "bpmn/script-language"


def find(scene: Scene) -> Iterator[Problem]:
    """Yield a finding for each script that is not FEEL and has no handler of its own."""
    for process in scene.processes:
        yield from _listeners(scene, process, process.listeners)
    for _, node in scene.nodes():
        if isinstance(node, ScriptTask):
            yield from _script(scene, node, node.implementation, "the script", "Script > Format")
        yield from _listeners(scene, node, node.listeners)
        for mapping in (*node.inputs, *node.outputs):
            yield from _script(scene, node, mapping.work, f"the mapping of {mapping.target}", "Inputs and outputs > Script > Format")
    for _, flow in scene.flows():
        yield from _listeners(scene, flow, flow.listeners)


def is_foreign(scene: Scene, work: object) -> bool:
    """Say whether work is a script that nothing runs: in a foreign language, without a handler of its own."""
    if not isinstance(work, HandlerCall) or work.kind != "script":
        return False
    return scene.handlers is None or work.name.text not in scene.handlers


def _listeners(scene: Scene, element: FlowNode | SequenceFlow | Process, listeners: tuple[Listener, ...]) -> Iterator[Problem]:
    for one in listeners:
        what = f"the {one.kind} listener for {one.event or 'an event'}"
        yield from _script(scene, element, one.work, what, "Listeners > Script > Format")


def _script(
    scene: Scene, element: FlowNode | SequenceFlow | Process, work: HandlerCall | ExpressionCall | None, what: str, property: str
) -> Iterator[Problem]:
    if not is_foreign(scene, work) or not isinstance(work, HandlerCall):
        return
    name = work.name.text
    language = work.headers.get("scriptFormat") or "no language"
    yield scene.finding(
        element,
        CODE,
        f"{what} is written in {language}, which is not run",
        line=work.line,
        property=property,
        expected="FEEL, or a registered handler for the script",
        found=language,
        hint=f"choose Properties panel > {property} feel, or register a handler named {name}",
    )
