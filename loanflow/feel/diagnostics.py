"""Why a result is null: FEEL never raises on data, it gives null, and we keep the reasons."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NullReason:
    """One place where a value became null.

    ``code`` is stable (``feel/unknown-name``); ``start`` and ``end`` are offsets into the expression's text,
    None where the place is not known (inside a built-in).
    """

    code: str
    message: str
    start: int | None = None
    end: int | None = None

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


MAX_REASONS = 100
