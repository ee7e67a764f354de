"""For all tests: the plugin under test, by its entry point or, in a bare source tree, by name; no example has a deadline."""

from __future__ import annotations

from importlib.metadata import entry_points

from hypothesis import settings

_INSTALLED = any(entry.value == "loanflow.testing.plugin" for entry in entry_points(group="pytest11"))

pytest_plugins: list[str] = [] if _INSTALLED else ["loanflow.testing.plugin"]

# Machines are noisy: how long an example takes proves nothing.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
