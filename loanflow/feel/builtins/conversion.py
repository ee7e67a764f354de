"""Conversion functions (DMN 10.3.4.1)."""

from __future__ import annotations

import re
from decimal import Decimal, DecimalException
from typing import Any, cast

from loanflow.feel.builtins.declaration import built_in
from loanflow.feel.run import Run
from loanflow.feel.values.calendar import NANOS_PER_SECOND, civil
from loanflow.feel.values.durations import DaysTimeDuration, YearsMonthsDuration
from loanflow.feel.values.durations import duration as read_duration
from loanflow.feel.values.numbers import CONTEXT, integer
from loanflow.feel.values.temporals import FeelDate, FeelDateTime, FeelTime
from loanflow.feel.values.text import text_of

_CLAUSE = "10.3.4.1 Conversion functions"
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\Z")


@built_in(
    "date(from: string|date|date and time): date",
    "date(year: number, month: number, day: number): date",
    clause=_CLAUSE,
)
def date(run: Run, *arguments: Any) -> Any:
    """A date from its text, from a date and time, or from year, month and day."""
    try:
        if len(arguments) == 3:
            parts = [integer(argument) for argument in arguments]
            if any(part is None for part in parts):
                return run.null("feel/no-date", "a date has whole years, months and days")
            return FeelDate.of(*[part for part in parts if part is not None])
        value = arguments[0]
        if isinstance(value, str):
            return FeelDate.parse(value)
        return value.date if isinstance(value, FeelDateTime) else value
    except ValueError as error:
        return run.null("feel/no-date", str(error))


@built_in(
    "date and time(from: string|date and time|date): date and time",
    "date and time(date: date|date and time, time: time): date and time",
    "date and time(year: number, month: number, day: number, hour: number, minute: number, second: number): date and time",
    "date and time(year: number, month: number, day: number, hour: number, minute: number, second: number, "
    "offset: days and time duration|string|null): date and time",
    clause=_CLAUSE,
)
def date_and_time(run: Run, *arguments: Any) -> Any:
    """A date and time from its text, from a date and a time, or from its parts."""
    try:
        if len(arguments) == 1:
            return _moment(arguments[0])
        if len(arguments) == 2:
            on, at = arguments
            return FeelDateTime.of(on.date if isinstance(on, FeelDateTime) else on, at)
        parts = [integer(argument) for argument in arguments[:5]]
        whole = [part for part in parts if part is not None]
        if len(whole) < 5:
            return run.null("feel/no-date-and-time", "only seconds may have a fraction")
        year, month, day, hour, minute = whole
        at = _time_of(hour, minute, arguments[5], arguments[6] if len(arguments) > 6 else None)
        return FeelDateTime.of(FeelDate.of(year, month, day), at)
    except ValueError as error:
        return run.null("feel/no-date-and-time", str(error))


def _moment(value: Any) -> FeelDateTime:
    if isinstance(value, str):
        return FeelDateTime.parse(value)
    return FeelDateTime(value.days, 0, 0) if isinstance(value, FeelDate) else value


@built_in(
    "time(from: string|time|date and time|date): time",
    "time(hour: number, minute: number, second: number, offset?: days and time duration|null): time",
    clause=_CLAUSE,
)
def time(run: Run, *arguments: Any) -> Any:
    """A time from its text, from a date and time, or from hour, minute, second and offset."""
    try:
        if len(arguments) == 1:
            value = arguments[0]
            if isinstance(value, str):
                return FeelTime.parse(value)
            if isinstance(value, FeelDate):
                return FeelTime(0, 0)
            return value.time if isinstance(value, FeelDateTime) else value
        hour, minute = integer(arguments[0]), integer(arguments[1])
        if hour is None or minute is None:
            return run.null("feel/no-time", "only seconds may have a fraction")
        return _time_of(hour, minute, arguments[2], arguments[3] if len(arguments) > 3 else None)
    except ValueError as error:
        return run.null("feel/no-time", str(error))


def _time_of(hour: int, minute: int, second: Decimal, offset: DaysTimeDuration | str | None) -> FeelTime:
    if not 0 <= second < 60:
        raise ValueError("seconds go from 0 to 59")
    nanos = int(second * NANOS_PER_SECOND)
    whole, rest = divmod(nanos, NANOS_PER_SECOND)
    if isinstance(offset, str):
        return FeelTime.of(hour, minute, whole, rest, zone=offset)
    if offset is not None and offset.nanos % NANOS_PER_SECOND:
        raise ValueError("an offset has whole seconds")
    return FeelTime.of(hour, minute, whole, rest, offset=None if offset is None else offset.nanos // NANOS_PER_SECOND)


@built_in("number(from: string|number, grouping separator?: string|null, decimal separator?: string|null): number", clause=_CLAUSE)
def number(run: Run, value: Any, grouping: str | None = None, point: str | None = None) -> Any:
    """A number from its text; says which signs group digits and mark decimals."""
    if isinstance(value, Decimal):
        return value
    if grouping not in (None, " ", ",", ".") or point not in (None, ",", ".") or (grouping is not None and grouping == point):
        return run.null("feel/no-number", "digits are grouped by a blank, a comma or a point, decimals begin with a comma or a point")
    if len(value) > run.budget.digits:
        run.exceeded("digits", run.budget.digits, f"a number of {len(value)} characters")
    text = value.replace(grouping, "") if grouping else value
    text = text.replace(point, ".") if point else text
    if _NUMBER.match(text) is None:
        return run.null("feel/no-number", f"{value[:40]!r} is no number")
    try:
        return CONTEXT.create_decimal(text)
    except DecimalException:
        return run.null("feel/no-number", f"{value[:40]!r} is out of range")


@built_in("string(from: Any): string", clause=_CLAUSE)
def string(run: Run, value: Any) -> Any:
    """Any value as text; null stays null."""
    if value is None:
        return None
    if isinstance(value, list | dict):
        run.check_extent(cast("object", value))
    text = text_of(value)
    run.check_string(len(text))
    return text


@built_in("duration(from: string|days and time duration|years and months duration): Any", clause=_CLAUSE)
def duration(run: Run, value: Any) -> Any:
    """A duration of either kind from its text."""
    if not isinstance(value, str):
        return value
    try:
        return read_duration(value)
    except ValueError as error:
        return run.null("feel/no-duration", str(error))


@built_in(
    "years and months duration(from: date|date and time, to: date|date and time): years and months duration",
    clause=_CLAUSE,
)
def years_and_months_duration(run: Run, start: Any, end: Any) -> Any:
    """The whole months between two dates, as years and months."""
    months = -_whole_months(end, start) if end.days < start.days else _whole_months(start, end)
    return YearsMonthsDuration(months)


def _whole_months(start: Any, end: Any) -> int:
    year, month, day = civil(start.days)
    last_year, last_month, last_day = civil(end.days)
    months = (last_year - year) * 12 + last_month - month
    return months - 1 if last_day < day else months


BUILT_INS = (date, date_and_time, time, number, string, duration, years_and_months_duration)
