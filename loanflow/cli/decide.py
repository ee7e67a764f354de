"""``loanflow decide``: a decision, its value and its reason, without an engine."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import click

from loanflow.cli.values import at_option, from_json, from_pairs
from loanflow.clock import SystemClock
from loanflow.dmn import DecisionModel, DecisionResult


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False), metavar="FILE...")
@click.option("--decision", "name", help="name or id of the decision; needed where the files hold several")
@click.option("--input", "inputs", default="{}", metavar="JSON", help="input values as one JSON object, such as '{\"score\": 71}'")
@click.option("--set", "pairs", multiple=True, metavar="NAME=VALUE", help="one input value; may be given many times")
@at_option
@click.option("--explain", is_flag=True, help="show why: every cell, the rules hit, the nearest rule that missed and what blocked it")
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "json", "html"]),
    default="text",
    help="of the explanation: a table for the terminal, JSON (value, trace, problems), or a page to keep",
)
@click.option("--lang", type=click.Choice(["zh", "en"]), default="en", help="language of the explanation")
def decide(
    files: tuple[str, ...],
    name: str | None,
    inputs: str,
    pairs: tuple[str, ...],
    at: datetime | None,
    explain: bool,
    style: str,
    lang: str,
) -> None:
    """Evaluate one decision of DMN FILEs and print its value as JSON; exit status 1 when it has none because something failed.

    \b
      loanflow decide decision_tables/approval_route.dmn --decision approval_route --set score=71 --explain
      loanflow decide decision_tables/approval_route.dmn --decision approval_route --set score=71 --format html > why.html
    """
    from loanflow.dmn import load

    model = load(*[Path(file) for file in files])
    name = _chosen(model, name)
    moment = at or SystemClock().now()
    given = {**from_json(inputs), **from_pairs(pairs)}
    result = model.evaluate(name, given, clock=lambda: moment, trace=explain or style != "text")
    _print(model, result, style, lang)
    if result.failed:
        raise SystemExit(1)


def _chosen(model: DecisionModel, name: str | None) -> str:
    names = {decision.id: decision.name for decision in model.decisions}
    if name is None:
        if len(names) != 1:
            raise click.UsageError("choose one with --decision: " + _listed(names))
        return next(iter(names))
    if name not in names and name not in names.values():
        raise click.UsageError(f"there is no decision {name!r}; there are: " + _listed(names))
    return name


def _listed(names: dict[str, str]) -> str:
    """Return ids, each with its name where that is another."""
    return ", ".join(one if names[one] in ("", one) else f"{one} ({names[one]})" for one in sorted(names))


def _print(model: DecisionModel, result: DecisionResult, style: str, lang: str) -> None:
    language = "zh" if lang == "zh" else "en"
    match style:
        case "html":
            from loanflow.drawing import draw_explanation_page

            assert result.trace is not None
            click.echo(draw_explanation_page(result.trace, model.models, language=language), nl=False)
        case "json":
            assert result.trace is not None
            trace = json.dumps(result.trace.to_dict(), ensure_ascii=False)
            problems = json.dumps([problem.to_dict() for problem in result.problems], ensure_ascii=False)
            click.echo(f'{{"value": {_value(result)}, "trace": {trace}, "problems": {problems}}}')
        case _:
            for problem in result.problems:
                click.echo(str(problem), err=True)
            if result.trace is not None:
                from loanflow.cli.explain import print_trace

                print_trace(result.trace, lang=language)
            click.echo(_value(result, indent=2))


def _value(result: DecisionResult, *, indent: int | None = None) -> str:
    from loanflow.feel import json_text, to_feel

    return json_text(to_feel(result.value), indent=indent)
