"""Dates, times, and dates with times, as integers (DMN 10.3.2.3.4 to .6).

Each has a ``key``: an integer that orders and equals as FEEL does, for indexes. A value with an offset or a zone
and one without never compare; ``comparable`` says which family a value belongs to.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from loanflow.feel.values import zones
from loanflow.feel.values.calendar import (
    NANOS_PER_DAY,
    NANOS_PER_HOUR,
    NANOS_PER_MINUTE,
    NANOS_PER_SECOND,
    civil,
    day_number,
    exists,
    weekday,
)

_DATE_TEXT: Final = r"(-?(?:[1-9]\d{4,8}|\d{4}))-(\d\d)-(\d\d)"
_TIME_TEXT: Final = r"(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:(Z|z)|([+-])(\d\d):(\d\d)(?::(\d\d))?|@([A-Za-z][\w+/-]*))?"
_DATE: Final = re.compile(_DATE_TEXT + r"\Z", re.ASCII)
_TIME: Final = re.compile(_TIME_TEXT + r"\Z", re.ASCII)
# The TCK compares instants without what lies below a millisecond.
_PRECISION: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class FeelDate:
    """A day of the calendar; ``days`` counts from 1970-01-01 and is also its key."""

    days: int

    @classmethod
    def of(cls, year: int, month: int, day: int) -> FeelDate:
        """Return that day. ValueError when the calendar has none, or beyond year ±999,999,999."""
        if not exists(year, month, day):
            raise ValueError(f"there is no date {year}-{month}-{day}")
        return cls(day_number(year, month, day))

    @classmethod
    def parse(cls, text: str) -> FeelDate:
        """Read ``2026-01-31``. ValueError for anything else."""
        found = _DATE.match(text)
        if found is None:
            raise ValueError(f"{text!r} is no date")
        year, month, day = found.groups()
        return cls.of(int(year), int(month), int(day))

    @property
    def key(self) -> int:
        """The integer that orders and equals as FEEL does."""
        return self.days

    @property
    def year(self) -> int:
        """The year; 0 is the year before 1."""
        return civil(self.days)[0]

    @property
    def month(self) -> int:
        """1 to 12."""
        return civil(self.days)[1]

    @property
    def day(self) -> int:
        """1 to 31."""
        return civil(self.days)[2]

    @property
    def weekday(self) -> int:
        """1 for Monday to 7 for Sunday."""
        return weekday(self.days)

    def __str__(self) -> str:
        year, month, day = civil(self.days)
        return f"{'-' if year < 0 else ''}{abs(year):04d}-{month:02d}-{day:02d}"


@dataclass(frozen=True, slots=True)
class FeelTime:
    """A time of day: nanoseconds since midnight, with an offset in seconds, with a zone's name, or local."""

    nanos: int
    offset: int | None = None
    zone: str | None = None

    @classmethod
    def of(cls, hour: int, minute: int, second: int, nanos: int = 0, *, offset: int | None = None, zone: str | None = None) -> FeelTime:
        """Return that time. ValueError when a clock never shows it, or the zone is unknown."""
        if not (0 <= hour < 24 and 0 <= minute < 60 and 0 <= second < 60 and 0 <= nanos < NANOS_PER_SECOND):
            raise ValueError(f"there is no time {hour:02d}:{minute:02d}:{second:02d}")
        if offset is not None and abs(offset) > zones.MAX_OFFSET:
            raise ValueError("an offset goes from -18:00 to +18:00")
        if zone is not None:
            if zones.zone(zone) is None:
                raise ValueError(f"there is no time zone {zone!r}")
            offset = zones.standard_offset(zone)
        return cls(hour * NANOS_PER_HOUR + minute * NANOS_PER_MINUTE + second * NANOS_PER_SECOND + nanos, offset, zone)

    @classmethod
    def parse(cls, text: str) -> FeelTime:
        """Read ``10:30:00.5``, with ``Z``, ``+08:00`` or ``@Asia/Shanghai`` after it. ValueError for anything else."""
        found = _TIME.match(text)
        if found is None:
            raise ValueError(f"{text!r} is no time")
        hour, minute, second, fraction, utc, sign, off_hour, off_minute, off_second, zone = found.groups()
        offset = 0 if utc else None
        if sign:
            if int(off_minute) > 59 or int(off_second or 0) > 59:
                raise ValueError(f"{text!r} has no possible offset")
            offset = int(off_hour) * 3_600 + int(off_minute) * 60 + int(off_second or 0)
            offset = -offset if sign == "-" else offset
        nanos = int((fraction or "0").ljust(9, "0")[:9])
        return cls.of(int(hour), int(minute), int(second), nanos, offset=offset, zone=zone)

    @property
    def comparable(self) -> bool:
        """Whether the instant is known: it has an offset or a zone."""
        return self.offset is not None

    @property
    def key(self) -> int:
        """The integer that orders and equals as FEEL does, among times of the same family."""
        return (self.nanos - (self.offset or 0) * NANOS_PER_SECOND) // _PRECISION

    @property
    def hour(self) -> int:
        """0 to 23."""
        return self.nanos // NANOS_PER_HOUR

    @property
    def minute(self) -> int:
        """0 to 59."""
        return self.nanos // NANOS_PER_MINUTE % 60

    @property
    def second(self) -> int:
        """0 to 59, without its fraction."""
        return self.nanos // NANOS_PER_SECOND % 60

    def __str__(self) -> str:
        fraction = self.nanos % NANOS_PER_SECOND
        text = f"{self.hour:02d}:{self.minute:02d}:{self.second:02d}" + (f".{fraction:09d}".rstrip("0") if fraction else "")
        if self.zone is not None:
            return f"{text}@{self.zone}"
        return text if self.offset is None else text + zones.offset_text(self.offset)


