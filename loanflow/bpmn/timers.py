"""Say when a timer is due: ISO 8601 dates, durations and repeating intervals (BPMN 2.0.2, 10.5 "Events").

Due times count from the instant the token reached the timer, never from the last firing. Years, months, weeks and days
are steps of the calendar in the zone of the start; hours, minutes and seconds are exact. So ``R3/2026-03-28T09:00[Europe/Berlin]/P1D``
stays at nine o'clock over a change to summer time and ``PT24H`` does not. An instant without a zone is UTC.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from loanflow.bpmn.cron import Cron
from loanflow.bpmn.model import TimerKind
from loanflow.feel import to_json

_DURATION = re.compile(
    r"([+-])?P(?:(\d{1,6})Y)?(?:(\d{1,7})M)?(?:(\d{1,7})W)?(?:(\d{1,9})D)?"
    r"(T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,12})(?:[.,](\d{1,9}))?S)?)?"
)
_ZONE = re.compile(r"(.*?)(?:@([A-Za-z0-9_+\-/]+)|\[([A-Za-z0-9_+\-/]+)\])$")
_FRACTION = re.compile(r"([.,]\d{6})\d+")
_TEMPORAL_TAGS = ("$date", "$datetime", "$duration", "$period")


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A length of time in calendar steps and an exact part; never negative."""

    months: int = 0
    days: int = 0
    exact: timedelta = timedelta(0)

    @staticmethod
    def parse(text: str) -> Interval:
        """Read an ISO 8601 duration such as ``P1M``, ``P2W`` or ``PT1H30M``.

        Raises:
            ValueError: the text is not a duration, or is negative.
        """
        match = _DURATION.fullmatch(text.strip())
        if match is None or text.strip().endswith(("P", "T")):
            raise ValueError(f"{text!r} is not an ISO 8601 duration such as P3D or PT1H30M")
        sign, years, months, weeks, days, _, hours, minutes, seconds, fraction = match.groups()
        if sign == "-":
            raise ValueError(f"{text!r} is negative; a timer cannot be due before it starts")
        micros = int((fraction or "0").ljust(6, "0")[:6])
        exact = timedelta(hours=int(hours or 0), minutes=int(minutes or 0), seconds=int(seconds or 0), microseconds=micros)
        return Interval(months=int(years or 0) * 12 + int(months or 0), days=int(weeks or 0) * 7 + int(days or 0), exact=exact)

    @property
    def is_brief(self) -> bool:
        """Whether less than a second passes: what repeats so would be due again before a worker is done with it."""
        return not self.months and not self.days and self.exact < timedelta(seconds=1)

    def after(self, start: datetime, times: int = 1) -> datetime:
        """Return the instant ``times`` intervals after the aware ``start``, in UTC; the calendar is that of its zone.

        Raises:
            ValueError: the instant lies beyond the year 9999.
        """
        try:
            if not self.months and not self.days:
                return start.astimezone(UTC) + self.exact * times
            wall = start.replace(tzinfo=None)
            if self.months:
                wall = _add_months(wall, self.months * times)
            if self.days:
                wall += timedelta(days=self.days * times)
            moved = wall.replace(tzinfo=start.tzinfo, fold=start.fold)
            return moved.astimezone(UTC) + self.exact * times
        except (OverflowError, ValueError) as error:
            raise ValueError("the instant lies beyond the year 9999") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerCycle:
    """A parsed ``timeCycle``; ``repetitions`` None is ``R/...``, which repeats for ever; ``start`` and ``end`` bound it."""

    repetitions: int | None
    interval: Interval
    start: datetime | None = None
    end: datetime | None = None

    @staticmethod
    def parse(text: str) -> TimerCycle:
        """Read ``R3/PT10H``, ``R/P1D``, ``R3/START/P1D`` or ``R/PT1H/END``.

        Raises:
            ValueError: the text is not such a repetition, or its interval is shorter than a second.
        """
        head, *rest = (part.strip() for part in text.strip().split("/"))
        # An IANA zone name holds a slash of its own: glue what the split tore apart.
        parts: list[str] = []
        for part in rest:
            if parts and ("@" in parts[-1] or "[" in parts[-1]) and not part.startswith(("P", "+P", "-P")) and not part[:4].isdigit():
                parts[-1] += "/" + part
            else:
                parts.append(part)
        if not re.fullmatch(r"R\d{0,9}", head) or len(parts) not in (1, 2):
            raise ValueError(f"{text!r} is not a repeating interval such as R3/PT10H")
        start = end = None
        if len(parts) == 1:
            interval = Interval.parse(parts[0])
        elif parts[0].startswith("P"):
            interval, end = Interval.parse(parts[0]), parse_instant(parts[1])
        else:
            start, interval = parse_instant(parts[0]), Interval.parse(parts[1])
        if interval.is_brief:
            raise ValueError(f"{text!r} repeats with less than a second in between")
        return TimerCycle(repetitions=int(head[1:]) if head[1:] else None, interval=interval, start=start, end=end)


