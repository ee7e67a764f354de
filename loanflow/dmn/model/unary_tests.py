"""The text of a cell that tests a value (DMN 7.3.3 "LiteralExpression and UnaryTests")."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class UnaryTests:
    """What a value is compared with: ``"A","B"``, ``[2000..5000)``, ``not(null)``; empty and ``-`` accept anything."""

    text: str
    language: str | None = None
    id: str | None = None
    line: int = 1

    @property
    def accepts_anything(self) -> bool:
        """Say whether the cell is empty or a dash."""
        return self.text.strip() in ("", "-")
