"""LoanFlow: draw a process in Camunda Modeler, run it unchanged, in your own database transaction.

The names below are the whole public engine API; they are loaded when first used, so that ``import loanflow.feel``
loads nothing above ``feel``. Read ``loanflow/engine/__init__.py`` first.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from loanflow.clock import Clock, SystemClock, TurnableClock
    from loanflow.engine import Actor, DeploymentReport, Engine, Handlers, Job
    from loanflow.errors import (
        AuditChainBroken,
        BpmnError,
        Busy,
        CommandError,
        Conflict,
        DefinitionError,
        EvaluationError,
        HandlerError,
        HandlerMissing,
        InvalidValues,
        LoanFlowError,
        NotFound,
        NotPermitted,
        Retry,
        RetryAt,
        SchemaOutdated,
    )

__all__ = [
    "Actor",
    "AuditChainBroken",
    "BpmnError",
    "Busy",
    "Clock",
    "CommandError",
    "Conflict",
    "DefinitionError",
    "DeploymentReport",
    "Engine",
    "EvaluationError",
    "HandlerError",
    "HandlerMissing",
    "Handlers",
    "InvalidValues",
    "Job",
    "LoanFlowError",
    "NotFound",
    "NotPermitted",
    "Retry",
    "RetryAt",
    "SchemaOutdated",
    "SystemClock",
    "TurnableClock",
]

_ENGINE = frozenset({"Actor", "DeploymentReport", "Engine", "Handlers", "Job"})
_CLOCK = frozenset({"Clock", "SystemClock", "TurnableClock"})


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'loanflow' has no attribute {name!r}")
    room = "engine" if name in _ENGINE else "clock" if name in _CLOCK else "errors"
    value = getattr(import_module(f"loanflow.{room}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
