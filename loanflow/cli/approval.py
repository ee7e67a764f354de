"""``loanflow approval``: what people do with a task besides completing it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from loanflow.cli.options import actor, by_option, database_option, group_option, open_engine
from loanflow.cli.tables import instant, print_table
from loanflow.cli.values import from_json, from_pairs
from loanflow.records import Case, Signing, Task


@click.group()
def approval() -> None:
    """Send back, recall, add signers, pass on, copy, urge: TASK is a task's id, CASE an id or business key."""


def _command(name: str) -> Callable[[Callable[..., None]], click.Command]:
    def decorate(work: Callable[..., None]) -> click.Command:
        for option in (group_option, by_option, database_option):
            work = option(work)
        return approval.command(name)(work)

    return decorate


reason_option = click.option("--reason", default="", help="why; it goes into the history")
rule_option = click.option("--rule", help="how many must sign: all, any, or a share such as 0.6")


@_command("targets")
@click.argument("task")
def targets(task: str, database: str, **_: Any) -> None:
    """Show where the case of TASK can be sent back to, and why other places are closed."""
    found = open_engine(database).send_back_targets(task)
    rows = (
        (
            target.element_id,
            target.element_name,
            target.done_by or "(automatic)",
            instant(target.done_at),
            " · ".join(target.repeats),
            target.refusal.message if target.refusal else "",
        )
        for target in found
    )
    print_table(f"{len(found)} places before", ("element", "name", "done by", "when", "would be done again", "closed because"), rows)


@_command("send-back")
@click.argument("task")
@click.option("--to", metavar="ELEMENT", help="the activity to go back to; the last one a person did where not given")
@reason_option
def send_back(task: str, to: str | None, reason: str, database: str, by: str, groups: tuple[str, ...]) -> None:
    """Send the case of TASK back; another round begins."""
    engine = open_engine(database)
    case = engine.send_back(task, to, by=actor(by, groups), reason=reason)
    click.echo(f"case {_named(case)} is in round {case.round}")
    for standing in engine.tokens(case.id):
        click.echo(f"  {standing.kind:<9} {standing.element_name or standing.element_id}")


@_command("recall")
@click.argument("task")
@reason_option
def recall(task: str, reason: str, database: str, by: str, groups: tuple[str, ...]) -> None:
    """Take back TASK, which --by completed, while nobody has built on it."""
    _tell(open_engine(database).recall(task, by=actor(by, groups), reason=reason), "is open again, task {id}")


@_command("withdraw")
@click.argument("case")
@reason_option
def withdraw(case: str, reason: str, database: str, by: str, groups: tuple[str, ...]) -> None:
    """End CASE, which --by started, while nobody else works on it."""
    click.echo(f"case {_named(open_engine(database).withdraw(case, by=actor(by, groups), reason=reason))} is withdrawn")


@_command("rounds")
@click.argument("case")
def rounds(case: str, database: str, **_: Any) -> None:
    """Show the rounds of CASE: who began each, why, and what changed in it."""
    for each in open_engine(database).rounds(case):
        why = f": {each.reason}" if each.reason else ""
        click.echo(f"round {each.number}, {instant(each.opened_at)}, {each.opened_by}{why}")
        for name, change in each.changes.items():
            click.echo(f"  {name}: {change.before} -> {change.after}")


@_command("add-signer")
@click.argument("task")
@click.argument("people", nargs=-1, required=True)
@click.option("--position", type=click.Choice([each.value for each in Signing]), default="after", show_default=True)
@rule_option
@reason_option
def add_signer(
    task: str,
    people: tuple[str, ...],
    position: str,
    rule: str | None,
    reason: str,
    database: str,
    by: str,
    groups: tuple[str, ...],
) -> None:
    """Ask PEOPLE to sign TASK too: before, after or in parallel with its holder."""
    engine = open_engine(database)
    for added in engine.add_signer(task, *people, position=position, rule=rule, by=actor(by, groups), reason=reason):
        _tell(added, "is asked of {assignee}, task {id}")


@_command("remove-signer")
@click.argument("task")
@reason_option
def remove_signer(task: str, reason: str, database: str, by: str, groups: tuple[str, ...]) -> None:
    """Do without the signer whose task is TASK."""
    _tell(open_engine(database).remove_signer(task, by=actor(by, groups), reason=reason), "is no longer asked of {assignee}")


@_command("transfer")
@click.argument("task")
@click.argument("to")
@reason_option
def transfer(task: str, to: str, reason: str, database: str, by: str, groups: tuple[str, ...]) -> None:
    """Give TASK to somebody who does it in --by's place."""
    _tell(open_engine(database).transfer(task, to, by=actor(by, groups), reason=reason), "is {assignee}'s")


@_command("delegate")
@click.argument("task")
@click.argument("to")
@reason_option
def delegate(task: str, to: str, reason: str, database: str, by: str, groups: tuple[str, ...]) -> None:
    """Ask somebody for their opinion on TASK; it comes back."""
    _tell(open_engine(database).delegate(task, to, by=actor(by, groups), reason=reason), "is with {assignee}, for {owner}")


@_command("resolve")
@click.argument("task")
@click.option("--opinion", default="{}", metavar="JSON", help="the opinion as one JSON object")
@click.option("--set", "pairs", multiple=True, metavar="NAME=VALUE", help="one part of it; may be given many times")
def resolve(task: str, opinion: str, pairs: tuple[str, ...], database: str, by: str, groups: tuple[str, ...]) -> None:
    """Give TASK, which was delegated to --by, back with an opinion."""
    given = {**from_json(opinion), **from_pairs(pairs)}
    _tell(open_engine(database).resolve(task, given, by=actor(by, groups)), "is back with {assignee}")


@_command("copy")
@click.argument("case")
@click.argument("people", nargs=-1, required=True)
@click.option("--note", default="", help="what to tell them")
def copy(case: str, people: tuple[str, ...], note: str, database: str, by: str, groups: tuple[str, ...]) -> None:
    """Bring CASE to PEOPLE's notice."""
    for sent in open_engine(database).copy_to(case, *people, by=actor(by, groups), note=note):
        click.echo(f"copy {sent.id} for {sent.user_id}")


@_command("urge")
@click.argument("task")
@click.option("--note", default="", help="what to tell them")
def urge(task: str, note: str, database: str, by: str, groups: tuple[str, ...]) -> None:
    """Remind whoever has TASK that somebody waits for it."""
    done = open_engine(database).urge(task, by=actor(by, groups), note=note)
    _tell(done, f"was urged {done.urge_count} times" if done.urge_count > 1 else "was urged")


def _tell(task: Task, words: str) -> None:
    place = {"id": task.id, "assignee": task.assignee, "owner": task.owner}
    click.echo(f'"{task.name}" of {task.business_key or task.case_id} {words.format(**place)}')


def _named(case: Case) -> str:
    return case.business_key or case.id
