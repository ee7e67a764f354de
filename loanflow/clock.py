"""What time it is; the only file that asks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time to whoever holds it; handed to ``Engine(clock=...)``, never global."""

    def now(self) -> datetime:
        """Return the current instant; aware, UTC."""
        ...


class SystemClock:
    """The computer's clock."""

    def now(self) -> datetime:
        """Return the current instant; aware, UTC."""
        return datetime.now(UTC)


class TurnableClock:
    """A clock that stands still until someone turns it; for tests, rehearsals and replays."""

    def __init__(self, at: datetime) -> None:
        if at.tzinfo is None:
            raise ValueError("a clock needs an aware instant")
        self._now = at.astimezone(UTC)

    def now(self) -> datetime:
        """Return the instant last set."""
        return self._now

    def turn(self, by: timedelta) -> None:
        """Move forward by ``by``; a clock never goes back."""
        if by < timedelta(0):
            raise ValueError("a clock never goes back")
        self._now += by

    def turn_to(self, at: datetime) -> None:
        """Move forward to the aware instant ``at``."""
        self.turn(at - self._now)
