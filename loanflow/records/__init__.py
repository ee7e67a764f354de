"""What we remember, as frozen dataclasses: one noun per file, no behaviour, no imports but the standard library.

``store`` keeps them, ``audit`` links them, ``engine`` decides about them, the service shapes them for its callers. Instants
are aware UTC; ids of what belongs to a case tell the case's part (see ``loanflow.store.identifiers``); JSON fields hold the
loss-free encoding of FEEL values that ``loanflow.feel.to_json`` makes. Read ``case.py`` first.
"""

from loanflow.records.audit_entry import AuditEntry, Happening
from loanflow.records.case import Case, CaseStatus
from loanflow.records.case_migration import CaseMigration, CaseMigrationStatus, MigratedCase, MigrationOutcome
from loanflow.records.copy import Copy
from loanflow.records.decision_record import DecisionRecord
from loanflow.records.definition import DecisionDefinition, FormDefinition, ProcessDefinition
from loanflow.records.deployment import Deployment, Resource
from loanflow.records.draft import Draft
from loanflow.records.idempotent_answer import IdempotentAnswer
from loanflow.records.incident import Incident, IncidentStatus
from loanflow.records.job import Job, JobKind, JobState
from loanflow.records.message import Message, MessageStatus
from loanflow.records.removed_case import RemovedCase
from loanflow.records.search_value import SearchKind, SearchValue
from loanflow.records.subscription import Subscription, SubscriptionKind
from loanflow.records.task import Signing, Task, TaskStatus

__all__ = [
    "AuditEntry",
    "Case",
    "CaseMigration",
    "CaseMigrationStatus",
    "CaseStatus",
    "Copy",
    "DecisionDefinition",
    "DecisionRecord",
    "Deployment",
    "Draft",
    "FormDefinition",
    "Happening",
    "IdempotentAnswer",
    "Incident",
    "IncidentStatus",
    "Job",
    "JobKind",
    "JobState",
    "Message",
    "MessageStatus",
    "MigratedCase",
    "MigrationOutcome",
    "ProcessDefinition",
    "RemovedCase",
    "Resource",
    "SearchKind",
    "SearchValue",
    "Signing",
    "Subscription",
    "SubscriptionKind",
    "Task",
    "TaskStatus",
]
