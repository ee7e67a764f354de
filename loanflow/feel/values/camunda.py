"""Dates, times and durations as Camunda's engines write them besides the standard: Java's texts are read as well."""

from __future__ import annotations

import re
from typing import Final

from loanflow.feel.values.calendar import NANOS_PER_SECOND
from loanflow.feel.values.durations import MAX_MONTHS, MAX_NANOS, DaysTimeDuration, YearsMonthsDuration
from loanflow.feel.values.durations import duration as standard_duration
from loanflow.feel.values.temporals import FeelDate, FeelDateTime, FeelTime, Temporal
from loanflow.feel.values.zones import offset_text, zone

# Seconds may be left out.
_HOURS_AND_MINUTES: Final = re.compile(r"\A(T?\d\d:\d\d)(?![\d:.])", re.ASCII)
# An offset, and the zone that it comes from: 2026-03-01T09:30:00+08:00[Asia/Shanghai].
_ZONE: Final = re.compile(r"(.*(?:Z|[+-]\d\d:\d\d))\[([^\[\]]+)\]\Z", re.ASCII | re.DOTALL)
# Each part has its own sign: PT-5M, P-1Y-2M.
_MONTHS: Final = re.compile(r"(-)?P(?=[-+\d])(?:([-+]?\d{1,12})Y)?(?:([-+]?\d{1,12})M)?\Z", re.ASCII)
_DAYS: Final = re.compile(
    r"(-)?P(?=[-+\dT])(?:([-+]?\d{1,15})D)?"
    r"(?:T(?=[-+\d])(?:([-+]?\d{1,15})H)?(?:([-+]?\d{1,15})M)?(?:([-+]?)(\d{1,15})(?:\.(\d*))?S)?)?\Z",
    re.ASCII,
)


def time(text: str) -> FeelTime:
    """Read a time, also ``T10:30:00`` and ``10:30``. ValueError for anything else."""
    return FeelTime.parse(_HOURS_AND_MINUTES.sub(r"\1:00", text).removeprefix("T"))


def date_and_time(text: str) -> FeelDateTime:
    """Read a date and time, also ``2026-03-01T09:30`` and ``2026-03-01T09:30:00+08:00[Asia/Shanghai]``. ValueError for anything else."""
    found = _ZONE.match(text)
    if found is not None:
        return in_zone(date_and_time(found[1]), found[2])
    date, separator, rest = text.partition("T")
    return FeelDateTime.parse(date + separator + _HOURS_AND_MINUTES.sub(r"\1:00", rest))


def temporal(text: str) -> Temporal:
    """Read a date, a time, or a date and time, by its form. ValueError for anything else."""
    if "T" in text.partition("@")[0][1:]:
        return date_and_time(text)
    return time(text) if ":" in text[:4] else FeelDate.parse(text)


def duration(text: str) -> DaysTimeDuration | YearsMonthsDuration:
    """Read either kind of duration, also with a sign inside. ValueError for anything else."""
    found = _MONTHS.match(text)
    if found is not None:
        sign, years, months = found.groups()
        total = int(years or 0) * 12 + int(months or 0)
        if abs(total) > MAX_MONTHS:
            raise ValueError(f"{text!r} is too long a duration")
        return YearsMonthsDuration(-total if sign else total)
    found = _DAYS.match(text)
    if found is None:
        return standard_duration(text)
    sign, days, hours, minutes, seconds_sign, seconds, fraction = found.groups()
    nanos = int(seconds or 0) * NANOS_PER_SECOND + int((fraction or "0").ljust(9, "0")[:9])
    nanos = -nanos if seconds_sign == "-" else nanos
    nanos += ((int(days or 0) * 24 + int(hours or 0)) * 60 + int(minutes or 0)) * 60 * NANOS_PER_SECOND
    if abs(nanos) > MAX_NANOS:
        raise ValueError(f"{text!r} is too long a duration")
    return DaysTimeDuration(-nanos if sign else nanos)


def in_zone(moment: FeelDateTime, name: str) -> FeelDateTime:
    """Return the same instant as seen in a time zone, or the same time there if it has no zone. ValueError for a zone that is not."""
    if zone(name) is None:
        raise ValueError(f"there is no time zone {name!r}")
    if not moment.comparable:
        return FeelDateTime.of(moment.date, FeelTime(moment.nanos, 0, name))
    return FeelDateTime.at_instant(moment.instant, None, name)


def iso_text(value: FeelDateTime | FeelTime) -> str:
    """Return a temporal as Java writes it: with its offset, and the zone that it comes from behind in brackets."""
    if value.zone is None or value.offset is None:
        return str(value)
    behind = f"[{value.zone}]" if isinstance(value, FeelDateTime) else ""
    return str(value).removesuffix(f"@{value.zone}") + offset_text(value.offset) + behind
