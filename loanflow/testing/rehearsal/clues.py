"""What the model tells of a variable: values it is compared with, kinds it is used as, parts that are read of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from loanflow.feel import FeelDate, FeelDateTime, same, to_feel, to_python

NUMBER, BOOLEAN, STRING, LIST, AMOUNT = "number", "boolean", "string", "list", "amount"
DATE, DATE_TIME, TIME, DATE_TEXT, DATE_TIME_TEXT, DURATION_TEXT = "date", "dateTime", "time", "dateText", "dateTimeText", "durationText"

_SPREAD = tuple(Decimal(n) for n in (1, 0, 2, 5, 10, 50, 100, 1_000, 10_000, 100_000))
_DAYS = (1, -1, 30, -400, 400)
_LENGTHS = (2, 1, 3, 0)
_MANY = 60


class Clue:
    """One variable, or one part of one. Gathered first; `pool` is what it may be given, worked out once.

    A ``NUMBER`` is compared with constants, which are then enough to give; an ``AMOUNT`` is reckoned with, and may be of any size.
    ``parts`` are the entries read of a context, ``items`` what is known of a list's items, ``lengths`` how long a list should
    be. ``born`` holds where a text has a year, a month and a day inside (1-based starts), as an identity number has.
    """

    __slots__ = ("_kin", "_pool", "alike", "born", "items", "kinds", "lengths", "parts", "values")

    def __init__(self) -> None:
        self.values: list[Any] = []
        self.kinds: dict[str, None] = {}
        self.parts: dict[str, Clue] = {}
        self.items: Clue | None = None
        self.lengths: dict[int, None] = {}
        self.alike: list[Clue] = []
        self.born: tuple[int, int, int] | None = None
        self._kin: list[Clue] | None = None
        self._pool: tuple[Any, ...] | None = None

    def part(self, name: str) -> Clue:
        """Return what is known of an entry."""
        return self.parts.setdefault(name, Clue())

    def item(self) -> Clue:
        """Return what is known of a list's items."""
        self.kinds[LIST] = None
        if self.items is None:
            self.items = Clue()
        return self.items

    def may_be(self, value: Any) -> None:
        """Note a value worth giving."""
        if len(self.values) < _MANY and not any(same(value, known) for known in self.values):
            self.values.append(value)

    def compared(self, operator: str, value: Any) -> None:
        """Note a comparison: the value itself, and one on its other side."""
        if isinstance(value, bool):
            self.kinds[BOOLEAN] = None
        elif isinstance(value, Decimal):
            step = Decimal(1).scaleb(min(0, int(value.as_tuple().exponent)))
            self.may_be(value)
            if operator in ("=", "!=", "<=", ">"):
                self.may_be(value + step)
            if operator in ("<", ">=", "!="):
                self.may_be(value - step)
            if operator not in ("=", "!=") and value:
                self.may_be(value * 2)
                self.may_be(_half(value, step))
        elif isinstance(value, str):
            self.kinds[STRING] = None
            self.may_be(value)
        else:
            self.may_be(value)
            if isinstance(value, FeelDate | FeelDateTime):
                at = to_python(value)
                self.may_be(to_feel(at + timedelta(days=1)))
                self.may_be(to_feel(at - timedelta(days=1)))

    def is_like(self, other: Clue) -> None:
        """Note that two variables are compared with each other, or stand for each other."""
        if other is not self and other not in self.alike:
            self.alike.append(other)
            other.alike.append(self)

    def kin(self) -> list[Clue]:
        """Return this clue and all that are like it; asked once everything is learnt."""
        if self._kin is not None:
            return self._kin
        found: list[Clue] = []
        todo: list[Clue] = [self]
        while todo:
            clue = todo.pop()
            if clue not in found:
                found.append(clue)
                todo.extend(reversed(clue.alike))
        self._kin = found
        return found

    def pool(self, now: datetime) -> tuple[Any, ...]:
        """Return the plain values that may be given: FEEL values, the model's own first."""
        if self._pool is None:
            self._pool = tuple(_distinct(self._candidates(now)))
        return self._pool

    def _candidates(self, now: datetime) -> Iterator[Any]:
        kin = self.kin()
        kinds = {kind for clue in kin for kind in clue.kinds}
        values = [value for clue in kin for value in clue.values]
        yield from values
        if BOOLEAN in kinds:
            yield from (True, False)
        if AMOUNT in kinds or (NUMBER in kinds and not any(isinstance(value, Decimal) for value in values)):
            yield from _SPREAD
        if STRING in kinds:
            # Beside the texts the model knows, one it does not know.
            yield "something else" if any(isinstance(value, str) for value in values) else "text"
        for kind in kinds & _TEMPORAL.keys():
            yield from (_TEMPORAL[kind](now + timedelta(days=days)) for days in _DAYS)
        if DURATION_TEXT in kinds:
            yield from ("PT1H", "P1D")
        if not kinds and values and all(value is None for value in values):
            # Only ever asked whether it is there.
            yield "text"


_TEMPORAL: dict[str, Callable[[datetime], Any]] = {
    DATE: lambda at: to_feel(at.date()),
    DATE_TIME: to_feel,
    TIME: lambda at: to_feel(at.time()),
    DATE_TEXT: lambda at: f"{at:%Y-%m-%d}",
    DATE_TIME_TEXT: lambda at: f"{at:%Y-%m-%dT%H:%M:%SZ}",
}


def _half(value: Decimal, step: Decimal) -> Decimal:
    return (value / 2).quantize(step)


def _distinct(values: Iterator[Any]) -> Iterator[Any]:
    seen: list[Any] = []
    for value in values:
        if not any(same(value, known) for known in seen):
            seen.append(value)
            yield value


class Clues:
    """What is known of every variable by name, and of what registered functions give (``bean.method()``)."""

    def __init__(self) -> None:
        self.variables: dict[str, Clue] = {}
        self.functions: dict[str, Clue] = {}

    def variable(self, name: str) -> Clue:
        """Return what is known of a variable."""
        return self.variables.setdefault(name, Clue())

    def function(self, name: str) -> Clue:
        """Return what is known of what a registered function gives."""
        return self.functions.setdefault(name, Clue())


def lengths(clue: Clue) -> tuple[int, ...]:
    """Return how long a made-up list may be."""
    wished = tuple(dict.fromkeys(n for one in clue.kin() for n in one.lengths if 0 <= n <= 20))
    return wished + tuple(n for n in _LENGTHS if n not in wished)
