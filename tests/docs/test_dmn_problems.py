"""The tables on pages about decisions: what is called wrong gives the page's code, checked or evaluated; what is called right does not."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from loanflow import dmn
from loanflow.feel import evaluate
from tests.dmn.written import compiled, decision, read, table

PAGES = Path(__file__).parents[2] / "docs" / "reference" / "problems" / "dmn"
EXAMPLE = re.compile(r"^## (?:Example|示例)\n\n```\n(?:wrong|错误)(.+?)\n(?:right|正确)(.+?)\n```\n", re.MULTILINE | re.DOTALL)
FOUND = {page.stem: example for page in sorted(PAGES.glob("*.md")) if (example := EXAMPLE.search(page.read_text(encoding="utf-8")))}
CODES = [name for name in FOUND if "." not in name]
CAMUNDA7 = {"wrong-input-type", "wrong-output-type"}


def outcome(text: str, dialect: str) -> set[str]:
    """Check a table as pages draw it; where its last lines give inputs, evaluate it with them instead.

    The first line names hit policy, inputs and outputs, each rule has its line: two blanks part columns, ``->`` goes
    before the outputs.
    """
    drawn = [[_cells(side) for side in re.split(r" +->", line, maxsplit=1)] for line in text.splitlines() if "->" in line]
    (policy, *inputs), outputs = drawn[0]
    hit_policy, _, aggregation = policy.partition(" ")
    logic = table(
        [_typed(one) for one in inputs],
        [dict(zip(("name", "typeRef"), _typed(one), strict=True)) for one in outputs],
        [given + (concluded or [""]) for given, concluded in drawn[1:]],
        policy=hit_policy,
        aggregation=aggregation,
    )
    given = dict(_given(line) for line in text.splitlines() if "->" not in line)
    if not given:
        return {problem.code for problem in dmn.check(read(decision(logic), dialect=dialect))}
    result = compiled(decision(logic), dialect=dialect).evaluate("decision", given)
    return {problem.code for problem in result.problems}


def _cells(side: str) -> list[str]:
    return re.split(r" {2,}", side.strip()) if side.strip() else []


def _typed(column: str) -> tuple[str, str]:
    name, _, type_ref = column.partition(": ")
    return name, type_ref


def _given(line: str) -> tuple[str, Any]:
    name, _, value = line.strip().partition(" = ")
    return name, evaluate(value)


def test_the_examples_are_read():
    assert len(CODES) > 15


@pytest.mark.parametrize("code", CODES)
def test_an_example_is_wrong_and_right_as_it_says(code: str) -> None:
    wrong, right = FOUND[code].groups()
    dialect = "camunda7" if code in CAMUNDA7 else "spec"
    assert f"dmn/{code}" in outcome(wrong, dialect)
    assert f"dmn/{code}" not in outcome(right, dialect)
    chinese = FOUND[f"{code}.zh-CN"].groups()
    assert [part.split() for part in chinese] == [wrong.split(), right.split()]
