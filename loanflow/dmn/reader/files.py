"""Reading one file whole: namespace, dialect, every element accounted for."""

from __future__ import annotations

from loanflow.dmn.model import Dialect, Model
from loanflow.dmn.reader import drg
from loanflow.dmn.reader.conformance import account_for_everything
from loanflow.dmn.reader.grammar import CAMUNDA, MODELER, VERSIONS, ZEEBE
from loanflow.dmn.reader.item_definitions import item_definition
from loanflow.dmn.reader.reading import Reading
from loanflow.errors import DefinitionError
from loanflow.problems import Location, Problem, errors_in, in_file_order
from loanflow.xmltree import MEGABYTE, Element
from loanflow.xmltree import read as read_xml

# A table of 10,000 rules and 5 inputs is 140,000 elements; rate tables that come out of spreadsheets are larger still.
MAX_BYTES = 40 * MEGABYTE
MAX_ELEMENTS = 1_000_000


def read_model(data: bytes, *, file: str, dialect: Dialect | None = None) -> Model:
    """Return the model in a DMN file; ``dialect`` None takes it from the file.

    Raises:
        DefinitionError: the bytes are not a DMN file, or hold something that is not supported; every finding at once.
    """
    model = survey_model(data, file=file, dialect=dialect)
    if errors_in(model.problems):
        raise DefinitionError(model.problems)
    return model


def survey_model(data: bytes, *, file: str, dialect: Dialect | None = None) -> Model:
    """Return the model in a DMN file as far as it could be read, to be checked further; ``problems`` may hold errors.

    Raises:
        DefinitionError: the bytes are not a DMN file.
    """
    root = read_xml(data, file=file, max_bytes=MAX_BYTES, max_elements=MAX_ELEMENTS)
    version = _version(root, file)
    reading = Reading(file=file, dialect=dialect or dialect_of(root), namespace=(root.get("namespace") or "").strip())
    account_for_everything(root, reading)
    name = (root.get("name") or root.get("id") or "").strip()
    return Model(
        id=root.get("id"),
        name=name,
        namespace=reading.namespace,
        file=file,
        dialect=reading.dialect,
        dmn_version=version,
        decisions=tuple(drg.decision(child, reading) for child in root.all("decision")),
        input_data=tuple(drg.input_data(child, reading) for child in root.all("inputData")),
        knowledge_models=tuple(drg.knowledge_model(child, reading) for child in root.all("businessKnowledgeModel")),
        services=tuple(drg.decision_service(child, reading) for child in root.all("decisionService")),
        knowledge_sources=tuple(drg.knowledge_source(child, reading) for child in root.all("knowledgeSource")),
        item_definitions=tuple(item_definition(child, reading) for child in root.all("itemDefinition")),
        imports=tuple(drg.imported(child, reading) for child in root.all("import")),
        annotations=tuple(drg.text_annotation(child, reading) for child in root.all("textAnnotation")),
        expression_language=root.get("expressionLanguage"),
        exporter=root.get("exporter"),
        exporter_version=root.get("exporterVersion"),
        execution_platform_version=root.get("executionPlatformVersion", MODELER),
        problems=in_file_order(reading.problems),
    )


def dialect_of(root: Element) -> Dialect:
    """Say by whose rules a file is to be read: what the Modeler wrote, else the extensions that are used."""
    platform = (root.get("executionPlatform", MODELER) or "").strip()
    if platform == "Camunda Cloud":
        return Dialect.CAMUNDA8
    if platform == "Camunda Platform":
        return Dialect.CAMUNDA7
    used: set[str] = set()
    for element in root.walk():
        used.add(element.name.namespace)
        used.update(name.namespace for name in element.attributes)
    if ZEEBE in used:
        return Dialect.CAMUNDA8
    if CAMUNDA in used or root.get("namespace") == CAMUNDA:
        return Dialect.CAMUNDA7
    return Dialect.SPEC


def _version(root: Element, file: str) -> str:
    version = VERSIONS.get(root.name.namespace)
    if version is not None and root.name.local == "definitions":
        return version
    found = f"<{root.tag}> of {root.name.namespace}" if root.name.namespace else f"<{root.tag}> without a namespace"
    raise DefinitionError(
        [
            Problem(
                code="dmn/not-dmn",
                message="this is not a DMN file",
                location=Location(file=file, line=root.line),
                expected="<definitions> of DMN 1.1 to 1.5",
                found=found,
                hint="save the table as DMN 1.3 in Camunda Modeler" if "DMN" in root.name.namespace else None,
            )
        ]
    )
