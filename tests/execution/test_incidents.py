"""What stops a token, and how it goes on: failing expressions, spent budgets, save points."""

from __future__ import annotations

import pytest

from loanflow.bpmn.model import Dialect
from loanflow.execution import EnqueueJob, Limits
from tests.execution.host import MORNING, Story
from tests.execution.models import (
    boundary,
    end,
    exclusive,
    expression,
    feel,
    message,
    none,
    parallel,
    program,
    rule,
    script,
    service,
    start,
    sub_process,
    text,
    timer,
    user,
)


def test_an_endless_loop_ends_in_an_incident_and_goes_on_when_asked() -> None:
    story = Story(program(start(), exclusive("again"), script("n", "n + 1", "n"), flows="start -> again -> n -> again"), {"n": 0})
    assert list(story.incidents.values()) == ["step-budget"]
    before = story.variables["n"]
    assert 400 < before <= 500
    element = next(iter(story.incidents))
    assert "1000" in story.incident(element).message
    story.resume(element)
    assert story.variables["n"] > before + 400


def test_the_budget_is_per_command_and_can_be_set() -> None:
    process = program(
        start(), exclusive("again"), script("n", "n + 1", "n"), user("a"), flows="start -> again -> n -> again: n < 1500\nn -> a: default"
    )
    story = Story(process, {"n": 0}, limits=Limits(steps=10_000))
    assert story.tasks == ["a"]
    assert story.variables["n"] == 1500


def test_other_ready_tokens_wait_for_the_next_command_after_a_spent_budget() -> None:
    story = Story(
        program(
            start(),
            parallel("fork"),
            none("a"),
            none("b"),
            none("c"),
            end(),
            flows="start -> fork -> a -> end\nfork -> b -> end\nfork -> c -> end",
        ),
        limits=Limits(steps=3),
    )
    assert story.incidents == {"b": "step-budget"}
    assert sorted(view.kind for view in story.case.tokens) == ["incident", "ready", "ready"]
    story.resume("b")
    story.resume(next(iter(story.incidents)))
    assert story.ended


def test_a_failing_decision_is_an_incident_that_names_it() -> None:
    story = Story(program(start(), rule("r", "grade"), user("a"), flows="start -> r -> a"))
    assert story.incidents == {"r": "decision-failed"}
    assert "'grade'" in story.incident("r").message
    story.host.decisions["grade"] = lambda seen: "B"
    story.resume("r")
    assert story.tasks == ["a"]
    assert story.variables == {"result": "B"}


def test_a_failing_assertion_is_an_incident_with_its_words() -> None:
    story = Story(program(start(), script("s", 'assert(order, order != null, "no order")', "x"), user("a"), flows="start -> s -> a"))
    assert story.incidents == {"s": "expression-failed"}
    assert "no order" in story.incident("s").message
    story.set(order=1)
    story.resume("s")
    assert story.variables == {"order": 1, "x": 1}


def test_an_incident_behind_a_completed_task_keeps_what_the_person_entered() -> None:
    story = Story(program(start(), user("a"), user("b"), user("c"), flows="start -> a -> b: x > y\na -> c: x <= y"))
    story.complete("a", x=1)
    assert story.incidents == {"a": "expression-failed"}
    assert story.variables == {"x": 1}
    story.set(y=0)
    story.resume("a")
    assert story.tasks == ["b"]


def test_an_interruption_drops_the_incidents_inside() -> None:
    inner = sub_process("sub", start("s"), rule("r", "grade"), flows="s -> r")
    story = Story(program(start(), inner, boundary("stop", "sub", message("stop")), user("a"), flows="start -> sub\nstop -> a"))
    assert story.incidents == {"r": "decision-failed"}
    story.deliver("stop")
    assert not story.incidents
    assert story.tasks == ["a"]


def test_save_points_are_continuation_jobs() -> None:
    story = Story(program(start(), user("a", async_before=True, async_after=True, retry="R3/PT10M"), end(), flows="start -> a -> end"))
    (job,) = story.open.values()
    assert isinstance(job, EnqueueJob)
    assert (job.kind, job.handler, job.retry) == ("continuation", None, "R3/PT10M")
    assert not story.tasks
    story.resume("a")
    assert story.tasks == ["a"]
    story.complete("a", x=1)
    assert story.jobs == ["continuation"]
    assert story.variables == {"x": 1}
    assert not story.ended
    story.resume("a")
    assert story.ended


def test_a_save_point_before_an_activity_does_not_arm_its_timers_yet() -> None:
    story = Story(
        program(start(), user("a", async_before=True), boundary("late", "a", timer("PT1H")), user("b"), flows="start -> a\nlate -> b")
    )
    assert not story.timers
    story.resume("a")
    assert list(story.timers) == ["late"]


def test_an_interruption_cancels_a_continuation() -> None:
    inner = sub_process("sub", start("s"), user("x", async_before=True), flows="s -> x")
    story = Story(program(start(), inner, boundary("stop", "sub", message("stop")), user("a"), flows="start -> sub\nstop -> a"))
    assert story.jobs == ["continuation"]
    story.deliver("stop")
    assert not story.jobs
    assert story.tasks == ["a"]


