"""Numeric functions (DMN 10.3.4.5)."""

from __future__ import annotations

from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Decimal,
    DecimalException,
)
from typing import Any

from loanflow.feel.builtins.declaration import built_in
from loanflow.feel.run import Run
from loanflow.feel.values.durations import DaysTimeDuration, YearsMonthsDuration
from loanflow.feel.values.numbers import integer

_CLAUSE = "10.3.4.5 Numeric functions"
_MIN_SCALE, _MAX_SCALE = -6_111, 6_176


def rounded(run: Run, value: Decimal, scale: Decimal | None, rounding: str) -> Any:
    """Return a number rounded to so many decimals; null, with the reason, for a scale that no number has."""
    places = 0 if scale is None else integer(scale) if scale == scale.to_integral_value() else int(scale)
    if places is None or not _MIN_SCALE <= places <= _MAX_SCALE:
        return run.null("feel/out-of-range", f"a scale goes from {_MIN_SCALE} to {_MAX_SCALE}")
    if -int(value.as_tuple().exponent) <= places:  # nothing to round away
        return value
    try:
        return value.quantize(Decimal(1).scaleb(-places), rounding=rounding)
    except DecimalException:
        return run.null("feel/out-of-range", "the rounded number is out of range")


@built_in("decimal(n: number, scale: number): number", clause=_CLAUSE)
def decimal(run: Run, n: Decimal, scale: Decimal) -> Any:
    """Rounded to so many decimals, half to even."""
    return rounded(run, n, scale, ROUND_HALF_EVEN)


@built_in("floor(n: number, scale?: number): number", clause=_CLAUSE)
def floor(run: Run, n: Decimal, scale: Decimal | None = None) -> Any:
    """Rounded towards minus infinity."""
    return rounded(run, n, scale, ROUND_FLOOR)


@built_in("ceiling(n: number, scale?: number): number", clause=_CLAUSE)
def ceiling(run: Run, n: Decimal, scale: Decimal | None = None) -> Any:
    """Rounded towards plus infinity."""
    return rounded(run, n, scale, ROUND_CEILING)


@built_in("round up(n: number, scale: number): number", clause=_CLAUSE)
def round_up(run: Run, n: Decimal, scale: Decimal) -> Any:
    """Rounded away from zero."""
    return rounded(run, n, scale, ROUND_UP)


@built_in("round down(n: number, scale: number): number", clause=_CLAUSE)
def round_down(run: Run, n: Decimal, scale: Decimal) -> Any:
    """Rounded towards zero."""
    return rounded(run, n, scale, ROUND_DOWN)


@built_in("round half up(n: number, scale: number): number", clause=_CLAUSE)
def round_half_up(run: Run, n: Decimal, scale: Decimal) -> Any:
    """Rounded to the nearest, halves away from zero."""
    return rounded(run, n, scale, ROUND_HALF_UP)


@built_in("round half down(n: number, scale: number): number", clause=_CLAUSE)
def round_half_down(run: Run, n: Decimal, scale: Decimal) -> Any:
    """Rounded to the nearest, halves towards zero."""
    return rounded(run, n, scale, ROUND_HALF_DOWN)


@built_in("abs(n: number|days and time duration|years and months duration): Any", clause=_CLAUSE)
def absolute(run: Run, n: Any) -> Any:
    """The amount without its sign; of durations too."""
    if isinstance(n, DaysTimeDuration):
        return DaysTimeDuration(abs(n.nanos))
    return YearsMonthsDuration(abs(n.total_months)) if isinstance(n, YearsMonthsDuration) else abs(n)


@built_in("modulo(dividend: number, divisor: number): number", clause=_CLAUSE)
def modulo(run: Run, dividend: Decimal, divisor: Decimal) -> Any:
    """The rest of a division, with the divisor's sign."""
    if not divisor:
        return run.null("feel/arithmetic", "there is no division by zero")
    try:
        rest = dividend % divisor
    except DecimalException:
        return run.null("feel/arithmetic", "the rest has more than 34 digits")
    return rest + divisor if rest and (rest < 0) != (divisor < 0) else rest


@built_in("sqrt(number: number): number", clause=_CLAUSE)
def sqrt(run: Run, value: Decimal) -> Any:
    """The square root."""
    return value.sqrt() if value >= 0 else run.null("feel/arithmetic", "a negative number has no square root")


@built_in("log(number: number): number", clause=_CLAUSE)
def log(run: Run, value: Decimal) -> Any:
    """The natural logarithm."""
    return value.ln() if value > 0 else run.null("feel/arithmetic", "only positive numbers have a logarithm")


@built_in("exp(number: number): number", clause=_CLAUSE)
def exp(run: Run, value: Decimal) -> Any:
    """The power of e."""
    try:
        return value.exp()
    except DecimalException:
        return run.null("feel/arithmetic", "the result is out of range")


@built_in("odd(number: number): boolean", clause=_CLAUSE)
def odd(run: Run, value: Decimal) -> Any:
    """Whether a whole number is odd."""
    return _parity(run, value, 1)


@built_in("even(number: number): boolean", clause=_CLAUSE)
def even(run: Run, value: Decimal) -> Any:
    """Whether a whole number is even."""
    return _parity(run, value, 0)


def _parity(run: Run, value: Decimal, rest: int) -> Any:
    if value.adjusted() > 60:
        return rest == 0
    whole = integer(value)
    return False if whole is None else whole % 2 == rest


BUILT_INS = (
    decimal,
    floor,
    ceiling,
    round_up,
    round_down,
    round_half_up,
    round_half_down,
    absolute,
    modulo,
    sqrt,
    log,
    exp,
    odd,
    even,
)
