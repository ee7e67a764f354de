"""``loanflow suspend``: let a case or a process stand still."""

from __future__ import annotations

import click

from loanflow.cli.options import actor, by_option, database_option, group_option, open_engine


@click.command()
@click.argument("name")
@click.option("--process", is_flag=True, help="NAME is a process (its id) or one version of it (its definition id), not a case")
@click.option("--cases", is_flag=True, help="with --process: suspend its open cases too")
@click.option("--reason", default="", help="why; it goes into the history")
@database_option
@by_option
@group_option
def suspend(name: str, process: bool, cases: bool, reason: str, database: str, by: str, groups: tuple[str, ...]) -> None:
    """Suspend the case NAME (id or business key): tasks, jobs and timers wait, messages are kept.

    A suspended process starts no cases.
    """
    engine = open_engine(database)
    if not process:
        case = engine.suspend(name, by=actor(by, groups), reason=reason)
        click.echo(f"case {case.business_key or case.id} is suspended")
        return
    for definition in engine.suspend_definition(name, by=actor(by, groups), cases=cases, reason=reason):
        click.echo(f"{definition.key} v{definition.version} is suspended")
