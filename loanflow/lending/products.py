"""The shipped loan products as files: diagrams, forms and decision tables, byte for byte as Camunda Modeler saved them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from loanflow.lending.applications import PERSONAL, sample_applications

_SUFFIXES = {"diagrams": (".bpmn", ".form"), "decision_tables": (".dmn",)}


def files() -> dict[str, bytes]:
    """Return both products, name -> bytes, as ``Engine.deploy`` takes them.

    >>> sorted(name for name in files() if name.endswith(".bpmn"))
    ['enterprise-credit.bpmn', 'personal-credit.bpmn']

    Raises:
        FileNotFoundError: this installation was made without them.
    """
    home = _home()
    return {
        path.name: path.read_bytes()
        for folder, suffixes in _SUFFIXES.items()
        for path in sorted((home / folder).iterdir())
        if path.suffix in suffixes
    }


def example() -> dict[str, Any]:
    """Return the form of a personal credit application, filled in by somebody who does not exist."""
    return dict(next(sample for sample in sample_applications() if sample.product == PERSONAL).variables)


def _home() -> Path:
    package = Path(__file__).parents[1]
    # In an installed package the files travel inside it; in a source tree they lie beside it, where analysts look.
    for place in (package / "_products", package.parent):
        if (place / "diagrams").is_dir() and (place / "decision_tables").is_dir():
            return place
    raise FileNotFoundError("the shipped products are missing: neither loanflow/_products nor diagrams/ beside the package is there")
