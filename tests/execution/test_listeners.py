"""Listeners: work beside a flow node's own. Every story reloads between steps."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from loanflow.bpmn import model as bpmn
from loanflow.bpmn.model import Dialect, ListenerKind, Model
from loanflow.execution import EnqueueJob, OpenTask, Program, compile_process
from tests.execution.host import MORNING, Story
from tests.execution.models import (
    boundary,
    call,
    call_activity,
    end,
    error,
    expression,
    juel,
    many,
    mapping,
    model,
    parallel,
    program,
    script,
    start,
    sub_process,
    terminate,
    text,
    timer,
    user,
)


def listener(event: str, handler: str = "", *, kind: ListenerKind = ListenerKind.EXECUTION) -> bpmn.Listener:
    return bpmn.Listener(kind=kind, event=event, work=call(handler or event))


def task_listener(event: str, handler: str = "") -> bpmn.Listener:
    return listener(event, handler, kind=ListenerKind.TASK)


def expression_listener(event: str, expression: str) -> bpmn.Listener:
    return bpmn.Listener(kind=ListenerKind.EXECUTION, event=event, work=bpmn.ExpressionCall(expression=juel(expression)))


def listened(*listeners: bpmn.Listener, **more: Any) -> Program:
    return program(start(), user("work", listeners=listeners, **more), user("next"), flows="start -> work -> next")


def test_a_start_listener_runs_before_the_task_opens_and_gives_it_variables() -> None:
    story = Story(listened(listener("start"), candidate_groups=text("")))
    assert (story.jobs, story.tasks) == (["start"], [])
    story.complete("work", note="ready")
    assert story.tasks == ["work"]
    assert story.variables == {"note": "ready"}


def test_an_end_listener_runs_before_the_next_element() -> None:
    story = Story(listened(listener("end")))
    story.complete("work")
    assert (story.jobs, story.tasks) == (["end"], [])
    story.complete("work")
    assert story.tasks == ["next"]


def test_several_of_an_event_run_in_order() -> None:
    story = Story(listened(listener("start", "first"), listener("start", "second")))
    assert story.jobs == ["first"]
    story.complete("work")
    assert story.jobs == ["second"]


def test_an_expression_is_computed_in_place() -> None:
    drawn = model(
        start(), user("work", listeners=(expression_listener("start", "${missing.x}"),)), flows="start -> work", dialect=Dialect.CAMUNDA7
    )
    story = Story(compile_process(drawn, "story", program_id="story:1"))
    assert "listener for start" in story.incident("work").message
    story.set(missing={"x": 1})
    story.resume("work")
    assert (story.jobs, story.tasks) == ([], ["work"])


def test_a_handler_that_fails_with_an_error_takes_the_boundary_event() -> None:
    process = program(
        start(), user("work", listeners=(listener("start"),)), boundary("bad", "work", bpmn.ErrorEvent()), user("mend"),
        flows="start -> work\nbad -> mend",
    )  # fmt: skip
    story = Story(process)
    story.throw("work", "E")
    assert story.tasks == ["mend"]


def test_an_interruption_withdraws_the_job() -> None:
    process = program(
        start(), user("work", listeners=(listener("start"),)), boundary("late", "work", timer("PT1H")), user("mend"),
        flows="start -> work\nlate -> mend",
    )  # fmt: skip
    story = Story(process)
    story.turn(hours=1)
    assert (story.jobs, story.tasks) == ([], ["mend"])


def test_a_flow_that_is_taken_tells_its_listeners_before_it_arrives() -> None:
    drawn = model(start(), user("work"), end(), flows="start -> work -> end")
    (process,) = drawn.processes
    flows = {
        name: replace(flow, listeners=(listener("take"),)) if name == "start-work" else flow for name, flow in process.body.flows.items()
    }
    process = replace(process, body=replace(process.body, flows=flows))
    story = Story(compile_process(replace(drawn, processes=(process,)), "story", program_id="story:1"))
    assert (story.jobs, story.tasks) == (["take"], [])
    story.complete("work")
    assert story.tasks == ["work"]


def test_a_flow_into_a_join_is_listened_to() -> None:
    drawn = model(
        start(), parallel("fork"), user("a"), parallel("join"), user("next"), flows="start -> fork -> a -> join -> next\nfork -> join"
    )
    (process,) = drawn.processes
    flows = {name: replace(flow, listeners=(listener("take"),)) if name == "a-join" else flow for name, flow in process.body.flows.items()}
    process = replace(process, body=replace(process.body, flows=flows))
    story = Story(compile_process(replace(drawn, processes=(process,)), "story", program_id="story:1"))
    story.complete("a")
    assert (story.jobs, story.tasks) == (["take"], [])
    story.complete("join")
    assert story.tasks == ["next"]


def test_an_error_of_a_listener_of_a_flow_is_not_caught_at_what_the_flow_leads_to() -> None:
    caught = (boundary("caught", "work", error("E1")), user("mend"))
    outside = sub_process("handle", start("h", error("E1")), user("later"), flows="h -> later", kind="event")
    drawn = model(start(), user("work"), *caught, outside, flows="start -> work\ncaught -> mend")
    (process,) = drawn.processes
    flows = {
        name: replace(flow, listeners=(listener("take"),)) if name == "start-work" else flow for name, flow in process.body.flows.items()
    }
    process = replace(process, body=replace(process.body, flows=flows))
    story = Story(compile_process(replace(drawn, processes=(process,)), "story", program_id="story:1"))
    story.throw("work", "E1")
    assert story.tasks == ["later"]


@pytest.mark.parametrize("dialect", [Dialect.CAMUNDA7, Dialect.CAMUNDA8])
def test_camunda_7_tells_the_end_of_what_is_cancelled(dialect: Dialect) -> None:
    inner = sub_process("sub", start("s"), user("work", listeners=(listener("end", "worked"),)), flows="s -> work", dialect=dialect)
    inner = replace(inner, listeners=(listener("end", "left"),))
    late = (boundary("late", "sub", timer("PT1H")), user("mend"), user("next"))
    process = program(start(), inner, *late, flows="start -> sub -> next\nlate -> mend", dialect=dialect)
    story = Story(process)
    story.turn(hours=1)
    assert story.tasks == ["mend"]
    assert story.jobs == (["worked", "left"] if dialect is Dialect.CAMUNDA7 else [])
    story.run_jobs()
    story.complete("mend")
    assert story.ended
    story = Story(process)
    story.complete("work")
    assert story.jobs == ["worked"]
    story.turn(hours=1)
    assert story.tasks == ["mend"]
    story.run_jobs()
    assert story.tasks == ["mend"]


def test_each_instance_that_is_cancelled_tells_its_end_and_the_case_ends_after_it() -> None:
    work = user("work", listeners=(listener("end", "worked"),), multi_instance=many(times="${3}", until="${nrOfCompletedInstances == 1}"))
    story = Story(program(start(), work, end(), flows="start -> work -> end", dialect=Dialect.CAMUNDA7))
    story.complete("work")
    (job,) = [token for token, request in story.open.items() if isinstance(request, EnqueueJob)]
    story.do(story.case.complete, job, {})
    assert story.jobs == ["worked", "worked"]
    assert story.done[-1] == "end"
    story.run_jobs()
    assert story.ended


def with_process_listeners(*listeners: bpmn.Listener, id: str = "story") -> Program:
    return with_listeners(model(start(), user("work"), end(), flows="start -> work -> end", id=id), *listeners)


def with_listeners(drawn: Model, *listeners: bpmn.Listener) -> Program:
    process = replace(drawn.processes[0], listeners=listeners)
    return compile_process(replace(drawn, processes=(process,)), process.id, program_id=f"{process.id}:1")


def test_a_process_tells_of_its_start_and_its_end() -> None:
    story = Story(with_process_listeners(listener("start"), listener("end")))
    assert (story.jobs, story.tasks) == (["start"], [])
    story.complete("start")
    story.complete("work")
    assert (story.jobs, story.ended) == (["end"], False)
    story.complete("story", sealed=True)
    assert story.ended
    assert story.variables == {"sealed": True}


def test_a_called_process_tells_of_its_end_before_the_caller_goes_on() -> None:
    called = with_process_listeners(listener("end"), id="called")
    story = Story(program(start(), call_activity("call", "called"), user("after"), flows="start -> call -> after"), called=(called,))
    story.complete("work")
    assert (story.jobs, story.tasks) == (["end"], [])
    story.complete("called")
    assert story.tasks == ["after"]


@pytest.mark.parametrize(("create", "complete"), [("create", "complete"), ("creating", "completing")])
def test_a_tasks_listeners_run_before_it_opens_and_after_it_is_done(create: str, complete: str) -> None:
    story = Story(listened(task_listener(create), task_listener(complete)))
    assert (story.jobs, story.tasks) == ([create], [])
    story.complete("work")
    assert (story.jobs, story.tasks) == ([], ["work"])
    story.complete("work", answer="yes")
    assert (story.jobs, story.tasks) == ([complete], [])
    assert story.variables == {"answer": "yes"}
    story.complete("work")
    assert story.tasks == ["next"]


def test_an_assignment_is_told_beside_the_task() -> None:
    story = Story(listened(task_listener("assignment"), assignee=text("li.wenbo")))
    assert (story.jobs, story.tasks) == (["assignment"], ["work"])
    task = next(token for token, request in story.open.items() if type(request).__name__ == "OpenTask")
    story.do(story.case.complete, task, {})
    assert story.tasks == ["next"]
    story.complete("work", mailed=True)
    assert story.variables == {"mailed": True}


def test_the_case_waits_at_its_end_for_what_was_told_beside_a_task() -> None:
    process = program(
        start(), user("work", listeners=(task_listener("assignment"),), assignee=text("li.wenbo")), end(), flows="start -> work -> end"
    )
    story = Story(process)
    task = next(token for token, request in story.open.items() if type(request).__name__ == "OpenTask")
    story.do(story.case.complete, task, {})
    assert not story.ended
    story.complete("work")
    assert story.ended


def test_a_claimed_task_tells_its_listeners() -> None:
    story = Story(listened(task_listener("assignment")))
    assert story.jobs == []
    (token,) = story.open
    story.step = story.case.task_changed(token, assigned=True, host=story.host)
    story._take(story.step)
    assert (story.jobs, story.tasks) == (["assignment"], ["work"])


def test_each_instance_has_its_own() -> None:
    story = Story(listened(listener("start"), multi_instance=many(times="2")))
    assert story.jobs == ["start", "start"]
    story.complete("work")
    story.complete("work")
    assert story.tasks == ["work", "work"]


def test_a_boundary_event_tells_when_it_has_happened() -> None:
    process = program(
        start(), user("work"), boundary("late", "work", timer("PT1H"), listeners=(listener("start"),)), script("s", "1", "n"),
        flows="start -> work\nlate -> s",
    )  # fmt: skip
    story = Story(process)
    story.turn(hours=1)
    assert story.jobs == ["start"]
    story.complete("late")
    assert story.variables == {"n": 1}


def overdue(after: str, handler: str = "timeout") -> bpmn.Listener:
    return replace(task_listener("timeout", handler), timer=timer(after))


def changed(story: Story, *, assigned: bool) -> None:
    (task,) = [token for token, request in story.open.items() if isinstance(request, OpenTask)]
    story.reload()
    story.step = story.case.task_changed(task, assigned=assigned, host=story.host)
    story._take(story.step)


@pytest.mark.parametrize(
    ("event", "dialect", "assigned", "told"),
    [
        ("update", Dialect.CAMUNDA7, False, True),
        ("update", Dialect.CAMUNDA7, True, True),
        ("updating", Dialect.CAMUNDA8, False, True),
        ("updating", Dialect.CAMUNDA8, True, False),
    ],
)
def test_a_change_of_an_open_task_is_told_beside_it(event: str, dialect: Dialect, assigned: bool, told: bool) -> None:
    drawn = model(start(), user("work", listeners=(task_listener(event),)), flows="start -> work", dialect=dialect)
    story = Story(compile_process(drawn, drawn.processes[0].id, program_id="p"))
    changed(story, assigned=assigned)
    assert (story.jobs, story.tasks) == ([event] if told else [], ["work"])


def test_a_camunda7_task_is_told_to_have_changed_before_it_is_told_to_be_assigned() -> None:
    drawn = model(
        start(), user("work", listeners=(task_listener("assignment"), task_listener("update"))), flows="start -> work",
        dialect=Dialect.CAMUNDA7,
    )  # fmt: skip
    story = Story(compile_process(drawn, drawn.processes[0].id, program_id="p"))
    changed(story, assigned=True)
    assert story.jobs == ["update", "assignment"]


@pytest.mark.parametrize("event", ["delete", "canceling"])
def test_a_task_that_is_taken_away_is_told_of(event: str) -> None:
    process = program(
        start(), user("work", listeners=(task_listener(event),), inputs=(mapping("n", "1 + 1"),)), user("next"),
        boundary("late", "work", timer("PT1H")), user("mend"), flows="start -> work -> next\nlate -> mend",
    )  # fmt: skip
    done = Story(process)
    done.complete("work")
    assert done.jobs == []
    story = Story(process)
    story.turn(hours=1)
    assert (story.jobs, story.tasks) == ([event], ["mend"])
    story.complete("work", told=True)
    story.complete("mend")
    assert story.ended
    assert story.variables == {"told": True}


def test_a_task_taken_away_with_what_it_is_in_is_told_of_where_the_case_goes_on() -> None:
    inner = sub_process(
        "sub", start("b"), user("work", listeners=(task_listener("delete"),), multi_instance=many(times="2")), flows="b -> work"
    )
    process = program(start(), inner, boundary("late", "sub", timer("PT1H")), user("mend"), flows="start -> sub\nlate -> mend")
    story = Story(process)
    story.turn(hours=1)
    assert (story.jobs, story.tasks) == (["delete", "delete"], ["mend"])
    story.complete("work")
    story.complete("mend")
    assert not story.ended
    story.complete("work")
    assert story.ended


@pytest.mark.parametrize("dialect", [Dialect.CAMUNDA7, Dialect.CAMUNDA8])
def test_what_is_taken_away_with_the_process_it_was_called_in_is_told_of(dialect: Dialect) -> None:
    hears = (task_listener("delete", "deleted"), listener("end", "worked"))
    inner = user("work", listeners=hears, multi_instance=many(collection="=[1, 2]", element_variable="n"))
    called = program(start("s"), inner, user("next"), flows="s -> work -> next", id="called", dialect=dialect)
    caller = program(start("t"), call_activity("nested", "called"), flows="t -> nested", id="caller", dialect=dialect)
    late = boundary("late", "call", timer("PT1H"))
    process = program(start(), call_activity("call", "caller"), late, user("mend"), flows="start -> call\nlate -> mend", dialect=dialect)
    story = Story(process, called=(caller, called))
    story.turn(hours=1)
    assert story.tasks == ["mend"]
    assert story.jobs == (["deleted", "worked"] if dialect is Dialect.CAMUNDA7 else ["deleted"]) * 2
    first = next(token for token, request in story.open.items() if isinstance(request, EnqueueJob))
    assert story.case.variables(first)["n"] == 1
    story.do(story.case.complete, first, {"told": True})
    story.complete("mend")
    assert not story.ended
    story.throw("work", "E1")
    assert story.incidents == {"work": "uncaught-error"}
    story.do(story.case.resume, story.incident("work").token)
    story.run_jobs()
    assert story.ended
    assert story.variables == {}


def test_listeners_of_a_called_process_that_are_still_to_be_told_end_with_the_case() -> None:
    called = program(start("s"), user("work", listeners=(task_listener("delete"),)), flows="s -> work", id="called")
    process = program(
        start(), parallel("split"), call_activity("call", "called"), boundary("late", "call", timer("PT1H")), user("stop"),
        end("all", terminate()), flows="start -> split -> call\nsplit -> stop -> all",
    )  # fmt: skip
    story = Story(process, called=(called,))
    story.turn(hours=1)
    assert story.jobs == ["delete"]
    story.complete("stop")
    assert story.ended


def test_a_terminated_case_ends_when_its_listeners_have_been_told() -> None:
    process = program(
        start(), parallel("split"), user("work", listeners=(task_listener("delete"),)), user("stop"), end("all", terminate()),
        flows="start -> split -> work\nsplit -> stop -> all",
    )  # fmt: skip
    story = Story(process)
    story.complete("stop")
    assert (story.jobs, story.tasks, story.ended) == (["delete"], [], False)
    story.complete("work")
    assert story.ended
    assert story.step.outcome == "terminated"


def test_an_overdue_task_is_told_of_once_and_stays_open() -> None:
    story = Story(listened(overdue("PT1H")))
    assert story.timers == {"work": MORNING + timedelta(hours=1)}
    story.turn(hours=1)
    assert (story.jobs, story.tasks, story.timers) == (["timeout"], ["work"], {})
    story.run_jobs()
    assert story.tasks == ["work"]
    story.complete("work")
    assert story.tasks == ["next"]


def test_a_timer_that_repeats_tells_again_until_the_task_is_done() -> None:
    story = Story(listened(overdue("R/PT1H", "remind"), overdue("PT90M", "escalate")))
    story.turn(hours=2)
    assert story.jobs == ["remind", "escalate", "remind"]
    task = next(token for token, request in story.open.items() if isinstance(request, OpenTask))
    story.do(story.case.complete, task, {})
    assert story.timers == {}


def test_each_instance_has_its_own_timer() -> None:
    story = Story(listened(overdue("PT1H"), multi_instance=many(times="2")))
    assert len([request for request in story.open.values() if type(request).__name__ == "ScheduleTimer"]) == 2
    story.complete_instance("work", 0)
    story.turn(hours=1)
    assert story.jobs == ["timeout"]


def scripted(target: str) -> bpmn.VariableMapping:
    return bpmn.VariableMapping(target=target, work=call(f"work.{target}"))


def test_a_script_in_a_mapping_is_the_job_of_a_handler_that_gives_the_variable() -> None:
    process = program(
        start(), user("work", inputs=(scripted("limit"), mapping("n", "=1")), outputs=(scripted("rate"),)), user("next"),
        flows="start -> work -> next",
    )  # fmt: skip
    story = Story(process)
    assert (story.jobs, story.tasks) == (["work.limit"], [])
    story.complete("work", limit=5, other=6)
    (task,) = story.open
    assert story.case.variables(task) == {"limit": 5, "n": 1}
    story.complete("work", answer="yes")
    assert story.jobs == ["work.rate"]
    story.complete("work", rate=3)
    assert story.tasks == ["next"]
    assert story.variables["rate"] == 3
    assert "limit" not in story.variables
    assert "other" not in story.variables


def test_a_mapping_whose_handler_gives_nothing_is_an_incident_and_can_be_tried_again() -> None:
    story = Story(program(start(), user("work", inputs=(scripted("limit"),)), flows="start -> work"))
    story.complete("work", wrong=1)
    assert story.incidents == {"work": "mapping-failed"}
    story.resume("work")
    assert story.jobs == ["work.limit"]
    story.complete("work", limit=1)
    assert story.tasks == ["work"]


def cancelled(story: Story) -> Story:
    story.do(story.case.cancel, "by hand")
    return story


@pytest.mark.parametrize("dialect", [Dialect.CAMUNDA7, Dialect.CAMUNDA8])
def test_a_case_cancelled_by_hand_tells_what_it_leaves_from_the_inside_out(dialect: Dialect) -> None:
    work = user("work", listeners=(task_listener("delete"), listener("end", "worked")))
    called = with_listeners(model(start("s"), work, flows="s -> work", dialect=dialect, id="called"), listener("end", "called-ended"))
    inner = sub_process("sub", start("b"), call_activity("call", "called"), flows="b -> call", listeners=(listener("end", "sub-ended"),))
    drawn = model(start(), inner, boundary("late", "sub", timer("PT1H")), flows="start -> sub", dialect=dialect)
    story = cancelled(Story(with_listeners(drawn, listener("end", "ended")), {"n": 1}, called=(called,)))
    told = ["delete", "worked", "called-ended", "sub-ended", "ended"] if dialect is Dialect.CAMUNDA7 else ["delete"]
    assert (story.jobs, story.tasks, story.timers, story.ended) == (told, [], {}, False)
    story.run_jobs({"delete": lambda: {"told": True}})
    assert (story.ended, story.step.outcome, story.variables) == (True, "cancelled", {"n": 1})
    assert "case.ended" not in [record.kind for record in story.records]


def test_nothing_catches_what_a_listener_of_a_cancelled_case_throws() -> None:
    handler = sub_process("handler", start("caught", error(None)), user("mend"), flows="caught -> mend", kind="event")
    drawn = model(start(), user("work", listeners=(listener("end"),)), handler, flows="start -> work", dialect=Dialect.CAMUNDA7)
    story = cancelled(Story(compile_process(drawn, "story", program_id="story:1")))
    story.throw("work", "E")
    assert (story.tasks, story.incidents) == ([], {"work": "uncaught-error"})
    story.resume("work")
    story.run_jobs()
    assert story.ended


def test_a_case_without_listeners_has_ended_once_it_is_cancelled() -> None:
    story = cancelled(Story(program(start(), user("work"), flows="start -> work")))
    assert (story.ended, story.tasks, story.step.outcome) == (True, [], "cancelled")


@pytest.mark.parametrize("dialect", [Dialect.CAMUNDA7, Dialect.CAMUNDA8])
def test_outputs_are_mapped_after_the_end_listeners_in_camunda_7_and_before_them_in_camunda_8(dialect: Dialect) -> None:
    source = juel("${n}") if dialect is Dialect.CAMUNDA7 else expression("=n")
    outputs = (bpmn.VariableMapping(target="out", source=source), scripted("rate"))
    work = user("work", listeners=(listener("end"),), outputs=outputs)
    story = Story(
        program(start(), work, boundary("late", "work", timer("PT1H")), user("next"), flows="start -> work -> next", dialect=dialect)
    )
    story.complete("work", n=1)
    # Nothing on the border interrupts what is done.
    assert story.timers == {}
    if dialect is Dialect.CAMUNDA7:
        assert story.jobs == ["end"]
        assert "out" not in story.variables
        story.complete("work", n=2)
        assert (story.jobs, story.variables["out"]) == (["work.rate"], 2)
        story.complete("work", rate=3)
    else:
        assert (story.jobs, story.variables["out"]) == (["work.rate"], 1)
        story.complete("work", rate=3)
        assert story.jobs == ["end"]
        story.complete("work")
    assert (story.tasks, story.variables["rate"]) == (["next"], 3)


def test_an_output_that_fails_does_not_tell_the_end_again() -> None:
    outputs = (bpmn.VariableMapping(target="out", source=juel("${n.x}")),)
    work = user("work", listeners=(listener("end"),), outputs=outputs)
    story = Story(program(start(), work, user("next"), flows="start -> work -> next", dialect=Dialect.CAMUNDA7))
    story.complete("work")
    story.complete("work")
    assert story.incidents == {"work": "expression-failed"}
    story.set(n={"x": 1})
    story.resume("work")
    assert (story.jobs, story.tasks, story.variables["out"]) == ([], ["next"], 1)


def test_each_instance_maps_its_outputs_after_its_own_listeners() -> None:
    outputs = (bpmn.VariableMapping(target="mine", source=juel("${told}")),)
    repeated = replace(many("=list"), collection=juel("${list}"), element_variable="n")
    work = user("work", listeners=(listener("end"),), outputs=outputs, multi_instance=repeated)
    story = Story(program(start(), work, flows="start -> work", dialect=Dialect.CAMUNDA7), {"list": [1, 2]})
    story.complete("work")
    story.complete("work")
    assert story.jobs == ["end", "end"]
    story.run_jobs({"end": lambda: {"told": True}})
    assert story.ended
