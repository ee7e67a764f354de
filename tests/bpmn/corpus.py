"""Diagrams that other people drew, where they stand beside the project."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHARED = ROOT / ".." / "shared"


def diagrams(*folders: str) -> list[Path]:
    """Return every ``.bpmn`` file under the folders of ``../shared``; none where it is absent."""
    return sorted(path for folder in folders for path in (SHARED / folder).rglob("*.bpmn"))


def named(path: Path) -> str:
    """Return a short name for test ids."""
    return "/".join(path.parts[-2:])


needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="../shared with other people's diagrams is absent")
