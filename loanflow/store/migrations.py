"""Bringing a database to the tables of this release, with Alembic, beside whatever the host keeps in it."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateSchema

from loanflow.errors import SchemaOutdated
from loanflow.store.database import Store, Transaction
from loanflow.store.tables import DEFAULT_PREFIX, Tables

BRANCH = "loanflow"


def location() -> Path:
    """Say where the migration scripts are: inside the installed package, or beside it in a source tree."""
    package = Path(__file__).resolve().parent.parent
    for place in (package / "_migrations", package.parent / "migrations"):
        if (place / "env.py").is_file():
            return place
    raise FileNotFoundError(f"no migration scripts in or beside {package}")


@lru_cache(maxsize=1)
def newest_revision() -> str:
    """Return the revision this release's tables have."""
    revision = ScriptDirectory(str(location())).get_current_head()
    if revision is None:
        raise FileNotFoundError(f"no migration scripts in {location()}")
    return revision


def current_revision(store: Store) -> str | None:
    """Return the revision the database has; None where our tables are not there at all."""
    with store.reading() as transaction:
        return _revision(transaction.connection, store.tables)


def check_schema(store: Store) -> None:
    """Do nothing if the database has this release's tables.

    Raises:
        SchemaOutdated: it has others, or none; the message says which and what to do.
    """
    found, wanted = current_revision(store), newest_revision()
    if found == wanted:
        return
    if found is None:
        raise SchemaOutdated("the database has no LoanFlow tables yet; run `loanflow database upgrade`")
    if not _is_known(found):
        raise SchemaOutdated(f"the database has revision {found}, newer than this release ({wanted}); install that release")
    raise SchemaOutdated(f"the database has revision {found}, this release needs {wanted}; run `loanflow database upgrade`")


def upgrade(store: Store, revision: str = "head") -> None:
    """Make or change our tables, in one transaction where the database can; up to date already, it changes nothing.

    Two processes that upgrade at once: one does the work, the other finds it done.
    """

    def work(transaction: Transaction) -> None:
        connection, tables = transaction.connection, store.tables
        if tables.schema is not None:
            connection.execute(CreateSchema(tables.schema, if_not_exists=True))
        command.upgrade(_configuration(connection, tables), revision)

    if revision == "head" and current_revision(store) == newest_revision():
        return
    try:
        store.run(work)
    except DBAPIError:
        if revision != "head" or current_revision(store) != newest_revision():
            raise


def downgrade(store: Store, revision: str) -> None:
    """Go back to an older revision, or with ``base`` remove our tables and everything in them."""
    store.run(lambda transaction: command.downgrade(_configuration(transaction.connection, store.tables), revision))


def differences(store: Store) -> list[Any]:
    """Compare the database with the tables of this release; an empty list means they are the same."""
    from alembic.autogenerate import compare_metadata

    with store.reading() as transaction:
        connection, tables = transaction.connection, store.tables
        options = context_options(tables, MetaData())
        options |= {"target_metadata": tables.metadata, "include_object": _only_ours(tables), "include_name": _in_our_schema(tables)}
        return compare_metadata(MigrationContext.configure(connection, opts=options), tables.metadata)


def left_out_of_autogenerate(
    *, schema: str | None = None, table_prefix: str = DEFAULT_PREFIX
) -> Callable[[Any, str | None, str, bool, Any], bool]:
    """Make an ``include_object`` for the host's own Alembic ``env.py``, so that autogenerate leaves our tables alone.

    ``context.configure(..., include_object=left_out_of_autogenerate())``
    """

    def include_object(item: Any, name: str | None, kind: str, _reflected: bool, _compared: Any) -> bool:
        return not _is_ours(item, name, kind, schema, table_prefix)

    return include_object


def context_options(tables: Tables, target: MetaData) -> dict[str, Any]:
    """Give what ``env.py`` and the comparison configure Alembic with."""
    return {
        "target_metadata": target,
        "version_table": tables.version_table,
        "version_table_schema": tables.schema,
        "include_schemas": tables.schema is not None,
        "compare_type": True,
        "transactional_ddl": True,
    }


def _revision(connection: Connection, tables: Tables) -> str | None:
    options = {"version_table": tables.version_table, "version_table_schema": tables.schema}
    return MigrationContext.configure(connection, opts=options).get_current_revision()


def _is_known(revision: str) -> bool:
    return any(script.revision == revision for script in ScriptDirectory(str(location())).walk_revisions())


def _configuration(connection: Connection, tables: Tables) -> Config:
    configuration = Config()
    configuration.set_main_option("script_location", str(location()).replace("%", "%%"))
    configuration.set_main_option("path_separator", "os")
    configuration.attributes["connection"] = connection
    configuration.attributes["tables"] = tables
    return configuration


def _only_ours(tables: Tables) -> Callable[[Any, str | None, str, bool, Any], bool]:
    def include_object(item: Any, name: str | None, kind: str, _reflected: bool, _compared: Any) -> bool:
        if kind == "table" and name == tables.version_table:
            return False
        return _is_ours(item, name, kind, tables.schema, tables.prefix)

    return include_object


def _in_our_schema(tables: Tables) -> Callable[[str | None, str, Any], bool]:
    # The schemas of others are not even looked into: they may come and go while we look.
    return lambda name, kind, _parents: kind != "schema" or name == tables.schema


def _is_ours(item: Any, name: str | None, kind: str, schema: str | None, table_prefix: str) -> bool:
    table = item if kind == "table" else getattr(item, "table", None)
    table_name = name if kind == "table" else getattr(table, "name", None)
    if schema is not None and getattr(table, "schema", None) != schema:
        return False
    return isinstance(table_name, str) and table_name.startswith(table_prefix)
