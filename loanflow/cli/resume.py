"""``loanflow resume``: let a suspended case or process go on."""

from __future__ import annotations

import click

from loanflow.cli.options import actor, by_option, database_option, group_option, open_engine


@click.command()
@click.argument("name")
@click.option("--process", is_flag=True, help="NAME is a process (its id) or one version of it (its definition id), not a case")
@click.option("--cases", is_flag=True, help="with --process: resume its suspended cases too")
@database_option
@by_option
@group_option
def resume(name: str, process: bool, cases: bool, database: str, by: str, groups: tuple[str, ...]) -> None:
    """Resume the case NAME (id or business key); what came due meanwhile is caught up on."""
    engine = open_engine(database)
    if not process:
        case = engine.resume(name, by=actor(by, groups))
        click.echo(f"case {case.business_key or case.id} is {case.status}")
        return
    for definition in engine.resume_definition(name, by=actor(by, groups), cases=cases):
        click.echo(f"{definition.key} v{definition.version} starts cases again")
