"""An incident: a case is stuck until a person helps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class IncidentStatus(StrEnum):
    """Open until someone retries it, or the case goes on without the stuck token."""

    OPEN = "open"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """Token ``token`` at ``element_id`` cannot go on: retries used up, an expression without a result.

    ``code`` is stable; ``message`` says in words what was expected and what was found. ``job_id`` names the dead job,
    None where no job is involved.
    """

    id: str
    case_id: str
    token: int
    process_key: str
    process_definition_id: str
    element_id: str
    code: str
    message: str
    created_at: datetime
    business_key: str | None = None
    job_id: str | None = None
    status: IncidentStatus = IncidentStatus.OPEN
    resolved_at: datetime | None = None
    resolved_by: str | None = None
