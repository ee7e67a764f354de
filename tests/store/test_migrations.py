from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Column, Integer, MetaData, Table, inspect, text

from loanflow import store
from loanflow.errors import SchemaOutdated
from loanflow.store import migrations


def test_the_migrations_make_exactly_the_tables_of_this_release(database: store.Store) -> None:
    assert migrations.differences(database) == []
    assert store.current_revision(database) == migrations.newest_revision()
    store.check_schema(database)


def test_the_comparison_would_notice(tmp_path: Path) -> None:
    kept = store.connect(f"sqlite:///{tmp_path / 'loans.db'}")
    store.upgrade(kept)
    with kept.engine.begin() as connection:
        connection.execute(text("ALTER TABLE loanflow_cases ADD COLUMN surprise INTEGER"))
        connection.execute(text("DROP INDEX loanflow_jobs_to_claim"))
    assert {change[0] for change in migrations.differences(kept)} == {"remove_column", "add_index"}
    kept.close()


def test_upgrading_again_changes_nothing(database: store.Store) -> None:
    store.upgrade(database)
    assert store.current_revision(database) == migrations.newest_revision()


def test_a_database_without_tables_is_refused_with_the_remedy() -> None:
    kept = store.connect("sqlite://")
    with pytest.raises(SchemaOutdated, match="loanflow database upgrade"):
        store.check_schema(kept)
    assert store.current_revision(kept) is None
    kept.close()


def test_a_database_of_a_newer_release_is_refused_as_such() -> None:
    kept = store.connect("sqlite://")
    store.upgrade(kept)
    with kept.engine.begin() as connection:
        connection.execute(text("UPDATE loanflow_schema_version SET version_num = 'loanflow_9999'"))
    with pytest.raises(SchemaOutdated, match="newer than this release"):
        store.check_schema(kept)
    kept.close()


def test_downgrading_to_base_leaves_the_host_alone() -> None:
    kept = store.connect("sqlite://", table_prefix="x_")
    host = Table("loan", MetaData(), Column("id", Integer, primary_key=True))
    host.metadata.create_all(kept.engine)
    store.upgrade(kept)
    migrations.downgrade(kept, "base")
    assert set(inspect(kept.engine).get_table_names()) == {"loan", "x_schema_version"}
    kept.close()


def test_two_prefixes_live_side_by_side(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'loans.db'}"
    first, second = (store.connect(url, table_prefix=prefix) for prefix in ("a_", "b_"))
    store.upgrade(first)
    assert store.current_revision(second) is None
    store.upgrade(second)
    assert migrations.differences(first) == migrations.differences(second) == []
    first.close()
    second.close()


def test_the_hosts_autogenerate_does_not_see_our_tables(database: store.Store) -> None:
    ignore = migrations.left_out_of_autogenerate(schema=database.tables.schema, table_prefix=database.tables.prefix)
    schema = database.tables.schema
    # Only this test's schema: those of tests beside it come and go.
    options: dict[str, Any] = {
        "include_object": ignore,
        "include_schemas": schema is not None,
        "include_name": lambda name, kind, _parents: kind != "schema" or name == schema,
    }
    with database.engine.connect() as connection:
        changes = compare_metadata(MigrationContext.configure(connection, opts=options), MetaData())
    removed = [change[1] for change in changes if change[0] == "remove_table"]
    assert [table for table in removed if table.schema == database.tables.schema] == []


def test_processes_that_upgrade_at_once_all_find_it_done(tmp_path: Path) -> None:
    program = "import sys; from loanflow import store; s = store.connect(sys.argv[1]); store.upgrade(s); store.check_schema(s)"
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", program, f"sqlite:///{tmp_path / 'loans.db'}"]
    started = [subprocess.Popen(command, cwd=root, env=os.environ | {"PYTHONPATH": str(root)}) for _ in range(3)]
    assert [process.wait(timeout=300) for process in started] == [0, 0, 0]


def test_a_database_of_the_release_before_is_brought_up_to_this_one(database: store.Store) -> None:
    migrations.downgrade(database, "loanflow_0006")
    with pytest.raises(SchemaOutdated, match="loanflow database upgrade"):
        store.check_schema(database)
    store.upgrade(database)
    assert migrations.differences(database) == []
