"""Exclusive, parallel, inclusive and event-based gateways."""

from __future__ import annotations

import pytest

from loanflow.bpmn.model import Dialect
from tests.execution.host import Story
from tests.execution.models import (
    catch,
    end,
    event_based,
    exclusive,
    inclusive,
    juel,
    message,
    none,
    parallel,
    program,
    receive,
    script,
    start,
    timer,
    user,
)


@pytest.mark.parametrize(("score", "task"), [(90, "pass"), (70, "pass"), (69, "look"), (10, "decline")])
def test_the_first_open_flow_in_document_order_is_taken(score: int, task: str) -> None:
    story = Story(
        program(
            start(),
            exclusive("route"),
            user("pass"),
            user("look"),
            user("decline"),
            flows="start -> route -> pass: score >= 70\nroute -> decline: default\nroute -> look: score > 20",
        ),
        {"score": score},
    )
    assert story.tasks == [task]


def test_document_order_decides_where_two_flows_are_open() -> None:
    story = Story(
        program(start(), exclusive("g"), user("b"), user("a"), flows="start -> g -> a: x > 1\ng -> b: x > 0"),
        {"x": 5},
    )
    assert story.tasks == ["a"]


def test_no_open_flow_is_an_incident_and_can_be_tried_again() -> None:
    story = Story(program(start(), exclusive("g"), user("a"), user("b"), flows="start -> g -> a: x > 1\ng -> b: x < 0"), {"x": 1})
    assert story.incidents == {"g": "no-flow-taken"}
    assert "x > 1" in story.incident("g").message
    story.set(x=2)
    story.resume("g")
    assert story.tasks == ["a"]


def test_a_condition_without_a_truth_value_is_an_incident_naming_it() -> None:
    story = Story(program(start(), exclusive("g"), user("a"), user("b"), flows="start -> g -> a: missing > 1\ng -> b: default"))
    incident = story.incident("g")
    assert incident.code == "expression-failed"
    assert "g-a" in incident.message
    assert "missing > 1" in incident.message
    story.set(missing=0)
    story.resume("g")
    assert story.tasks == ["b"]


def test_camunda_7_conditions_are_juel() -> None:
    story = Story(
        program(start(), exclusive("g"), user("a"), user("b"), flows="start -> g -> a: x > 1\ng -> b: default", dialect=Dialect.CAMUNDA7),
        {"x": 2},
    )
    assert story.tasks == ["a"]
    assert juel("${x}").text == "${x}"


def test_a_parallel_join_waits_for_every_flow() -> None:
    story = Story(
        program(
            start(), parallel("fork"), user("a"), user("b"), parallel("join"), user("c"),
            flows="start -> fork -> a -> join\nfork -> b -> join\njoin -> c",
        )
    )  # fmt: skip
    assert story.tasks == ["a", "b"]
    story.complete("b")
    assert story.tasks == ["a"]
    story.complete("a")
    assert story.tasks == ["c"]


def test_a_parallel_branch_sees_what_another_wrote_and_the_join_keeps_both() -> None:
    # The lost update of a copy per branch: a sets x, b touches nothing and comes last.
    story = Story(
        program(
            start(), parallel("fork"), user("a"), user("b"), script("see", "x", "seen"), parallel("join"), end(),
            flows="start -> fork -> a -> join\nfork -> b -> see -> join\njoin -> end",
        ),
        {"x": "pending"},
    )  # fmt: skip
    story.complete("a", x="rejected")
    story.complete("b")
    assert story.ended
    assert story.variables == {"x": "rejected", "seen": "rejected"}


def test_a_join_keeps_excess_tokens_for_the_next_round() -> None:
    # Two tokens come on one flow and one on the other: one round, one token left; the next on the other flow releases it.
    story = Story(
        program(
            start(), parallel("fork"), user("a"), user("b"), user("c"), user("c2"), exclusive("left"), exclusive("right"),
            parallel("join"), user("d"),
            flows="start -> fork -> a -> left\nfork -> b -> left\nleft -> join\n"
            "fork -> c -> right\nfork -> c2 -> right\nright -> join -> d",
        )
    )  # fmt: skip
    story.complete("a")
    story.complete("b")
    assert story.tasks == ["c", "c2"]
    story.complete("c")
    assert story.tasks == ["c2", "d"]
    story.complete("c2")
    assert story.tasks == ["d", "d"]


