"""A case that waits in each way there is, as each format kept it: it still loads, and goes on to its end.

``golden/format-N/`` holds a snapshot per wait, written by the release that brought format N and never changed since.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest

from loanflow.execution import CaseExecution, Limits
from loanflow.execution.snapshot import FORMAT
from tests.execution.host import Story
from tests.execution.models import (
    boundary,
    call_activity,
    catch,
    end,
    event_based,
    exclusive,
    feel,
    inclusive,
    many,
    mapping,
    message,
    parallel,
    program,
    receive,
    script,
    service,
    signal,
    start,
    sub_process,
    timer,
    user,
)
from tests.execution.test_snapshot import CHECK, GOLDEN


@dataclass(frozen=True)
class Waiting:
    """A story told up to a wait (``until``), the kinds of tokens it has then, and the rest of it, None where nothing can move it on."""

    story: Callable[[], Story]
    kinds: frozenset[str]
    rest: Callable[[Story], Any] | None


def waiting(
    *nodes: Any, flows: str, kinds: str, rest: Callable[[Story], Any] | None, until: Callable[[Story], Any] | None = None, **more: Any
) -> Waiting:
    values = more.pop("values", {})

    def told() -> Story:
        story = Story(program(*nodes, flows=flows, id="golden"), values, reloads=False, **more)
        if until is not None:
            until(story)
        return story

    return Waiting(told, frozenset(kinds.split()), rest)


def both(story: Story) -> None:
    story.complete("b")
    story.complete("after")


def mended(story: Story) -> None:
    story.set(x=1)
    story.resume("gate")
    story.complete("a")


WAITS = {
    "task": waiting(start(), user("a"), end(), flows="start -> a -> end", kinds="task", rest=lambda s: s.complete("a", y=1)),
    "local-variables": waiting(
        start(), user("a", inputs=(mapping("mine", "=x + 1"),), outputs=(mapping("y", "=mine + z"),)), end(),
        flows="start -> a -> end", kinds="task", rest=lambda s: s.complete("a", z=2), values={"x": 1},
    ),
    "job": waiting(start(), service("a"), end(), flows="start -> a -> end", kinds="job", rest=lambda s: s.complete("a", y=1)),
    "continuation-before": waiting(
        start(), script("a", "1", "y", async_before=True), end(), flows="start -> a -> end", kinds="continuation",
        rest=lambda s: s.run_jobs(),
    ),
    "continuation-after": waiting(
        start(), script("a", "1", "y", async_after=True), end(), flows="start -> a -> end", kinds="continuation",
        rest=lambda s: s.run_jobs(),
    ),
    "timer": waiting(start(), catch("a", timer("PT1H")), end(), flows="start -> a -> end", kinds="timer", rest=lambda s: s.turn(hours=1)),
    "timer-cycle": waiting(
        start(), user("a"), boundary("nudge", "a", timer("R3/PT1H"), interrupting=False), end(), end("told"),
        flows="start -> a -> end\nnudge -> told", kinds="task timer", until=lambda s: s.turn(hours=1),
        rest=lambda s: (s.turn(hours=1), s.turn(hours=9), s.complete("a")),
    ),
    "message": waiting(
        start(), catch("a", message("paid", "=key")), end(), flows="start -> a -> end", kinds="message",
        rest=lambda s: s.deliver("a", y=1), values={"key": "K-1"},
    ),
    "receive-task": waiting(
        start(), receive("a", "paid"), end(), flows="start -> a -> end", kinds="message", rest=lambda s: s.deliver("a"),
    ),
    "signal": waiting(
        start(), catch("a", signal("alarm")), end(), flows="start -> a -> end", kinds="signal", rest=lambda s: s.deliver("a"),
    ),
    "interrupting-boundary": waiting(
        start(), user("a"), boundary("late", "a", timer("PT1H")), user("b"), end(), flows="start -> a -> end\nlate -> b -> end",
        kinds="task timer", rest=lambda s: (s.turn(hours=1), s.complete("b")),
    ),
    "event-based-gateway": waiting(
        start(), event_based("first"), catch("a", message("paid")), catch("b", timer("PT1H")), end(),
        flows="start -> first\nfirst -> a -> end\nfirst -> b -> end", kinds="event message timer", rest=lambda s: s.deliver("a"),
    ),
    "parallel-join": waiting(
        start(), parallel("fork"), user("a"), user("b"), parallel("join"), user("after"), end(),
        flows="start -> fork -> a -> join -> after -> end\nfork -> b -> join", kinds="join task",
        until=lambda s: s.complete("a"), rest=both,
    ),
    "inclusive-join": waiting(
        start(), inclusive("fork"), user("a"), user("b"), inclusive("join"), user("after"), end(), values={"x": 1},
        flows="start -> fork\nfork -> a: x > 0\nfork -> b: x > 0\na -> join -> after -> end\nb -> join", kinds="join task",
        until=lambda s: s.complete("a"), rest=both,
    ),
    "sub-process": waiting(
        start(), sub_process("sub", start("s"), user("a"), end("e"), flows="s -> a -> e"), user("after"), end(),
        flows="start -> sub -> after -> end", kinds="scope task", rest=lambda s: (s.complete("a", y=1), s.complete("after")),
    ),
    "call-activity": waiting(
        start(), call_activity("call", "check", propagate_all_parent=True, propagate_all_child=True), end(),
        flows="start -> call -> end", kinds="scope task", rest=lambda s: s.complete("check", y=1), called=(CHECK,), values={"x": 1},
    ),
    "multi-instance": waiting(
        start(), user("a", multi_instance=many("=items", element_variable="item", output_collection="votes", output_element=feel("vote"))),
        end(), flows="start -> a -> end", kinds="multiInstance task", values={"items": [1, 2, 3]},
        until=lambda s: s.complete_instance("a", 1, vote="no"),
        rest=lambda s: (s.complete_instance("a", 0, vote="yes"), s.complete_instance("a", 2, vote="yes")),
    ),
    "multi-instance-sequential": waiting(
        start(), user("a", multi_instance=many("=items", sequential=True, element_variable="item")), end(), flows="start -> a -> end",
        kinds="multiInstance task", values={"items": [1, 2, 3]}, until=lambda s: s.complete("a"),
        rest=lambda s: (s.complete("a"), s.complete("a")),
    ),
    "multi-instance-sub-process": waiting(
        start(), sub_process("sub", start("s"), user("a"), end("e"), flows="s -> a -> e", multi_instance=many("=items")), end(),
        flows="start -> sub -> end", kinds="multiInstance scope task", values={"items": [1, 2]}, until=lambda s: s.complete("a"),
        rest=lambda s: s.complete("a"),
    ),
    "incident": waiting(
        start(), exclusive("gate"), user("a"), user("b"), end(), values={"x": 0},
        flows="start -> gate\ngate -> a: x = 1\ngate -> b: x = 2\na -> end\nb -> end", kinds="incident", rest=mended,
    ),
    "stuck-join": waiting(
        start(), exclusive("choice"), user("a"), user("b"), parallel("join"), end(), values={"x": 1},
        flows="start -> choice\nchoice -> a: x = 1\nchoice -> b: default\na -> join -> end\nb -> join", kinds="incident",
        until=lambda s: s.complete("a"), rest=None,
    ),
    "spent-budget": waiting(
        start(), parallel("fork"), *[script(f"s{n}", "1", f"v{n}") for n in range(4)], end(),
        flows="start -> fork\n" + "\n".join(f"fork -> s{n} -> end" for n in range(4)), kinds="incident ready", limits=Limits(steps=4),
        rest=lambda s: [s.resume(element) for _ in range(4) for element in list(s.incidents)],
    ),
    "ended": waiting(
        start(), user("a"), end(), flows="start -> a -> end", kinds="", until=lambda s: s.complete("a", y=1), rest=lambda s: s,
    ),
    "business-key": waiting(
        start(), user("a"), end(), flows="start -> a -> end", kinds="task", rest=lambda s: s.complete("a"), business_key="LN-1",
    ),
}  # fmt: skip


def keep() -> None:
    """Write the snapshots of a new format, once: ``python -c "from tests.execution.test_golden_waits import keep; keep()"``."""
    folder = GOLDEN / f"format-{FORMAT}"
    folder.mkdir()
    for name, wait in WAITS.items():
        (folder / f"{name}.json").write_bytes(wait.story().case.dump())


@pytest.mark.parametrize("name", WAITS)
def test_the_wait_is_of_the_kinds_it_is_named_for(name: str) -> None:
    assert {view.kind for view in WAITS[name].story().case.tokens} == WAITS[name].kinds


FILES = sorted(GOLDEN.glob("format-*/*.json"))


@pytest.mark.parametrize("golden", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_format_loads_and_goes_on(golden: Path) -> None:
    wait = WAITS[golden.stem]
    fresh, restored = wait.story(), wait.story()
    restored.case = CaseExecution.load(golden.read_bytes(), host=restored.host, limits=restored.limits)
    assert restored.case.tokens == fresh.case.tokens
    assert restored.case.variables() == fresh.case.variables()
    assert restored.case.business_key == fresh.case.business_key
    if wait.rest is None:
        return
    told: list[list[str]] = []
    for story in (fresh, restored):
        wait.rest(story)
        assert story.ended, story.open
        told.append([*story.flows, *story.done])
    assert told[0] == told[1]
    assert restored.variables == fresh.variables


@pytest.mark.parametrize("name", WAITS)
def test_every_wait_was_kept_in_every_format(name: str) -> None:
    assert {path.parent.name for path in FILES if path.stem == name} == {f"format-{number}" for number in range(1, FORMAT + 1)}


@pytest.mark.parametrize("name", WAITS)
def test_the_current_format_has_not_changed_unnoticed(name: str) -> None:
    kept = (GOLDEN / f"format-{FORMAT}" / f"{name}.json").read_bytes()
    assert orjson.loads(kept) == orjson.loads(WAITS[name].story().case.dump())
