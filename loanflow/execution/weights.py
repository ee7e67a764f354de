"""How much room values take when they are written out, for the history and the store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast


def weight(values: Mapping[str, Any], limit: int) -> int:
    """Count the characters of all names and texts, and one for every other value in it.

    What stands in several places counts at each of them, as it is written at each. Counting stops beyond the limit.

    >>> weight({"grade": "A", "reasons": ["R1", "R2"]}, 1_000)
    22
    """
    total = 1
    waiting: list[Any] = [values]
    while waiting and total <= limit:
        container = waiting.pop()
        if isinstance(container, list):
            items: Iterable[Any] = cast("list[Any]", container)
        else:
            held = cast("Mapping[str, Any]", container)
            total += sum(map(len, held))
            items = held.values()
        for value in items:
            # Exact types: FEEL values have no others, and most are neither of these.
            kind: type[Any] = type(value)  # pyright: ignore[reportUnknownVariableType]
            total += 1
            if kind is str:
                total += len(value)
            elif kind is list or kind is dict:
                waiting.append(value)
    return total