def test_a_task_says_for_whom_and_until_when() -> None:
    task = user(
        "a",
        name="Review",
        assignee=expression("=who"),
        candidate_users=text("li.na, wang.fang"),
        candidate_groups=feel('["reviewer", "officer"]'),
        due_date=text("P2D"),
        follow_up_date=expression("=when"),
        priority=text("80"),
        different_from=("submit",),
    )
    story = Story(program(start(), task, flows="start -> a"), {"who": "zhao", "when": "2026-03-03T00:00:00+08:00"})
    opened = story.task("a")
    assert (opened.name, opened.assignee, opened.candidate_users, opened.candidate_groups) == (
        "Review",
        "zhao",
        ("li.na", "wang.fang"),
        ("reviewer", "officer"),
    )
    assert opened.due_at == MORNING.replace(day=4)
    assert opened.follow_up_at == MORNING.replace(day=2, hour=16)
    assert (opened.priority, opened.different_from, opened.instance) == (80, ("submit",), None)


def test_nobody_in_particular() -> None:
    task = user("a", assignee=expression("=who"), due_date=expression("=when"), candidate_groups=expression("=groups"))
    values = {"who": None, "when": None, "groups": None}
    story = Story(program(start(), task, flows="start -> a", dialect=Dialect.SPEC), values)
    opened = story.task("a")
    assert (opened.name, opened.assignee, opened.due_at, opened.candidate_groups) == ("a", None, None, ())


@pytest.mark.parametrize(
    ("field", "value"),
    [("assignee", "=5 > 3"), ("due_date", '="soon"'), ("candidate_groups", "=[1, 2]"), ("priority", '="high"')],
)
def test_an_assignment_that_makes_no_sense_is_an_incident(field: str, value: str) -> None:
    story = Story(program(start(), user("a", **{field: expression(value)}), flows="start -> a"))
    assert story.incidents == {"a": "expression-failed"}
    assert not story.tasks


def test_a_job_says_priority_retries_and_headers() -> None:
    from dataclasses import replace

    from tests.execution.models import call

    task = replace(service("s", job_priority=text("7")), implementation=call("=name", retries=text("5"), headers={"url": "x"}))
    story = Story(program(start(), task, flows="start -> s"), {"name": "disburse"})
    (job,) = story.open.values()
    assert isinstance(job, EnqueueJob)
    assert (job.handler, job.priority, job.retries, dict(job.headers)) == ("disburse", 7, 5, {"url": "x"})


def test_camunda_7_conditions_need_a_truth_value_too() -> None:
    story = Story(
        program(start(), exclusive("g"), user("a"), user("b"), flows="start -> g -> a: x\ng -> b: default", dialect=Dialect.CAMUNDA7),
        {"x": "yes"},
    )
    assert story.incidents == {"g": "expression-failed"}
    assert "'yes'" in story.incident("g").message


def test_a_long_loop_is_no_deeper_than_a_short_one() -> None:
    # Stock SpiffWorkflow stops at a depth of 1,000 and says the case is complete.
    story = Story(
        program(
            start(),
            exclusive("again"),
            user("a"),
            exclusive("enough"),
            end(),
            flows="start -> again -> a -> enough -> again: n < 1200\nenough -> end: default",
        ),
        reloads=False,
    )
    for n in range(1, 1201):
        assert not story.ended
        story.complete("a", n=n)
        story.records.clear()
    assert story.ended
    assert story.done.count("a") == 1200


def test_a_parallel_block_in_a_long_loop_needs_no_deep_recursion() -> None:
    story = Story(
        program(
            start(), exclusive("again"), parallel("fork"), script("count", "n + 1", "n"), none("b"), parallel("join"),
            exclusive("enough"), end(),
            flows="start -> again -> fork -> count -> join\nfork -> b -> join\njoin -> enough -> again: n < 300\nenough -> end: default",
        ),
        {"n": 0},
        limits=Limits(steps=10_000),
    )  # fmt: skip
    assert story.ended
    assert story.variables == {"n": 300}


def test_a_join_that_can_never_be_complete_is_an_incident_that_says_what_is_missing() -> None:
    story = Story(
        program(
            start(),
            exclusive("choice"),
            user("a"),
            user("b"),
            parallel("join"),
            end(),
            flows="start -> choice -> a: true\nchoice -> b: default\na -> join\nb -> join\njoin -> end",
        )
    )
    assert not story.incidents
    story.complete("a")
    assert story.incidents == {"join": "join-stuck"}
    assert "b-join" in story.incident("join").message
    story.resume("join")
    assert story.incidents == {"join": "join-stuck"}
    assert story.places() == ["join"]


def test_a_join_is_not_stuck_while_anyone_can_still_act() -> None:
    inner = sub_process("sub", start("s"), parallel("fork"), user("x"), parallel("join"), flows="s -> fork -> x -> join\nfork -> join")
    story = Story(program(start(), inner, end(), flows="start -> sub -> end"))
    assert story.tasks == ["x"]
    assert not story.incidents
    story.complete("x")
    assert story.ended


def test_a_stuck_join_inside_is_dropped_with_an_interruption_outside() -> None:
    inner = sub_process(
        "sub",
        start("s"),
        exclusive("choice"),
        parallel("join"),
        user("x"),
        flows="s -> choice -> join: true\nchoice -> x: default\nx -> join",
    )
    story = Story(program(start(), inner, boundary("stop", "sub", message("stop")), user("a"), flows="start -> sub\nstop -> a"))
    assert not story.incidents  # the message can still come
    story.deliver("stop")
    assert story.tasks == ["a"]
