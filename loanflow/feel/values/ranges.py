"""Ranges: two end points, each in or out; null where a range is open to one side (DMN 10.3.2.7 "Ranges")."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, eq=False)
class Range:
    """A FEEL range; a bound that is None stands for null, and nothing can be compared with it.

    ``operator`` is set for a range that one comparison makes, ``(<10)``: there the side without a bound is open.
    Compare with `loanflow.feel.values.comparison.equal`.
    """

    low: Any
    high: Any
    low_included: bool = True
    high_included: bool = True
    operator: str = ""

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Range):
            return NotImplemented
        return self._parts() == other._parts()

    def __hash__(self) -> int:
        return hash((self.low_included, self.high_included, self.operator))

    def _parts(self) -> tuple[Any, ...]:
        return (self.low, self.high, self.low_included, self.high_included, self.operator)
