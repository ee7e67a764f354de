"""What may be deployed: files without an error, with what was read from them."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from loanflow.bpmn.model import Model as ProcessModel
from loanflow.bpmn.model import Process
from loanflow.deployment.checking import check_files
from loanflow.dmn.model import Model as DecisionModel
from loanflow.errors import DefinitionError
from loanflow.forms import Form
from loanflow.problems import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class BundledFile:
    """One file, byte for byte, with its hash in hexadecimal."""

    name: str
    sha256: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """Files that may be deployed together; ``problems`` holds warnings and what is ignored, never an error."""

    files: tuple[BundledFile, ...]
    processes: tuple[tuple[Process, ProcessModel], ...]
    decisions: tuple[DecisionModel, ...]
    forms: tuple[Form, ...]
    embedded_forms: Mapping[tuple[str, str], Form]
    problems: tuple[Problem, ...]


def bundle(
    files: Mapping[str, bytes],
    *,
    handlers: Collection[str] | None = None,
    known_processes: Collection[str] | None = None,
    known_decisions: Collection[str] | None = None,
    known_forms: Collection[str] | None = None,
) -> Bundle:
    """Return what may be deployed; the arguments are those of ``check_files``.

    Raises:
        DefinitionError: at least one finding is an error; carries every finding of every file.
    """
    checked = check_files(
        files, handlers=handlers, known_processes=known_processes, known_decisions=known_decisions, known_forms=known_forms
    )
    if not checked.deployable:
        raise DefinitionError(checked.problems)
    return Bundle(
        files=tuple(BundledFile(name=name, sha256=hashlib.sha256(data).hexdigest(), content=data) for name, data in files.items()),
        processes=checked.processes,
        decisions=checked.decisions,
        forms=checked.forms,
        embedded_forms=checked.embedded_forms,
        problems=checked.problems,
    )
