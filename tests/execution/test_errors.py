"""BPMN errors: who catches them, and what becomes of those nobody catches."""

from __future__ import annotations

from tests.execution.host import Story
from tests.execution.models import (
    boundary,
    call_activity,
    end,
    error,
    many,
    program,
    service,
    start,
    sub_process,
    user,
)


def test_a_handlers_error_takes_the_path_of_its_code() -> None:
    process = program(
        start(), service("query"), boundary("any", "query", error()), boundary("no-file", "query", error("NO_FILE")),
        user("normal"), user("other"), user("manual"),
        flows="start -> query -> normal\nany -> other\nno-file -> manual",
    )  # fmt: skip
    story = Story(process)
    story.throw("query", "NO_FILE", "the bureau has no file", score=0)
    assert story.tasks == ["manual"]
    assert not story.jobs
    assert story.variables == {"score": 0}
    assert [r.kind for r in story.step.records][:4] == ["error.thrown", "element.cancelled", "element.entered", "error.caught"]
    story = Story(process)
    story.throw("query", "BUSY")
    assert story.tasks == ["other"]


def test_the_specific_code_goes_before_catch_all_and_only_one_of_them_fires() -> None:
    inner = sub_process("sub", start("s"), end("fail", error("E1")), flows="s -> fail")
    story = Story(
        program(
            start(), inner, boundary("all", "sub", error()), boundary("one", "sub", error("E1")), user("a"), user("b"),
            flows="start -> sub\nall -> a\none -> b",
        )
    )  # fmt: skip
    assert story.tasks == ["b"]


def test_an_error_ends_the_sub_process_at_once() -> None:
    inner = sub_process("sub", start("s"), user("x"), user("y"), end("fail", error("E1")), flows="s -> x -> fail\ns -> y")
    story = Story(program(start(), inner, boundary("caught", "sub", error("E1")), user("a"), flows="start -> sub\ncaught -> a"))
    story.complete("x")
    assert story.tasks == ["a"]


def test_an_error_no_inner_boundary_catches_goes_outwards() -> None:
    deep = sub_process(
        "deep", start("s2"), service("job"), boundary("wrong", "job", error("OTHER")), user("z"), flows="s2 -> job\nwrong -> z"
    )
    outer = sub_process("outer", start("s1"), deep, flows="s1 -> deep")
    story = Story(program(start(), outer, boundary("caught", "outer", error("E1")), user("a"), flows="start -> outer\ncaught -> a"))
    story.throw("job", "E1")
    assert story.tasks == ["a"]
    assert story.places() == ["a"]


def test_the_nearest_catch_all_goes_before_a_specific_one_further_out() -> None:
    deep = sub_process("deep", start("s2"), end("fail", error("E1")), flows="s2 -> fail")
    outer = sub_process("outer", start("s1"), deep, boundary("near", "deep", error()), user("a"), flows="s1 -> deep\nnear -> a")
    story = Story(program(start(), outer, boundary("far", "outer", error("E1")), user("b"), flows="start -> outer\nfar -> b"))
    assert story.tasks == ["a"]


def test_an_uncaught_error_of_a_handler_is_an_incident_and_the_job_can_be_tried_again() -> None:
    story = Story(program(start(), service("query"), user("normal"), flows="start -> query -> normal"))
    story.throw("query", "NO_FILE", "no file")
    assert story.incidents == {"query": "uncaught-error"}
    assert not story.tasks
    assert "NO_FILE" in story.incident("query").message
    assert "no file" in story.incident("query").message
    story.resume("query")
    assert story.jobs == ["query"]
    story.complete("query")
    assert story.tasks == ["normal"]


def test_an_uncaught_error_end_event_stops_the_case_and_never_takes_the_happy_path() -> None:
    inner = sub_process("sub", start("s"), end("fail", error("E1")), flows="s -> fail")
    story = Story(program(start(), inner, user("normal"), end(), flows="start -> sub -> normal -> end"))
    assert story.incidents == {"fail": "uncaught-error"}
    assert not story.tasks
    assert not story.ended


def test_an_error_goes_out_of_a_called_process() -> None:
    called = program(start("s"), user("x"), user("y"), end("fail", error("E1")), flows="s -> x -> fail\ns -> y", id="called")
    story = Story(
        program(
            start(), call_activity("call", "called"), boundary("caught", "call", error("E1")), user("a"), flows="start -> call\ncaught -> a"
        ),
        called=(called,),
    )
    story.complete("x")
    assert story.tasks == ["a"]
    assert story.places() == ["a"]


def test_an_error_in_one_instance_takes_the_whole_multi_instance_activity() -> None:
    story = Story(
        program(
            start(), service("query", multi_instance=many(times="=3")), boundary("caught", "query", error("E1")), user("a"),
            flows="start -> query\ncaught -> a",
        )
    )  # fmt: skip
    assert len(story.jobs) == 3
    story.throw("query", "E1")
    assert story.tasks == ["a"]
    assert not story.jobs


def test_the_error_is_told_in_variables() -> None:
    inner = sub_process("sub", start("s"), service("job"), flows="s -> job")
    story = Story(
        program(
            start(), inner, boundary("caught", "sub", error("E1", code_variable="code", message_variable="why")), user("a"),
            flows="start -> sub\ncaught -> a",
        )
    )  # fmt: skip
    story.throw("job", "E1", "because", extra=1)
    assert story.variables == {"code": "E1", "why": "because", "extra": 1}


def test_an_error_without_a_message_tells_null() -> None:
    caught = boundary("caught", "job", error("E1", message_variable="why"))
    story = Story(program(start(), service("job"), caught, user("a"), flows="start -> job\ncaught -> a"))
    story.throw("job", "E1")
    assert story.variables == {"why": None}


def test_a_person_may_raise_an_error_too() -> None:
    story = Story(program(start(), user("a"), boundary("caught", "a", error("WITHDRAWN")), user("b"), flows="start -> a\ncaught -> b"))
    story.throw("a", "WITHDRAWN")
    assert story.tasks == ["b"]


def test_no_inner_step_after_an_error() -> None:
    from tests.execution.models import script

    inner = sub_process("sub", end("fail", error("E1")), script("late", '"ran"', "late"), flows="")
    story = Story(program(start(), inner, boundary("caught", "sub", error()), user("a"), flows="start -> sub\ncaught -> a"))
    assert story.tasks == ["a"]
    assert "late" not in story.variables


def test_a_boundary_error_leads_back_into_the_activity() -> None:
    story = Story(
        program(
            start(),
            service("query"),
            boundary("busy", "query", error("BUSY")),
            user("wait"),
            end(),
            flows="start -> query -> end\nbusy -> wait -> query",
        )
    )
    for _ in range(3):
        story.throw("query", "BUSY")
        story.complete("wait")
    story.complete("query")
    assert story.ended
