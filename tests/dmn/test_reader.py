"""Files of every version; every element and attribute read, ignored on purpose, or refused by name."""

from __future__ import annotations

import pytest

from loanflow import dmn
from loanflow.dmn.reader.grammar import ELEMENTS
from loanflow.errors import DefinitionError
from tests.dmn.written import VERSIONS, decision, file, literal, read, table


def refused(data: bytes) -> list[str]:
    with pytest.raises(DefinitionError) as caught:
        dmn.read(data, file="test.dmn")
    return [problem.code for problem in caught.value.problems]


@pytest.mark.parametrize("version", VERSIONS)
def test_all_versions_are_read(version: str) -> None:
    model = read(decision(table([("x", "number")], ["r"], [["1", "2"]], policy="FIRST")), version=version)
    assert (model.dmn_version, model.decisions[0].logic.code) == (version, "F")


def test_types_of_dmn_1_1_are_qualified_names() -> None:
    body = '<itemDefinition name="t"><typeRef>feel:number</typeRef></itemDefinition>' + decision(
        literal("1"), variable='<variable name="decision" typeRef="feel:string"/>'
    )
    model = read(body, version="1.1")
    assert (model.item_definitions[0].type_ref, model.decisions[0].variable.type_ref) == ("number", "string")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "xml/empty"),
        (b"\x00\x01\x02", "xml/not-well-formed"),
        (file("")[:200], "xml/not-well-formed"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "xml/doctype"),
        (b"<definitions/>", "dmn/not-dmn"),
        (b'<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"/>', "dmn/not-dmn"),
        (b'<decision xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/"/>', "dmn/not-dmn"),
    ],
)
def test_what_is_no_dmn_file_is_refused(data: bytes, code: str) -> None:
    assert refused(data) == [code]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ('<decision id="a" name="a" color="red"/>', "dmn/unexpected-attribute"),
        ('<decision id="a" name="a"><picture/></decision>', "dmn/unexpected-element"),
        ("<rule/>", "dmn/unexpected-element"),
        ('<decision id="a" name="a"><literalExpression><importedValues/></literalExpression></decision>', "dmn/unsupported-element"),
        ('<decision id="a" name="a"><literalExpression/><literalExpression/></decision>', "dmn/unexpected-element"),
        ('<decision id="a" name="a"><decisionTable hitPolicy="MAYBE"/></decision>', "dmn/bad-attribute"),
        ('<decision id="a" name="a"><decisionTable hitPolicy="COLLECT" aggregation="AVG"/></decision>', "dmn/bad-attribute"),
        ('<decision id="a" name="a"><conditional><if/></conditional></decision>', "dmn/missing-element"),
        ('<import name="p" namespace="http://p" importType="http://www.dmg.org/PMML-4_4"/>', "dmn/unsupported-import"),
        ('<itemDefinition name="t" isCollection="maybe"/>', "dmn/bad-attribute"),
        ('<itemDefinition isCollection="true"/>', "dmn/missing-attribute"),
    ],
)
def test_what_is_not_supported_is_refused_by_name(body: str, code: str) -> None:
    assert code in refused(file(body))


def test_all_findings_come_at_once_in_file_order() -> None:
    body = decision(table(["x"], ["r"], [["1", "2", "3"], []])) + '\n<decision id="b" name="b" color="red"/>'
    assert refused(file(body)) == ["dmn/row-length"] * 3 + ["dmn/unexpected-attribute"]


def test_layout_and_foreign_extensions_change_nothing() -> None:
    body = (
        '<decision id="a" name="a" xmlns:biodi="http://bpmn.io/schema/dmn/biodi/2.0" xmlns:x="http://example.com/x" x:mark="1">'
        '<extensionElements><x:thing/></extensionElements><decisionTable biodi:annotationsWidth="300"/></decision>'
        '<dmndi:DMNDI xmlns:dmndi="https://www.omg.org/spec/DMN/20191111/DMNDI/"><dmndi:DMNDiagram/></dmndi:DMNDI>'
    )
    assert [(one.code, one.severity) for one in read(body).problems] == [("dmn/ignored-extension", "info")] * 2


def test_camundas_unknown_attributes_are_ignored_loudly() -> None:
    problems = read('<decision id="a" name="a" camunda:colour="red"/>').problems
    assert [(one.code, one.severity) for one in problems] == [("dmn/ignored-extension", "warning")]


@pytest.mark.parametrize(
    "body",
    [
        '<decision id="a" name="a" camunda:versionTag="v7" camunda:historyTimeToLive="P30D"/>',
        '<decision id="a" name="a"><extensionElements><zeebe:versionTag value="v7"/></extensionElements></decision>',
    ],
)
def test_version_tags_of_both_dialects(body: str) -> None:
    model = read(body)
    assert (model.decisions[0].version_tag, model.version_tag, model.problems) == ("v7", "v7", ())


def test_comments_and_annotations_of_rules() -> None:
    body = (
        table(["x"], ["r"], [["1", "2"]], descriptions=["评分过低"])
        .replace("</rule>", "<annotationEntry><text>R01</text></annotationEntry></rule>")
        .replace("<rule", '<annotation name="Reason"/><rule')
    )
    logic = read(decision(body)).decisions[0].logic
    assert (logic.annotations, logic.rules[0].annotations, logic.rules[0].description) == (("Reason",), ("R01",), "评分过低")


def test_ids_may_be_left_out() -> None:
    assert read('<decision name="only a name"/>').decisions[0].id == "only a name"


def test_the_grammar_knows_itself() -> None:
    for name, grammar in ELEMENTS.items():
        for child in grammar.children - {"importedValues", "artifact", "drgElement"} - grammar.ignored:
            assert child in ELEMENTS, f"<{name}> may hold <{child}>, of which nothing is known"
