"""A case migration: cases taken from one version of a process to another, batch by batch, and back again if need be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class CaseMigrationStatus(StrEnum):
    """Whether cases are being taken over, or back; ``paused`` until someone resumes it."""

    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    REVERTING = "reverting"
    REVERTED = "reverted"


class MigrationOutcome(StrEnum):
    """What became of one case: on the new version; left where it was; back on the old version; or past going back."""

    MIGRATED = "migrated"
    SKIPPED = "skipped"
    REVERTED = "reverted"
    KEPT = "kept"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseMigration:
    """One run over the open cases of a version.

    ``mapping`` holds ``elements`` and ``flows`` (old id -> new id) and ``dropped`` (old ids), settled when the run began, so
    that a run that is resumed does the same. ``total`` is how many cases there were then. ``position`` is how far it has come:
    the definition and the id of the last case looked at.
    """

    id: str
    process_key: str
    from_definition_id: str
    to_definition_id: str
    mapping: Mapping[str, Any]
    started_at: datetime
    started_by: str
    updated_at: datetime
    status: CaseMigrationStatus = CaseMigrationStatus.RUNNING
    total: int = 0
    position: str = ""
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MigratedCase:
    """What a run did with one case.

    ``state`` is its execution snapshot before, and ``rows`` what else must come back with it; ``after_sha256`` is over the
    snapshot as the run left it: while the case's is the same, the case has not moved and may go back. All three are None
    unless it was migrated. ``reason`` says in words why a case was skipped or kept.
    """

    migration_id: str
    case_id: str
    outcome: MigrationOutcome
    at: datetime
    reason: str | None = None
    after_sha256: str | None = None
    rows: Mapping[str, Any] = field(default_factory=dict[str, Any])
