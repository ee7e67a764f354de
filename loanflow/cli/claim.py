"""``loanflow claim``: take a task."""

from __future__ import annotations

import click

from loanflow.cli.options import actor, by_option, database_option, group_option, open_engine


@click.command()
@click.argument("task")
@click.option("--release", is_flag=True, help="give it back instead")
@database_option
@by_option
@group_option
def claim(task: str, release: bool, database: str, by: str, groups: tuple[str, ...]) -> None:
    """Claim TASK (its id) for --by, or give it back with --release."""
    engine = open_engine(database)
    done = engine.unclaim(task, by=actor(by, groups)) if release else engine.claim(task, by=actor(by, groups))
    click.echo(f'"{done.name}" of {done.business_key or done.case_id} is {"free again" if release else f"claimed by {done.assignee}"}')
