"""Java's regular expressions, which Camunda's engines run, where XPath has none such; on both engines, and safe."""

from __future__ import annotations

from contextlib import suppress

import pytest

from loanflow.feel import FeelBudgetExceeded
from loanflow.feel.regex import PatternError, Regex
from loanflow.feel.regex.backtracking import MAX_STEPS, Search, walk_of
from loanflow.feel.regex.java import parse_java
from loanflow.feel.run import Run
from tests.feel.regex.evil import EVIL, TEXT
from tests.feel.shown import shown

ROWS = [
    ("a word", "\\bword\\b", True),
    ("sword", "\\bword", False),
    ("sword", "\\Bword", True),
    ("ab", "\\Aab\\z", True),
    ("ab\n", "\\Aab\\z", False),
    ("ABC", "(?i)abc", True),
    ("a\nb", "(?s)a.b", True),
    ("a\nb", "(?im)^B$", True),
    ("a b", "(?x)a\\ b", True),
    ("2026/03", "\\d{4}\\/\\d\\d", True),
    ("a@b_c#d", "a\\@b\\_c\\#d", True),
    ("{a}", "\\{a}", True),
    ("a]", "a]\\#?", True),
    ("a\tb", "a\\hb", True),
    ("a\u3000b", "a\\hb", True),
    ("ab", "a\\Hb?", True),
    ("a\x0bb", "a\\vb", True),
    ("a\r\nb", "a\\Rb", True),
    ("a\u2028b", "^a\\Rb$", True),
    ("A", "\\x41\\u0042?", True),
    ("\U0001f600", "^\\x{1F600}$", True),
    ("a+b", "\\Qa+b\\E", True),
    ("aab", "\\Qa+b\\E", False),
    ("a.", "\\Qa.", True),
    ("aB1", "^\\p{Lower}\\p{Upper}\\p{Digit}$", True),
    ("a-b", "^\\p{Alpha}\\p{Punct}\\P{Digit}$", True),
    ("贷款", "^\\p{IsHan}+$", True),
    ("loan", "\\p{IsHan}", False),
    ("é", "^\\pL\\x41?$", True),
    ("éa", "^\\p{IsAlphabetic}+$", True),
    ("é1", "^\\P{IsAlphabetic}", False),
    ("1é", "^\\P{IsAlphabetic}", True),
    ("\u00a0", "^\\p{IsWhite_Space}$", True),
    ("\t", "^\\p{IsWhite_Space}$", True),
    ("c", "^[a-z&&[^b]]$", True),
    ("b", "^[a-z&&[^b]]$", False),
    ("b", "^[a-z&&b-d]\\/?$", True),
    ("z", "^[a-z&&b-d]\\/?$", False),
    ("x", "^[a-c[x-z]]$", True),
    ("m", "^[a-c[x-z]]$", False),
    ("m", "^[a-c[^x-z]]$", True),
    ("-", "^[a-c-e\\:]$", True),
    ("a:b", "^[\\w\\:]+$", True),
    ("a_b", "^[\\w\\:]+$", True),
    ("中", "^[\\w\\:]+$", False),
    ("٣", "^\\d\\/?$", False),
    ("a1", "^(?=.*\\d)(?=.*[a-z]).+$", True),
    ("aa", "^(?=.*\\d)(?=.*[a-z]).+$", False),
    ("abc", "^(?!abd)ab", True),
    ("abd", "^(?!abd)ab", False),
    ("¥100", "(?<=¥)\\d+", True),
    ("$100", "(?<=¥)\\d+", False),
    ("$100", "(?<!¥)\\b\\d+", True),
    ("aaab", "a++b", True),
    ("aaa", "a++a", False),
    ("aaa", "a{1,}+a", False),
    ("aaa", "(?>a+)a", False),
    ("abab", "^(?<part>ab)\\k<part>$", True),
    ("abac", "^(?<part>ab)\\k<part>$", False),
    ("abab", "^(?<part>ab)\\1$", True),
]


@pytest.mark.parametrize(("text", "pattern", "expected"), ROWS)
def test_both_engines_agree(text: str, pattern: str, expected: bool) -> None:
    assert Regex(pattern, "", java=True).found_in(text, Run()) is expected
    tree, groups, _, flags = parse_java(pattern, "")
    search = Search(text, folds="i" in flags, multiline="m" in flags)
    assert (search.find(walk_of(tree), groups, 0) is not None) is expected
    with pytest.raises(PatternError):
        Regex(pattern, "")


def test_what_both_know_is_read_as_xpath_has_it() -> None:
    assert Regex("^\\w$", "", java=True).found_in("中", Run())
    assert Regex("[a-z-[aeiou]]", "", java=True).found_in("x", Run())


@pytest.mark.parametrize(
    "pattern",
    [
        "(?i", "a(?i)b", "(?<=a", "(?<a>b)(?<a>c)", "(?#note)", "(?<1>a)", "\\k<none>", "(?<a>b\\k<a>)", "\\q", "\\x4", "\\u41",
        "\\x{110000}",
        "\\p{Nowhere}", "\\p", "[a&&[b]c]", "[^a&&[b]]", "[a[b&&c]]", "[", "[[a]", "a**", "(?=a)*", "a+++", "\\", "{", "*a",
        "(?=" * 70 + "a" + ")" * 70, "[" * 70 + "a" + "]" * 70, "\\Q" + "a" * 20_000,
    ],
)  # fmt: skip
def test_malformed_patterns_are_refused(pattern: str) -> None:
    with pytest.raises(PatternError):
        Regex(pattern, "", java=True)


@pytest.mark.parametrize("pattern", [f"(?={pattern})x" for pattern in EVIL] + [f"(?<!{pattern})x" for pattern in EVIL])
def test_evil_patterns_end_soon(pattern: str) -> None:
    regex = Regex(pattern, "", java=True)
    assert not regex.is_linear
    with suppress(FeelBudgetExceeded):
        regex.found_in(TEXT, Run())
    tree, groups, _, flags = parse_java(pattern, "")
    search = Search(TEXT, folds="i" in flags, multiline=False)
    with suppress(FeelBudgetExceeded):
        search.find(walk_of(tree), groups, 0)
    assert search.steps <= MAX_STEPS + 1


@pytest.mark.parametrize(
    ("text", "camunda", "standard"),
    [
        ('matches("ab12", "^(?=.*[a-z])(?=.*\\d).{4,}$")', "true", "null"),
        ('matches("ABC", "b", "gi")', "true", "null"),
        ('matches("a", "\\q")', "null", "null"),
        ('replace("2026-03", "(?<y>\\d+)-(?<m>\\d+)", "${m}/${y}")', '"03/2026"', "null"),
        ('replace("2026-03", "(\\d+)-(\\d+)", "$2/$1")', '"03/2026"', '"03/2026"'),
        ('replace("abc", "z*", "x")', '"xaxbxcx"', "null"),
        ('replace("a", "\\#?", "${m}")', "null", "null"),
        ('split("AxBXC", "(?i)x")', '["A", "B", "C"]', "null"),
        ('extract("¥10, $20, ¥30", "(?<=¥)\\d+")', '["10", "30"]', None),
        ('extract("a", "(")', "null", None),
    ],
)
def test_functions_of_camunda(text: str, camunda: str, standard: str | None) -> None:
    assert shown(text, dialect="camunda7") == shown(text, dialect="camunda8") == camunda
    if standard is not None:
        assert shown(text) == standard
