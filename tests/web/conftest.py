"""The banks that the tests of the pages are tried on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.bank import Bank, make_bank


@pytest.fixture(scope="session")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bank]:
    """One bank for every test that leaves clock and people alone; each test starts cases of its own."""
    opened = make_bank(tmp_path_factory.mktemp("bank"))
    yield opened
    opened.engine.close()


@pytest.fixture
def own_bank(tmp_path: Path) -> Iterator[Bank]:
    """A bank of its own, for tests that turn the clock or change people."""
    opened = make_bank(tmp_path)
    yield opened
    opened.engine.close()
