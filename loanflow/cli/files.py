"""From the paths on a command line to the model files in them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

SUFFIXES = (".bpmn", ".dmn", ".form")


def collect(paths: Iterable[str]) -> dict[str, bytes]:
    """Return path -> bytes: files as named, and the model files inside folders, sorted by name.

    Raises:
        click.ClickException: a path does not exist or cannot be read.
    """
    found: dict[str, bytes] = {}
    for text in paths:
        path = Path(text)
        if path.is_dir():
            chosen = sorted(
                p for p in path.rglob("*") if p.suffix in SUFFIXES and p.is_file() and not any(part.startswith(".") for part in p.parts[1:])
            )
        elif path.exists():
            chosen = [path]
        else:
            raise click.ClickException(f"{text}: there is no such file or folder")
        for file in chosen:
            try:
                found[str(file)] = file.read_bytes()
            except OSError as error:
                raise click.ClickException(f"{file}: cannot be read: {error.strerror}") from None
    if not found:
        raise click.ClickException(f"no {', '.join(SUFFIXES)} files in {', '.join(paths)}")
    return found
