"""Numbers to the last digit: 34 decimal digits, half-even (DMN 10.3.2.3.1); no tolerance here."""

from __future__ import annotations

from decimal import Decimal

import pytest

from loanflow.feel import evaluate, to_feel


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.1 + 0.2", "0.3"),
        ("0.1 + 0.2 = 0.3", True),
        ("1.1 * 3", "3.3"),
        ("1 / 3", "0.3333333333333333333333333333333333"),
        ("2 / 3", "0.6666666666666666666666666666666667"),
        ("1 / 3 * 3", "0.9999999999999999999999999999999999"),
        ("10 ** 33 + 0.5", "1000000000000000000000000000000000"),  # half to even, down
        ("10 ** 33 + 1.5", "1000000000000000000000000000000002"),  # half to even, up
        ("9999999999999999999999999999999999 + 1", "1E+34"),
        ("123456789012345678901234567890123456789", "1.234567890123456789012345678901235E+38"),
        ("2 ** 0.5", "1.414213562373095048801688724209698"),
        ("sqrt(2)", "1.414213562373095048801688724209698"),
        ("exp(1)", "2.718281828459045235360287471352662"),
        ("log(10)", "2.302585092994045684017991454684364"),
        ("1.10 = 1.1", True),
        ("decimal(2.5, 0)", "2"),
        ("decimal(3.5, 0)", "4"),
        ("decimal(-2.5, 0)", "-2"),
        ("decimal(1.005, 2)", "1.00"),
        ("decimal(1.015, 2)", "1.02"),
        ("round half up(2.5, 0)", "3"),
        ("round half up(-2.5, 0)", "-3"),
        ("round half down(2.5, 0)", "2"),
        ("round up(1.121, 2)", "1.13"),
        ("round down(-1.129, 2)", "-1.12"),
        ("floor(-1.5)", "-2"),
        ("ceiling(-1.5)", "-1"),
        ("decimal(12345, -2)", "1.23E+4"),
        ("modulo(-12, 5)", "3"),
        ("modulo(12, -5)", "-3"),
        ("modulo(10.1, 4.5)", "1.1"),
        ("sum([0.1, 0.2, 0.3]) = 0.6", True),
        ("mean([1, 2])", "1.5"),
        ("stddev([2, 4, 7, 5])", "2.081665999466132735282297706979931"),
        # 30,000 at 4.35 % over 36 months; 200,000 at 4.9 % over 240
        ("decimal((30000 * 0.0435 / 12) / (1 - (1 + 0.0435 / 12) ** -36), 2)", "890.40"),
        ("decimal((200000 * 0.049 / 12) / (1 - (1 + 0.049 / 12) ** -240), 2)", "1308.89"),
        ("10 ** 6144", "1E+6144"),
        ("10 ** 6145", None),
        ("10 ** -6143 / 10 ** 200", "0E-6176"),
        ("sum(9e6144, 9e6144)", None),
        ("mean(9e6144, 9e6144)", None),
        ("median(9e6144, 9e6144)", None),
        ("product(1e6144, 1e6144)", None),
        ("stddev(1e6144, 1)", None),
        ("sum(9e6144, -9e6144)", "0E+6111"),
        ("0 ** 0", "1"),
        ("0 ** 0.5", "0"),
        ("0 ** -1", None),
        ("decimal(0.0 ** -0.5, 2)", None),
        ("(-8) ** (1 / 3)", None),
    ],
)
def test_to_the_last_digit(text: str, expected: object) -> None:
    value = evaluate(text)
    assert value == (Decimal(expected) if isinstance(expected, str) else expected)
    if isinstance(value, Decimal) and isinstance(expected, str) and value:
        assert len(value.as_tuple().digits) <= 34


def test_python_numbers_come_in_exactly() -> None:
    assert to_feel(0.1) == Decimal("0.1")
    assert to_feel(10**40 + 1) == Decimal("1E+40")
    assert to_feel(float("nan")) is None
    assert to_feel(float("inf")) is None
    assert to_feel(True) is True
