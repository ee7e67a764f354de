"""A field without a label cannot be read aloud, and an error about it cannot be understood."""

from __future__ import annotations

from collections.abc import Iterator

from loanflow.forms.checks.finding import finding
from loanflow.forms.model import INPUT_TYPES, Form
from loanflow.problems import Problem, Severity


def missing_labels(form: Form) -> Iterator[Problem]:
    """Find fields without a label."""
    for component in form.walk():
        if component.type in INPUT_TYPES and not component.label:
            yield finding(
                form, component, "form/missing-label", "the field has no label", severity=Severity.WARNING, property="General > Field label"
            )
