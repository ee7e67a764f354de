"""Limits are numbers, patterns are patterns: found when the form is loaded, not when someone submits it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from loanflow.feel import evaluate
from loanflow.forms.checks.finding import finding
from loanflow.forms.model import Form
from loanflow.forms.texts import is_expression
from loanflow.problems import Problem


def limits_are_numbers(form: Form) -> Iterator[Problem]:
    """Find limits that are neither a number nor FEEL."""
    for component in form.walk():
        rules = component.validation
        named = (
            ("Validation > Minimum", rules.minimum),
            ("Validation > Maximum", rules.maximum),
            ("Validation > Minimum length", rules.min_length),
            ("Validation > Maximum length", rules.max_length),
            ("General > Increment", component.increment),
        )
        for name, text in named:
            if text is None or is_expression(text):
                continue
            try:
                Decimal(text)
            except InvalidOperation:
                yield finding(
                    form,
                    component,
                    "form/invalid-limit",
                    "the limit is not a number",
                    property=name,
                    expected="a number, or = and a FEEL expression",
                    found=text,
                )


def pattern_is_valid(form: Form) -> Iterator[Problem]:
    """Find regular expressions that cannot be used."""
    for component in form.walk():
        pattern = component.validation.pattern
        if pattern and evaluate("matches(input, pattern)", {"input": "", "pattern": pattern}) is None:
            yield finding(
                form,
                component,
                "form/invalid-pattern",
                "the regular expression cannot be used",
                property="Validation > Regular expression",
                found=pattern,
            )
