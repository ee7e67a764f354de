"""Every FEEL text of a form can be parsed."""

from __future__ import annotations

from collections.abc import Iterator

from loanflow.feel import FeelSyntaxError, compile_expression
from loanflow.forms.checks.finding import finding
from loanflow.forms.model import Component, Form
from loanflow.forms.texts import expressions_in, is_expression
from loanflow.problems import Location, Problem


def expression_syntax(form: Form) -> Iterator[Problem]:
    """Find FEEL that cannot be parsed, with a caret, and template constructs that are not supported."""
    for component in form.walk():
        for name, text in _texts(component):
            if "{{#" in text:
                yield finding(
                    form,
                    component,
                    "form/unsupported-template",
                    "loops and conditions inside {{ }} are not supported",
                    property=name,
                    found=text[:80],
                    hint="write an if expression, = if ... then ... else ..., instead",
                )
                continue
            for expression in expressions_in(text):
                try:
                    compile_expression(expression, dialect=form.dialect)
                except FeelSyntaxError as error:
                    yield error.to_problem(
                        location=Location(file=form.file, line=component.line),
                        element_id=component.id,
                        element_name=component.label or None,
                        element_type=f"{component.type.value} component",
                        property=name,
                    )


def _texts(component: Component) -> Iterator[tuple[str, str]]:
    rules = component.validation
    named = (
        ("Condition > Hide if", component.hide),
        ("General > Read only", component.readonly if isinstance(component.readonly, str) else None),
        ("General > Field label", component.label),
        ("General > Field description", component.description),
        ("General > Text", component.text),
        ("Options expression", component.options_expression),
        ("Data source", component.data_source),
        ("Validation > Minimum", rules.minimum),
        ("Validation > Maximum", rules.maximum),
        ("Validation > Minimum length", rules.min_length),
        ("Validation > Maximum length", rules.max_length),
        ("Appearance > Prefix", component.prefix),
        ("Appearance > Suffix", component.suffix),
    )
    yield from ((name, text) for name, text in named if text)
    if component.expression:
        yield "General > Expression", component.expression if is_expression(component.expression) else f"={component.expression}"
