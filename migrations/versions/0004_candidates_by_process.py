"""The index that lists what a group may claim also tells the process, so that a list of one product reads no other rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic import context, op

if TYPE_CHECKING:
    from loanflow.store.tables import Tables

revision = "loanflow_0004"
down_revision = "loanflow_0003"
branch_labels = None
depends_on = None

_COLUMNS = ["name", "kind", "claimable", "due_order", "task_id"]


def _replace(columns: list[str]) -> None:
    tables: Tables | None = context.config.attributes.get("tables")
    prefix, schema = (tables.prefix, tables.schema) if tables is not None else ("loanflow_", None)
    name, table = prefix + "task_candidates_by_name", prefix + "task_candidates"
    op.drop_index(name, table_name=table, schema=schema)
    op.create_index(name, table, columns, schema=schema)


def upgrade() -> None:
    """Add the process at the end."""
    _replace([*_COLUMNS, "process_key"])


def downgrade() -> None:
    """Leave it out again."""
    _replace(_COLUMNS)
