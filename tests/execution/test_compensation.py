"""Compensation and transactions: what was completed is undone, the youngest first. Every story reloads between steps."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from loanflow.bpmn import model as bpmn
from loanflow.bpmn.model import Dialect, FlowNode
from tests.execution.host import Story
from tests.execution.models import boundary, end, error, feel, many, mapping, parallel, program, script, start, sub_process, throw, user

UNDO = bpmn.CompensateEvent()


def undoable(id: str, **more: Any) -> tuple[FlowNode, ...]:
    """A task that can be undone by ``undo-<id>``."""
    return (
        user(id, **more),
        replace(boundary(f"{id}-undo", id, UNDO), undone_by=f"undo-{id}"),
        user(f"undo-{id}", for_compensation=True),
    )


def test_what_was_completed_is_undone_youngest_first() -> None:
    process = program(
        start(), *undoable("a"), *undoable("b"), throw("undo", UNDO), user("next"),
        flows="start -> a -> b -> undo -> next", dialect=Dialect.SPEC,
    )  # fmt: skip
    story = Story(process)
    story.complete("a")
    story.complete("b")
    assert story.tasks == ["undo-b"]
    story.complete("undo-b")
    assert story.tasks == ["undo-a"]
    story.complete("undo-a")
    assert story.tasks == ["next"]


@pytest.mark.parametrize("dialect", [Dialect.CAMUNDA7, Dialect.CAMUNDA8])
def test_with_camunda_everything_begins_to_be_undone_at_once_the_youngest_first(dialect: Dialect) -> None:
    inner = sub_process("sub", start("s"), *undoable("b"), *undoable("c"), flows="s -> b -> c", dialect=dialect)
    process = program(
        start(), *undoable("a"), inner, *undoable("d"), throw("undo", UNDO), user("next"),
        flows="start -> a -> sub -> d -> undo -> next", dialect=dialect,
    )  # fmt: skip
    story = Story(process)
    for task in ("a", "b", "c", "d"):
        story.complete(task)
    assert story.tasks == ["undo-d", "undo-c", "undo-b", "undo-a"]
    for task in ("undo-a", "undo-c", "undo-d"):
        story.complete(task)
    assert story.tasks == ["undo-b"]
    story.complete("undo-b")
    assert story.tasks == ["next"]


def test_what_was_not_completed_is_not_undone() -> None:
    process = program(
        start(), parallel("fork"), *undoable("a"), *undoable("b"), throw("undo", UNDO), user("next"),
        flows="start -> fork -> a -> undo -> next\nfork -> b",
    )  # fmt: skip
    story = Story(process)
    story.complete("a")
    assert sorted(story.tasks) == ["b", "undo-a"]


def test_nothing_to_undo_goes_on_at_once() -> None:
    assert Story(program(start(), *undoable("a"), throw("undo", UNDO), user("n"), flows="start -> undo -> n -> a")).tasks == ["n"]


def test_one_activity_by_name_as_often_as_it_was_completed() -> None:
    undo = bpmn.CompensateEvent(activity="a")
    process = program(
        start(), *undoable("a", loop=None), *undoable("b"), script("again", "n + 1", "n"), throw("undo", undo), user("next"),
        bpmn.ExclusiveGateway(id="more"),
        flows="start -> a -> b -> again -> more\nmore -> a: n < 2\nmore -> undo: default\nundo -> next",
    )  # fmt: skip
    story = Story(process, {"n": 0})
    for task in ("a", "b", "a", "b", "undo-a", "undo-a"):
        story.complete(task)
    assert story.tasks == ["next"]


def test_nothing_is_undone_twice() -> None:
    process = program(start(), *undoable("a"), throw("undo", UNDO), end("end", UNDO), flows="start -> a -> undo -> end")
    story = Story(process)
    story.complete("a")
    story.complete("undo-a")
    assert story.ended
    assert story.case.dump()


def test_a_completed_sub_process_is_undone_from_the_inside() -> None:
    inner = sub_process("sub", start("s"), *undoable("a"), *undoable("b"), flows="s -> a -> b")
    story = Story(program(start(), inner, throw("undo", UNDO), user("next"), flows="start -> sub -> undo -> next"))
    for task in ("a", "b", "undo-b", "undo-a"):
        story.complete(task)
    assert story.tasks == ["next"]
    assert "element.compensated" in [r.kind for r in story.records]


@pytest.mark.parametrize(("dialect", "undone"), [(Dialect.CAMUNDA7, ["undo-sub"]), (Dialect.CAMUNDA8, ["undo-sub", "undo-b", "undo-a"])])
def test_the_handler_of_a_sub_process_undoes_it_alone_or_in_camunda_8_before_what_is_inside(dialect: Dialect, undone: list[str]) -> None:
    inner = sub_process("sub", start("s"), *undoable("a"), *undoable("b"), flows="s -> a -> b")
    process = program(
        start(), inner, replace(boundary("sub-undo", "sub", UNDO), undone_by="undo-sub"), user("undo-sub", for_compensation=True),
        throw("undo", UNDO), user("next"),
        flows="start -> sub -> undo -> next", dialect=dialect,
    )  # fmt: skip
    story = Story(process)
    for task in ("a", "b", *undone):
        story.complete(task)
    assert story.tasks == ["next"]


def test_a_compensation_event_sub_process_sees_the_variables_as_they_were() -> None:
    handle = sub_process("handle", start("hs", UNDO), script("look", "amount", "seen"), flows="hs -> look", kind="event")
    inner = sub_process(
        "sub", start("s"), user("a"), handle, flows="s -> a", inputs=(mapping("amount", "=10"),), outputs=(mapping("amount", "=0"),)
    )
    story = Story(program(start(), inner, throw("undo", UNDO), user("next"), flows="start -> sub -> undo -> next"))
    story.complete("a")
    assert story.tasks == ["next"]
    assert story.variables["amount"] == 0
    assert story.variables["seen"] == 10


def test_it_may_undo_what_is_inside_itself() -> None:
    handle = sub_process("handle", start("hs", UNDO), end("he", UNDO), flows="hs -> he", kind="event")
    inner = sub_process("sub", start("s"), *undoable("a"), handle, flows="s -> a")
    story = Story(program(start(), inner, throw("undo", UNDO), user("next"), flows="start -> sub -> undo -> next"))
    story.complete("a")
    assert story.tasks == ["undo-a"]
    story.complete("undo-a")
    assert story.tasks == ["next"]


def test_an_error_handler_undoes_what_its_scope_had_done() -> None:
    handle = sub_process("handle", start("hs", error()), end("he", UNDO), flows="hs -> he", kind="event")
    story = Story(program(start(), *undoable("a"), end("fail", error("E")), handle, flows="start -> a -> fail"))
    story.complete("a")
    assert story.tasks == ["undo-a"]
    story.complete("undo-a")
    assert story.ended


@pytest.mark.parametrize("sequential", [True, False])
def test_each_instance_of_a_sub_process_is_undone(sequential: bool) -> None:
    inner = sub_process(
        "sub", start("s"), *undoable("a"), flows="s -> a", multi_instance=many("=[1, 2]", sequential=sequential, element_variable="i")
    )
    story = Story(program(start(), inner, throw("undo", UNDO), user("next"), flows="start -> sub -> undo -> next"))
    for task in ("a", "a", "undo-a", "undo-a"):
        story.complete(task)
    assert story.tasks == ["next"]


def test_a_multi_instance_activity_is_undone_once() -> None:
    process = program(
        start(), *undoable("a", multi_instance=many(times="3")), throw("undo", UNDO), user("next"), flows="start -> a -> undo -> next"
    )
    story = Story(process)
    for task in ("a", "a", "a", "undo-a"):
        story.complete(task)
    assert story.tasks == ["next"]


@pytest.mark.parametrize("sequential", [True, False])
def test_in_camunda_7_each_instance_of_a_multi_instance_activity_is_undone(sequential: bool) -> None:
    each = many("${hotels}", sequential=sequential, element_variable="hotel")
    process = program(
        start(), *undoable("a", multi_instance=each), throw("undo", UNDO), user("next"),
        flows="start -> a -> undo -> next", dialect=Dialect.CAMUNDA7,
    )  # fmt: skip
    story = Story(process, {"hotels": ["Ritz", "Savoy"]})
    for task in ("a", "a"):
        story.complete(task)
    for hotel in ("Savoy", "Ritz"):
        assert story.case.variables(story.task("undo-a").token)["hotel"] == hotel
        story.complete("undo-a")
    assert story.tasks == ["next"]


@pytest.mark.parametrize("dialect", [Dialect.CAMUNDA7, Dialect.CAMUNDA8])
@pytest.mark.parametrize("inside", [True, False])
def test_of_a_multi_instance_activity_that_still_runs_nothing_is_undone(inside: bool, dialect: Dialect) -> None:
    each = many(times="${2}" if dialect is Dialect.CAMUNDA7 else "=2")
    nodes = undoable("a") if inside else undoable("a", multi_instance=each)
    if inside:
        nodes = (sub_process("sub", start("s"), *nodes, flows="s -> a", multi_instance=each),)
    way = f"start -> fork -> {nodes[0].id} -> join\nfork -> now -> undo -> next -> join\njoin -> again -> end"
    process = program(
        start(), parallel("fork"), *nodes, user("now"), throw("undo", UNDO), user("next"),
        parallel("join"), throw("again", UNDO), user("end"),
        flows=way, dialect=dialect,
    )  # fmt: skip
    story = Story(process)
    for task in ("a", "now", "next", "a", "undo-a"):
        story.complete(task)
    assert story.tasks == (["end"] if dialect is Dialect.CAMUNDA8 and not inside else ["undo-a"])


def test_what_is_nested_beside_a_compensation_event_sub_process_can_be_undone() -> None:
    handle = sub_process("handle", start("hs", UNDO), throw("rest", UNDO), flows="hs -> rest", kind="event")
    nested = sub_process("nested", start("ns"), *undoable("a"), flows="ns -> a")
    outer = sub_process("outer", start("s"), nested, handle, flows="s -> nested")
    story = Story(program(start(), outer, throw("undo", UNDO), user("next"), flows="start -> outer -> undo -> next"))
    for task in ("a", "undo-a"):
        story.complete(task)
    assert story.tasks == ["next"]


def test_an_error_while_undoing_goes_outwards() -> None:
    inner = sub_process("sub", start("s"), *undoable("a"), throw("undo", UNDO), flows="s -> a -> undo")
    story = Story(program(start(), inner, boundary("out", "sub", error("E")), user("caught"), flows="start -> sub\nout -> caught"))
    story.complete("a")
    story.throw("undo-a", "E")
    assert story.tasks == ["caught"]


def transaction(**more: Any) -> tuple[FlowNode, ...]:
    inner = sub_process(
        "deal", start("s"), *undoable("pay"), user("sign"), bpmn.ExclusiveGateway(id="ok"), end("done"), end("cancel", bpmn.CancelEvent()),
        user("beside"), parallel("fork"),
        flows="s -> fork -> pay -> sign -> ok\nok -> done: good\nok -> cancel: default\nfork -> beside", kind="transaction", **more,
    )  # fmt: skip
    return (start(), inner, boundary("cancelled", "deal", bpmn.CancelEvent()), user("sorry"), user("fine"))


FLOWS = "start -> deal -> fine\ncancelled -> sorry"


def test_a_cancelled_transaction_is_undone_before_it_is_left_by_its_border() -> None:
    story = Story(program(*transaction(), flows=FLOWS))
    story.complete("pay")
    story.complete("sign", good=False)
    assert story.tasks == ["undo-pay"]
    story.complete("undo-pay")
    assert story.tasks == ["sorry"]


@pytest.mark.parametrize(
    "often",
    [{"multi_instance": many("=[1, 2]")}, {"loop": bpmn.StandardLoop(condition=None, maximum=2, test_before=False)}],
    ids=["several", "again"],
)
def test_a_transaction_that_runs_several_times_is_left_as_a_whole(often: dict[str, Any]) -> None:
    story = Story(program(*transaction(**often), flows=FLOWS))
    for element in ("pay", "sign", "undo-pay"):
        story.complete(element, good=False)
    assert story.places() == ["sorry"]
    story.complete("sorry")
    assert story.ended


def test_a_transaction_that_succeeds_is_left_as_usual() -> None:
    story = Story(program(*transaction(), flows=FLOWS))
    for task in ("pay", "beside"):
        story.complete(task)
    story.complete("sign", good=True)
    assert story.tasks == ["fine"]


def test_a_loop_is_undone_as_often_as_it_ran() -> None:
    marker = bpmn.StandardLoop(condition=feel("n < 2"), maximum=None, test_before=False)
    inner = sub_process("sub", start("s"), *undoable("a"), script("c", "n + 1", "n"), flows="s -> a -> c", loop=marker)
    story = Story(program(start(), inner, throw("undo", UNDO), user("next"), flows="start -> sub -> undo -> next"), {"n": 0})
    for task in ("a", "a", "undo-a", "undo-a"):
        story.complete(task)
    assert story.tasks == ["next"]


def test_of_several_handlers_of_an_activity_the_first_undoes_it() -> None:
    again = replace(boundary("again", "a", UNDO), undone_by="other")
    process = program(
        start(), *undoable("a"), again, user("other", for_compensation=True), throw("undo", UNDO), flows="start -> a -> undo",
        dialect=Dialect.CAMUNDA7,
    )  # fmt: skip
    story = Story(process)
    story.complete("a")
    assert story.tasks == ["undo-a"]
