"""A draft: what a person typed into a task's form and has not sent yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One person's unsent answers to one task, as typed; ``values`` is JSON-ready."""

    task_id: str
    user_id: str
    values: Mapping[str, Any]
    updated_at: datetime
