"""The examples of the pages about forms and XML: what is called wrong gives the page's finding, what is called right gives none."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from loanflow import xmltree
from loanflow.deployment import check_files
from loanflow.errors import DefinitionError

PAGES = Path(__file__).parents[2] / "docs" / "reference" / "problems"
EXAMPLE = re.compile(r"^## (?:Example|示例)\n\n```\n(?:wrong|错误) +(.+)\n(?:right|正确) +(.+)\n```\n", re.MULTILINE)
# What one line cannot show.
WITHOUT = {"form/too-deep", "form/too-large", "xml/empty", "xml/entity", "xml/too-deep", "xml/too-large"}


def code_of(page: Path) -> str:
    return f"{page.parent.name}/{page.name.split('.')[0]}"


EXAMPLES = [page for room in ("form", "xml") for page in sorted((PAGES / room).glob("*.md")) if code_of(page) not in WITHOUT]


def whole_form(text: str) -> str:
    """Return a form around a component or several; a text that is a form, or none at all, as it is."""
    try:
        part: Any = json.loads(text)
    except ValueError:
        return text
    if isinstance(part, dict) and "type" not in part:
        return text
    components = part if isinstance(part, list) else [part]
    return json.dumps({"id": "f", "components": [{"id": f"C{number}", **one} for number, one in enumerate(components)]})


def findings(room: str, text: str) -> set[str]:
    if room == "form":
        return {problem.code for problem in check_files({"f.form": whole_form(text).encode()}).problems}
    try:
        xmltree.read(text.encode(), file="f")
    except DefinitionError as error:
        return {problem.code for problem in error.problems}
    return set()


@pytest.mark.parametrize("page", EXAMPLES, ids=lambda page: f"{page.parent.name}/{page.name}")
def test_an_example_is_wrong_and_right_as_it_says(page: Path) -> None:
    example = EXAMPLE.search(page.read_text(encoding="utf-8"))
    assert example is not None
    assert findings(page.parent.name, example[1]) == {code_of(page)}
    assert findings(page.parent.name, example[2]) == set()
