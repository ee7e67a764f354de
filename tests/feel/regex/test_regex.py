"""Regular expressions in XPath's dialect, on both engines, and safe (XQuery and XPath Functions 5.6)."""

from __future__ import annotations

from contextlib import suppress

import pytest

from loanflow.feel import FeelBudgetExceeded
from loanflow.feel.regex import PatternError, Regex
from loanflow.feel.regex.backtracking import MAX_STEPS, Search, walk_of
from loanflow.feel.regex.pattern import parse
from loanflow.feel.run import Run
from tests.feel.regex.evil import EVIL, TEXT

ROWS = [
    ("abc", "b", "", True),
    ("abc", "^b", "", False),
    ("abc\ndef", "^d", "", False),
    ("abc\ndef", "^d", "m", True),
    ("a\nb", "a.b", "", False),
    ("a\nb", "a.b", "s", True),
    ("ABC", "abc", "i", True),
    ("hello world", "hello\\ sworld", "x", True),
    ("hello world", "hello[ ]world", "x", True),
    ("a.b", "a\\.b", "", True),
    ("aXb", "a\\.b", "", False),
    ("x1", "\\d", "", True),
    ("x٣", "\\d", "", True),
    ("-", "\\w", "", False),
    ("中", "\\w", "", True),
    ("中文", "^\\p{IsCJKUnifiedIdeographs}+$", "", True),
    ("abc", "^\\p{L}+$", "", True),
    ("abc1", "^\\P{N}+$", "", False),
    ("xyz", "^[a-z-[aeiou]]+$", "", True),
    ("xaz", "^[a-z-[aeiou]]+$", "", False),
    ("a", "[^b-d]", "", True),
    ("c", "[^b-d]", "", False),
    ("a:b", "^\\i\\c*$", "", True),
    ("1a", "^\\i\\c*$", "", False),
    ("aaa", "^a{2,3}$", "", True),
    ("aaaa", "^a{2,3}$", "", False),
    ("ab", "^(?:a|b)+$", "", True),
    ("", "^$", "", True),
    ("a]b", "a\\]b", "", True),
    ("a-b", "[a\\-z]-", "", True),
]


@pytest.mark.parametrize(("text", "pattern", "flags", "expected"), ROWS)
def test_both_engines_agree(text: str, pattern: str, flags: str, expected: bool) -> None:
    assert Regex(pattern, flags).found_in(text, Run()) is expected
    tree, groups = parse(pattern, flags)
    search = Search(text, folds="i" in flags, multiline="m" in flags)
    assert (search.find(walk_of(tree), groups, 0) is not None) is expected


@pytest.mark.parametrize(
    ("text", "pattern", "expected"),
    [
        ("abab", "(ab)\\1", True),
        ("abac", "(ab)\\1", False),
        ("xyzzy", "(.)\\1", True),
        ("aa bb", "^(a)\\1 (b)\\2$", True),
        ("aab", "^(a*)\\1b$", True),
        ("aaab", "^(a+?)\\1*b$", True),
        ("b", "^(a?)\\1b$", True),
        ("kK", "(?:k)\\w", True),
    ],
)
def test_back_references(text: str, pattern: str, expected: bool) -> None:
    assert Regex(pattern, "").found_in(text, Run()) is expected


def test_a_kelvin_sign_is_a_k_without_regard_to_case() -> None:
    assert Regex("k", "i").found_in("\u212a", Run())
    assert Regex("(k)\\1", "i").found_in("\u212aK", Run())


@pytest.mark.parametrize(
    "pattern",
    [
        "[", "(", ")", "a**", "*a", "a{2", "a{3,2}", "\\", "\\q", "\\1", "(a)\\2", "[z-a]", "[]", "[a-b-c]", "(?i)a", "\\p{Xx}",
        "\\p{IsNowhere}",
        "[[a]", "]", "}", "{", "^*", "a{1001}", "[0-9-.]*/", "\\p{ IsBasicLatin}+", "(asd)[asd\\0]", "(" * 70 + "a" + ")" * 70, 
        "a" * 20_000,
    ],
)  # fmt: skip
def test_malformed_patterns_are_refused(pattern: str) -> None:
    with pytest.raises(PatternError):
        Regex(pattern, "")


def test_unknown_flags_are_refused() -> None:
    with pytest.raises(PatternError):
        Regex("a", "g")


def test_there_are_thirty_of_them() -> None:
    assert len(set(EVIL)) == 30


@pytest.mark.parametrize("pattern", EVIL)
def test_evil_patterns_end_soon(pattern: str) -> None:
    """Each is linear or ends after a number of steps; `benchmarks/feel.py` prints how long they take (aim: 10 ms)."""
    regex = Regex(pattern, "")
    with suppress(FeelBudgetExceeded):
        regex.found_in(TEXT, Run())
    if not regex.is_linear:
        search = Search(TEXT, folds=False, multiline=False)
        tree, groups = parse(pattern, "")
        with suppress(FeelBudgetExceeded):
            search.find(walk_of(tree), groups, 0)
        assert search.steps <= MAX_STEPS + 1


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("(a*)b\\1$", "aabaa", (0, 5)),
        ("(a*)b\\1$", "aaabaa", (1, 6)),
        ("(a+?)\\1$", "aaaa", (0, 4)),
        ("(a{2,3})\\1", "aaaaa", (0, 4)),
        ("(a{2,3})\\1", "aaaaaa", (0, 6)),
        ("(a{2,3}?)\\1", "aaaaaa", (0, 4)),
        ("(a{3})\\1", "aaaaa", None),
        ("([ab]*?)\\1c", "ababc", (0, 5)),
        ("(a?)b\\1", "ba", (0, 1)),
        ("(a{0})b\\1", "ab", (1, 2)),
    ],
)
def test_runs_of_a_character_are_as_long_as_they_may_be(pattern: str, text: str, found: tuple[int, int] | None) -> None:
    """The bounded engine takes a repeated character in one go; it must try the same lengths in the same order."""
    import re

    regex = Regex(pattern, "")
    assert not regex.is_linear
    matches = list(regex._matches(text, Run()))  # pyright: ignore[reportPrivateUsage]
    assert (matches[0][0] if matches else None) == found
    assert [match[0] for match in matches] == [match.span() for match in re.finditer(pattern, text)]


def test_only_what_no_linear_engine_can_do_is_left_to_the_bounded_one() -> None:
    slow = {pattern for pattern in EVIL if not Regex(pattern, "").is_linear}
    assert {pattern for pattern in slow if "\\1" not in pattern and "\\3" not in pattern} == {"(a{1,100}){1,100}b", "(a{1000}){1000}"}
