"""Column types: exact, portable, sortable and the same on every database."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import ColumnElement, DateTime, Dialect, Numeric, String, Text, and_
from sqlalchemy.dialects import mysql
from sqlalchemy.types import TypeDecorator, TypeEngine

Converter = Callable[[Any], Any]
"""What writes or reads a value that is not None: the ``writer(dialect)`` and ``reader(dialect)`` of a type of ours."""
FAR_FUTURE = datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
"""Stands for "no due date" in columns that must sort: after everything else, on every database."""


def in_utc(at: datetime) -> datetime:
    """Bring an aware instant to UTC; a naive one, which says no instant, is a ValueError."""
    if at.tzinfo is UTC:
        return at
    if at.tzinfo is None:
        raise ValueError(f"an instant must be aware: {at!r}")
    return at.astimezone(UTC)


def instant_text(at: datetime) -> str:
    """Write an aware instant as 27 characters that sort by time: ``2026-01-02T03:04:05.000006Z``."""
    return _utc_text(in_utc(at))


@lru_cache(maxsize=1024)
def _utc_text(at: datetime) -> str:
    # Kept: a command writes its one instant into every row. Of UTC alone, since the two 02:30 of an autumn night are equal.
    return at.isoformat(timespec="microseconds")[:26] + "Z"


@lru_cache(maxsize=1024)
def instant_from_text(text: str) -> datetime:
    """Read what ``instant_text`` wrote; anything else, even the same instant spelled otherwise, is a ValueError."""
    at = datetime.fromisoformat(text)
    if instant_text(at) != text:
        raise ValueError(f"not an instant as the store writes it: {text!r}")
    return at


def json_text(value: Any) -> str:
    """Write JSON-ready values in the store's one spelling: no blanks, UTF-8, keys in the order given; no NaN."""
    return _ENCODER.encode(value)


def _as_dict(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(cast(Mapping[Any, Any], value))
    raise TypeError(f"not JSON-ready: {type(value).__name__}")


# The standard library's: faster ones write a date as a string and NaN as null, and say nothing.
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_as_dict)


def keepable(text: str) -> str:
    """Show by a sign what a database cannot hold: NUL characters and halves of a surrogate pair."""
    return text.replace("\x00", "\u2400").encode("utf-8", "replace").decode()


@lru_cache(maxsize=1024)
def _names_text(names: tuple[str, ...]) -> str:
    return json_text(list(names))


@lru_cache(maxsize=1024)
def _names_from_text(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text))


def _aware(at: datetime) -> datetime:
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _without_zone(at: datetime) -> datetime:
    return in_utc(at).replace(tzinfo=None)


def starts_with(column: ColumnElement[str], prefix: str) -> ColumnElement[bool]:
    """Say in SQL that a key text begins so, as the two ends of a range that any database finds in an index, which LIKE is not."""
    for place in reversed(range(len(prefix))):
        following = ord(prefix[place]) + 1
        if following <= sys.maxunicode:
            beyond = prefix[:place] + chr(0xE000 if following == 0xD800 else following)
            return and_(column >= prefix, column < beyond)
    return column >= prefix


def key_text(length: int) -> TypeEngine[str]:
    """Text that is compared byte by byte on every database, whatever the database's language: ids, keys and names."""
    return (
        String(length)
        .with_variant(String(length, collation="C"), "postgresql")
        .with_variant(mysql.VARCHAR(length, charset="utf8mb4", collation="utf8mb4_bin"), "mysql", "mariadb")
    )


class Instant(TypeDecorator[datetime]):
    """An aware instant to the microsecond, UTC: the database's own type, or 27 sortable characters on SQLite."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the column type for the database."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(String(27))
        if dialect.name in ("mysql", "mariadb"):
            return dialect.type_descriptor(mysql.DATETIME(fsp=6))
        return dialect.type_descriptor(DateTime(timezone=True))

    def writer(self, dialect: Dialect) -> Converter:
        """Refuse naive instants; bring the others to UTC."""
        if dialect.name == "sqlite":
            return instant_text
        return _without_zone if dialect.name in ("mysql", "mariadb") else in_utc

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Write the instant."""
        return None if value is None else self.writer(dialect)(value)

    def reader(self, dialect: Dialect) -> Converter:
        """Give every instant back aware, in UTC."""
        return instant_from_text if dialect.name == "sqlite" else _aware

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Read the instant."""
        return None if value is None else self.reader(dialect)(value)


class Json(TypeDecorator[Any]):
    """JSON as text, in our own spelling and with every key in its place; SQL NULL is Python None."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the column type for the database."""
        if dialect.name in ("mysql", "mariadb"):
            return dialect.type_descriptor(mysql.LONGTEXT(charset="utf8mb4", collation="utf8mb4_bin"))
        return super().load_dialect_impl(dialect)

    def writer(self, _dialect: Dialect) -> Converter:
        """Write in our spelling."""
        return json_text

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Write the value."""
        return None if value is None else json_text(value)

    def reader(self, _dialect: Dialect) -> Converter:
        """Read the value; big integers stay exact."""
        return json.loads

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Read the value."""
        return None if value is None else json.loads(value)


