"""Tasks one after the other, splits without a gateway, starts and ends."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from loanflow.bpmn import model as bpmn
from loanflow.bpmn.model import Dialect
from loanflow.errors import NotFound
from tests.execution.host import Story
from tests.execution.models import (
    call,
    end,
    exclusive,
    manual,
    mapping,
    message,
    none,
    program,
    rule,
    script,
    service,
    signal,
    start,
    sub_process,
    terminate,
    throw,
    timer,
    user,
)
from tests.execution.models import message_of as a_message


def test_tasks_run_in_order() -> None:
    story = Story(program(start(), user("a"), user("b"), end(), flows="start -> a -> b -> end"))
    assert story.tasks == ["a"]
    story.complete("a", x=1)
    assert story.tasks == ["b"]
    step = story.complete("b")
    assert step.ended
    assert step.outcome == "completed"
    assert step.end_event == "end"
    assert story.done == ["start", "a", "b", "end"]
    assert story.variables == {"x": 1}


def test_records_tell_the_story_in_order() -> None:
    story = Story(program(start(), user("a"), end(), flows="start -> a -> end"))
    story.complete("a", x=1)
    assert [(r.kind, r.element_id) for r in story.records] == [
        ("element.entered", "start"),
        ("element.completed", "start"),
        ("flow.taken", "start-a"),
        ("element.entered", "a"),
        ("variables.set", "a"),
        ("element.completed", "a"),
        ("flow.taken", "a-end"),
        ("element.entered", "end"),
        ("element.completed", "end"),
        ("case.ended", "story"),
    ]


def test_variables_set_records_old_and_new_values() -> None:
    story = Story(program(start(), user("a"), end(), flows="start -> a -> end"), {"x": 1})
    step = story.complete("a", x=2, y="new")
    (record,) = [r for r in step.records if r.kind == "variables.set"]
    assert record.data == {"values": {"x": 2, "y": "new"}, "before": {"x": 1}}


def test_none_and_manual_tasks_are_passed_through() -> None:
    story = Story(program(start(), none("n"), manual("m"), end(), flows="start -> n -> m -> end"))
    assert story.ended


def test_a_service_task_is_a_job_and_its_outputs_are_variables() -> None:
    story = Story(program(start(), service("score", "risk-score"), end(), flows="start -> score -> end"))
    assert story.jobs == ["risk-score"]
    story.complete("score", score=70)
    assert story.ended
    assert story.variables == {"score": 70}


def test_a_service_task_without_implementation_asks_for_a_handler_of_its_id() -> None:
    from loanflow.bpmn.model import ServiceTask

    story = Story(program(start(), ServiceTask(id="notify"), end(), flows="start -> notify -> end"))
    assert story.jobs == ["notify"]


def test_a_handlers_result_variable_takes_all_outputs_together() -> None:
    task = service("query")
    from dataclasses import replace

    task = replace(task, implementation=call("bureau-query", result_variable="report"))
    story = Story(program(start(), task, end(), flows="start -> query -> end"))
    story.complete("query", score=600, hits=2)
    assert story.variables == {"report": {"score": 600, "hits": 2}}


def test_a_script_is_computed_in_place() -> None:
    story = Story(program(start(), script("add", "x + 1", "y"), end(), flows="start -> add -> end"), {"x": 1})
    assert story.ended
    assert story.variables == {"x": 1, "y": 2}


def test_a_decision_is_asked_within_the_step() -> None:
    story = Story(
        program(start(), rule("route", "approval-route", "route"), end(), flows="start -> route -> end"),
        {"score": 80},
        decisions={"approval-route": lambda seen: "straight" if seen["score"] >= 70 else "review"},
    )
    assert story.ended
    assert story.variables["route"] == "straight"
    assert story.host.asked[0].variables == {"score": 80}


def test_several_flows_out_of_a_task_are_an_implicit_split() -> None:
    story = Story(program(start(), user("a"), user("b"), user("c"), flows="start -> a -> b\na -> c"))
    story.complete("a")
    assert story.tasks == ["b", "c"]
    story.complete("b")
    assert not story.ended
    story.complete("c")
    assert story.ended


def test_conditions_on_flows_out_of_a_task_are_looked_at() -> None:
    process = program(start(), user("a"), user("b"), user("c"), user("d"), flows="start -> a -> b: x > 1\na -> c: x > 2\na -> d: default")
    story = Story(process)
    story.complete("a", x=3)
    assert story.tasks == ["b", "c"]
    story = Story(process)
    story.complete("a", x=0)
    assert story.tasks == ["d"]


def test_flows_without_a_condition_are_taken_beside_the_default() -> None:
    process = program(start(), user("a"), user("b"), user("c"), user("d"), flows="start -> a -> b\na -> c: x > 2\na -> d: default")
    story = Story(process)
    story.complete("a", x=3)
    assert story.tasks == ["b", "c"]
    story = Story(process)
    story.complete("a", x=0)
    assert story.tasks == ["b", "d"]


def test_several_flows_into_a_task_are_an_implicit_merge_and_it_runs_for_each_token() -> None:
    story = Story(program(start(), none("a"), none("b"), user("c"), end(), flows="start -> a -> c\nstart -> b -> c\nc -> end"))
    assert story.tasks == ["c", "c"]
    story.complete("c")
    story.complete("c")
    assert story.ended
    assert story.done.count("end") == 2


def test_a_process_without_start_and_end_events_starts_where_nothing_leads_to() -> None:
    story = Story(program(user("a"), user("b"), flows="a -> b"))
    assert story.tasks == ["a"]
    story.complete("a")
    story.complete("b")
    assert story.ended


def test_a_process_with_nothing_in_it_ends_at_once() -> None:
    assert Story(program(flows="")).ended


def test_an_element_called_start_or_end_is_nothing_special() -> None:
    story = Story(program(start("Start"), user("Root"), end("End"), flows="Start -> Root -> End"))
    assert story.tasks == ["Root"]


def test_a_message_start_event_must_be_named() -> None:
    process = program(start("asked", message("application")), user("a"), flows="asked -> a")
    with pytest.raises(NotFound, match="name the start event"):
        Story(process)
    story = Story(process, {"amount": 5}, start_event="asked", business_key="LN-1")
    assert story.tasks == ["a"]
    assert story.case.business_key == "LN-1"
    assert [(t.element_id, t.kind, t.name) for t in process.start_events] == [("asked", "message", "application")]


def test_a_timer_start_event_says_when_it_is_due_and_again() -> None:
    from tests.execution.host import MORNING

    process = program(start("daily", timer("R2/P1D")), user("a"), flows="daily -> a")
    due, memo = process.first_due("daily", now=MORNING) or (None, None)
    assert str(due) == "2026-03-03 09:00:00+00:00"
    due, memo = process.first_due("daily", now=MORNING, fired_memo=memo) or (None, None)
    assert str(due) == "2026-03-04 09:00:00+00:00"
    assert process.first_due("daily", now=MORNING, fired_memo=memo) is None
    assert Story(process, start_event="daily").tasks == ["a"]


def test_the_initiator_is_kept_where_the_start_event_says() -> None:
    story = Story(program(start(initiator="applicant"), user("a"), flows="start -> a"), initiator="li.na")
    assert story.variables == {"applicant": "li.na"}


def test_a_terminate_end_event_ends_everything_at_once() -> None:
    story = Story(
        program(start(), user("a"), user("b"), end("all", terminate()), flows="start -> a -> all\nstart -> b"),
    )
    step = story.complete("a")
    assert step.ended
    assert step.outcome == "terminated"
    assert step.end_event == "all"


def test_terminate_inside_a_sub_process_ends_only_that() -> None:
    inner = sub_process("sub", start("s"), user("a"), user("b"), end("stop", terminate()), flows="s -> a -> stop\ns -> b")
    story = Story(program(start(), inner, user("after"), end(), flows="start -> sub -> after -> end"))
    story.complete("a")
    assert story.tasks == ["after"]
    assert story.complete("after").outcome == "completed"


def test_no_inner_step_after_terminate() -> None:
    # The branch beside is ready in the same step; it must not run any more.
    story = Story(
        program(
            start(),
            end("all", terminate()),
            script("late", '"ran"', "late"),
            end(),
            flows="start -> all\nstart -> late -> end",
        )
    )
    assert story.ended
    assert "late" not in story.variables


def test_a_message_is_thrown_by_a_handler() -> None:
    story = Story(
        program(
            start(),
            throw("tell", message("told", handler="notify")),
            end("bye", message("gone", handler="notify")),
            flows="start -> tell -> bye",
        )
    )
    assert story.jobs == ["notify"]
    story.complete("tell")
    step = story.complete("bye")
    assert step.end_event == "bye"


def test_a_signal_is_told_to_everyone() -> None:
    story = Story(program(start(), throw("tell", signal("rates-changed")), end(), flows="start -> tell -> end"))
    assert [s.name for s in story.signals] == ["rates-changed"]
    assert story.ended


def test_a_signal_carries_what_it_is_told_to_or_only_the_events_own_variables() -> None:
    def carried(*lines: bpmn.VariableMapping) -> dict[str, Any]:
        event = replace(signal("rates-changed"), inputs=lines)
        tell = throw("tell", event, inputs=(mapping("rate", "${3}"),))
        return dict(Story(program(start(), tell, flows="start -> tell", dialect=Dialect.CAMUNDA7), {"amount": 7}).signals[0].variables)

    assert carried() == {}
    assert carried(mapping("sum", "${amount}")) == {"sum": 7}
    assert carried(mapping(all_variables=True)) == {"amount": 7, "rate": 3}
    assert carried(mapping(all_variables=True, local=True)) == {"rate": 3}


def test_a_signal_of_camunda_8_carries_what_its_event_maps_in() -> None:
    process = program(
        start(),
        throw("tell", signal("rates-changed"), inputs=(mapping("rate", "=amount + 1"),)),
        end("also", signal("closed")),
        flows="start -> tell -> also",
    )
    told, closed = Story(process, {"amount": 7}).signals
    assert dict(told.variables) == {"rate": 8}
    assert dict(closed.variables) == {}


def test_a_signal_is_heard_in_its_own_case_before_any_further_step() -> None:
    from tests.execution.models import boundary, catch, parallel

    inner = sub_process(
        "sub",
        start("s"),
        throw("tell", signal("stop")),
        script("late", '"ran"', "late"),
        flows="s -> tell -> late",
    )
    story = Story(
        program(
            start(),
            parallel("fork"),
            catch("hear", signal("stop")),
            user("heard"),
            inner,
            boundary("stopped", "sub", signal("stop")),
            user("after"),
            flows="start -> fork -> hear -> heard\nfork -> sub\nstopped -> after",
        )
    )
    assert story.tasks == ["heard", "after"]
    assert "late" not in story.variables
    assert not story.subscriptions
    assert [s.name for s in story.signals] == ["stop"]


def test_a_sub_process_goes_on_when_its_last_token_is_gone() -> None:
    inner = sub_process("sub", user("a"), user("b"), flows="")
    story = Story(program(start(), inner, end(), flows="start -> sub -> end"))
    assert story.tasks == ["a", "b"]
    story.complete("b")
    assert not story.ended
    story.complete("a")
    assert story.ended


def test_commands_on_tokens_that_moved_on_are_refused() -> None:
    story = Story(program(start(), user("a"), user("b"), flows="start -> a -> b"))
    token = story.task("a").token
    story.complete("a")
    with pytest.raises(NotFound, match="moved on"):
        story.case.complete(token, {}, host=story.host)
    with pytest.raises(NotFound, match="waits for task"):
        story.case.fire(story.task("b").token, host=story.host)


def test_a_message_name_may_be_computed() -> None:
    assert a_message("=x").name.text == "x"


def test_a_loop_turns_until_its_condition_fails() -> None:
    story = Story(
        program(
            start(),
            exclusive("again"),
            user("a"),
            exclusive("enough"),
            end(),
            flows="start -> again -> a -> enough -> again: x < 3\nenough -> end: default",
        ),
    )
    for x in (1, 2, 3):
        assert story.tasks == ["a"]
        story.complete("a", x=x)
    assert story.ended
