"""Every element and attribute of DMN: read, ignored on purpose, or refused by name.

One table for DMN 1.1 to 1.5 (the union of their XML schemas). Anything not in it is refused; what is ignored on purpose
changes nothing about the value of a decision.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

VERSIONS: Mapping[str, str] = MappingProxyType(
    {
        "http://www.omg.org/spec/DMN/20151101/dmn.xsd": "1.1",
        "http://www.omg.org/spec/DMN/20151101/dmn11.xsd": "1.1",
        "http://www.omg.org/spec/DMN/20151130": "1.1",
        "http://www.omg.org/spec/DMN/20180521/MODEL/": "1.2",
        "https://www.omg.org/spec/DMN/20191111/MODEL/": "1.3",
        "https://www.omg.org/spec/DMN/20211108/MODEL/": "1.4",
        "https://www.omg.org/spec/DMN/20230324/MODEL/": "1.5",
    }
)
FEEL_NAMESPACES = frozenset(
    {
        "http://www.omg.org/spec/FEEL/20140401",
        "http://www.omg.org/spec/DMN/20180521/FEEL/",
        "https://www.omg.org/spec/DMN/20191111/FEEL/",
        "https://www.omg.org/spec/DMN/20211108/FEEL/",
        "https://www.omg.org/spec/DMN/20230324/FEEL/",
    }
)
CAMUNDA = "http://camunda.org/schema/1.0/dmn"
ZEEBE = "http://camunda.org/schema/zeebe/1.0"
MODELER = "http://camunda.org/schema/modeler/1.0"

# Elements that only say where something stands on the drawing, or how wide a column is.
LAYOUT_NAMESPACES = (
    "http://www.omg.org/spec/DMN/20151101/DMNDI.xsd",
    "http://www.omg.org/spec/DMN/20180521/DMNDI/",
    "https://www.omg.org/spec/DMN/20191111/DMNDI/",
    "https://www.omg.org/spec/DMN/20211108/DMNDI/",
    "https://www.omg.org/spec/DMN/20230324/DMNDI/",
    "http://bpmn.io/schema/dmn/biodi/1.0",
    "http://bpmn.io/schema/dmn/biodi/2.0",
)

# Camunda's own attributes: on which element, and whether they are read or ignored on purpose.
CAMUNDA_ATTRIBUTES: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        ("definitions", "diagramRelationId"): "ignored",
        ("decision", "versionTag"): "read",
        ("decision", "historyTimeToLive"): "read",
        ("decision", "historyTimeToLiveString"): "ignored",
        ("input", "inputVariable"): "read",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ElementGrammar:
    """What may stand on and in an element; ``ignored`` names children that change no value."""

    attributes: frozenset[str]
    children: frozenset[str]
    ignored: frozenset[str] = frozenset()


_EXPRESSIONS = "decisionTable literalExpression context invocation relation list functionDefinition conditional filter for some every"
# Every DMNElement may have these (7.3.1); extension attributes are of other namespaces.
_COMMON_ATTRIBUTES = "id label"
_COMMON_CHILDREN = "description extensionElements"


def _element(attributes: str = "", children: str = "", ignored: str = "") -> ElementGrammar:
    return ElementGrammar(
        attributes=frozenset(f"{_COMMON_ATTRIBUTES} {attributes}".split()),
        children=frozenset(f"{_COMMON_CHILDREN} {children}".split()),
        ignored=frozenset(ignored.split()),
    )


_UNARY_TESTS = _element("expressionLanguage typeRef", "text")
_ITEM = _element("name isCollection typeLanguage typeRef", "typeRef allowedValues typeConstraint itemComponent functionItem")
_REFERENCE = ElementGrammar(attributes=frozenset({"href"}), children=frozenset())
_INFORMATION_ITEM = _element("name typeRef")
_CHILD_EXPRESSION = _element("typeRef", _EXPRESSIONS)
_TEXT = ElementGrammar(attributes=frozenset(), children=frozenset())
_QUANTIFIED = _element("typeRef iteratorVariable", "in satisfies")

ELEMENTS: Mapping[str, ElementGrammar] = MappingProxyType(
    {
        "definitions": _element(
            "name namespace expressionLanguage typeLanguage exporter exporterVersion",
            "import itemDefinition decision inputData businessKnowledgeModel decisionService knowledgeSource"
            " textAnnotation association group elementCollection performanceIndicator organizationUnit"
            " businessContextElement artifact drgElement",
            ignored="association group elementCollection performanceIndicator organizationUnit businessContextElement",
        ),
        "import": _element("name namespace locationURI importType"),
        "itemDefinition": _ITEM,
        "itemComponent": _ITEM,
        "functionItem": _element("outputTypeRef", "parameters"),
        "parameters": _INFORMATION_ITEM,
        "allowedValues": _UNARY_TESTS,
        "typeConstraint": _UNARY_TESTS,
        "decision": _element(
            "name",
            "question allowedAnswers variable informationRequirement knowledgeRequirement authorityRequirement"
            " supportedObjective impactedPerformanceIndicator decisionMaker decisionOwner usingProcess usingTask " + _EXPRESSIONS,
            ignored="supportedObjective impactedPerformanceIndicator decisionMaker decisionOwner usingProcess usingTask",
        ),
        "inputData": _element("name href", "variable"),
        "businessKnowledgeModel": _element("name", "variable encapsulatedLogic knowledgeRequirement authorityRequirement"),
        "decisionService": _element("name", "variable outputDecision encapsulatedDecision inputDecision inputData"),
        "knowledgeSource": _element("name locationURI", "authorityRequirement type owner"),
        "informationRequirement": _element("", "requiredDecision requiredInput"),
        "knowledgeRequirement": _element("", "requiredKnowledge"),
        "authorityRequirement": _element("", "requiredDecision requiredInput requiredAuthority"),
        "variable": _INFORMATION_ITEM,
        "parameter": _INFORMATION_ITEM,
        "formalParameter": _INFORMATION_ITEM,
        "column": _INFORMATION_ITEM,
        "encapsulatedLogic": _element("kind typeRef", "formalParameter " + _EXPRESSIONS),
        "functionDefinition": _element("kind typeRef", "formalParameter " + _EXPRESSIONS),
        "literalExpression": _element("typeRef expressionLanguage", "text importedValues"),
        "decisionTable": _element("typeRef hitPolicy aggregation preferredOrientation outputLabel", "input output annotation rule"),
        "input": _element("", "inputExpression inputValues"),
        "inputExpression": _element("typeRef expressionLanguage", "text importedValues"),
        "inputValues": _UNARY_TESTS,
        "output": _element("name typeRef", "outputValues defaultOutputEntry"),
        "outputValues": _UNARY_TESTS,
        "defaultOutputEntry": _element("typeRef expressionLanguage", "text importedValues"),
        "annotation": ElementGrammar(attributes=frozenset({"name"}), children=frozenset()),
        "rule": _element("", "inputEntry outputEntry annotationEntry"),
        "inputEntry": _UNARY_TESTS,
        "outputEntry": _element("typeRef expressionLanguage", "text importedValues"),
        "annotationEntry": ElementGrammar(attributes=frozenset(), children=frozenset({"text"})),
        "context": _element("typeRef", "contextEntry"),
        "contextEntry": _element("", "variable " + _EXPRESSIONS),
        "invocation": _element("typeRef", "binding " + _EXPRESSIONS),
        "binding": _element("", "parameter " + _EXPRESSIONS),
        "relation": _element("typeRef", "column row"),
        "row": _element("typeRef", _EXPRESSIONS),
        "list": _element("typeRef", _EXPRESSIONS),
        "conditional": _element("typeRef", "if then else"),
        "filter": _element("typeRef", "in match"),
        "for": _element("typeRef iteratorVariable", "in return"),
        "some": _QUANTIFIED,
        "every": _QUANTIFIED,
        **dict.fromkeys(("if", "then", "else", "match", "return", "satisfies", "in"), _CHILD_EXPRESSION),
        **dict.fromkeys(("requiredDecision", "requiredInput", "requiredKnowledge", "requiredAuthority", "owner"), _REFERENCE),
        **dict.fromkeys(
            ("outputDecision", "encapsulatedDecision", "inputDecision"),
            _REFERENCE,
        ),
        **dict.fromkeys(("text", "description", "question", "allowedAnswers", "type", "typeRef"), _TEXT),
        "textAnnotation": _element("textFormat", "text"),
        "extensionElements": ElementGrammar(attributes=frozenset(), children=frozenset()),
    }
)

# Known to the standard, not to us: refused with the reason.
REFUSED: Mapping[str, str] = MappingProxyType(
    {
        "importedValues": "values imported from another document",
        "artifact": "an artifact without a kind",
        "drgElement": "an element without a kind",
    }
)
