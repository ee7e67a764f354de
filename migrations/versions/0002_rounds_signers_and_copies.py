"""Rounds of a case, added signers, delegation and reminders of a task, copies, and suspended definitions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects import mysql

if TYPE_CHECKING:
    from loanflow.store.tables import Tables

revision = "loanflow_0002"
down_revision = "loanflow_0001"
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


def long_text() -> Any:
    """Text of any length."""
    return sa.Text().with_variant(mysql.LONGTEXT(), "mysql", "mariadb")


def names() -> tuple[str, str | None]:
    """Return table prefix and schema; run by a host's own Alembic, the default ones."""
    tables: Tables | None = context.config.attributes.get("tables")
    return (tables.prefix, tables.schema) if tables is not None else ("loanflow_", None)


def upgrade() -> None:
    """Add the columns, and the table of copies."""
    prefix, schema = names()
    op.add_column(prefix + "cases", sa.Column("round", sa.Integer(), nullable=False, server_default="1"), schema=schema)
    for column in (
        sa.Column("round", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("owner", key_text(255), nullable=True),
        sa.Column("parent_id", key_text(36), nullable=True),
        sa.Column("signing", sa.String(16), nullable=True),
        sa.Column("rule", sa.String(16), nullable=True),
        sa.Column("opinion", json_text(), nullable=True),
        sa.Column("urged_at", instant(), nullable=True),
        sa.Column("urge_count", sa.Integer(), nullable=False, server_default="0"),
    ):
        op.add_column(prefix + "tasks", column, schema=schema)
    op.add_column(prefix + "process_definitions", sa.Column("suspended_at", instant(), nullable=True), schema=schema)
    op.create_table(
        prefix + "copies",
        sa.Column("part", sa.SmallInteger(), nullable=False, autoincrement=False),
        sa.Column("id", key_text(36), nullable=False),
        sa.Column("case_id", key_text(36), nullable=False),
        sa.Column("task_id", key_text(36), nullable=True),
        sa.Column("process_key", key_text(255), nullable=False),
        sa.Column("business_key", key_text(255), nullable=True),
        sa.Column("user_id", key_text(255), nullable=False),
        sa.Column("sent_by", key_text(255), nullable=False),
        sa.Column("sent_at", instant(), nullable=False),
        sa.Column("note", long_text(), nullable=True),
        sa.Column("read_at", instant(), nullable=True),
        sa.PrimaryKeyConstraint("part", "id"),
        schema=schema,
    )
    op.create_index(prefix + "copies_of_case", prefix + "copies", ["part", "case_id", "id"], schema=schema)
    op.create_index(prefix + "copies_by_user", prefix + "copies", ["user_id", "sent_at", "id"], schema=schema)


def downgrade() -> None:
    """Take them away again."""
    prefix, schema = names()
    op.drop_table(prefix + "copies", schema=schema)
    op.drop_column(prefix + "process_definitions", "suspended_at", schema=schema)
    for name in ("urge_count", "urged_at", "opinion", "rule", "signing", "parent_id", "owner", "round"):
        op.drop_column(prefix + "tasks", name, schema=schema)
    op.drop_column(prefix + "cases", "round", schema=schema)