class Prose(TypeDecorator[str]):
    """Text of any length that people or programs wrote: an error message must be kept whatever is in it.

    What a database cannot hold (NUL characters, halves of a surrogate pair) is shown by a sign in its place.
    """

    impl = Text
    cache_ok = True

    def writer(self, _dialect: Dialect) -> Converter:
        """Show what cannot be kept."""
        return keepable

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Write the text."""
        return None if value is None else keepable(value)


class Names(TypeDecorator[tuple[str, ...]]):
    """A tuple of names, kept as a JSON list; the empty tuple is the empty list."""

    impl = Text
    cache_ok = True

    def writer(self, _dialect: Dialect) -> Converter:
        """Write a list."""
        return _names_text

    def process_bind_param(self, value: tuple[str, ...] | None, dialect: Dialect) -> str | None:
        """Write the names."""
        return _names_text(value or ())

    def reader(self, _dialect: Dialect) -> Converter:
        """Read a list."""
        return _names_from_text

    def process_result_value(self, value: Any, dialect: Dialect) -> tuple[str, ...]:
        """Read the names."""
        return () if value is None else _names_from_text(value)


class Word(TypeDecorator[Any]):
    """One word of a closed vocabulary (a StrEnum); a word the release does not know is an error, not a guess."""

    impl = String
    cache_ok = True

    def __init__(self, vocabulary: type[StrEnum]) -> None:
        super().__init__(16)
        self.vocabulary = vocabulary

    def writer(self, _dialect: Dialect) -> Converter:
        """Take words of the vocabulary, and texts that are some."""
        vocabulary = self.vocabulary
        return lambda value: (value if isinstance(value, vocabulary) else vocabulary(value))._value_

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Write the word."""
        return None if value is None else self.writer(dialect)(value)

    def reader(self, _dialect: Dialect) -> Converter:
        """Read a word of the vocabulary."""
        return self.vocabulary

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Read the word."""
        return None if value is None else self.vocabulary(value)


class Number(TypeDecorator[Decimal]):
    """An exact decimal of any size that the database compares by value.

    PostgreSQL's NUMERIC does it natively. Elsewhere the number is written so that texts sort as the numbers do: sign,
    decimal exponent, digits; a negative number has all of that complemented. Trailing zeros are not kept.
    """

    impl = Numeric
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the column type for the database."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(Numeric())
        if dialect.name in ("mysql", "mariadb"):
            return dialect.type_descriptor(mysql.VARCHAR(64, charset="ascii", collation="ascii_bin"))
        return dialect.type_descriptor(String(64))

    def process_bind_param(self, value: Decimal | int | None, dialect: Dialect) -> Any:
        """Write the number; a float is refused, for it is not exact."""
        if value is None:
            return None
        if isinstance(value, float):
            raise TypeError("a float is not exact; use Decimal")
        number = Decimal(value)
        if not number.is_finite():
            raise ValueError(f"not a finite number: {value}")
        return number if dialect.name == "postgresql" else number_text(number)

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """Read the number."""
        if value is None:
            return None
        return Decimal(value) if dialect.name == "postgresql" else number_from_text(value)


_COMPLEMENT = str.maketrans("0123456789", "9876543210")
_EXPONENT_OFFSET = 10_000
_MAX_DIGITS = 57


def number_text(number: Decimal) -> str:
    """Write a finite decimal so that texts sort as the numbers do.

    >>> sorted(["10", "9", "-3", "0", "-30", "0.5"], key=lambda text: number_text(Decimal(text)))
    ['-30', '-3', '0', '0.5', '9', '10']
    """
    if not number:
        return "0"
    sign, digits, _ = number.as_tuple()
    figures = "".join(map(str, digits)).rstrip("0")
    exponent = number.adjusted() + _EXPONENT_OFFSET
    if len(figures) > _MAX_DIGITS or not 0 <= exponent < 2 * _EXPONENT_OFFSET:
        raise ValueError(f"a searchable number has at most {_MAX_DIGITS} digits: {number}")
    body = f"{exponent:05d}{figures}"
    return f"-{body.translate(_COMPLEMENT)}~" if sign else f"1{body}"


def number_from_text(text: str) -> Decimal:
    """Read what ``number_text`` wrote."""
    if text == "0":
        return Decimal(0)
    body = text[1:] if text[0] == "1" else text[1:-1].translate(_COMPLEMENT)
    figures = body[5:]
    exponent = int(body[:5]) - _EXPONENT_OFFSET - len(figures) + 1
    sign = 0 if text[0] == "1" else 1
    return Decimal((sign, tuple(map(int, figures)), exponent))


def day_text(day: date) -> str:
    """Write a date as ten characters that sort."""
    return day.isoformat()
