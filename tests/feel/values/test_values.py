"""Values: to and from Python and JSON, order, equality, far years, nanoseconds, zone names."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from numbers import Integral
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from loanflow.feel import (
    NUMBER,
    STRING,
    DaysTimeDuration,
    FeelDate,
    FeelDateTime,
    FeelTime,
    FeelType,
    Function,
    Range,
    YearsMonthsDuration,
    coerced,
    equal,
    from_json,
    order,
    to_feel,
    to_json,
    to_python,
)
from loanflow.feel.values.calendar import civil, day_number


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        "text",
        Decimal("12.50"),
        date(2026, 1, 31),
        time(10, 20, 30, 5),
        time(10, 20, tzinfo=UTC),
        datetime(2026, 1, 31, 10, 20, 30, 123_456),  # noqa: DTZ001 (a local time)
        datetime(2026, 1, 31, 10, 20, tzinfo=timezone(timedelta(hours=8))),
        datetime(2026, 7, 1, 10, 20, tzinfo=ZoneInfo("Europe/Paris")),
        timedelta(days=-1, microseconds=3),
        [1, {"a": [date(2026, 1, 1)]}],
    ],
)
def test_python_values_come_back(value: Any) -> None:
    assert to_python(to_feel(value)) == value


class Colour(str, Enum):  # noqa: UP042
    RED = "#f00"


def test_a_string_of_a_class_of_its_own_is_what_it_holds() -> None:
    assert Colour.RED == "#f00"
    assert (to_feel(Colour.RED), type(to_feel(Colour.RED))) == ("#f00", str)


class Single(float):
    """A float that shows itself otherwise, as those of numeric libraries do."""

    def __repr__(self) -> str:
        return f"Single({float(self)})"


@Integral.register
class Whole:
    """A whole number of a library that does not build on Python's own."""

    def __init__(self, value: int) -> None:
        self._value = value

    def __int__(self) -> int:
        return self._value


@pytest.mark.parametrize(("value", "expected"), [(Single(0.1), "0.1"), (Single("inf"), None), (Whole(5), "5"), (Whole(10**400), "1E+400")])
def test_numbers_of_other_libraries_are_what_they_hold(value: Any, expected: str | None) -> None:
    assert to_feel(value) == (None if expected is None else Decimal(expected))


def test_a_refused_value_is_named_by_where_it_comes_from() -> None:
    with pytest.raises(TypeError, match=r"^fractions\.Fraction has no FEEL counterpart$"):
        to_feel(Fraction(1, 3))


@pytest.mark.parametrize("value", [b"x", object(), {1: 2}, {"a": {1, 2}}, 1j])
def test_what_is_no_feel_value_is_refused(value: Any) -> None:
    with pytest.raises(TypeError):
        to_feel(value)


@pytest.mark.parametrize("value", [FeelDate.of(-5, 1, 1), FeelTime.parse("10:00:00.000000001"), DaysTimeDuration(1)])
def test_what_python_cannot_hold_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"Python|microsecond"):
        to_python(value)


def test_self_containing_values_are_refused() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(ValueError, match="nested"):
        to_feel(endless)


@pytest.mark.parametrize(
    ("value", "json"),
    [
        (Decimal(5), 5),
        (Decimal("5.0"), {"$n": "5.0"}),
        (Decimal("12.50"), {"$n": "12.50"}),
        (Decimal("1E+3"), {"$n": "1E+3"}),
        (Decimal(2**53), 2**53),
        (Decimal(2**53 + 1), {"$n": "9007199254740993"}),
        (FeelDate.of(2026, 1, 2), {"$date": "2026-01-02"}),
        (FeelTime.parse("10:00:00Z"), {"$time": "10:00:00Z"}),
        (FeelDateTime.parse("2026-01-02T03:04:05@Asia/Shanghai"), {"$datetime": "2026-01-02T03:04:05@Asia/Shanghai"}),
        (DaysTimeDuration.parse("P1DT2H"), {"$duration": "P1DT2H"}),
        (YearsMonthsDuration.parse("P1Y2M"), {"$period": "P1Y2M"}),
        ({"$n": "x", "$$": None}, {"$$n": "x", "$$$": None}),
        ({}, {}),
        ([[], {"a": None}], [[], {"a": None}]),
        (
            Range(Decimal(1), None, True, False, ">="),
            {"$range": {"low": 1, "high": None, "low_included": True, "high_included": False, "operator": ">="}},
        ),
    ],
)
def test_json(value: Any, json: Any) -> None:
    assert to_json(value) == json
    back = from_json(json)
    assert back == value
    assert str(back) == str(value)


