"""The audit chain on every database of the store's suite."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from loanflow import store
from tests.store.databases import emptied, opened


@pytest.fixture(scope="session", params=["sqlite-memory", "postgresql"])
def one_database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[store.Store]:
    with opened(request.param, tmp_path_factory.mktemp("audit")) as kept:
        yield kept


@pytest.fixture
def database(one_database: store.Store) -> Iterator[store.Store]:
    yield one_database
    emptied(one_database)
