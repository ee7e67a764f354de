"""One suite, every database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from loanflow import store
from tests.store.databases import DATABASES, emptied, opened


@pytest.fixture(scope="session", params=DATABASES)
def one_database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[store.Store]:
    with opened(request.param, tmp_path_factory.mktemp("store")) as kept:
        yield kept


@pytest.fixture
def database(one_database: store.Store) -> Iterator[store.Store]:
    yield one_database
    emptied(one_database)
