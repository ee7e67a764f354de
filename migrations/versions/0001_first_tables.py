"""The first tables: deployments, definitions, cases and what belongs to them, the audit chain.

A migration says what was done then: it shares no code with the tables as they are now.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects import mysql

if TYPE_CHECKING:
    from loanflow.store.tables import Tables

revision = "loanflow_0001"
down_revision = None
branch_labels = ("loanflow",)
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


def number() -> Any:
    """An exact decimal, or text that sorts like one."""
    return (
        sa.Numeric()
        .with_variant(sa.String(64), "sqlite")
        .with_variant(mysql.VARCHAR(64, charset="ascii", collation="ascii_bin"), "mysql", "mariadb")
    )


def json_text() -> Any:
    """JSON as text."""
    return sa.Text().with_variant(mysql.LONGTEXT(charset="utf8mb4", collation="utf8mb4_bin"), "mysql", "mariadb")


def long_text() -> Any:
    """Text of any length."""
    return sa.Text().with_variant(mysql.LONGTEXT(), "mysql", "mariadb")


def blob() -> Any:
    """Bytes of any length."""
    return sa.LargeBinary().with_variant(mysql.LONGBLOB(), "mysql", "mariadb")


def names() -> tuple[str, str | None]:
    """Return table prefix and schema; run by a host's own Alembic, the default ones."""
    tables: Tables | None = context.config.attributes.get("tables")
    return (tables.prefix, tables.schema) if tables is not None else ("loanflow_", None)


