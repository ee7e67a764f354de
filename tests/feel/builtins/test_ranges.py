"""The relations between points and ranges, each against the standard's own formula, over all ranges between three points.

Spec: DMN 1.5, 10.3.4.9 "Range functions", the table's last column. Ranges without a single point, as (1..1], are left out.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from itertools import product
from typing import TypeAlias

import pytest

from loanflow.feel import Range, compile_expression

POINTS = tuple(map(Decimal, (1, 2, 3)))
RANGES = tuple(
    Range(low, high, low_included, high_included)
    for low, high, low_included, high_included in product(POINTS, POINTS, (True, False), (True, False))
    if low < high or (low == high and low_included and high_included)
)
Formula: TypeAlias = "Callable[..., bool]"


def before(one: Range, other: Range) -> bool:
    return one.high < other.low or ((not one.high_included or not other.low_included) and one.high == other.low)


def overlaps(one: Range, other: Range) -> bool:
    reaches = one.high > other.low or (one.high == other.low and one.high_included and other.low_included)
    begins = one.low < other.high or (one.low == other.high and one.low_included and other.high_included)
    return reaches and begins


def overlaps_before(one: Range, other: Range) -> bool:
    begins = one.low < other.low or (one.low == other.low and one.low_included and not other.low_included)
    reaches = one.high > other.low or (one.high == other.low and one.high_included and other.low_included)
    ends = one.high < other.high or (one.high == other.high and (not one.high_included or other.high_included))
    return begins and reaches and ends


def finishes(one: Range, other: Range) -> bool:
    begins = one.low > other.low or (one.low == other.low and (not one.low_included or other.low_included))
    return one.high_included == other.high_included and one.high == other.high and begins


def starts(one: Range, other: Range) -> bool:
    ends = one.high < other.high or (one.high == other.high and (not one.high_included or other.high_included))
    return one.low == other.low and one.low_included == other.low_included and ends


def includes(one: Range, other: Range) -> bool:
    begins = one.low < other.low or (one.low == other.low and (one.low_included or not other.low_included))
    ends = one.high > other.high or (one.high == other.high and (one.high_included or not other.high_included))
    return begins and ends


def meets(one: Range, other: Range) -> bool:
    return one.high_included and other.low_included and one.high == other.low


def point_before_range(point: Decimal, other: Range) -> bool:
    return point < other.low or (point == other.low and not other.low_included)


def range_before_point(one: Range, point: Decimal) -> bool:
    return one.high < point or (one.high == point and not one.high_included)


def includes_point(one: Range, point: Decimal) -> bool:
    ends = (one.low == point and one.low_included) or (one.high == point and one.high_included)
    return (one.low < point and one.high > point) or ends


def turned(formula: Formula) -> Formula:
    return lambda one, other: formula(other, one)


# What each function says of two points, a point and a range, a range and a point, and two ranges; None where it takes no such two.
FORMULAS: dict[str, tuple[Formula | None, Formula | None, Formula | None, Formula | None]] = {
    "before": (lambda one, other: one < other, point_before_range, range_before_point, before),
    "after": (lambda one, other: one > other, turned(range_before_point), turned(point_before_range), turned(before)),
    "meets": (None, None, None, meets),
    "met by": (None, None, None, turned(meets)),
    "overlaps": (None, None, None, overlaps),
    "overlaps before": (None, None, None, overlaps_before),
    "overlaps after": (None, None, None, turned(overlaps_before)),
    "finishes": (None, lambda point, other: other.high_included and other.high == point, None, finishes),
    "finished by": (None, None, lambda one, point: one.high_included and one.high == point, turned(finishes)),
    "includes": (None, None, includes_point, includes),
    "during": (None, turned(includes_point), None, turned(includes)),
    "starts": (None, lambda point, other: other.low_included and other.low == point, None, starts),
    "started by": (None, None, lambda one, point: one.low_included and one.low == point, turned(starts)),
    "coincides": (lambda one, other: one == other, None, None, lambda one, other: one == other),
}


@pytest.mark.parametrize("name", FORMULAS)
def test_relation(name: str) -> None:
    expression = compile_expression(f"{name}(one, other)")
    for formula, (ones, others) in zip(FORMULAS[name], product((POINTS, RANGES), repeat=2), strict=True):
        for one, other in product(ones, others):
            expected = None if formula is None else formula(one, other)
            assert expression.value({"one": one, "other": other}) is expected, (one, other)
