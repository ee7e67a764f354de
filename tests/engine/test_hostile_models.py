"""Models that would keep a worker busy for ever: each ends in an incident, or a refusal, that names the budget."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from loanflow import Engine, Handlers, TurnableClock
from loanflow.engine.settings import Settings
from loanflow.errors import TooLarge
from loanflow.execution import Limits
from loanflow.records import CaseStatus, JobState
from tests.engine.conftest import MORNING

CHAIN = 30


def bpmn(body: str, *, more: str = "") -> dict[str, bytes]:
    return {
        "hostile.bpmn": (
            '<?xml version="1.0" encoding="UTF-8"?><definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
            'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="D" '
            f'targetNamespace="hostile">{process("hostile", body)}{more}</definitions>'
        ).encode()
    }


def process(name: str, body: str) -> str:
    return f'<process id="{name}" name="{name.title()}" isExecutable="true" camunda:historyTimeToLive="P1D">{body}</process>'


def flow(name: str, source: str, target: str, condition: str = "") -> str:
    if condition:
        condition = f'<conditionExpression xsi:type="tFormalExpression">${{{condition}}}</conditionExpression>'
    return f'<sequenceFlow id="{name}" sourceRef="{source}" targetRef="{target}">{condition}</sequenceFlow>'


def loop_of(node: str) -> dict[str, bytes]:
    """Start, and again and again through the flow node ``Work``, while the variable ``stop`` is not true."""
    return bpmn(
        '<startEvent id="Start"/><exclusiveGateway id="Again"/>'
        + node
        + '<exclusiveGateway id="Enough" default="Back"/><endEvent id="End"/>'
        + flow("a", "Start", "Again")
        + flow("b", "Again", "Work")
        + flow("c", "Work", "Enough")
        + flow("Back", "Enough", "Again")
        + flow("d", "Enough", "End", "stop == true")
    )


@pytest.fixture
def engine() -> Iterator[Engine]:
    handlers = Handlers()

    @handlers.service("enlarge")
    def enlarge() -> dict[str, Any]:
        return {"text": "a" * 20_000}

    settings = Settings(chain=CHAIN, early_messages=10, limits=Limits(variables=10_000))
    made = Engine("sqlite://", handlers=[handlers], clock=TurnableClock(MORNING), settings=settings)
    yield made
    made.close()


def the_incident(engine: Engine) -> Any:
    (incident,) = engine.incidents()
    return incident


def test_a_loop_through_save_points_ends_and_goes_on_when_someone_says_so(engine: Engine) -> None:
    engine.deploy(loop_of('<task id="Work" name="Work" camunda:asyncBefore="true"/>'), by="analyst")
    case = engine.start("hostile", variables={"stop": False}, by="zhao")
    assert engine.run_due() == CHAIN
    incident = the_incident(engine)
    assert (incident.code, incident.element_id) == ("chain-budget", "Work")
    assert f"{CHAIN} jobs in a row" in incident.message
    engine.resolve_incident(incident.id, by="admin")
    assert engine.run_due() == CHAIN + 1
    engine.resolve_incident(the_incident(engine).id, by="admin", variables={"stop": True})
    engine.run_due()
    assert engine.case(case.id).status is CaseStatus.ENDED


def test_a_timer_that_is_always_due_ends(engine: Engine) -> None:
    past = "<timerEventDefinition><timeDate>2020-01-01T00:00:00Z</timeDate></timerEventDefinition>"
    engine.deploy(loop_of(f'<intermediateCatchEvent id="Work">{past}</intermediateCatchEvent>'), by="analyst")
    engine.start("hostile", variables={"stop": False}, by="zhao")
    assert engine.run_due() == CHAIN
    assert the_incident(engine).code == "chain-budget"


def test_a_signal_that_starts_its_own_process_ends(engine: Engine) -> None:
    alarm = '<signalEventDefinition signalRef="Alarm"/>'
    body = f'<startEvent id="Start">{alarm}</startEvent><endEvent id="End">{alarm}</endEvent>' + flow("a", "Start", "End")
    engine.deploy(bpmn(body, more='<signal id="Alarm" name="alarm"/>'), by="analyst")
    engine.signal("alarm", by="desk")
    started = engine.run_due()
    assert started <= CHAIN + 1
    assert len(engine.cases(limit=200).items) == started
    incident = the_incident(engine)
    assert incident.code == "chain-budget"
    assert engine.job_counts() == {JobState.DEAD: 1}
    engine.resolve_incident(incident.id, by="admin")
    assert engine.run_due() == CHAIN + 1


def test_early_messages_are_given_a_few_at_a_time(engine: Engine) -> None:
    receive = '<receiveTask id="Work" name="Work" messageRef="Message_tick"/>'
    files = loop_of(receive)
    name = b'<message id="Message_tick" name="tick"/></definitions>'
    engine.deploy({"hostile.bpmn": files["hostile.bpmn"].replace(b"</definitions>", name)}, by="analyst")
    for number in range(35):
        engine.correlate("tick", key="T-1", message_id=f"m-{number}", by="sensor")
    case = engine.start("hostile", key="T-1", variables={"stop": False}, by="zhao")
    given = Counter(entry.kind for entry in engine.history(case.id))
    assert given["message.correlated"] == 35
    assert engine.case(case.id).version >= 4


def test_a_handlers_answer_that_is_too_large_is_not_asked_for_again(engine: Engine) -> None:
    work = '<serviceTask id="Work" name="Work" camunda:type="external" camunda:topic="enlarge"/>'
    engine.deploy(loop_of(work), by="analyst")
    engine.start("hostile", variables={"stop": False}, by="zhao")
    assert engine.run_due() == 1
    incident = the_incident(engine)
    assert incident.code == "too-large"
    assert "10,000 characters" in incident.message


def test_a_case_is_not_started_with_more_than_it_may_hold(engine: Engine) -> None:
    engine.deploy(loop_of('<userTask id="Work" name="Work"/>'), by="analyst")
    with pytest.raises(TooLarge, match="10,000 characters"):
        engine.start("hostile", variables={"text": "a" * 20_000}, by="zhao")
    assert engine.cases().items == ()
    case = engine.start("hostile", variables={"stop": False}, by="zhao")
    (task,) = engine.tasks_of(case.id)
    with pytest.raises(TooLarge, match="text"):
        engine.complete(task.id, {"text": "a" * 20_000}, by="zhao")
    assert engine.task(task.id) == task


BALLS = '<message id="M_ping" name="ping"/><message id="M_pong" name="pong"/>'


def about(message: str) -> str:
    return f'<messageEventDefinition messageRef="M_{message}"/>'


def player(name: str, waits_for: str, throws: str, *, serves: bool = False) -> str:
    """Hit the ball back whenever it comes, for ever."""
    catch = f'<intermediateCatchEvent id="{name}_catch" name="Catch">{about(waits_for)}</intermediateCatchEvent>'
    throw = f'<intermediateThrowEvent id="{name}_throw" name="Throw">{about(throws)}</intermediateThrowEvent>'
    first = f"{name}_throw" if serves else f"{name}_catch"
    return f'<startEvent id="{name}_start"/>{catch}{throw}' + (
        flow(f"{name}_a", f"{name}_start", first)
        + flow(f"{name}_b", f"{name}_catch", f"{name}_throw")
        + flow(f"{name}_c", f"{name}_throw", f"{name}_catch")
    )


def in_camunda_8(files: dict[str, bytes]) -> dict[str, bytes]:
    """The same file, whose messages find their case by the variable ``match``."""
    key = '<extensionElements><zeebe:subscription correlationKey="=match"/></extensionElements>'
    text = files["hostile.bpmn"].decode().replace(' camunda:historyTimeToLive="P1D"', "")
    text = text.replace('xmlns:camunda="http://camunda.org/schema/1.0/bpmn"', 'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"')
    for ball in ("ping", "pong"):
        text = text.replace(f'name="{ball}"/>', f'name="{ball}">{key}</message>')
    return {"hostile.bpmn": text.encode()}


def test_two_cases_that_send_each_other_messages_for_ever_end(engine: Engine) -> None:
    pools = process("returner", player("returner", "ping", "pong")) + BALLS
    engine.deploy(in_camunda_8(bpmn(player("server", "pong", "ping", serves=True), more=pools)), by="analyst")
    engine.start("returner", variables={"match": "set-1"}, by="zhao")
    engine.start("hostile", variables={"match": "set-1"}, by="zhao")
    assert engine.run_due() == CHAIN
    incident = the_incident(engine)
    assert incident.code == "chain-budget"
    assert f"{CHAIN} jobs in a row" in incident.message
    assert engine.run_due() == 0
    engine.resolve_incident(incident.id, by="admin")
    assert engine.run_due() == CHAIN + 1
    assert the_incident(engine).code == "chain-budget"


def test_two_pools_that_start_each_other_by_message_for_ever_end(engine: Engine) -> None:
    def relay(name: str, waits_for: str, throws: str) -> str:
        ends = f'<endEvent id="{name}_end" name="Throw">{about(throws)}</endEvent>'
        return f'<startEvent id="{name}_start">{about(waits_for)}</startEvent>{ends}' + flow(f"{name}_a", f"{name}_start", f"{name}_end")

    pools = process("other", relay("other", "pong", "ping")) + BALLS
    engine.deploy(bpmn(relay("one", "ping", "pong"), more=pools), by="analyst")
    engine.correlate("ping", key="T-1", by="desk")
    ran = engine.run_due()
    assert ran <= CHAIN + 1
    assert len(engine.cases(limit=200).items) == ran + 1
    assert the_incident(engine).code == "chain-budget"
    assert engine.run_due() == 0


def calls(name: str, other: str) -> str:
    call = f'<callActivity id="{name}_call" name="Call" calledElement="{other}"/>'
    return f'<startEvent id="{name}_start"/>{call}<endEvent id="{name}_end"/>' + (
        flow(f"{name}_a", f"{name}_start", f"{name}_call") + flow(f"{name}_b", f"{name}_call", f"{name}_end")
    )


@pytest.mark.parametrize("others", [["hostile"], ["second", "hostile"], ["second", "third", "hostile"]], ids=["itself", "two", "three"])
def test_processes_that_call_each_other_in_a_circle_end(engine: Engine, others: list[str]) -> None:
    names = ["hostile", *others[:-1]]
    bodies = {name: calls(name, other) for name, other in zip(names, others, strict=True)}
    more = "".join(process(name, body) for name, body in bodies.items() if name != "hostile")
    engine.deploy(bpmn(bodies["hostile"], more=more), by="analyst")
    case = engine.start("hostile", by="zhao")
    incident = the_incident(engine)
    assert incident.code == "call-depth"
    assert incident.element_id.endswith("_call")
    assert "the limit is 50" in incident.message
    assert engine.run_due() == 0
    engine.cancel_case(case.id, by="admin", reason="drawn in a circle")
    assert engine.incidents() == ()
