"""Event sub-processes: armed beside the tokens of their scope, or catching what those throw. Every story reloads between steps."""

from __future__ import annotations

from typing import Any

import pytest

from loanflow.bpmn import model as bpmn
from loanflow.execution import Program
from tests.execution.host import Story
from tests.execution.models import (
    boundary,
    call,
    call_activity,
    catch,
    conditional,
    end,
    error,
    escalation,
    feel,
    many,
    mapping,
    message,
    parallel,
    program,
    script,
    signal,
    start,
    sub_process,
    throw,
    timer,
    user,
)


def event_sub_process(id: str, event: bpmn.EventDefinition, *, interrupting: bool = True, task: str = "", **more: Any) -> bpmn.SubProcess:
    begin, work = f"{id}-start", task or f"{id}-task"
    return sub_process(id, start(begin, event, interrupting=interrupting), user(work), flows=f"{begin} -> {work}", kind="event", **more)


def beside(event: bpmn.EventDefinition, *, interrupting: bool = True) -> Program:
    """A task in a process with an event sub-process."""
    return program(
        start(), user("work"), end(), event_sub_process("handle", event, interrupting=interrupting), flows="start -> work -> end"
    )


TRIGGERS = {
    "message": (message("docs", "=key"), lambda story: story.deliver("handle-start")),
    "signal": (signal("stop"), lambda story: story.deliver("handle-start")),
    "timer": (timer("PT1H"), lambda story: story.turn(hours=1)),
    "condition": (conditional("amount > 100"), lambda story: story.set(amount=101)),
}


@pytest.mark.parametrize("kind", TRIGGERS)
def test_an_interrupting_one_takes_the_place_of_what_runs(kind: str) -> None:
    event, happen = TRIGGERS[kind]
    story = Story(beside(event), {"amount": 1, "key": "A"})
    assert story.tasks == ["work"]
    happen(story)
    assert story.tasks == ["handle-task"]
    assert story.places() == ["handle", "handle-task"]
    story.complete("handle-task")
    assert story.ended


@pytest.mark.parametrize("kind", TRIGGERS)
def test_a_non_interrupting_one_runs_beside_and_waits_on(kind: str) -> None:
    event, happen = TRIGGERS[kind]
    story = Story(beside(event, interrupting=False), {"amount": 1, "key": "A"})
    happen(story)
    assert sorted(story.tasks) == ["handle-task", "work"]
    if kind != "timer":
        happen(story)
        assert sorted(story.tasks) == ["handle-task", "handle-task", "work"]
        story.complete("handle-task")
    story.complete("work")
    assert not story.ended
    story.complete("handle-task")
    assert story.ended


def test_the_case_ends_without_what_never_happened() -> None:
    story = Story(beside(message("docs", "=key")), {"key": "A"})
    assert story.subscriptions == ["handle-start"]
    story.complete("work")
    assert story.ended


def test_a_cycle_starts_it_as_often_as_it_says() -> None:
    story = Story(beside(timer("R2/PT1H"), interrupting=False))
    story.turn(hours=5)
    assert story.tasks.count("handle-task") == 2
    assert not story.timers


def test_one_inside_a_sub_process_ends_with_it() -> None:
    inner = sub_process("sub", start("s"), user("work"), event_sub_process("handle", timer("PT1H")), flows="s -> work")
    story = Story(program(start(), inner, user("after"), flows="start -> sub -> after"))
    story.complete("work")
    assert story.tasks == ["after"]
    assert not story.timers


def test_one_inside_a_sub_process_leaves_it_by_the_normal_way() -> None:
    inner = sub_process("sub", start("s"), user("work"), event_sub_process("handle", timer("PT1H")), flows="s -> work")
    story = Story(program(start(), inner, user("after"), flows="start -> sub -> after"))
    story.turn(hours=1)
    story.complete("handle-task")
    assert story.tasks == ["after"]


def test_an_interrupting_one_gives_up_the_others_of_its_scope() -> None:
    story = Story(
        program(
            start(), user("work"), event_sub_process("first", message("a", "=1")), event_sub_process("second", message("b", "=1")),
            flows="start -> work",
        )
    )  # fmt: skip
    story.deliver("first-start")
    assert story.subscriptions == []


