"""What Camunda 8 does in a way of its own: kinds of values, scopes of mappings, results of instances, start events."""

from __future__ import annotations

from typing import Any

import pytest

from loanflow.bpmn import model as bpmn
from loanflow.bpmn.model import Dialect
from loanflow.execution import Move, Subscribe
from tests.execution import models as m
from tests.execution.host import Story
from tests.execution.test_modification import modify, token_at


def keys(story: Story) -> list[str | None]:
    return [request.correlation_key for request in story.open.values() if isinstance(request, Subscribe)]


# Kinds of values


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("assignee", 7),
        ("assignee", None),
        ("candidate_users", "li.na, wang.wei"),
        ("candidate_users", None),
        ("candidate_groups", 5),
        ("candidate_groups", ["risk", 1]),
        ("priority", "50"),
        ("priority", 120),
        ("due_date", 5),
    ],
)
def test_an_assignment_of_another_kind_is_an_incident(field: str, value: Any) -> None:
    story = Story(m.program(m.start(), m.user("a", **{field: m.feel("value")}), flows="start -> a"), {"value": value})
    assert story.incidents == {"a": "expression-failed"}
    story.set(value={"assignee": "li.na", "priority": 50, "due_date": None}.get(field, ["li.na"]))
    story.resume("a")
    assert story.tasks == ["a"]


@pytest.mark.parametrize(("field", "value"), [("assignee", "7"), ("candidate_users", "li.na, wang.wei"), ("priority", "50")])
def test_what_is_written_without_an_expression_is_text(field: str, value: str) -> None:
    story = Story(m.program(m.start(), m.user("a", **{field: m.text(value)}), flows="start -> a"))
    assert story.tasks == ["a"]


ELSEWHERE = [
    (bpmn.ServiceTask(id="a", implementation=m.call("=value")), 7),
    (bpmn.ServiceTask(id="a", implementation=m.call("x", retries=m.feel("value"))), "3"),
    (m.receive("a", "=value", "=1"), 7),
    (m.receive("a", "answer", "=value"), True),
    (m.catch("a", m.signal("=value")), 7),
    (m.throw("a", m.signal("=value")), 7),
    (m.throw("a", m.escalation("=value")), None),
    (m.end("a", m.error("=value")), None),
    (m.call_activity("a", "=value"), 7),
    (m.rule("a", "=value"), 7),
]


@pytest.mark.parametrize(("node", "value"), ELSEWHERE)
def test_so_are_names_and_codes_of_another_kind(node: bpmn.FlowNode, value: Any) -> None:
    story = Story(m.program(m.start(), node, flows="start -> a"), {"value": value})
    assert story.incidents == {"a": "expression-failed"}


def test_a_correlation_key_may_be_a_number() -> None:
    story = Story(m.program(m.start(), m.receive("a", "answer", "=number"), flows="start -> a"), {"number": 12})
    assert keys(story) == ["12"]


# Scopes of mappings


def test_an_activity_says_nothing_of_the_correlation_key_on_its_border() -> None:
    task = m.user("a", inputs=(m.mapping("number", "=other"),))
    drawn = m.program(m.start(), task, m.boundary("b", "a", m.message("stop", "=number")), m.end(), flows="start -> a -> end\nb -> end")
    assert keys(Story(drawn, {"number": "1", "other": "2"})) == ["1"]


@pytest.mark.parametrize(
    ("inputs", "seen"),
    [((), {}), ((m.mapping("limit", "=item * 2"),), {"limit": 2, "item": 1, "loopCounter": 1})],
    ids=["nothing", "mapped"],
)
def test_a_called_process_is_given_local_variables_only_where_something_is_mapped_in(inputs: Any, seen: dict[str, Any]) -> None:
    called = m.program(m.start("s"), m.user("x"), flows="s -> x", id="called")
    call = m.call_activity(
        "call", "called", inputs=inputs, multi_instance=m.many("=items", element_variable="item"), propagate_all_parent=False
    )
    story = Story(m.program(m.start(), call, flows="start -> call"), {"items": [1]}, called=(called,))
    assert story.case.variables(story.task("x").token) == seen


# Instances of a multi-instance activity


def test_one_after_the_other_instances_are_counted_as_they_are_made() -> None:
    marker = m.many("=items", sequential=True, element_variable="item", until="=numberOfInstances = 2 and numberOfActiveInstances = 0")
    story = Story(m.program(m.start(), m.user("a", multi_instance=marker), m.user("b"), flows="start -> a -> b"), {"items": [1, 2, 3]})
    story.complete("a")
    assert story.tasks == ["a"]
    story.complete("a")
    assert story.tasks == ["b"]


def collecting(*, sequential: bool, **more: Any) -> Story:
    marker = m.many(
        "=items", sequential=sequential, element_variable="item", output_collection="votes", output_element=m.feel("vote"), **more
    )
    drawn = m.program(m.start(), m.user("a", multi_instance=marker), m.user("b"), flows="start -> a -> b")
    return Story(drawn, {"items": [1, 2, 3]}, reloads=True)


@pytest.mark.parametrize("sequential", [False, True])
def test_an_instance_sees_what_the_others_have_given_so_far_and_no_counters(sequential: bool) -> None:
    story = collecting(sequential=sequential)
    story.complete("a", vote="yes")
    last = story.task("a").token
    seen = story.case.variables(last)
    assert seen["votes"] == ["yes", None, None]
    assert "numberOfInstances" not in seen
    assert "votes" not in story.variables
    story.complete("a", vote="no")
    story.complete("a", vote="yes")
    assert story.variables == {"items": [1, 2, 3], "votes": ["yes", "no", "yes"]}


