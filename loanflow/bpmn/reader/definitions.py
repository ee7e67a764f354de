"""The whole file: ``<definitions>``, its processes and collaboration, and the drawing (clause 8.1 and 9)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from loanflow import xmltree
from loanflow.bpmn.extensions import extension_for, platform_of
from loanflow.bpmn.model import Artifact, MessageFlow, Model, Participant, Process
from loanflow.bpmn.namespaces import BPMN
from loanflow.bpmn.reader import accounting
from loanflow.bpmn.reader.diagram import read_diagrams
from loanflow.bpmn.reader.duplicates import refuse_duplicates
from loanflow.bpmn.reader.process import read_artifact, read_process
from loanflow.bpmn.reader.reading import Reading
from loanflow.bpmn.source import Fate, Source
from loanflow.errors import DefinitionError
from loanflow.problems import Location, Problem, Severity, in_file_order
from loanflow.xmltree import Element, Name


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """A file as far as it can be read: the model, what was wrong, and what became of every element and attribute.

    ``attributes`` is keyed by element and attribute name. ``problems`` holds errors and warnings; what was ignored on purpose
    is in ``model.ignored``.
    """

    model: Model
    problems: tuple[Problem, ...]
    root: Element
    elements: Mapping[Element, Fate]
    attributes: Mapping[tuple[Element, Name], Fate]


def survey(data: bytes, *, file: str) -> Survey:
    """Return the model of a BPMN file together with everything the reader has to say about it.

    Raises:
        DefinitionError: the bytes are not well-formed XML, or not BPMN at all.
    """
    root = xmltree.read(data, file=file)
    if root.name != Name(BPMN, "definitions"):
        raise DefinitionError([_not_bpmn(root, file)])
    platform = platform_of(root)
    source = Source(root, file=file, dialect=platform.dialect)
    reading = Reading(source=source, extension=extension_for(platform.dialect))
    refuse_duplicates(source)
    processes: list[Process] = []
    participants: list[Participant] = []
    message_flows: list[MessageFlow] = []
    artifacts: list[Artifact] = []
    for child in (one for one in root.children if one not in source.abandoned):
        if child.name == Name(BPMN, "process"):
            source.take(child)
            process = read_process(reading, child)
            if process is not None:
                processes.append(process)
        elif child.name == Name(BPMN, "collaboration"):
            source.take(child)
            _read_collaboration(source, child, participants, message_flows, artifacts)
    diagrams = read_diagrams(source)
    account = accounting.settle(reading, executable=frozenset(process.id for process in processes if process.executable))
    ignored = [*account.ignored, *_not_executable(source, processes)]
    problems = list(account.problems)
    if platform.unknown is not None:
        problems.append(_unknown_platform(source, platform.unknown))
    model = Model(
        file=file,
        dialect=platform.dialect,
        platform_version=platform.version,
        processes=tuple(processes),
        participants=tuple(participants),
        message_flows=tuple(message_flows),
        artifacts=tuple(artifacts),
        diagrams=diagrams,
        ignored=in_file_order(ignored),
    )
    return Survey(model=model, problems=in_file_order(problems), root=root, elements=account.elements, attributes=account.attributes)


def _read_collaboration(
    source: Source, element: Element, participants: list[Participant], message_flows: list[MessageFlow], artifacts: list[Artifact]
) -> None:
    for one in source.children(element, "participant"):
        process = source.reference(one, "processRef")
        participants.append(Participant(id=source.attribute(one, "id") or "", name=source.attribute(one, "name"), process=process))
    for one in source.children(element, "messageFlow"):
        message_flows.append(
            MessageFlow(
                id=source.attribute(one, "id") or "",
                source=source.reference(one, "sourceRef") or "",
                target=source.reference(one, "targetRef") or "",
                name=source.attribute(one, "name"),
                line=one.line,
            )
        )
    for one in element.children:
        artifact = read_artifact(source, one)
        if artifact is not None:
            artifacts.append(artifact)


def _not_executable(source: Source, processes: list[Process]) -> list[Problem]:
    return [
        Problem(
            code="bpmn/ignored",
            severity=Severity.INFO,
            message=f"the process {process.name or process.id} is not executable: it is drawn, never run",
            location=Location(file=source.file, line=process.line),
            element_id=process.id,
            element_name=process.name,
            element_type="process",
            hint="tick Properties panel > General > Executable to run it",
        )
        for process in processes
        if not process.executable
    ]


def _unknown_platform(source: Source, found: str) -> Problem:
    return Problem(
        code="bpmn/unknown-platform",
        severity=Severity.WARNING,
        message="the diagram was drawn for an engine we do not know; the elements it uses decide how it is read",
        location=Location(file=source.file, line=source.root.line),
        property="modeler:executionPlatform",
        expected="Camunda Platform or Camunda Cloud",
        found=found,
    )


def _not_bpmn(root: Element, file: str) -> Problem:
    right_tag = root.name.local == "definitions"
    return Problem(
        code="bpmn/not-bpmn",
        message="the file is not a BPMN 2.0 diagram",
        location=Location(file=file, line=root.line),
        expected=f'<definitions> in the namespace "{BPMN}"',
        found=f'<{root.tag}> in the namespace "{root.name.namespace}"' if root.name.namespace else f"<{root.tag}> in no namespace",
        hint="a DMN table belongs into a .dmn file"
        if right_tag and "DMN" in root.name.namespace
        else "save the diagram as BPMN in Camunda Modeler",
    )
