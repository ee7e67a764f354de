"""Every text compiles: FEEL syntax, expression languages, types; found by compiling the whole model."""

from __future__ import annotations

from collections.abc import Iterator

from loanflow.dmn.compiler import Linked
from loanflow.problems import Problem


def find(linked: Linked) -> Iterator[Problem]:
    """Yield what compiling found."""
    yield from linked.findings.problems
