"""``loanflow complete``: finish a task."""

from __future__ import annotations

import click

from loanflow.cli.options import actor, by_option, database_option, group_option, handlers_option, open_engine
from loanflow.cli.values import from_json, from_pairs
from loanflow.records import TaskStatus


@click.command()
@click.argument("task")
@click.option("--variables", default="{}", metavar="JSON", help="what the form's fields get, as one JSON object")
@click.option("--set", "pairs", multiple=True, metavar="NAME=VALUE", help="one field; may be given many times")
@click.option("--error", metavar="CODE", help="leave it by the error event that catches CODE instead")
@click.option("--escalation", metavar="CODE", help="tell whoever catches CODE instead; the task may stay open")
@handlers_option
@database_option
@by_option
@group_option
def complete(
    task: str,
    variables: str,
    pairs: tuple[str, ...],
    error: str | None,
    escalation: str | None,
    handler_names: tuple[str, ...],
    database: str,
    by: str,
    groups: tuple[str, ...],
) -> None:
    """Complete TASK (its id) with the values its form asks for; the form is checked as in the browser."""
    if error is not None and escalation is not None:
        raise click.UsageError("--error and --escalation exclude each other")
    engine = open_engine(database, handlers=handler_names)
    values, who = {**from_json(variables), **from_pairs(pairs)}, actor(by, groups)
    if error is not None:
        done = engine.throw_error(task, error, variables=values, by=who)
    elif escalation is not None:
        done = engine.throw_escalation(task, escalation, values, by=who)
    else:
        done = engine.complete(task, values, by=who, validate=True)
    if handler_names:
        engine.run_due()
    click.echo(f'"{done.name}" of {done.business_key or done.case_id} is {"still open" if done.status is TaskStatus.OPEN else "done"}')
    for standing in engine.tokens(done.case_id):
        click.echo(f"  {standing.kind:<9} {standing.element_name or standing.element_id}")
