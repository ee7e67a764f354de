"""A copy: somebody is told of a case who has nothing to do in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """``sent_by`` brought the case, or one task of it, to ``user_id``'s notice; ``read_at`` is None until they looked."""

    id: str
    case_id: str
    user_id: str
    sent_by: str
    sent_at: datetime
    process_key: str
    business_key: str | None = None
    task_id: str | None = None
    note: str | None = None
    read_at: datetime | None = None
