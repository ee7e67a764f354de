"""Scripts that nothing runs: only FEEL runs, or a handler registered under the script task's id."""

from __future__ import annotations

from collections.abc import Iterator

from loanflow.bpmn.checks.scene import Scene
from loanflow.bpmn.model import HandlerCall, ScriptTask
from loanflow.problems import Problem

CODE = "bpmn/script-language"


def find(scene: Scene) -> Iterator[Problem]:
    """Yield a finding for each script that is not FEEL and has no handler of its own."""
    for _, node in scene.nodes():
        if not isinstance(node, ScriptTask) or not isinstance(node.implementation, HandlerCall) or node.implementation.kind != "script":
            continue
        if scene.handlers is not None and node.id in scene.handlers:
            continue
        language = node.implementation.headers.get("scriptFormat") or "no language"
        yield scene.finding(
            node,
            CODE,
            f"the script is written in {language}, which is not run",
            line=node.implementation.line,
            property="Script > Format",
            expected="FEEL, or a registered handler called like the task",
            found=language,
            hint=f"choose Properties panel > Script > Format feel, or register a handler named {node.id}",
        )
