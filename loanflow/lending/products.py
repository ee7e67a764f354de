"""Where the shipped products' files are: beside the package in a source tree, inside it when installed."""

from __future__ import annotations

from pathlib import Path

FOLDERS = ("diagrams", "decision_tables")


def folders() -> tuple[Path, ...]:
    """Return the folders with the products' diagrams, forms and tables.

    Raises:
        FileNotFoundError: the installation is incomplete.
    """
    package = Path(__file__).resolve().parent.parent
    for base in (package / "_products", package.parent):
        if all((base / folder).is_dir() for folder in FOLDERS):
            return tuple(base / folder for folder in FOLDERS)
    raise FileNotFoundError(f"the shipped products are missing: no {' and '.join(FOLDERS)} near {package}")


def files() -> dict[str, bytes]:
    """Return the products' files, name -> bytes; the small pattern diagrams are not among them."""
    suffixes = {".bpmn", ".dmn", ".form"}
    return {path.name: path.read_bytes() for folder in folders() for path in sorted(folder.iterdir()) if path.suffix in suffixes}


def example() -> dict[str, object]:
    """Return the variables of one sample application for personal credit, as its start form would give them."""
    from loanflow.lending.applications import PERSONAL, sample_applications

    return dict(next(sample for sample in sample_applications(20) if sample.product == PERSONAL).variables)
