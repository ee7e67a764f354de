"""What execution asks while a case moves: the time, decisions, called processes, registered functions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from loanflow import dmn, store
from loanflow.bpmn.model import BindingKind
from loanflow.engine.command import Command
from loanflow.errors import EvaluationError
from loanflow.execution import DecisionFailed, DecisionRequest, Program
from loanflow.feel import FeelBudgetExceeded, to_json
from loanflow.problems import Problem, errors_in
from loanflow.records import DecisionRecord


class CaseHost:
    """Answers execution during one command; `decisions` collects what was decided, for the record."""

    def __init__(self, command: Command, case_id: str) -> None:
        self._command = command
        self._case_id = case_id
        self.decisions: list[DecisionRecord] = []

    def leave(self) -> None:
        """Be asked nothing more: an execution that is kept keeps its last host, which must not keep the command."""
        del self._command
        self.decisions = []

    def now(self) -> datetime:
        """Return the instant of the command."""
        return self._command.now

    def program(self, program_id: str) -> Program:
        """Return the compiled definition a token is in."""
        command = self._command
        return command.house.definitions.process(command.transaction, program_id).program

    def called_program(self, key: str, binding: BindingKind, value: str | None, *, caller: str) -> Program | None:
        """Return the process a call activity means, or None where nothing of that key is deployed."""
        command = self._command
        return command.house.definitions.called(command.transaction, key, binding, value, caller=caller)

    def function(self, name: str) -> Callable[..., Any] | None:
        """Return the callable registered for ``bean.method``; it is given and gives Python values or FEEL values."""
        return self._command.house.handlers.find_function(name)

    def decide(self, request: DecisionRequest) -> Any:
        """Evaluate a decision, and keep what it was asked, what it answered and why."""
        command = self._command
        definitions = command.house.definitions
        definition = definitions.decision(
            command.transaction, request.decision, request.binding, request.binding_value, caller=request.program
        )
        if definition is None:
            raise DecisionFailed(f'no decision "{request.decision}" is deployed ({_binding(request)})')
        model = definitions.decision_model(command.transaction, definition)
        tracing = command.house.settings.trace_decisions
        try:
            result = model.evaluate(definition.key, request.variables, clock=self.now, trace=tracing)
        except FeelBudgetExceeded as error:
            raise DecisionFailed(f'decision "{definition.name or definition.key}" took too long: {error}') from error
        name = definition.name or definition.key
        if result.failed:
            raise DecisionFailed(f'decision "{name}": {"; ".join(problem.message for problem in errors_in(result.problems))}')
        try:
            value = dmn.map_result(result.value, request.mapper.value) if request.mapper is not None else result.value
        except EvaluationError as error:
            raise DecisionFailed(f'decision "{name}": {"; ".join(map(_words, error.problems))}') from error
        trace = result.trace.with_version(definition.id).to_dict() if result.trace is not None else None
        read = model.reads(definition.key)
        self.decisions.append(
            DecisionRecord(
                id=store.new_id_for(self._case_id),
                case_id=self._case_id,
                token=request.token,
                element_id=request.element_id,
                decision_key=definition.key,
                decision_version=definition.version,
                decision_definition_id=definition.id,
                evaluated_at=command.now,
                inputs={name: to_json(request.variables[name]) for name in sorted(read) if name in request.variables},
                value=to_json(value),
                trace=trace,
            )
        )
        return value


def _words(problem: Problem) -> str:
    return f"{problem.message}: expected {problem.expected}, found {problem.found}"


def _binding(request: DecisionRequest) -> str:
    if request.binding is BindingKind.LATEST:
        return "latest version"
    return f"{request.binding.value} {request.binding_value or ''}".rstrip()
