"""The proleptic Gregorian calendar as integers: day 0 is 1970-01-01, years reach ±999,999,999."""

from __future__ import annotations

MAX_YEAR = 999_999_999
NANOS_PER_SECOND = 1_000_000_000
NANOS_PER_MILLI = 1_000_000
SECONDS_PER_DAY = 86_400
NANOS_PER_DAY = SECONDS_PER_DAY * NANOS_PER_SECOND
NANOS_PER_HOUR = 3_600 * NANOS_PER_SECOND
NANOS_PER_MINUTE = 60 * NANOS_PER_SECOND

_LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def is_leap(year: int) -> bool:
    """Whether the year has a 29 February."""
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def days_in_month(year: int, month: int) -> int:
    """Return 28 to 31."""
    return 29 if month == 2 and is_leap(year) else _LENGTHS[month - 1]


def day_number(year: int, month: int, day: int) -> int:
    """Count the days from 1970-01-01; the date must exist."""
    year -= month <= 2
    era, of_era = divmod(year, 400)
    of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468


def civil(days: int) -> tuple[int, int, int]:
    """Return year, month and day of a day number."""
    era, of_era = divmod(days + 719_468, 146_097)
    year = (of_era - of_era // 1_460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    shifted = (5 * of_year + 2) // 153
    month = shifted + (3 if shifted < 10 else -9)
    return year + era * 400 + (month <= 2), month, of_year - (153 * shifted + 2) // 5 + 1


def exists(year: int, month: int, day: int) -> bool:
    """Whether there is such a date within FEEL's range of years."""
    return -MAX_YEAR <= year <= MAX_YEAR and 1 <= month <= 12 and 1 <= day <= days_in_month(year, month)


def weekday(days: int) -> int:
    """Return 1 for Monday to 7 for Sunday."""
    return (days + 3) % 7 + 1


def plus_months(days: int, months: int) -> int:
    """Move a date by months, keeping the day where the month has it, else its last day. ValueError out of range."""
    year, month, day = civil(days)
    total = year * 12 + month - 1 + months
    year, month = total // 12, total % 12 + 1
    if not -MAX_YEAR <= year <= MAX_YEAR:
        raise ValueError("the year is out of range")
    return day_number(year, month, min(day, days_in_month(year, month)))


def week_of_year(days: int) -> int:
    """Return the ISO 8601 week number, 1 to 53."""
    thursday = days - (weekday(days) - 4)
    year, _, _ = civil(thursday)
    return (thursday - day_number(year, 1, 1)) // 7 + 1
