"""A decision record: what a decision was asked, what it answered and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRecord:
    """One evaluation within a case.

    ``inputs`` are the values read, ``value`` the answer, ``trace`` the rules and cells behind it: all JSON-ready.
    ``decision_definition_id`` and ``decision_version`` name the exact table that answered.
    """

    id: str
    case_id: str
    token: int
    element_id: str
    decision_key: str
    decision_version: int
    decision_definition_id: str
    evaluated_at: datetime
    inputs: Mapping[str, Any]
    value: Any
    trace: Any = None
