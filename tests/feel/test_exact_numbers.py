"""Numbers against an oracle of their own: rationals of unlimited size, rounded once to 34 digits, half to even; no tolerance."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loanflow.feel import evaluate

numbers = st.one_of(
    st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=6),
    st.integers(-(10**33), 10**33).map(Decimal),
    st.sampled_from(
        [Decimal("0.1"), Decimal("0.2"), Decimal("2.675"), Decimal("1E-30"), Decimal("9" * 34), Decimal("0.5"), Decimal("-2.5")]
    ),
)
scales = st.integers(-6, 12)


def in_34_digits(exact: Fraction) -> Fraction:
    """Round to 34 significant digits, half to even, with whole numbers only."""
    if exact == 0:
        return exact
    size = abs(exact)
    exponent = len(str(size.numerator)) - len(str(size.denominator))
    if size >= Fraction(10) ** exponent:
        exponent += 1
    unit = Fraction(10) ** (exponent - 34)
    return round(exact / unit) * unit  # Fraction's own round() is half to even


@settings(max_examples=300)
@given(numbers, numbers, st.sampled_from("+-*/"))
def test_arithmetic_rounds_once(a: Decimal, b: Decimal, operator: str) -> None:
    value = evaluate(f"a {operator} b", {"a": a, "b": b})
    x, y = in_34_digits(Fraction(a)), in_34_digits(Fraction(b))
    if operator == "/" and y == 0:
        assert value is None
        return
    exact = {"+": x + y, "-": x - y, "*": x * y, "/": x / y if y else Fraction(0)}[operator]
    assert isinstance(value, Decimal)
    assert Fraction(value) == in_34_digits(exact)


def half_even(x: Fraction) -> int:
    return round(x)


def floor(x: Fraction) -> int:
    return x.numerator // x.denominator


def ceiling(x: Fraction) -> int:
    return -floor(-x)


def away(x: Fraction) -> int:
    return ceiling(x) if x >= 0 else floor(x)


def towards(x: Fraction) -> int:
    return floor(x) if x >= 0 else ceiling(x)


def half_away(x: Fraction) -> int:
    return floor(x + Fraction(1, 2)) if x >= 0 else ceiling(x - Fraction(1, 2))


def half_towards(x: Fraction) -> int:
    return ceiling(x - Fraction(1, 2)) if x >= 0 else floor(x + Fraction(1, 2))


ROUNDINGS = {
    "decimal": half_even,
    "floor": floor,
    "ceiling": ceiling,
    "round up": away,
    "round down": towards,
    "round half up": half_away,
    "round half down": half_towards,
}
halves = st.builds(lambda n, scale: Decimal(2 * n + 1).scaleb(-scale - 1) * 5, st.integers(-500, 500), st.integers(0, 4))


@pytest.mark.parametrize("name", ROUNDINGS)
@settings(max_examples=150)
@given(number=st.one_of(numbers.filter(lambda n: abs(n) < 10**20), halves), scale=scales)
def test_rounding(name: str, number: Decimal, scale: int) -> None:
    unit = Fraction(1, 10**scale) if scale >= 0 else Fraction(10**-scale)
    expected = ROUNDINGS[name](Fraction(number) / unit) * unit
    value = evaluate(f"{name}(n, scale)", {"n": number, "scale": scale})
    assert isinstance(value, Decimal)
    assert Fraction(value) == expected


@pytest.mark.parametrize("name", ROUNDINGS)
@pytest.mark.parametrize("number", ["5.5", "2.5", "1.6", "1.1", "1.0", "-1.0", "-1.1", "-1.6", "-2.5", "-5.5"])
def test_the_table_that_every_rounding_mode_is_shown_with(name: str, number: str) -> None:
    assert evaluate(f"{name}({number}, 0)") == ROUNDINGS[name](Fraction(number))


LOANS = [
    ("100000", "4.35", 12), ("80000", "7.00", 24), ("300000", "4.9", 360), ("1000000", "3.1", 240), ("50000", "18.25", 36),
    ("12345.67", "5.385", 60), ("1", "0.01", 480), ("9999999999.99", "24", 600),
]  # fmt: skip


@pytest.mark.parametrize(("amount", "rate", "months"), LOANS)
def test_the_instalment_of_an_annuity(amount: str, rate: str, months: int) -> None:
    """The exact rational, rounded to cents; so many roundings to 34 digits on the way do not reach the cents."""
    monthly = Fraction(rate) / 1200
    exact = Fraction(amount) * monthly / (1 - (1 + monthly) ** -months)
    text = "decimal(amount * rate / 1200 / (1 - (1 + rate / 1200) ** -months), 2)"
    value = evaluate(text, {"amount": Decimal(amount), "rate": Decimal(rate), "months": months})
    assert isinstance(value, Decimal)
    assert Fraction(value) == Fraction(round(exact * 100), 100)


@pytest.mark.parametrize(("amount", "rate", "months"), LOANS[:3])
def test_a_plan_of_equal_instalments_pays_the_loan_off_to_the_cent(amount: str, rate: str, months: int) -> None:
    """Month by month with rounded interest, the last instalment taking the rest: what is paid is principal and interest."""
    context = {"amount": Decimal(amount), "rate": Decimal(rate), "months": months}
    text = """{
      pay: decimal(amount * rate / 1200 / (1 - (1 + rate / 1200) ** -months), 2),
      plan: for i in 1..months return {
        open: if i = 1 then amount else partial[-1].left,
        interest: decimal(open * rate / 1200, 2),
        principal: if i = months then open else pay - interest,
        left: open - principal
      },
      paid: sum(plan.principal),
      rest: plan[-1].left,
      interest: sum(plan.interest)
    }"""
    value = evaluate(text, context)
    assert isinstance(value, dict)
    balance, interest, pay = Fraction(amount), Fraction(0), Fraction(0)
    monthly = Fraction(rate) / 1200
    pay = Fraction(round(Fraction(amount) * monthly / (1 - (1 + monthly) ** -months) * 100), 100)
    for month in range(1, months + 1):
        due = Fraction(round(balance * monthly * 100), 100)
        interest += due
        balance -= balance if month == months else pay - due
    assert (value["paid"], value["rest"]) == (Decimal(amount), 0)
    assert Fraction(value["interest"]) == interest  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.1 + 0.2 = 0.3", True),
        ("sum(for i in 1..10 return 0.1) = 1", True),
        ("0.1 * 3 = 0.3", True),
        ("1.005 * 100 = 100.5", True),
        ("decimal(1.005, 2)", Decimal("1.00")),
        ("decimal(1.015, 2)", Decimal("1.02")),
        ("1 / 3 + 1 / 3 + 1 / 3", Decimal("0." + "9" * 34)),
        ("2 / 3 * 3 = 2", True),  # the 35th digit is rounded away
        ("1 / 3 * 3 = 1", False),
        ("10 ** 34 + 1 = 10 ** 34", True),
        ("10 ** 33 + 1 = 10 ** 33", False),
        ("1.0 = 1.00", True),
        ("string(1.10)", "1.1"),
        ("-0 = 0", True),
        ("string(-0)", "0"),
        ("9.99e6144 * 10", None),
        ("1 / 0", None),
    ],
)
def test_what_floats_get_wrong(text: str, value: object) -> None:
    assert evaluate(text) == value
