"""The answer given to a command that carried an idempotency key, kept so that a repetition gets the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class IdempotentAnswer:
    """``key`` was used for a command whose content hashes to ``request_sha256``; ``answer`` is JSON-ready."""

    key: str
    request_sha256: str
    answer: Mapping[str, Any]
    created_at: datetime
    expires_at: datetime
