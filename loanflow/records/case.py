"""A case: one run of a process definition with everything it calls, its variables, tasks and history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class CaseStatus(StrEnum):
    """Whether the case still goes on: ``suspended`` for a while, ``ended`` by its own model, ``cancelled`` by a person."""

    OPEN = "open"
    SUSPENDED = "suspended"
    ENDED = "ended"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """The row every command on the case changes, under ``version``.

    The execution snapshot is not here: lists do not carry it, ``store.cases.load`` does. ``process_definition_id`` is the
    deployed version the case runs on. ``outcome`` and ``end_event`` are None while the case is open. ``audit_seq`` and
    ``audit_hash`` are the head of the case's history: number and hash of its last entry, 0 and "" before the first.
    ``round`` counts from 1; each sending back begins another.
    """

    id: str
    process_key: str
    process_definition_id: str
    process_version: int
    started_at: datetime
    started_by: str
    business_key: str | None = None
    status: CaseStatus = CaseStatus.OPEN
    outcome: str | None = None
    end_event: str | None = None
    updated_at: datetime
    ended_at: datetime | None = None
    version: int = 0
    audit_seq: int = 0
    audit_hash: str = ""
    round: int = 1
