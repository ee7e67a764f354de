"""Expressions that cannot be parsed: FEEL (DMN clause 10) and the ``${}`` language of Camunda 7."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from loanflow.bpmn.checks.expressions import Site, sites
from loanflow.bpmn.checks.scene import Scene
from loanflow.bpmn.checks.wrong_dialect import is_wrong
from loanflow.bpmn.model import Dialect, Expression, Language
from loanflow.bpmn.words import of_element
from loanflow.feel import CompiledExpression, FeelSyntaxError, compile_expression
from loanflow.feel.builtins.misspelt import misspelt_calls
from loanflow.problems import Excerpt, Location, Problem, Severity

_XPATH = re.compile(r"(?:^|\W)(?:\w+:)?get(?:DataObject|DataInput|DataOutput|\w+Property|\w+InstanceAttribute)\(")
"""The functions that the standard adds to XPath, its default language (clause 10.4.2 "XPath Extension Functions")."""


def find(scene: Scene) -> Iterator[Problem]:
    """Yield one finding for each text with a syntax error; its code is feel's own."""
    seen: set[tuple[int | None, str]] = set()
    for site in sites(scene):
        key = (site.expression.line, site.expression.text)
        if site.expression.is_literal or key in seen or is_wrong(site.expression, scene.model.dialect):
            continue
        seen.add(key)
        problem = _syntax(scene, site)
        if problem is not None:
            yield problem
        else:
            yield from _misspelt(scene, site)


def _misspelt(scene: Scene, site: Site) -> Iterator[Problem]:
    if site.expression.language is not Language.FEEL:
        return
    for call in misspelt_calls(site.expression.text, dialect=_dialect(Language.FEEL, scene.model.dialect)):
        yield scene.finding(
            site.element,
            "bpmn/unknown-function",
            f"there is no function {call.written}: the expression gives null",
            severity=Severity.WARNING,
            line=site.expression.line,
            property=site.property,
            expected="a built-in function",
            found=site.expression.text,
            hint=f"did you mean {call.meant}(...)?",
            excerpt=Excerpt(text=site.expression.text, offset=call.start),
        )


def _xpath(scene: Scene, site: Site) -> Problem:
    return scene.finding(
        site.element,
        "bpmn/script-language",
        "the expression is written in XPath, which is not run",
        line=site.expression.line,
        property=site.property,
        expected="FEEL",
        found=site.expression.text,
        hint="write the variable's name: bpmn:getDataObject('approved') is approved",
    )


def compiled(expression: Expression, dialect: Dialect) -> CompiledExpression:
    """Return an expression that is no plain text, compiled; raises ``FeelSyntaxError``."""
    return compile_expression(expression.text, dialect=_dialect(expression.language, dialect))


def names_in(expression: Expression, dialect: Dialect) -> frozenset[str] | None:
    """Return the variables that an expression reads, none for plain text; None where it cannot be parsed."""
    if expression.is_literal:
        return frozenset()
    try:
        return compiled(expression, dialect).names
    except FeelSyntaxError:
        return None


def _syntax(scene: Scene, site: Site) -> Problem | None:
    if site.expression.language is Language.FEEL and _XPATH.search(site.expression.text):
        return _xpath(scene, site)
    try:
        compiled(site.expression, scene.model.dialect)
    except FeelSyntaxError as error:
        return error.to_problem(
            location=Location(file=scene.model.file, line=site.expression.line or site.element.line),
            element_id=site.element.id,
            element_name=site.element.name,
            element_type=of_element(site.element),
            property=site.property,
        )
    return None


def _dialect(language: Language, dialect: Dialect) -> Literal["spec", "camunda7", "camunda8", "juel"]:
    if language is Language.JUEL:
        return "juel"
    match dialect:
        case Dialect.CAMUNDA7:
            return "camunda7"
        case Dialect.CAMUNDA8:
            return "camunda8"
        case Dialect.SPEC:
            return "spec"
