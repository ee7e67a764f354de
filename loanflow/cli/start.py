"""``loanflow start``: open a case."""

from __future__ import annotations

import click

from loanflow.cli.options import actor, by_option, database_option, group_option, handlers_option, open_engine
from loanflow.cli.values import from_json, from_pairs


@click.command()
@click.argument("process")
@click.option("--key", help="the business key, such as the application's number")
@click.option("--variables", default="{}", metavar="JSON", help="variables as one JSON object, such as '{\"amount\": 80000}'")
@click.option("--set", "pairs", multiple=True, metavar="NAME=VALUE", help="one variable; may be given many times")
@click.option("--run/--no-run", default=True, help="run what is due at once, as a worker would, if --handlers are given")
@handlers_option
@database_option
@by_option
@group_option
def start(
    process: str,
    key: str | None,
    variables: str,
    pairs: tuple[str, ...],
    run: bool,
    handler_names: tuple[str, ...],
    database: str,
    by: str,
    groups: tuple[str, ...],
) -> None:
    """Start a case of PROCESS (its id in the diagram) on the newest deployed version.

    \b
      loanflow start personal-credit --key LN-1042 --set amount=80000 --group officer
    """
    engine = open_engine(database, handlers=handler_names)
    case = engine.start(process, key=key, variables={**from_json(variables), **from_pairs(pairs)}, by=actor(by, groups))
    if run and handler_names:
        engine.run_due()
    click.echo(f"case {case.id}" + (f" ({case.business_key})" if case.business_key else ""))
    for standing in engine.tokens(case.id):
        click.echo(f"  {standing.kind:<9} {standing.element_name or standing.element_id}")
    if not handler_names and any(standing.kind == "job" for standing in engine.tokens(case.id)):
        click.echo("  automatic work waits for a worker: loanflow worker --handlers MODULE:NAME")
