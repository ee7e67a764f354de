"""Rehearsals of cases that a condition starts."""

from __future__ import annotations

from typing import Any

from loanflow.testing.rehearsal import ProcessRehearsal, rehearse
from tests.testing.drawings import camunda8, end, gateway, start, user


def condition(text: str) -> str:
    formal = f'<bpmn:condition xsi:type="bpmn:tFormalExpression">{text}</bpmn:condition>'
    return f"<bpmn:conditionalEventDefinition>{formal}</bpmn:conditionalEventDefinition>"


OVERDRAFT = camunda8(
    start(condition("=balance &lt; 0"), name="Overdrawn"),
    gateway("deep"),
    user("call", name="Call"),
    user("write", name="Write"),
    end(),
    flows="""
        start -> deep
        deep -> call: =balance < -1000
        deep -> write: default
        call -> end
        write -> end
    """,
)


def play(diagram: bytes, **more: Any) -> tuple[ProcessRehearsal, ...]:
    return rehearse({"loan.bpmn": diagram}, runs=60, **more).processes


def whole(found: ProcessRehearsal) -> bool:
    return (found.elements_reached, found.flows_reached) == (found.elements, found.flows)


def test_a_case_begins_only_where_the_condition_holds():
    (found,) = play(OVERDRAFT)
    assert whole(found)
    assert {way.outcome for way in found.variants} == {"completed"}
    assert found.given == (("balance", ("the start",)),)


def test_values_for_which_it_does_not_hold_begin_nothing_and_that_is_told():
    (found,) = play(OVERDRAFT, given={"balance": 5})
    assert found.elements_reached == 0
    (missed,) = found.unreached
    assert missed.name == "Overdrawn"
    assert missed.reason == "its condition =balance < 0 never held for what a case would begin with"
    assert missed.behind == ("deep", "Call", "Write", "Done")
    assert [(stop.name, stop.runs) for stop in found.ends] == [("waiting for something that never comes", 60)]


def test_values_for_which_it_holds_are_kept():
    (found,) = play(OVERDRAFT, given={"balance": -5})
    assert [way.names for way in found.variants] == [("Overdrawn", "[otherwise]", "Write", "Done")]
    assert [missed.name for missed in found.unreached] == ["Call"]


def test_a_person_may_start_it_too():
    both = camunda8(
        start(), start(condition("=balance &lt; 0"), id="low", name="Overdrawn"), user("open", name="Open"),
        user("call", name="Call"), end(),
        flows="start -> open -> end\nlow -> call -> end",
    )  # fmt: skip
    (found,) = play(both)
    assert whole(found)
    (found,) = play(both, given={"balance": 5})
    assert [missed.name for missed in found.unreached] == ["Overdrawn"]
    assert {way.outcome for way in found.variants} == {"completed"}


def test_a_condition_over_what_is_missing_starts_nothing():
    strange = camunda8(
        start(condition("=balance.amount &lt; 0"), name="Low"), user("call", name="Call"), end(), flows="start -> call -> end"
    )
    (found,) = play(strange, given={"balance": 5})
    assert [missed.name for missed in found.unreached] == ["Low"]
