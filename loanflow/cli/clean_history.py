"""``loanflow clean-history``: ended cases removed once their process's history time to live is over."""

from __future__ import annotations

import json
import sys
from collections import Counter
from dataclasses import asdict
from datetime import UTC, datetime

import click

from loanflow.cli.options import actor, by_option, database_option, group_option, open_engine
from loanflow.cli.tables import instant, print_table
from loanflow.engine import Engine, HistoryCleanup


def _aware(_context: click.Context, _parameter: click.Parameter, value: datetime | None) -> datetime | None:
    return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


@click.command("clean-history")
@click.option("--dry-run", is_flag=True, help="only say how many cases would go; nothing is changed")
@click.option(
    "--at",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"]),
    callback=_aware,
    metavar="INSTANT",
    help="with --dry-run: as of then, such as 2027-01-01 (UTC without a zone); now if left out",
)
@click.option("--limit", type=click.IntRange(1), help="remove at most so many cases")
@click.option("--json", "as_json", is_flag=True, help="print JSON for programs")
@database_option
@by_option
@group_option
def clean_history(
    dry_run: bool, at: datetime | None, limit: int | None, as_json: bool, database: str, by: str, groups: tuple[str, ...]
) -> None:
    """Remove cases that ended longer ago than their process's history time to live; the head of each one's history stays.

    It is what Camunda Modeler calls History cleanup > Time to live; cases of processes without one are never removed. For supervisors:

    \b
      loanflow clean-history --dry-run            how many cases would go
      loanflow clean-history --group admin        remove them

    
    Exit status 1 when the history of a case that is due does not verify.
    """
    if at is not None and not dry_run:
        raise click.UsageError("--at goes with --dry-run: what is removed is due now")
    if limit is not None and dry_run:
        raise click.UsageError("--dry-run counts all cases: leave out --limit")
    engine = open_engine(database)
    if dry_run:
        _plan(engine, at, as_json)
    else:
        _clean(engine, by, groups, limit, as_json)


def _plan(engine: Engine, at: datetime | None, as_json: bool) -> None:
    found = engine.plan_history_cleanup(at=at)
    if as_json:
        click.echo(json.dumps({"processes": [asdict(each) for each in found]}, default=datetime.isoformat, indent=2))
    elif not found:
        click.echo("no case is due")
    else:
        rows = ((p.process_key, p.cases - p.held_back, p.held_back, instant(p.oldest), instant(p.newest)) for p in found)
        columns = ("process", "would go", "held back", "first ended", "last ended")
        print_table("cases whose time to live is over", columns, rows, numbers=("would go", "held back"))


def _clean(engine: Engine, by: str, groups: tuple[str, ...], limit: int | None, as_json: bool) -> None:
    done = engine.clean_history(by=actor(by, groups), limit=limit)
    if as_json:
        click.echo(json.dumps(asdict(done), ensure_ascii=False, indent=2))
    else:
        _print(done)
    sys.exit(1 if any(held.broken for held in done.held_back) else 0)


def _print(done: HistoryCleanup) -> None:
    for process_key, number in done.removed.items():
        click.echo(f"{process_key}: {number} cases removed")
    if not done.removed:
        click.echo("no case was removed")
    if done.held_back:
        by_process = Counter(each.process_key for each in done.held_back)
        counted = ", ".join(f"{process_key} {number}" for process_key, number in by_process.items())
        print_table(f"not removed: {counted}", ("case", "process", "why"), ((h.case_id, h.process_key, h.reason) for h in done.held_back))
