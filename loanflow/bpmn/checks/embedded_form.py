"""Form keys that name a form of another program, or a form by its file: they cannot be shown on our task page."""

from __future__ import annotations

from collections.abc import Iterator

from loanflow.bpmn.checks.scene import Scene
from loanflow.bpmn.model import FormReference, StartEvent, UserTask
from loanflow.problems import Problem, Severity


def find(scene: Scene) -> Iterator[Problem]:
    """Yield a warning for each embedded HTML form, and an error for each form named by its file rather than its id."""
    for _, node in scene.nodes():
        form = node.form if isinstance(node, UserTask | StartEvent) else None
        if not isinstance(form, FormReference) or form.key is None:
            continue
        if form.key.startswith("embedded:"):
            yield scene.finding(
                node,
                "bpmn/embedded-form",
                "the form is HTML of another program; the task page shows the plain variables instead",
                line=form.line,
                severity=Severity.WARNING,
                property="Forms > Form key",
                expected="a Camunda Form, or generated form fields",
                found=form.key,
                hint="choose Properties panel > Forms > Type Camunda Forms and name a .form file of the deployment",
            )
        elif form.key.startswith("camunda-forms:"):
            yield scene.finding(
                node,
                "bpmn/form-by-file",
                "the form is named by its file, which is not supported",
                line=form.line,
                property="Forms > Form key",
                expected="the id of a Camunda Form",
                found=form.key,
                hint="choose Properties panel > Forms > Type Camunda Forms and give the form's ID under Form reference",
            )
