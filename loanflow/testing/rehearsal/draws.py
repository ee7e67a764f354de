"""Draws that a later run can make again but for a few: how a rehearsal finds its way to what is rarely reached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import TypeVar

Item = TypeVar("Item")


class Draws:
    """Every choice of one run, by the name of what it was about and its number.

    ``earlier`` are the draws of a run worth varying, of which a share of ``changed`` is made anew; None draws everything.
    """

    def __init__(self, random: Random, earlier: Mapping[tuple[str, int], float] | None = None, *, changed: float = 0.15) -> None:
        self._random = random
        self._changed = changed
        self._earlier = earlier
        self._numbers: dict[str, int] = {}
        self.made: dict[tuple[str, int], float] = {}

    def share(self, what: str) -> float:
        """Return a number from 0 up to 1."""
        number = self._numbers.get(what, 0)
        self._numbers[what] = number + 1
        key = (what, number)
        drawn = self._random.random()
        if self._earlier is not None and key in self._earlier and self._random.random() >= self._changed:
            drawn = self._earlier[key]
        self.made[key] = drawn
        return drawn

    def of(self, what: str, items: Sequence[Item]) -> Item:
        """Return one of the items, each as likely as the others."""
        return items[0] if len(items) == 1 else items[int(self.share(what) * len(items))]

    def weighted(self, what: str, weights: Sequence[float]) -> int:
        """Return a position, the likelier the greater its weight."""
        if len(weights) == 1:
            return 0
        left = self.share(what) * sum(weights)
        for position, weight in enumerate(weights):
            left -= weight
            if left < 0:
                return position
        return len(weights) - 1

    def whether(self, what: str, chance: float) -> bool:
        """Return true with this chance."""
        return self.share(what) < chance
