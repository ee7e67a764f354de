"""Cron texts of cycle timers: Quartz's in Camunda 7, Spring's in Camunda 8 and elsewhere; no clause of BPMN speaks of them.

Six fields, seconds first: second, minute, hour, day of month, month, day of week; Quartz may have a year behind them. A field
is a list of ``*``, ``?``, ``a``, ``a-b``, each with ``/step``; months and days of the week may be named (``JAN``, ``MON``). A day
of month may be ``L`` (last), ``L-3``, ``15W`` (the weekday nearest to it) or ``LW``, a day of the week ``5L`` (last one of the
month) or ``5#2`` (second). Spring counts Monday 1 to Sunday 7 (or 0), Quartz Sunday 1 to Saturday 7. A day must fit both of its
fields. ``@daily`` and the like stand for the whole. Times are those of the zone given behind the text (``[Asia/Shanghai]`` or
``@Asia/Shanghai``), else UTC.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_MACROS = {
    "@yearly": "0 0 0 1 1 *",
    "@annually": "0 0 0 1 1 *",
    "@monthly": "0 0 0 1 * *",
    "@weekly": "0 0 0 * * SUN",
    "@daily": "0 0 0 * * *",
    "@midnight": "0 0 0 * * *",
    "@hourly": "0 0 * * * *",
}
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
_ZONE = re.compile(r"(?P<text>.*?)\s*(?:@(?P<at>[A-Z][A-Za-z0-9_+\-]*/[A-Za-z0-9_+\-/]+|UTC)|\[(?P<in>[A-Za-z0-9_+\-/]+)\])$")
_PART = re.compile(r"(?P<from>[A-Z]+|\d+|\*|\?)(?:-(?P<to>[A-Z]+|\d+))?(?:/(?P<step>\d+))?")
_HORIZON = timedelta(days=366 * 29)
"""How far the next fitting day may be: beyond every 29 February on a given weekday."""

_Fits = Callable[[date], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cron:
    """A parsed cron text."""

    seconds: frozenset[int]
    minutes: frozenset[int]
    hours: frozenset[int]
    months: frozenset[int]
    years: frozenset[int] | None
    day_of_month: _Fits
    day_of_week: _Fits
    zone: tzinfo

    @staticmethod
    def parse(text: str, *, quartz: bool) -> Cron:
        """Read a cron text; ``quartz`` says whose.

        Raises:
            ValueError: the text is none; the message says which field.
        """
        body, zone = _zone_of(text.strip())
        fields = _MACROS.get(body.lower(), body).upper().split()
        if len(fields) != 6 and not (quartz and len(fields) == 7):
            raise ValueError(f"{text!r} has {len(fields)} fields; a cron text has six, seconds first, such as 0 0 9 * * MON-FRI")
        return Cron(
            seconds=_numbers("second", fields[0], 0, 59),
            minutes=_numbers("minute", fields[1], 0, 59),
            hours=_numbers("hour", fields[2], 0, 23),
            months=_numbers("month", fields[4], 1, 12, _MONTHS),
            years=None if len(fields) == 6 or fields[6] == "*" else _numbers("year", fields[6], 1970, 2199),
            day_of_month=_day_of_month(fields[3]),
            day_of_week=_day_of_week(fields[5], quartz=quartz),
            zone=zone,
        )

    def after(self, instant: datetime) -> datetime | None:
        """Return the first fitting instant after an aware one, in UTC; None where there is none within a generation."""
        local = instant.astimezone(self.zone)
        day, last = local.date(), local.date() + _HORIZON
        while day <= last:
            if day.month not in self.months:
                day = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
                continue
            if self._fits(day):
                for found in self._times_of(day):
                    if found > instant:
                        return found
            day += timedelta(days=1)
        return None

    def _fits(self, day: date) -> bool:
        return (self.years is None or day.year in self.years) and self.day_of_month(day) and self.day_of_week(day)

    def _times_of(self, day: date) -> list[datetime]:
        # A time that the change to summer time leaves out comes when the clock has moved on; one that comes twice comes once.
        found = [
            datetime.combine(day, time(hour, minute, second), tzinfo=self.zone).astimezone(UTC)
            for hour in sorted(self.hours)
            for minute in sorted(self.minutes)
            for second in sorted(self.seconds)
        ]
        return sorted(set(found))


def _zone_of(text: str) -> tuple[str, tzinfo]:
    match = _ZONE.fullmatch(text)
    if match is None:
        return text, UTC
    name = match["at"] or match["in"]
    try:
        return match["text"], ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"{name!r} is no time zone such as Asia/Shanghai") from error


def _numbers(field: str, text: str, low: int, high: int, names: tuple[str, ...] = (), offset: int = 1) -> frozenset[int]:
    found: set[int] = set()
    for part in text.split(","):
        match = _PART.fullmatch(part)
        if match is None:
            raise ValueError(f"{part!r} is no {field}")
        step = int(match["step"] or 1)
        if step < 1:
            raise ValueError(f"{part!r}: a step of the {field} must be at least 1")
        if match["from"] in ("*", "?"):
            first, last = low, high
        else:
            first = _number(field, match["from"], low, high, names, offset)
            last = _number(field, match["to"], low, high, names, offset) if match["to"] else high if match["step"] else first
        # A range may go over the end: FRI-MON, 22-2.
        span = last - first if last >= first else last - first + high - low + 1
        found.update((first - low + moved) % (high - low + 1) + low for moved in range(0, span + 1, step))
    return frozenset(found)


def _number(field: str, text: str, low: int, high: int, names: tuple[str, ...], offset: int) -> int:
    value = names.index(text) + offset if text in names else int(text) if text.isdigit() else None
    if value is None or not low <= value <= high:
        raise ValueError(f"{text!r} is no {field} from {low} to {high}")
    return value


def _day_of_month(text: str) -> _Fits:
    if match := re.fullmatch(r"L(?:-(\d{1,2}))?", text):
        before = int(match[1] or 0)
        return lambda day: day.day == monthrange(day.year, day.month)[1] - before
    if text == "LW":
        return lambda day: day.day == _nearest_weekday(day, monthrange(day.year, day.month)[1])
    if match := re.fullmatch(r"(\d{1,2})W", text):
        wanted = _number("day of month", match[1], 1, 31, (), 1)
        return lambda day: wanted <= monthrange(day.year, day.month)[1] and day.day == _nearest_weekday(day, wanted)
    numbers = _numbers("day of month", text, 1, 31)
    return lambda day: day.day in numbers


def _nearest_weekday(day: date, wanted: int) -> int:
    last = monthrange(day.year, day.month)[1]
    weekday = day.replace(day=wanted).weekday()
    if weekday == 5:
        return wanted - 1 if wanted > 1 else 3
    if weekday == 6:
        return wanted + 1 if wanted < last else wanted - 2
    return wanted


def _day_of_week(text: str, *, quartz: bool) -> _Fits:
    names = ("SUN", *_DAYS[:6]) if quartz else _DAYS

    def weekday(number: int) -> int:
        # Python's, Monday 0.
        return (number + 5) % 7 if quartz else (number + 6) % 7

    def one(written: str) -> int:
        return weekday(_number("day of week", written, 1 if quartz else 0, 7, names, 1))

    if match := re.fullmatch(r"(\d|[A-Z]{3})L", text):
        wanted = one(match[1])
        return lambda day: day.weekday() == wanted and day.day > monthrange(day.year, day.month)[1] - 7
    if match := re.fullmatch(r"(\d|[A-Z]{3})#([1-5])", text):
        wanted, week = one(match[1]), int(match[2])
        return lambda day: day.weekday() == wanted and (day.day - 1) // 7 + 1 == week
    if quartz and text == "L":
        text = "7"
    if not quartz:
        # Sunday may be written 0 or 7; ranges count from Monday.
        text = re.sub(r"(?<![\d/#])0(?![\d])", "7", text)
    days = frozenset(weekday(number) for number in _numbers("day of week", text, 1, 7, names))
    return lambda day: day.weekday() in days
