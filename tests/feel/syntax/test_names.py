"""Names with blanks, signs, keywords and Chinese characters (DMN 10.3.1.2 "Names")."""

from __future__ import annotations

from decimal import Decimal

import pytest

from loanflow.feel import FeelSyntaxError, compile_expression, evaluate, parse
from loanflow.feel.syntax import tree

CONTEXT = {
    "Annual income": 12,
    "Annual income tax": 3,
    "pre-bureau risk": 5,
    "a": 10,
    "a-b": 4,
    "b": 1,
    "date and time": 7,
    "in stock": 2,
    "null value": 9,
    "true income": 20,
    "Student's name": "Li",
    "decision A 2.1": 8,
    "收入": 100,
    "月收入（税后）": 50,
    "客户": {"年龄": 30, "home address": {"zip code": "200000"}},
    "🐎": 6,
    "Approved?": True,
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Annual income + 1", 13),
        ("Annual income tax + 1", 4),
        ("Annual    income\n+ 1", 13),
        ("pre-bureau risk * 2", 10),
        ("a-b", 4),
        ("a - b", 9),
        ("a -b", 9),
        ("in stock + 1", 3),
        ("null value + 1", 10),
        ("[true, true income, null value][item = 20]", [20]),
        ("Student's name", "Li"),
        ("decision A 2.1 + 1", 9),
        ("收入 * 2", 200),
        ("月收入（税后） + 收入", 150),
        ("客户.年龄 >= 18", True),
        ("客户.home address.zip code", "200000"),
        ("🐎 + 1", 7),
        ("`a-b` + `Annual income`", 16),
        ("for Annual income in [1, 2] return Annual income", [1, 2]),
        ("{net pay: 3, twice: net pay * 2}.twice", 6),
        ("(function(first arg, second) first arg - second)(second: 1, first arg: 3)", 2),
        ("[{unit price: 3}, {unit price: 5}][unit price > 4].unit price", [5]),
        ("every 收入 in [1, 2] satisfies 收入 > 0", True),
        ("if Approved? then 1 else 2", 1),
        ("{on time?: a > 5, b: if on time? then 3 else 4}.b", 3),
        ("{on time?: 3}.on time?", 3),
        ("(function(ok?) ok? + 1)(ok?: 1)", 2),
    ],
)
def test_a_known_name_is_read_whole(text: str, expected: object) -> None:
    assert evaluate(text, CONTEXT) == expected


def test_words_side_by_side_are_one_name_where_nobody_knows_the_names() -> None:
    assert compile_expression("Annual income * 2").names == {"Annual income"}
    assert compile_expression("Annual income * 2").value({"Annual income": Decimal(3)}) == 6


def test_words_side_by_side_are_refused_where_the_names_are_known() -> None:
    with pytest.raises(FeelSyntaxError) as caught:
        parse("Annual income * 2", names=["Monthly income"])
    assert "`Annual income`" in (caught.value.hint or "")


def test_camunda_knows_names_with_blanks_in_backticks_only() -> None:
    with pytest.raises(FeelSyntaxError):
        parse("Annual income * 2", dialect="camunda8")
    assert parse("`Annual income`", dialect="camunda8") == tree.Name("Annual income")


def test_the_names_that_are_read() -> None:
    compiled = compile_expression("if a.b > limit then sum(for x in xs return x + rate) else {y: z, w: y}.w", names=[])
    assert compiled.names == {"a", "limit", "xs", "rate", "z"}


def test_a_variable_is_not_hidden_by_a_built_in_of_its_name() -> None:
    assert evaluate("count + 1", {"count": 4}) == 5
    assert evaluate("count(xs)", {"count": 4, "xs": [1, 2]}) == 2
