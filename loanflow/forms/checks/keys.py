"""Every field has a key of its own: two fields with one key overwrite each other."""

from __future__ import annotations

import re
from collections.abc import Iterator

from loanflow.forms.checks.finding import finding
from loanflow.forms.model import INPUT_TYPES, ComponentType, Form
from loanflow.problems import Problem

_PATH = re.compile(r"\w+(\.\w+)*")


def duplicate_ids(form: Form) -> Iterator[Problem]:
    """Find components that share an id."""
    seen: set[str] = set()
    for component in form.walk():
        if component.id in seen:
            yield finding(
                form,
                component,
                "form/duplicate-id",
                f'the id "{component.id}" is used twice',
                hint="copy the component again in Camunda Modeler",
            )
        seen.add(component.id)


def duplicate_keys(form: Form) -> Iterator[Problem]:
    """Find fields that write the same variable."""
    seen: dict[str, str] = {}
    for component in form.walk():
        if component.path is None:
            continue
        if component.path in seen:
            yield finding(
                form,
                component,
                "form/duplicate-key",
                f'two fields have the key "{component.path}"',
                property="General > Key",
                found=f"also used by {seen[component.path]}",
                hint="give one of them another key",
            )
        seen[component.path] = component.id


def missing_keys(form: Form) -> Iterator[Problem]:
    """Find fields whose value would go nowhere."""
    for component in form.walk():
        if component.type in INPUT_TYPES | {ComponentType.EXPRESSION} and component.path is None:
            yield finding(
                form,
                component,
                "form/missing-key",
                "the field has no key",
                property="General > Key",
                expected="the name of the variable that gets the value",
            )
        elif component.path is not None and not _PATH.fullmatch(component.path):
            yield finding(
                form,
                component,
                "form/invalid-key",
                "the key is not a variable name",
                property="General > Key",
                expected="letters, digits and _ with dots between parts",
                found=component.path,
            )
