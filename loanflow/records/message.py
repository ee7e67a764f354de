"""A message that arrived: kept so that it is delivered once, and early ones wait for their case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class MessageStatus(StrEnum):
    """Waiting for a case to subscribe, delivered to one, or out of date."""

    BUFFERED = "buffered"
    DELIVERED = "delivered"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One arrival of the message ``name``; the same ``message_id`` arriving again changes nothing.

    ``case_id`` is the case that received it; while buffered None, or the case whose end it waits for to start another.
    """

    message_id: str
    name: str
    received_at: datetime
    received_from: str
    status: MessageStatus = MessageStatus.BUFFERED
    correlation_key: str | None = None
    business_key: str | None = None
    variables: Mapping[str, Any] = field(default_factory=dict[str, Any])
    expires_at: datetime | None = None
    case_id: str | None = None
