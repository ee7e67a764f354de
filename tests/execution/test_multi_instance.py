"""Multi-instance activities, parallel and one after the other."""

from __future__ import annotations

from dataclasses import replace

import pytest

from loanflow.bpmn.model import Dialect
from loanflow.execution import EnqueueJob, Limits
from tests.execution.host import Story
from tests.execution.models import (
    call_activity,
    end,
    feel,
    many,
    mapping,
    program,
    script,
    service,
    start,
    sub_process,
    user,
)


def seen_by(story: Story, instance: int) -> dict[str, object]:
    token = next(r.token for r in story.open.values() if getattr(r, "instance", None) == instance)
    return story.case.variables(token)


def test_parallel_instances_are_open_together_each_with_its_item() -> None:
    story = Story(
        program(start(), user("vote", multi_instance=many("=members", element_variable="member")), end(), flows="start -> vote -> end"),
        {"members": ["a", "b"]},
    )
    assert [r.instance for r in story.open.values()] == [0, 1]
    assert [seen_by(story, i)["member"] for i in (0, 1)] == ["a", "b"]
    assert [seen_by(story, i)["loopCounter"] for i in (0, 1)] == [1, 2]
    story.complete_instance("vote", 1)
    assert not story.ended
    story.complete_instance("vote", 0)
    assert story.ended
    assert story.variables == {"members": ["a", "b"]}


def test_sequential_instances_come_one_after_the_other() -> None:
    story = Story(
        program(
            start(),
            user("sign", multi_instance=many("=people", sequential=True, element_variable="who")),
            end(),
            flows="start -> sign -> end",
        ),
        {"people": ["a", "b", "c"]},
    )
    for number, who in enumerate("abc"):
        assert story.tasks == ["sign"]
        assert seen_by(story, number)["who"] == who
        story.complete("sign")
    assert story.ended


def test_results_are_collected_in_the_order_of_the_items() -> None:
    marker = many("=items", element_variable="item", output_collection="results", output_element=feel("answer"))
    story = Story(program(start(), user("ask", multi_instance=marker), end(), flows="start -> ask -> end"), {"items": [1, 2, 3]})
    story.complete_instance("ask", 2, answer="c")
    story.complete_instance("ask", 0, answer="a")
    story.complete_instance("ask", 1, answer="b")
    assert story.ended
    assert story.variables["results"] == ["a", "b", "c"]
    assert "answer" not in story.variables  # as in Camunda 8, the output element's variable belongs to its instance


def test_nothing_to_do_is_done_at_once() -> None:
    marker = many("=[]", output_collection="results", output_element=feel("answer"))
    story = Story(program(start(), user("ask", multi_instance=marker), end(), flows="start -> ask -> end"))
    assert story.ended
    assert story.variables == {"results": []}


def test_the_completion_condition_is_looked_at_after_each_instance() -> None:
    marker = many("=members", element_variable="member", until="=numberOfCompletedInstances >= 2")
    story = Story(
        program(start(), user("vote", multi_instance=marker), user("next"), flows="start -> vote -> next"), {"members": [1, 2, 3, 4]}
    )
    story.complete("vote")
    assert story.tasks == ["vote"] * 3
    story.complete("vote")
    assert story.tasks == ["next"]
    assert sum(r.kind == "element.cancelled" for r in story.step.records) == 2


def test_a_quorum_over_a_variable_of_the_process() -> None:
    marker = many("=members", element_variable="member", until="=yes >= 2 or no >= 2")
    story = Story(
        program(start(), user("vote", multi_instance=marker), user("next"), flows="start -> vote -> next"),
        {"members": [1, 2, 3], "yes": 0, "no": 0},
    )
    story.complete("vote", yes=1)
    story.complete("vote", no=1)
    assert story.tasks == ["vote"]
    story.complete("vote", yes=2)
    assert story.tasks == ["next"]


