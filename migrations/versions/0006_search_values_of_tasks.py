"""Search values beside each open task, for those who have it in a list; a search value stands in the index of its kind alone.

What a group may claim of one process has an index of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects import mysql

if TYPE_CHECKING:
    from loanflow.store.tables import Tables

revision = "loanflow_0006"
down_revision = "loanflow_0005"
branch_labels = None
depends_on = None

KINDS = ("boolean", "instant", "number", "text")


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


def number() -> Any:
    """An exact decimal, or text that sorts like one."""
    return (
        sa.Numeric()
        .with_variant(sa.String(64), "sqlite")
        .with_variant(mysql.VARCHAR(64, charset="ascii", collation="ascii_bin"), "mysql", "mariadb")
    )


def names() -> tuple[str, str | None]:
    """Return table prefix and schema; run by a host's own Alembic, the default ones."""
    tables: Tables | None = context.config.attributes.get("tables")
    return (tables.prefix, tables.schema) if tables is not None else ("loanflow_", None)


def index_values(table: str, before: tuple[str, ...], after: tuple[str, ...], *, partial: bool = True) -> None:
    """Index a table's values, each kind in an index of its own."""
    prefix, schema = names()
    for kind in KINDS:
        options: dict[str, Any] = {}
        if partial:
            there, lengths = sa.text(f"{kind}_value IS NOT NULL"), dict.fromkeys((*before, "text_value"), 64)
            options = {"sqlite_where": there, "postgresql_where": there, "mysql_length": lengths, "mariadb_length": lengths}
        op.create_index(f"{prefix}{table}_{kind}", prefix + table, [*before, f"{kind}_value", *after], schema=schema, **options)


def replace_old_indexes(*, partial: bool) -> None:
    """Make the indexes of the cases' search values anew."""
    prefix, schema = names()
    for kind in KINDS:
        op.drop_index(f"{prefix}search_values_{kind}", table_name=prefix + "search_values", schema=schema)
    index_values("search_values", ("process_key", "name"), ("case_id",), partial=partial)


def upgrade() -> None:
    """Make the table, and fill it for the tasks that are open."""
    prefix, schema = names()
    index_candidates("task_candidates_by_name", "due_order", "task_id", replace=True)
    index_candidates("task_candidates_by_process", "process_key", "due_order", "task_id")
    replace_old_indexes(partial=True)
    op.create_table(
        prefix + "task_search_values",
        sa.Column("part", sa.SmallInteger(), nullable=False, autoincrement=False),
        sa.Column("case_id", key_text(36), nullable=False),
        sa.Column("task_id", key_text(36), nullable=False),
        sa.Column("name", key_text(255), nullable=False),
        sa.Column("viewer", key_text(266), nullable=False),
        sa.Column("process_key", key_text(255), nullable=False),
        sa.Column("due_order", instant(), nullable=False),
        sa.Column("text_value", key_text(200), nullable=True),
        sa.Column("number_value", number(), nullable=True),
        sa.Column("instant_value", instant(), nullable=True),
        sa.Column("boolean_value", sa.Boolean(), nullable=True),
        sa.PrimaryKeyConstraint("part", "case_id", "task_id", "name", "viewer"),
        schema=schema,
        sqlite_with_rowid=False,
    )
    fill()
    # After the rows: many at once are sorted rather than each put in its place.
    index_values("task_search_values", ("process_key", "name", "viewer"), ("due_order", "task_id", "part", "case_id"))


def index_candidates(name: str, *columns: str, replace: bool = False) -> None:
    """Index candidates by who may claim, then by the columns."""
    prefix, schema = names()
    name, table = prefix + name, prefix + "task_candidates"
    if replace:
        op.drop_index(name, table_name=table, schema=schema)
    op.create_index(name, table, ["name", "kind", "claimable", *columns], schema=schema)


def fill() -> None:
    """Make the rows of the open tasks: for everyone, for those who may claim them, for who has them."""
    prefix, schema = names()

    def table(name: str, *columns: str) -> Any:
        return sa.table(prefix + name, *(sa.column(column, sa.String()) for column in columns), schema=schema)

    values = [f"{kind}_value" for kind in KINDS]
    tasks = table("tasks", "part", "id", "case_id", "status", "assignee", "due_order")
    candidates = table("task_candidates", "part", "task_id", "kind", "name", "claimable")
    found = table("search_values", "part", "case_id", "name", "process_key", *values)
    made = table("task_search_values", "part", "case_id", "task_id", "name", "viewer", "process_key", "due_order", *values)
    claimable = sa.and_(
        candidates.c.part == tasks.c.part, candidates.c.task_id == tasks.c.id, sa.cast(candidates.c.claimable, sa.Integer()) == 1
    )

    def seen_by(viewer: Any) -> Any:
        kept = [found.c[name] for name in values]
        columns = (tasks.c.part, tasks.c.case_id, tasks.c.id, found.c.name, viewer, found.c.process_key, tasks.c.due_order, *kept)
        same_case = sa.and_(found.c.part == tasks.c.part, found.c.case_id == tasks.c.case_id)
        present = sa.or_(*(column.is_not(None) for column in kept))
        return sa.select(*columns).join_from(tasks, found, same_case).where(tasks.c.status == "open", present)

    for rows in (
        seen_by(sa.literal("*")),
        seen_by(candidates.c.kind + ":" + candidates.c.name).join(candidates, claimable),
        seen_by(sa.literal("assignee:") + tasks.c.assignee).where(tasks.c.assignee.is_not(None)),
    ):
        op.execute(made.insert().from_select([column.name for column in made.columns], rows))


def downgrade() -> None:
    """Remove the table: lists look into the cases' search values again."""
    prefix, schema = names()
    op.drop_table(prefix + "task_search_values", schema=schema)
    replace_old_indexes(partial=False)
    op.drop_index(prefix + "task_candidates_by_process", table_name=prefix + "task_candidates", schema=schema)
    index_candidates("task_candidates_by_name", "due_order", "task_id", "process_key", replace=True)
