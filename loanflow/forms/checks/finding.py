"""How a check points at a component."""

from __future__ import annotations

from typing import Any

from loanflow.forms.model import Component, Form
from loanflow.problems import Location, Problem, Severity


def finding(form: Form, component: Component, code: str, message: str, *, severity: Severity = Severity.ERROR, **more: Any) -> Problem:
    """Return a problem at a component; ``more`` are ``property``, ``expected``, ``found`` and ``hint``."""
    return Problem(
        code=code,
        message=message,
        severity=severity,
        location=Location(file=form.file, line=component.line),
        element_id=component.id,
        element_name=component.label or None,
        element_type=f"{component.type.value} component",
        **more,
    )
