"""What is compiled, and what is refused by name."""

from __future__ import annotations

import threading

import pytest

from loanflow.bpmn import model as bpmn
from loanflow.bpmn.model import Dialect
from loanflow.errors import DefinitionError
from loanflow.execution import compile_process
from tests.execution.host import Story
from tests.execution.models import (
    boundary,
    catch,
    end,
    event_based,
    exclusive,
    expression,
    many,
    message,
    model,
    program,
    script,
    service,
    start,
    sub_process,
    throw,
    timer,
    user,
)

LISTENS = bpmn.HandlerCall(name=bpmn.Expression(text="x", language=bpmn.Language.LITERAL), kind="class")


def refused(*nodes: bpmn.FlowNode, flows: str = "", dialect: Dialect = Dialect.CAMUNDA8) -> list[tuple[str, str | None]]:
    with pytest.raises(DefinitionError) as caught:
        program(*nodes, flows=flows, dialect=dialect)
    return [(problem.code, problem.element_id) for problem in caught.value.problems]


def test_all_findings_come_at_once() -> None:
    found = refused(
        start(),
        user("a", loop=bpmn.StandardLoop(condition=None, maximum=0, test_before=False)),
        user("b", listeners=(bpmn.Listener(kind=bpmn.ListenerKind.TASK, event="reopen", work=LISTENS),)),
        throw("c", bpmn.LinkEvent(name="x")),
        flows="start -> a -> b -> c",
    )
    assert found == [("execution/unsupported", "c"), ("execution/unsupported", "a"), ("execution/unsupported", "b")] or sorted(found) == [
        ("execution/unsupported", "a"),
        ("execution/unsupported", "b"),
        ("execution/unsupported", "c"),
    ]


@pytest.mark.parametrize(
    "node",
    [
        throw("n", bpmn.LinkEvent(name="x")),
        throw("n", bpmn.ErrorEvent()),
        throw("n", bpmn.MessageEvent()),
        end("n", bpmn.CancelEvent()),
        end("n", bpmn.LinkEvent(name="x")),
        boundary("n", "start", bpmn.MultipleEvent(definitions=(message("a"), message("b")), parallel=True)),
        catch("n", bpmn.MessageEvent()),
        catch("n", timer("soon")),
        catch("n", timer("cycle:0 9 * * ?")),
        bpmn.ReceiveTask(id="n"),
        bpmn.BusinessRuleTask(id="n"),
        bpmn.CallActivity(id="n"),
        user("n", multi_instance=many()),
        user("n", listeners=(bpmn.Listener(kind=bpmn.ListenerKind.TASK, event="reopen", work=LISTENS),)),
        sub_process("n", start("s"), end("e", bpmn.CancelEvent()), flows="s -> e", kind="transaction"),
        sub_process("n", user("x"), flows="", kind="event"),
        sub_process("n", user("x"), flows="", kind="adHoc"),
        sub_process("n", start("s", message("m")), user("x"), flows="s -> x"),
    ],
    ids=lambda node: f"{type(node).__name__}",
)
def test_what_cannot_run_as_drawn_is_refused_by_name(node: bpmn.FlowNode) -> None:
    found = refused(start(), node, flows="start -> n")
    assert [element for _, element in found] == ["n"]


def test_an_event_based_gateway_needs_events_behind_it() -> None:
    assert refused(start(), event_based("g"), user("a"), flows="start -> g -> a") == [("execution/unsupported", "g")]


def test_an_expression_with_a_slip_is_a_problem_with_its_place() -> None:
    with pytest.raises(DefinitionError) as caught:
        program(start(), exclusive("g"), user("a"), user("b"), flows="start -> g -> a: x > (\ng -> b: default")
    (problem,) = caught.value.problems
    assert problem.element_id == "g"
    assert problem.property == "condition of sequence flow g-a"


def test_a_message_event_without_a_message_is_passed_through_in_camunda_7() -> None:
    story = Story(program(start(), throw("tell", bpmn.MessageEvent()), end(), flows="start -> tell -> end", dialect=Dialect.CAMUNDA7))
    assert story.ended
    assert not story.messages


def test_an_unknown_process_is_a_problem() -> None:
    with pytest.raises(DefinitionError, match="no process 'other'"):
        compile_process(model(flows="", id="one"), "other", program_id="p")


def test_a_program_cannot_change_once_compiled() -> None:
    compiled = program(start(), user("a"), flows="start -> a")
    with pytest.raises(AttributeError, match="cannot change"):
        compiled.nodes["a"].outgoing = ()
    with pytest.raises(TypeError):
        compiled.nodes["a"] = compiled.nodes["start"]  # type: ignore[index]


def test_a_program_is_shared_by_threads() -> None:
    compiled = program(
        start(), user("a", multi_instance=many(times="3")), boundary("late", "a", timer("R/PT1H"), interrupting=False),
        script("s", "n + 1", "n"), end(),
        flows="start -> a -> s -> end\nlate -> end",
    )  # fmt: skip
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for turn in range(15):
                story = Story(compiled, {"n": number * 1000 + turn})
                story.turn(hours=2)
                for _ in range(3):
                    story.complete("a")
                assert story.ended
                assert story.variables == {"n": number * 1000 + turn + 1}
        except BaseException as failure:  # shown below
            failures.append(failure)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


def test_a_process_nothing_starts_is_a_problem() -> None:
    assert refused(user("a"), user("b"), flows="a -> b -> a") == [("execution/no-start", "story")]


def test_an_id_used_twice_is_a_problem() -> None:
    inner = sub_process("sub", user("a"), flows="")
    assert ("execution/duplicate-id", "a") in refused(start(), user("a"), inner, flows="start -> a -> sub")


@pytest.mark.parametrize(("priority", "found"), [("high", [("execution/unsupported", "a")]), ("7", []), (" -3 ", []), ("${p}", [])])
def test_a_job_priority_is_a_whole_number_or_computed(priority: str, found: list[tuple[str, str]]) -> None:
    drawn = model(start(), service("a", job_priority=expression(priority)), flows="start -> a", dialect=Dialect.CAMUNDA7)
    if found:
        with pytest.raises(DefinitionError) as refusal:
            compile_process(drawn, "story", program_id="story:1")
        assert [(problem.code, problem.element_id) for problem in refusal.value.problems] == found
    else:
        compile_process(drawn, "story", program_id="story:1")
