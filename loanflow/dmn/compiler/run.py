"""One evaluation: what every compiled expression gets besides the names in scope."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from loanflow.feel import Clock, FeelBudget, FeelValue, Functions
from loanflow.feel import Run as FeelRun
from loanflow.problems import Location, Problem, Severity

if TYPE_CHECKING:
    from loanflow.dmn.compiler.program import Evaluated

Scope: TypeAlias = "dict[str, FeelValue]"
Evaluate: TypeAlias = "Callable[[Scope, Run], FeelValue]"


class Run(FeelRun):
    """The state of one evaluation, for FEEL and for decisions; lives in one thread, for one call.

    ``evaluated`` collects what each decision did, in order, where a trace is wanted; ``problems`` are failures: hit policies
    that were broken, values that may not be.
    """

    __slots__ = ("evaluated", "problems")

    def __init__(
        self, clock: Clock | None = None, budget: FeelBudget | None = None, functions: Functions | None = None, *, traced: bool = False
    ) -> None:
        super().__init__(clock, budget, functions)
        self.problems: list[Problem] = []
        self.evaluated: list[Evaluated] | None = [] if traced else None

    def fail(self, problem: Problem) -> None:
        """Note that the decision has no result: a rule of the hit policy is broken, a value may not be."""
        self.problems.append(problem)

    def note(self, code: str, message: str) -> None:
        """Note why something is null."""
        self.null(code, message)

    def warnings(self, file: str) -> list[Problem]:
        """Return why something is null, each reason once."""
        noted = dict.fromkeys((reason.code, reason.message) for reason in self.noted or ())
        return [Problem(code=code, message=message, location=Location(file=file), severity=Severity.WARNING) for code, message in noted]
