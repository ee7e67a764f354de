"""``loanflow case``: where a case stands, what happened, and whether its history is whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from loanflow import audit
from loanflow.cli.options import database_option, open_engine
from loanflow.cli.tables import console, instant, print_table
from loanflow.engine import Engine
from loanflow.feel import json_text, to_feel


@click.command()
@click.argument("case")
@click.option("--variables", "show_variables", is_flag=True, help="also print the variables as JSON")
@click.option("--svg", type=click.Path(dir_okay=False, writable=True), help="write the process with the case's marks to this file")
@click.option(
    "--export", "target", type=click.Path(dir_okay=False, writable=True, path_type=Path), help="write the history with its proof here"
)
@click.option(
    "--verify",
    "exported",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="only check this exported history against the database; also after the case was removed",
)
@database_option
def case(case: str, show_variables: bool, svg: str | None, target: Path | None, exported: Path | None, database: str) -> None:
    """Show CASE (id or business key): where it stands, its history, and the check of its hash chain."""
    engine = open_engine(database)
    if exported is not None:
        _verify(engine, case, exported)
        return
    found = engine.case(case)
    out = console()
    out.print(
        f"[bold]{found.business_key or found.id}[/]  {found.process_key} v{found.process_version}  {found.status}"
        + (f"  {found.outcome}" if found.outcome else "")
    )
    for standing in engine.tokens(found.id):
        where = standing.element_name or standing.element_id
        out.print(f"  stands at {where} ({standing.kind}) since {instant(standing.since)}, token {standing.token}")
    history = engine.history(found.id)
    rows = ((e.seq, instant(e.at), e.actor, e.kind, e.element_name or e.element_id) for e in history)
    print_table("history", ("#", "when", "who", "what", "where"), rows, numbers=("#",))
    entries = engine.verify_audit(found.id)
    out.print(f"chain of {entries} entries is whole; head {history[-1].hash if history else '-'}")
    if show_variables:
        click.echo(json_text(to_feel(engine.variables(found.id)), indent=2))
    if target is not None:
        with engine.store.reading() as transaction:
            bundle = audit.export(transaction, found.id)
        target.write_text(json.dumps(bundle, ensure_ascii=False, indent=2), encoding="utf-8")
        out.print(f"exported to {target}")
    if svg is not None:
        from loanflow.bpmn import read
        from loanflow.drawing import Mark, MarkState, draw_process

        name, content = engine.model(found.process_definition_id)
        done = {e.element_id: Mark(state=MarkState.DONE) for e in history if e.kind == "element.completed" and e.element_id}
        current = {s.element_id: Mark(state=MarkState.CURRENT) for s in engine.tokens(found.id)}
        taken = {e.element_id for e in history if e.kind == "flow.taken" and e.element_id}
        model = read(content, file=name)
        Path(svg).write_text(draw_process(model, process_id=found.process_key, marks={**done, **current}, taken=taken, standalone=True))
        out.print(f"drawn to {svg}")


def _verify(engine: Engine, case: str, exported: Path) -> None:
    try:
        bundle: Any = json.loads(exported.read_text(encoding="utf-8"))
        named = [bundle["case"]["id"], bundle["case"]["business_key"]]
    except (ValueError, LookupError, TypeError) as error:
        raise click.ClickException(f"{exported} is no exported history: {error}") from None
    if case not in named:
        raise click.ClickException(f"{exported} is the history of case {named[0]}, not of {case}")
    with engine.store.reading() as transaction:
        entries = audit.verify_export(transaction, bundle)
    click.echo(f"{exported}: {entries} entries are whole and as the database has them; head {bundle['head']['hash']}")
