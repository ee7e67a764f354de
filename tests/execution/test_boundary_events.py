"""Timers and messages on the border of activities, interrupting and not."""

from __future__ import annotations

from typing import Any

import pytest

from loanflow.bpmn import model as bpmn
from loanflow.bpmn.model import Dialect
from tests.execution.host import MORNING, Story
from tests.execution.models import (
    boundary,
    call_activity,
    conditional,
    end,
    juel,
    many,
    mapping,
    message,
    parallel,
    program,
    script,
    signal,
    start,
    sub_process,
    timer,
    user,
)


def test_an_interrupting_timer_takes_the_task_away() -> None:
    story = Story(
        program(start(), user("a"), boundary("late", "a", timer("PT1H")), user("b"), end(), flows="start -> a -> end\nlate -> b -> end")
    )
    assert story.timers == {"late": MORNING.replace(hour=10)}
    assert story.turn(hours=1) == ["late"]
    assert story.tasks == ["b"]
    kinds = [(r.kind, r.element_id) for r in story.step.records]
    assert kinds[:3] == [("timer.fired", "late"), ("element.cancelled", "a"), ("element.entered", "late")]
    story.complete("b")
    assert story.ended


def test_completing_the_task_takes_the_timer_away() -> None:
    story = Story(program(start(), user("a"), boundary("late", "a", timer("PT1H")), user("b"), end(), flows="start -> a -> end\nlate -> b"))
    story.complete("a")
    assert story.ended


def test_a_non_interrupting_timer_runs_beside() -> None:
    story = Story(
        program(
            start(), user("a"), boundary("late", "a", timer("PT1H"), interrupting=False), user("b"), end(),
            flows="start -> a -> end\nlate -> b",
        )
    )  # fmt: skip
    assert story.turn(hours=3) == ["late"]
    assert story.tasks == ["a", "b"]
    assert not story.timers
    story.complete("a")
    assert not story.ended
    story.complete("b")
    assert story.ended


def test_a_cycle_fires_as_often_as_it_says_counted_from_its_creation() -> None:
    story = Story(
        program(
            start(), user("a"), boundary("nudge", "a", timer("R3/PT1H"), interrupting=False), script("count", "n + 1", "n"),
            flows="start -> a\nnudge -> count",
        ),
        {"n": 0},
    )  # fmt: skip
    story.host.at = MORNING.replace(hour=10, minute=20)  # the worker is late
    story.fire("nudge")
    assert story.timers == {"nudge": MORNING.replace(hour=11)}
    assert story.turn(hours=10) == ["nudge", "nudge"]
    assert story.variables == {"n": 3}
    assert not story.timers


def test_an_endless_cycle_goes_on_until_the_task_is_done() -> None:
    story = Story(
        program(
            start(), user("a"), boundary("nudge", "a", timer("R/P1D"), interrupting=False), script("count", "n + 1", "n"),
            flows="start -> a\nnudge -> count",
        ),
        {"n": 0},
    )  # fmt: skip
    assert len(story.turn(days=30)) == 30
    story.complete("a")
    assert story.ended
    assert story.variables == {"n": 30}


def test_each_firing_has_a_token_of_its_own() -> None:
    story = Story(
        program(start(), user("a"), boundary("nudge", "a", timer("R/PT1H"), interrupting=False), user("b"), flows="start -> a\nnudge -> b")
    )
    before = next(token for token, r in story.open.items() if r.element_id == "nudge")
    story.turn(hours=1)
    after = next(token for token, r in story.open.items() if r.element_id == "nudge")
    assert before != after


def test_an_interrupting_message_and_a_non_interrupting_one() -> None:
    story = Story(
        program(
            start(), user("a"), boundary("note", "a", message("note"), interrupting=False), boundary("stop", "a", message("stop")),
            user("b"), user("c"),
            flows="start -> a\nnote -> b\nstop -> c",
        )
    )  # fmt: skip
    story.deliver("note", text="one")
    story.deliver("note", text="two")
    assert story.tasks == ["a", "b", "b"]
    assert story.variables == {"text": "two"}
    story.deliver("stop")
    assert story.tasks == ["b", "b", "c"]
    assert not story.subscriptions


