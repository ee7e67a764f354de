"""Which scope a variable lives in: process, sub-process, multi-instance, mappings, called process."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from loanflow.bpmn import model as bpmn
from loanflow.bpmn.model import Dialect
from loanflow.execution import Limits
from tests.execution.host import Story
from tests.execution.models import (
    boundary,
    call_activity,
    end,
    error,
    escalation,
    exclusive,
    feel,
    juel,
    mapping,
    program,
    rule,
    script,
    service,
    start,
    sub_process,
    text,
    throw,
    user,
)


def test_a_new_variable_written_in_a_sub_process_belongs_to_the_process() -> None:
    inner = sub_process("sub", script("set", "1", "x"), flows="")
    story = Story(program(start(), inner, user("a"), flows="start -> sub -> a"))
    assert story.variables == {"x": 1}


def test_inputs_are_local_and_gone_afterwards() -> None:
    story = Story(
        program(start(), user("a", inputs=(mapping("twice", "=x * 2"),)), user("b"), flows="start -> a -> b"), {"x": 2, "twice": "outer"}
    )
    assert story.case.variables(story.task("a").token)["twice"] == 4
    assert story.variables["twice"] == "outer"
    story.complete("a", twice=5, y=1)
    assert story.variables == {"x": 2, "twice": "outer", "y": 1}  # the local one took the 5, and is gone


def test_outputs_of_camunda_8_keep_everything_else_inside() -> None:
    story = Story(
        program(start(), service("s", outputs=(mapping("score", "=raw + 1"),)), user("b"), flows="start -> s -> b"),
    )
    story.complete("s", raw=1, noise=2)
    assert story.variables == {"score": 2}


def test_without_outputs_job_results_propagate() -> None:
    story = Story(program(start(), service("s"), user("b"), flows="start -> s -> b"))
    story.complete("s", raw=1)
    assert story.variables == {"raw": 1}


def test_outputs_of_camunda_7_come_on_top_of_the_results() -> None:
    story = Story(
        program(
            start(), service("s", outputs=(mapping("score", "${raw + 1}"),)), user("b"), flows="start -> s -> b", dialect=Dialect.CAMUNDA7
        ),
    )
    story.complete("s", raw=1)
    assert story.variables == {"raw": 1, "score": 2}


def test_later_inputs_see_earlier_ones_in_camunda_8_and_not_in_camunda_7() -> None:
    def process(dialect: Dialect) -> Story:
        inputs = (mapping("x", "=x + 1"), mapping("y", "=x + 1"))
        story = Story(program(start(), user("a", inputs=inputs), flows="start -> a", dialect=dialect), {"x": 1})
        return story

    story = process(Dialect.CAMUNDA8)
    assert story.case.variables(story.task("a").token) == {"x": 2, "y": 3}
    story = process(Dialect.CAMUNDA7)
    assert story.case.variables(story.task("a").token) == {"x": 2, "y": 2}


def test_a_dotted_target_is_a_key_of_a_context_and_keeps_the_others() -> None:
    task = service(
        "s",
        inputs=(mapping("in.a", "=1"), mapping("in.b", "=2")),
        outputs=(mapping("person.score", "=raw"), mapping("person.more.x", "=9")),
    )
    story = Story(program(start(), task, user("b"), flows="start -> s -> b"), {"person": {"name": "Li"}})
    assert story.case.variables(next(iter(story.open)))["in"] == {"a": 1, "b": 2}
    story.complete("s", raw=5)
    assert story.variables == {"person": {"name": "Li", "score": 5, "more": {"x": 9}}}


def test_lists_and_maps_of_camunda_7_mappings() -> None:
    inner = mapping(items=(feel("x"), mapping(entries=((text("c"), feel("3")),))))
    entries = ((text("a"), feel("x")), (juel("${key}"), feel("2")), (text("n"), inner))
    both = (mapping("l", items=(feel("x"), feel("x + 1"))), mapping("m", entries=entries))
    story = Story(program(start(), user("a", inputs=both), flows="start -> a", dialect=Dialect.CAMUNDA7), {"x": 1, "key": "b"})
    seen = story.case.variables(story.task("a").token)
    assert (seen["l"], seen["m"]) == ([1, 2], {"a": 1, "b": 2, "n": [1, {"c": 3}]})


def test_a_failing_mapping_leaves_nothing_half_done() -> None:
    from tests.execution.models import timer

    inputs = (mapping("one", "=1"), mapping("two", "=missing + 1"))
    story = Story(program(start(), user("a", inputs=inputs), flows="start -> a"))
    assert story.tasks == ["a"]  # null is a value
    assert story.case.variables(story.task("a").token)["two"] is None
    assert timer("PT1H").value.text == "PT1H"


def test_a_sub_process_has_locals_seen_by_all_inside() -> None:
    inner = sub_process("sub", user("x"), script("grow", "limit + 1", "limit"), flows="x -> grow", inputs=(mapping("limit", "=10"),))
    story = Story(program(start(), inner, user("b"), flows="start -> sub -> b"))
    assert story.case.variables(story.task("x").token) == {"limit": 10}
    story.complete("x", limit=20)
    assert story.variables == {}


def test_a_sub_processs_outputs_are_read_inside() -> None:
    inner = sub_process(
        "sub", script("s", "local * 2", "local"), flows="", inputs=(mapping("local", "=21"),), outputs=(mapping("answer", "=local"),)
    )
    story = Story(program(start(), inner, user("b"), flows="start -> sub -> b"))
    assert story.variables == {"answer": 42}


def test_a_decisions_result_is_mapped() -> None:
    story = Story(
        program(start(), rule("r", "grade", "g", outputs=(mapping("risk", "=g"),)), user("b"), flows="start -> r -> b"),
        decisions={"grade": lambda seen: "A"},
    )
    assert story.variables == {"risk": "A"}


def test_camunda_7_calls_the_result_decision_result() -> None:
    story = Story(
        program(
            start(), rule("r", "grade", None, outputs=(mapping("risk", "${decisionResult}"),)), user("b"),
            flows="start -> r -> b", dialect=Dialect.CAMUNDA7,
        ),
        decisions={"grade": lambda seen: "A"},
    )  # fmt: skip
    assert story.variables == {"risk": "A"}


@pytest.mark.parametrize("variable", [None, "all"])
@pytest.mark.parametrize(
    ("source", "rows", "value"),
    [
        ("${decisionResult.getSingleResult().grade}", [{"grade": "A", "rate": 4}], "A"),
        ("${decisionResult.getSingleEntry()}", [{"grade": "A"}], "A"),
        ("${decisionResult.getFirstResult().getEntry('rate')}", [{"grade": "A", "rate": 4}, {"grade": "B", "rate": 5}], 4),
        ("${decisionResult.collectEntries('grade')}", [{"grade": "A", "rate": 4}, {"rate": 5}, {"grade": "C"}], ["A", "C"]),
        ("${decisionResult.getSingleResult()}", [], None),
        ("${decisionResult.getResultList().size()}", [{"grade": "A"}], 1),
        ("${decisionResult[1].grade}", [{"grade": "A"}, {"grade": "B"}], "B"),
    ],
)
def test_the_rows_of_a_decision_are_asked_as_camunda_7_has_it(source: str, rows: list[Any], value: Any, variable: str | None) -> None:
    task = rule("r", "grade", variable, outputs=(mapping("risk", source),))
    assert isinstance(task.implementation, bpmn.DecisionCall)
    task = replace(task, implementation=replace(task.implementation, mapper=bpmn.ResultMapper.RESULT_LIST))
    process = program(start(), task, user("b"), flows="start -> r -> b", dialect=Dialect.CAMUNDA7)
    story = Story(process, decisions={"grade": lambda seen: rows})
    assert story.variables == {"risk": value} if variable is None else {"risk": value, "all": rows}


@pytest.mark.parametrize("source", ["getSingleResult()", "getSingleEntry()", "getFirstResult().getSingleEntry()"])
def test_one_of_several_rows_or_outputs_is_an_incident(source: str) -> None:
    task = rule("r", "grade", None, outputs=(mapping("risk", "${decisionResult." + source + "}"),))
    process = program(start(), task, user("b"), flows="start -> r -> b", dialect=Dialect.CAMUNDA7)
    story = Story(process, decisions={"grade": lambda seen: [{"a": 1, "b": 2}, {"a": 3}]})
    assert story.incidents == {"r": "expression-failed"}
    assert "asks for one of several" in story.incident("r").message


def test_the_mapping_of_a_decision_is_of_its_result_variable() -> None:
    task = rule("r", "grade", None, outputs=(mapping("risk", "${decisionResult.getSingleEntry()}"),))
    assert isinstance(task.implementation, bpmn.DecisionCall)
    task = replace(task, implementation=replace(task.implementation, mapper=bpmn.ResultMapper.SINGLE_ENTRY))
    story = Story(
        program(start(), task, user("b"), flows="start -> r -> b", dialect=Dialect.CAMUNDA7), decisions={"grade": lambda seen: [{"a": 1}]}
    )
    assert story.variables == {"risk": 1}
    assert [request.mapper for request in story.host.asked] == [bpmn.ResultMapper.RESULT_LIST]


CALLED = program(start("s"), user("x"), script("sum", "a + 1", "b"), flows="s -> x -> sum", id="called")


def calling(activity: object, *, dialect: Dialect = Dialect.CAMUNDA7, **variables: object) -> Story:
    return Story(program(start(), activity, user("after"), flows="start -> call -> after", dialect=dialect), variables, called=(CALLED,))


def test_a_called_process_sees_only_what_is_mapped_in() -> None:
    story = calling(
        call_activity("call", "called", call_inputs=(mapping("a", "${x}"),), call_outputs=(mapping("y", "${b}"),)), x=1, secret=2
    )
    assert story.case.variables(story.task("x").token) == {"a": 1}
    story.complete("x")
    assert story.tasks == ["after"]
    assert story.variables == {"x": 1, "secret": 2, "y": 2}


def test_camunda_7_maps_all_variables() -> None:
    story = calling(
        call_activity("call", "called", call_inputs=(mapping(all_variables=True),), call_outputs=(mapping(all_variables=True),)), a=1
    )
    story.complete("x", z=3)
    assert story.variables == {"a": 1, "b": 2, "z": 3}


OUTWARDS = call_activity("call", "called", call_inputs=(mapping("a", "${x}"),), call_outputs=(mapping("y", "${a}"),))
THROWN = {"error": error("E1"), "escalation": escalation("E1")}


@pytest.mark.parametrize("kind", THROWN)
@pytest.mark.parametrize("catcher", ["boundary", "event sub-process", "further out"])
def test_what_is_thrown_out_of_a_called_process_takes_its_outputs_along(kind: str, catcher: str) -> None:
    thrown = THROWN[kind]
    called = program(start("s"), user("x"), end("fail", thrown), flows="s -> x -> fail", id="called", dialect=Dialect.CAMUNDA7)
    between = program(start("s"), OUTWARDS, flows="s -> call", id="between", dialect=Dialect.CAMUNDA7)
    caught = boundary("caught", "outer" if catcher == "further out" else "call", thrown)
    match catcher:
        case "boundary":
            nodes, flows = (OUTWARDS, caught, user("after")), "start -> call\ncaught -> after"
        case "event sub-process":
            inside = sub_process("handle", start("h", thrown), user("after"), flows="h -> after", kind="event")
            nodes, flows = (OUTWARDS, inside), "start -> call"
        case _:
            outer = call_activity("outer", "between", call_inputs=(mapping("x", "${x}"),), call_outputs=(mapping("y", "${y}"),))
            nodes, flows = (outer, caught, user("after")), "start -> outer\ncaught -> after"
    story = Story(program(start(), *nodes, flows=flows, dialect=Dialect.CAMUNDA7), {"x": 1}, called=(called, between))
    story.complete("x")
    assert story.tasks == ["after"]
    assert story.variables == {"x": 1, "y": 1}


def test_an_escalation_that_nobody_catches_takes_them_along_too() -> None:
    called = program(start("s"), throw("tell", escalation("E1")), user("x"), flows="s -> tell -> x", id="called", dialect=Dialect.CAMUNDA7)
    story = Story(
        program(start(), OUTWARDS, user("after"), flows="start -> call -> after", dialect=Dialect.CAMUNDA7), {"x": 1}, called=(called,)
    )
    assert story.tasks == ["x"]
    assert story.variables == {"x": 1, "y": 1}


def test_camunda_8_propagates_only_what_ends() -> None:
    called = program(start("s"), end("fail", error("E1")), flows="s -> fail", id="called")
    activity = call_activity("call", "called", propagate_all_parent=False, propagate_all_child=True, inputs=(mapping("a", "=x"),))
    caught = boundary("caught", "call", error("E1"))
    story = Story(program(start(), activity, caught, user("after"), flows="start -> call\ncaught -> after"), {"x": 1}, called=(called,))
    assert story.tasks == ["after"]
    assert story.variables == {"x": 1}


def test_without_mappings_camunda_7_carries_nothing() -> None:
    story = calling(call_activity("call", "called"), a=1)
    assert story.case.variables(story.task("x").token) == {}


def test_camunda_8_propagates_everything_both_ways_by_default() -> None:
    story = calling(call_activity("call", "called", propagate_all_parent=True, propagate_all_child=True), dialect=Dialect.CAMUNDA8, a=1)
    story.complete("x")
    assert story.variables == {"a": 1, "b": 2}


def test_camunda_8_propagates_only_inputs_where_it_is_told_so_and_outputs_replace_propagation() -> None:
    activity = call_activity(
        "call",
        "called",
        propagate_all_parent=False,
        propagate_all_child=True,
        inputs=(mapping("a", "=x"),),
        outputs=(mapping("y", "=b"),),
    )
    story = calling(activity, dialect=Dialect.CAMUNDA8, x=1, secret=2)
    assert story.case.variables(story.task("x").token) == {"a": 1}
    story.complete("x")
    assert story.variables == {"x": 1, "secret": 2, "y": 2}


def test_a_call_may_carry_a_business_key_of_its_own() -> None:
    story = calling(call_activity("call", "called", call_inputs=(mapping(business_key=True, source="${x}"),)), x="LN-7")
    assert story.tasks == ["x"]
    assert b"LN-7" in story.case.dump()


def test_a_process_that_is_not_deployed_is_an_incident_and_can_be_deployed_later() -> None:
    story = Story(program(start(), call_activity("call", "called"), user("after"), flows="start -> call -> after"))
    assert story.incidents == {"call": "process-not-deployed"}
    assert "'called'" in story.incident("call").message
    story.host.deploy(CALLED)
    story.resume("call")
    assert story.tasks == ["x"]


def test_the_called_process_is_computed() -> None:
    story = Story(program(start(), call_activity("call", "=which"), flows="start -> call"), {"which": "called"}, called=(CALLED,))
    assert story.tasks == ["x"]


def test_a_process_that_calls_itself_without_end_is_stopped() -> None:
    again = program(start(), call_activity("call", "again"), flows="start -> call", id="again")
    story = Story(again, limits=Limits(depth=5))
    assert story.incidents == {"call": "call-depth"}
    assert len(story.case.tokens) == 6


def test_a_process_that_calls_itself_until_enough() -> None:
    again = program(
        start(), script("less", "n - 1", "n"), exclusive("g"),
        call_activity("call", "again", propagate_all_parent=True, propagate_all_child=True),
        user("deep"), end(),
        flows="start -> less -> g -> call: n > 0\ng -> deep: default\ncall -> end\ndeep -> end",
        id="again",
    )  # fmt: skip
    story = Story(again, {"n": 4})
    assert story.tasks == ["deep"]
    story.complete("deep", done=True)
    assert story.ended
    assert story.variables == {"n": 0, "done": True}


def test_set_variables_writes_where_the_variable_lives() -> None:
    story = Story(program(start(), user("a", inputs=(mapping("local", "=1"),)), flows="start -> a"), {"x": 1})
    token = story.task("a").token
    story.case.set_variables({"local": 2, "x": 3, "new": 4}, host=story.host, token=token)
    assert story.case.variables(token) == {"local": 2, "x": 3, "new": 4}
    assert story.variables == {"x": 3, "new": 4}


def test_variables_given_back_are_a_copy() -> None:
    story = Story(program(start(), user("a"), flows="start -> a"), {"x": 1})
    story.case.variables()["x"] = 5
    assert story.variables == {"x": 1}


@pytest.mark.parametrize("kind", ["user", "service"])
def test_results_write_to_the_scope_that_has_the_variable(kind: str) -> None:
    inside = user("t") if kind == "user" else service("t")
    inner = sub_process("sub", inside, user("look"), flows="t -> look", inputs=(mapping("mine", "=1"),))
    story = Story(program(start(), inner, flows="start -> sub"), {"theirs": 1})
    story.complete("t", mine=2, theirs=2)
    assert story.case.variables(story.task("look").token) == {"mine": 2, "theirs": 2}
    assert story.variables == {"theirs": 2}
    assert replace(inner, id="other").id == "other"
