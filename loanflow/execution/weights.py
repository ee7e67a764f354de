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
    total = 1 + len(values)
    inside: list[Any] = []
    for name, value in values.items():
        total += len(name)
        # Exact types: FEEL values have no others, and most are none of these.
        kind: type[Any] = type(value)  # pyright: ignore[reportUnknownVariableType]
        if kind is str:
            total += len(value)
        elif kind is list or kind is dict:
            inside.append(value)
    while inside and total <= limit:
        container = inside.pop()
        total += len(container)
        # The names in a context weigh as texts do.
        items: Iterable[Any] = cast("list[Any]", container) if type(container) is list else (*container, *container.values())
        for item in items:
            kind = type(item)  # pyright: ignore[reportUnknownVariableType]
            if kind is str:
                total += len(item)
            elif kind is list or kind is dict:
                inside.append(item)
    return total
