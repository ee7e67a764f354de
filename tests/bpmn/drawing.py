"""Small BPMN files for tests."""

from __future__ import annotations

from loanflow.bpmn.model import Model, Process
from loanflow.bpmn.reader import survey

CAMUNDA7 = 'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" modeler:executionPlatform="Camunda Platform"'
CAMUNDA8 = 'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" modeler:executionPlatform="Camunda Cloud"'
PLAIN = ""


def file_of(body: str, *, dialect: str = CAMUNDA7, around: str = "", attributes: str = 'isExecutable="true"') -> bytes:
    """Return a file with one process ``P`` that holds ``body``."""
    return (
        '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        f' xmlns:modeler="http://camunda.org/schema/modeler/1.0" {dialect} id="D" targetNamespace="t">'
        f'<process id="P" {attributes}>{body}</process>{around}</definitions>'
    ).encode()


def model_of(body: str, **more: str) -> Model:
    """Return the model of such a file; the reader must have no error to report."""
    found = survey(file_of(body, **more), file="test.bpmn")
    assert not [problem for problem in found.problems if problem.severity == "error"], "\n".join(map(str, found.problems))
    return found.model


def process_of(body: str, **more: str) -> Process:
    """Return the process of such a file."""
    return model_of(body, **more).processes[0]
