"""The command group: finds a command's file by its name, and turns refusals into one clear line."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import click

from loanflow.errors import LoanFlowError, ProblemsError

COMMANDS = (
    "init",
    "check",
    "rehearse",
    "deploy",
    "start",
    "tasks",
    "claim",
    "complete",
    "case",
    "approval",
    "modify",
    "suspend",
    "resume",
    "cancel",
    "incidents",
    "retry",
    "resolve",
    "migrate",
    "decide",
    "test",
    "export",
    "worker",
    "serve",
    "database",
    "clean-history",
    "demo",
)


class Commands(click.Group):
    """Loads a command only when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order of a first journey."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command by name, or None."""
        if cmd_name not in COMMANDS:
            return None
        name = cmd_name.replace("-", "_")
        command = getattr(importlib.import_module(f"loanflow.cli.{name}"), name)
        assert isinstance(command, click.Command)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what LoanFlow refuses ends in one message and exit status 1, never in a traceback."""
        try:
            return super().invoke(ctx)
        except ProblemsError as error:
            for problem in error.problems:
                click.echo(str(problem), err=True)
            sys.exit(1)
        except LoanFlowError as error:
            click.echo(f"loanflow: {error}", err=True)
            sys.exit(1)


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="loanflow", prog_name="loanflow")
def main() -> None:
    """Loan approval as drawn: check, deploy and run processes, rules and forms from Camunda Modeler.

    A first journey:

    \b
      loanflow init my-loans            a folder with a process, a table and forms to edit in Camunda Modeler
      loanflow check my-loans           what is wrong, where, and how to mend it; needs no database
      loanflow rehearse my-loans        play it through in memory: which ways are taken, what is never reached
      loanflow deploy my-loans          install all files together, or none
      loanflow start personal-credit --set amount=80000
      loanflow tasks                    what waits for people
      loanflow serve                    the same in a browser

    Every command that needs a database takes --database (or LOANFLOW_DATABASE); the default is the file
    loanflow.db in the current folder, made when it is first needed.
    """
