"""Why not: the answer of every ``can_...()``, in words and with a stable code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from loanflow.errors import CommandError


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a command would be refused now; ``code`` names the rule, ``zh`` is the message in Chinese where there is one."""

    code: str
    message: str
    zh: str | None = None

    @classmethod
    def of(cls, error: CommandError) -> Self:
        """Return what a refused command said."""
        return cls(code=error.code, message=str(error), zh=error.zh)

    def text(self, language: str = "en") -> str:
        """Return the message in a language (``en``, ``zh-CN``), in English where it has no other."""
        return self.zh if self.zh is not None and language.startswith("zh") else self.message


def refusal_of(check: Callable[[], object]) -> Refusal | None:
    """Return why a check refuses, or None where it does not."""
    try:
        check()
    except CommandError as error:
        return Refusal.of(error)
    return None