def test_a_signal_interrupts() -> None:
    story = Story(program(start(), user("a"), boundary("news", "a", signal("news")), user("b"), flows="start -> a\nnews -> b"))
    story.deliver("news")
    assert story.tasks == ["b"]


def test_whoever_comes_first_wins_and_the_other_is_refused() -> None:
    import pytest

    from loanflow.errors import NotFound

    story = Story(program(start(), user("a"), boundary("late", "a", timer("PT1H")), user("b"), end(), flows="start -> a -> end\nlate -> b"))
    timer_token = next(token for token, r in story.open.items() if r.element_id == "late")
    task_token = story.task("a").token
    story.fire("late")
    with pytest.raises(NotFound):
        story.case.complete(task_token, {}, host=story.host)
    with pytest.raises(NotFound):
        story.case.fire(timer_token, host=story.host)
    assert story.tasks == ["b"]


def test_two_timers_on_one_task_race_by_due_time() -> None:
    story = Story(
        program(
            start(), user("a"), boundary("second", "a", timer("PT2H")), boundary("first", "a", timer("PT1H")), user("b"), user("c"),
            flows="start -> a\nsecond -> b\nfirst -> c",
        )
    )  # fmt: skip
    assert story.turn(hours=5) == ["first"]
    assert story.tasks == ["c"]
    assert not story.timers


def test_interrupting_a_sub_process_takes_everything_inside_away() -> None:
    deep = sub_process("deep", user("x"), boundary("inner", "x", timer("PT5H")), user("z"), flows="inner -> z")
    outer = sub_process("outer", start("s"), deep, user("y"), flows="s -> deep\ns -> y")
    story = Story(program(start(), outer, boundary("stop", "outer", message("stop")), user("after"), flows="start -> outer\nstop -> after"))
    assert story.tasks == ["y", "x"]
    story.deliver("stop")
    assert story.tasks == ["after"]
    assert not story.timers
    assert story.places() == ["after"]


def test_interrupting_a_multi_instance_sub_process_takes_every_instance_away() -> None:
    each = sub_process("each", start("s"), user("vote"), flows="s -> vote", multi_instance=many("=members", element_variable="member"))
    story = Story(
        program(start(), each, boundary("late", "each", timer("PT1H")), user("after"), flows="start -> each\nlate -> after"),
        {"members": ["a", "b", "c"]},
    )
    assert story.tasks == ["vote"] * 3
    assert len(story.timers) == 1
    story.complete("vote")
    story.turn(hours=1)
    assert story.tasks == ["after"]


def test_a_boundary_event_is_armed_anew_in_each_round_of_a_loop() -> None:
    story = Story(
        program(
            start(), user("a"), boundary("late", "a", timer("PT1H")), user("b"),
            flows="start -> a\nlate -> b -> a",
        )
    )  # fmt: skip
    for _ in range(3):
        story.turn(hours=1)
        assert story.tasks == ["b"]
        story.complete("b")
        assert story.tasks == ["a"]
        assert list(story.timers.values()) == [story.host.at.replace(hour=story.host.at.hour + 1)]


def test_a_timer_may_be_computed_from_variables_also_from_mapped_in_ones() -> None:
    from tests.execution.models import mapping

    story = Story(
        program(
            start(), user("a", inputs=(mapping("wait", "=days"),)), boundary("late", "a", timer("duration:=wait")), user("b"),
            flows="start -> a\nlate -> b",
        ),
        {"days": "P2D"},
    )  # fmt: skip
    assert story.timers == {"late": MORNING.replace(day=4)}


def test_a_timer_that_cannot_be_computed_is_an_incident_and_arms_nothing() -> None:
    story = Story(
        program(
            start(), user("a"), boundary("one", "a", timer("PT1H")), boundary("two", "a", timer("duration:=wait")), user("b"),
            flows="start -> a\none -> b\ntwo -> b",
        )
    )  # fmt: skip
    assert story.incidents == {"a": "expression-failed"}
    assert not story.timers
    assert not story.tasks
    assert "wait" in story.incident("a").message
    story.set(wait="PT3H")
    story.resume("a")
    assert story.tasks == ["a"]
    assert sorted(story.timers) == ["one", "two"]


