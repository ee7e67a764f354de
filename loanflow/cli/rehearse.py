"""``loanflow rehearse``: play processes through in memory before they are deployed."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import click

from loanflow.cli.files import collect
from loanflow.cli.tables import console
from loanflow.cli.values import from_pairs

if TYPE_CHECKING:
    from loanflow.problems import Problem
    from loanflow.testing.rehearsal import ProcessRehearsal, Rehearsal, Unreached

_WAYS = 10


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="DIAGRAM...")
@click.option("--set", "pairs", multiple=True, metavar="NAME=VALUE", help="give a variable this value, always; may be given many times")
@click.option("--seed", default=1, show_default=True, help="the same seed gives the same rehearsal")
@click.option("--runs", default=200, show_default=True, type=click.IntRange(1, 1_000_000), help="how many cases of each process")
@click.option("--json", "as_json", is_flag=True, help="everything as one JSON object, for programs")
@click.option("--all", "show_all", is_flag=True, help=f"list every way through, not only the {_WAYS} most frequent")
@click.option("--stop-after", "seconds", default=60.0, show_default=True, metavar="SECONDS", help="stop there, and say so")
def rehearse(paths: tuple[str, ...], pairs: tuple[str, ...], seed: int, runs: int, as_json: bool, show_all: bool, seconds: float) -> None:
    """Play the processes of DIAGRAM (files or folders, with their tables and forms) through, many times, in memory.

    Stub handlers answer jobs, made-up people fill in forms, messages arrive and the clock is turned; processes that send each
    other messages are played together. Values are guessed from what conditions, tables and forms compare them with. It prints
    the ways taken, the ends reached, what was never reached and why, where cases stopped, and what became of messages. Shares
    are of rehearsed runs: they say nothing of how often real cases go that way.

    Exit status 0 when it was rehearsed, whatever it found, or where nothing is executable; 1 when the files cannot be loaded,
    with the findings of `loanflow check`. No database is needed.

    \b
      loanflow rehearse my-loans
      loanflow rehearse my-loans --set amount=80000 --runs 1000
    """
    from loanflow.problems import errors_in
    from loanflow.testing.rehearsal import Refused
    from loanflow.testing.rehearsal import rehearse as play

    deadline = time.monotonic() + seconds
    try:
        result = play(collect(paths), given=from_pairs(pairs), seed=seed, runs=runs, enough=lambda: time.monotonic() > deadline)
    except Refused as refused:
        _print_refusal(refused.problems, as_json=as_json)
        sys.exit(1 if errors_in(refused.problems) else 0)
    if as_json:
        click.echo(json.dumps(result.to_dict(), ensure_ascii=False, indent=2))
    else:
        for line in _lines(result, ways=None if show_all else _WAYS, seconds=seconds):
            click.echo(line)


def _print_refusal(problems: tuple[Problem, ...], *, as_json: bool) -> None:
    from loanflow.problems import Severity, errors_in

    if as_json:
        click.echo(json.dumps([problem.to_dict() for problem in problems], ensure_ascii=False, indent=2))
        return
    for problem in problems:
        if problem.severity is not Severity.INFO:
            click.echo(f"{problem}\n")
    click.echo("not rehearsed: mend the errors first" if errors_in(problems) else "not rehearsed: no process is executable")


def _lines(result: Rehearsal, *, ways: int | None, seconds: float) -> Iterator[str]:
    for number, process in enumerate(result.processes):
        if number:
            yield ""
        name = process.process if process.name == process.process else f"{process.name} ({process.process})"
        yield f"{name}: {_count(process.runs, 'run')} in memory, seed {result.seed}"
        if process.runs < result.runs:
            yield f"  stopped after {seconds:g} seconds: {process.runs} of {result.runs} runs (--stop-after gives it longer)"
        if process.together_with:
            names = {one.process: one.name for one in result.processes}
            yield from _wrapped(
                ["  together with", *", ".join(names[one] for one in process.together_with).split(" ")], indent=0, between=" "
            )
        yield from _ways(process, ways)
        yield from _ends(process)
        yield from _unreached(process)
        yield from _incidents(process)
        yield from _messages(process)
        yield from _made_up(process)


def _ways(process: ProcessRehearsal, most: int | None) -> Iterator[str]:
    yield ""
    yield f"Ways through: {len(process.variants)}"
    shown = process.variants[:most]
    for way in shown:
        rest = "" if way.outcome == "completed" else f"  {_OUTCOMES[way.outcome]}"
        yield f"  {_share(way.runs, process.runs)}  {_count(way.runs, 'run')}{rest}"
        yield from _wrapped(way.names, indent=10)
    left = process.variants[len(shown) :]
    if left:
        total = sum(way.runs for way in left)
        yield f"  {_share(total, process.runs)}  {_count(len(left), 'more way')} (--all lists them)"
    if any("↻" in name for way in shown for name in way.names):
        yield "  ↻ more than once"


def _ends(process: ProcessRehearsal) -> Iterator[str]:
    yield ""
    yield "Ends reached" if process.ends else "Ends reached: none"
    for end in process.ends:
        rest = "" if end.element_id is None or end.outcome == "completed" else f"  ({_OUTCOMES[end.outcome]})"
        yield f"  {_share(end.runs, process.runs)}  {end.name}{rest}"


def _unreached(process: ProcessRehearsal) -> Iterator[str]:
    yield ""
    counts = f"{process.elements_reached} of {process.elements} elements, {process.flows_reached} of {process.flows} sequence flows reached"
    yield f"Never reached: nothing; {counts}" if not process.unreached else f"Never reached ({counts})"
    for one in process.unreached:
        yield from _one_unreached(one)


def _one_unreached(one: Unreached) -> Iterator[str]:
    yield f"  {one.name} ({one.type})"
    yield from _wrapped(one.reason.split(" "), indent=6, between=" ")
    for values in one.tried:
        yield from _wrapped(f"tried {values}".split(" "), indent=6, between=" ")
    if one.behind:
        yield from _wrapped([f"so not reached either: {one.behind[0]}", *one.behind[1:]], indent=6, between=", ")


def _incidents(process: ProcessRehearsal) -> Iterator[str]:
    if not process.incidents:
        return
    yield ""
    yield "Incidents"
    for one in process.incidents:
        yield f"  {_share(one.runs, process.runs)}  {one.name} ({one.type}), {one.code}, first in run {one.run}"
        yield from _wrapped(" ".join(one.message.split()).split(" "), indent=10, between=" ")


def _messages(process: ProcessRehearsal) -> Iterator[str]:
    if not process.messages:
        return
    yield ""
    yield "Messages sent"
    for one in process.messages:
        fates = (
            (one.delivered, "to a case that waited"),
            (one.started, "started a case"),
            (one.kept, "to a key that nobody came to wait for"),
            (one.lost, "lost, as nobody waited and it has no key by which it could be kept"),
        )
        told = [f"{count:,} {words}" for count, words in fates if count]
        yield from _wrapped(f'"{one.message}" from {one.name}: {"; ".join(told)}'.split(" "), indent=2, between=" ")


def _made_up(process: ProcessRehearsal) -> Iterator[str]:
    if not process.given and not process.stand_ins:
        return
    yield ""
    yield "Made up"
    for name, by in process.given:
        yield from _wrapped([f"{name}, given by {by[0]}", *by[1:]], indent=2, between=", ")
    for kind, words in _KINDS.items():
        names = [one.name for one in process.stand_ins if one.kind == kind]
        if names:
            yield from _wrapped([f"{words} {names[0]}", *names[1:]], indent=2, between=", ")


_OUTCOMES = {
    "completed": "completed",
    "terminated": "terminated",
    "stuck": "stopped by an incident",
    "waiting": "waiting for something that never comes",
    "unfinished": "still going on after many steps",
    "error": "ended by an error",
    "not-started": "not started",
}
_KINDS = {
    "handler": "stub handlers:",
    "process": "processes that are not among the files, one job each instead:",
    "decision": "decisions whose tables are not among the files:",
    "function": "results of registered functions:",
    "form": "forms for which no accepted answers were found, filled in unchecked:",
}


def _wrapped(pieces: Iterable[str], *, indent: int, between: str = " → ") -> Iterator[str]:
    """Join pieces to lines that fit the terminal; none is broken."""
    from rich.cells import cell_len

    width = max(console().width - indent, 40)
    line = ""
    for piece in pieces:
        longer = f"{line}{between}{piece}" if line else piece
        if line and cell_len(longer) > width:
            yield " " * indent + line + between.rstrip()
            line = piece
        else:
            line = longer
    yield " " * indent + line


def _share(part: int, whole: int) -> str:
    return f"{100 * part / max(whole, 1):5.1f} %"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
