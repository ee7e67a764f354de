"""Every setting and limit is in the reference, with its default."""

from dataclasses import fields
from pathlib import Path

import pytest

from loanflow.engine.settings import Settings
from loanflow.execution import Limits

REFERENCE = (Path(__file__).parents[2] / "docs" / "reference" / "settings.md").read_text()


@pytest.mark.parametrize("name", [field.name for kind in (Settings, Limits) for field in fields(kind)])
def test_the_reference_has_it(name):
    assert f"| `{name}` |" in REFERENCE


@pytest.mark.parametrize("name", [field.name for field in fields(Limits)])
def test_the_default_is_the_one_in_the_reference(name):
    (row,) = [line for line in REFERENCE.splitlines() if line.startswith(f"| `{name}` |")]
    assert row.split("|")[2].strip() == f"{int(getattr(Limits(), name)):,}"
