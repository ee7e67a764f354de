"""When FEEL values are equal, which comes first, and whether they are the very same (DMN 10.3.2.13, Tables 53-54)."""

from __future__ import annotations

import operator
from collections.abc import Callable
from decimal import Decimal
from typing import Any, cast

from loanflow.feel.errors import FeelBudgetExceeded
from loanflow.feel.values.durations import DaysTimeDuration, YearsMonthsDuration
from loanflow.feel.values.functions import Function
from loanflow.feel.values.ranges import Range
from loanflow.feel.values.temporals import FeelDate, FeelDateTime, FeelTime

_KEYED = frozenset({FeelDate, DaysTimeDuration, YearsMonthsDuration})
_ZONED = frozenset({FeelTime, FeelDateTime})
MAX_COMPARED = 300_000


def equal(one: Any, other: Any) -> bool | None:
    """Return whether two values are equal; None when their types cannot be compared. Null equals only null."""
    kind = type(one)  # pyright: ignore[reportUnknownVariableType]
    if kind is not type(other):
        return False if one is None or other is None else None
    if kind in _ZONED:
        return one.key == other.key if one.comparable == other.comparable else False
    if kind is list or kind is dict or kind is Range:
        return _Deep().equal(one, other)
    if kind is Function:
        return True if one is other else None
    return cast(bool, one == other)


def order(one: Any, other: Any) -> int | None:
    """Return -1, 0 or 1; None when the two have no order: different types, null, lists, local against zoned times."""
    kind = type(one)  # pyright: ignore[reportUnknownVariableType]
    if kind is not type(other):
        return None
    if kind is Decimal or kind is str:
        return -1 if one < other else int(one > other)
    if kind in _ZONED and one.comparable != other.comparable:
        return None
    if kind in _KEYED or kind in _ZONED:
        first, second = one.key, other.key
        return -1 if first < second else int(first > second)
    return None


def less(one: Any, other: Any) -> bool | None:
    """``one < other``."""
    return None if (found := order(one, other)) is None else found < 0


def less_or_equal(one: Any, other: Any) -> bool | None:
    """``one <= other``."""
    return None if (found := order(one, other)) is None else found <= 0


def greater(one: Any, other: Any) -> bool | None:
    """``one > other``."""
    return None if (found := order(one, other)) is None else found > 0


def greater_or_equal(one: Any, other: Any) -> bool | None:
    """``one >= other``."""
    return None if (found := order(one, other)) is None else found >= 0


def unequal(one: Any, other: Any) -> bool | None:
    """``one != other``."""
    return None if (found := equal(one, other)) is None else not found


COMPARISONS: dict[str, Callable[[Any, Any], bool | None]] = {
    "=": equal,
    "!=": unequal,
    "<": less,
    "<=": less_or_equal,
    ">": greater,
    ">=": greater_or_equal,
}

# The same for two numbers, or two texts.
QUICK: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def within(value: Any, interval: Range) -> bool | None:
    """Return whether a value lies in a range; None when it cannot be compared with an end point."""
    if interval.operator:
        return COMPARISONS[interval.operator](value, interval.low if interval.high is None else interval.high)
    above = order(value, interval.low)
    if above is None:
        return None
    if above < 0 or (above == 0 and not interval.low_included):
        return False
    below = order(value, interval.high)
    return None if below is None else (below < 0 or (below == 0 and interval.high_included))


def same(one: Any, other: Any) -> bool:
    """Return whether two values are identical, the names of their zones included (DMN 10.3.4.8, ``is``)."""
    return _Deep().same(one, other)


class _Deep:
    """One comparison of lists or contexts; counts, because parts may be shared without end."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = MAX_COMPARED

    def equal(self, one: Any, other: Any) -> bool | None:
        if isinstance(one, list) and isinstance(other, list):
            return self._lists(cast("list[Any]", one), cast("list[Any]", other))
        if isinstance(one, dict) and isinstance(other, dict):
            return self._contexts(cast("dict[str, Any]", one), cast("dict[str, Any]", other))
        if isinstance(one, Range) and isinstance(other, Range):
            return self._ranges(one, other)
        return equal(one, other)

    def same(self, one: Any, other: Any) -> bool:
        if type(one) is not type(other):
            return False
        if isinstance(one, list):
            first, second = cast("list[Any]", one), cast("list[Any]", other)
            return len(first) == len(second) and self._all_same(first, second)
        if isinstance(one, dict):
            left, right = cast("dict[str, Any]", one), cast("dict[str, Any]", other)
            return left.keys() == right.keys() and self._all_same(list(left.values()), [right[key] for key in left])
        return one is other or bool(one == other)

    def _all_same(self, one: list[Any], other: list[Any]) -> bool:
        self._count(len(one))
        return all(map(self.same, one, other))

    def _count(self, compared: int) -> None:
        self.left -= compared
        if self.left < 0:
            raise FeelBudgetExceeded("steps", MAX_COMPARED, "two values are too large to compare")

    def _lists(self, one: list[Any], other: list[Any]) -> bool | None:
        if len(one) != len(other):
            return False
        self._count(len(one))
        result: bool | None = True
        for first, second in zip(one, other, strict=True):
            found = self.equal(first, second)
            if found is False:
                return False
            if found is None:
                result = None
        return result

    def _contexts(self, one: dict[str, Any], other: dict[str, Any]) -> bool | None:
        if one.keys() != other.keys():
            return False
        return self._lists(list(one.values()), [other[key] for key in one])

    def _ranges(self, one: Range, other: Range) -> bool | None:
        flags = (one.low_included, one.high_included, one.operator)
        if flags != (other.low_included, other.high_included, other.operator):
            return False
        return self._lists([one.low, one.high], [other.low, other.high])
