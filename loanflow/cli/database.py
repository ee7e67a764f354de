"""``loanflow database``: the tables LoanFlow needs, and whether they are there."""

from __future__ import annotations

import click

from loanflow.cli.options import database_option, open_engine
from loanflow.store import migrations


@click.group()
def database() -> None:
    """Make and upgrade the tables; nothing else in your database is touched."""


@database.command()
@database_option
def upgrade(database: str) -> None:
    """Bring the tables to this release; does nothing where they are up to date."""
    engine = open_engine(database, check=False)
    before = migrations.current_revision(engine.store)
    engine.upgrade_database()
    after = migrations.current_revision(engine.store)
    click.echo(f"the tables are at revision {after}" + (", as before" if before == after else f", from {before or 'nothing'}"))


@database.command()
@database_option
def revision(database: str) -> None:
    """Print which revision the tables have; exit status 1 where it is not this release's."""
    engine = open_engine(database, check=False)
    click.echo(migrations.current_revision(engine.store) or "no tables yet")
    engine.check_schema()
