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
            'targetNamespace="hostile"><process id="hostile" name="Hostile" isExecutable="true" camunda:historyTimeToLive="P1D">'
            f"{body}</process>{more}</definitions>"
        ).encode()
    }


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
