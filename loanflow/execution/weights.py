"""How much room values take when they are written out, for the history and the store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast


def weight(values: Mapping[str, Any], limit: int) -> int:
    """Count the characters of all names and texts, and one for every other value in it.

    What stands in several places counts at each of them, as it is written at each. Counting stops beyond the limit.

    >>> weight({"grade": "A", "reasons": ["R1", "R2"]}, 1_000)
    20
    """
    total = 0
    waiting: list[Any] = [values]
    while waiting and total <= limit:
        value = waiting.pop()
        if isinstance(value, str):
            total += 1 + len(value)
        elif isinstance(value, list):
            total += 1
            waiting.extend(cast("list[Any]", value))
        elif isinstance(value, Mapping):
            total += 1
            for name, item in cast("Mapping[str, Any]", value).items():
                total += len(name)
                waiting.append(item)
        else:
            total += 1
    return total
