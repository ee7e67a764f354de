"""One file of a deployment: which kind it is, what is in it, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath

from loanflow import bpmn, dmn, forms
from loanflow.bpmn.model import Model as ProcessModel
from loanflow.dmn.model import Model as DecisionModel
from loanflow.errors import DefinitionError
from loanflow.forms import Form
from loanflow.problems import Location, Problem


class Kind(StrEnum):
    """What a file holds, by its name."""

    BPMN = "bpmn"
    DMN = "dmn"
    FORM = "form"


SUFFIXES: dict[str, Kind] = {
    ".bpmn": Kind.BPMN,
    ".bpmn20.xml": Kind.BPMN,
    ".dmn": Kind.DMN,
    ".dmn11.xml": Kind.DMN,
    ".form": Kind.FORM,
}
"""The endings of file names that Camunda's engines deploy, with what they mean."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileContent:
    """What was read from one file: at most one of the three, None where it could not be read; and every finding."""

    name: str
    process_model: ProcessModel | None = None
    decision_model: DecisionModel | None = None
    form: Form | None = None
    problems: tuple[Problem, ...] = ()


def kind_of(name: str) -> Kind | None:
    """Return what a file of that name holds, or None where the ending says nothing."""
    lower = name.lower()
    return next((kind for suffix, kind in SUFFIXES.items() if lower.endswith(suffix)), None)


def read_file(
    name: str, data: bytes, *, handlers: Collection[str] | None, form_fields: Mapping[str, frozenset[str]] | None = None
) -> FileContent:
    """Read and check one file; never raises, whatever the bytes. ``form_fields`` has the variables of each form by its id."""
    match kind_of(name):
        case Kind.BPMN:
            found = bpmn.inspect(data, file=name, handlers=handlers, form_fields=form_fields)
            return FileContent(name=name, process_model=found.model, problems=found.problems)
        case Kind.DMN:
            return _decisions(name, data)
        case Kind.FORM:
            return _form(name, data)
        case None:
            return FileContent(name=name, problems=(_unknown(name),))


def read_form(name: str, data: bytes, *, form_id: str | None = None) -> tuple[Form | None, tuple[Problem, ...]]:
    """Return a form and its findings; None where it cannot be read."""
    try:
        form = forms.survey(data, file=name, form_id=form_id)
    except DefinitionError as error:
        return None, error.problems
    return form, tuple(dict.fromkeys([*form.ignored, *forms.check(form)]))


def _form(name: str, data: bytes) -> FileContent:
    form, problems = read_form(name, data)
    return FileContent(name=name, form=form, problems=problems)


def _decisions(name: str, data: bytes) -> FileContent:
    # Models import each other: what is wrong with one is said once all are read.
    try:
        return FileContent(name=name, decision_model=dmn.survey(data, file=name))
    except DefinitionError as error:
        return FileContent(name=name, problems=error.problems)


def _unknown(name: str) -> Problem:
    suffix = PurePosixPath(name).suffix
    return Problem(
        code="deployment/unknown-file-type",
        message="the file's name does not say what it holds",
        location=Location(file=name),
        expected="a name that ends in .bpmn, .dmn or .form",
        found=f"a name that ends in {suffix}" if suffix else "a name without an ending",
        hint="rename the file, or leave it out of the deployment",
    )
