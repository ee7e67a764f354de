"""The ``loanflow`` command: a file per command, each the same verb as the library's and the service's.

Read `main.py` first. Commands import what they need when they run, so that ``loanflow check`` starts fast and needs no database.
"""

from loanflow.cli.main import main

__all__ = ["main"]
