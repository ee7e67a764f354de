"""When FEEL values are equal, which comes first, and whether they are the very same (DMN 10.3.2.13, Tables 53-54)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, cast

from loanflow.feel.values.durations import DaysTimeDuration, YearsMonthsDuration
from loanflow.feel.values.functions import Function
from loanflow.feel.values.ranges import Range
from loanflow.feel.values.temporals import FeelDate, FeelDateTime, FeelTime

_KEYED = frozenset({FeelDate, DaysTimeDuration, YearsMonthsDuration})
_ZONED = frozenset({FeelTime, FeelDateTime})


def equal(one: Any, other: Any) -> bool | None:
    """Return whether two values are equal; None when their types cannot be compared. Null equals only null."""
    kind = type(one)  # pyright: ignore[reportUnknownVariableType]
    if kind is not type(other):
        return False if one is None or other is None else None
    if kind in _ZONED:
        return one.key == other.key if one.comparable == other.comparable else False
    if kind is list:
        return _equal_lists(one, other)
    if kind is dict:
        return _equal_contexts(one, other)
    if kind is Range:
        return _equal_ranges(one, other)
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
    """Return whether two values are identical, the names of their zones included (DMN 10.3.4.9, ``is``)."""
    if type(one) is not type(other):
        return False
    if type(one) is list:
        first, second = cast("list[Any]", one), cast("list[Any]", other)
        return len(first) == len(second) and all(map(same, first, second))
    if type(one) is dict:
        left, right = cast("dict[str, Any]", one), cast("dict[str, Any]", other)
        return left.keys() == right.keys() and all(same(value, right[key]) for key, value in left.items())
    return one is other or bool(one == other)


def _equal_lists(one: list[Any], other: list[Any]) -> bool | None:
    if len(one) != len(other):
        return False
    result: bool | None = True
    for first, second in zip(one, other, strict=True):
        found = equal(first, second)
        if found is False:
            return False
        if found is None:
            result = None
    return result


def _equal_contexts(one: dict[str, Any], other: dict[str, Any]) -> bool | None:
    if one.keys() != other.keys():
        return False
    return _equal_lists(list(one.values()), [other[key] for key in one])


def _equal_ranges(one: Range, other: Range) -> bool | None:
    flags = (one.low_included, one.high_included, one.operator)
    if flags != (other.low_included, other.high_included, other.operator):
        return False
    return _equal_lists([one.low, one.high], [other.low, other.high])
