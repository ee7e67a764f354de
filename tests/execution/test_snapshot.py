"""A case as bytes: a restored one goes on exactly as the original would."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loanflow.bpmn.model import FlowNode
from loanflow.execution import (
    CancelJob,
    CancelTimer,
    CaseExecution,
    CloseTask,
    EnqueueJob,
    Limits,
    OpenTask,
    Program,
    RaiseIncident,
    Request,
    ScheduleTimer,
    SnapshotRefused,
    Step,
    Subscribe,
    Unsubscribe,
)
from loanflow.feel import from_json, to_feel
from tests.execution.host import Story, StoryHost
from tests.execution.models import (
    boundary,
    call_activity,
    catch,
    end,
    error,
    event_based,
    exclusive,
    feel,
    inclusive,
    many,
    mapping,
    message,
    parallel,
    program,
    script,
    service,
    start,
    sub_process,
    timer,
    user,
)

GOLDEN = Path(__file__).parent / "golden"

# A bit of everything a snapshot holds.
CHECK = program(start("s"), user("check"), flows="s -> check", id="check")
EVERYTHING = program(
    start(), parallel("fork"),
    user("vote", multi_instance=many("=members", element_variable="member", output_collection="votes", output_element=feel("vote"))),
    boundary("nudge", "vote", timer("R3/PT1H"), interrupting=False), user("nudged"),
    sub_process("sub", start("sub-start"), service("query", inputs=(mapping("who", "=members"),)), flows="sub-start -> query"),
    boundary("stop", "sub", message("stop", "=key")), boundary("failed", "sub", error("E1")),
    call_activity("call", "check", propagate_all_parent=True),
    user("signed", multi_instance=many("=members", sequential=True, element_variable="member")),
    event_based("first"), catch("paid", message("paid")), catch("hour", timer("PT1H")),
    inclusive("any"), exclusive("either"), parallel("join"), user("last"), end(),
    flows="""
        start -> fork -> vote -> any
        nudge -> nudged
        fork -> sub -> any
        stop -> any
        failed -> any
        any -> join
        fork -> call -> join
        fork -> signed -> join
        fork -> first
        first -> paid -> either
        first -> hour -> either -> join
        join -> last -> end
    """,
    id="everything",
)  # fmt: skip


def values() -> dict[str, Any]:
    temporals = {name: from_json(encoded) for name, encoded in {
        "day": {"$date": "2026-03-02"}, "at": {"$datetime": "2026-03-02T09:00:00@Asia/Shanghai"},
        "time": {"$time": "09:30:00"}, "wait": {"$duration": "P1DT2H"}, "term": {"$period": "P1Y2M"}, "rate": {"$n": "4.350"},
    }.items()}  # fmt: skip
    plain = to_feel({"members": ["li", "wang", "zhao"], "key": "K-1", "person": {"$name": "x", "age": 33}, "nothing": None, "yes": True})
    assert isinstance(plain, dict)
    return {**plain, **temporals}


def everything() -> Story:
    """Walk the case to where the golden snapshot was taken."""
    story = Story(EVERYTHING, called=(CHECK,), reloads=False)
    story.case.set_variables(values(), host=story.host)
    for element in list(story.incidents):
        story.resume(element)
    story.complete_instance("vote", 1, vote="yes")
    story.turn(hours=1)
    story.complete("signed", remark="ok")
    return story


def finish(story: Story) -> None:
    """Walk the rest."""
    story.complete_instance("vote", 0, vote="no")
    story.complete_instance("vote", 2, vote="yes")
    story.deliver("stop")
    story.complete("check", checked=True)
    story.complete("signed")
    story.complete("signed")
    story.complete("nudged")
    assert story.tasks == ["last"]
    story.complete("last")
    assert story.ended
    assert story.variables["votes"] == ["no", "yes", "yes"]
    assert story.variables["rate"] == from_json({"$n": "4.350"})


def test_a_snapshot_restores_to_the_same_bytes() -> None:
    story = everything()
    data = story.case.dump()
    again = CaseExecution.load(data, host=story.host)
    assert again.dump() == data
    assert again.tokens == story.case.tokens
    assert again.variables() == story.case.variables()
    assert again.business_key == story.case.business_key


def test_a_restored_case_goes_on() -> None:
    story = everything()
    story.reloads = True
    finish(story)


@pytest.mark.parametrize("golden", sorted(GOLDEN.glob("format-*.json")), ids=lambda path: path.stem)
def test_snapshots_of_every_format_still_load_and_go_on(golden: Path) -> None:
    story = everything()
    story.case = CaseExecution.load(golden.read_bytes(), host=story.host)
    finish(story)


def test_the_current_format_has_not_changed_unnoticed() -> None:
    assert orjson.loads((GOLDEN / "format-3.json").read_bytes()) == orjson.loads(everything().case.dump())


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"nonsense",
        b"[]",
        b"{}",
        b'{"v": 2}',
        b'{"v": 3}',
        b'{"v": "1"}',
        b'{"v": 1}',
        b'{"v": true}',
        b'{"v": 1, "p": ["other:1"], "s": [], "t": []}',
    ],
)
def test_anything_else_is_refused(data: bytes) -> None:
    story = Story(CHECK)
    with pytest.raises(SnapshotRefused):
        CaseExecution.load(data, host=story.host)


def test_a_snapshot_of_another_definition_is_refused() -> None:
    story = Story(CHECK)
    data = story.case.dump().replace(b'"check",', b'"elsewhere",')
    with pytest.raises(SnapshotRefused, match="elsewhere"):
        CaseExecution.load(data, host=story.host)


def test_an_ended_case_can_be_kept_too() -> None:
    story = Story(CHECK)
    story.complete("check", x=1)
    again = CaseExecution.load(story.case.dump(), host=story.host)
    assert again.ended
    assert again.variables() == {"x": 1}
    assert not again.tokens


def test_a_loan_case_is_small() -> None:
    story = Story(
        program(
            start(), user("a"), boundary("late", "a", timer("R3/PT1H"), interrupting=False), end(), flows="start -> a -> end\nlate -> end"
        ),
        {"applicant": "王芳", "amount": 180000, "documents": ["id", "income"], "bureau": {"score": 655, "hits": 2}},
    )
    assert len(story.case.dump()) < 600


# Twins: one lives on, one is restored between any two steps; they must not differ in a single request or record.

PIECES = ("task", "script", "exclusive", "parallel", "inclusive", "loop", "sub", "timer", "many", "one-by-one", "call", "error")


@st.composite
def shapes(draw: st.DrawFn, depth: int = 2) -> tuple[Any, ...]:
    """A block: its kind and the blocks inside."""
    kind = draw(st.sampled_from(PIECES if depth else ("task", "script")))
    if kind in ("task", "script", "call"):
        return (kind,)
    inner = draw(st.integers(2, 3)) if kind in ("exclusive", "parallel", "inclusive") else 1
    return (kind, *(tuple(draw(st.lists(shapes(depth=depth - 1), min_size=1, max_size=2))) for _ in range(inner)))


class Builder:
    """Draws blocks as flow nodes and flows."""

    def __init__(self, numbers: Iterator[int] | None = None) -> None:
        self.nodes: list[FlowNode] = []
        self.lines: list[str] = []
        self.numbers = numbers or count(1)

    def name(self, kind: str) -> str:
        return f"{kind}{next(self.numbers)}"

    def sequence(self, blocks: tuple[Any, ...], source: str) -> str:
        for block in blocks:
            source = self.block(block, source)
        return source

    def block(self, shape: tuple[Any, ...], source: str) -> str:
        kind, *inner = shape
        match kind:
            case "task" | "script" | "call":
                node = {
                    "task": lambda name: user(name),
                    "script": lambda name: script(name, "n + 1", "n"),
                    "call": lambda name: call_activity(name, "check", propagate_all_parent=True, propagate_all_child=True),
                }[kind](self.name(kind))
                return self.then(source, node)
            case "exclusive" | "parallel" | "inclusive":
                make = {"exclusive": exclusive, "parallel": parallel, "inclusive": inclusive}[kind]
                split, join = make(self.name("split")), make(self.name("join"))
                self.nodes += [split, join]
                self.lines.append(f"{source} -> {split.id}")
                for number, branch in enumerate(inner):
                    first = parallel(self.name("way"))
                    self.nodes.append(first)
                    guard = "" if kind == "parallel" else ": default" if number == 0 else f": n > {number * 2}"
                    self.lines.append(f"{split.id} -> {first.id}{guard}")
                    self.lines.append(f"{self.sequence(branch, first.id)} -> {join.id}")
                return join.id
            case "loop":
                again, counted, enough = (
                    exclusive(self.name("again")),
                    script(self.name("count"), "n + 1", "n"),
                    exclusive(self.name("enough")),
                )
                self.nodes += [again, counted, enough]
                self.lines.append(f"{source} -> {again.id}")
                self.lines.append(f"{self.sequence(inner[0], again.id)} -> {counted.id} -> {enough.id}")
                after = parallel(self.name("after"))
                self.nodes.append(after)
                self.lines.append(f"{enough.id} -> {again.id}: n < 6")
                self.lines.append(f"{enough.id} -> {after.id}: default")
                return after.id
            case _:
                return self.activity(kind, inner[0], source)

    def activity(self, kind: str, inner: tuple[Any, ...], source: str) -> str:
        inside = Builder(self.numbers)
        begin = start(inside.name("begin"))
        inside.nodes.append(begin)
        last = inside.sequence(inner, begin.id)
        if kind == "error":
            fail, fine = end(inside.name("fail"), error("E1")), end(inside.name("fine"))
            choice = exclusive(inside.name("choice"))
            inside.nodes += [choice, fail, fine]
            inside.lines += [f"{last} -> {choice.id} -> {fail.id}: n > 3", f"{choice.id} -> {fine.id}: default"]
        marker = {"many": many("=items", element_variable="item"), "one-by-one": many(times="2", sequential=True)}.get(kind)
        name = self.name(kind.replace("-", ""))
        node = sub_process(name, *inside.nodes, flows="\n".join(inside.lines), multi_instance=marker)
        self.then(source, node)
        merge = exclusive(self.name("merge"))
        self.nodes.append(merge)
        self.lines.append(f"{name} -> {merge.id}")
        if kind == "timer":
            self.nodes += [
                boundary(f"{name}-late", name, timer("PT1H")),
                boundary(f"{name}-nudge", name, timer("R2/PT10M"), interrupting=False),
            ]
            self.nodes += [end(f"{name}-end")]
            self.lines += [f"{name}-late -> {merge.id}", f"{name}-nudge -> {name}-end"]
        if kind == "error":
            self.nodes.append(boundary(f"{name}-caught", name, error()))
            self.lines.append(f"{name}-caught -> {merge.id}")
        return merge.id

    def then(self, source: str, node: FlowNode) -> str:
        self.nodes.append(node)
        self.lines.append(f"{source} -> {node.id}")
        return node.id


def compiled(blocks: list[tuple[Any, ...]]) -> Program:
    builder = Builder()
    builder.nodes.append(start())
    last = builder.sequence(tuple(blocks), "start")
    builder.then(last, end())
    return program(*builder.nodes, flows="\n".join(builder.lines), id="random")


def follow(pending: dict[int, Request], step: Step) -> None:
    for request in step.requests:
        match request:
            case CloseTask() | CancelJob() | CancelTimer() | Unsubscribe():
                del pending[request.token]
            case _:
                assert request.token not in pending
                pending[request.token] = request


@settings(max_examples=60)
@given(blocks=st.lists(shapes(), min_size=1, max_size=3), seed=st.integers(0, 10_000))
def test_a_case_restored_between_any_two_steps_is_the_twin_of_one_that_is_not(blocks: list[tuple[Any, ...]], seed: int) -> None:
    process = compiled(blocks)
    host = StoryHost()
    host.at = datetime(2026, 3, 2, tzinfo=UTC)
    host.deploy(process)
    host.deploy(CHECK)
    start_values = {"n": to_feel(0), "items": to_feel([1, 2])}
    limits = Limits(steps=5_000)
    one, step = CaseExecution.start(process, start_values, host=host, limits=limits)
    pending: dict[int, Request] = {}
    follow(pending, step)
    twin = one.dump()
    random = Random(seed)
    for _ in range(200):
        if one.ended:
            break
        request = pending.pop(random.choice(sorted(pending)))
        assert not isinstance(request, RaiseIncident), request
        two = CaseExecution.load(twin, host=host, limits=limits)
        steps: list[Step] = []
        for case in (one, two):
            match request:
                case OpenTask() | EnqueueJob():
                    steps.append(case.complete(request.token, {"n": case.variables()["n"] + 1}, host=host))
                case ScheduleTimer():
                    steps.append(case.fire(request.token, host=host))
                case Subscribe():
                    steps.append(case.deliver(request.token, {}, host=host))
                case _:
                    raise AssertionError(request)
        assert steps[0] == steps[1]
        twin = one.dump()
        assert two.dump() == twin
        follow(pending, steps[0])
    # No token is lost: a case with nothing to wait for has ended, and the other way round.
    assert one.ended == (not pending)
    if not one.ended:
        carrying = [view for view in one.tokens if view.kind in ("task", "job", "timer", "message")]
        assert {view.token for view in carrying} == set(pending)
