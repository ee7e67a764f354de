"""``loanflow complete``: finish a task."""

from __future__ import annotations

import click

from loanflow.cli.options import actor, by_option, database_option, group_option, handlers_option, open_engine
from loanflow.cli.values import from_json, from_pairs


@click.command()
@click.argument("task")
@click.option("--variables", default="{}", metavar="JSON", help="what the form's fields get, as one JSON object")
@click.option("--set", "pairs", multiple=True, metavar="NAME=VALUE", help="one field; may be given many times")
@handlers_option
@database_option
@by_option
@group_option
def complete(
    task: str, variables: str, pairs: tuple[str, ...], handler_names: tuple[str, ...], database: str, by: str, groups: tuple[str, ...]
) -> None:
    """Complete TASK (its id) with the values its form asks for; the form is checked as in the browser."""
    engine = open_engine(database, handlers=handler_names)
    done = engine.complete(task, {**from_json(variables), **from_pairs(pairs)}, by=actor(by, groups), validate=True)
    if handler_names:
        engine.run_due()
    click.echo(f'"{done.name}" of {done.business_key or done.case_id} is done')
    for standing in engine.tokens(done.case_id):
        click.echo(f"  {standing.kind:<9} {standing.element_name or standing.element_id}")