def upgrade() -> None:
    """Make the tables."""
    prefix, schema = names()
    deployment_id = ".".join(filter(None, (schema, prefix + "deployments", "id")))
    op.create_table(
        prefix + "audit_entries",
        sa.Column("part", sa.SmallInteger(), nullable=False, autoincrement=False),
        sa.Column("case_id", key_text(36), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("at", instant(), nullable=False),
        sa.Column("actor", key_text(255), nullable=False),
        sa.Column("source", key_text(255), nullable=True),
        sa.Column("kind", key_text(64), nullable=False),
        sa.Column("element_id", key_text(255), nullable=True),
        sa.Column("token", sa.BigInteger(), nullable=True),
        sa.Column("definition_id", key_text(36), nullable=True),
        sa.Column("case_version", sa.Integer(), nullable=False),
        sa.Column("data_json", long_text(), nullable=False),
        sa.Column("prev_hash", key_text(64), nullable=False),
        sa.Column("hash", key_text(64), nullable=False),
        sa.PrimaryKeyConstraint("part", "case_id", "seq"),
        schema=schema,
    )
    op.create_index(prefix + "audit_entries_by_actor", prefix + "audit_entries", ["actor", "at"], schema=schema)
    op.create_table(
        prefix + "case_keys",
        sa.Column("part", sa.SmallInteger(), nullable=False, autoincrement=False),
        sa.Column("business_key", key_text(255), nullable=False),
        sa.Column("case_id", key_text(36), nullable=False),
        sa.PrimaryKeyConstraint("part", "business_key"),
        schema=schema,
    )
    op.create_table(
        prefix + "cases",
        sa.Column("part", sa.SmallInteger(), nullable=False, autoincrement=False),
        sa.Column("id", key_text(36), nullable=False),
        sa.Column("process_key", key_text(255), nullable=False),
        sa.Column("process_definition_id", key_text(36), nullable=False),
        sa.Column("process_version", sa.Integer(), nullable=False),
        sa.Column("business_key", key_text(255), nullable=True),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("outcome", key_text(255), nullable=True),
        sa.Column("end_event", key_text(255), nullable=True),
        sa.Column("started_at", instant(), nullable=False),
        sa.Column("started_by", key_text(255), nullable=False),
        sa.Column("updated_at", instant(), nullable=False),
        sa.Column("ended_at", instant(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("audit_seq", sa.Integer(), nullable=False),
        sa.Column("audit_hash", key_text(64), nullable=False),
        sa.Column("state", blob(), nullable=False),
        sa.PrimaryKeyConstraint("part", "id"),
        schema=schema,
    )
    op.create_index(prefix + "cases_by_business_key", prefix + "cases", ["business_key"], schema=schema)
    op.create_index(prefix + "cases_by_definition", prefix + "cases", ["process_definition_id", "status"], schema=schema)
    op.create_index(prefix + "cases_by_process", prefix + "cases", ["process_key", "status", "started_at", "id"], schema=schema)
    op.create_index(prefix + "cases_by_start", prefix + "cases", ["started_at", "id"], schema=schema)
    op.create_index(prefix + "cases_by_status", prefix + "cases", ["status", "started_at", "id"], schema=schema)
    op.create_table(
        prefix + "decisions",
        sa.Column("part", sa.SmallInteger(), nullable=False, autoincrement=False),
        sa.Column("id", key_text(36), nullable=False),
        sa.Column("case_id", key_text(36), nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.Column("element_id", key_text(255), nullable=False),
        sa.Column("decision_key", key_text(255), nullable=False),
        sa.Column("decision_version", sa.Integer(), nullable=False),
        sa.Column("decision_definition_id", key_text(36), nullable=False),
        sa.Column("evaluated_at", instant(), nullable=False),
        sa.Column("inputs", json_text(), nullable=False),
        sa.Column("value", json_text(), nullable=True),
        sa.Column("trace", json_text(), nullable=True),
        sa.PrimaryKeyConstraint("part", "id"),
        schema=schema,
    )
    op.create_index(prefix + "decisions_by_key", prefix + "decisions", ["decision_key", "evaluated_at", "id"], schema=schema)
    op.create_index(prefix + "decisions_of_case", prefix + "decisions", ["part", "case_id", "id"], schema=schema)
    op.create_table(
        prefix + "deployments",
        sa.Column("id", key_text(36), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("sha256", key_text(64), nullable=False),
        sa.Column("deployed_at", instant(), nullable=False),
        sa.Column("deployed_by", sa.String(255), nullable=False),
        sa.Column("source", sa.String(255), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        schema=schema,
    )
    op.create_index(prefix + "deployments_by_content", prefix + "deployments", ["sha256"], schema=schema)
    op.create_table(
        prefix + "drafts",
        sa.Column("part", sa.SmallInteger(), nullable=False, autoincrement=False),
        sa.Column("task_id", key_text(36), nullable=False),
        sa.Column("user_id", key_text(255), nullable=False),
        sa.Column("values", json_text(), nullable=False),
        sa.Column("updated_at", instant(), nullable=False),
        sa.PrimaryKeyConstraint("part", "task_id", "user_id"),
        schema=schema,
    )
    op.create_table(
        prefix + "idempotent_answers",
        sa.Column("part", sa.SmallInteger(), nullable=False, autoincrement=False),
        sa.Column("key", key_text(255), nullable=False),
        sa.Column("request_sha256", key_text(64), nullable=False),
        sa.Column("answer", json_text(), nullable=False),
        sa.Column("created_at", instant(), nullable=False),
        sa.Column("expires_at", instant(), nullable=False),
        sa.PrimaryKeyConstraint("part", "key"),
        schema=schema,
    )
    op.create_index(prefix + "idempotent_answers_to_expire", prefix + "idempotent_answers", ["expires_at"], schema=schema)
    op.create_table(
        prefix + "incidents",
        sa.Column("part", sa.SmallInteger(), nullable=False, autoincrement=False),
        sa.Column("id", key_text(36), nullable=False),
        sa.Column("case_id", key_text(36), nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.Column("process_key", key_text(255), nullable=False),
        sa.Column("process_definition_id", key_text(36), nullable=False),
        sa.Column("element_id", key_text(255), nullable=False),
        sa.Column("business_key", key_text(255), nullable=True),
        sa.Column("job_id", key_text(36), nullable=True),
        sa.Column("code", key_text(64), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("created_at", instant(), nullable=False),
        sa.Column("resolved_at", instant(), nullable=True),
        sa.Column("resolved_by", key_text(255), nullable=True),
        sa.PrimaryKeyConstraint("part", "id"),
        schema=schema,
    )
    op.create_index(prefix + "incidents_by_status", prefix + "incidents", ["status", "created_at", "id"], schema=schema)
    op.create_index(prefix + "incidents_of_case", prefix + "incidents", ["part", "case_id", "token"], schema=schema)
    op.create_table(
        prefix + "jobs",
        sa.Column("part", sa.SmallInteger(), nullable=False, autoincrement=False),
        sa.Column("id", key_text(36), nullable=False),
        sa.Column("case_id", key_text(36), nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.Column("process_key", key_text(255), nullable=False),
        sa.Column("process_definition_id", key_text(36), nullable=False),
        sa.Column("element_id", key_text(255), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("handler", key_text(255), nullable=True),
        sa.Column("lane", key_text(64), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("due_at", instant(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("max_attempts", sa.Integer(), nullable=False),
        sa.Column("retry", sa.String(255), nullable=True),
        sa.Column("headers", json_text(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("owner", key_text(64), nullable=True),
        sa.Column("lease_until", instant(), nullable=True),
        sa.Column("dedupe_key", key_text(255), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("created_at", instant(), nullable=False),
        sa.PrimaryKeyConstraint("part", "id"),
        sa.UniqueConstraint("part", "dedupe_key", name=prefix + "jobs_dedupe"),
        schema=schema,
    )
    op.create_index(prefix + "jobs_of_case", prefix + "jobs", ["part", "case_id", "token"], schema=schema)
    op.create_index(prefix + "jobs_to_claim", prefix + "jobs", ["state", "rank", "due_at", "id"], schema=schema)
    op.create_index(prefix + "jobs_to_promote", prefix + "jobs", ["state", "due_at"], schema=schema)
    op.create_index(prefix + "jobs_to_reap", prefix + "jobs", ["state", "lease_until"], schema=schema)
    op.create_table(
        prefix + "messages",
        sa.Column("part", sa.SmallInteger(), nullable=False, autoincrement=False),
        sa.Column("message_id", key_text(255), nullable=False),
        sa.Column("name", key_text(255), nullable=False),
        sa.Column("correlation_key", key_text(255), nullable=True),
        sa.Column("business_key", key_text(255), nullable=True),
        sa.Column("variables", json_text(), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("received_at", instant(), nullable=False),
        sa.Column("received_from", key_text(255), nullable=False),
        sa.Column("expires_at", instant(), nullable=True),
        sa.Column("case_id", key_text(36), nullable=True),
        sa.PrimaryKeyConstraint("part", "message_id"),
        schema=schema,
    )
    op.create_index(prefix + "messages_buffered", prefix + "messages", ["status", "name", "received_at"], schema=schema)
    op.create_index(prefix + "messages_to_expire", prefix + "messages", ["status", "expires_at"], schema=schema)
    op.create_table(
        prefix + "search_values",
        sa.Column("part", sa.SmallInteger(), nullable=False, autoincrement=False),
        sa.Column("case_id", key_text(36), nullable=False),
        sa.Column("name", key_text(255), nullable=False),
        sa.Column("process_key", key_text(255), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("text_value", key_text(200), nullable=True),
        sa.Column("number_value", number(), nullable=True),
        sa.Column("instant_value", instant(), nullable=True),
        sa.Column("boolean_value", sa.Boolean(), nullable=True),
        sa.PrimaryKeyConstraint("part", "case_id", "name"),
        schema=schema,
    )
    op.create_index(
        prefix + "search_values_boolean", prefix + "search_values", ["process_key", "name", "boolean_value", "case_id"], schema=schema
    )
    op.create_index(
        prefix + "search_values_instant", prefix + "search_values", ["process_key", "name", "instant_value", "case_id"], schema=schema
    )
    op.create_index(
        prefix + "search_values_number", prefix + "search_values", ["process_key", "name", "number_value", "case_id"], schema=schema
    )
    op.create_index(
        prefix + "search_values_text", prefix + "search_values", ["process_key", "name", "text_value", "case_id"], schema=schema
    )
    op.create_table(
        prefix + "subscriptions",
        sa.Column("part", sa.SmallInteger(), nullable=False, autoincrement=False),
        sa.Column("id", key_text(36), nullable=False),
        sa.Column("case_id", key_text(36), nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.Column("process_key", key_text(255), nullable=False),
        sa.Column("process_definition_id", key_text(36), nullable=False),
        sa.Column("element_id", key_text(255), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("name", key_text(255), nullable=False),
        sa.Column("correlation_key", key_text(255), nullable=True),
        sa.Column("business_key", key_text(255), nullable=True),
        sa.Column("created_at", instant(), nullable=False),
        sa.PrimaryKeyConstraint("part", "id"),
        schema=schema,
    )
    op.create_index(prefix + "subscriptions_by_business_key", prefix + "subscriptions", ["name", "business_key", "kind"], schema=schema)
    op.create_index(prefix + "subscriptions_by_correlation", prefix + "subscriptions", ["name", "correlation_key", "kind"], schema=schema)
    op.create_index(prefix + "subscriptions_of_case", prefix + "subscriptions", ["part", "case_id", "token"], schema=schema)
    op.create_table(
        prefix + "task_candidates",
        sa.Column("part", sa.SmallInteger(), nullable=False, autoincrement=False),
        sa.Column("task_id", key_text(36), nullable=False),
        sa.Column("kind", key_text(8), nullable=False),
        sa.Column("name", key_text(255), nullable=False),
        sa.Column("case_id", key_text(36), nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.Column("process_key", key_text(255), nullable=False),
        sa.Column("claimable", sa.Boolean(), nullable=False),
        sa.Column("due_order", instant(), nullable=False),
        sa.PrimaryKeyConstraint("part", "task_id", "kind", "name"),
        schema=schema,
    )
    op.create_index(
        prefix + "task_candidates_by_name", prefix + "task_candidates", ["name", "kind", "claimable", "due_order", "task_id"], schema=schema
    )
    op.create_index(prefix + "task_candidates_of_case", prefix + "task_candidates", ["part", "case_id", "token"], schema=schema)
    op.create_table(
        prefix + "tasks",
        sa.Column("part", sa.SmallInteger(), nullable=False, autoincrement=False),
        sa.Column("id", key_text(36), nullable=False),
        sa.Column("case_id", key_text(36), nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.Column("process_key", key_text(255), nullable=False),
        sa.Column("process_definition_id", key_text(36), nullable=False),
        sa.Column("element_id", key_text(255), nullable=False),
        sa.Column("business_key", key_text(255), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("assignee", key_text(255), nullable=True),
        sa.Column("candidate_users", sa.Text(), nullable=False),
        sa.Column("candidate_groups", sa.Text(), nullable=False),
        sa.Column("different_from", sa.Text(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("due_at", instant(), nullable=True),
        sa.Column("due_order", instant(), nullable=False),
        sa.Column("follow_up_at", instant(), nullable=True),
        sa.Column("form", json_text(), nullable=True),
        sa.Column("instance", sa.Integer(), nullable=True),
        sa.Column("created_at", instant(), nullable=False),
        sa.Column("claimed_at", instant(), nullable=True),
        sa.Column("closed_at", instant(), nullable=True),
        sa.Column("completed_by", key_text(255), nullable=True),
        sa.Column("close_reason", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("part", "id"),
        schema=schema,
    )
    op.create_index(prefix + "tasks_by_assignee", prefix + "tasks", ["assignee", "status", "due_order", "id"], schema=schema)
    op.create_index(prefix + "tasks_by_completer", prefix + "tasks", ["completed_by", "closed_at", "id"], schema=schema)
    op.create_index(prefix + "tasks_by_due", prefix + "tasks", ["status", "due_order", "id"], schema=schema)
    op.create_index(prefix + "tasks_by_process", prefix + "tasks", ["process_key", "status", "due_order", "id"], schema=schema)
    op.create_index(prefix + "tasks_of_case", prefix + "tasks", ["part", "case_id", "token"], schema=schema)
    op.create_table(
        prefix + "decision_definitions",
        sa.Column("id", key_text(36), nullable=False),
        sa.Column("key", key_text(255), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("version_tag", key_text(255), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("deployment_id", key_text(36), nullable=False),
        sa.Column("resource_name", key_text(255), nullable=False),
        sa.Column("sha256", key_text(64), nullable=False),
        sa.Column("deployed_at", instant(), nullable=False),
        sa.Column("properties", json_text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.ForeignKeyConstraint(["deployment_id"], [deployment_id]),
        sa.UniqueConstraint("key", "version", name=prefix + "decision_definitions_version"),
        schema=schema,
    )
    op.create_index(prefix + "decision_definitions_by_deployment", prefix + "decision_definitions", ["deployment_id", "key"], schema=schema)
    op.create_index(prefix + "decision_definitions_by_tag", prefix + "decision_definitions", ["key", "version_tag"], schema=schema)
    op.create_table(
        prefix + "form_definitions",
        sa.Column("id", key_text(36), nullable=False),
        sa.Column("key", key_text(255), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("version_tag", key_text(255), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("deployment_id", key_text(36), nullable=False),
        sa.Column("resource_name", key_text(255), nullable=False),
        sa.Column("sha256", key_text(64), nullable=False),
        sa.Column("deployed_at", instant(), nullable=False),
        sa.Column("properties", json_text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.ForeignKeyConstraint(["deployment_id"], [deployment_id]),
        sa.UniqueConstraint("key", "version", name=prefix + "form_definitions_version"),
        schema=schema,
    )
    op.create_index(prefix + "form_definitions_by_deployment", prefix + "form_definitions", ["deployment_id", "key"], schema=schema)
    op.create_index(prefix + "form_definitions_by_tag", prefix + "form_definitions", ["key", "version_tag"], schema=schema)
    op.create_table(
        prefix + "process_definitions",
        sa.Column("id", key_text(36), nullable=False),
        sa.Column("key", key_text(255), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("version_tag", key_text(255), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("deployment_id", key_text(36), nullable=False),
        sa.Column("resource_name", key_text(255), nullable=False),
        sa.Column("sha256", key_text(64), nullable=False),
        sa.Column("deployed_at", instant(), nullable=False),
        sa.Column("properties", json_text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.ForeignKeyConstraint(["deployment_id"], [deployment_id]),
        sa.UniqueConstraint("key", "version", name=prefix + "process_definitions_version"),
        schema=schema,
    )
    op.create_index(prefix + "process_definitions_by_deployment", prefix + "process_definitions", ["deployment_id", "key"], schema=schema)
    op.create_index(prefix + "process_definitions_by_tag", prefix + "process_definitions", ["key", "version_tag"], schema=schema)
    op.create_table(
        prefix + "resources",
        sa.Column("deployment_id", key_text(36), nullable=False),
        sa.Column("name", key_text(255), nullable=False),
        sa.Column("sha256", key_text(64), nullable=False),
        sa.Column("content", blob(), nullable=False),
        sa.PrimaryKeyConstraint("deployment_id", "name"),
        sa.ForeignKeyConstraint(["deployment_id"], [deployment_id]),
        schema=schema,
    )


def downgrade() -> None:
    """Remove the tables and everything in them."""
    prefix, schema = names()
    for table in (
        "resources",
        "process_definitions",
        "form_definitions",
        "decision_definitions",
        "tasks",
        "task_candidates",
        "subscriptions",
        "search_values",
        "messages",
        "jobs",
        "incidents",
        "idempotent_answers",
        "drafts",
        "deployments",
        "decisions",
        "cases",
        "case_keys",
        "audit_entries",
    ):
        op.drop_table(prefix + table, schema=schema)
