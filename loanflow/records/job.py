"""A job: work the engine owes itself, with retries: a timer, a continuation or a handler call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class JobKind(StrEnum):
    """What running the job does: call a handler, go on from a save point, or fire a timer."""

    HANDLER = "handler"
    CONTINUATION = "continuation"
    TIMER = "timer"


class JobState(StrEnum):
    """Waiting for its time, waiting for a worker, held by a worker, given up until a person helps, or of a suspended case.

    A finished job has no row.
    """

    SCHEDULED = "scheduled"
    READY = "ready"
    LEASED = "leased"
    DEAD = "dead"
    SUSPENDED = "suspended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A row of work; whoever claims it holds it until ``lease_until`` under its ``fence``.

    ``fence`` rises with every claim, so that a worker that was thought dead cannot finish what another took over.
    ``attempts`` counts claims; at ``max_attempts`` a failure makes the job ``dead``. ``id`` is the idempotency key
    for the world outside. ``handler`` is the registered name for kind ``handler``. ``retry`` is the model's retry text
    (``R3/PT10M``). ``owner`` is the token of one claim. ``dedupe_key``, where given, is unique within the part.
    """

    id: str
    case_id: str
    token: int
    kind: JobKind
    process_key: str
    process_definition_id: str
    element_id: str
    due_at: datetime
    created_at: datetime
    state: JobState = JobState.READY
    handler: str | None = None
    lane: str = "default"
    priority: int = 50
    attempts: int = 0
    max_attempts: int = 3
    retry: str | None = None
    headers: Mapping[str, Any] = field(default_factory=dict[str, Any])
    fence: int = 0
    owner: str | None = None
    lease_until: datetime | None = None
    dedupe_key: str | None = None
    last_error: str | None = None
    chain: int = 0
