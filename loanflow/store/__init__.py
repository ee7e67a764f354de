"""What is kept, and how it is found: tables and queries, a file per noun; the only room on SQLAlchemy.

``connect`` opens a ``Store``; ``Store.run`` gives a ``Transaction`` (commits, retries), ``Store.reading`` a look,
``Store.borrow`` one inside the caller's own session. Each noun's module has plain functions that take the transaction
first: ``store.tasks.load(transaction, task_id)``. Races are decided by conditional updates, never by locks. ``part`` leads
every key of what belongs to a case. Read ``tables.py`` first, then ``database.py``.
"""

from loanflow.store import (
    audit_entries,
    case_migrations,
    cases,
    copies,
    decisions,
    definitions,
    deployments,
    drafts,
    idempotent_answers,
    incidents,
    jobs,
    messages,
    migrations,
    places,
    removed_cases,
    search_values,
    subscriptions,
    task_lists,
    task_search_values,
    tasks,
)
from loanflow.store.cases import CaseQuery
from loanflow.store.database import Store, Transaction, connect, database_now
from loanflow.store.identifiers import new_case_id, new_definition_id, new_id, new_id_for, part_of
from loanflow.store.migrations import check_schema, current_revision, upgrade
from loanflow.store.paging import Page
from loanflow.store.removed_cases import DueCases
from loanflow.store.search_values import Criterion
from loanflow.store.task_lists import Scope, TaskCounts, TaskQuery
from loanflow.store.types import in_utc, instant_text

__all__ = [
    "CaseQuery",
    "Criterion",
    "DueCases",
    "Page",
    "Scope",
    "Store",
    "TaskCounts",
    "TaskQuery",
    "Transaction",
    "audit_entries",
    "case_migrations",
    "cases",
    "check_schema",
    "connect",
    "copies",
    "current_revision",
    "database_now",
    "decisions",
    "definitions",
    "deployments",
    "drafts",
    "idempotent_answers",
    "in_utc",
    "incidents",
    "instant_text",
    "jobs",
    "messages",
    "migrations",
    "new_case_id",
    "new_definition_id",
    "new_id",
    "new_id_for",
    "part_of",
    "places",
    "removed_cases",
    "search_values",
    "subscriptions",
    "task_lists",
    "task_search_values",
    "tasks",
    "upgrade",
]