def test_a_due_timer_in_the_past_is_due_at_once() -> None:
    story = Story(
        program(start(), user("a"), boundary("late", "a", timer("2020-01-01T00:00:00Z")), user("b"), flows="start -> a\nlate -> b")
    )
    assert story.timers["late"] < story.host.at
    assert story.turn(seconds=0) == ["late"]


def test_a_parallel_branch_outside_is_not_touched_by_an_interruption() -> None:
    story = Story(
        program(
            start(), parallel("fork"), user("a"), user("b"), boundary("late", "a", timer("PT1H")), parallel("join"), user("c"),
            flows="start -> fork -> a -> join\nlate -> join\nfork -> b -> join\njoin -> c",
        )
    )  # fmt: skip
    story.turn(hours=1)
    assert story.tasks == ["b"]


@pytest.mark.parametrize("interrupting", [True, False])
def test_a_condition_is_looked_at_before_the_work_that_made_it_true_is_left(interrupting: bool) -> None:
    work = script("work", "1001", "amount")
    large = boundary("large", "work", conditional("amount > 1000"), interrupting=interrupting)
    story = Story(program(start(), work, large, user("a"), user("b"), flows="start -> work -> a\nlarge -> b"))
    assert sorted(story.tasks) == (["b"] if interrupting else ["a", "b"])


def test_a_condition_that_holds_already_comes_before_the_work() -> None:
    large = boundary("large", "work", conditional("amount > 1000"))
    story = Story(program(start(), script("work", "0", "amount"), large, user("b"), flows="start -> work\nlarge -> b"), {"amount": 1001})
    assert story.tasks == ["b"]
    assert story.variables == {"amount": 1001}


def test_an_activity_with_nothing_to_do_is_interrupted_too() -> None:
    none_to_ask = user("ask", multi_instance=many("=people"))
    large = boundary("large", "ask", conditional("amount > 1000"))
    process = program(start(), none_to_ask, large, user("a"), user("b"), flows="start -> ask -> a\nlarge -> b")
    assert Story(process, {"amount": 1001, "people": []}).tasks == ["b"]
    assert Story(process, {"amount": 1000, "people": []}).tasks == ["a"]


def test_what_a_call_activity_maps_out_may_interrupt_it_still() -> None:
    called = program(start("s"), script("count", "1001", "total"), flows="s -> count", id="called")
    call = call_activity("call", "called", call_outputs=(mapping("amount", "${total}"),))
    large = boundary("large", "call", conditional("amount > 1000"))
    process = program(start(), call, large, user("a"), user("b"), flows="start -> call -> a\nlarge -> b", dialect=Dialect.CAMUNDA7)
    story = Story(process, called=(called,))
    assert story.tasks == ["b"]
    assert story.variables == {"amount": 1001}


@pytest.mark.parametrize("interrupting", [True, False])
def test_what_stays_with_a_call_for_its_outputs_to_map_meets_no_condition(interrupting: bool) -> None:
    called = program(start("s"), script("count", "1001", "total"), flows="s -> count", id="called")
    call = call_activity("call", "called", propagate_all_child=True, outputs=(mapping("amount", "=total - 1000"),))
    large = boundary("large", "call", conditional("total > 1000"), interrupting=interrupting)
    process = program(start(), call, large, user("a"), user("b"), flows="start -> call -> a\nlarge -> b")
    story = Story(process, {"total": 0, "amount": 0}, called=(called,))
    assert story.tasks == ["a"]
    assert story.variables == {"total": 0, "amount": 1}


# Conditions in Camunda 7: variables set together are as many changes as they are variables, and the counters are variables


def _asks_three(condition: str, *, interrupting: bool, dialect: Dialect = Dialect.CAMUNDA7, **more: Any) -> Story:
    ask = user("ask", multi_instance=many(**{"times": "3", **more}))
    on = boundary("on", "ask", conditional(condition), interrupting=interrupting)
    return Story(program(start(), ask, on, user("n"), user("z"), flows="start -> ask -> z\non -> n", dialect=dialect))


