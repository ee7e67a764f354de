"""FEEL values as JSON and back, loss-free; what snapshots, the store and REST hold.

Null, booleans and strings are themselves, small whole numbers JSON integers. Everything else is an object with one
key that begins with ``$``: ``$n`` number, ``$date``, ``$time``, ``$datetime``, ``$duration``, ``$period``, ``$range``.
A context's own key that begins with ``$`` is written with two.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any, cast

from loanflow.feel.values.durations import DaysTimeDuration, YearsMonthsDuration
from loanflow.feel.values.functions import Function
from loanflow.feel.values.ranges import Range
from loanflow.feel.values.temporals import FeelDate, FeelDateTime, FeelTime
from loanflow.feel.values.union import FeelValue

_SAFE = 2**53
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
    if value is None or isinstance(value, bool | str):
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
    if isinstance(value, FeelDateTime) and value.zone is not None and FeelDateTime.parse(text).offset != value.offset:
        # The hour that a zone lives through twice: the name alone would read back as the other one.
        return {tag: text, "offset": value.offset}
    return {tag: text}


def from_json(json: Any) -> FeelValue:
    """Read what `to_json` wrote; floats become the decimal that their repr shows.

    Raises:
        ValueError: a tag is unknown or its text is malformed.
        TypeError: something in it is no JSON value.
    """
    if json is None or isinstance(json, bool | str):
        return json
    if isinstance(json, int):
        return Decimal(json)
    if isinstance(json, float):
        return _number(repr(json))
    if isinstance(json, list):
        return [from_json(item) for item in cast("list[Any]", json)]
    if isinstance(json, dict):
        return _from_object(cast("dict[str, Any]", json))
    raise TypeError(f"{type(json).__name__} is no JSON value")


def _number_to_json(value: Decimal) -> Any:
    sign, digits, exponent = value.as_tuple()
    if exponent == 0 and len(digits) <= 16:
        whole = int(value)
        if -_SAFE <= whole <= _SAFE and not (sign and not whole):
            return whole
    return {"$n": str(value)}


def _from_object(json: dict[str, Any]) -> FeelValue:
    tag = next((name for name in json if name.startswith("$") and not name.startswith("$$")), None)
    if tag is None:
        return {(name[1:] if name.startswith("$") else name): from_json(item) for name, item in json.items()}
    if tag == "$n":
        return _number(json[tag])
    if tag == "$range":
        parts = json[tag]
        return Range(
            from_json(parts["low"]), from_json(parts["high"]), parts["low_included"], parts["high_included"], parts.get("operator", "")
        )
    reader = _READERS.get(tag)
    if reader is None:
        raise ValueError(f"{tag!r} is no tag of a FEEL value")
    value = reader(json[tag])
    if "offset" in json and isinstance(value, FeelDateTime):
        return FeelDateTime(value.days, value.nanos, int(json["offset"]), value.zone)
    return value


def _number(text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation as error:
        raise ValueError(f"{text!r} is no number") from error
    if not value.is_finite():
        raise ValueError(f"{text!r} is no FEEL number")
    return value
