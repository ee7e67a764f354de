"""The name an analyst probably meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest_hint(name: str, known: Iterable[str], *, otherwise: str) -> str:
    """Return a hint that names the closest known name, or ``otherwise`` where none is close."""
    close = get_close_matches(name, sorted(known), n=1, cutoff=0.6)
    return f"did you mean {close[0]}?" if close else otherwise
