"""``loanflow decide``: a decision, its value and its reason, without an engine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from loanflow.cli.values import from_json, from_pairs


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False), metavar="FILE...")
@click.option("--decision", "name", help="name or id of the decision; needed where the files hold several")
@click.option("--input", "inputs", default="{}", metavar="JSON", help="input values as one JSON object, such as '{\"score\": 71}'")
@click.option("--set", "pairs", multiple=True, metavar="NAME=VALUE", help="one input value; may be given many times")
@click.option("--explain", is_flag=True, help="show every cell: which held, which did not, which were never looked at")
@click.option("--lang", type=click.Choice(["zh", "en"]), default="en", help="language of the explanation")
def decide(files: tuple[str, ...], name: str | None, inputs: str, pairs: tuple[str, ...], explain: bool, lang: str) -> None:
    """Evaluate one decision of DMN FILEs and print its value as JSON.

    \b
      loanflow decide decision_tables/approval_route.dmn --set score=71 --explain
    """
    from loanflow.dmn import load
    from loanflow.feel import to_feel, to_json

    model = load(*[Path(file) for file in files])
    names = {d.id: d.name for d in model.decisions}
    if name is None:
        if len(names) != 1:
            raise click.UsageError("choose one with --decision: " + ", ".join(sorted(names)))
        name = next(iter(names))
    elif name not in names and name not in names.values():
        raise click.UsageError(f"there is no decision {name!r}; there are: " + ", ".join(sorted(names)))
    result = model.evaluate(name, {**from_json(inputs), **from_pairs(pairs)}, trace=explain)
    for problem in result.problems:
        click.echo(str(problem), err=True)
    if explain and result.trace is not None:
        from loanflow.cli.explain import print_trace

        print_trace(result.trace, lang=lang)
    value: Any = to_json(to_feel(result.value))
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))
