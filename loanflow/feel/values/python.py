"""Between Python's values and FEEL's; the only door in and out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from numbers import Integral
from typing import Any, cast
from zoneinfo import ZoneInfo

from loanflow.feel.values.calendar import NANOS_PER_SECOND, SECONDS_PER_DAY
from loanflow.feel.values.durations import DaysTimeDuration, YearsMonthsDuration
from loanflow.feel.values.functions import Function
from loanflow.feel.values.numbers import number
from loanflow.feel.values.ranges import Range
from loanflow.feel.values.temporals import FeelDate, FeelDateTime, FeelTime
from loanflow.feel.values.union import FeelValue

_OWN = frozenset({type(None), bool, str, FeelDate, FeelTime, FeelDateTime, DaysTimeDuration, YearsMonthsDuration, Range, Function})
_NUMBERS = frozenset({int, float, Decimal})
_MAX_DEPTH = 200


def to_feel(value: Any) -> FeelValue:
    """Return a Python value as a FEEL value; lists and contexts are copied.

    Floats become the decimal that their repr shows; NaN and the infinities become null. Subclasses of Python's types, and whole
    numbers of other libraries (``numbers.Integral``), count as what they hold.

    Raises:
        TypeError: something in it has no FEEL counterpart, a mapping has a key that is no string.
        ValueError: it is nested more than 200 deep.

    >>> to_feel({"rate": 0.1, "terms": (12, 24)})
    {'rate': Decimal('0.1'), 'terms': [Decimal('12'), Decimal('24')]}
    """
    return _to_feel(value, 0)


def to_python(value: FeelValue) -> Any:
    """Return a FEEL value as Python's: numbers stay Decimal, temporals become those of ``datetime``.

    Years-and-months durations, ranges and functions have no Python counterpart and stay as they are.

    Raises:
        ValueError: a date, time or duration is beyond what ``datetime`` holds (years 1 to 9999, microseconds).
    """
    if isinstance(value, list):
        return [to_python(item) for item in value]
    if isinstance(value, dict):
        return {name: to_python(item) for name, item in value.items()}
    if isinstance(value, FeelDate):
        return _date(value)
    if isinstance(value, FeelTime):
        return _time(value)
    if isinstance(value, FeelDateTime):
        return datetime.combine(_date(value.date), _time(value.time))
    if isinstance(value, DaysTimeDuration):
        if value.nanos % 1_000:
            raise ValueError(f"{value} is finer than a microsecond")
        try:
            return timedelta(microseconds=value.nanos // 1_000)
        except OverflowError as error:
            raise ValueError(f"{value} is longer than Python's timedelta") from error
    return value


def _to_feel(value: Any, depth: int) -> FeelValue:
    kind = cast("type[Any]", type(value))  # pyright: ignore[reportUnknownArgumentType]
    if kind in _OWN:
        return cast(FeelValue, value)
    if kind in _NUMBERS:
        return number(value)
    if depth > _MAX_DEPTH:
        raise ValueError(f"a value is nested more than {_MAX_DEPTH} deep")
    if kind is dict or isinstance(value, Mapping):
        return _context(cast("Mapping[Any, Any]", value), depth)
    if isinstance(value, str):
        # What it holds, which is what it equals; an enumeration's str() is its name.
        return str.__str__(value)
    if isinstance(value, int | float | Decimal):
        return number(value)
    if isinstance(value, datetime):
        return FeelDateTime(_days(value), _nanos(value.time()), *_zone(value.tzinfo, value.utcoffset()))
    if isinstance(value, date):
        return FeelDate(_days(value))
    if isinstance(value, time):
        offset, zone = _zone(value.tzinfo, value.utcoffset())
        if zone is not None:
            return FeelTime.of(value.hour, value.minute, value.second, value.microsecond * 1_000, zone=zone)
        return FeelTime(_nanos(value), offset, zone)
    if isinstance(value, timedelta):
        return DaysTimeDuration((value.days * SECONDS_PER_DAY + value.seconds) * NANOS_PER_SECOND + value.microseconds * 1_000)
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray | memoryview):
        return [_to_feel(item, depth + 1) for item in cast("Sequence[Any]", value)]
    if isinstance(value, Integral):
        return number(int(value))
    raise TypeError(f"{_name_of(kind)} has no FEEL counterpart")


def _name_of(kind: type[Any]) -> str:
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _context(value: Mapping[Any, Any], depth: int) -> FeelValue:
    result: dict[str, FeelValue] = {}
    for name, item in value.items():
        if not isinstance(name, str):
            raise TypeError(f"a context's keys are strings, not {type(name).__name__}")
        result[name] = _to_feel(item, depth + 1)
    return result


def _days(value: date) -> int:
    return value.toordinal() - 719_163


def _nanos(value: time) -> int:
    return ((value.hour * 60 + value.minute) * 60 + value.second) * NANOS_PER_SECOND + value.microsecond * 1_000


def _zone(zone: tzinfo | None, offset: timedelta | None) -> tuple[int | None, str | None]:
    name = zone.key if isinstance(zone, ZoneInfo) else None
    return (None if offset is None else int(offset.total_seconds())), name


def _date(value: FeelDate) -> date:
    if not 1 <= value.year <= 9_999:
        raise ValueError(f"{value} is beyond Python's years 1 to 9999")
    return date.fromordinal(value.days + 719_163)


def _time(value: FeelTime) -> time:
    nanos = value.nanos % NANOS_PER_SECOND
    if nanos % 1_000:
        raise ValueError(f"{value} is finer than a microsecond")
    zone: tzinfo | None = None
    if value.zone is not None:
        zone = ZoneInfo("UTC" if value.zone == "Z" else value.zone)
    elif value.offset is not None:
        zone = timezone(timedelta(seconds=value.offset))
    return time(value.hour, value.minute, value.second, nanos // 1_000, tzinfo=zone)
