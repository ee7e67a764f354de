"""Time zones by name: what offset a zone has at a local moment, also in years that Python's datetime cannot hold."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from loanflow.feel.values.calendar import NANOS_PER_SECOND, civil

MAX_OFFSET = 18 * 3_600

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+)*\Z")


@lru_cache(maxsize=512)
def zone(name: str) -> ZoneInfo | None:
    """Return the zone of that IANA name, None when there is none."""
    if not _NAME.match(name):
        return None
    try:
        return ZoneInfo("UTC" if name == "Z" else name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def offset_at(name: str, days: int, nanos: int) -> int:
    """Return the zone's offset in seconds at a local date and time; the zone must exist.

    Far years follow the rules of a like year of today; years before 1 the zone's first known offset.
    """
    found = zone(name)
    if found is None:
        raise ValueError(f"there is no time zone {name!r}")
    return _seconds(_like(days, nanos).replace(tzinfo=found).utcoffset())


def offset_at_instant(name: str, days: int, nanos: int) -> int:
    """Return the same for a moment in UTC, where no hour is missing and none comes twice."""
    found = zone(name)
    if found is None:
        raise ValueError(f"there is no time zone {name!r}")
    return _seconds(_like(days, nanos).replace(tzinfo=UTC).astimezone(found).utcoffset())


def _like(days: int, nanos: int) -> datetime:
    """Return the moment itself, or the like one of a year that Python's datetime holds."""
    year, month, day = civil(days)
    if year > 9_998:
        year = 2_000 + year % 400
    elif year < 2:
        year = 4 if (month, day) == (2, 29) else 2
    seconds = nanos // NANOS_PER_SECOND
    return datetime(year, month, day, seconds // 3_600, seconds // 60 % 60, seconds % 60)  # noqa: DTZ001 (callers add the zone)


def standard_offset(name: str) -> int:
    """Return the zone's present offset without daylight saving, in seconds; for times that have no date."""
    winter = datetime(2_024, 1, 1, 12, tzinfo=zone(name))
    return _seconds(winter.utcoffset()) - _seconds(winter.dst())


def offset_text(seconds: int) -> str:
    """Write an offset as ISO 8601 does: Z, +08:00, -02:30:15."""
    if seconds == 0:
        return "Z"
    sign, seconds = ("-", -seconds) if seconds < 0 else ("+", seconds)
    hours, minutes, rest = seconds // 3_600, seconds // 60 % 60, seconds % 60
    return f"{sign}{hours:02d}:{minutes:02d}" + (f":{rest:02d}" if rest else "")


def _seconds(length: timedelta | None) -> int:
    return int(length.total_seconds()) if length is not None else 0