def test_they_nest() -> None:
    inner = sub_process(
        "outer", start("outer-start", message("a", "=1")), user("outer-task"), event_sub_process("inner", message("b", "=1")),
        flows="outer-start -> outer-task", kind="event",
    )  # fmt: skip
    story = Story(program(start(), user("work"), inner, flows="start -> work"))
    assert story.subscriptions == ["outer-start"]
    story.deliver("outer-start")
    assert story.subscriptions == ["inner-start"]
    story.deliver("inner-start")
    assert story.tasks == ["inner-task"]
    story.complete("inner-task")
    assert story.ended


def test_the_message_brings_its_variables() -> None:
    story = Story(beside(message("docs", "=key")), {"key": "A"})
    story.deliver("handle-start", pages=3)
    assert story.variables["pages"] == 3


def test_an_output_mapping_of_the_start_event_maps_the_message() -> None:
    handle = sub_process(
        "handle", start("s", message("docs", "=key"), outputs=(mapping("count", "=pages + 1"),)), user("t"), flows="s -> t", kind="event"
    )
    story = Story(program(start(), user("work"), handle, flows="start -> work"), {"key": "A"})
    story.deliver("s", pages=3)
    assert story.variables == {"key": "A", "count": 4}


@pytest.mark.parametrize("listened", [False, True])
def test_what_came_with_the_event_is_mapped_out_of_the_event_sub_process_under_its_own_name_too(listened: bool) -> None:
    hears = bpmn.Listener(kind=bpmn.ListenerKind.EXECUTION, event="start", work=call("tell"))
    came = start("s", message("docs", "=key"), outputs=(mapping("pages", "=pages"),))
    handle = sub_process("handle", came, user("t"), flows="s -> t", kind="event", listeners=(hears, hears) if listened else ())
    story = Story(program(start(), user("work"), handle, user("late"), flows="start -> work"), {"key": "A"})
    story.deliver("s", pages=3, colour="red")
    for job in story.jobs and ("handle", "handle"):
        assert "pages" not in story.variables
        story.complete(job)
    assert story.case.variables(story.task("t").token) == {"key": "A", "pages": 3}
    story.set(pages=4)
    assert story.variables == {"key": "A", "pages": 4}


def test_an_error_starts_it_and_gives_its_code() -> None:
    process = program(
        start(), user("work"), end("fail", error("E1")),
        event_sub_process("handle", error("E1", code_variable="code"), task="mend"),
        event_sub_process("other", error("E2")),
        flows="start -> work -> fail",
    )  # fmt: skip
    story = Story(process)
    story.complete("work")
    assert story.tasks == ["mend"]
    assert story.variables == {"code": "E1"}
    assert [r.kind for r in story.records if "error" in r.kind] == ["error.thrown", "error.caught"]


def test_an_error_inside_the_handler_goes_further_out() -> None:
    handle = sub_process("handle", start("s", error("E1")), end("again", error("E1")), flows="s -> again", kind="event")
    inner = sub_process("sub", start("b"), end("fail", error("E1")), handle, flows="b -> fail")
    story = Story(program(start(), inner, boundary("out", "sub", error("E1")), user("caught"), flows="start -> sub\nout -> caught"))
    assert story.tasks == ["caught"]


def test_the_event_sub_process_inside_goes_before_the_boundary_event_outside() -> None:
    inner = sub_process("sub", start("b"), end("fail", error("E1")), event_sub_process("handle", error()), flows="b -> fail")
    story = Story(program(start(), inner, boundary("out", "sub", error("E1")), user("caught"), flows="start -> sub\nout -> caught"))
    assert story.tasks == ["handle-task"]


def test_an_error_crosses_a_call_activity() -> None:
    called = program(start("cs"), end("ce", error("E1")), flows="cs -> ce", id="called")
    process = program(start(), call_activity("call", "called"), event_sub_process("handle", error("E1")), flows="start -> call")
    assert Story(process, called=(called,)).tasks == ["handle-task"]


