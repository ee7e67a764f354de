"""``loanflow resolve``: take as done by hand what a handler could not do."""

from __future__ import annotations

import click

from loanflow.cli.options import actor, by_option, database_option, group_option, open_engine
from loanflow.cli.values import from_json, from_pairs


@click.command()
@click.argument("incident")
@click.option("--outputs", default="{}", metavar="JSON", help="what the handler would have given, as one JSON object")
@click.option("--set", "pairs", multiple=True, metavar="NAME=VALUE", help="one output; may be given many times")
@click.option("--reason", default="", help="what was done, and why; it goes into the history")
@database_option
@by_option
@group_option
def resolve(incident: str, outputs: str, pairs: tuple[str, ...], reason: str, database: str, by: str, groups: tuple[str, ...]) -> None:
    """Take the work of INCIDENT (its id) as done by hand and let the case go on; to try again, use ``loanflow retry``."""
    engine = open_engine(database)
    given = {**from_json(outputs), **from_pairs(pairs)}
    done = engine.complete_incident(incident, given, by=actor(by, groups), reason=reason)
    click.echo(f"{done.element_id} of {done.business_key or done.case_id} is done by hand")
    for standing in engine.tokens(done.case_id):
        click.echo(f"  {standing.kind:<9} {standing.element_name or standing.element_id}")
