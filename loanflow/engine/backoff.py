"""How often a failed job is tried, and how long it waits before it is tried again."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

OWN_TRIES = 10
"""How often timers and continuations are tried: nothing outside can make them fail, but their workers may die."""

_LENGTH = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_ISO = re.compile(
    r"P(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?"
)
_CYCLE = re.compile(r"R(?P<tries>\d+)/(?P<wait>P.+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """Waits that double from ``first`` up to ``longest``, drawn with full jitter.

    Jobs that failed together do not come back together: each wait is a random share of the doubled one.

    >>> Backoff.parse("10s..10m")
    Backoff(first=datetime.timedelta(seconds=10), longest=datetime.timedelta(seconds=600))
    """

    first: timedelta
    longest: timedelta

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``"10s..10m"``, or ``"30s"`` for a wait that does not grow; units ms, s, m, h, d.

        Raises:
            ValueError: the text is neither, or the second length is below the first.
        """
        first, dots, longest = text.partition("..")
        shortest = _length(first, text)
        limit = _length(longest, text) if dots else shortest
        if limit < shortest:
            raise ValueError(f"backoff {text!r} ends below where it begins")
        return cls(first=shortest, longest=limit)

    def wait(self, attempt: int, draw: Callable[[], float]) -> timedelta:
        """Say how long to wait after the failed try number ``attempt`` (1 for the first); ``draw`` gives 0..1."""
        ceiling = min(self.longest, self.first * 2 ** min(attempt - 1, 32)) if self.first else self.first
        return ceiling * draw()


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryCycle:
    """The model's own retry text: fixed waits, written by the analyst.

    ``R3/PT10M`` is three tries, ten minutes apart; ``PT1M,PT10M`` names each wait, so three tries as well.
    """

    tries: int
    waits: tuple[timedelta, ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text of a failed-job retry cycle.

        Raises:
            ValueError: the text is neither a repeating interval nor a list of durations.
        """
        stripped = text.strip()
        if found := _CYCLE.fullmatch(stripped):
            return cls(tries=max(1, int(found["tries"])), waits=(_iso_length(found["wait"], text),))
        waits = tuple(_iso_length(part.strip(), text) for part in stripped.split(","))
        return cls(tries=len(waits) + 1, waits=waits)

    def wait(self, attempt: int) -> timedelta:
        """Say how long to wait after the failed try number ``attempt`` (1 for the first)."""
        return self.waits[min(attempt, len(self.waits)) - 1]


def _length(text: str, whole: str) -> timedelta:
    found = _LENGTH.fullmatch(text.strip())
    if found is None:
        raise ValueError(f'backoff {whole!r} is not a length such as "10s" nor a range such as "10s..10m"')
    return timedelta(seconds=float(found[1]) * _SECONDS[found[2]])


def _iso_length(text: str, whole: str) -> timedelta:
    found = _ISO.fullmatch(text)
    if found is None or not any(found.groupdict().values()):
        raise ValueError(f"retry cycle {whole!r} is not a repeating interval such as R3/PT10M nor a list such as PT1M,PT10M")
    parts = {unit: float(amount) for unit, amount in found.groupdict().items() if amount}
    return timedelta(**parts)
