"""Budgets: what a hostile or careless text asks for is refused by name; one that hangs meets the limit that pytest sets each test."""

from __future__ import annotations

from contextlib import suppress

import pytest

from loanflow.feel import FeelAssertionFailed, FeelBudget, FeelBudgetExceeded, FeelSyntaxError, compile_expression, evaluate

EVIL = "a" * 5_000 + "!"


@pytest.mark.parametrize(
    ("text", "budget"),
    [
        ("for i in 1..10**12 return i", "list_size"),
        ("some a in 1..10000, b in 1..10000 satisfies false", "steps"),
        ("count(for i in 1..2000000 return 1)", "list_size"),
        ('for i in 1..60 return if i = 1 then "aaaaaaaaaa" else partial[-1] + partial[-1]', "string_size"),
        ("for i in 1..60 return if i = 1 then [1] else concatenate(partial[-1], partial[-1])", "list_size"),
        ("{f: function(x) f(x + 1)}.f(1)", "depth"),
        ("{f: function(x) [f(x + 1), f(x + 1)]}.f(1)", "depth"),
        ("{f: function(n, x) if n = 0 then x else f(n - 1, [x, x])}.f(90, 1)", "list_size"),
        ("string(for i in 1..300 return partial)", "list_size"),
        ("(for i in 1..60 return [partial, partial]) = (for i in 1..60 return [partial, partial])", "steps"),
        ("is((for i in 1..60 return [partial, partial]), (for i in 1..60 return [partial, partial]))", "steps"),
        (f'number("{"9" * 2_000}")', "digits"),
        ('matches(evil, "(a*)*\\1b")', "steps"),
    ],
)
def test_the_budget_that_ran_out_is_named(text: str, budget: str) -> None:
    with pytest.raises(FeelBudgetExceeded) as caught:
        evaluate(text, {"evil": EVIL}, budget=FeelBudget(deadline=60))  # on a busy machine the default deadline may come first
    assert caught.value.budget == budget


def test_the_deadline_is_a_budget() -> None:
    with pytest.raises(FeelBudgetExceeded) as caught:
        compile_expression("count(for i in 1..90000 return i * i)").evaluate({}, budget=FeelBudget(deadline=0.000_001))
    assert caught.value.budget == "deadline"


@pytest.mark.parametrize(
    "text",
    [
        "10 ** 1" + "0" * 64,
        "1.0000000001 ** (10 ** 64)",
        "0.5 ** -(10 ** 60)",
        "exp(10 ** 60)",
        "modulo(10 ** 6000, 3)",
        "[1, 2, 3][10 ** 40]",
        'substring("abc", 10 ** 30)',
        "decimal(1, 10 ** 50)",
        'date("999999999-12-31") + @"P1D"',
        '@"P999999999D" * 10 ** 30',
    ],
)
def test_numbers_out_of_range_are_null_at_once(text: str) -> None:
    assert evaluate(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "(" * 50_000,
        "[" * 50_000,
        "-" * 50_000 + "1",
        "1" + "+1" * 20_000,
        "a." * 20_000 + "a",
        "if a then " * 5_000,
        "{a:" * 5_000,
        "not(" * 5_000,
    ],
)
def test_deep_texts_are_refused(text: str) -> None:
    with pytest.raises(FeelSyntaxError) as caught:
        compile_expression(text)
    assert caught.value.problem_code == "feel/too-deep"


@pytest.mark.parametrize("text", ["[1..5[" * 60, "x in (" * 50 + "1" + ")" * 50, "x in (" * 25 + "1" + ")+1" * 25])
def test_trying_two_ways_does_not_explode(text: str) -> None:
    with suppress(FeelSyntaxError):
        compile_expression(text)


def test_an_assertion_is_the_one_thing_that_fails_an_evaluation() -> None:
    assert evaluate("assert(5, 5 > 1)", dialect="camunda8") == 5
    with pytest.raises(FeelAssertionFailed, match="too small"):
        evaluate('assert(0, 0 > 1, "too small")', dialect="camunda8")
