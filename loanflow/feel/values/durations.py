"""The two lengths of time of FEEL; they never compare with, or add to, each other (DMN 10.3.2.3.7 and .8)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from loanflow.feel.values.calendar import (
    MAX_YEAR,
    NANOS_PER_DAY,
    NANOS_PER_HOUR,
    NANOS_PER_MINUTE,
    NANOS_PER_SECOND,
)

_MONTHS: Final = re.compile(r"(-)?P(?=\d)(?:(\d{1,12})Y)?(?:(\d{1,12})M)?\Z", re.ASCII)
_DAYS: Final = re.compile(
    r"(-)?P(?=[\dT])(?:(\d{1,15})D)?(?:T(?=\d)(?:(\d{1,15})H)?(?:(\d{1,15})M)?(?:(\d{1,15})(?:\.(\d*))?S)?)?\Z", re.ASCII
)
# The standard gives no bound; ours keeps every sum inside what dates can reach.
MAX_NANOS: Final = 2 * MAX_YEAR * 366 * NANOS_PER_DAY
MAX_MONTHS: Final = 24 * MAX_YEAR


@dataclass(frozen=True, slots=True, order=True)
class DaysTimeDuration:
    """A days and time duration, exact to the nanosecond; ``nanos`` is also its key."""

    nanos: int

    @property
    def key(self) -> int:
        """The integer that orders and equals as FEEL does."""
        return self.nanos

    @property
    def days(self) -> int:
        """Whole days, towards zero."""
        return _towards_zero(self.nanos, NANOS_PER_DAY)

    @property
    def hours(self) -> int:
        """Hours beyond whole days."""
        return _rest(self.nanos, NANOS_PER_DAY, NANOS_PER_HOUR)

    @property
    def minutes(self) -> int:
        """Minutes beyond whole hours."""
        return _rest(self.nanos, NANOS_PER_HOUR, NANOS_PER_MINUTE)

    @property
    def seconds(self) -> int:
        """Whole seconds beyond whole minutes."""
        return _rest(self.nanos, NANOS_PER_MINUTE, NANOS_PER_SECOND)

    @classmethod
    def parse(cls, text: str) -> DaysTimeDuration:
        """Read ISO 8601 ``P1DT2H3M4.5S``. ValueError for anything else."""
        found = _DAYS.match(text)
        if found is None:
            raise ValueError(f"{text!r} is no days and time duration")
        sign, days, hours, minutes, seconds, fraction = found.groups()
        nanos = (
            int(days or 0) * NANOS_PER_DAY
            + int(hours or 0) * NANOS_PER_HOUR
            + int(minutes or 0) * NANOS_PER_MINUTE
            + int(seconds or 0) * NANOS_PER_SECOND
            + int((fraction or "0").ljust(9, "0")[:9])
        )
        if nanos > MAX_NANOS:
            raise ValueError(f"{text!r} is too long a duration")
        return cls(-nanos if sign else nanos)

    def __str__(self) -> str:
        nanos = abs(self.nanos)
        days, nanos = divmod(nanos, NANOS_PER_DAY)
        hours, nanos = divmod(nanos, NANOS_PER_HOUR)
        minutes, nanos = divmod(nanos, NANOS_PER_MINUTE)
        seconds, nanos = divmod(nanos, NANOS_PER_SECOND)
        time = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
        if seconds or nanos:
            time += f"{seconds}" + (f".{nanos:09d}".rstrip("0") if nanos else "") + "S"
        if not days and not time:
            return "PT0S"
        return ("-" if self.nanos < 0 else "") + "P" + (f"{days}D" if days else "") + (f"T{time}" if time else "")


@dataclass(frozen=True, slots=True, order=True)
class YearsMonthsDuration:
    """A years and months duration; ``months`` is also its key."""

    total_months: int

    @property
    def key(self) -> int:
        """The integer that orders and equals as FEEL does."""
        return self.total_months

    @property
    def years(self) -> int:
        """Whole years, towards zero."""
        return _towards_zero(self.total_months, 12)

    @property
    def months(self) -> int:
        """Months beyond whole years."""
        return _rest(self.total_months, 12, 1)

    @classmethod
    def parse(cls, text: str) -> YearsMonthsDuration:
        """Read ISO 8601 ``P1Y2M``. ValueError for anything else."""
        found = _MONTHS.match(text)
        if found is None:
            raise ValueError(f"{text!r} is no years and months duration")
        sign, years, months = found.groups()
        total = int(years or 0) * 12 + int(months or 0)
        if total > MAX_MONTHS:
            raise ValueError(f"{text!r} is too long a duration")
        return cls(-total if sign else total)

    def __str__(self) -> str:
        years, months = divmod(abs(self.total_months), 12)
        if not years and not months:
            return "P0M"
        sign = "-" if self.total_months < 0 else ""
        return sign + "P" + (f"{years}Y" if years else "") + (f"{months}M" if months else "")


def duration(text: str) -> DaysTimeDuration | YearsMonthsDuration:
    """Read either kind. ValueError for anything else, also for a text that mixes them."""
    if _MONTHS.match(text):
        return YearsMonthsDuration.parse(text)
    return DaysTimeDuration.parse(text)


def _towards_zero(total: int, unit: int) -> int:
    return total // unit if total >= 0 else -(-total // unit)


def _rest(total: int, whole: int, unit: int) -> int:
    rest = abs(total) % whole // unit
    return rest if total >= 0 else -rest
