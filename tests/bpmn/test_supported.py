"""The table of what runs agrees with execution: what the checks accept compiles, and the other way round."""

from __future__ import annotations

from pathlib import Path

import pytest

from loanflow import bpmn
from loanflow.bpmn.reader import survey
from loanflow.errors import DefinitionError
from loanflow.execution import compile_process
from loanflow.problems import errors_in
from tests.bpmn.corpus import ROOT, diagrams, named

CHECKS = Path(__file__).parent / "checks"
PATHS = [
    *diagrams("real-diagrams", "miwg", "betsy/gateways", "betsy/events"),
    *sorted((ROOT / "diagrams").rglob("*.bpmn")),
    *sorted(CHECKS.rglob("valid-*.bpmn")),
]


def _refusals(path: Path) -> list[str]:
    """Return what execution refuses in the executable processes of a file, whatever the checks say."""
    model = survey(path.read_bytes(), file=path.name).model
    found: list[str] = []
    for process in model.processes:
        if process.executable:
            try:
                compile_process(model, process.id, program_id="p")
            except DefinitionError as error:
                found += [str(problem) for problem in error.problems]
    return found


@pytest.mark.parametrize("path", PATHS, ids=named)
def test_what_the_checks_accept_compiles(path: Path) -> None:
    found = bpmn.inspect(path.read_bytes(), file=path.name)
    if found.model is not None and not errors_in(found.problems):
        assert _refusals(path) == []
