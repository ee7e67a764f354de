"""Sending back a case that was migrated: what was done counts as done at the elements that stand for the old ones."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loanflow.bpmn.model import Model
from loanflow.execution import EnqueueJob, OpenTask, RaiseIncident, Return, ScheduleTimer, Subscribe
from tests.execution.models import end, model, parallel, service, start, sub_process, user
from tests.execution.moving import Moving, all_ids, renamed
from tests.execution.test_causality import causality, go_back, send_back, targets, token_at
from tests.execution.test_migration_twins import drawn_of
from tests.execution.test_snapshot import CHECK, shapes

BRANCHES = model(
    start(), user("apply"), parallel("split"), user("a"), user("b"), parallel("join"), user("after"), end(),
    flows="start -> apply -> split -> a -> join -> after -> end\nsplit -> b -> join",
)  # fmt: skip


def under_other_ids(drawn: Model) -> Model:
    other = renamed(drawn, "*")
    return replace(other, processes=tuple(replace(process, id=drawn.processes[0].id) for process in other.processes))


def migrated(story: Moving) -> Moving:
    story.to(under_other_ids(story.drawn), given=all_ids(story.drawn))
    return story


def at_the_end() -> Moving:
    story = Moving(BRANCHES)
    for element in ("apply", "a", "b"):
        story.complete(element)
    return story


def test_a_migrated_case_goes_back_over_a_join_to_the_renamed_element():
    story = migrated(at_the_end())
    assert targets(story, "after*") == ["b*", "a*", "apply*"]
    way = send_back(story, "after*", "a*")
    assert set(way.reopened.values()) == {"a*", "join*"}
    story.complete("a*")
    send_back(story, "after*", "apply*")
    for element in ("apply*", "a*", "b*", "after*"):
        story.complete(element)
    assert story.ended


def test_what_was_done_before_and_after_the_migration_is_one_past():
    story = Moving(BRANCHES)
    story.complete("apply")
    story.complete("a")
    migrated(story)
    story.complete("b*")
    send_back(story, "after*", "a*")
    assert story.places() == ["a*", "join*"]


def test_a_sub_process_that_was_entered_before_goes_on_after():
    drawn = model(
        start(), sub_process("deal", start("i"), user("x"), user("y"), end("o"), flows="i -> x -> y -> o"), user("after"), end(),
        flows="start -> deal -> after -> end",
    )  # fmt: skip
    story = Moving(drawn)
    story.complete("x")
    migrated(story)
    send_back(story, "y*", "x*")
    story.complete("x*")
    story.complete("y*")
    send_back(story, "after*", "y*")
    assert story.places() == ["deal*", "y*"]


@pytest.mark.parametrize(
    ("nodes", "flows", "wanted"),
    [
        # There is no such element any more.
        ([start(), user("a"), parallel("join"), user("after"), end()], "start -> a -> join -> after -> end", {"a": "version-changed"}),
        # A program does it now: that is no other place.
        ([start(), service("apply"), user("after"), end()], "start -> apply -> after -> end", {"apply": "version-changed"}),
        # It is inside a sub-process now, and was not then.
        (
            [start(), sub_process("deal", start("i"), user("apply"), end("o"), flows="i -> apply -> o"), user("after"), end()],
            "start -> deal -> after -> end",
            {"apply": "version-changed"},
        ),
        # The join waits for a third.
        (
            [
                start(), user("apply"), parallel("split"), user("a"), user("b"), user("c"), parallel("join"), user("after"), end(),
            ],
            "start -> apply -> split -> a -> join -> after -> end\nsplit -> b -> join\nsplit -> c -> join",
            {"a": "version-changed", "apply": None},
        ),
    ],
    ids=["gone", "another kind", "another scope", "another join"],
)  # fmt: skip
def test_there_is_no_way_back_to_what_the_new_version_has_not(nodes: list[Any], flows: str, wanted: dict[str, str | None]):
    story = at_the_end()
    story.to(model(*nodes, flows=flows))
    found = {way.element_id: way.refusal and way.refusal.code for way in causality(story).returns(token_at(story, "after"))}
    assert {element: found[element] for element in wanted} == wanted


def outline(ways: tuple[Return, ...]) -> list[Any]:
    return [
        (
            way.token,
            way.element_id.removesuffix("*"),
            [(number, element.removesuffix("*")) for number, element in way.reopened.items()],
            [element.removesuffix("*") for element in way.undone],
            way.cancelled,
            way.refusal and way.refusal.code,
        )
        for way in ways
    ]


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(blocks=st.lists(shapes(), min_size=1, max_size=3), seed=st.integers(0, 10_000), moment=st.integers(0, 12))
def test_a_migrated_case_can_be_sent_back_as_its_twin_that_was_not(blocks: list[tuple[Any, ...]], seed: int, moment: int):
    drawn = drawn_of(blocks)
    stays, goes = (Moving(drawn, {"n": 0, "items": [1, 2]}, called=(CHECK,)) for _ in range(2))
    random = Random(seed)
    for number in range(40):
        if stays.ended:
            break
        if number == moment:
            migrated(goes)
        token = random.choice(sorted(stays.open))
        request = stays.open[token]
        assert not isinstance(request, RaiseIncident), request
        legal: list[Return] = []
        if isinstance(request, OpenTask) and random.random() < 0.4:
            ways = causality(stays).returns(token)
            others = causality(goes).returns(token)
            assert outline(ways) == outline(others)
            legal = [way for way in ways if way.refusal is None]
        if legal:
            way = random.choice(legal)
            go_back(stays, way)
            go_back(goes, next(other for other in others if other.token == way.token))
        else:
            for story in (stays, goes):
                match request:
                    case OpenTask() | EnqueueJob(kind="handler"):
                        story.do(story.case.complete, token, {})
                    case EnqueueJob():
                        story.do(story.case.resume, token)
                    case ScheduleTimer():
                        story.do(story.case.fire, token)
                    case Subscribe():
                        story.do(story.case.deliver, token, {})
                    case _:
                        raise AssertionError(request)
        assert [(v.token, v.element_id, v.kind) for v in stays.case.tokens] == [
            (v.token, v.element_id.removesuffix("*"), v.kind) for v in goes.case.tokens
        ]
