"""What is wrong with a model: one small file per check, all findings at once."""

from __future__ import annotations

from collections.abc import Collection

from loanflow.bpmn.model import Model
from loanflow.problems import Problem


def check(model: Model, *, handlers: Collection[str] | None = None) -> tuple[Problem, ...]:
    """Return every finding."""
    return ()
