"""What feel raises: a text that is no FEEL, and a budget that ran out. Data never raises: it gives null with reasons."""

from __future__ import annotations

from loanflow.errors import LoanFlowError
from loanflow.problems import Excerpt, Location, Problem


class FeelSyntaxError(LoanFlowError):
    """A text that cannot be read; callers turn it into a `Problem` with the file's own place.

    ``offset`` counts characters of ``text`` from 0. ``problem_code`` is stable: ``feel/unclosed-range``.
    """

    def __init__(
        self,
        problem_code: str,
        message: str,
        *,
        text: str,
        offset: int,
        expected: str | None = None,
        found: str | None = None,
        hint: str | None = None,
    ) -> None:
        self.problem_code = problem_code
        self.message = message
        self.text = text
        self.offset = offset
        self.expected = expected
        self.found = found
        self.hint = hint
        super().__init__(f"{problem_code} at {offset}: {message}")

    def to_problem(
        self,
        *,
        location: Location,
        element_id: str | None = None,
        element_name: str | None = None,
        element_type: str | None = None,
        property: str | None = None,
    ) -> Problem:
        """Return the finding with the place in the file that the caller knows, and the text with a caret."""
        return Problem(
            code=self.problem_code,
            message=self.message,
            location=location,
            element_id=element_id,
            element_name=element_name,
            element_type=element_type,
            property=property,
            expected=self.expected,
            found=self.found,
            hint=self.hint,
            excerpt=Excerpt(text=self.text, offset=self.offset),
        )


class FeelBudgetExceeded(LoanFlowError):
    """An evaluation asked for more than its `FeelBudget` allows; ``budget`` names the limit: ``steps``, ``list_size``, ..."""

    def __init__(self, budget: str, limit: float, message: str) -> None:
        self.budget = budget
        self.limit = limit
        super().__init__(f"budget {budget} ({limit:,}) exceeded: {message}")


class FeelAssertionFailed(LoanFlowError):
    """The Camunda built-in ``assert`` found its condition not true: the one function that fails an evaluation."""
