"""The reference page says what holds: its figures are those of the list of passing cases, its links lead somewhere."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.conformance import dmn_support
from tests.conformance import dmn_tck_cases as kit

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"
PAGES = ("dmn.md", "dmn.zh-CN.md")


@pytest.mark.parametrize("page", PAGES)
def test_the_figures_are_those_of_the_passing_cases(page: str) -> None:
    passing: dict[str, list[str]] = json.loads((ROOT / "tests/conformance/dmn_passing.json").read_text(encoding="utf-8"))
    figures = dict(re.findall(r"^\| (\d) \| (\d+) \|", (REFERENCE / page).read_text(encoding="utf-8"), re.MULTILINE))
    counted = {level: sum(len(ids) for file, ids in passing.items() if file.startswith(f"compliance-level-{level}/")) for level in "23"}
    assert figures == {level: str(count) for level, count in counted.items()}


@pytest.mark.skipif(not kit.present(), reason="the DMN TCK is not beside the project: ../shared/dmn-tck")
@pytest.mark.parametrize("language", dmn_support.PAGES)
def test_the_support_table_is_what_the_kit_says(language: str) -> None:
    written = dmn_support.PAGES[language].read_text(encoding="utf-8")
    assert written == dmn_support.with_table(written, language), "run: python -m tests.conformance.dmn_support"
    assert dmn_support.table(language) in written


@pytest.mark.parametrize("page", PAGES)
def test_its_links_lead_somewhere(page: str) -> None:
    links = re.findall(r"\]\(([^)]+)\)", (REFERENCE / page).read_text(encoding="utf-8"))
    assert [link for link in links if not (REFERENCE / link).exists()] == []
