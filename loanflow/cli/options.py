"""What most commands share: which database, who commands, and how results are printed."""

from __future__ import annotations

import getpass
import importlib
import os
import sys
from pathlib import Path

import click

from loanflow.engine import Actor, Engine, Handlers

database_option = click.option(
    "--database",
    envvar="LOANFLOW_DATABASE",
    default="sqlite:///loanflow.db",
    show_default=True,
    metavar="URL",
    help="the SQLAlchemy URL of the case database; also from LOANFLOW_DATABASE",
)
by_option = click.option(
    "--by",
    envvar="LOANFLOW_USER",
    default=getpass.getuser,
    show_default="your login name",
    metavar="USER",
    help="who commands; it goes into the history",
)
group_option = click.option("--group", "groups", multiple=True, metavar="GROUP", help="a group of --by; may be given many times")
handlers_option = click.option(
    "--handlers",
    "handler_names",
    multiple=True,
    metavar="MODULE:NAME",
    envvar="LOANFLOW_HANDLERS",
    help="a loanflow.Handlers object to load, such as bank.flows:handlers; may be given many times",
)


def open_engine(database: str, *, handlers: tuple[str, ...] = (), check: bool = True) -> Engine:
    """Return an engine over a database; the default file is made on first use.

    Without handlers the engine runs in ``remote`` mode: automatic work waits for a worker that has them.
    """
    loaded = [load_handlers(name) for name in handlers]
    fresh = database.startswith("sqlite:///") and not Path(database.removeprefix("sqlite:///")).exists()
    if fresh:
        Path(database.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    engine = Engine(database, handlers=loaded, remote=not loaded)
    if fresh:
        engine.upgrade_database()
    elif check:
        engine.check_schema()
    return engine


def load_handlers(name: str) -> Handlers:
    """Return the object that ``module:name`` means.

    Raises:
        click.BadParameter: there is no such module or name, or it is no ``Handlers``.
    """
    module_name, _, attribute = name.partition(":")
    if os.getcwd() not in sys.path:
        # As python -m does: the project in the current folder can be named.
        sys.path.insert(0, os.getcwd())
    try:
        found = getattr(importlib.import_module(module_name), attribute or "handlers")
    except (ImportError, AttributeError) as error:
        raise click.BadParameter(f"{name}: {error}") from None
    if not isinstance(found, Handlers):
        raise click.BadParameter(f"{name} is {type(found).__name__}, not loanflow.Handlers")
    return found


def actor(by: str, groups: tuple[str, ...]) -> Actor:
    """Return who commands from the command line."""
    return Actor(by, groups=groups, source="cli")
