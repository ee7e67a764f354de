"""``loanflow demo``: the shipped products at work, from sample applications to a report, then in the browser."""

from __future__ import annotations

from pathlib import Path

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from loanflow.cli.options import database_option
from loanflow.cli.tables import console
from loanflow.engine import Engine
from loanflow.lending import DemoReport, connectors, demo_clock, products, tell
from loanflow.lending import demo as bank


@click.command()
@database_option
@click.option("--count", default=200, show_default=True, type=click.IntRange(1, 200), help="how many sample applications")
@click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="language of the case told in full")
@click.option("--serve/--no-serve", "serving", default=True, help="serve the task list afterwards")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65535))
def demo(database: str, count: int, lang: str, serving: bool, host: str, port: int) -> None:
    """Check and deploy the shipped loan products, run sample applications through them, and report.

    People, bureau and payments are simulated; diagrams, tables, forms, engine and database are not. A second run
    finds its cases again and adds none.
    """
    out = console()
    if database.startswith("sqlite:///"):
        Path(database.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    clock = demo_clock(count=count)
    handlers = connectors()
    # The tables come first: an engine looks at what is deployed as soon as it is made.
    engine = Engine(database, handlers=[handlers], clock=clock)
    engine.upgrade_database()
    report = engine.deploy(products.files(), by="demo")
    out.print(f"{len(report.new)} definitions deployed, {len(report.unchanged)} unchanged, {len(report.warnings)} warnings")
    for warning in report.warnings:
        click.echo(str(warning))
    bar = Progress(TextColumn("applications"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=out)
    from loanflow.clock import SystemClock

    with bar:
        job = bar.add_task("applications", total=count)
        figures = bank.run(
            engine, lambda done, total: bar.update(job, completed=done, total=total), count=count, clock=clock, until=SystemClock().now()
        )
    out.print(_table(figures))
    if figures.worked:
        out.print(f"{figures.worked} cases moved in {figures.seconds:.1f} s: {figures.cases_per_second:.1f} cases per second")
    else:
        out.print("every case was where this run would have left it: nothing was started or moved")
    told = _case_to_tell(engine)
    if told:
        out.print()
        out.print(tell(engine, told, lang="en" if lang == "en" else "zh"), markup=False)
    engine.close()
    if serving:
        import loanflow_web

        loanflow_web.serve(Engine(database, handlers=[connectors()]), host=host, port=port)


def _table(report: DemoReport) -> Table:
    table = Table(title=f"{report.applications} applications", title_justify="left", title_style="bold")
    for column in (
        "product",
        "applications",
        "auto-approved",
        "approved by people",
        "declined",
        "withdrawn",
        "returned",
        "still open",
        "median steps",
    ):
        table.add_column(column, justify="left" if column == "product" else "right")
    for p in report.products:
        numbers = (p.applications, p.auto_approved, p.approved_by_people, p.declined, p.withdrawn, p.returned, p.still_open)
        table.add_row(f"{p.name} {p.name_en}", *(str(n) for n in numbers), f"{p.median_steps:g}")
    return table


def _case_to_tell(engine: Engine) -> str | None:
    """Return the ended case whose story has the most people in it: it says most about the products."""
    ended = engine.cases(status="ended", limit=100).items
    if not ended:
        return None
    return max(ended, key=lambda case: (len({e.actor for e in engine.history(case.id)}), case.id)).id