def test_the_completion_condition_may_read_the_results_so_far() -> None:
    marker = many(
        "=members",
        element_variable="m",
        output_collection="votes",
        output_element=feel("vote"),
        until="=count(votes) >= 2 and votes[0] = votes[1]",
    )
    marker = replace(marker, completion_condition=feel("votes = [true, true, null]"))
    story = Story(program(start(), user("ask", multi_instance=marker), user("next"), flows="start -> ask -> next"), {"members": [1, 2, 3]})
    story.complete_instance("ask", 0, vote=True)
    assert story.tasks == ["ask", "ask"]
    story.complete_instance("ask", 1, vote=True)
    assert story.tasks == ["next"]
    assert story.variables["votes"] == [True, True, None]


def test_a_sequential_activity_stops_early_too() -> None:
    marker = many("=people", sequential=True, element_variable="who", until="=rejected")
    story = Story(
        program(start(), user("sign", multi_instance=marker), end(), flows="start -> sign -> end"), {"people": [1, 2, 3], "rejected": False}
    )
    story.complete("sign")
    story.complete("sign", rejected=True)
    assert story.ended
    assert story.done.count("sign") == 3


@pytest.mark.parametrize(
    ("dialect", "condition", "first"),
    [
        (Dialect.CAMUNDA7, "${nrOfCompletedInstances == 1 and nrOfActiveInstances == 2 and nrOfInstances == 3}", 0),
        (Dialect.CAMUNDA8, "=numberOfCompletedInstances = 1 and numberOfActiveInstances = 2 and numberOfInstances = 3", 1),
    ],
)
def test_counters_have_the_names_of_the_dialect(dialect: Dialect, condition: str, first: int) -> None:
    story = Story(
        program(start(), user("a", multi_instance=many(times="3", until=condition)), user("b"), flows="start -> a -> b", dialect=dialect)
    )
    assert [seen_by(story, i)["loopCounter"] for i in range(3)] == [first, first + 1, first + 2]
    story.complete("a")
    assert story.tasks == ["b"]


def test_counters_stay_inside_the_activity() -> None:
    story = Story(program(start(), user("a", multi_instance=many(times="2")), end(), flows="start -> a -> end", dialect=Dialect.CAMUNDA7))
    seen = seen_by(story, 0)
    assert (seen["nrOfInstances"], seen["nrOfActiveInstances"], seen["nrOfCompletedInstances"]) == (2, 2, 0)
    story.complete("a")
    assert seen_by(story, 1)["nrOfActiveInstances"] == 1
    story.complete("a")
    assert story.ended
    assert story.variables == {}


def test_terminated_instances_are_counted() -> None:
    marker = many(times="3", until="${nrOfCompletedInstances == 1}")
    story = Story(program(start(), user("a", multi_instance=marker), end(), flows="start -> a -> end", dialect=Dialect.CAMUNDA7))
    assert seen_by(story, 0)["nrOfTerminatedInstances"] == 0
    story.complete("a")
    assert story.ended


def test_a_sub_process_runs_once_per_item_with_variables_of_its_own() -> None:
    each = sub_process(
        "each",
        start("s"),
        script("double", "item * 2", "doubled"),
        user("check"),
        flows="s -> double -> check",
        multi_instance=many("=items", element_variable="item", output_collection="all", output_element=feel("doubled")),
    )
    story = Story(program(start(), each, end(), flows="start -> each -> end"), {"items": [1, 2, 3]})
    assert story.tasks == ["check"] * 3
    for _ in range(3):
        story.complete("check")
    assert story.ended
    assert story.variables == {"items": [1, 2, 3], "all": [2, 4, 6]}


def test_a_call_activity_runs_once_per_item() -> None:
    called = program(start("s"), user("x"), flows="s -> x", id="called")
    story = Story(
        program(
            start(),
            call_activity("call", "called", multi_instance=many("=items", element_variable="item"), propagate_all_parent=True),
            end(),
            flows="start -> call -> end",
        ),
        {"items": [1, 2]},
        called=(called,),
    )
    assert story.tasks == ["x", "x"]
    assert sorted(int(story.case.variables(token)["item"]) for token in story.open) == [1, 2]
    story.complete("x")
    story.complete("x")
    assert story.ended