def test_each_of_several_variables_is_a_change_in_camunda_7() -> None:
    for dialect, count in ((Dialect.CAMUNDA7, 2), (Dialect.CAMUNDA8, 1), (Dialect.SPEC, 1)):
        on = boundary("on", "work", conditional("a = 1"), interrupting=False)
        process = program(start(), user("work"), on, user("n"), user("z"), flows="start -> work -> z\non -> n", dialect=dialect)
        story = Story(process, {"a": 0})
        story.set(a=1, b=1)
        assert story.tasks.count("n") == count
        story.complete("work", a=1, b=2)
        assert story.tasks.count("n") == 2 * count
        assert story.tasks.count("z") == 1


def test_what_changes_together_is_looked_at_once_all_of_it_has_changed() -> None:
    on = boundary("on", "work", conditional("a = 1 and b = 0"))
    process = program(start(), user("work"), on, user("n"), flows="start -> work\non -> n", dialect=Dialect.CAMUNDA7)
    story = Story(process, {"a": 0, "b": 0})
    story.set(a=1, b=1)
    assert story.tasks == ["work"]


def test_an_interrupting_event_happens_once_however_much_has_changed() -> None:
    on = boundary("on", "work", conditional("a = 1"))
    process = program(start(), user("work"), on, user("n"), flows="start -> work\non -> n", dialect=Dialect.CAMUNDA7)
    story = Story(process, {"a": 0})
    story.set(a=1, b=1, c=1)
    assert story.tasks == ["n"]


def test_the_counters_of_instances_are_changes_at_once() -> None:
    story = _asks_three("nrOfInstances = 3", interrupting=False)
    counts = [story.tasks.count("n")]
    while "ask" in story.tasks:
        story.complete("ask")
        counts.append(story.tasks.count("n"))
    assert counts == [3, 5, 7, 9]


def test_the_counters_of_instances_are_changes_in_sequence() -> None:
    story = _asks_three("true", interrupting=False, sequential=True)
    counts = [story.tasks.count("n")]
    while "ask" in story.tasks:
        story.complete("ask")
        counts.append(story.tasks.count("n"))
    assert counts == [5, 7, 9, 9]


@pytest.mark.parametrize("dialect", [Dialect.CAMUNDA7, Dialect.SPEC])
@pytest.mark.parametrize(
    ("sequential", "condition"), [(False, "nrOfCompletedInstances = 2"), (True, "loopCounter = last"), (True, 'who = "c"')]
)
def test_enough_answers_interrupt_the_rest(dialect: Dialect, sequential: bool, condition: str) -> None:
    condition = condition.replace("last", "2" if dialect is Dialect.CAMUNDA7 else "3")
    story = _asks_three(
        condition,
        interrupting=True,
        dialect=dialect,
        sequential=sequential,
        times=None,
        collection='=["a", "b", "c"]',
        element_variable="who",
    )
    story.complete("ask")
    assert "n" not in story.tasks
    story.complete("ask")
    assert story.tasks == ["n"]


def test_a_condition_that_sets_a_variable_is_not_looked_at_for_it() -> None:
    sets = bpmn.ConditionalEvent(condition=juel("${execution.setVariable('x', x + 1) == 5 || x > 2}"))
    process = program(
        start(), user("work"), boundary("on", "work", sets), user("n"), flows="start -> work\non -> n", dialect=Dialect.CAMUNDA7
    )
    story = Story(process, {"x": 0})
    assert (story.tasks, story.variables) == (["work"], {"x": 1})
    story.set(y=1)
    story.set(y=2)
    story.set(y=3)
    assert story.tasks == ["n"]


def test_the_counters_of_camunda_8_are_no_variables() -> None:
    story = _asks_three("numberOfInstances = 3", interrupting=True, dialect=Dialect.CAMUNDA8)
    story.complete("ask")
    assert story.tasks == ["ask", "ask"]
