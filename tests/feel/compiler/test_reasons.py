"""A null that nobody gave carries its reason, with a code that has a page."""

from __future__ import annotations

import pytest

from loanflow.feel import explain


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("1 and true", "feel/wrong-operand"),
        ('"a" or false', "feel/wrong-operand"),
        ("not(1)", "feel/wrong-argument-type"),
        ('"a" in [1..5]', "feel/not-comparable"),
        ('1 in "a"', "feel/not-comparable"),
        ('1 < @"P1D"', "feel/not-comparable"),
        ("sum([])", "feel/empty-list"),
        ("mean([])", "feel/empty-list"),
        ("product([])", "feel/empty-list"),
        ("median([])", "feel/empty-list"),
        ("max([])", "feel/empty-list"),
        ("stddev([1])", "feel/empty-list"),
        ('sum([1, "a"])', "feel/wrong-argument-type"),
        ("missing", "feel/unknown-name"),
        ("{a: 1}.b", "feel/unknown-entry"),
        ("[1][2]", "feel/no-such-position"),
        ("1 / 0", "feel/arithmetic"),
        ('date("2026-02-30")', "feel/no-date"),
        ("now()", "feel/no-clock"),
        ("nothing(1)", "feel/unknown-name"),
        ("(function(b, b) b)(1, 2)", "feel/duplicate-parameter"),
        ("{f: function(b, b) b}.f(1, 2)", "feel/duplicate-parameter"),
    ],
)
def test_a_null_says_why(text: str, code: str) -> None:
    found = explain(text)
    assert found.value is None
    assert code in [reason.code for reason in found.reasons]


@pytest.mark.parametrize("text", ["null", "if false then 1", "[null][1]", "true and null", "(> 5).end"])
def test_a_null_that_is_a_value_needs_no_reason(text: str) -> None:
    assert explain(text + (" else null" if text.startswith("if") else "")).value is None
