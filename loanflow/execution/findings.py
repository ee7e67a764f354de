"""Collects what is wrong with a process as it is compiled, and compiles its expressions."""

from __future__ import annotations

import re
from typing import Any

from loanflow.bpmn import model as bpmn
from loanflow.bpmn.model import Expression, Language, Model, Process
from loanflow.execution.expressions import Formula
from loanflow.feel import FeelSyntaxError
from loanflow.problems import Location, Problem

NOTHING = Expression(text="", language=Language.LITERAL)
"""What stands in for an expression that is missing or cannot be read."""


class Findings:
    """The problems of one process, each with element, name and line; compiling goes on after one."""

    def __init__(self, model: Model, process: Process) -> None:
        self.problems: list[Problem] = []
        self._model = model
        self._process = process
        self._stand_in = Formula(NOTHING, dialect=model.dialect, place="")

    def formula(self, node: bpmn.FlowNode, place: str, expression: Expression) -> Formula:
        """Compile an expression; a slip in it becomes a problem."""
        try:
            return Formula(expression, dialect=self._model.dialect, place=f"{words(node)}, {place}")
        except FeelSyntaxError as error:
            self.problems.append(
                error.to_problem(
                    location=Location(file=self._model.file, line=expression.line or node.line),
                    element_id=node.id,
                    element_name=node.name,
                    element_type=_type_words(node),
                    property=place,
                )
            )
            return self._stand_in

    def refuse(self, node: bpmn.FlowNode, what: str, hint: str | None = None) -> None:
        """Refuse something by name."""
        self.problem(node, "execution/unsupported", f"execution does not support {what}", hint=hint)

    def refuse_event(self, node: bpmn.FlowNode, event: bpmn.EventDefinition) -> None:
        """Refuse an event definition execution does not know."""
        kind = re.sub(r"(?<!^)(?=[A-Z])", " ", type(event).__name__.removesuffix("Event")).lower()
        self.refuse(node, f"the {kind} event here")

    def problem_of_process(self, code: str, message: str, *, line: int | None = None, hint: str | None = None) -> None:
        """Collect a finding about the process itself."""
        self.problems.append(
            Problem(
                code=code,
                message=message,
                location=Location(file=self._model.file, line=line or self._process.line),
                element_id=self._process.id,
                element_name=self._process.name,
                element_type="process",
                hint=hint,
            )
        )

    def problem(self, node: bpmn.FlowNode, code: str, message: str, **more: Any) -> None:
        """Collect a finding about a flow node."""
        self.problems.append(
            Problem(
                code=code,
                message=message,
                location=Location(file=self._model.file, line=node.line),
                element_id=node.id,
                element_name=node.name,
                element_type=_type_words(node),
                **more,
            )
        )


def words(node: bpmn.FlowNode) -> str:
    """Return the element as an analyst calls it."""
    return f'{_type_words(node)} "{node.name}" ({node.id})' if node.name else f"{_type_words(node)} ({node.id})"


def _type_words(node: bpmn.FlowNode) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", " ", type(node).__name__).lower()
