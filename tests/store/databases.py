"""The databases of the suite: SQLite always, PostgreSQL where LOANFLOW_TEST_POSTGRESQL names one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.schema import DropSchema

from loanflow import store

DATABASES = ("sqlite-memory", "sqlite-file", "postgresql", "postgresql-serializable")


@contextmanager
def opened(database: str, folder: Path) -> Iterator[store.Store]:
    """Open a fresh store with the tables in it, and leave nothing behind."""
    if database.startswith("postgresql"):
        url = os.environ.get("LOANFLOW_TEST_POSTGRESQL")
        if not url:
            pytest.skip("LOANFLOW_TEST_POSTGRESQL names no database")
        schema = f"test_{uuid4().hex[:12]}"
        # At SERIALIZABLE also without SKIP LOCKED: nothing may rest on either.
        strict = database.endswith("serializable")
        options = {"isolation_level": "SERIALIZABLE", "skip_locked": False} if strict else {}
        kept = store.connect(url, schema=schema, pool_size=10, **options)
    elif database == "sqlite-file":
        schema = None
        kept = store.connect(f"sqlite:///{folder / 'loans.db'}", table_prefix="bank_")
    else:
        schema = None
        kept = store.connect("sqlite://")
    store.upgrade(kept)
    yield kept
    if schema is not None:
        with kept.engine.begin() as connection:
            connection.execute(DropSchema(schema, cascade=True))
    kept.close()


def emptied(kept: store.Store) -> None:
    """Remove every row, so that the next test begins with an empty store."""
    with kept.engine.begin() as connection:
        names = [table.fullname for table in reversed(kept.tables.metadata.sorted_tables)]
        if kept.dialect == "postgresql":
            connection.execute(text(f"TRUNCATE {', '.join(names)}"))
        else:
            for name in names:
                connection.execute(text(f"DELETE FROM {name}"))
