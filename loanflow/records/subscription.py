"""A subscription: a case waits for a message or a signal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class SubscriptionKind(StrEnum):
    """A message finds one waiting case, a signal reaches all."""

    MESSAGE = "message"
    SIGNAL = "signal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """``token`` of the case waits for ``name``; ``correlation_key`` None means: found by the case's business key."""

    id: str
    case_id: str
    token: int
    kind: SubscriptionKind
    name: str
    process_key: str
    process_definition_id: str
    element_id: str
    created_at: datetime
    correlation_key: str | None = None
    business_key: str | None = None
