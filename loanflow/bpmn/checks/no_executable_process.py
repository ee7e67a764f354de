"""A file in which nothing runs."""

from __future__ import annotations

from collections.abc import Iterator

from loanflow.bpmn.checks.scene import Scene
from loanflow.problems import Location, Problem, Severity

CODE = "bpmn/no-executable-process"


def find(scene: Scene) -> Iterator[Problem]:
    """Yield a warning where the file has no executable process."""
    if scene.processes:
        return
    yield Problem(
        code=CODE,
        severity=Severity.WARNING,
        message="the file has no executable process: nothing in it runs",
        location=Location(file=scene.model.file, line=1),
        property="General > Executable",
        expected="a process that is executable",
        found=", ".join(process.id for process in scene.model.processes) or "no process at all",
        hint="click on the empty canvas or on the pool and tick Properties panel > General > Executable",
    )
