"""Diagrams that other people drew run as drawn: rehearsed in memory, each reaches an end in every run, without an incident."""

from __future__ import annotations

import pytest

from loanflow.testing.rehearsal import rehearse
from tests.bpmn.corpus import SHARED, needs_shared

pytestmark = needs_shared

REAL = SHARED / "real-diagrams"
SEVERAL = "Schwartzalexander+camunda8-demo-real-estate-financing"
RUNNING = [
    ["camunda+camunda-bpm-platform/reviewInvoice.bpmn"],
    ["camunda+camunda-bpm-examples/loanApproval.bpmn"],
    [f"{SEVERAL}/autocredit.bpmn"],
    [f"{SEVERAL}/credit-comparison.bpmn"],
    [f"{SEVERAL}/dmncredit.bpmn", f"{SEVERAL}/check-credibility.dmn"],
    [
        f"unknown1fsh+camunda-credit-approval-system/{name}"
        for name in (
            "credit-approval-main.bpmn",
            "approval-authority-decision.dmn",
            "document-requirements-decision.dmn",
            "escalation-rules-decision.dmn",
            "risk-scoring-decision.dmn",
        )
    ],
]


@pytest.mark.parametrize("names", RUNNING, ids=lambda names: names[0].rpartition("/")[2])
def test_each_deployable_diagram_runs_to_an_end(names: list[str]) -> None:
    played = rehearse({name: (REAL / name).read_bytes() for name in names}, runs=5)
    assert played.processes
    for process in played.processes:
        assert process.incidents == ()
        assert process.ends
