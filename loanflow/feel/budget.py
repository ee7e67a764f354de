"""What one evaluation may use; defaults that no honest table meets."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class FeelBudget:
    """Limits of one evaluation; exceeding one raises `FeelBudgetExceeded`, which names it.

    ``steps`` counts iterations, calls and list items visited; ``list_size`` items and ``string_size`` characters of
    one value; ``digits`` characters of a text read as a number; ``depth`` nested calls; ``deadline`` seconds.
    """

    steps: int = 1_000_000
    list_size: int = 100_000
    string_size: int = 1_000_000
    digits: int = 1_000
    depth: int = 100
    deadline: float = 5.0


DEFAULT_BUDGET = FeelBudget()