@dataclass(frozen=True, slots=True)
class FeelDateTime:
    """A day and a time of day; the offset of a named zone is the one it has at that moment."""

    days: int
    nanos: int
    offset: int | None = None
    zone: str | None = None
    key: int = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        instant = self.days * NANOS_PER_DAY + self.nanos - (self.offset or 0) * NANOS_PER_SECOND
        object.__setattr__(self, "key", instant // _PRECISION)

    @classmethod
    def of(cls, date: FeelDate, time: FeelTime) -> FeelDateTime:
        """Join a date and a time; a named zone is asked for its offset on that date."""
        offset = time.offset if time.zone is None else zones.offset_at(time.zone, date.days, time.nanos)
        return cls(date.days, time.nanos, offset, time.zone)

    @classmethod
    def parse(cls, text: str) -> FeelDateTime:
        """Read ``2026-01-31T10:30:00@Asia/Shanghai``; a date alone means its midnight. ValueError for anything else."""
        date, separator, time = text.partition("T")
        if not separator:
            return cls(FeelDate.parse(date).days, 0)
        if time.startswith("24:00:00"):
            # ISO 8601's other midnight: the end of the day.
            return cls.of(FeelDate(FeelDate.parse(date).days + 1), FeelTime.parse("00" + time[2:]))
        return cls.of(FeelDate.parse(date), FeelTime.parse(time))

    @classmethod
    def at_instant(cls, nanos: int, offset: int | None, zone: str | None) -> FeelDateTime:
        """Return the moment that many nanoseconds after 1970 (UTC, or local when there is no offset), as seen there."""
        if zone is not None:
            offset = zones.offset_at_instant(zone, *divmod(nanos, NANOS_PER_DAY))
        days, rest = divmod(nanos + (offset or 0) * NANOS_PER_SECOND, NANOS_PER_DAY)
        if not exists(*civil(days)):
            raise ValueError("the year is out of range")
        return cls(days, rest, offset, zone)

    @property
    def comparable(self) -> bool:
        """Whether the instant is known: it has an offset or a zone."""
        return self.offset is not None

    @property
    def instant(self) -> int:
        """Nanoseconds since 1970 (UTC, or local when there is no offset)."""
        return self.days * NANOS_PER_DAY + self.nanos - (self.offset or 0) * NANOS_PER_SECOND

    @property
    def date(self) -> FeelDate:
        """Its day."""
        return FeelDate(self.days)

    @property
    def time(self) -> FeelTime:
        """Its time of day, with its offset or zone."""
        return FeelTime(self.nanos, self.offset, self.zone)

    def __str__(self) -> str:
        return f"{self.date}T{self.time}"


Temporal = FeelDate | FeelTime | FeelDateTime


def temporal(text: str) -> Temporal:
    """Read a date, a time, or a date and time, by its form. ValueError for anything else."""
    if "T" in text.partition("@")[0]:
        return FeelDateTime.parse(text)
    return FeelTime.parse(text) if text[2:3] == ":" else FeelDate.parse(text)
