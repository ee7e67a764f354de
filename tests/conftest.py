"""The plugin under test, once: by its entry point where LoanFlow is installed, by name in a bare source tree."""

from __future__ import annotations

from importlib.metadata import entry_points

_INSTALLED = any(entry.value == "loanflow.testing.plugin" for entry in entry_points(group="pytest11"))

pytest_plugins: list[str] = [] if _INSTALLED else ["loanflow.testing.plugin"]
