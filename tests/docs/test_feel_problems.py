"""The examples of the pages about FEEL: what is called wrong gives the page's code, what is called right gives a value without it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from loanflow.feel import FeelAssertionFailed, FeelSyntaxError, FeelValue, explain

PAGES = Path(__file__).parents[2] / "docs" / "reference" / "problems" / "feel"
EXAMPLE = re.compile(r"^## (?:Example|示例)\n\n```\n(?:wrong|错误) +(.+)\n(?:right|正确) +(.+)\n```\n", re.MULTILINE)
# What one line cannot show: a program's own functions and clock, a very long or deep text, a declared type.
WITHOUT = {"function-failed", "no-clock", "too-deep", "too-long", "unknown-function", "wrong-result-type"}
CODES = sorted(page.stem for page in PAGES.glob("*.md") if "." not in page.stem and page.stem not in WITHOUT)
VARIABLES = {
    "amount": 1000,
    "part": 5,
    "total": 0,
    "customer": None,
    "order": {"customer": {"name": "李明"}},
    "loans": [{"overdue": 1, "amount": 500}, {"overdue": 0, "amount": 700}],
    "monthly income": 8000,
}
# What Camunda's FEEL does not complain of.
STANDARD_ONLY = {"missing-argument"}
NULL_ON_PURPOSE = {"arithmetic", "path-into-null"}


def outcome(text: str, dialect: str = "camunda8") -> tuple[set[str], FeelValue]:
    try:
        found = explain(text, VARIABLES, dialect="juel" if text.startswith("${") else dialect)
    except FeelSyntaxError as error:
        return {error.problem_code}, None
    except FeelAssertionFailed:
        return {"feel/assertion-failed"}, None
    return {reason.code for reason in found.reasons}, found.value


def examples(code: str) -> list[tuple[str, str]]:
    found = [EXAMPLE.search((PAGES / f"{code}{language}.md").read_text(encoding="utf-8")) for language in ("", ".zh-CN")]
    return [(one[1], one[2]) for one in found if one is not None]


@pytest.mark.parametrize("code", CODES)
def test_an_example_is_wrong_and_right_as_it_says(code: str) -> None:
    english, chinese = examples(code)
    assert english == chinese
    wrong, right = english
    dialect = "spec" if code in STANDARD_ONLY else "camunda8"
    assert f"feel/{code}" in outcome(wrong, dialect)[0]
    codes, value = outcome(right, dialect)
    assert codes == set()
    assert (value is None) == (code in NULL_ON_PURPOSE)
