"""Date and time functions (DMN 10.3.4.6), now, today and ``is`` (10.3.4.8)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from loanflow.feel.builtins.declaration import built_in
from loanflow.feel.run import Run
from loanflow.feel.values.calendar import day_number, week_of_year, weekday
from loanflow.feel.values.comparison import same
from loanflow.feel.values.python import to_feel
from loanflow.feel.values.temporals import FeelDate, FeelDateTime

_CLAUSE = "10.3.4.6 Date and time functions"
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


@built_in("is(value1?: Any, value2?: Any): boolean", clause="10.3.4.8 Miscellaneous functions")
def identical(run: Run, one: Any = None, other: Any = None) -> bool:
    """Whether two values are the same, the names of their zones included."""
    return same(one, other)


@built_in("now(): date and time", clause="10.3.4.8 Miscellaneous functions")
def now(run: Run) -> Any:
    """The instant that the caller's clock shows; null without a clock."""
    if run.clock is None:
        return run.null("feel/no-clock", "nobody has said what time it is")
    return to_feel(run.clock())


@built_in("today(): date", clause="10.3.4.8 Miscellaneous functions")
def today(run: Run) -> Any:
    """The day that the caller's clock shows; null without a clock."""
    moment = now.signatures[0].compute(run)
    return moment.date if isinstance(moment, FeelDateTime) else None


@built_in("day of year(date: date|date and time): number", clause=_CLAUSE)
def day_of_year(run: Run, date: FeelDate | FeelDateTime) -> Decimal:
    """1 to 366."""
    day = FeelDate(date.days)
    return Decimal(day.days - day_number(day.year, 1, 1) + 1)


@built_in("day of week(date: date|date and time): string", clause=_CLAUSE)
def day_of_week(run: Run, date: FeelDate | FeelDateTime) -> str:
    """The day's English name."""
    return _DAYS[weekday(date.days) - 1]


@built_in("month of year(date: date|date and time): string", clause=_CLAUSE)
def month_of_year(run: Run, date: FeelDate | FeelDateTime) -> str:
    """The month's English name."""
    return _MONTHS[FeelDate(date.days).month - 1]


@built_in("week of year(date: date|date and time): number", clause=_CLAUSE)
def week_number(run: Run, date: FeelDate | FeelDateTime) -> Decimal:
    """The ISO 8601 week, 1 to 53."""
    return Decimal(week_of_year(date.days))


BUILT_INS = (identical, now, today, day_of_year, day_of_week, month_of_year, week_number)
