"""Forms that are HTML of another program: they cannot be shown on our task page."""

from __future__ import annotations

from collections.abc import Iterator

from loanflow.bpmn.checks.scene import Scene
from loanflow.bpmn.model import FormReference, StartEvent, UserTask
from loanflow.problems import Problem, Severity

CODE = "bpmn/embedded-form"


def find(scene: Scene) -> Iterator[Problem]:
    """Yield a warning for each embedded HTML form."""
    for _, node in scene.nodes():
        form = node.form if isinstance(node, UserTask | StartEvent) else None
        if isinstance(form, FormReference) and form.key is not None and form.key.startswith("embedded:"):
            yield scene.finding(
                node,
                CODE,
                "the form is HTML of another program; the task page shows the plain variables instead",
                line=form.line,
                severity=Severity.WARNING,
                property="Forms > Form key",
                expected="a Camunda Form, or generated form fields",
                found=form.key,
                hint="choose Properties panel > Forms > Type Camunda Forms and name a .form file of the deployment",
            )
