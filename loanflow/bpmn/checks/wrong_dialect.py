"""Expressions written for the other engine: ``${}`` in a Camunda 8 diagram, ``=`` in a Camunda 7 one."""

from __future__ import annotations

from collections.abc import Iterator

from loanflow.bpmn.checks.expressions import Site, sites
from loanflow.bpmn.checks.scene import Scene, definitions_of
from loanflow.bpmn.model import ConditionalEvent, Dialect, Expression, FlowNode, Language, SequenceFlow
from loanflow.problems import Problem

CODE = "bpmn/wrong-dialect"


def is_wrong(expression: Expression, dialect: Dialect) -> bool:
    """Say whether an expression carries the marks of the other engine."""
    if dialect is Dialect.CAMUNDA8:
        return "${" in expression.text or expression.text.startswith("#{")
    return dialect is Dialect.CAMUNDA7 and expression.is_literal and expression.text.startswith("=")


def find(scene: Scene) -> Iterator[Problem]:
    """Yield a finding for each expression of the wrong dialect, and for each Camunda 7 condition that is no expression."""
    dialect = scene.model.dialect
    for site in sites(scene):
        if is_wrong(site.expression, dialect):
            yield _wrong(scene, site, dialect)
        elif dialect is Dialect.CAMUNDA7 and _is_condition(site) and site.expression.language is Language.LITERAL:
            yield scene.finding(
                site.element,
                "bpmn/literal-condition",
                "the condition is plain text, which is never true",
                line=site.expression.line,
                property="Condition",
                expected=f"${{{site.expression.text}}}",
                found=site.expression.text,
                hint="write the condition inside ${ and }",
            )


def _is_condition(site: Site) -> bool:
    if isinstance(site.element, SequenceFlow):
        return site.expression is site.element.condition
    events = definitions_of(site.element) if isinstance(site.element, FlowNode) else ()
    return any(isinstance(event, ConditionalEvent) and site.expression is event.condition and event.condition.text for event in events)


def _wrong(scene: Scene, site: Site, dialect: Dialect) -> Problem:
    text = site.expression.text
    if dialect is Dialect.CAMUNDA8:
        inner = text.replace("${", "").replace("#{", "").replace("}", "").strip()
        return scene.finding(
            site.element,
            CODE,
            "${...} is Camunda 7's way to write an expression, and this diagram is for Camunda 8",
            line=site.expression.line,
            property=site.property,
            expected=f"={inner}",
            found=text,
            hint="write FEEL behind an = sign; == becomes =, && becomes and",
        )
    return scene.finding(
        site.element,
        CODE,
        "= is Camunda 8's way to write an expression, and this diagram is for Camunda 7",
        line=site.expression.line,
        property=site.property,
        expected=f"${{{text.removeprefix('=').strip()}}}",
        found=text,
        hint="write the expression inside ${ and }",
    )
