"""The cases of one run, and what happened to those of one process."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from loanflow.execution import CaseExecution, RaiseIncident, Request, Step
from loanflow.testing.rehearsal.sites import PlaceId


@dataclass(slots=True)
class Played:
    """What happened in one run: elements and flows in the order they were first reached, by process and id."""

    outcome: str = "unfinished"
    ends: dict[str, None] = field(default_factory=dict[str, None])
    steps: dict[PlaceId, int] = field(default_factory=dict[PlaceId, int])
    left: dict[PlaceId, None] = field(default_factory=dict[PlaceId, None])
    flows: dict[PlaceId, None] = field(default_factory=dict[PlaceId, None])
    cancelled: dict[PlaceId, str] = field(default_factory=dict[PlaceId, str])
    incidents: list[RaiseIncident] = field(default_factory=list[RaiseIncident])
    made_up: dict[tuple[str, str], None] = field(default_factory=dict[tuple[str, str], None])
    thrown: dict[PlaceId, set[str]] = field(default_factory=dict[PlaceId, set[str]])
    given: dict[str, set[PlaceId]] = field(default_factory=dict[str, set[PlaceId]])
    messages: list[tuple[PlaceId, str, str]] = field(default_factory=list[tuple[PlaceId, str, str]])
    """Where a message was sent, its name, and what became of it, see `SentMessage`."""


@dataclass(slots=True, eq=False)
class OpenCase:
    """One case and everything open in it; ``process_id`` is whose case it is, ``played`` what all of that process's cases did."""

    process_id: str
    played: Played
    business_key: str | None
    seen: dict[str, Any]
    open: dict[int, Request] = field(default_factory=dict[int, Request])
    last: Step | None = None
    execution: CaseExecution = field(init=False)
