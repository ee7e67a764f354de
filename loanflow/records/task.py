"""A task: the piece of work a person sees, claims and completes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class TaskStatus(StrEnum):
    """Open until a person completes it, or the case moves on without them (``cancelled``).

    The task of a signer added after somebody is ``waiting`` until that somebody is done.
    """

    OPEN = "open"
    WAITING = "waiting"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class Signing(StrEnum):
    """When a signer that a person added signs: before, after or beside that person."""

    BEFORE = "before"
    AFTER = "after"
    PARALLEL = "parallel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Work for a person at the user task ``element_id`` of a case.

    ``token`` is execution's number of the wait state; with it the engine comes back. ``assignee`` None means anyone of
    ``candidate_users`` and ``candidate_groups`` may claim it. ``different_from`` holds flow node ids, or ``*``, whose
    actors may not act. ``form`` is the engine's reference to the form to show, JSON-ready. ``instance`` counts from 0
    within a multi-instance body. ``version`` rises with every change; who changes the task names the one they saw.

    ``round`` is the case's round in which it was opened. While ``owner`` is set, the assignee works for that person, to
    whom the task comes back. ``parent_id`` and ``signing`` are those of a signer added to another task of the same token,
    ``rule`` says how many of the signers of one kind must sign (``all``, ``any``, or a share such as ``0.6``), and
    ``opinion`` holds what a signer or delegate answered, JSON-ready. ``urged_at`` and ``urge_count`` count reminders.
    """

    id: str
    case_id: str
    token: int
    process_key: str
    process_definition_id: str
    element_id: str
    name: str
    created_at: datetime
    business_key: str | None = None
    status: TaskStatus = TaskStatus.OPEN
    assignee: str | None = None
    candidate_users: tuple[str, ...] = ()
    candidate_groups: tuple[str, ...] = ()
    different_from: tuple[str, ...] = ()
    priority: int = 50
    due_at: datetime | None = None
    follow_up_at: datetime | None = None
    form: Mapping[str, Any] | None = None
    instance: int | None = None
    claimed_at: datetime | None = None
    closed_at: datetime | None = None
    completed_by: str | None = None
    close_reason: str | None = None
    version: int = 1
    round: int = 1
    owner: str | None = None
    parent_id: str | None = None
    signing: Signing | None = None
    rule: str | None = None
    opinion: Mapping[str, Any] | None = None
    urged_at: datetime | None = None
    urge_count: int = 0
