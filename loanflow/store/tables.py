"""The tables, made for one schema and table prefix, so that they can live in a bank's own database.

``part`` leads the key of every table whose rows belong to a case. There are no foreign keys between cases and what belongs to
them: a case's rows are written and removed together by this room, and a sharded database could not keep them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects import mysql

from loanflow.records import (
    CaseMigrationStatus,
    CaseStatus,
    IncidentStatus,
    JobKind,
    JobState,
    MessageStatus,
    MigrationOutcome,
    SearchKind,
    Signing,
    SubscriptionKind,
    TaskStatus,
)
from loanflow.store.types import Instant, Json, Names, Number, Prose, Word, key_text

DEFAULT_PREFIX = "loanflow_"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tables:
    """Every table of one store; shared by all stores of the same schema and prefix."""

    metadata: MetaData
    prefix: str
    schema: str | None
    deployments: Table
    resources: Table
    process_definitions: Table
    decision_definitions: Table
    form_definitions: Table
    cases: Table
    case_keys: Table
    tasks: Table
    task_candidates: Table
    drafts: Table
    jobs: Table
    subscriptions: Table
    messages: Table
    incidents: Table
    decisions: Table
    search_values: Table
    task_search_values: Table
    copies: Table
    audit_entries: Table
    idempotent_answers: Table
    case_migrations: Table
    migrated_cases: Table
    removed_cases: Table

    @property
    def version_table(self) -> str:
        """The name of the table in which Alembic keeps the revision of ours, apart from the host's."""
        return f"{self.prefix}schema_version"


