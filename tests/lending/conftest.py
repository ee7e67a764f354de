"""Fixtures of the lending tests."""

from __future__ import annotations

import pytest

from loanflow.testing import Flow
from tests.lending.bank import Bank


@pytest.fixture
def bank(flow: Flow, request: pytest.FixtureRequest) -> Bank:
    """Give the test a bank with the product its module is about."""
    return Bank(flow).open(request.module.PRODUCT)
