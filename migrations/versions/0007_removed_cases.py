"""What stays of cases that history cleanup removed: the heads of their chains."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects import mysql

if TYPE_CHECKING:
    from loanflow.store.tables import Tables

revision = "loanflow_0007"
down_revision = "loanflow_0006"
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


def names() -> tuple[str, str | None]:
    """Return table prefix and schema; run by a host's own Alembic, the default ones."""
    tables: Tables | None = context.config.attributes.get("tables")
    return (tables.prefix, tables.schema) if tables is not None else ("loanflow_", None)


def upgrade() -> None:
    """Make the table."""
    prefix, schema = names()
    op.create_table(
        prefix + "removed_cases",
        sa.Column("part", sa.SmallInteger(), nullable=False, autoincrement=False),
        sa.Column("case_id", key_text(36), nullable=False),
        sa.Column("process_key", key_text(255), nullable=False),
        sa.Column("process_definition_id", key_text(36), nullable=False),
        sa.Column("process_version", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("outcome", key_text(255), nullable=True),
        sa.Column("started_at", instant(), nullable=False),
        sa.Column("ended_at", instant(), nullable=False),
        sa.Column("audit_seq", sa.Integer(), nullable=False),
        sa.Column("audit_hash", key_text(64), nullable=False),
        sa.Column("days_to_live", sa.Integer(), nullable=False),
        sa.Column("removed_at", instant(), nullable=False),
        sa.Column("removed_by", key_text(255), nullable=False),
        sa.PrimaryKeyConstraint("part", "case_id"),
        schema=schema,
    )


def downgrade() -> None:
    """Remove the table: which cases were removed is forgotten."""
    prefix, schema = names()
    op.drop_table(prefix + "removed_cases", schema=schema)
