"""Calls of processes that cannot be called: they start only by a trigger, and a call is none (BPMN 10.5.2 "Start Event")."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from loanflow.bpmn import of_element
from loanflow.bpmn.model import CallActivity, Process, StartEvent
from loanflow.deployment.files import FileContent
from loanflow.problems import Location, Problem


def find_uncallable(contents: Sequence[FileContent]) -> Iterator[Problem]:
    """Yield a finding for each call activity whose process, among the files, has start events but none without a trigger."""
    processes = [
        (content, process)
        for content in contents
        for process in (content.process_model.processes if content.process_model is not None else ())
        if process.executable
    ]
    triggered = {process.id: process for _, process in processes if _starts_by_trigger_only(process)}
    for content, process in processes:
        for node in process.body.walk():
            called = node.called_element if isinstance(node, CallActivity) else None
            if called is None or not called.is_literal or called.text not in triggered:
                continue
            starts = [start for start in triggered[called.text].body.nodes.values() if isinstance(start, StartEvent)]
            yield Problem(
                code="deployment/called-process-start",
                message=f"the process {called.text} cannot be called: it starts only by a trigger",
                location=Location(file=content.name, line=called.line or node.line),
                element_id=node.id,
                element_name=node.name,
                element_type=of_element(node),
                property="Called element > Process ID",
                expected="a process with a none start event",
                found=", ".join(f"{of_element(start)} {start.id}" for start in starts),
                hint="draw a none start event in the called process, or send it a message instead of calling it",
            )


def _starts_by_trigger_only(process: Process) -> bool:
    starts = [node for node in process.body.nodes.values() if isinstance(node, StartEvent)]
    return bool(starts) and all(start.event is not None for start in starts)
