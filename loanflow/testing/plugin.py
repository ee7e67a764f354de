"""The pytest plugin: the fixture ``flow``. Registered as an entry point when LoanFlow is installed."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from loanflow.testing.flow import Flow


@pytest.fixture
def flow() -> Generator[Flow]:
    """Give a test a world of its own: an engine in memory and a clock that stands still until it is turned."""
    world = Flow()
    yield world
    world.close()
