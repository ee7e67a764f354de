"""Records with sensible values, for tests that care about one or two of them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from loanflow import store
from loanflow.records import Case, Incident, Job, JobKind, Subscription, SubscriptionKind, Task

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
DEFINITION = store.new_definition_id()


def a_case(**fields: Any) -> Case:
    plain: dict[str, Any] = {
        "id": store.new_case_id(),
        "process_key": "loan",
        "process_definition_id": DEFINITION,
        "process_version": 1,
        "started_at": NOON,
        "started_by": "wang.fang",
        "updated_at": NOON,
    }
    return Case(**(plain | fields))


def _place(fields: dict[str, Any]) -> dict[str, Any]:
    case_id = fields.pop("case_id", None) or store.new_case_id()
    return {
        "id": store.new_id_for(case_id),
        "case_id": case_id,
        "token": 1,
        "process_key": "loan",
        "process_definition_id": DEFINITION,
        "element_id": "Review",
        "created_at": NOON,
    }


def a_task(**fields: Any) -> Task:
    return Task(**(_place(fields) | {"name": "Review"} | fields))


def a_job(**fields: Any) -> Job:
    return Job(**(_place(fields) | {"kind": JobKind.HANDLER, "handler": "bureau-query", "due_at": NOON} | fields))


def a_subscription(**fields: Any) -> Subscription:
    return Subscription(**(_place(fields) | {"kind": SubscriptionKind.MESSAGE, "name": "documents-received"} | fields))


def an_incident(**fields: Any) -> Incident:
    return Incident(**(_place(fields) | {"code": "uncaught-error", "message": "nobody caught it"} | fields))
