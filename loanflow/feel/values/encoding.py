"""FEEL values as JSON and back, loss-free; what snapshots, the store and REST hold.

Null, booleans and strings are themselves, small whole numbers JSON integers. Everything else is an object with one
key that begins with ``$``: ``$n`` number, ``$date``, ``$time``, ``$datetime``, ``$duration``, ``$period``, ``$range``.
A context's own key that begins with ``$`` is written with two.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Any, cast

from loanflow.feel.values.durations import DaysTimeDuration, YearsMonthsDuration
from loanflow.feel.values.functions import Function
from loanflow.feel.values.ranges import Range
from loanflow.feel.values.temporals import FeelDate, FeelDateTime, FeelTime
from loanflow.feel.values.text import text_of
from loanflow.feel.values.union import FeelValue

_SAFE = 2**53
_PLAIN = frozenset((type(None), bool, str))
_TAGS: dict[type, str] = {
    FeelDate: "$date",
    FeelTime: "$time",
    FeelDateTime: "$datetime",
    DaysTimeDuration: "$duration",
    YearsMonthsDuration: "$period",
}
_READERS: dict[str, Callable[[str], FeelValue]] = {
    "$date": FeelDate.parse,
    "$time": FeelTime.parse,
    "$datetime": FeelDateTime.parse,
    "$duration": DaysTimeDuration.parse,
    "$period": YearsMonthsDuration.parse,
}


def to_json(value: FeelValue) -> Any:
    """Return JSON-ready values that `from_json` reads back as the same value.

    Raises:
        TypeError: it holds a function, or something that is no FEEL value.

    >>> to_json([Decimal("12.50"), FeelDate.of(2026, 1, 2)])
    [{'$n': '12.50'}, {'$date': '2026-01-02'}]
    """
    if type(value) in _PLAIN or isinstance(value, str):
        return value
    if isinstance(value, Decimal):
        return _number_to_json(value)
    if isinstance(value, list):
        return [to_json(item) for item in value]
    if isinstance(value, dict):
        return {("$" + name if name.startswith("$") else name): to_json(item) for name, item in value.items()}
    if isinstance(value, Range):
        ends = {"low": to_json(value.low), "high": to_json(value.high)}
        return {"$range": {**ends, "low_included": value.low_included, "high_included": value.high_included, "operator": value.operator}}
    tag = _TAGS.get(type(value))
    if tag is None or isinstance(value, Function):
        raise TypeError(f"{type(value).__name__} cannot be kept as JSON")
    text = str(value)
    if isinstance(value, FeelDateTime | FeelTime) and value.zone is not None and type(value).parse(text).offset != value.offset:
        # The hour that a zone lives through twice, and a time taken from a summer's day: the name alone would read back otherwise.
        return {tag: text, "offset": value.offset}
    return {tag: text}


def from_json(data: Any) -> FeelValue:
    """Read what `to_json` wrote; floats become the decimal that their repr shows.

    Raises:
        ValueError: a tag is unknown or its text is malformed.
        TypeError: something in it is no JSON value.
    """
    if type(data) in _PLAIN or isinstance(data, str):
        return data
    if isinstance(data, int):
        return Decimal(data)
    if isinstance(data, float):
        return _number(repr(data))
    if isinstance(data, list):
        return [from_json(item) for item in cast("list[Any]", data)]
    if isinstance(data, dict):
        return _from_object(cast("dict[str, Any]", data))
    raise TypeError(f"{type(data).__name__} is no JSON value")


def json_text(value: FeelValue, *, indent: int | None = None, text: Callable[[Any], str] = text_of) -> str:
    """Return a value as JSON text for those who do not know FEEL: exact numbers, temporals as their text.

    A function is written as its head. `from_json` does not read it back: types other than JSON's own are gone.
    ``text`` says how what JSON does not know is written.

    >>> json_text({"rate": Decimal("4.350"), "from": FeelDate.of(2026, 1, 2)})
    '{"rate":4.35,"from":"2026-01-02"}'
    """
    return _json_text(value, indent, "" if indent is None else "\n", text)


def _json_text(value: FeelValue, indent: int | None, margin: str, text: Callable[[Any], str]) -> str:
    if value is None or isinstance(value, bool | Decimal):
        return text_of(value)
    if not isinstance(value, list | dict):
        return json.dumps(text(value), ensure_ascii=False)
    inner = margin + " " * (indent or 0)
    if isinstance(value, list):
        opening, closing, items = "[", "]", [_json_text(item, indent, inner, text) for item in value]
    else:
        colon = ":" if indent is None else ": "
        opening, closing = "{", "}"
        items = [f"{json.dumps(name, ensure_ascii=False)}{colon}{_json_text(item, indent, inner, text)}" for name, item in value.items()]
    return opening + inner + ("," + inner).join(items) + margin + closing if items else opening + closing


def _number_to_json(value: Decimal) -> Any:
    sign, digits, exponent = value.as_tuple()
    if exponent == 0 and len(digits) <= 16:
        whole = int(value)
        if -_SAFE <= whole <= _SAFE and not (sign and not whole):
            return whole
    return {"$n": str(value)}


def _from_object(data: dict[str, Any]) -> FeelValue:
    tag = next((name for name in data if name.startswith("$") and not name.startswith("$$")), None)
    if tag is None:
        return {(name[1:] if name.startswith("$") else name): from_json(item) for name, item in data.items()}
    if tag == "$n":
        return _number(data[tag])
    if tag == "$range":
        parts = data[tag]
        return Range(
            from_json(parts["low"]), from_json(parts["high"]), parts["low_included"], parts["high_included"], parts.get("operator", "")
        )
    reader = _READERS.get(tag)
    if reader is None:
        raise ValueError(f"{tag!r} is no tag of a FEEL value")
    value = reader(data[tag])
    if "offset" in data and isinstance(value, FeelDateTime | FeelTime):
        return replace(value, offset=int(data["offset"]))
    return value


def _number(text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation as error:
        raise ValueError(f"{text!r} is no number") from error
    if not value.is_finite():
        raise ValueError(f"{text!r} is no FEEL number")
    return value
