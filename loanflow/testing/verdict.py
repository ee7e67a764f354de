"""What an assertion about a case answers: true or false, and in a failing test the place where the case stands."""

from __future__ import annotations


class Verdict:
    """A truth with its reason: pytest shows the reason where ``assert`` fails."""

    __slots__ = ("_holds", "_words")

    def __init__(self, holds: bool, words: str) -> None:
        self._holds = holds
        self._words = words

    def __bool__(self) -> bool:
        return self._holds

    def __repr__(self) -> str:
        return f"<{self._holds}: {self._words}>"
