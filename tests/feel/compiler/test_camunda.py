"""Where expressions of Camunda's FEEL mean something else than the standard's."""

from __future__ import annotations

import pytest

from loanflow.feel import FeelBudgetExceeded, evaluate, parse
from loanflow.feel.syntax.formatter import format
from tests.feel.shown import shown


@pytest.mark.parametrize(
    ("text", "camunda", "standard"),
    [
        # Only a function hides the built-in of its name.
        ('{date: date("2026-03-01"), day: date(date).day}.day', "1", "null"),
        ("for sum in [[1, 2], [3]] return sum(sum)", "[3, 3]", "[null, null]"),
        ("{f: function(count) count(count), r: f([1, 2])}.r", "2", "null"),
        ("[{count: [1, 2]}, {count: [1]}][count(count) = 2]", "[{count: [1, 2]}]", "[{count: [1, 2]}]"),
        ("{sum: function(a, b) a - b, r: sum(5, 3)}.r", "2", "2"),
        ("{sum: function(a, b) a - b, r: sum(b: 5, a: 3)}.r", "-2", "-2"),
        # A type is asked of the whole sum.
        ("1 + 2 instance of number", "true", "null"),
        ('"a" + "b" instance of string', "true", "null"),
        ("not(1 instance of string)", "true", "true"),
        ("1 instance of number and true", "true", "true"),
        # Other names of types.
        ('@"PT1H" instance of day-time-duration', "true", "null"),
        ('@"P1Y" instance of year-month-duration', "true", "null"),
        ('@"2026-03-01T09:30:00" instance of date time', "true", None),
        ('@"2026-03-01T09:30:00" instance of date and time', "true", "true"),
        ("{f: function(x: date time) x, r: f(1)}.r", "null", None),
        # What a call by names leaves out is null.
        ("{f: function(a, b) [a, b], r: f(b: 1)}.r", "[null, 1]", "null"),
        ("{f: function(a, b) [a, b], r: f(c: 1)}.r", "null", "null"),
        ("{f: function(a, b) [a, b], r: f(1)}.r", "null", "null"),
    ],
)
def test_dialect(text: str, camunda: str, standard: str | None) -> None:
    assert shown(text, dialect="camunda7") == shown(text, dialect="camunda8") == camunda
    if standard is not None:
        assert shown(text) == standard


@pytest.mark.parametrize(
    "text", ["1 + (2 instance of number)", "(1 + 2) instance of number", "-(a instance of number)", "1 = (a instance of b)"]
)
def test_each_dialect_reads_a_type_test_that_is_written_out(text: str) -> None:
    for dialect in ("spec", "camunda8"):
        node = parse(text, dialect=dialect)
        assert parse(format(node), dialect="spec") == parse(format(node), dialect="camunda8") == node


def test_contexts_on_the_way_to_a_key_are_made_to_a_depth() -> None:
    with pytest.raises(FeelBudgetExceeded, match="depth"):
        evaluate('context put({}, for i in 1..1000 return "a", 1)', dialect="camunda8")
