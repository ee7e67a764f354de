"""Which days people work, for tests that turn the clock by working days."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, tzinfo

_FREE = 366
"""Nobody is off for longer than this: a calendar without working days is a slip."""


class WorkingDays:
    """Monday to Friday, but for holidays, and weekend days on which people work in their stead.

    >>> spring = WorkingDays(holidays=[date(2026, 2, 16), date(2026, 2, 17)], working_weekends=[date(2026, 2, 14)])
    >>> spring.is_working(date(2026, 2, 14)), spring.is_working(date(2026, 2, 16))
    (True, False)
    """

    def __init__(self, *, holidays: Iterable[date] = (), working_weekends: Iterable[date] = (), zone: tzinfo = UTC) -> None:
        self.holidays = frozenset(holidays)
        self.working_weekends = frozenset(working_weekends)
        self.zone = zone

    def is_working(self, day: date) -> bool:
        """Say whether people work on this day."""
        return day in self.working_weekends or (day.weekday() < 5 and day not in self.holidays)

    def after(self, at: datetime, days: int) -> datetime:
        """Return the same time of day so many working days later; ``at`` is aware, the days are those of the calendar's zone.

        Raises:
            ValueError: ``days`` is negative, or no working day comes for a year.
        """
        if days < 0:
            raise ValueError("a clock never goes back")
        local = at.astimezone(self.zone)
        free = 0
        while days > 0:
            local += timedelta(days=1)
            works = self.is_working(local.date())
            days -= works
            free = 0 if works else free + 1
            if free > _FREE:
                raise ValueError(f"nobody works for a year before {local.date()}: is the calendar right?")
        return local.astimezone(UTC)
