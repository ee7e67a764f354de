"""Fixtures of the lending tests."""

from __future__ import annotations

import pytest

from loanflow.testing import Flow
from tests.lending.bank import Bank


@pytest.fixture
def bank(flow: Flow) -> Bank:
    """Give the test a bank with both products."""
    return Bank(flow).open()
