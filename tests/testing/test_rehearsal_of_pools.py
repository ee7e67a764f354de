"""Rehearsals of processes that send each other messages: played together, with messages delivered as the engine does."""

from __future__ import annotations

from typing import Any

import pytest

from loanflow.testing.rehearsal import ProcessRehearsal, rehearse
from tests.testing.drawings import camunda7, camunda8, end, gateway, job, start, user

_END = "</bpmn:definitions>"


def play(*diagrams: bytes, **more: Any) -> tuple[ProcessRehearsal, ...]:
    return rehearse({f"{number}.bpmn": diagram for number, diagram in enumerate(diagrams)}, runs=60, **more).processes


def whole(found: ProcessRehearsal) -> bool:
    return (found.elements_reached, found.flows_reached) == (found.elements, found.flows)


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
    process = bank[bank.index("<bpmn:process") : bank.index(_END)]
    customer = camunda8(
        start(name="Wants money"), throw("apply", "application"), gateway("wait", kind="eventBased"), catch("offered", "offer"),
        catch("turned", "refusal"), user("read", name="Read"), throw("answer", "answer"), end(), end(id="sad", name="Sad"), id="customer",
        name="Customer", outside=messages,
        flows="start -> apply -> wait -> offered -> read -> answer -> end\nwait -> turned -> sad",
    ).decode()  # fmt: skip
    return customer.replace(_END, process + _END).encode()


def named(*names: str, key: str = "") -> str:
    """Declare messages, with a correlation key in Camunda 8's way where one is given."""
    subscription = f'<bpmn:extensionElements><zeebe:subscription correlationKey="={key}" /></bpmn:extensionElements>' if key else ""
    return "".join(f'<bpmn:message id="M_{name}" name="{name}">{subscription}</bpmn:message>' for name in names)


def asker(then: str = "asked -> answered -> end") -> bytes:
    """Somebody who asks and waits for the answer."""
    nodes = [start(), throw("asked", "question"), user("pause", name="Pause"), catch("answered", "answer"), end()]
    kept = [node for node in nodes if "pause" in then or "pause" not in node]
    return camunda7(*kept, flows=f"start -> {then}", id="asker", name="Asker", outside=named("question", "answer"))


def oracle() -> bytes:
    """Somebody who is asked, and answers."""
    return camunda7(
        start(message("question"), id="woken"), end(message("answer"), id="told"),
        flows="woken -> told", id="oracle", name="Oracle", outside=named("question", "answer"),
    )  # fmt: skip


def test_both_pools_are_played_to_every_end_in_the_same_runs():
    customer, bank = play(pools(), given={"number": "LN-1"})
    assert (customer.process, bank.process) == ("customer", "bank")
    assert (customer.together_with, bank.together_with) == (("bank",), ("customer",))
    for found in (customer, bank):
        assert whole(found), found.unreached
        assert found.incidents == ()
        assert {way.outcome for way in found.variants} == {"completed"}
    assert {one.name for one in customer.ends} == {"Done", "Sad"}
    assert {one.name for one in bank.ends} == {"Paid", "Declined", "Refused"}


def test_what_each_pool_did_fits_what_the_other_did():
    customer, bank = play(pools(), given={"number": "LN-1"})
    ends = {one.name: one.runs for one in (*customer.ends, *bank.ends)}
    assert ends["Sad"] == ends["Refused"] > 0
    assert ends["Done"] == ends["Paid"] + ends["Declined"] > 0
    applied, answered = sorted(customer.messages, key=lambda one: -one.started)
    assert (applied.message, applied.started, applied.delivered, applied.kept, applied.lost) == ("application", 60, 0, 0, 0)
    assert (answered.message, answered.delivered, answered.started) == ("answer", ends["Done"], 0)


def test_what_a_message_would_carry_is_asked_of_somebody_else():
    _, bank = play(pools(), given={"number": "LN-1"})
    assert dict(bank.given) == {"accepts": ("Assess",), "score": ("Assess",)}


