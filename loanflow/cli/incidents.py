"""``loanflow incidents``: where cases are stuck, and why."""

from __future__ import annotations

import click

from loanflow.cli.options import database_option, open_engine
from loanflow.cli.tables import instant, print_table
from loanflow.feel import json_text, to_feel


@click.command()
@click.argument("case", required=False)
@click.option("--variables", "show_variables", is_flag=True, help="also print what each stuck token sees, as JSON")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 200))
@database_option
def incidents(case: str | None, show_variables: bool, limit: int, database: str) -> None:
    """List open incidents, oldest first: of CASE (id or business key), or of all cases."""
    engine = open_engine(database)
    found = engine.incidents(case, limit=limit)
    if not found:
        click.echo("no open incidents")
        return
    rows = ((i.id, i.business_key or i.case_id, i.element_id, i.code, i.message, instant(i.created_at)) for i in found)
    print_table(f"{len(found)} open incidents", ("incident", "case", "element", "code", "cause", "since"), rows)
    if show_variables:
        for incident in found:
            click.echo(json_text(to_feel({incident.id: engine.incident_variables(incident.id)}), indent=2))