def test_an_escalation_thrown_on_by_an_event_sub_process_goes_further_out() -> None:
    begin = start("begin", escalation("X"), interrupting=False)
    handling = sub_process("handle", begin, user("look"), end("on", escalation("X")), flows="begin -> look -> on", kind="event")
    inner = sub_process("sub", start("b"), throw("tell", escalation("X")), user("rest"), handling, flows="b -> tell -> rest")
    story = Story(
        program(
            start(), inner, boundary("out", "sub", escalation("X"), interrupting=False), user("handled"),
            flows="start -> sub\nout -> handled",
        )
    )  # fmt: skip
    assert sorted(story.tasks) == ["look", "rest"]
    story.complete("look")
    assert sorted(story.tasks) == ["handled", "rest"]


@pytest.mark.parametrize("interrupting", [True, False])
def test_an_escalation_reaches_the_event_sub_process(interrupting: bool) -> None:
    process = program(
        start(), throw("tell", escalation("X")), user("work"), event_sub_process("handle", escalation("X"), interrupting=interrupting),
        flows="start -> tell -> work",
    )  # fmt: skip
    assert sorted(Story(process).tasks) == (["handle-task"] if interrupting else ["handle-task", "work"])


@pytest.mark.parametrize(
    ("caught", "interrupting", "tasks"),
    [
        ("X", False, ["handled", "rest"]),
        ("X", True, ["handled"]),
        (None, False, ["handled", "rest"]),
        ("Y", False, ["rest"]),
    ],
)
def test_an_escalation_reaches_the_boundary_event(caught: str | None, interrupting: bool, tasks: list[str]) -> None:
    inner = sub_process("sub", start("b"), throw("tell", escalation("X")), user("rest"), flows="b -> tell -> rest")
    process = program(
        start(), inner, boundary("out", "sub", escalation(caught), interrupting=interrupting), user("handled"),
        flows="start -> sub\nout -> handled",
    )  # fmt: skip
    assert sorted(Story(process).tasks) == tasks


def test_an_uncaught_escalation_is_remembered_and_passed_over() -> None:
    story = Story(program(start(), throw("tell", escalation("X")), user("work"), flows="start -> tell -> work"))
    assert story.tasks == ["work"]
    assert [r.kind for r in story.records if "escalation" in r.kind] == ["escalation.thrown"]


def test_one_in_each_instance_of_a_multi_instance_sub_process() -> None:
    inner = sub_process(
        "sub", start("b"), user("work"), event_sub_process("handle", timer("PT1H"), interrupting=False),
        flows="b -> work", multi_instance=many(times="2"),
    )  # fmt: skip
    story = Story(program(start(), inner, user("after"), flows="start -> sub -> after"))
    assert len(story.timers) == 1
    story.turn(hours=1)
    assert sorted(story.tasks) == ["handle-task", "handle-task", "work", "work"]
    for task in ("work", "handle-task", "handle-task", "work"):
        story.complete(task)
    assert story.tasks == ["after"]


def test_one_of_a_called_process() -> None:
    called = program(start("cs"), user("work"), event_sub_process("handle", timer("PT1H")), flows="cs -> work", id="called")
    story = Story(program(start(), call_activity("call", "called"), user("after"), flows="start -> call -> after"), called=(called,))
    story.turn(hours=1)
    story.complete("handle-task")
    assert story.tasks == ["after"]


def test_a_start_that_cannot_be_armed_stops_the_case_until_it_can() -> None:
    story = Story(beside(timer("duration:=wait")), {})
    assert story.incidents == {"start": "expression-failed"}
    story.set(wait="PT1H")
    story.resume("start")
    assert story.tasks == ["work"]
    assert list(story.timers) == ["handle-start"]


# Conditions


def test_a_condition_that_holds_already_happens_at_once() -> None:
    story = Story(program(start(), catch("big", conditional("amount > 100")), user("next"), flows="start -> big -> next"), {"amount": 200})
    assert story.tasks == ["next"]


