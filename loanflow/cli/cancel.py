"""``loanflow cancel``: end a case, or every case of a process, as it stands."""

from __future__ import annotations

import click

from loanflow.cli.options import actor, by_option, database_option, group_option, open_engine


@click.command()
@click.argument("name")
@click.option("--process", is_flag=True, help="NAME is a process (its id) or one version of it (its definition id), not a case")
@click.option("--reason", default="", help="why; it goes into the history")
@database_option
@by_option
@group_option
def cancel(name: str, process: bool, reason: str, database: str, by: str, groups: tuple[str, ...]) -> None:
    """Cancel the case NAME (id or business key); its tasks, jobs and timers go.

    With --process all open cases of a process are cancelled, and it starts no more.
    """
    engine = open_engine(database)
    if not process:
        case = engine.cancel_case(name, by=actor(by, groups), reason=reason)
        click.echo(f"case {case.business_key or case.id} is cancelled")
        return
    for definition in engine.cancel_definition(name, by=actor(by, groups), reason=reason):
        click.echo(f"{definition.key} v{definition.version} is suspended and its cases are cancelled")
