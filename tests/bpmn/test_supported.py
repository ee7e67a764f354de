"""The table of what runs agrees with execution: what the checks accept compiles, and the other way round."""

from __future__ import annotations

from itertools import combinations_with_replacement
from pathlib import Path

import pytest

from loanflow import bpmn
from loanflow.bpmn.reader import survey
from loanflow.errors import DefinitionError
from loanflow.execution import compile_process
from loanflow.problems import errors_in
from tests.bpmn.corpus import ROOT, diagrams, named
from tests.bpmn.drawing import file_of

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


_DEFINITIONS = {
    "timer": "<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>",
    "message": '<messageEventDefinition messageRef="M"/>',
    "signal": '<signalEventDefinition signalRef="G"/>',
    "error": '<errorEventDefinition errorRef="R"/>',
    "escalation": '<escalationEventDefinition escalationRef="C"/>',
    "conditional": "<conditionalEventDefinition><condition>${a}</condition></conditionalEventDefinition>",
    "compensation": "<compensateEventDefinition/>",
    "terminate": "<terminateEventDefinition/>",
    "link": '<linkEventDefinition name="l"/>',
}
_AROUND = '<message id="M" name="m"/><signal id="G" name="g"/><error id="R" errorCode="r"/><escalation id="C" escalationCode="c"/>'
_PLACES = {
    "start": '<startEvent id="X">{0}</startEvent><endEvent id="E"/>',
    "catch": '<startEvent id="S"/><intermediateCatchEvent id="X">{0}</intermediateCatchEvent><endEvent id="E"/>',
    "throw": '<startEvent id="S"/><intermediateThrowEvent id="X">{0}</intermediateThrowEvent><endEvent id="E"/>',
    "end": '<startEvent id="S"/><endEvent id="X">{0}</endEvent>',
    "boundary": '<startEvent id="S"/><userTask id="X"/><boundaryEvent id="B" attachedToRef="X">{0}</boundaryEvent><endEvent id="E"/>',
    "event sub-process": '<startEvent id="S"/><userTask id="X"/><endEvent id="E"/><subProcess id="P2" triggeredByEvent="true">'
    '<startEvent id="S2">{0}</startEvent></subProcess>',
}


@pytest.mark.parametrize("place", _PLACES)
def test_events_about_two_things_are_refused_before_they_fail_to_compile(place: str) -> None:
    accepted = 0
    for one, other in combinations_with_replacement(_DEFINITIONS, 2):
        body = _PLACES[place].format(_DEFINITIONS[one] + _DEFINITIONS[other])
        ends = ("X", "E") if place == "start" else ("S", "X")
        data = file_of(f'{body}<sequenceFlow id="F" sourceRef="{ends[0]}" targetRef="{ends[1]}"/>', around=_AROUND)
        found = bpmn.inspect(data, file="f.bpmn")
        assert found.model is not None
        if errors_in(found.problems):
            continue
        accepted += 1
        compile_process(found.model, "P", program_id="p")
    assert accepted >= 3
