"""List functions (DMN 10.3.4.4), sort (10.3.4.7)."""

from __future__ import annotations

import pytest

from tests.feel.shown import shown


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("list contains([1, null], null)", "true"),
        ('list contains([1, 2], "1")', "false"),
        ("list replace([2, 4, 7], 2, 9)", "[2, 9, 7]"),
        ("list replace([2, 4, 7], -1, 9)", "[2, 4, 9]"),
        ("list replace([2, 4, 7], function(item, new) item < new, 5)", "[5, 5, 7]"),
        ("count([1, null])", "2"),
        ("count(5)", "1"),
        ("min([1, 2, 3])", "1"),
        ("max(1, 2, 3)", "3"),
        ('min("a", "b")', '"a"'),
        ('max(@"2026-01-01", @"2026-02-01")', "2026-02-01"),
        ('min(1, "a")', "null"),
        ("min([])", "null"),
        ("sum([1, 2, 3])", "6"),
        ("sum(1, null)", "null"),
        ("sum([])", "null"),
        ("mean([1, 2, 3])", "2"),
        ("median([8, 2, 5, 3, 4])", "4"),
        ("median(6, 1, 2, 3)", "2.5"),
        ("mode([6, 3, 9, 6, 6])", "[6]"),
        ("mode([6, 1, 9, 6, 1])", "[1, 6]"),
        ("mode([])", "[]"),
        ("product([2, 3, 4])", "24"),
        ("stddev([47])", "null"),
        ("all([true, null, false])", "false"),
        ("all([true, null])", "null"),
        ("all([])", "true"),
        ("any([false, null, true])", "true"),
        ("any([])", "false"),
        ("any([1])", "null"),
        ("sublist([4, 5, 6], 2)", "[5, 6]"),
        ("sublist([4, 5, 6], -2, 1)", "[5]"),
        ("sublist([4, 5, 6], 4)", "null"),
        ("append([1], 2, 3)", "[1, 2, 3]"),
        ("concatenate([1, 2], [3])", "[1, 2, 3]"),
        ("insert before([1, 3], 1, 2)", "[2, 1, 3]"),
        ("remove([1, 2, 3], 2)", "[1, 3]"),
        ("reverse([1, 2, 3])", "[3, 2, 1]"),
        ("index of([1, 2, 3, 2], 2)", "[2, 4]"),
        ("index of([1, null], null)", "[2]"),
        ("union([1, 2], [2, 3])", "[1, 2, 3]"),
        ("distinct values([1, 2, 1.0, null, null, {a: 1}, {a: 1}])", "[1, 2, null, {a: 1}]"),
        ("flatten([[1, 2], [[3]], 4])", "[1, 2, 3, 4]"),
        ("sort([3, 1, 2])", "[1, 2, 3]"),
        ("sort([3, 1, 2], function(x, y) x > y)", "[3, 2, 1]"),
        ('sort([1, "a"])', "null"),
        ("sort([{a: 2}, {a: 1}], function(x, y) x.a < y.a)", "[{a: 1}, {a: 2}]"),
    ],
)
def test_list_function(text: str, expected: str) -> None:
    assert shown(text) == expected
