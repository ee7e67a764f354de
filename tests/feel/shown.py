"""FEEL results as text, so that a test is a table of two columns: the expression and what it gives."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from loanflow.feel import evaluate, literal

NOW = datetime(2026, 3, 1, 8, 30, tzinfo=UTC)


def shown(text: str, context: dict[str, Any] | None = None, *, dialect: str = "spec") -> str:
    """Return the value of an expression as FEEL writes it; null for a value that is not there."""
    return literal(evaluate(text, context, dialect=dialect, clock=lambda: NOW))
