"""A job says how many jobs before it brought each other about, so that an endless chain of them ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa
from alembic import context, op

if TYPE_CHECKING:
    from loanflow.store.tables import Tables

revision = "loanflow_0005"
down_revision = "loanflow_0004"
branch_labels = None
depends_on = None


def _names() -> tuple[str, str | None]:
    tables: Tables | None = context.config.attributes.get("tables")
    return (tables.prefix, tables.schema) if tables is not None else ("loanflow_", None)


def upgrade() -> None:
    """Add the count; jobs that are there begin a new chain."""
    prefix, schema = _names()
    op.add_column(prefix + "jobs", sa.Column("chain", sa.Integer(), nullable=False, server_default="0"), schema=schema)


def downgrade() -> None:
    """Take it away."""
    prefix, schema = _names()
    op.drop_column(prefix + "jobs", "chain", schema=schema)
