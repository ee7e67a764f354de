"""What execution asks during a rehearsal: real decisions where the files have them, made-up answers where not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, cast

from loanflow import dmn
from loanflow.bpmn import model as bpmn
from loanflow.bpmn.model import BindingKind, ResultMapper
from loanflow.errors import EvaluationError
from loanflow.execution import DecisionFailed, DecisionRequest, Program
from loanflow.feel import FeelBudgetExceeded
from loanflow.problems import errors_in
from loanflow.testing.rehearsal.guesses import Guesses
from loanflow.testing.rehearsal.stage import Stage

MORNING = datetime.fromisoformat("2026-03-02T09:00:00+00:00")
"""A Monday morning, when every run begins."""


class RehearsalHost:
    """The host of one run. ``made_up`` collects what stood in: ``(kind, name)`` with kind ``decision``, ``process``, ``function``."""

    def __init__(self, stage: Stage, guesses: Guesses) -> None:
        self._stage = stage
        self._guesses = guesses
        self._at = MORNING
        self.made_up: dict[tuple[str, str], None] = {}

    def now(self) -> datetime:
        """Return the instant the clock stands at."""
        return self._at

    def turn_to(self, at: datetime) -> None:
        """Turn the clock forward; it never goes back."""
        self._at = max(self._at, at)

    def program(self, program_id: str) -> Program:
        """Return a program by id."""
        return self._stage.files.program(program_id)

    def called_program(self, key: str, binding: BindingKind, value: str | None, *, caller: str) -> Program | None:
        """Return the process of that id among the files, whichever version is meant, else a stand-in of one job."""
        found = self._stage.files.programs.get(key)
        if found is not None:
            return found
        self.made_up["process", key] = None
        return self._stage.files.stand_in(key)

    def function(self, name: str) -> Callable[..., Any] | None:
        """Return a function that makes its result up."""
        self.made_up["function", name] = None
        return lambda *arguments, **named: self._guesses.function(name, self._at)

    def decide(self, request: DecisionRequest) -> Any:
        """Evaluate the decision, or make its answer up where its table is not among the files."""
        model = self._stage.files.decisions.get(request.decision)
        if model is None:
            self.made_up["decision", request.decision] = None
            return self._made_up(request)
        try:
            result = model.evaluate(request.decision, request.variables, clock=self.now)
        except FeelBudgetExceeded as error:
            raise DecisionFailed(f"it took too long: {error}") from error
        if result.failed:
            raise DecisionFailed("; ".join(problem.message for problem in errors_in(result.problems)))
        try:
            return dmn.map_result(result.value, request.mapper.value) if request.mapper is not None else result.value
        except EvaluationError as error:
            raise DecisionFailed("; ".join(f"{p.message}: expected {p.expected}, found {p.found}" for p in error.problems)) from error

    def _made_up(self, request: DecisionRequest) -> Any:
        node = self._stage.node(request.program, request.element_id)
        made = node.implementation if isinstance(node, bpmn.BusinessRuleTask) else None
        name = made.result_variable if isinstance(made, bpmn.DecisionCall) else None
        value = self._guesses.variable(name or "decisionResult", self._at)
        rows = request.mapper in (ResultMapper.COLLECT_ENTRIES, ResultMapper.RESULT_LIST)
        return [value] if rows and type(value) is not list else cast("Any", value)
