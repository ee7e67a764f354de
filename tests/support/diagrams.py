"""Small diagrams, as Camunda Modeler saves them."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parents[1] / "engine" / "diagrams"


def diagram(*names: str) -> dict[str, bytes]:
    """Return diagrams by file name, ready to deploy."""
    return {name: (FOLDER / name).read_bytes() for name in names}