def test_who_writes_over_the_results_is_told_so() -> None:
    story = collecting(sequential=True)
    story.complete("a", vote="yes", votes="none of your business")
    assert story.incidents == {"a": "expression-failed"}
    assert "output collection 'votes'" in story.incident("a").message


# Start events


@pytest.mark.parametrize("event", [m.message("arrived"), m.signal("arrived")], ids=["message", "signal"])
def test_what_starts_a_case_brings_only_what_is_mapped_out(event: bpmn.EventDefinition) -> None:
    drawn = m.program(m.start("start", event, outputs=(m.mapping("amount", "=order.amount"),)), m.user("a"), flows="start -> a")
    story = Story(drawn, {"order": {"amount": 7}, "noise": 1}, start_event="start")
    assert story.variables == {"amount": 7}


@pytest.mark.parametrize("event", [m.message("arrived"), None], ids=["message", "none"])
def test_an_event_sub_process_is_armed_once_the_start_event_has_mapped_out(event: bpmn.EventDefinition | None) -> None:
    cancel = m.sub_process(
        "cancel", m.start("cancelled", m.message("cancel", "=number")), m.user("b"), flows="cancelled -> b", kind="event"
    )
    first = m.start("start", event, outputs=(m.mapping("number", "=order.number"),))
    drawn = m.program(first, m.user("a"), cancel, flows="start -> a")
    story = Story(drawn, {"order": {"number": "N-1"}}, start_event=None if event is None else "start", reloads=True)
    assert keys(story) == ["N-1"]
    story.deliver("cancelled")
    assert story.tasks == ["b"]


def test_so_it_is_inside_a_sub_process_and_a_called_one() -> None:
    cancel = m.sub_process(
        "cancel", m.start("cancelled", m.message("cancel", "=number")), m.user("b"), flows="cancelled -> b", kind="event"
    )
    nodes = (m.start("begin", outputs=(m.mapping("number", "=order.number"),)), m.user("a"), cancel)
    inner = m.sub_process("inner", *nodes, flows="begin -> a")
    assert keys(Story(m.program(m.start(), inner, flows="start -> inner"), {"order": {"number": "N-1"}})) == ["N-1"]
    called = m.program(*nodes, flows="begin -> a", id="called")
    call = m.call_activity("call", "called", propagate_all_parent=True)
    assert keys(Story(m.program(m.start(), call, flows="start -> call"), {"order": {"number": "N-1"}}, called=(called,))) == ["N-1"]


@pytest.mark.parametrize("inside", [False, True])
def test_listeners_of_the_start_event_come_before_what_it_arms(inside: bool) -> None:
    listener = bpmn.Listener(kind=bpmn.ListenerKind.EXECUTION, event="end", work=m.call("number"))
    cancel = m.sub_process(
        "cancel", m.start("cancelled", m.message("cancel", "=number")), m.user("b"), flows="cancelled -> b", kind="event"
    )
    nodes = (m.start("begin", listeners=(listener,)), m.user("a"), cancel)
    sub = m.sub_process("sub", *nodes, flows="begin -> a")
    drawn = m.program(m.start(), sub, flows="start -> sub") if inside else m.program(*nodes, flows="begin -> a")
    story = Story(drawn, reloads=True)
    assert (story.jobs, keys(story)) == (["number"], [])
    story.complete("begin", number="N-1")
    assert (story.tasks, keys(story)) == (["a"], ["N-1"])


def test_one_that_cannot_be_armed_stops_the_case_at_its_start_until_it_can() -> None:
    cancel = m.sub_process(
        "cancel", m.start("cancelled", m.message("cancel", "=number")), m.user("b"), flows="cancelled -> b", kind="event"
    )
    story = Story(m.program(m.start(), m.user("a"), cancel, flows="start -> a"), reloads=True)
    assert story.incidents == {"start": "expression-failed"}
    story.resume("start")
    assert story.incidents == {"start": "expression-failed"}
    story.set(number="N-1")
    story.resume("start")
    assert (story.tasks, keys(story)) == (["a"], ["N-1"])


def test_one_whose_start_event_is_passed_by_by_hand_is_armed_all_the_same() -> None:
    cancel = m.sub_process(
        "cancel", m.start("cancelled", m.message("cancel", "=number")), m.user("b"), flows="cancelled -> b", kind="event"
    )
    story = Story(m.program(m.start(), m.user("a"), cancel, flows="start -> a"))
    story.set(number="N-1")
    modify(story, Move(token_at(story, "start"), "a"))
    assert (story.tasks, keys(story)) == (["a"], ["N-1"])


# What comes with the event of an event sub-process


def interrupted(**mappings: Any) -> Story:
    handler = m.sub_process("handler", m.start("came", m.message("change", "=1")), m.user("b"), flows="came -> b", kind="event", **mappings)
    story = Story(m.program(m.start(), m.user("a"), handler, flows="start -> a"), reloads=True)
    story.deliver("came", amount=7)
    return story


def test_it_goes_outwards_from_the_start_event() -> None:
    story = interrupted(outputs=(m.mapping("twice", "=amount * 2"),))
    assert story.variables == {"amount": 7}
    story = interrupted(inputs=(m.mapping("amount", "=0"),))
    assert story.variables == {}
    assert story.case.variables(story.task("b").token)["amount"] == 7


def test_other_dialects_stay_as_they_are() -> None:
    story = Story(m.program(m.start(), m.user("a", assignee=m.feel("who")), flows="start -> a", dialect=Dialect.SPEC), {"who": 7})
    assert story.task("a").assignee == "7"
