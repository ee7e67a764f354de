"""The name an analyst probably meant."""

from __future__ import annotations

from collections.abc import Iterable

from loanflow.problems import nearest


def nearest_hint(name: str, known: Iterable[str], *, otherwise: str) -> str:
    """Return a hint that names the closest known name, or ``otherwise`` where none is close."""
    close = nearest(name, known)
    return f"did you mean {close}?" if close else otherwise
