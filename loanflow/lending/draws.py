"""Repeatable draws for made-up data: the same seed gives the same numbers on every machine and Python version."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TypeVar

Item = TypeVar("Item")


class Draws:
    """A stream of numbers that follows from its seed alone.

    >>> Draws("LN-1").share() == Draws("LN-1").share()
    True
    """

    def __init__(self, *seed: object) -> None:
        self._seed = "|".join(str(part) for part in seed)
        self._count = 0

    def share(self) -> float:
        """Return the next number, at least 0 and below 1."""
        self._count += 1
        digest = hashlib.sha256(f"{self._seed}|{self._count}".encode()).digest()
        return int.from_bytes(digest[:6]) / 2**48

    def whole(self, low: int, high: int) -> int:
        """Return a whole number from ``low`` to ``high``, both included."""
        return low + int(self.share() * (high - low + 1))

    def pick(self, items: Sequence[Item], weights: Sequence[float] | None = None) -> Item:
        """Return one of the items, by weight where weights are given."""
        if weights is None:
            return items[int(self.share() * len(items))]
        at = self.share() * sum(weights)
        for item, weight in zip(items, weights, strict=True):
            at -= weight
            if at < 0:
                return item
        return items[-1]

    def chance(self, share: float) -> bool:
        """Return True in ``share`` of all draws."""
        return self.share() < share
