"""``loanflow modify``: move a case's tokens by hand."""

from __future__ import annotations

from collections.abc import Iterable

import click

from loanflow.cli.options import actor, by_option, database_option, group_option, open_engine
from loanflow.cli.tables import console
from loanflow.engine import Cancel, Instruction, Move, Restart, Skip, Standing, StartAfter, StartBefore


@click.command()
@click.argument("case")
@click.option("--move", "moves", multiple=True, metavar="TOKEN=ELEMENT", help="cancel a token and start before an element")
@click.option("--skip", "skips", multiple=True, type=int, metavar="TOKEN", help="cancel a token and go on behind its element")
@click.option("--restart", "restarts", multiple=True, type=int, metavar="TOKEN", help="cancel a token and begin its element again")
@click.option("--cancel", "cancels", multiple=True, type=int, metavar="TOKEN", help="cancel a token")
@click.option("--start-before", "befores", multiple=True, metavar="ELEMENT", help="put a new token before an element")
@click.option("--start-after", "afters", multiple=True, metavar="ELEMENT", help="go on behind an element")
@click.option("--within", type=int, metavar="TOKEN", help="the running sub-process or instance that starts are meant for")
@click.option("--reason", default="", help="why; it goes into the history")
@click.option("--dry-run", is_flag=True, help="say what would happen and change nothing")
@click.option("--force", is_flag=True, help="even if a parallel join is left short")
@database_option
@by_option
@group_option
def modify(
    case: str,
    moves: tuple[str, ...],
    skips: tuple[int, ...],
    restarts: tuple[int, ...],
    cancels: tuple[int, ...],
    befores: tuple[str, ...],
    afters: tuple[str, ...],
    within: int | None,
    reason: str,
    dry_run: bool,
    force: bool,
    database: str,
    by: str,
    groups: tuple[str, ...],
) -> None:
    """Move the tokens of CASE (id or business key) by hand; ``loanflow case`` shows their numbers.

    \b
      loanflow modify LN-1042 --skip 7 --dry-run
      loanflow modify LN-1042 --move 7=Task_Review --reason "sent to the wrong desk" --group admin
    """
    engine = open_engine(database)
    instructions: list[Instruction] = [
        *map(_move, moves),
        *map(Skip, skips),
        *map(Restart, restarts),
        *(StartBefore(element, within=within) for element in befores),
        *(StartAfter(element, within=within) for element in afters),
        *map(Cancel, cancels),
    ]
    if dry_run:
        preview = engine.preview_modification(case, *instructions)
        _show("would cancel", preview.cancelled)
        _show("would open", preview.opened)
        if preview.short_joins:
            console().print(f"would leave short: {', '.join(preview.short_joins)}; needs --force")
        return
    changed = engine.modify(case, *instructions, by=actor(by, groups), reason=reason, force=force)
    _show("stands at", engine.tokens(changed.id))


def _move(text: str) -> Move:
    number, sign, element = text.partition("=")
    if not sign or not number.isdecimal() or not element:
        raise click.BadParameter(f"{text!r} is not TOKEN=ELEMENT, such as 7=Task_Review", param_hint="--move")
    return Move(int(number), element)


def _show(words: str, places: Iterable[Standing]) -> None:
    for place in places:
        console().print(f"{words} {place.element_name or place.element_id} ({place.kind}), token {place.token}")
