"""Month ends, leap years and the hours that clocks skip or show twice, against Python's own calendar and zones."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loanflow.feel import FeelDate, evaluate, to_python
from tests.feel.shown import shown

MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2035, 12, 31))  # noqa: DTZ001 (the tests add a zone)
days = st.dates(date(1583, 1, 1), date(9000, 12, 31))
ZONES = ("Europe/Paris", "America/New_York", "Asia/Shanghai", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC")


@settings(max_examples=200)
@given(days, st.integers(-4_000, 4_000))
def test_months_are_added_to_the_day_that_the_month_still_has(day: date, months: int) -> None:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    expected = date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
    sign = "-" if months < 0 else ""
    assert to_python(evaluate(f'd + duration("{sign}P{abs(months)}M")', {"d": day})) == expected


@settings(max_examples=200)
@given(days, days)
def test_differences_of_dates(one: date, other: date) -> None:
    assert to_python(evaluate("a - b", {"a": one, "b": other})) == one - other
    months = (other.year - one.year) * 12 + other.month - one.month
    if months > 0 and other.day < one.day:
        months -= 1
    elif months < 0 and other.day > one.day:
        months += 1
    elif months == 0:
        months = 0
    found = evaluate("years and months duration(a, b)", {"a": one, "b": other})
    assert found.total_months == months  # pyright: ignore[reportOptionalMemberAccess, reportAttributeAccessIssue]


@settings(max_examples=100)
@given(days)
def test_the_parts_of_a_date(day: date) -> None:
    context = {"d": day}
    assert evaluate("[d.year, d.month, d.day, d.weekday]", context) == [day.year, day.month, day.day, day.isoweekday()]
    assert evaluate("week of year(d)", context) == day.isocalendar().week
    assert evaluate("day of year(d)", context) == day.timetuple().tm_yday


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('@"2026-01-31" + @"P1M"', "2026-02-28"),
        ('@"2024-01-31" + @"P1M"', "2024-02-29"),
        ('@"2026-01-31" + @"P1M" + @"P1M"', "2026-03-28"),
        ('@"2026-01-31" + @"P2M"', "2026-03-31"),
        ('@"2024-02-29" + @"P1Y"', "2025-02-28"),
        ('@"2024-02-29" + @"P4Y"', "2028-02-29"),
        ('@"2026-03-31" - @"P1M"', "2026-02-28"),
        ('@"2026-12-31" + @"P1D"', "2027-01-01"),
        ('@"1900-02-28" + @"P1D"', "1900-03-01"),
        ('@"2000-02-28" + @"P1D"', "2000-02-29"),
        ('@"0000-03-01" - @"P1D"', "0000-02-29"),
        ('date("2026-02-29")', "null"),
        ("date(2026, 4, 31)", "null"),
        ('years and months duration(@"2024-02-29", @"2025-02-28")', "P11M"),
        ('years and months duration(@"2026-01-31", @"2026-02-28")', "P0M"),
        ('for i in 1..4 return @"2026-01-31" + duration("P" + string(i) + "M")', "[2026-02-28, 2026-03-31, 2026-04-30, 2026-05-31]"),
        ('last day of month(@"2100-02-01")', "2100-02-28"),
        ('last day of month(@"2026-12-15T10:00:00")', "2026-12-31"),
    ],
)
def test_month_ends(text: str, expected: str) -> None:
    assert shown(text, dialect="camunda8") == expected


@settings(max_examples=150)
@given(
    st.sampled_from(ZONES),
    MOMENTS,
    st.integers(-400 * 24, 400 * 24),
)
def test_hours_are_added_to_the_instant(zone: str, at: datetime, hours: int) -> None:
    start = at.replace(microsecond=0, tzinfo=ZoneInfo(zone))
    expected = (start.astimezone(UTC) + timedelta(hours=hours)).astimezone(ZoneInfo(zone))
    sign = "-" if hours < 0 else ""
    text = f'@"{start:%Y-%m-%dT%H:%M:%S}@{zone}" + duration("{sign}PT{abs(hours)}H")'
    assert shown(text) == f"{expected:%Y-%m-%dT%H:%M:%S}@{zone}"


@settings(max_examples=150)
@given(st.sampled_from(ZONES), st.sampled_from(ZONES), MOMENTS)
def test_instants_compare_across_zones(one: str, other: str, at: datetime) -> None:
    here = at.replace(microsecond=0, tzinfo=UTC).astimezone(ZoneInfo(one))
    there = here.astimezone(ZoneInfo(other))
    # The hour that comes twice is its first one where only the zone's name says which.
    if here.fold or there.fold:
        return
    text = f'@"{here:%Y-%m-%dT%H:%M:%S}@{one}" = @"{there:%Y-%m-%dT%H:%M:%S}@{other}"'
    assert evaluate(text) is True


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # Paris goes from 02:00 to 03:00 on 2026-03-29 and from 03:00 back to 02:00 on 2026-10-25.
        ('@"2026-03-29T01:59:59@Europe/Paris" + @"PT1S"', "2026-03-29T03:00:00@Europe/Paris"),
        ('@"2026-03-29T03:00:00@Europe/Paris" - @"2026-03-29T01:00:00@Europe/Paris"', "PT1H"),
        ('@"2026-10-25T04:00:00@Europe/Paris" - @"2026-10-25T01:00:00@Europe/Paris"', "PT4H"),
        ('@"2026-03-28T12:00:00@Europe/Paris" + @"P1D"', "2026-03-29T13:00:00@Europe/Paris"),
        ('@"2026-02-28T12:00:00@Europe/Paris" + @"P1M"', "2026-03-28T12:00:00@Europe/Paris"),
        ('@"2026-03-28T12:00:00@Europe/Paris" + @"P1M"', "2026-04-28T12:00:00@Europe/Paris"),
        ('@"2026-07-01T12:00:00@Europe/Paris".time offset', "PT2H"),
        ('@"2026-01-01T12:00:00@Europe/Paris".time offset', "PT1H"),
        ('@"1986-07-01T12:00:00@Asia/Shanghai".time offset', "PT9H"),  # China had summer time from 1986 to 1991
        ('@"2026-07-01T12:00:00@Asia/Shanghai".time offset', "PT8H"),
        ('@"2026-07-01T12:00:00@Asia/Kathmandu".time offset', "PT5H45M"),
        ('@"2026-03-01T00:00:00@Asia/Shanghai" = @"2026-02-28T16:00:00Z"', "true"),
        ('@"2026-03-01T00:00:00@Asia/Shanghai" in [@"2026-02-28T16:00:00Z"..@"2026-02-28T17:00:00Z")', "true"),
        ('date(@"2026-03-01T00:00:00@Asia/Shanghai")', "2026-03-01"),
        ('@"2026-01-01T00:00:00@Nowhere/City"', "null"),
    ],
)
def test_clocks_that_change(text: str, expected: str) -> None:
    assert shown(text) == expected


def test_a_working_day_rule_over_a_year() -> None:
    """A due date moved from the weekend to Monday, for each day of a leap year."""
    text = 'if d.weekday > 5 then d + duration("P" + string(8 - d.weekday) + "D") else d'
    for offset in range(366):
        day = date(2028, 1, 1) + timedelta(days=offset)
        expected = day + timedelta(days=max(0, 8 - day.isoweekday()) if day.isoweekday() > 5 else 0)
        assert evaluate(text, {"d": day}) == FeelDate.of(expected.year, expected.month, expected.day)
