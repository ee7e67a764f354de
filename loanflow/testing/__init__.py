"""Processes tested like programs: a `flow` over an in-memory store and a clock that stands still until it is turned.

The pytest plugin (`plugin.py`) gives the fixture ``flow`` and ``--bpmn-coverage`` (`coverage/`). Stands on the public engine
API only; `rehearsal/` plays processes without an engine. Read `flow.py` first.
Names are loaded when first used, because pytest loads the plugin into every run.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from loanflow.testing.flow import Flow
    from loanflow.testing.flow_case import CaseUnderTest, DecisionUnderTest, TaskUnderTest, TimerUnderTest
    from loanflow.testing.verdict import Verdict
    from loanflow.testing.working_days import WorkingDays

__all__ = ["CaseUnderTest", "DecisionUnderTest", "Flow", "TaskUnderTest", "TimerUnderTest", "Verdict", "WorkingDays"]

_FILES = {"Flow": "flow", "Verdict": "verdict", "WorkingDays": "working_days"}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'loanflow.testing' has no attribute {name!r}")
    value = getattr(import_module(f"loanflow.testing.{_FILES.get(name, 'flow_case')}"), name)
    globals()[name] = value
    return value