@pytest.mark.parametrize("before", ["", "pause -> "])
@pytest.mark.parametrize(("theirs", "delivered", "kept"), [("A", 60, 0), ("B", 0, 60)])
def test_a_key_finds_the_case_now_or_later_and_no_other(before: str, theirs: str, delivered: int, kept: int):
    waits = [user("pause"), catch("waits", "news")] if before else [catch("waits", "news")]
    waiter = camunda8(start(), *waits, end(), flows=f"start -> {before}waits -> end", id="waiter", outside=named("news", key="mine"))
    teller = camunda8(start(), throw("tell", "news"), end(), flows="start -> tell -> end", id="teller", outside=named("news", key="theirs"))
    waiting, telling = play(waiter, teller, given={"mine": "A", "theirs": theirs})
    (message,) = telling.messages
    assert (message.delivered, message.started, message.kept, message.lost) == (delivered, 0, kept, 0)
    assert whole(waiting) is (delivered > 0)


def test_files_apart_meet_by_name():
    asking, answering = play(asker(), oracle())
    assert whole(asking)
    assert whole(answering)
    assert [(one.message, one.started) for one in asking.messages] == [("question", 60)]
    assert [(one.message, one.delivered) for one in answering.messages] == [("answer", 60)]


def test_an_answer_that_comes_before_anybody_waits_is_lost_and_told():
    asking, answering = play(asker(then="asked -> pause -> answered -> end"), oracle())
    assert [(one.message, one.delivered, one.lost) for one in answering.messages] == [("answer", 0, 60)]
    assert [stop.name for stop in asking.ends] == ["waiting for something that never comes"]
    (missed,) = asking.unreached
    assert missed.reason == 'the message "answer" never came while "Answered" waited for it'


def test_who_is_never_asked_is_not_started():
    quiet = camunda7(
        start(), gateway("why"), throw("asked", "question"), end(), end(id="no", name="No"), id="asker", outside=named("question"),
        flows="start -> why\nwhy -> asked: ${1 > 2}\nwhy -> no: default\nasked -> end",
    )  # fmt: skip
    _, answering = play(quiet, oracle())
    assert [(way.outcome, way.runs) for way in answering.variants] == [("not-started", 60)]
    assert answering.elements_reached == 0
    assert answering.unreached[0].reason == 'the message "question" that starts it was never sent'


def test_where_two_wait_it_is_an_incident():
    waiting = [
        camunda7(start(), catch("waits", "news"), end(), flows="start -> waits -> end", id=id, outside=named("news"))
        for id in ("one", "two")
    ]
    teller = camunda7(
        start(), user("think"), end(message("news"), id="told"), flows="start -> think -> told", id="teller", outside=named("news")
    )
    first, second, telling = play(*waiting, teller)
    (stop,) = telling.incidents
    assert (stop.element_id, stop.code, stop.runs) == ("told", "retries-used-up", 60)
    assert {way.outcome for found in (first, second) for way in found.variants} == {"waiting"}


def test_pools_that_wake_each_other_for_ever_are_stopped():
    ping = camunda7(start(), end(message("ping"), id="first"), start(message("pong"), id="again"), id="ping",
                    flows="start -> first\nagain -> first", outside=named("ping", "pong"))  # fmt: skip
    pong = camunda7(
        start(message("ping")), end(message("pong"), id="back"), flows="start -> back", id="pong", outside=named("ping", "pong")
    )
    found = play(ping, pong)
    (stop,) = [stop for one in found for stop in one.incidents]
    assert stop.code == "chain-budget"
    assert "50 messages in a row have brought each other about" in stop.message


def test_what_a_stub_sends_goes_along_the_message_flow_and_carries_what_is_read():
    flow = '<bpmn:collaboration id="C"><bpmn:messageFlow id="F" sourceRef="tell" targetRef="woken" /></bpmn:collaboration>'
    teller = camunda8(start(), job("tell", name="Tell"), end(), flows="start -> tell -> end", id="teller", outside=flow + named("news"))
    hearer = camunda8(
        start(message("news"), id="woken", name="Woken"), gateway("big"), end(id="small"), end(id="large"), id="hearer",
        flows="woken -> big\nbig -> large: =amount > 100\nbig -> small: default",
    ).decode()  # fmt: skip
    process = hearer[hearer.index("<bpmn:process") : hearer.index(_END)]
    telling, hearing = play(teller.replace(_END.encode(), (process + _END).encode()))
    assert whole(hearing)
    assert hearing.given == (("amount", ("the start",)),)
    assert [(one.element_id, one.started) for one in telling.messages] == [("tell", 60)]


def test_pools_with_nothing_to_say_to_each_other_are_played_apart():
    one, other = play(asker(), camunda7(start(), user("work"), end(), flows="start -> work -> end", id="other"))
    assert (one.together_with, other.together_with) == ((), ())
    # Nobody among the files answers: the answer comes from outside.
    assert whole(one)
