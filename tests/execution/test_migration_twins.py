"""The same process under other ids: every migrated case goes on as if nothing had happened."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from loanflow.bpmn.compare import compare
from loanflow.bpmn.model import Model
from loanflow.execution import (
    CaseExecution,
    EnqueueJob,
    Limits,
    OpenTask,
    RaiseIncident,
    Relocate,
    Request,
    ScheduleTimer,
    Step,
    Subscribe,
    VersionChange,
    compile_process,
    migrate,
)
from loanflow.feel import to_feel
from tests.execution.host import StoryHost
from tests.execution.models import (
    end,
    model,
    start,
)
from tests.execution.moving import all_ids, renamed
from tests.execution.test_snapshot import CHECK, Builder, follow, shapes


def drawn_of(blocks: list[tuple[Any, ...]]) -> Model:
    builder = Builder()
    builder.nodes.append(start())
    last = builder.sequence(tuple(blocks), "start")
    builder.then(last, end())
    return model(*builder.nodes, flows="\n".join(builder.lines), id="random")


def plain(step: Step) -> list[Any]:
    """A step with the new version's names taken back, as tuples."""

    def back(text: str) -> str:
        return text.replace("*", "").replace("random:2", "random:1")

    asked = [(type(r).__name__, r.token, back(r.element_id), back(r.program), getattr(r, "due_at", None)) for r in step.requests]
    happened = [(r.kind, r.token, back(r.element_id), back(r.program), back(repr(r.data))) for r in step.records]
    return [asked, happened, step.ended, step.outcome, back(step.end_event or "")]


@settings(max_examples=80)
@given(blocks=st.lists(shapes(), min_size=1, max_size=3), seed=st.integers(0, 10_000), moment=st.integers(0, 12))
def test_a_case_migrated_to_the_same_process_under_other_ids_is_the_twin_of_one_that_is_not(
    blocks: list[tuple[Any, ...]], seed: int, moment: int
) -> None:
    drawn = drawn_of(blocks)
    other = renamed(drawn, "*")
    other = replace(other, processes=tuple(replace(process, id="random") for process in other.processes))
    old, new = (compile_process(each, "random", program_id=f"random:{n}") for n, each in ((1, drawn), (2, other)))
    found = compare(drawn.processes[0], other.processes[0], given=all_ids(drawn))
    change = VersionChange(old, new, elements={one: pair.new.id for one, pair in found.pairs.items()}, flows=found.flows)
    host = StoryHost()
    host.at = datetime(2026, 3, 2, tzinfo=UTC)
    for each in (old, new, CHECK):
        host.deploy(each)
    limits = Limits(steps=5_000)
    stays, step = CaseExecution.start(old, {"n": to_feel(0), "items": to_feel([1, 2])}, host=host, limits=limits)
    goes = CaseExecution.load(stays.dump(), host=host, limits=limits)
    pending: dict[int, Request] = {}
    follow(pending, step)
    random = Random(seed)
    for number in range(200):
        if stays.ended:
            break
        if number == moment:
            migrated = migrate(goes.dump(), change, host=host, limits=limits)
            goes = migrated.execution
            # Every token is there, and nothing but relocations was asked for.
            assert {type(request) for request in migrated.step.requests} == {Relocate}
            assert migrated.step.records == ()
            assert [(v.token, v.element_id.removesuffix("*"), v.kind, v.since) for v in goes.tokens] == [
                (v.token, v.element_id, v.kind, v.since) for v in stays.tokens
            ]
        request = pending.pop(random.choice(sorted(pending)))
        assert not isinstance(request, RaiseIncident), request
        steps: list[Step] = []
        for case in (stays, goes):
            match request:
                case OpenTask() | EnqueueJob():
                    steps.append(case.complete(request.token, {"n": case.variables()["n"] + 1}, host=host))
                case ScheduleTimer():
                    steps.append(case.fire(request.token, host=host))
                case Subscribe():
                    steps.append(case.deliver(request.token, {}, host=host))
                case _:
                    raise AssertionError(request)
        assert plain(steps[0]) == plain(steps[1])
        follow(pending, steps[0])
    assert stays.ended == goes.ended
    assert stays.variables() == goes.variables()