def test_a_condition_is_looked_at_when_another_branch_changes_a_variable() -> None:
    process = program(
        start(), parallel("fork"), catch("big", conditional("amount > 100")), user("next"), user("set"), script("sum", "200", "amount"),
        flows="start -> fork -> big -> next\nfork -> set -> sum",
    )  # fmt: skip
    story = Story(process)
    assert story.tasks == ["set"]
    story.complete("set")
    assert story.tasks == ["next"]


def test_a_condition_listens_to_the_variables_and_changes_it_names() -> None:
    event = bpmn.ConditionalEvent(condition=feel("a > 1"), variable_names=("b",), variable_events=("update",))
    story = Story(program(start(), catch("c", event), user("next"), flows="start -> c -> next"), {"a": 0})
    story.set(a=2)
    story.set(b=1)
    assert story.tasks == []
    story.set(b=2)
    assert story.tasks == ["next"]


def test_a_boundary_condition_sees_the_local_variables_of_its_activity() -> None:
    process = program(
        start(), user("work", inputs=(mapping("limit", "=10"),)), boundary("over", "work", conditional("amount > limit")), user("stop"),
        flows="start -> work\nover -> stop",
    )  # fmt: skip
    story = Story(process, {"amount": 1})
    assert story.tasks == ["work"]
    story.set(amount=11)
    assert story.tasks == ["stop"]


def test_a_condition_that_is_no_condition_stops_and_can_be_mended() -> None:
    story = Story(beside(conditional("amount")), {"amount": 5})
    assert story.incidents == {"handle-start": "expression-failed"}
    story.set(amount=True)
    story.resume("handle-start")
    assert story.tasks == ["handle-task"]


# Links, several triggers, standard loops, ad-hoc sub-processes


def test_a_link_goes_on_at_its_other_end() -> None:
    link = bpmn.LinkEvent(name="A")
    story = Story(program(start(), throw("to", link), catch("from", link), user("next"), flows="start -> to\nfrom -> next"))
    assert story.tasks == ["next"]
    assert story.done == ["start", "to", "from"]


@pytest.mark.parametrize(("all_of_them", "after_one"), [(False, ["next"]), (True, [])])
def test_an_event_with_several_triggers(all_of_them: bool, after_one: list[str]) -> None:
    event = bpmn.MultipleEvent(definitions=(message("a", "=1"), timer("PT1H")), parallel=all_of_them)
    story = Story(program(start(), catch("c", event), user("next"), flows="start -> c -> next"))
    story.deliver("c")
    assert story.tasks == after_one
    if all_of_them:
        story.turn(hours=1)
        assert story.tasks == ["next"]
    assert not story.timers


def test_a_boundary_event_with_several_triggers_waits_for_each_again() -> None:
    event = bpmn.MultipleEvent(definitions=(message("a", "=1"), signal("b")))
    process = program(start(), user("work"), boundary("on", "work", event, interrupting=False), user("n"), flows="start -> work\non -> n")
    story = Story(process)
    for count in (1, 2, 3):
        story.deliver("on")
        assert story.tasks.count("n") == count
        assert story.subscriptions == ["on", "on"]


def loop(condition: str | None = None, maximum: int | None = None, *, test_before: bool = False) -> bpmn.StandardLoop:
    return bpmn.StandardLoop(condition=None if condition is None else feel(condition), maximum=maximum, test_before=test_before)


@pytest.mark.parametrize(
    ("marker", "times"),
    [
        (loop("n < 3"), 3),
        (loop("n < 0"), 1),
        (loop("n < 0", test_before=True), 0),
        (loop("n < 3", test_before=True), 3),
        (loop(maximum=4), 4),
        (loop("n < 9", 2), 2),
        (loop("loopCounter < 3"), 2),
    ],
)
def test_a_standard_loop_repeats(marker: bpmn.StandardLoop, times: int) -> None:
    story = Story(program(start(), script("count", "n + 1", "n", loop=marker), user("next"), flows="start -> count -> next"), {"n": 0})
    assert story.tasks == ["next"]
    assert story.variables["n"] == times