def test_mappings_belong_to_each_instance() -> None:
    task = service(
        "score",
        multi_instance=many("=items", element_variable="item", output_collection="scores", output_element=feel("points")),
        inputs=(mapping("double", "=item * 2"),),
        outputs=(mapping("points", "=result + double"),),
    )
    story = Story(program(start(), task, end(), flows="start -> score -> end"), {"items": [1, 2]})
    assert [story.case.variables(token)["double"] for token in story.open] == [2, 4]
    story.complete("score", result=10)
    story.complete("score", result=10)
    assert story.ended
    assert story.variables == {"items": [1, 2], "scores": [12, 14]}


@pytest.mark.parametrize("collection", ["=missing", '="no list"', "=7"])
def test_a_collection_that_is_no_list_is_an_incident(collection: str) -> None:
    story = Story(program(start(), user("a", multi_instance=many(collection)), flows="start -> a"))
    assert story.incidents == {"a": "expression-failed"}
    assert not story.tasks


def test_a_negative_cardinality_is_an_incident() -> None:
    story = Story(program(start(), user("a", multi_instance=many(times="=-1")), flows="start -> a"))
    assert story.incidents == {"a": "expression-failed"}


def test_too_many_instances_are_an_incident_that_names_the_limit() -> None:
    story = Story(program(start(), user("a", multi_instance=many(times="11")), flows="start -> a"), limits=Limits(instances=10))
    assert story.incidents == {"a": "instance-budget"}
    assert "10" in story.incident("a").message


def test_a_failing_completion_condition_is_an_incident_of_the_instance_and_counts_once() -> None:
    marker = many(times="2", until="=numberOfCompletedInstances >= enough")
    story = Story(program(start(), user("a", multi_instance=marker), user("b"), flows="start -> a -> b"))
    story.complete("a")
    assert story.incidents == {"a": "expression-failed"}
    story.set(enough=2)
    story.resume("a")
    assert story.tasks == ["a"]
    story.complete("a")
    assert story.tasks == ["b"]


def test_a_thousand_instances_work() -> None:
    story = Story(program(start(), user("a", multi_instance=many(times="1000")), end(), flows="start -> a -> end"), reloads=False)
    assert len(story.tasks) == 1000
    for token in list(story.open):
        story.case.complete(token, {}, host=story.host)
    assert story.ended


def test_a_thousand_automatic_instances_fit_into_one_command() -> None:
    each = sub_process(
        "each", start("s"), script("x", "loopCounter", "y"), end("e"), flows="s -> x -> e", multi_instance=many(times="1000")
    )
    story = Story(program(start(), each, end(), flows="start -> each -> end"), reloads=False)
    assert story.ended


def test_instances_within_instances_are_bounded_too() -> None:
    inner = user("a", multi_instance=many(times="10"))
    each = sub_process("each", start("s"), inner, flows="s -> a", multi_instance=many(times="10"))
    story = Story(program(start(), each, flows="start -> each"), limits=Limits(instances=10), reloads=False)
    assert len(story.tasks) == 20
    assert list(story.incidents.values()) == ["instance-budget"]
    assert len([view for view in story.case.tokens if view.kind == "incident"]) == 8


def test_each_instance_has_save_points_of_its_own() -> None:
    each = many(times="2", async_before=True, async_after=True, retry="R2/PT1M")
    story = Story(program(start(), service("work", multi_instance=each, retry="R5/PT1H"), user("next"), flows="start -> work -> next"))
    jobs = [request for request in story.open.values() if isinstance(request, EnqueueJob)]
    assert [(job.kind, job.retry) for job in jobs] == [("continuation", "R2/PT1M")] * 2
    story.do(story.case.resume, jobs[1].token)
    assert story.jobs == ["continuation", "work"]
    (job,) = [request for request in story.open.values() if isinstance(request, EnqueueJob) and request.kind == "handler"]
    assert job.retry == "R2/PT1M"
    story.do(story.case.complete, job.token, {})
    assert story.jobs == ["continuation", "continuation"]
    story.run_jobs()
    assert story.tasks == ["next"]


def test_the_activity_as_a_whole_has_the_save_points_drawn_on_it() -> None:
    story = Story(program(start(), user("work", multi_instance=many(times="2"), async_before=True), flows="start -> work"))
    assert (story.jobs, story.tasks) == (["continuation"], [])
    story.run_jobs()
    assert story.tasks == ["work", "work"]