@pytest.mark.parametrize("value", [Decimal("1E+7000"), Decimal("-1E+7000"), float("inf"), float("nan")])
def test_a_number_beyond_the_largest_is_null(value: Any) -> None:
    assert to_feel(value) is None
    assert to_feel(10**7000) is None


def test_the_hour_that_comes_twice_survives_json() -> None:
    first = FeelDateTime.parse("2026-10-25T02:30:00@Europe/Paris")
    second = FeelDateTime(first.days, first.nanos, 3_600, "Europe/Paris")
    assert first != second
    assert from_json(to_json(second)) == second
    assert from_json(dict(reversed(to_json(second).items()))) == second


def test_a_function_is_no_json() -> None:
    with pytest.raises(TypeError):
        to_json(Function("f", (), lambda run, arguments: None))


@pytest.mark.parametrize("json", [{"$x": 1}, {"$n": "abc"}, {"$n": "NaN"}, {"$date": "2026-02-30"}])
def test_malformed_json_is_refused(json: Any) -> None:
    with pytest.raises(ValueError, match=r"\$|date|number"):
        from_json(json)


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        (FeelDate.of(-999_999_999, 1, 1), FeelDate.of(999_999_999, 12, 31)),
        (FeelDateTime.parse("2026-01-01T00:00:00+08:00"), FeelDateTime.parse("2026-01-01T00:00:00Z")),
        (FeelTime.parse("10:00:00+08:00"), FeelTime.parse("10:00:00Z")),
        (YearsMonthsDuration(11), YearsMonthsDuration(12)),
    ],
)
def test_order(earlier: Any, later: Any) -> None:
    assert (order(earlier, later), order(later, earlier), equal(earlier, later)) == (-1, 1, False)


def test_every_day_of_four_centuries_has_its_number() -> None:
    for days in range(day_number(1999, 1, 1), day_number(2001, 1, 1)):
        assert FeelDate(days).days == date.fromordinal(days + 719_163).toordinal() - 719_163
        assert civil(days) == date.fromordinal(days + 719_163).timetuple()[:3]
    for days in range(-800_000, 800_000, 997):
        assert day_number(*civil(days)) == days


def test_far_years_follow_the_rules_of_today() -> None:
    assert FeelDateTime.parse("12026-07-01T00:00:00@Europe/Paris").offset == 7_200
    assert FeelDateTime.parse("12026-01-01T00:00:00@Europe/Paris").offset == 3_600


@pytest.mark.parametrize(
    ("value", "to", "expected"),
    [
        (Decimal(1), NUMBER, (True, Decimal(1))),
        ("1", NUMBER, (False, None)),
        (None, NUMBER, (True, None)),
        ([Decimal(1)], NUMBER, (True, Decimal(1))),
        ("a", FeelType("list", element=STRING), (True, ["a"])),
        (Decimal(1), FeelType("list", element=STRING), (False, None)),
        (FeelDate.of(2026, 1, 1), FeelType("date and time"), (True, FeelDateTime.parse("2026-01-01T00:00:00Z"))),
    ],
)
def test_implicit_conversions(value: Any, to: FeelType, expected: tuple[bool, Any]) -> None:
    assert coerced(value, to) == expected
