"""From XML to the elements of the decision requirements graph."""

from __future__ import annotations

from loanflow.dmn.model import (
    BusinessKnowledgeModel,
    Decision,
    DecisionService,
    Import,
    InputData,
    KnowledgeSource,
    Reference,
    TextAnnotation,
    Variable,
)
from loanflow.dmn.reader.expressions import expression_in, function_definition, variable
from loanflow.dmn.reader.grammar import CAMUNDA, ZEEBE
from loanflow.dmn.reader.reading import Reading
from loanflow.xmltree import Element


def decision(element: Element, reading: Reading) -> Decision:
    """Return a decision with its requirements and its logic."""
    name = _name(element)
    named = element.first("variable")
    return Decision(
        id=_id(element, reading),
        name=name,
        label=element.get("label"),
        description=reading.child_text(element, "description"),
        line=element.line,
        variable=variable(named, reading, name=name) if named is not None else None,
        logic=expression_in(element, reading),
        input_data=_requirements(element, "informationRequirement", "requiredInput", reading),
        decisions=_requirements(element, "informationRequirement", "requiredDecision", reading),
        knowledge=_requirements(element, "knowledgeRequirement", "requiredKnowledge", reading),
        authorities=_requirements(element, "authorityRequirement", "requiredAuthority", reading),
        question=reading.child_text(element, "question"),
        allowed_answers=reading.child_text(element, "allowedAnswers"),
        version_tag=_version_tag(element),
        history_time_to_live=element.get("historyTimeToLive", CAMUNDA),
    )


def input_data(element: Element, reading: Reading) -> InputData:
    """Return an input data element; its variable has its name where the file gives it none."""
    name = _name(element)
    named = element.first("variable")
    return InputData(
        id=_id(element, reading),
        name=name,
        label=element.get("label"),
        description=reading.child_text(element, "description"),
        line=element.line,
        variable=variable(named, reading, name=name) if named is not None else Variable(name=name, line=element.line),
    )


def knowledge_model(element: Element, reading: Reading) -> BusinessKnowledgeModel:
    """Return a business knowledge model with its function."""
    name = _name(element)
    named = element.first("variable")
    logic = element.first("encapsulatedLogic")
    return BusinessKnowledgeModel(
        id=_id(element, reading),
        name=name,
        label=element.get("label"),
        description=reading.child_text(element, "description"),
        line=element.line,
        variable=variable(named, reading, name=name) if named is not None else None,
        function=function_definition(logic, reading) if logic is not None else None,
        knowledge=_requirements(element, "knowledgeRequirement", "requiredKnowledge", reading),
        authorities=_requirements(element, "authorityRequirement", "requiredAuthority", reading),
    )


def decision_service(element: Element, reading: Reading) -> DecisionService:
    """Return a decision service."""
    name = _name(element)
    named = element.first("variable")
    return DecisionService(
        id=_id(element, reading),
        name=name,
        label=element.get("label"),
        description=reading.child_text(element, "description"),
        line=element.line,
        variable=variable(named, reading, name=name) if named is not None else None,
        output_decisions=reading.references(element, "outputDecision"),
        encapsulated_decisions=reading.references(element, "encapsulatedDecision"),
        input_decisions=reading.references(element, "inputDecision"),
        input_data=reading.references(element, "inputData"),
    )


def knowledge_source(element: Element, reading: Reading) -> KnowledgeSource:
    """Return a knowledge source."""
    owner = element.first("owner")
    return KnowledgeSource(
        id=_id(element, reading),
        name=_name(element),
        label=element.get("label"),
        description=reading.child_text(element, "description"),
        line=element.line,
        type=reading.child_text(element, "type"),
        location_uri=element.get("locationURI"),
        owner=owner.get("href") if owner is not None else None,
    )


def imported(element: Element, reading: Reading) -> Import:
    """Return an import; only other DMN models can be imported."""
    kind = reading.required(element, "importType")
    if kind and "DMN" not in kind.upper():
        reading.report(
            "dmn/unsupported-import",
            "only DMN models can be imported",
            element,
            property="importType",
            expected="a DMN model's namespace",
            found=kind,
        )
    return Import(name=(element.get("name") or "").strip(), namespace=reading.required(element, "namespace"), kind=kind, line=element.line)


def text_annotation(element: Element, reading: Reading) -> TextAnnotation:
    """Return a note on the drawing."""
    return TextAnnotation(id=element.get("id"), text=reading.child_text(element, "text") or "")


def _requirements(element: Element, requirement: str, target: str, reading: Reading) -> tuple[Reference, ...]:
    return tuple(reference for child in element.all(requirement) for reference in reading.references(child, target))


def _name(element: Element) -> str:
    return (element.get("name") or element.get("label") or element.get("id") or "").strip()


def _id(element: Element, reading: Reading) -> str:
    # The schema leaves the id optional; then the name has to do.
    return element.get("id") or (element.get("name") or "").strip() or reading.required(element, "id")


def _version_tag(element: Element) -> str | None:
    extensions = element.first("extensionElements")
    if extensions is not None and (tag := extensions.first("versionTag", ZEEBE)) is not None:
        return tag.get("value")
    return element.get("versionTag", CAMUNDA)
