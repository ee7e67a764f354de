"""``loanflow migrate``: open cases taken to another version of their process, and back.

Case migrations only; the tables of the database change by ``loanflow database upgrade``.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from loanflow.cli.options import actor, by_option, database_option, handlers_option, open_engine
from loanflow.cli.tables import console, instant, print_table

if TYPE_CHECKING:
    from loanflow.engine import CaseMigrationPlan, CaseMigrationReport
    from loanflow.records import CaseMigration

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

_VERDICTS = {"safe": "safe", "needs-mapping": "needs a mapping", "impossible": "impossible"}


@click.group()
def migrate() -> None:
    """Take open cases to another version of their process.

    Versions are named KEY:NUMBER, KEY:TAG, KEY (the newest) or by definition id.

    \b
      loanflow migrate plan credit:3 credit:4        what would become of every open case; changes nothing
      loanflow migrate run credit:3 credit:4         take them over; Ctrl-C pauses
      loanflow migrate status                        the latest runs
      loanflow migrate revert RUN                    cases that have not moved since go back
    """


def _mapping_options(command: Decorated) -> Decorated:
    command = click.option(
        "--map", "pairs", multiple=True, metavar="OLD=NEW", help="this element goes on as that one; OLD= cancels the tokens that wait there"
    )(command)
    return click.option(
        "--mapping",
        "mapping_file",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        metavar="FILE",
        help="a JSON object of such pairs (null cancels), or a plan as --format json prints it",
    )(command)


@migrate.command()
@click.argument("old")
@click.argument("new")
@_mapping_options
@click.option("--format", "style", type=click.Choice(["text", "json"]), default="text", help="text for people, json for programs")
@handlers_option
@database_option
def plan(
    old: str,
    new: str,
    pairs: tuple[str, ...],
    mapping_file: Path | None,
    style: str,
    handler_names: tuple[str, ...],
    database: str,
) -> None:
    """Say what migrating the open cases of OLD to NEW would mean: safe, needs a mapping, or impossible, each with reasons.

    Nothing is changed. Elements are paired as given, else by id, else by similarity.
    """
    engine = open_engine(database, handlers=handler_names)
    found = engine.plan_case_migration(old, new, _mapping(mapping_file, pairs))
    if style == "json":
        click.echo(json.dumps(found.to_dict(), ensure_ascii=False, indent=2))
    else:
        _print_plan(found)


@migrate.command()
@click.argument("old")
@click.argument("new")
@_mapping_options
@click.option("--reason", help="why; it goes into every case's history")
@click.option("--batch", type=click.IntRange(1, 10_000), default=100, show_default=True, help="say how far it is after so many cases")
@handlers_option
@database_option
@by_option
def run(
    old: str,
    new: str,
    pairs: tuple[str, ...],
    mapping_file: Path | None,
    reason: str | None,
    batch: int,
    handler_names: tuple[str, ...],
    database: str,
    by: str,
) -> None:
    """Migrate the open cases of OLD to NEW, each in a transaction of its own; cases that cannot go stay where they are.

    Ctrl-C pauses after the case at hand. A run that was paused or killed goes on with ``loanflow migrate resume``.
    """
    engine = open_engine(database, handlers=handler_names)
    who = actor(by, ())
    begun = engine.begin_case_migration(old, new, _mapping(mapping_file, pairs), by=who, reason=reason)
    click.echo(f"run {begun.id}: {old} to {new}, {begun.total} open cases")
    _carry_on(engine, begun, who, batch)


@migrate.command()
@click.argument("migration", metavar="RUN")
@click.option("--batch", type=click.IntRange(1, 10_000), default=100, show_default=True, help="say how far it is after so many cases")
@handlers_option
@database_option
@by_option
def resume(migration: str, batch: int, handler_names: tuple[str, ...], database: str, by: str) -> None:
    """Go on with RUN behind the last case it has done."""
    engine = open_engine(database, handlers=handler_names)
    _carry_on(engine, engine.case_migration(migration).migration, actor(by, ()), batch)


@migrate.command()
@click.argument("migration", metavar="RUN")
@database_option
@by_option
def pause(migration: str, database: str, by: str) -> None:
    """Stop RUN before its next case, wherever it runs."""
    paused = open_engine(database).pause_case_migration(migration, by=actor(by, ()))
    click.echo(f"run {paused.id} is {paused.status}")


@migrate.command()
@click.argument("migration", metavar="[RUN]", required=False)
@database_option
def status(migration: str | None, database: str) -> None:
    """Show the latest runs, or what RUN has done and why it left cases out."""
    engine = open_engine(database)
    if migration is not None:
        _print_report(engine.case_migration(migration))
        return
    runs = engine.case_migrations()
    rows = (
        (found.id, _way(engine, found), found.status, found.total, instant(found.started_at), found.started_by, found.reason)
        for found in runs
    )
    print_table("case migrations", ("run", "versions", "status", "cases", "begun", "by", "reason"), rows, numbers=("cases",))


@migrate.command()
@click.argument("migration", metavar="RUN")
@database_option
@by_option
def revert(migration: str, database: str, by: str) -> None:
    """Return the cases of RUN to the state they were in before, unless they have moved since."""
    engine = open_engine(database)

    def tell(report: CaseMigrationReport) -> None:
        click.echo(f"  {_counted(report)}")

    _print_report(engine.revert_case_migration(migration, by=actor(by, ()), progress=tell))


@migrate.command()
@click.argument("migration", metavar="RUN")
@database_option
@by_option
def forget(migration: str, database: str, by: str) -> None:
    """Give up the way back of RUN: drop the states of cases that it keeps, with the variables in them."""
    dropped = open_engine(database).forget_case_migration(migration, by=actor(by, ()))
    click.echo(f"{dropped} kept states are dropped")


def _carry_on(engine: Any, migration: CaseMigration, who: Any, batch: int) -> None:
    def tell(report: CaseMigrationReport) -> None:
        click.echo(f"  {_counted(report)} of {report.migration.total}")

    try:
        report = engine.run_case_migration(migration.id, by=who, batch=batch, progress=tell)
    except KeyboardInterrupt:
        # The case at hand is either done or untouched.
        engine.pause_case_migration(migration.id, by=who)
        click.echo(f"paused; go on with: loanflow migrate resume {migration.id}")
        raise SystemExit(130) from None
    _print_report(report)


def _mapping(file: Path | None, pairs: tuple[str, ...]) -> dict[str, str | None]:
    mapping: dict[str, str | None] = {}
    if file is not None:
        try:
            content = json.loads(file.read_text(encoding="utf-8"))
        except ValueError as error:
            raise click.BadParameter(f"{file} is no JSON: {error}", param_hint="--mapping") from None
        # A plan holds its mapping under that name; no element can be mapped to an object.
        found: Any = content
        if isinstance(content, dict):
            named = cast("dict[str, Any]", content)
            found = named["mapping"] if isinstance(named.get("mapping"), dict) else named
        if not isinstance(found, dict) or not all(isinstance(value, str | None) for value in cast("dict[str, Any]", found).values()):
            raise click.BadParameter(f"{file} must hold a JSON object: old element id -> new element id, or null", param_hint="--mapping")
        mapping.update(cast("dict[str, str | None]", found))
    for pair in pairs:
        old, equals, new = pair.partition("=")
        if not equals or not old:
            raise click.BadParameter(f"{pair!r} is not of the form OLD=NEW", param_hint="--map")
        mapping[old.strip()] = new.strip() or None
    return mapping


def _print_plan(plan: CaseMigrationPlan) -> None:
    out = console()
    out.print(f"[bold]{plan.old.name or plan.old.key}[/] version {plan.old.version} to version {plan.new.version}")
    for difference in plan.comparison.differences:
        out.print(f"  {difference.change.value:8} {difference.message}", markup=False)
    if not plan.comparison.differences:
        out.print("  the two versions draw the same")
    alike = [pair for pair in plan.comparison.pairs.values() if pair.pairing.value != "id"]
    if alike:
        rows = ((pair.old.id, pair.new.id, pair.new.name, pair.pairing.value, f"{pair.likeness:.0%}") for pair in alike)
        print_table("paired otherwise than by id", ("old", "new", "name", "by", "likeness"), rows, numbers=("likeness",))
    total = sum(plan.counts.values())
    counted = ", ".join(f"{plan.counts[verdict]} {words}" for verdict, words in _VERDICTS.items())
    out.print(f"[bold]{total} open cases:[/] {counted}")
    for finding in plan.findings:
        word = "note" if finding.verdict == "safe" else _VERDICTS[finding.verdict]
        cases = "1 case" if finding.cases == 1 else f"{finding.cases} cases"
        out.print(f"  {word}: {finding.message} ({cases}, such as {finding.example})", markup=False)


def _print_report(report: CaseMigrationReport) -> None:
    out = console()
    out.print(f"run {report.migration.id} is {report.migration.status}: {_counted(report)}")
    for outcome, reasons in (("skipped", report.skipped), ("kept", report.kept)):
        for reason, cases, example in reasons:
            counted = "1 case" if cases == 1 else f"{cases} cases"
            out.print(f"  {outcome}: {reason} ({counted}, such as {example})", markup=False)


def _counted(report: CaseMigrationReport) -> str:
    return ", ".join(f"{count} {outcome.value}" for outcome, count in sorted(report.counts.items())) or "no case"


def _way(engine: Any, migration: CaseMigration) -> str:
    versions = [engine.process_definition(id).version for id in (migration.from_definition_id, migration.to_definition_id)]
    return f"{migration.process_key} {versions[0]} to {versions[1]}"
