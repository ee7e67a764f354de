"""DMN files as people and tools write them, for tests: a table in a few lines of Python becomes XML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from loanflow import dmn

VERSIONS = {
    "1.1": "http://www.omg.org/spec/DMN/20151101/dmn.xsd",
    "1.2": "http://www.omg.org/spec/DMN/20180521/MODEL/",
    "1.3": "https://www.omg.org/spec/DMN/20191111/MODEL/",
    "1.4": "https://www.omg.org/spec/DMN/20211108/MODEL/",
    "1.5": "https://www.omg.org/spec/DMN/20230324/MODEL/",
}
PLATFORMS = {
    "spec": "",
    "camunda7": ' modeler:executionPlatform="Camunda Platform" modeler:executionPlatformVersion="7.24.0"',
    "camunda8": ' modeler:executionPlatform="Camunda Cloud" modeler:executionPlatformVersion="8.8.0"',
}


def file(body: str, *, dialect: str = "spec", version: str = "1.3", attributes: str = "") -> bytes:
    """Return a DMN file around its elements."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<definitions xmlns="{VERSIONS[version]}" xmlns:camunda="http://camunda.org/schema/1.0/dmn" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"'
        ' xmlns:modeler="http://camunda.org/schema/modeler/1.0" xmlns:feel="http://www.omg.org/spec/FEEL/20140401"'
        f' id="definitions" name="test" namespace="http://loanflow.test/dmn"{PLATFORMS[dialect]} {attributes}>\n{body}\n</definitions>'
    ).encode()


def table(
    inputs: Sequence[str | tuple[str, str]],
    outputs: Sequence[str | Mapping[str, str]],
    rules: Sequence[Sequence[str]],
    *,
    policy: str = "",
    aggregation: str = "",
    descriptions: Sequence[str] = (),
) -> str:
    """Return a <decisionTable>: inputs as expressions (with a type), outputs by name or with attributes, rules as rows of cells."""
    parts = [f'<decisionTable id="table"{_attribute("hitPolicy", policy)}{_attribute("aggregation", aggregation)}>']
    for number, clause in enumerate(inputs, start=1):
        text, type_ref = (clause, "") if isinstance(clause, str) else clause
        parts.append(
            f'<input id="input{number}" label={quoteattr(text)}><inputExpression{_attribute("typeRef", type_ref)}>'
            f"<text>{escape(text)}</text></inputExpression></input>"
        )
    for number, clause in enumerate(outputs, start=1):
        given: Mapping[str, str] = {"name": clause} if isinstance(clause, str) else clause
        attributes = "".join(_attribute(key, value) for key, value in given.items() if key not in ("values", "default"))
        inner = f"<outputValues><text>{escape(given['values'])}</text></outputValues>" if "values" in given else ""
        inner += f"<defaultOutputEntry><text>{escape(given['default'])}</text></defaultOutputEntry>" if "default" in given else ""
        parts.append(f'<output id="output{number}"{attributes}>{inner}</output>')
    for number, cells in enumerate(rules, start=1):
        parts.append(f'<rule id="rule{number}">')
        if number <= len(descriptions):
            parts.append(f"<description>{escape(descriptions[number - 1])}</description>")
        for column, cell in enumerate(cells):
            tag = "inputEntry" if column < len(inputs) else "outputEntry"
            parts.append(f'<{tag} id="cell_{number}_{column + 1}"><text>{escape(cell)}</text></{tag}>')
        parts.append("</rule>")
    return "".join(parts) + "</decisionTable>"


def decision(logic: str, *, id: str = "decision", name: str = "", requires: str = "", variable: str = "") -> str:
    """Return a <decision> around its logic."""
    return f"<decision id={quoteattr(id)} name={quoteattr(name or id)}>{variable}{requires}{logic}</decision>"


def literal(text: str, type_ref: str = "") -> str:
    """Return a <literalExpression>."""
    return f"<literalExpression{_attribute('typeRef', type_ref)}><text>{escape(text)}</text></literalExpression>"


def requires(*hrefs: str) -> str:
    """Return information and knowledge requirements: ``input:x``, ``decision:y``, ``knowledge:z``."""
    tags = {"input": "requiredInput", "decision": "requiredDecision", "knowledge": "requiredKnowledge"}
    parts: list[str] = []
    for href in hrefs:
        kind, _, target = href.partition(":")
        around = "knowledgeRequirement" if kind == "knowledge" else "informationRequirement"
        parts.append(f'<{around}><{tags[kind]} href="#{target}"/></{around}>')
    return "".join(parts)


def read(body: str, **options: Any) -> dmn.Model:
    """Return the model of a file."""
    return dmn.read(file(body, **options), file="test.dmn")


def compiled(body: str, **options: Any) -> dmn.DecisionModel:
    """Return the decisions of a file."""
    return dmn.compile_model(read(body, **options))


def _attribute(name: str, value: str) -> str:
    return f" {name}={quoteattr(value)}" if value else ""
