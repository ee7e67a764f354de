"""The pytest plugin: the fixture ``flow``. Registered as an entry point when LoanFlow is installed.

The engine is loaded by the first test that asks for it, not by every run of pytest.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from loanflow.testing.flow import Flow


@pytest.fixture
def flow() -> Generator[Flow]:
    """Give a test a world of its own: an engine in memory and a clock that stands still until it is turned."""
    from loanflow.testing.flow import Flow

    world = Flow()
    yield world
    world.close()
