"""Rehearsals of cases that no person starts: a condition does, or a message from another pool."""

from __future__ import annotations

from typing import Any

from loanflow.testing.rehearsal import ProcessRehearsal, rehearse
from tests.testing.drawings import camunda8, end, gateway, start, user

MORE_POOLS = "</bpmn:definitions>"


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


def message(name: str) -> str:
    return f'<bpmn:messageEventDefinition messageRef="M_{name}" />'


def catch(id: str, name: str) -> str:
    return f'<bpmn:intermediateCatchEvent id="{id}" name="{id.title()}">{message(name)}</bpmn:intermediateCatchEvent>'


def throw(id: str, name: str) -> str:
    return f'<bpmn:intermediateThrowEvent id="{id}" name="{id.title()}">{message(name)}</bpmn:intermediateThrowEvent>'


def pools() -> bytes:
    """A customer who applies and answers the offer, and the bank that is woken by the application."""
    key = '<bpmn:extensionElements><zeebe:subscription correlationKey="=number" /></bpmn:extensionElements>'
    messages = "".join(
        f'<bpmn:message id="M_{name}" name="{name}">{key}</bpmn:message>' for name in ("application", "offer", "answer", "refusal")
    )
    bank = camunda8(
        start(message("application"), id="woken", name="Applied"), user("assess", name="Assess"), gateway("good"), throw("offer", "offer"),
        catch("answered", "answer"), gateway("accepted"), user("pay", name="Pay"), end(id="paid", name="Paid"),
        end(message("refusal"), id="refused", name="Refused"), end(id="declined", name="Declined"), id="bank", name="Bank",
        flows="""
            woken -> assess -> good
            good -> offer: =score > 600
            good -> refused: default
            offer -> answered -> accepted
            accepted -> pay: =accepts
            accepted -> declined: default
            pay -> paid
        """,
    ).decode()  # fmt: skip
    process = bank[bank.index("<bpmn:process") : bank.index(MORE_POOLS)]
    customer = camunda8(
        start(name="Wants money"), throw("apply", "application"), gateway("wait", kind="eventBased"), catch("offered", "offer"),
        catch("turned", "refusal"), user("read", name="Read"), throw("answer", "answer"), end(), end(id="sad", name="Sad"), id="customer",
        name="Customer", outside=messages,
        flows="start -> apply -> wait -> offered -> read -> answer -> end\nwait -> turned -> sad",
    ).decode()  # fmt: skip
    return customer.replace(MORE_POOLS, process + MORE_POOLS).encode()


def test_both_pools_are_played_to_every_end_and_what_one_waits_for_comes_by_itself():
    customer, bank = play(pools(), given={"number": "LN-1"})
    assert (customer.process, bank.process) == ("customer", "bank")
    for found in (customer, bank):
        assert whole(found), found.unreached
        assert found.incidents == ()
        assert {way.outcome for way in found.variants} == {"completed"}
    assert {one.name for one in customer.ends} == {"Done", "Sad"}
    assert {one.name for one in bank.ends} == {"Paid", "Declined", "Refused"}


def test_what_a_message_carries_is_asked_of_the_message():
    _, bank = play(pools(), given={"number": "LN-1"})
    assert dict(bank.given) == {"accepts": ("Answered",), "score": ("Assess",)}
