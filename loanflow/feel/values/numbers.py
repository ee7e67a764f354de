"""FEEL numbers: decimal.Decimal under one context of 34 digits, half-even (DMN 10.3.2.3.1 "number")."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal, DivisionByZero, InvalidOperation, Overflow, getcontext, setcontext

DIGITS = 34

# Shared by all threads: nobody changes it, and its flags are never read.
CONTEXT = Context(
    prec=DIGITS,
    rounding=ROUND_HALF_EVEN,
    Emin=-6143,
    Emax=6144,
    capitals=1,
    clamp=0,
    flags=[],
    traps=[InvalidOperation, DivisionByZero, Overflow],
)

ZERO = Decimal(0)
ONE = Decimal(1)


class exact_decimals:
    """Compute with FEEL's 34 digits inside the block; entered once per evaluation, never per operator."""

    __slots__ = ("_saved",)

    def __enter__(self) -> None:
        self._saved = getcontext()
        setcontext(CONTEXT)

    def __exit__(self, *_: object) -> None:
        setcontext(self._saved)


def number(value: int | float | Decimal) -> Decimal | None:
    """Return a Python number as a FEEL number, rounded to 34 digits; None for NaN, the infinities and what is too large."""
    try:
        # A subclass of float may show itself as it likes.
        found = CONTEXT.create_decimal(float.__repr__(value) if isinstance(value, float) else value)
    except (Overflow, InvalidOperation):  # too large, or NaN with more to it than digits
        return None
    return found if found.is_finite() else None


def integer(value: Decimal) -> int | None:
    """Return a FEEL number as an int when it is one, else None; 2.0 is one."""
    if value.adjusted() > 60:
        return None
    whole = int(value)
    return whole if whole == value else None


def plain(value: Decimal) -> str:
    """Write a number as ``string()`` does: no exponent, no trailing zeros after the point."""
    if not value:
        return "0"
    if value.adjusted() > 400 or value.adjusted() < -400:
        return str(value.normalize())
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
