"""The reference page says what holds: its figures are those of the list of passing cases, its links lead somewhere."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"
PAGES = ("dmn.md", "dmn.zh-CN.md")


@pytest.mark.parametrize("page", PAGES)
def test_the_figures_are_those_of_the_passing_cases(page: str) -> None:
    passing: dict[str, list[str]] = json.loads((ROOT / "tests/conformance/dmn_passing.json").read_text(encoding="utf-8"))
    figures = dict(re.findall(r"^\| (\d) \| (\d+) \|", (REFERENCE / page).read_text(encoding="utf-8"), re.MULTILINE))
    counted = {level: sum(len(ids) for file, ids in passing.items() if file.startswith(f"compliance-level-{level}/")) for level in "23"}
    assert figures == {level: str(count) for level, count in counted.items()}


@pytest.mark.parametrize("page", PAGES)
def test_its_links_lead_somewhere(page: str) -> None:
    links = re.findall(r"\]\(([^)]+)\)", (REFERENCE / page).read_text(encoding="utf-8"))
    assert [link for link in links if not (REFERENCE / link).exists()] == []
