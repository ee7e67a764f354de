"""All files of a deployment at once: each by itself, then together."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from loanflow import dmn
from loanflow.bpmn.model import Model as ProcessModel
from loanflow.bpmn.model import Process
from loanflow.deployment.calls import find_uncallable
from loanflow.deployment.duplicates import find_duplicates
from loanflow.deployment.files import FileContent, Kind, kind_of, read_file, read_form
from loanflow.deployment.messages import find_unmet
from loanflow.deployment.references import Known, find_dangling
from loanflow.dmn.model import Model as DecisionModel
from loanflow.forms import Form
from loanflow.problems import Problem, errors_in, in_file_order


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What the files hold, as far as it could be read, and every finding in file order.

    ``processes`` holds every process with the model of its file, those that are not executable too. ``embedded_forms`` are
    the forms kept inside diagrams, by process id and form id.
    """

    problems: tuple[Problem, ...]
    processes: tuple[tuple[Process, ProcessModel], ...]
    decisions: tuple[DecisionModel, ...]
    forms: tuple[Form, ...]
    embedded_forms: Mapping[tuple[str, str], Form]

    @property
    def deployable(self) -> bool:
        """Whether there is no error among the findings."""
        return not errors_in(self.problems)


def check_files(
    files: Mapping[str, bytes],
    *,
    handlers: Collection[str] | None = None,
    known_processes: Collection[str] | None = None,
    known_decisions: Collection[str] | None = None,
    known_forms: Collection[str] | None = None,
) -> Checked:
    """Check files one by one and together; never raises, whatever the bytes.

    Args:
        files: name, with ``/`` between folders, to content. The name's ending says what a file is.
        handlers: the names of the registered handlers; None where they are not known, and are not looked for.
        known_processes: the ids of the processes deployed already; None where that is not known: a call of a process that is
            not among the files is then a warning rather than an error. Likewise ``known_decisions`` and ``known_forms``.
    """
    contents = _read(files, handlers)
    problems = [problem for content in contents for problem in content.problems]
    models = [content.decision_model for content in contents if content.decision_model is not None]
    problems += dict.fromkeys(problem for model in models for problem in dmn.check(model, among=models))
    embedded = _embedded_forms(contents, problems)
    known = Known(handlers=handlers, processes=known_processes, decisions=known_decisions, forms=known_forms)
    problems += find_duplicates(contents)
    problems += find_dangling(contents, known)
    problems += find_uncallable(contents)
    problems += find_unmet(contents)
    return Checked(
        problems=in_file_order(problems),
        processes=tuple((process, model) for content in contents if (model := content.process_model) for process in model.processes),
        decisions=tuple(models),
        forms=tuple(content.form for content in contents if content.form is not None),
        embedded_forms=embedded,
    )


def _read(files: Mapping[str, bytes], handlers: Collection[str] | None) -> list[FileContent]:
    """Read every file, forms first: a process is judged by what its forms write."""
    forms = {name: read_file(name, data, handlers=handlers) for name, data in files.items() if kind_of(name) is Kind.FORM}
    fields = {content.form.id: _written(content.form) for content in forms.values() if content.form is not None}
    return [forms.get(name) or read_file(name, data, handlers=handlers, form_fields=fields) for name, data in files.items()]


def _written(form: Form) -> frozenset[str]:
    return frozenset(component.path.split(".")[0] for component in form.walk() if component.path)


def _embedded_forms(contents: list[FileContent], problems: list[Problem]) -> Mapping[tuple[str, str], Form]:
    """Read the forms inside diagrams; their findings name the file, a ``#`` and the form's id."""
    found: dict[tuple[str, str], Form] = {}
    for content in contents:
        for process in content.process_model.processes if content.process_model is not None else ():
            for form_id, text in process.embedded_forms.items() if process.executable else ():
                form, wrong = read_form(f"{content.name}#{form_id}", text.encode(), form_id=form_id)
                problems.extend(wrong)
                if form is not None:
                    found[process.id, form_id] = form
    return MappingProxyType(found)
