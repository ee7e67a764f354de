"""The examples of the pages about decisions: what is called wrong gives the page's code, checked or evaluated, what is right does not."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from loanflow import dmn
from loanflow.errors import DefinitionError
from loanflow.feel import evaluate
from tests.dmn.written import compiled, decision, file, literal, table

PAGES = Path(__file__).parents[2] / "docs" / "reference" / "problems" / "dmn"
EXAMPLE = re.compile(r"^## (?:Example|示例)\n\n```\n(?:wrong|错误)(.+?)\n(?:right|正确)(.+?)\n```\n", re.MULTILINE | re.DOTALL)
FOUND = {page.stem: example for page in sorted(PAGES.glob("*.md")) if (example := EXAMPLE.search(page.read_text(encoding="utf-8")))}
CODES = [name for name in FOUND if "." not in name]
DIALECTS = {
    "dialect-logic": "camunda7",
    "missing-variable": "camunda7",
    "wrong-input-type": "camunda7",
    "wrong-output-type": "camunda7",
    "wrong-result-type": "camunda8",
}
EVALUATED = {"not-a-condition", "nothing-to-iterate", "wrong-result-type"}
LOGIC = ("conditional", "context", "decisionTable", "for", "functionDefinition", "literalExpression")


def outcome(code: str, text: str) -> set[str]:
    """Return the codes of what an example comes to: checked, or evaluated where its last line gives inputs or the code comes up then."""
    lines = [line for line in text.splitlines() if not re.match(r" *\w+ = ", line)]
    given = dict(_given(line) for line in text.splitlines() if line not in lines)
    dialect = DIALECTS.get(code, "spec")
    body = _xml("\n".join(lines).strip()) if "<" in lines[0] else decision(_table(lines), id="limit")
    try:
        if given or code in EVALUATED:
            return {problem.code for problem in compiled(body, dialect=dialect).evaluate("limit", given).problems}
        data = body.encode() if body.startswith("<definitions") else file(body, dialect=dialect)
        return {problem.code for problem in dmn.check(dmn.read(data, file="page.dmn"))}
    except DefinitionError as error:
        return {problem.code for problem in error.problems}


def _xml(text: str) -> str:
    """Return the elements of a file around the one that a page shows, with a decision called rate to refer to."""
    if text.startswith("<definitions"):
        return text
    if text.startswith("<input>"):
        rule = "<rule><inputEntry><text>-</text></inputEntry><outputEntry><text>1</text></outputEntry></rule>"
        text = f"<decisionTable>{text}<output/>{rule}</decisionTable>"
    if text.startswith(tuple(f"<{one}" for one in LOGIC)):
        text = decision(text, id="limit")
    return text + decision(literal("4.35"), id="rate", variable='<variable name="rate"/>')


def _table(lines: list[str]) -> str:
    """Return a table as pages draw it.

    The first line names hit policy, inputs and outputs, each rule has its line: two blanks part columns, ``->`` goes
    before the outputs.
    """
    drawn = [[_cells(side) for side in re.split(r" +->", line, maxsplit=1)] for line in lines]
    (policy, *inputs), outputs = drawn[0]
    hit_policy, _, aggregation = policy.partition(" ")
    return table(
        [_typed(one) for one in inputs],
        [dict(zip(("name", "typeRef"), _typed(one), strict=True)) for one in outputs],
        [conditions + (concluded or [""]) for conditions, concluded in drawn[1:]],
        policy=hit_policy,
        aggregation=aggregation,
    )


def _cells(side: str) -> list[str]:
    return re.split(r" {2,}", side.strip()) if side.strip() else []


def _typed(column: str) -> tuple[str, str]:
    name, _, type_ref = column.partition(": ")
    return name, type_ref


def _given(line: str) -> tuple[str, Any]:
    name, _, value = line.strip().partition(" = ")
    return name, evaluate(value)


def test_only_these_pages_have_no_example():
    pages = {page.stem for page in PAGES.glob("*.md") if "." not in page.stem}
    assert pages - set(CODES) == {
        "analysis-incomplete",
        "encoding",
        "ignored-element",
        "ignored-extension",
        "missing-import",
        "result-does-not-fit",
    }


@pytest.mark.parametrize("code", CODES)
def test_an_example_is_wrong_and_right_as_it_says(code: str) -> None:
    wrong, right = FOUND[code].groups()
    assert f"dmn/{code}" in outcome(code, wrong)
    assert f"dmn/{code}" not in outcome(code, right)
    chinese = FOUND[f"{code}.zh-CN"].groups()
    assert [part.split() for part in chinese] == [wrong.split(), right.split()]