def test_a_parallel_join_in_a_loop_waits_anew_each_time() -> None:
    story = Story(
        program(
            start(), exclusive("again"), parallel("fork"), user("a"), user("b"), parallel("join"), exclusive("enough"), end(),
            flows="start -> again -> fork -> a -> join\nfork -> b -> join\njoin -> enough -> again: n < 3\nenough -> end: default",
        )
    )  # fmt: skip
    for n in (1, 2, 3):
        story.complete("a", n=n)
        assert story.tasks == ["b"]
        story.complete("b")
    assert story.ended


def test_an_inclusive_split_takes_every_open_flow() -> None:
    process = program(
        start(), inclusive("split"), user("a"), user("b"), user("c"), inclusive("join"), user("d"),
        flows="start -> split -> a: x > 1\nsplit -> b: x > 2\nsplit -> c: default\na -> join\nb -> join\nc -> join\njoin -> d",
    )  # fmt: skip
    story = Story(process, {"x": 3})
    assert story.tasks == ["a", "b"]
    story.complete("a")
    assert story.tasks == ["b"]
    story.complete("b")
    assert story.tasks == ["d"]
    story = Story(process, {"x": 2})
    story.complete("a")
    assert story.tasks == ["d"]
    story = Story(process, {"x": 0})
    assert story.tasks == ["c"]
    story.complete("c")
    assert story.tasks == ["d"]


def test_an_inclusive_split_without_an_open_flow_is_an_incident() -> None:
    story = Story(program(start(), inclusive("g"), user("a"), user("b"), flows="start -> g -> a: x > 1\ng -> b: x > 2"), {"x": 0})
    assert story.incidents == {"g": "no-flow-taken"}


def test_an_inclusive_join_waits_for_a_late_token_far_away() -> None:
    # b's token is two steps and a choice away from the join.
    story = Story(
        program(
            start(), inclusive("split"), user("a"), user("b"), exclusive("choice"), user("extra"), end("away"), inclusive("join"),
            user("d"),
            flows="start -> split -> a: true\nsplit -> b: true\na -> join\nb -> choice -> extra: on\nchoice -> away: default\n"
            "extra -> join\njoin -> d",
        )
    )  # fmt: skip
    story.complete("a")
    assert story.tasks == ["b"]
    story.complete("b", on=True)
    assert story.tasks == ["extra"]
    story.complete("extra")
    assert story.tasks == ["d"]


def test_an_inclusive_join_goes_on_once_the_late_token_has_gone_elsewhere() -> None:
    story = Story(
        program(
            start(), inclusive("split"), user("a"), user("b"), exclusive("choice"), user("extra"), end("away"), inclusive("join"),
            user("d"),
            flows="start -> split -> a: true\nsplit -> b: true\na -> join\nb -> choice -> extra: on\nchoice -> away: default\n"
            "extra -> join\njoin -> d",
        )
    )  # fmt: skip
    story.complete("a")
    story.complete("b", on=False)
    assert story.tasks == ["d"]


def test_an_inclusive_join_does_not_wait_for_a_token_that_must_pass_it_first() -> None:
    # In a loop: the token that waits at the join could come round again, but only through the join.
    story = Story(
        program(
            start(), exclusive("again"), inclusive("split"), user("a"), user("b"), inclusive("join"), exclusive("enough"), end(),
            flows="start -> again -> split -> a: true\nsplit -> b: n > 1\na -> join\nb -> join\njoin -> enough -> again: n < 3\n"
            "enough -> end: default",
        ),
        {"n": 1},
    )  # fmt: skip
    story.complete("a", n=2)
    assert story.tasks == ["a", "b"]
    story.complete("a", n=3)
    assert story.tasks == ["b"]
    story.complete("b")
    assert story.ended


