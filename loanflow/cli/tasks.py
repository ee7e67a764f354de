"""``loanflow tasks``: what waits for people."""

from __future__ import annotations

import click

from loanflow.cli.options import actor, by_option, database_option, group_option, open_engine
from loanflow.cli.tables import instant, print_table
from loanflow.engine import Scope, TaskQuery


@click.command()
@click.option("--process", help="only tasks of this process")
@click.option("--mine", is_flag=True, help="only tasks that --by may work on, directly or through --group")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 200))
@database_option
@by_option
@group_option
def tasks(process: str | None, mine: bool, limit: int, database: str, by: str, groups: tuple[str, ...]) -> None:
    """List open tasks, earliest due first."""
    engine = open_engine(database)
    who = actor(by, groups)
    scope = Scope.MINE_AND_CLAIMABLE if mine else Scope.ALL
    found = engine.tasks(TaskQuery(scope=scope, user=who.id, groups=who.groups, process_key=process, limit=limit)).items
    if not found:
        click.echo("no open tasks")
        return
    now = engine.now()
    rows = (
        (
            t.id,
            t.name,
            t.business_key or t.case_id,
            t.assignee or "·".join(t.candidate_groups + t.candidate_users),
            instant(t.due_at) + (" overdue" if t.due_at and t.due_at < now else ""),
        )
        for t in found
    )
    print_table(f"{len(found)} open tasks", ("task", "name", "case", "who", "due"), rows)
