"""Diagrams that other people drew: clean, or refused truly, never a crash."""

from __future__ import annotations

from pathlib import Path

import pytest

from loanflow import bpmn
from loanflow.problems import errors_in
from tests.bpmn.corpus import ROOT, SHARED, diagrams, named, needs_shared

REAL = SHARED / "real-diagrams"
CREDIT = REAL / "Schwartzalexander+camunda8-demo-real-estate-financing"
FILE_LEVEL = ("xml/", "bpmn/no-executable-process", "bpmn/not-bpmn")


@needs_shared
@pytest.mark.parametrize(
    "path",
    [
        path
        for path in diagrams("real-diagrams/unknown1fsh+camunda-credit-approval-system", f"real-diagrams/{CREDIT.name}")
        if path.name != "credit-application.bpmn"
    ],
    ids=named,
)
def test_the_deployable_ones_have_no_error(path: Path) -> None:
    found = bpmn.inspect(path.read_bytes(), file=path.name)
    assert found.model is not None
    assert not errors_in(found.problems), "\n".join(map(str, found.problems))
    assert bpmn.read(path.read_bytes(), file=path.name) == found.model


@needs_shared
def test_the_one_that_is_not_well_formed_is_refused_with_line_and_remedy() -> None:
    path = CREDIT / "credit-application.bpmn"
    (problem,) = bpmn.inspect(path.read_bytes(), file=path.name).problems
    assert (problem.code, problem.location.line) == ("xml/undeclared-prefix", 159)
    assert 'add xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI"' in (problem.hint or "")


@needs_shared
@pytest.mark.parametrize("path", diagrams("real-diagrams", "miwg", "betsy"), ids=named)
def test_every_other_one_is_clean_or_refused_by_element(path: Path) -> None:
    found = bpmn.inspect(path.read_bytes(), file=path.name)
    for problem in errors_in(found.problems):
        assert problem.location.line, str(problem)
        assert problem.element_id or problem.code.startswith(FILE_LEVEL) or problem.code in ("bpmn/missing-id",), str(problem)


@needs_shared
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("camunda+camunda-bpm-examples/loanApproval.bpmn", {}),
        ("camunda+camunda-bpm-platform/reviewInvoice.bpmn", {}),
        ("camunda+camunda-bpm-platform/invoice.v1.bpmn", {"bpmn/script-language": 2}),
        # A JavaScript that sets a variable from inside an input mapping, which no mapping can do.
        ("camunda+camunda-bpm-examples/loan-granting.bpmn", {"bpmn/script-language": 1}),
    ],
)
def test_what_stops_the_others(name: str, expected: dict[str, int]) -> None:
    errors = errors_in(bpmn.inspect((REAL / name).read_bytes(), file=name).problems)
    assert {code: sum(problem.code == code for problem in errors) for code in {problem.code for problem in errors}} == expected


@needs_shared
@pytest.mark.parametrize("version", ["invoice.v1", "invoice.v2"])
def test_a_registered_handler_stands_in_for_each_script(version: str) -> None:
    path = REAL / "camunda+camunda-bpm-platform" / f"{version}.bpmn"
    scripts = ["approveInvoice.create", "approveInvoice.assignment"]
    assert not errors_in(bpmn.inspect(path.read_bytes(), file=path.name, handlers=scripts).problems)


@pytest.mark.parametrize("path", sorted((ROOT / "diagrams").rglob("*.bpmn")), ids=named)
def test_the_shipped_diagrams_have_neither_error_nor_warning(path: Path) -> None:
    found = bpmn.inspect(path.read_bytes(), file=path.name)
    assert [str(problem) for problem in found.problems if problem.severity != "info"] == []