@lru_cache(maxsize=64)
def tables_for(*, schema: str | None = None, table_prefix: str = DEFAULT_PREFIX) -> Tables:
    """Return the tables of that schema and prefix; the same object for the same names."""
    metadata = MetaData(schema=schema)

    def table(name: str, *parts: Any, **options: Any) -> Table:
        return Table(table_prefix + name, metadata, *parts, **options)

    def index(name: str, *columns: str) -> Index:
        return Index(f"{table_prefix}{name}", *columns)

    def value_columns() -> tuple[Any, ...]:
        # A search value: one of these has it, by its kind; all are null where it has none.
        return (
            name_column("text_value", 200),
            Column("number_value", Number, nullable=True),
            instant("instant_value", nullable=True),
            Column("boolean_value", Boolean, nullable=True),
        )

    def value_indexes(name: str, before: tuple[str, ...], after: tuple[str, ...]) -> tuple[Index, ...]:
        # Each value stands in the index of its kind alone, where the database leaves nulls out of an index. MySQL, which does not,
        # takes no key this long either.
        def of(kind: str) -> Index:
            there, lengths = text(f"{kind}_value IS NOT NULL"), dict.fromkeys((*before, "text_value"), 64)
            where: dict[str, Any] = {"sqlite_where": there, "postgresql_where": there, "mysql_length": lengths, "mariadb_length": lengths}
            return Index(f"{table_prefix}{name}_{kind}", *before, f"{kind}_value", *after, **where)

        return of("text"), of("number"), of("instant"), of("boolean")

    def part() -> Column[int]:
        return Column("part", SmallInteger, primary_key=True, autoincrement=False)

    def identifier(name: str, *, key: bool = False, nullable: bool = False) -> Column[str]:
        return Column(name, key_text(36), primary_key=key, nullable=nullable)

    def name_column(name: str, length: int = 255, *, nullable: bool = True, key: bool = False) -> Column[str]:
        return Column(name, key_text(length), nullable=nullable and not key, primary_key=key)

    def instant(name: str, *, nullable: bool = False) -> Column[Any]:
        return Column(name, Instant, nullable=nullable)

    def blob(name: str) -> Column[bytes]:
        return Column(name, LargeBinary().with_variant(mysql.LONGBLOB(), "mysql", "mariadb"), nullable=False)

    deployments = table(
        "deployments",
        identifier("id", key=True),
        Column("name", String(255), nullable=False),
        name_column("sha256", 64, nullable=False),
        instant("deployed_at"),
        Column("deployed_by", String(255), nullable=False),
        Column("source", String(255), nullable=True),
        index("deployments_by_content", "sha256"),
    )
    deployment_id = deployments.c.id

    def deployed() -> tuple[Any, ...]:
        return (Column("deployment_id", key_text(36), ForeignKey(deployment_id), nullable=False),)

    def definitions(noun: str, *more: Column[Any]) -> Table:
        return table(
            f"{noun}_definitions",
            identifier("id", key=True),
            name_column("key", nullable=False),
            Column("version", Integer, nullable=False),
            name_column("version_tag"),
            Column("name", Prose, nullable=True),
            *deployed(),
            name_column("resource_name", nullable=False),
            name_column("sha256", 64, nullable=False),
            instant("deployed_at"),
            Column("properties", Json, nullable=False),
            *more,
            UniqueConstraint("key", "version", name=f"{table_prefix}{noun}_definitions_version"),
            index(f"{noun}_definitions_by_deployment", "deployment_id", "key"),
            index(f"{noun}_definitions_by_tag", "key", "version_tag"),
        )

    def place() -> tuple[Any, ...]:
        # Where in which case: the columns that every wait state's row carries.
        return (
            identifier("case_id"),
            Column("token", BigInteger, nullable=False),
            name_column("process_key", nullable=False),
            identifier("process_definition_id"),
            name_column("element_id", nullable=False),
        )

    return Tables(
        metadata=metadata,
        prefix=table_prefix,
        schema=schema,
        deployments=deployments,
        resources=table(
            "resources",
            Column("deployment_id", key_text(36), ForeignKey(deployment_id), primary_key=True),
            name_column("name", key=True),
            name_column("sha256", 64, nullable=False),
            blob("content"),
        ),
        process_definitions=definitions("process", instant("suspended_at", nullable=True)),
        decision_definitions=definitions("decision"),
        form_definitions=definitions("form"),
        cases=table(
            "cases",
            part(),
            identifier("id", key=True),
            name_column("process_key", nullable=False),
            identifier("process_definition_id"),
            Column("process_version", Integer, nullable=False),
            name_column("business_key"),
            Column("status", Word(CaseStatus), nullable=False),
            name_column("outcome"),
            name_column("end_event"),
            instant("started_at"),
            name_column("started_by", nullable=False),
            instant("updated_at"),
            instant("ended_at", nullable=True),
            Column("version", Integer, nullable=False),
            Column("audit_seq", Integer, nullable=False),
            name_column("audit_hash", 64, nullable=False),
            Column("round", Integer, nullable=False),
            blob("state"),
            index("cases_by_start", "started_at", "id"),
            index("cases_by_process", "process_key", "status", "started_at", "id"),
            index("cases_by_status", "status", "started_at", "id"),
            index("cases_by_definition", "process_definition_id", "status", "id"),
            index("cases_by_business_key", "business_key"),
        ),
        case_keys=table(
            "case_keys",
            part(),
            name_column("business_key", key=True),
            identifier("case_id"),
        ),
        tasks=table(
            "tasks",
            part(),
            identifier("id", key=True),
            *place(),
            name_column("business_key"),
            Column("name", Prose, nullable=False),
            Column("status", Word(TaskStatus), nullable=False),
            name_column("assignee"),
            Column("candidate_users", Names, nullable=False),
            Column("candidate_groups", Names, nullable=False),
            Column("different_from", Names, nullable=False),
            Column("priority", Integer, nullable=False),
            instant("due_at", nullable=True),
            instant("due_order"),
            instant("follow_up_at", nullable=True),
            Column("form", Json, nullable=True),
            Column("instance", Integer, nullable=True),
            instant("created_at"),
            instant("claimed_at", nullable=True),
            instant("closed_at", nullable=True),
            name_column("completed_by"),
            Column("close_reason", Prose, nullable=True),
            Column("version", Integer, nullable=False),
            Column("round", Integer, nullable=False),
            name_column("owner"),
            identifier("parent_id", nullable=True),
            Column("signing", Word(Signing), nullable=True),
            Column("rule", String(16), nullable=True),
            Column("opinion", Json, nullable=True),
            instant("urged_at", nullable=True),
            Column("urge_count", Integer, nullable=False),
            index("tasks_of_case", "part", "case_id", "token"),
            index("tasks_by_assignee", "assignee", "status", "due_order", "id"),
            index("tasks_by_due", "status", "due_order", "id"),
            index("tasks_by_process", "process_key", "status", "due_order", "id"),
            index("tasks_by_completer", "completed_by", "closed_at", "id"),
        ),
        task_candidates=table(
            "task_candidates",
            part(),
            identifier("task_id", key=True),
            name_column("kind", 8, key=True),
            name_column("name", key=True),
            identifier("case_id"),
            Column("token", BigInteger, nullable=False),
            name_column("process_key", nullable=False),
            Column("claimable", Boolean, nullable=False),
            instant("due_order"),
            index("task_candidates_by_name", "name", "kind", "claimable", "due_order", "task_id"),
            index("task_candidates_by_process", "name", "kind", "claimable", "process_key", "due_order", "task_id"),
            index("task_candidates_of_case", "part", "case_id", "token"),
        ),
        drafts=table(
            "drafts",
            part(),
            identifier("task_id", key=True),
            name_column("user_id", key=True),
            Column("values", Json, nullable=False),
            instant("updated_at"),
        ),
        jobs=table(
            "jobs",
            part(),
            identifier("id", key=True),
            *place(),
            Column("kind", Word(JobKind), nullable=False),
            Column("state", Word(JobState), nullable=False),
            name_column("handler"),
            name_column("lane", 64, nullable=False),
            # Minus the priority, so that one ascending index serves the claim.
            Column("rank", Integer, nullable=False),
            instant("due_at"),
            Column("attempts", Integer, nullable=False),
            Column("max_attempts", Integer, nullable=False),
            Column("retry", String(255), nullable=True),
            Column("headers", Json, nullable=False),
            Column("fence", Integer, nullable=False),
            name_column("owner", 64),
            instant("lease_until", nullable=True),
            name_column("dedupe_key"),
            Column("last_error", Prose, nullable=True),
            Column("chain", Integer, nullable=False, server_default="0"),
            instant("created_at"),
            UniqueConstraint("part", "dedupe_key", name=f"{table_prefix}jobs_dedupe"),
            index("jobs_to_claim", "state", "rank", "due_at", "id"),
            index("jobs_to_promote", "state", "due_at"),
            index("jobs_to_reap", "state", "lease_until"),
            index("jobs_of_case", "part", "case_id", "token"),
        ),
        subscriptions=table(
            "subscriptions",
            part(),
            identifier("id", key=True),
            *place(),
            Column("kind", Word(SubscriptionKind), nullable=False),
            name_column("name", nullable=False),
            name_column("correlation_key"),
            name_column("business_key"),
            instant("created_at"),
            index("subscriptions_by_correlation", "name", "correlation_key", "kind"),
            index("subscriptions_by_business_key", "name", "business_key", "kind"),
            index("subscriptions_of_case", "part", "case_id", "token"),
        ),
        messages=table(
            "messages",
            part(),
            name_column("message_id", key=True),
            name_column("name", nullable=False),
            name_column("correlation_key"),
            name_column("business_key"),
            Column("variables", Json, nullable=False),
            Column("status", Word(MessageStatus), nullable=False),
            instant("received_at"),
            name_column("received_from", nullable=False),
            instant("expires_at", nullable=True),
            identifier("case_id", nullable=True),
            index("messages_buffered", "status", "name", "received_at"),
            index("messages_to_expire", "status", "expires_at"),
        ),
        incidents=table(
            "incidents",
            part(),
            identifier("id", key=True),
            *place(),
            name_column("business_key"),
            identifier("job_id", nullable=True),
            name_column("code", 64, nullable=False),
            Column("message", Prose, nullable=False),
            Column("status", Word(IncidentStatus), nullable=False),
            instant("created_at"),
            instant("resolved_at", nullable=True),
            name_column("resolved_by"),
            index("incidents_of_case", "part", "case_id", "token"),
            index("incidents_by_status", "status", "created_at", "id"),
        ),
        decisions=table(
            "decisions",
            part(),
            identifier("id", key=True),
            identifier("case_id"),
            Column("token", BigInteger, nullable=False),
            name_column("element_id", nullable=False),
            name_column("decision_key", nullable=False),
            Column("decision_version", Integer, nullable=False),
            identifier("decision_definition_id"),
            instant("evaluated_at"),
            Column("inputs", Json, nullable=False),
            Column("value", Json, nullable=True),
            Column("trace", Json, nullable=True),
            index("decisions_of_case", "part", "case_id", "id"),
            index("decisions_by_key", "decision_key", "evaluated_at", "id"),
        ),
        search_values=table(
            "search_values",
            part(),
            identifier("case_id", key=True),
            name_column("name", key=True),
            name_column("process_key", nullable=False),
            Column("kind", Word(SearchKind), nullable=False),
            *value_columns(),
            *value_indexes("search_values", ("process_key", "name"), ("case_id",)),
        ),
        task_search_values=table(
            "task_search_values",
            part(),
            identifier("case_id", key=True),
            identifier("task_id", key=True),
            name_column("name", key=True),
            # Who has it in a list: see task_search_values.viewer.
            name_column("viewer", 266, key=True),
            name_column("process_key", nullable=False),
            instant("due_order"),
            *value_columns(),
            *value_indexes("task_search_values", ("process_key", "name", "viewer"), ("due_order", "task_id", "part", "case_id")),
            sqlite_with_rowid=False,
        ),
        copies=table(
            "copies",
            part(),
            identifier("id", key=True),
            identifier("case_id"),
            identifier("task_id", nullable=True),
            name_column("process_key", nullable=False),
            name_column("business_key"),
            name_column("user_id", nullable=False),
            name_column("sent_by", nullable=False),
            instant("sent_at"),
            Column("note", Prose, nullable=True),
            instant("read_at", nullable=True),
            index("copies_of_case", "part", "case_id", "id"),
            index("copies_by_user", "user_id", "sent_at", "id"),
        ),
        audit_entries=table(
            "audit_entries",
            part(),
            identifier("case_id", key=True),
            Column("seq", Integer, primary_key=True, autoincrement=False),
            instant("at"),
            name_column("actor", nullable=False),
            name_column("source"),
            name_column("kind", 64, nullable=False),
            name_column("element_id"),
            Column("token", BigInteger, nullable=True),
            identifier("definition_id", nullable=True),
            Column("case_version", Integer, nullable=False),
            # Plain text, not Json: the very characters that were hashed.
            Column("data_json", Text().with_variant(mysql.LONGTEXT(), "mysql", "mariadb"), nullable=False),
            name_column("prev_hash", 64, nullable=False),
            name_column("hash", 64, nullable=False),
            index("audit_entries_by_actor", "actor", "at"),
        ),
        idempotent_answers=table(
            "idempotent_answers",
            part(),
            name_column("key", key=True),
            name_column("request_sha256", 64, nullable=False),
            Column("answer", Json, nullable=False),
            instant("created_at"),
            instant("expires_at"),
            index("idempotent_answers_to_expire", "expires_at"),
        ),
        case_migrations=table(
            "case_migrations",
            identifier("id", key=True),
            name_column("process_key", nullable=False),
            identifier("from_definition_id"),
            identifier("to_definition_id"),
            Column("mapping", Json, nullable=False),
            Column("status", Word(CaseMigrationStatus), nullable=False),
            Column("total", Integer, nullable=False),
            # The definition and the case last looked at: two ids and a blank.
            name_column("position", 80, nullable=False),
            Column("reason", Prose, nullable=True),
            instant("started_at"),
            name_column("started_by", nullable=False),
            instant("updated_at"),
            index("case_migrations_by_start", "started_at", "id"),
        ),
        migrated_cases=table(
            "migrated_cases",
            part(),
            identifier("migration_id", key=True),
            identifier("case_id", key=True),
            Column("outcome", Word(MigrationOutcome), nullable=False),
            instant("at"),
            Column("reason", Prose, nullable=True),
            name_column("after_sha256", 64),
            Column("rows", Json, nullable=False),
            Column("state", LargeBinary().with_variant(mysql.LONGBLOB(), "mysql", "mariadb"), nullable=True),
            index("migrated_cases_by_outcome", "migration_id", "outcome", "case_id"),
        ),
        removed_cases=table(
            "removed_cases",
            part(),
            identifier("case_id", key=True),
            name_column("process_key", nullable=False),
            identifier("process_definition_id"),
            Column("process_version", Integer, nullable=False),
            Column("status", Word(CaseStatus), nullable=False),
            name_column("outcome"),
            instant("started_at"),
            instant("ended_at"),
            Column("audit_seq", Integer, nullable=False),
            name_column("audit_hash", 64, nullable=False),
            Column("days_to_live", Integer, nullable=False),
            instant("removed_at"),
            name_column("removed_by", nullable=False),
        ),
    )
