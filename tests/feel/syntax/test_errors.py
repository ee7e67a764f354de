"""What a text that is no FEEL is told: code, place, what was expected, what to do."""

from __future__ import annotations

import pytest

from loanflow.feel import FeelSyntaxError, compile_expression, compile_unary_tests
from loanflow.problems import Location


@pytest.mark.parametrize(
    ("text", "code", "offset"),
    [
        ("", "feel/empty-expression", 0),
        ("   ", "feel/empty-expression", 3),
        ("1 +", "feel/unexpected-end", 3),
        ("1 2", "feel/unexpected-token", 2),
        ("[2000..5000", "feel/unclosed-range", 11),
        ("(1..5", "feel/unclosed-range", 5),
        ("[1, 2", "feel/unclosed-list", 5),
        ("(1 + 2", "feel/unclosed-parenthesis", 6),
        ("f(1", "feel/unclosed-parenthesis", 3),
        ("{a: 1", "feel/unclosed-context", 5),
        ("xs[item > 1", "feel/unclosed-filter", 11),
        ('"abc', "feel/unclosed-string", 0),
        ("`abc", "feel/unclosed-name", 0),
        ("1 /* abc", "feel/unclosed-comment", 2),
        ("if a then b", "feel/unfinished-if", 11),
        ("if a", "feel/unfinished-if", 4),
        ("x between 1", "feel/unfinished-between", 11),
        ("for x in xs", "feel/unfinished-iteration", 11),
        ("for x xs", "feel/missing-name", 8),
        ("a.", "feel/missing-name", 2),
        ("for `a`", "feel/missing-name", 7),
        ("for `a` of [1] return a", "feel/missing-name", 8),
        ("some `a`", "feel/missing-name", 8),
        ("{`a` 1}", "feel/missing-name", 5),
        ("(function(`a` 1) 2)", "feel/missing-name", 14),
        ("1 instance of context<`a` 1>", "feel/missing-name", 26),
        ("{a: 1,}", "feel/missing-name", 6),
        ("function(a,) a", "feel/missing-name", 11),
        ("1 instance of context<a: number,>", "feel/missing-name", 32),
        ("1 instance of function<number,> -> number", "feel/missing-type", 30),
        ("a instance of", "feel/missing-type", 13),
        ("f(a: 1, 2)", "feel/mixed-arguments", 8),
        ("a == b", "feel/unexpected-token", 3),
        ("a && b", "feel/unexpected-character", 2),
        ("'text'", "feel/unexpected-character", 0),
        ("（1）", "feel/unexpected-character", 0),
        ("${a}", "feel/unexpected-character", 0),
        ("1e99999", "feel/number-out-of-range", 0),
        ("(" * 100 + "1" + ")" * 100, "feel/too-deep", 60),
        ("+".join("1" * 1_000), "feel/too-deep", 441),
        ("1" * 300_000, "feel/too-long", 0),
    ],
)
def test_code_and_place(text: str, code: str, offset: int) -> None:
    with pytest.raises(FeelSyntaxError) as caught:
        compile_expression(text, names=[])
    assert (caught.value.problem_code, caught.value.offset) == (code, offset)
    assert caught.value.message


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ('amount > 500 ? "large" : "small"', "if a then b else c"),
        ("（1）", "half-width"),
        ("'text'", "double quotes"),
        ("a && b", "the words and, or"),
        ("!a", "not(...)"),
        ("${a}", "JUEL"),
        ("if a then b", "else null"),
        ("[2000..5000", "both included"),
    ],
)
def test_the_hint_says_what_to_do(text: str, hint: str) -> None:
    with pytest.raises(FeelSyntaxError) as caught:
        compile_expression(text, names=[])
    assert hint in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("cell", "hint"),
    [
        ("< 60 and >= 18", "? < ... and ? ..."),
        ("18..60", "[18..60]"),
        ("not 5", "not(5)"),
        ("1.000.000", "no separators"),
        ("and", None),
    ],
)
def test_the_hint_for_a_cell_says_what_to_do(cell: str, hint: str | None) -> None:
    with pytest.raises(FeelSyntaxError) as caught:
        compile_unary_tests(cell)
    assert hint is None or hint in (caught.value.hint or "")


def test_a_problem_shows_the_place() -> None:
    with pytest.raises(FeelSyntaxError) as caught:
        compile_unary_tests("[2000..5000")
    problem = caught.value.to_problem(
        location=Location(file="eligibility.dmn", line=142),
        element_id="UnaryTests_0k2f",
        element_name="Eligibility",
        element_type='rule 7, input "Monthly income"',
    )
    assert str(problem) == (
        "eligibility.dmn:142: error feel/unclosed-range: this range is never closed\n"
        '  element   rule 7, input "Monthly income" "Eligibility" (UnaryTests_0k2f)\n'
        "  | [2000..5000\n"
        "  |            ^\n"
        "  expected  ] to include 5000, or ) to leave it out\n"
        "  found     the end of the text\n"
        "  hint      [2000..5000] means 2000 to 5000, both included"
    )
