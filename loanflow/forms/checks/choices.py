"""A choice needs something to choose from."""

from __future__ import annotations

from collections.abc import Iterator

from loanflow.forms.checks.finding import finding
from loanflow.forms.model import CHOICE_TYPES, Form
from loanflow.forms.state import choice_text
from loanflow.problems import Problem


def missing_options(form: Form) -> Iterator[Problem]:
    """Find choice fields without options, or with the same value twice."""
    for component in form.walk():
        if component.type not in CHOICE_TYPES:
            continue
        if not component.options and component.options_expression is None:
            yield finding(
                form,
                component,
                "form/missing-options",
                "there is nothing to choose",
                property="Options source",
                hint="add static options, an input data key or an expression",
            )
        values = [choice_text(option.value) for option in component.options]
        for value in sorted({v for v in values if values.count(v) > 1}):
            yield finding(
                form, component, "form/duplicate-option", "two options have the same value", property="Static options", found=value
            )
