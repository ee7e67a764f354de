"""``loanflow retry``: try again where a case is stuck."""

from __future__ import annotations

import click

from loanflow.cli.options import actor, by_option, database_option, group_option, handlers_option, open_engine
from loanflow.cli.values import from_json, from_pairs


@click.command()
@click.argument("incident")
@click.option("--variables", default="{}", metavar="JSON", help="variables to correct first, as one JSON object")
@click.option("--set", "pairs", multiple=True, metavar="NAME=VALUE", help="one variable; may be given many times")
@click.option("--retries", default=1, show_default=True, type=click.IntRange(1), help="how many more tries a handler gets")
@handlers_option
@database_option
@by_option
@group_option
def retry(
    incident: str,
    variables: str,
    pairs: tuple[str, ...],
    retries: int,
    handler_names: tuple[str, ...],
    database: str,
    by: str,
    groups: tuple[str, ...],
) -> None:
    """Correct variables if any are given, then try INCIDENT (its id) again."""
    engine = open_engine(database, handlers=handler_names)
    corrected = {**from_json(variables), **from_pairs(pairs)}
    done = engine.resolve_incident(incident, by=actor(by, groups), variables=corrected, retries=retries)
    if handler_names:
        engine.run_due()
    click.echo(f"{done.element_id} of {done.business_key or done.case_id} is tried again")
    for standing in engine.tokens(done.case_id):
        click.echo(f"  {standing.kind:<9} {standing.element_name or standing.element_id}")
