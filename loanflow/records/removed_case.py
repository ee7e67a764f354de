"""What stays of a case whose history time to live is over: the head of its chain, and who removed the rest when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from loanflow.records.case import CaseStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovedCase:
    """One case that history cleanup removed.

    ``audit_seq`` and ``audit_hash`` are the head of its chain as it was: how many entries there were, and the hash of the last.
    ``days_to_live`` is the history time to live of its definition. Nothing of what people entered is kept, the business key neither.
    """

    case_id: str
    process_key: str
    process_definition_id: str
    process_version: int
    status: CaseStatus
    outcome: str | None
    started_at: datetime
    ended_at: datetime
    audit_seq: int
    audit_hash: str
    days_to_live: int
    removed_at: datetime
    removed_by: str
