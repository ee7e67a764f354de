"""``loanflow deploy``: install model files, all or none."""

from __future__ import annotations

import click

from loanflow.cli.files import collect
from loanflow.cli.options import actor, by_option, database_option, open_engine


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@database_option
@by_option
def deploy(paths: tuple[str, ...], database: str, by: str) -> None:
    """Check the BPMN, DMN and form files in PATHs together and install those that changed.

    One error in one file and nothing is installed. Running cases keep the version they were started with.
    """
    engine = open_engine(database)
    from pathlib import Path

    files: dict[str, bytes] = {}
    for path, content in collect(paths).items():
        name = Path(path).name
        if name in files and files[name] != content:
            raise click.ClickException(f"two different files are called {name}; deploy them under different names")
        files[name] = content
    click.echo(str(engine.deploy(files, by=actor(by, ()))))