def read_timer(kind: TimerKind, text: str, *, quartz: bool) -> TimerCycle | Cron | Interval | datetime:
    """Read what a timer of this kind says; ``quartz`` says that the text is Camunda 7's.

    Raises:
        ValueError: the text is none of its kind; the message says why.
    """
    match kind:
        case TimerKind.CYCLE if text.startswith("R"):
            return TimerCycle.parse(text)
        case TimerKind.CYCLE if text.startswith("P"):
            return TimerCycle.parse("R1/" + text)
        case TimerKind.CYCLE:
            return Cron.parse(text, quartz=quartz)
        case TimerKind.DURATION:
            return Interval.parse(text)
        case TimerKind.DATE if text.startswith("P") and quartz:
            # Camunda 7 counts a date that is a length of time from now.
            return Interval.parse(text)
        case TimerKind.DATE:
            return parse_instant(text)


def next_due_at(cycle: TimerCycle, *, created_at: datetime, fired: int) -> datetime | None:
    """Say when a cycle timer is due next, or None once its repetitions are used up.

    Due times count from ``created_at``, never from the last firing: a worker that was late does not push the later
    firings back. A cycle with a start of its own fires first at that start; what lay before ``created_at`` is past
    and not made up for.

    Args:
        cycle: the parsed ``timeCycle``.
        created_at: the instant the token reached the timer; aware.
        fired: how many times the timer has fired so far, 0 before the first.

    Returns:
        An aware UTC instant; one in the past means the timer is overdue.

    Raises:
        ValueError: ``created_at`` is naive (our slip, not the analyst's), or the instant is beyond the year 9999.

    >>> next_due_at(TimerCycle.parse("R3/PT10H"), created_at=datetime(2026, 3, 1, 8, tzinfo=UTC), fired=1)
    datetime.datetime(2026, 3, 2, 4, 0, tzinfo=datetime.timezone.utc)

    Spec: BPMN 2.0.2, 10.5 "Events" (TimerEventDefinition, timeCycle). Deviation: none.
    """
    if created_at.tzinfo is None:
        raise ValueError("created_at must be aware")
    past = 0 if cycle.start is None else _occurrences_before(created_at, cycle.start, cycle.interval)
    if cycle.repetitions is not None and past + fired >= cycle.repetitions:
        return None
    anchor, times = (created_at, fired + 1) if cycle.start is None else (cycle.start, past + fired)
    due = cycle.interval.after(anchor, times)
    if cycle.end is not None and due > cycle.end:
        return None
    return due


def parse_instant(text: str) -> datetime:
    """Read an ISO 8601 date or date and time, with offset, ``Z``, ``@Zone`` or ``[Zone]``; no zone means UTC.

    Raises:
        ValueError: the text is no such instant, or its zone is unknown.
    """
    text = text.strip()
    zone: tzinfo | None = None
    named = _ZONE.fullmatch(text)
    if named is not None:
        text, name = named[1], named[2] or named[3]
        try:
            zone = ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(f"the time zone {name!r} is unknown") from error
    try:
        instant = datetime.fromisoformat(_FRACTION.sub(r"\1", text))
    except ValueError as error:
        raise ValueError(f"{text!r} is not an ISO 8601 date such as 2026-03-01T09:00:00+08:00") from error
    if zone is not None:
        return instant.replace(tzinfo=zone) if instant.tzinfo is None else instant.astimezone(zone)
    return instant if instant.tzinfo is not None else instant.replace(tzinfo=UTC)


def temporal_text(value: Any) -> str | None:
    """Return the ISO 8601 text of a FEEL date, date and time, or duration, or of a string; None for anything else."""
    if isinstance(value, str):
        return value.strip()
    if value is None or isinstance(value, list):
        return None
    encoded: dict[str, Any] | Any = to_json(value)
    if isinstance(encoded, dict):
        tagged = cast("dict[str, Any]", encoded)
        for tag in _TEMPORAL_TAGS:
            text = tagged.get(tag)
            if isinstance(text, str):
                return text
    return None


def due_instant(value: Any, *, now: datetime) -> datetime:
    """Return the UTC instant a date, or a duration from ``now``, means; for due and follow-up dates.

    Raises:
        ValueError: the value is neither.
    """
    text = temporal_text(value)
    if text is None:
        raise ValueError(f"{value!r} is neither a date nor a duration")
    if text.startswith(("P", "+P", "-P")):
        return Interval.parse(text).after(now)
    return parse_instant(text).astimezone(UTC)


def _occurrences_before(instant: datetime, start: datetime, interval: Interval) -> int:
    if start >= instant:
        return 0
    # Count from below: no month is longer than 31 days, and changes of the clock even out to less than a day.
    longest = timedelta(days=interval.months * 31 + interval.days) + interval.exact
    count = max(0, int((instant - start - timedelta(days=1)) / longest))
    while interval.after(start, count) < instant:
        count += 1
    return count


def _add_months(wall: datetime, months: int) -> datetime:
    index = wall.year * 12 + wall.month - 1 + months
    year, month = divmod(index, 12)
    month += 1
    if year > 9999:
        raise OverflowError("year")
    return wall.replace(year=year, month=month, day=min(wall.day, monthrange(year, month)[1]))
