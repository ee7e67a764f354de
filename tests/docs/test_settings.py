"""Every setting and limit is in the reference, with its default."""

from dataclasses import fields
from pathlib import Path

import pytest

from loanflow.engine.settings import Settings
from loanflow.execution import Limits

FOLDER = Path(__file__).parents[2] / "docs" / "reference"
REFERENCES = pytest.mark.parametrize(
    "reference", [(FOLDER / f"settings{language}.md").read_text() for language in ("", ".zh-CN")], ids=["en", "zh"]
)


@REFERENCES
@pytest.mark.parametrize("name", [field.name for kind in (Settings, Limits) for field in fields(kind)])
def test_the_reference_has_it(name, reference):
    assert f"| `{name}` |" in reference


@REFERENCES
@pytest.mark.parametrize("name", [field.name for field in fields(Limits)])
def test_the_default_is_the_one_in_the_reference(name, reference):
    (row,) = [line for line in reference.splitlines() if line.startswith(f"| `{name}` |")]
    assert row.split("|")[2].strip() == f"{int(getattr(Limits(), name)):,}"
