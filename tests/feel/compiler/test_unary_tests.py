"""Cells of decision tables (DMN 7.3 "Unary tests")."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from loanflow.feel import compile_unary_tests, unary_test

LIMITS = {"limit": 10, "allowed": ["a", "b"], "span": None}


@pytest.mark.parametrize(
    ("cell", "value", "expected"),
    [
        ("-", None, True),
        ("", 5, True),
        ("5", 5, True),
        ("5", 5.0, True),
        ("5", 6, False),
        ("5", "5", None),
        ("5", None, False),
        ("null", None, True),
        ("null", 5, False),
        ('"a"', "a", True),
        ('"a", "b"', "b", True),
        ('"a", "b"', "c", False),
        ("true", True, True),
        ("true", False, False),
        ("false", False, True),
        ("< 5", 4, True),
        ("< 5", 5, False),
        ("<= 5", 5, True),
        ("> 5, < 3", 2, True),
        ("!= 5", 4, True),
        ("= 5", 5, True),
        ("< 5", None, None),
        ('< "b"', "a", True),
        ("< limit", 9, True),
        ("< limit + 1", 10, True),
        ("[1..5]", 5, True),
        ("[1..5)", 5, False),
        ("]1..5[", 1, False),
        ("[1..5], 10, > 20", 10, True),
        ("[1..5]", "a", None),
        ("[1..5]", None, None),
        ("not(5)", 5, False),
        ("not(5)", 6, True),
        ("not([1..3], 5)", 4, True),
        ('not("a", "b")', "c", True),
        ("not(< 5)", None, None),
        ("? > 5 and ? < limit", 7, True),
        ("? > 5 and ? < limit", 11, False),
        ("count(?) > 1", [1, 2], True),
        ('list contains(?, "a")', ["a"], True),
        ('starts with(?, "ab")', "abc", True),
        ("limit > 5", "anything", True),
        ("limit < 5", "anything", False),
        ("not(limit < 5) or ? = 1", 2, True),
        ("allowed", "a", True),
        ("allowed", "c", False),
        ("limit", 10, True),
        ('date("2026-01-31")', date(2026, 1, 31), True),
        ('[@"2026-01-01"..@"2026-12-31"]', date(2026, 6, 1), True),
        ("[1, 2]", [1, 2], True),
        ('"北京", "上海"', "上海", True),
        ("unknown", 1, False),
    ],
)
def test_cell(cell: str, value: Any, expected: bool | None) -> None:
    assert unary_test(cell, value, LIMITS) is expected


@pytest.mark.parametrize(
    ("cell", "value", "camunda", "standard"),
    [
        # What does not read the value: true, equal to it, or a list that holds it.
        ("limit > 5", False, True, True),
        ("limit < 5", False, True, False),
        ("limit < 5", True, False, False),
        ("limit < 5", 3, False, False),
        ("limit < 5", None, False, False),
        ("unknown < 5", None, True, None),
        ("unknown < 5", 3, False, None),
        ("not(limit < 5)", False, False, True),
        ("yes", False, True, False),
        ("yes", 3, True, True),
        ("no", False, True, True),
        ("no", 3, False, False),
        ("allowed", "a", True, True),
        ("span", None, True, True),
        # What reads it: a condition.
        ("? = yes", False, False, False),
        ("not(?) = yes", False, True, True),
        ("? < 5", None, None, None),
        # Constants: equal to it.
        ("true", False, False, False),
        ("false", False, True, True),
        ("null", None, True, True),
    ],
)
def test_cell_of_camunda(cell: str, value: Any, camunda: bool | None, standard: bool | None) -> None:
    variables = LIMITS | {"yes": True, "no": False}
    assert unary_test(cell, value, variables, dialect="camunda7") is camunda
    assert unary_test(cell, value, variables, dialect="camunda8") is camunda
    assert unary_test(cell, value, variables) is standard


def test_the_names_that_a_cell_reads() -> None:
    assert compile_unary_tests("? > limit, < other").names == {"limit", "other"}
    assert compile_unary_tests("[1..5]").names == frozenset()