def test_a_loop_of_a_user_task_opens_it_again() -> None:
    story = Story(program(start(), user("ask", loop=loop("not(good)")), flows="start -> ask"), {"good": False})
    story.complete("ask", good=False)
    story.complete("ask", good=True)
    assert story.ended


def ad_hoc(elements: str, condition: str | None = None, **more: Any) -> Program:
    inner = sub_process(
        "sub", user("a"), user("b"), user("c"), flows="a -> c", kind="adHoc", active_elements=feel(elements),
        completion_condition=None if condition is None else feel(condition), **more,
    )  # fmt: skip
    return program(start(), inner, user("next"), flows="start -> sub -> next")


def test_an_ad_hoc_sub_process_runs_what_its_collection_names() -> None:
    story = Story(ad_hoc('["a", "b"]'))
    assert story.tasks == ["a", "b"]
    for task in ("a", "b", "c"):
        story.complete(task)
    assert story.tasks == ["next"]


def test_its_completion_condition_cancels_the_rest() -> None:
    story = Story(ad_hoc('["a", "b"]', "done"), {"done": False})
    story.complete("a")
    story.complete("b", done=True)
    assert story.tasks == ["next"]


def test_its_completion_condition_can_leave_the_rest_running() -> None:
    story = Story(ad_hoc('["a", "b"]', "done", cancel_remaining=False), {"done": True})
    story.complete("b")
    assert story.tasks == ["a"]


def test_one_in_sequence_starts_the_next_when_one_ends() -> None:
    story = Story(ad_hoc('["b", "a"]', sequential=True))
    assert story.tasks == ["b"]
    story.complete("b")
    assert story.tasks == ["a"]
    story.complete("a")
    story.complete("c")
    assert story.tasks == ["next"]


def test_what_its_paths_give_at_their_end_is_gathered() -> None:
    story = Story(ad_hoc('["a", "b"]', "count(results) = 2", output_collection="results", output_element=feel("result")))
    story.complete("a", result="never")
    assert story.variables == {}
    story.complete("b", result="second")
    story.complete("c", result="third")
    assert story.tasks == ["next"]
    assert story.variables == {"results": ["second", "third"]}


def test_an_output_element_without_a_value_is_an_incident_at_the_end_of_its_path() -> None:
    story = Story(ad_hoc('["b"]', output_collection="results", output_element=feel('assert(x, x != null, "no x")')))
    story.complete("b")
    assert story.incidents == {"b": "expression-failed"}
    story.set(x=1)
    story.resume("b")
    assert story.variables == {"x": 1, "results": [1]}


def test_an_unknown_element_in_the_collection_is_an_incident_that_names_it() -> None:
    story = Story(ad_hoc('["a", "x"]'))
    assert "names x" in story.incident("sub").message


# Signals and messages thrown


def test_a_signal_waits_for_who_is_on_the_way_to_catch_it() -> None:
    process = program(
        start(), parallel("fork"), throw("tell", signal("go")), script("first", "1", "n"), catch("hear", signal("go")), user("heard"),
        flows="start -> fork -> tell\nfork -> first -> hear -> heard",
    )  # fmt: skip
    assert Story(process).tasks == ["heard"]


def test_a_signal_carries_variables() -> None:
    event = bpmn.SignalEvent(name=feel('"go"'), inputs=(mapping("x", "=n + 1"),))
    process = program(
        start(), parallel("fork"), throw("tell", event), catch("hear", signal("go")), user("heard"),
        flows="start -> fork -> tell\nfork -> hear -> heard",
    )  # fmt: skip
    story = Story(process, {"n": 1})
    assert story.variables["x"] == 2
    assert story.signals[0].variables == {"x": 2}


def test_a_message_without_a_handler_is_for_the_host_to_deliver() -> None:
    story = Story(program(start(), throw("tell", message("docs", "=key")), end(), flows="start -> tell -> end"), {"key": 7})
    assert story.ended
    assert [(m.name, m.correlation_key) for m in story.messages] == [("docs", "7")]
