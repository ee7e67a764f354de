"""String functions (DMN 10.3.4.3)."""

from __future__ import annotations

import pytest

from tests.feel.shown import shown


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('substring("foobar", 3)', '"obar"'),
        ('substring("foobar", 3, 3)', '"oba"'),
        ('substring("foobar", -2, 1)', '"a"'),
        ('substring("贷款审批", 3)', '"审批"'),
        ('substring("foobar", 0)', "null"),
        ('substring("foobar", 1, 0)', "null"),
        ('substring(string: "foobar", start position: 3)', '"obar"'),
        ('substring("foobar", 3, null)', "null"),
        ('string length("🐎a")', "2"),
        ('upper case("aBc4")', '"ABC4"'),
        ('lower case("aBc4")', '"abc4"'),
        ('substring before("foobar", "bar")', '"foo"'),
        ('substring before("foobar", "xyz")', '""'),
        ('substring before("foobar", "")', '""'),
        ('substring after("foobar", "ob")', '"ar"'),
        ('substring after("foobar", "")', '"foobar"'),
        ('substring after("", "a")', '""'),
        ('contains("foobar", "of")', "false"),
        ('starts with("foobar", "fo")', "true"),
        ('ends with("foobar", "r")', "true"),
        ('matches("foobar", "^fo*b")', "true"),
        ('matches("foobar", "^Fo*b", "i")', "true"),
        ('matches("abc", "[")', "null"),
        ('matches("abc", "a", "z")', "null"),
        ('replace("abcd", "(ab)|(a)", "[1=$1][2=$2]")', '"[1=ab][2=]cd"'),
        ('replace("abracadabra", "a.*a", "*")', '"*"'),
        ('replace("abracadabra", "a.*?a", "*")', '"*c*bra"'),
        ('replace("a.b", "\\\\.", "\\\\$")', '"a$b"'),
        ('replace("abc", "x*", "-")', "null"),
        ('replace("abc", "b", "$")', "null"),
        ('split("John Doe", "\\\\s")', '["John", "Doe"]'),
        ('split("a;b;;c", ";")', '["a", "b", "", "c"]'),
        ('string join(["a", null, "c"], "-")', '"a-c"'),
        ('string join(["a", "b"])', '"ab"'),
        ('string join(["a", 1], "-")', "null"),
        ('string join("a", "X")', '"a"'),
        ("string join([])", '""'),
        ("upper case(1)", "null"),
        ("upper case(null)", "null"),
        ('upper case("a", "b")', "null"),
        ('upper case(text: "a")', "null"),
    ],
)
def test_string_function(text: str, expected: str) -> None:
    assert shown(text) == expected
