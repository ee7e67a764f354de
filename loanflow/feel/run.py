"""One evaluation under way: its clock, what it may still use, and the reasons for nulls found so far."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime
from time import monotonic  # a stop watch for the deadline; feel never asks what time it is
from typing import Any, NoReturn

from loanflow.feel.budget import DEFAULT_BUDGET, FeelBudget
from loanflow.feel.diagnostics import MAX_REASONS, NullReason
from loanflow.feel.errors import FeelBudgetExceeded
from loanflow.feel.values.extent import MAX_DEPTH, extent

Clock = Callable[[], datetime]
Functions = Callable[[str], Callable[..., Any] | None]

_BETWEEN_LOOKS = 2_000


class Run:
    """What the functions of one evaluation share; used by one thread, for one evaluation (or one decision with all it needs)."""

    # Defaults on the class: a run is made for every evaluation, and most use none of these.
    clock: Clock | None = None
    budget: FeelBudget = DEFAULT_BUDGET
    functions: Functions | None = None
    depth: int = 0
    steps: int = 0
    look_at: int = 0
    _deadline: float = 0.0
    _random: random.Random | None = None
    noted: list[NullReason] | None = None

    def __init__(self, clock: Clock | None = None, budget: FeelBudget | None = None, functions: Functions | None = None) -> None:
        if clock is not None:
            self.clock = clock
        if budget is not None:
            self.budget = budget
        if functions is not None:
            self.functions = functions

    @property
    def reasons(self) -> list[NullReason]:
        """Why something was null, in the order of evaluation; most evaluations have none and make no list."""
        found = self.noted
        if found is None:
            found = self.noted = []
        return found

    def null(self, code: str, message: str, start: int | None = None, end: int | None = None) -> None:
        """Note why the value is null, and give null."""
        if len(self.reasons) < MAX_REASONS:
            self.reasons.append(NullReason(code, message, start, end))

    def spend(self, steps: int = 1) -> None:
        """Count steps.

        Raises:
            FeelBudgetExceeded: there are none left, or the time is up.
        """
        self.steps = spent = self.steps + steps
        if spent >= self.look_at:
            self._look()

    def check_list(self, size: int) -> None:
        """Refuse a list of more items than the budget allows."""
        if size > self.budget.list_size:
            self.exceeded("list_size", self.budget.list_size, f"a list of {size} items")

    def check_string(self, size: int) -> None:
        """Refuse a text of more characters than the budget allows."""
        if size > self.budget.string_size:
            self.exceeded("string_size", self.budget.string_size, f"a text of {size} characters")

    def check_extent(self, value: Any) -> None:
        """Refuse a value that, written out, is too large or too deep."""
        size, depth = extent(value, 10 * self.budget.list_size)
        if size > 10 * self.budget.list_size:
            parts = f"{size:,}" if size < 10**12 else "too many"
            self.exceeded("list_size", self.budget.list_size, f"a value of {parts} parts")
        if depth > MAX_DEPTH:
            self.exceeded("depth", MAX_DEPTH, f"a value nested {depth} deep")

    def enter(self) -> None:
        """Begin a function call; `leave` ends it."""
        self.depth += 1
        if self.depth > self.budget.depth:
            self.exceeded("depth", self.budget.depth, "functions call each other too deeply")
        self.spend()

    def leave(self) -> None:
        """End a function call."""
        self.depth -= 1

    def exceeded(self, name: str, limit: float, message: str) -> NoReturn:
        """Stop the evaluation.

        Raises:
            FeelBudgetExceeded: always.
        """
        raise FeelBudgetExceeded(name, limit, message)

    def random(self) -> random.Random:
        """Return the source of chance, seeded by the clock where there is one, so that a replay draws the same."""
        if self._random is None:
            self._random = random.Random(self.clock().timestamp() if self.clock is not None else None)  # noqa: S311 (no secret: it must replay)
        return self._random

    def _look(self) -> None:
        if self.steps > self.budget.steps:
            self.exceeded("steps", self.budget.steps, "the evaluation takes too many steps")
        now = monotonic()
        if not self._deadline:
            self._deadline = now + self.budget.deadline
        elif now > self._deadline:
            self.exceeded("deadline", self.budget.deadline, "the evaluation takes too long")
        self.look_at = min(self.steps + _BETWEEN_LOOKS, self.budget.steps + 1)