def test_an_inclusive_join_waits_behind_a_merge_in_the_second_branch() -> None:
    # The live token stands behind the second parent of a merge: stock SpiffWorkflow looks at the first only.
    story = Story(
        program(
            start(), parallel("fork"), user("a"), user("b"), none("never"), exclusive("merge"), inclusive("join"), user("d"),
            flows="start -> fork -> a -> join\nnever -> merge\nfork -> b -> merge\nmerge -> join\njoin -> d",
        )
    )  # fmt: skip
    story.complete("a")
    assert story.tasks == ["b"]
    story.complete("b")
    assert story.tasks == ["d"]


def test_an_inclusive_join_keeps_excess_tokens() -> None:
    story = Story(
        program(
            start(), parallel("fork"), user("a"), user("b"), user("c"), exclusive("left"), inclusive("join"), user("d"),
            flows="start -> fork -> a -> left\nfork -> b -> left\nleft -> join\nfork -> c -> join\njoin -> d",
        )
    )  # fmt: skip
    story.complete("a")
    story.complete("b")
    assert story.tasks == ["c"]
    story.complete("c")
    assert story.tasks == ["d", "d"]


def test_a_token_inside_a_sub_process_holds_an_inclusive_join_back() -> None:
    from tests.execution.models import sub_process

    inner = sub_process("sub", user("deep"), flows="")
    story = Story(
        program(
            start(), parallel("fork"), user("a"), inner, inclusive("join"), user("d"),
            flows="start -> fork -> a -> join\nfork -> sub -> join\njoin -> d",
        )
    )  # fmt: skip
    story.complete("a")
    assert story.tasks == ["deep"]
    story.complete("deep")
    assert story.tasks == ["d"]


def test_an_armed_boundary_event_can_still_reach_an_inclusive_join() -> None:
    from tests.execution.models import boundary

    story = Story(
        program(
            start(), parallel("fork"), user("a"), user("b"), boundary("late", "b", timer("PT1H")), end("away"), inclusive("join"),
            user("d"),
            flows="start -> fork -> a -> join\nfork -> b -> away\nlate -> join\njoin -> d",
        )
    )  # fmt: skip
    story.complete("a")
    assert story.tasks == ["b"]
    story.complete("b")
    assert story.tasks == ["d"]


def test_the_first_event_behind_an_event_based_gateway_decides() -> None:
    process = program(
        start(), event_based("first"), catch("paid", message("paid")), catch("hour", timer("PT1H")), receive("withdrawn", "withdrawn"),
        user("a"), user("b"), user("c"),
        flows="start -> first -> paid -> a\nfirst -> hour -> b\nfirst -> withdrawn -> c",
    )  # fmt: skip
    story = Story(process)
    assert story.subscriptions == ["paid", "withdrawn"]
    assert list(story.timers) == ["hour"]
    story.deliver("paid", amount=5)
    assert story.tasks == ["a"]
    assert not story.timers
    assert not story.subscriptions
    assert story.variables == {"amount": 5}
    assert "first-paid" in story.flows
    story = Story(process)
    assert story.turn(hours=1) == ["hour"]
    assert story.tasks == ["b"]
    assert not story.subscriptions
    story = Story(process)
    story.deliver("withdrawn")
    assert story.tasks == ["c"]


def test_an_inclusive_join_waits_for_a_token_at_its_own_save_point() -> None:
    process = program(
        start(), inclusive("split"), user("a"), user("b"), inclusive("join", async_before=True), user("d"),
        flows="start -> split -> a -> join -> d\nsplit -> b -> join",
    )  # fmt: skip
    story = Story(process)
    story.complete("a")
    story.complete("b")
    assert story.jobs == ["continuation", "continuation"]
    story.resume("join")
    assert story.tasks == []
    story.resume("join")
    assert story.tasks == ["d"]
