"""Case migrations: the runs, and what each did with a case, its snapshot before included.

The open cases of a definition are found in order of their ids.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects import mysql

if TYPE_CHECKING:
    from loanflow.store.tables import Tables

revision = "loanflow_0003"
down_revision = "loanflow_0002"
branch_labels = None
depends_on = None


def key_text(length: int) -> Any:
    """Text compared byte by byte, whatever the database's language."""
    return (
        sa.String(length)
        .with_variant(sa.String(length, collation="C"), "postgresql")
        .with_variant(mysql.VARCHAR(length, charset="utf8mb4", collation="utf8mb4_bin"), "mysql", "mariadb")
    )


def instant() -> Any:
    """An instant to the microsecond, UTC."""
    return sa.DateTime(timezone=True).with_variant(sa.String(27), "sqlite").with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")


def json_text() -> Any:
    """JSON as text."""
    return sa.Text().with_variant(mysql.LONGTEXT(charset="utf8mb4", collation="utf8mb4_bin"), "mysql", "mariadb")


def prose() -> Any:
    """Text of any length for people."""
    return sa.Text().with_variant(mysql.LONGTEXT(), "mysql", "mariadb")


def names() -> tuple[str, str | None]:
    """Return table prefix and schema; run by a host's own Alembic, the default ones."""
    tables: Tables | None = context.config.attributes.get("tables")
    return (tables.prefix, tables.schema) if tables is not None else ("loanflow_", None)


def upgrade() -> None:
    """Make the tables, and let the index of cases by definition order by id."""
    prefix, schema = names()
    op.create_table(
        prefix + "case_migrations",
        sa.Column("id", key_text(36), nullable=False),
        sa.Column("process_key", key_text(255), nullable=False),
        sa.Column("from_definition_id", key_text(36), nullable=False),
        sa.Column("to_definition_id", key_text(36), nullable=False),
        sa.Column("mapping", json_text(), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("position", key_text(80), nullable=False),
        sa.Column("reason", prose(), nullable=True),
        sa.Column("started_at", instant(), nullable=False),
        sa.Column("started_by", key_text(255), nullable=False),
        sa.Column("updated_at", instant(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        schema=schema,
    )
    op.create_index(prefix + "case_migrations_by_start", prefix + "case_migrations", ["started_at", "id"], schema=schema)
    op.create_table(
        prefix + "migrated_cases",
        sa.Column("part", sa.SmallInteger(), nullable=False, autoincrement=False),
        sa.Column("migration_id", key_text(36), nullable=False),
        sa.Column("case_id", key_text(36), nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("at", instant(), nullable=False),
        sa.Column("reason", prose(), nullable=True),
        sa.Column("after_sha256", key_text(64), nullable=True),
        sa.Column("rows", json_text(), nullable=False),
        sa.Column("state", sa.LargeBinary().with_variant(mysql.LONGBLOB(), "mysql", "mariadb"), nullable=True),
        sa.PrimaryKeyConstraint("part", "migration_id", "case_id"),
        schema=schema,
    )
    op.create_index(prefix + "migrated_cases_by_outcome", prefix + "migrated_cases", ["migration_id", "outcome", "case_id"], schema=schema)
    _index_cases(["process_definition_id", "status", "id"])


def downgrade() -> None:
    """Remove the tables: who was migrated is forgotten, the cases stay as they are."""
    prefix, schema = names()
    _index_cases(["process_definition_id", "status"])
    op.drop_table(prefix + "migrated_cases", schema=schema)
    op.drop_table(prefix + "case_migrations", schema=schema)


def _index_cases(columns: list[str]) -> None:
    prefix, schema = names()
    op.drop_index(prefix + "cases_by_definition", table_name=prefix + "cases", schema=schema)
    op.create_index(prefix + "cases_by_definition", prefix + "cases", columns, schema=schema)
