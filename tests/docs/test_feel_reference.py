"""The FEEL reference is what the built-ins' declarations say, in both languages."""

from __future__ import annotations

import re

import pytest

from loanflow.feel.builtins import STANDARD, camunda
from tests.docs import feel_reference
from tests.docs.feel_words import WORDS


@pytest.mark.parametrize("language", feel_reference.PAGES)
def test_the_page_is_what_the_declarations_say(language: str) -> None:
    written = feel_reference.PAGES[language].read_text(encoding="utf-8")
    assert written == feel_reference.page(language), "run: python -m tests.docs.feel_reference"


@pytest.mark.parametrize("language", feel_reference.PAGES)
def test_every_example_has_a_value(language: str) -> None:
    page = feel_reference.page(language)
    assert len(re.findall(r"\| `[^|]+` → `", page)) == len(STANDARD) + len(camunda.BUILT_INS)
    assert "→ `null`" not in page


def test_no_word_is_left_over() -> None:
    named = {built.name for built in (*STANDARD, *camunda.BUILT_INS)}
    assert {key.removeprefix("camunda: ") for key in WORDS} == named


@pytest.mark.parametrize("language", feel_reference.PAGES)
def test_its_links_lead_somewhere(language: str) -> None:
    page = feel_reference.PAGES[language]
    assert [link for link in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")) if not (page.parent / link).exists()] == []
