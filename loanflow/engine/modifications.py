"""Modification: a supervisor moves a case's tokens by hand, with a reason, and sees beforehand what would happen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from loanflow.engine import access
from loanflow.engine.advance import CaseFile
from loanflow.engine.cases import Standing, open_file
from loanflow.engine.command import Command
from loanflow.errors import CommandError
from loanflow.execution import Instruction, Modification, Place, StartBefore
from loanflow.feel import to_feel, to_json
from loanflow.records import Case

MAX_REASON = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a modification would do: the tokens that go, those that would wait then, and the joins it would leave short.

    ``short_joins`` are names of parallel joins that could never be completed any more; such a modification needs ``force``.
    """

    cancelled: tuple[Standing, ...]
    opened: tuple[Standing, ...]
    short_joins: tuple[str, ...]


def preview(command: Command, case: str, instructions: Sequence[Instruction]) -> Preview:
    """Say what the instructions would do; nothing is written."""
    file = open_file(command, case)
    found = file.execution.preview(_ready(instructions), host=file.host)
    return Preview(cancelled=_standing(file, found.cancelled), opened=_standing(file, found.opened), short_joins=_join_names(file, found))


def check(command: Command, case: str) -> None:
    """Refuse whoever may not modify a case, or a case that is over."""
    access.check_supervisor(command.actor, command.house.settings.supervisors)
    open_file(command, case)


def modify(command: Command, case: str, instructions: Sequence[Instruction], *, reason: str, force: bool) -> Case:
    """Move tokens by hand, all instructions together."""
    access.check_supervisor(command.actor, command.house.settings.supervisors)
    words = check_reason(reason)
    if not instructions:
        raise CommandError("a modification needs at least one instruction", code="nothing-to-do", zh="修改流程至少需要一条指令")
    file = open_file(command, case)
    done = file.execution.modify(_ready(instructions), host=file.host, reason=words)
    if done.short_joins and not force:
        names = ", ".join(_join_names(file, done))
        raise CommandError(
            f"the join {names} would be left short: one of its branches could never come; say so with force if that is meant",
            code="join-short",
            zh=f"汇聚网关 {names} 将永远等不齐分支；如确属本意，请强制执行",
        )
    file.remember(
        "case.modified",
        reason=words,
        instructions=[_written(instruction) for instruction in instructions],
        before=[_place(place) for place in done.cancelled],
        after=[_place(place) for place in done.opened],
    )
    file.take(done.step)
    return file.save()


def check_reason(reason: str) -> str:
    """Return a reason, trimmed; a change by hand without one is refused."""
    words = reason.strip()
    if not words:
        raise CommandError("say why: a reason is needed", code="reason-missing", zh="请填写原因")
    if len(words) > MAX_REASON:
        raise CommandError(f"a reason has at most {MAX_REASON} characters", code="reason-too-long", zh=f"原因最多 {MAX_REASON} 个字")
    return words


def _ready(instructions: Iterable[Instruction]) -> list[Instruction]:
    return [replace(each, item=to_feel(each.item)) if isinstance(each, StartBefore) else each for each in instructions]


def _written(instruction: Instruction) -> dict[str, Any]:
    fields = {name: value for name, value in asdict(instruction).items() if value is not None}
    if "item" in fields:
        fields["item"] = to_json(to_feel(fields["item"]))
    return {"kind": type(instruction).__name__, **fields}


def _standing(file: CaseFile, places: Iterable[Place]) -> tuple[Standing, ...]:
    definitions, transaction = file.command.house.definitions, file.transaction
    return tuple(
        Standing(
            token=place.token,
            element_id=place.element_id,
            element_name=definitions.process(transaction, place.program).name_of(place.element_id),
            definition_id=place.program,
            kind=place.kind,
            since=place.since,
        )
        for place in places
    )


def _join_names(file: CaseFile, found: Modification) -> tuple[str, ...]:
    return tuple(file.process.name_of(join) or join for join in found.short_joins)


def _place(place: Place) -> dict[str, Any]:
    return {"token": place.token, "element": place.element_id, "kind": place.kind}
