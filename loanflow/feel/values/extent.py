"""How large a value is when all of it is written out.

Lists and contexts share their parts, so a few steps can build a value whose text would fill the machine. Counting
visits each part once.
"""

from __future__ import annotations

from typing import Any, cast

MAX_DEPTH = 200
_SMALL = 1_000


def extent(value: Any, limit: int) -> tuple[int, int]:
    """Return how many values there are in it when written out, and how deeply they are nested.

    Stops early, with a size beyond the limit, when more than that many have been visited.
    """
    small = _small(value)
    if small is not None:
        return small
    visited = 0
    known: dict[int, tuple[int, int]] = {}
    waiting: list[tuple[Any, bool]] = [(value, False)]
    while waiting:
        one, seen = waiting.pop()
        parts = _parts(one)
        if parts is None or (not seen and id(one) in known):
            continue
        if not seen:
            visited += 1 + len(parts)
            if visited > limit:
                return visited, 0
            waiting.append((one, True))
            waiting.extend((part, False) for part in parts)
            continue
        sizes = [known.get(id(part), (1, 0)) for part in parts]
        known[id(one)] = (1 + sum(size for size, _ in sizes), 1 + max((depth for _, depth in sizes), default=0))
    return known.get(id(value), (1, 0))


def _small(value: Any) -> tuple[int, int] | None:
    """Return the extent of a value that is soon written out, level by level; None for a larger one."""
    size, depth = 1, 0
    level: list[Any] = [value]
    while True:
        parts: list[Any] = []
        nested = False
        for one in level:
            if isinstance(one, list):
                parts += cast("list[Any]", one)
                nested = True
            elif isinstance(one, dict):
                parts += cast("dict[str, Any]", one).values()
                nested = True
        if not nested:
            return size, depth
        size += len(parts)
        depth += 1
        if size > _SMALL:
            return None
        level = parts


def _parts(value: Any) -> list[Any] | None:
    if isinstance(value, list):
        return cast("list[Any]", value)
    if isinstance(value, dict):
        return list(cast("dict[str, Any]", value).values())
    return None
