"""What every boxed expression has, and the simplest one: a text (DMN 7.3.1 "Expression", 7.3.3 "LiteralExpression")."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Expression:
    """What every boxed expression has: an id, the name of the type of its value, a label, its line in the file."""

    id: str | None = None
    type_ref: str | None = None
    label: str | None = None
    line: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class LiteralExpression(Expression):
    """Text in an expression language; ``language`` None means the model's, which is FEEL unless it says otherwise."""

    text: str
    language: str | None = None
