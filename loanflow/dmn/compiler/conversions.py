"""What a declared type does to a value: checked by the standard's rules, transformed by Camunda 7's, ignored by Camunda 8's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from types import MappingProxyType

from loanflow.dmn.model import Dialect
from loanflow.feel import FeelDate, FeelDateTime, FeelType, FeelValue, coerced, number, text_of
from loanflow.feel.values.kinds import PYTHON_TYPES

# A conversion returns (True, value), or (False, None) where the value does not fit.
Conversion = Callable[[FeelValue], tuple[bool, FeelValue]]


def conversion(dialect: Dialect, type_ref: str | None, of: FeelType) -> Conversion | None:
    """Return what happens to values of a table's input or output column of that type; None where nothing does."""
    if dialect is Dialect.CAMUNDA8 or type_ref is None:
        return None
    if dialect is Dialect.CAMUNDA7:
        return _CAMUNDA7.get(type_ref.lower())
    return standard(of)


def by_kind_alone(of: FeelType) -> bool:
    """Say whether a type is one of FEEL's own, unrestricted: whether a value fits depends on its kind alone."""
    return of.allowed is None and of.element is None and not of.fields


def standard(of: FeelType) -> Conversion | None:
    """Return the standard's check against a type, with its implicit conversions; None for any."""
    if of.kind == "Any" and of.allowed is None:
        return None

    fitting = next((one for one, kind in PYTHON_TYPES.items() if kind == of.kind), None) if by_kind_alone(of) else None

    def check(value: FeelValue) -> tuple[bool, FeelValue]:
        return (True, value) if type(value) is fitting else coerced(value, of)

    return check


def _string(value: FeelValue) -> tuple[bool, FeelValue]:
    return True, None if value is None else text_of(value)


def _boolean(value: FeelValue) -> tuple[bool, FeelValue]:
    match value:
        case None | bool():
            return True, value
        case str():
            written = _TRUTH.get(value.strip().lower())
            return written is not None, written
        case _:
            return False, None


def _double(value: FeelValue) -> tuple[bool, FeelValue]:
    match value:
        case None | Decimal():
            return True, value
        case str():
            try:
                parsed = number(Decimal(value.strip()))
            except InvalidOperation:
                return False, None
            return parsed is not None, parsed
        case _:
            return False, None


def _integer(value: FeelValue) -> tuple[bool, FeelValue]:
    fits, parsed = _double(value)
    if isinstance(parsed, Decimal):
        return (True, parsed) if parsed == parsed.to_integral_value() else (False, None)
    return fits, parsed


def _date(value: FeelValue) -> tuple[bool, FeelValue]:
    # Camunda 7's "date" is Java's: a day with a time.
    match value:
        case None | FeelDateTime():
            return True, value
        case FeelDate():
            return True, FeelDateTime(value.days, 0)
        case str():
            try:
                return True, FeelDateTime.parse(value.strip())
            except ValueError:
                return False, None
        case _:
            return False, None


_TRUTH: Mapping[str, bool] = MappingProxyType({"true": True, "false": False})
# Camunda 7 transforms to these types alone, written in whatever case; a value of any other type it takes as it is.
_CAMUNDA7: Mapping[str, Conversion] = MappingProxyType(
    {"string": _string, "boolean": _boolean, "integer": _integer, "long": _integer, "double": _double, "date": _date}
)
