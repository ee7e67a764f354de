"""Camunda 7 expressions: variables that must exist, registered functions, the running execution."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from loanflow.bpmn import model as bpmn
from loanflow.bpmn.model import Dialect, ExpressionCall
from loanflow.errors import BpmnError, Retry
from loanflow.execution import CaseExecution, EnqueueJob, OpenTask
from tests.execution.host import Story, StoryHost
from tests.execution.models import (
    boundary,
    call_activity,
    end,
    error,
    exclusive,
    expression,
    many,
    mapping,
    program,
    service,
    start,
    sub_process,
    user,
)


def computed(id: str, text: str, into: str | None = None) -> object:
    return replace(service(id), implementation=ExpressionCall(expression=expression(text), result_variable=into))


CHECKED = program(
    start(),
    computed("check", "${bureau.check(name)}", "score"),  # type: ignore[arg-type]
    boundary("refused", "check", error("NO_FILE", message_variable="why")),
    user("normal"),
    user("manual"),
    flows="start -> check -> normal\nrefused -> manual",
    dialect=Dialect.CAMUNDA7,
)


def with_bureau(check: object) -> tuple[StoryHost, Story]:
    host = StoryHost()
    host.deploy(CHECKED)
    host.functions["bureau.check"] = check  # type: ignore[assignment]
    case, step = CaseExecution.start(CHECKED, {"name": "li"}, host=host)
    story = Story.__new__(Story)
    story.host, story.case, story.step = host, case, step
    story.open, story.done, story.flows, story.records, story.signals = {}, [], [], [], []
    story._take(step)
    return host, story


def test_a_registered_function_computes_in_place() -> None:
    _, story = with_bureau(lambda name: {"li": 600}[name])
    assert story.tasks == ["normal"]
    assert story.variables == {"name": "li", "score": 600}


def test_a_bpmn_error_of_a_function_takes_its_path() -> None:
    def check(name: str) -> int:
        raise BpmnError("NO_FILE", "nobody of that name", {"asked": name})

    _, story = with_bureau(check)
    assert story.tasks == ["manual"]
    assert story.variables == {"name": "li", "why": "nobody of that name", "asked": "li"}


def test_a_bpmn_error_nobody_catches_is_an_incident() -> None:
    def check(name: str) -> int:
        raise BpmnError("OTHER")

    _, story = with_bureau(check)
    assert story.incidents == {"check": "uncaught-error"}


def test_a_retry_goes_through_to_whoever_runs_the_command() -> None:
    def check(name: str) -> int:
        raise Retry(after=5)

    with pytest.raises(Retry):
        with_bureau(check)


def test_a_variable_that_does_not_exist_is_an_incident_as_in_camunda_7() -> None:
    process = program(
        start(), exclusive("g"), user("a"), user("b"), flows="start -> g -> a: missing == 'x'\ng -> b: default", dialect=Dialect.CAMUNDA7
    )
    story = Story(process)
    assert story.incidents == {"g": "expression-failed"}
    assert "'missing'" in story.incident("g").message
    assert Story(process, {"missing": None}).tasks == ["b"]


def test_a_null_condition_is_an_incident_too() -> None:
    process = program(start(), exclusive("g"), user("a"), user("b"), flows="start -> g -> a: x\ng -> b: default", dialect=Dialect.CAMUNDA7)
    assert Story(process, {"x": None}).incidents == {"g": "expression-failed"}
    assert Story(process, {"x": True}).tasks == ["a"]


def test_an_expression_knows_the_business_key() -> None:
    process = program(
        start(),
        computed("key", "${execution.getProcessBusinessKey()}", "key"),  # type: ignore[arg-type]
        end(),
        flows="start -> key -> end",
        dialect=Dialect.CAMUNDA7,
    )
    story = Story(process, business_key="LN-1042")
    assert story.variables == {"key": "LN-1042"}


def test_a_called_process_has_the_business_key_that_it_was_given_or_none() -> None:
    keys: tuple[Any, ...] = (
        computed("own", "${execution.processBusinessKey}", "own"),
        computed("same", "${execution.businessKey}", "same"),
    )
    called = program(start("s"), *keys, flows="s -> own -> same", id="called", dialect=Dialect.CAMUNDA7)
    for inputs, key in (((), None), ((mapping(business_key=True, source="${execution.processBusinessKey}-1"),), "LN-1")):
        call = call_activity("call", "called", call_inputs=inputs, call_outputs=(mapping("own", "${own}"), mapping("same", "${same}")))
        story = Story(program(start(), call, flows="start -> call", dialect=Dialect.CAMUNDA7), business_key="LN", called=(called,))
        assert story.variables == {"own": key, "same": key}


def test_a_text_with_holes_is_filled() -> None:
    process = program(start(), user("a", assignee=expression("team-${region}")), flows="start -> a", dialect=Dialect.CAMUNDA7)
    assert Story(process, {"region": "north"}).task("a").assignee == "team-north"


def test_the_name_of_a_task_is_filled_too() -> None:
    sign = user("sign", name="Sign as ${person} (${loopCounter})", multi_instance=many("${people}", element_variable="person"))
    process = program(start(), sign, flows="start -> sign", dialect=Dialect.CAMUNDA7)
    story = Story(process, {"people": ["Li", "Wang"]})
    assert [r.name for r in story.open.values() if isinstance(r, OpenTask)] == ["Sign as Li (0)", "Sign as Wang (1)"]
    other = Story(program(start(), user("a", name="Pay ${sum}"), flows="start -> a"))
    assert other.task("a").name == "Pay ${sum}"


def test_an_expression_sets_variables_of_the_running_case() -> None:
    inner = sub_process(
        "sub", start("s"), computed("set", "${execution.setVariable('seen', n + 1)}"), user("a"), flows="s -> set -> a",
        inputs=(mapping("seen", "0"),), dialect=Dialect.CAMUNDA7,
    )  # fmt: skip
    process = program(
        start(), computed("first", "${execution.setVariable('n', 1)}"), inner, flows="start -> first -> sub", dialect=Dialect.CAMUNDA7
    )
    story = Story(process)
    assert story.variables == {"n": 1}
    assert story.case.variables(story.task("a").token) == {"n": 1, "seen": 2}


def test_a_local_variable_set_by_an_expression_goes_with_its_activity() -> None:
    hears = bpmn.Listener(
        kind=bpmn.ListenerKind.EXECUTION,
        event="start",
        work=ExpressionCall(expression=expression("${execution.setVariableLocal('inside', 7)}"), result_variable=None),
    )
    story = Story(program(start(), user("a", listeners=(hears,)), user("b"), flows="start -> a -> b", dialect=Dialect.CAMUNDA7))
    assert story.case.variables(story.task("a").token) == {"inside": 7}
    story.complete("a")
    assert story.variables == {}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("${bureau.check(name)}", "nobody has registered"),
        ("${execution.leave()}", "does not exist"),
        ("${execution.processInstanceId}", "does not exist"),
        ("${name.shout()}", "does not exist"),
    ],
)
def test_what_cannot_be_called_is_an_incident(text: str, why: str) -> None:
    process = program(start(), computed("check", text), user("a"), flows="start -> check -> a", dialect=Dialect.CAMUNDA7)  # type: ignore[arg-type]
    story = Story(process, {"name": "li"})
    assert story.incidents == {"check": "expression-failed"}
    assert why in story.incident("check").message
    if "bureau" in text:
        story.host.functions["bureau.check"] = lambda name: 600
        story.resume("check")
        assert story.tasks == ["a"]


def test_each_part_of_a_list_of_candidates_may_give_several() -> None:
    more = {"candidate_users": expression("${first}, ${others} ,x"), "candidate_groups": expression("${g ? 'a, b' : 'c'},#{h}")}
    process = program(start(), user("a", **more), flows="start -> a", dialect=Dialect.CAMUNDA7)
    task = Story(process, {"first": "li", "others": ["wang", "zhao"], "g": True, "h": "d"}).task("a")
    assert task.candidate_users == ("li", "wang", "zhao", "x")
    assert task.candidate_groups == ("a", "b", "d")


def test_candidates_that_are_null_are_an_incident() -> None:
    process = program(start(), user("a", candidate_groups=expression("${g}")), flows="start -> a", dialect=Dialect.CAMUNDA7)
    assert Story(process, {"g": None}).incidents == {"a": "expression-failed"}
    assert Story(process, {"g": []}).task("a").candidate_groups == ()


@pytest.mark.parametrize(("value", "priority"), [(None, 50), (1.5, 1), ("7", 7), (-3, -3)])
def test_a_priority_that_is_null_is_the_usual_one(value: Any, priority: int) -> None:
    process = program(start(), user("a", priority=expression("${p}")), flows="start -> a", dialect=Dialect.CAMUNDA7)
    assert Story(process, {"p": value}).task("a").priority == priority


@pytest.mark.parametrize(("value", "cycle"), [("R3/PT10M", "R3/PT10M"), ("PT1M, PT10M", "PT1M, PT10M"), (None, None)])
def test_a_retry_time_cycle_is_computed(value: Any, cycle: str | None) -> None:
    work = service("work", async_before=True, retry="${again}")
    story = Story(program(start(), work, flows="start -> work", dialect=Dialect.CAMUNDA7), {"again": value})
    assert [request.retry for request in story.open.values() if isinstance(request, EnqueueJob)] == [cycle]
    story.resume("work")
    assert [request.retry for request in story.open.values() if isinstance(request, EnqueueJob)] == [cycle]


def test_what_is_no_retry_time_cycle_is_an_incident() -> None:
    work = service("work", retry="${again}")
    story = Story(program(start(), work, flows="start -> work", dialect=Dialect.CAMUNDA7), {"again": "soon"})
    assert story.incidents == {"work": "expression-failed"}
    assert "'soon' where a retry time cycle" in story.incident("work").message
