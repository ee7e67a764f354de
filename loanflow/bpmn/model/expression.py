"""Texts that are computed, and which version of a thing a reference means."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Language(StrEnum):
    """What an expression's text is written in; the dialect and the marks ``=`` and ``${}`` decide."""

    FEEL = "feel"
    JUEL = "juel"
    LITERAL = "literal"
    """Plain text, taken as it stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expression:
    """A text of the model with its language; ``text`` is without the leading ``=`` for FEEL, whole for JUEL."""

    text: str
    language: Language
    line: int | None = None

    @property
    def is_literal(self) -> bool:
        """Whether the text is its own value."""
        return self.language is Language.LITERAL


class BindingKind(StrEnum):
    """Which version of a decision, form or process a reference means."""

    LATEST = "latest"
    DEPLOYMENT = "deployment"
    VERSION = "version"
    VERSION_TAG = "versionTag"


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """A binding and the version number or tag it names; ``value`` is None for latest and deployment."""

    kind: BindingKind = BindingKind.LATEST
    value: Expression | None = None


LATEST = Binding()
"""What a reference means that says nothing of a version."""
