"""Signals: everyone who waits for one hears it, and every process that starts with it starts."""

from __future__ import annotations

from loanflow.records import CaseStatus
from tests.engine.conftest import Stage, reviewer
from tests.support.diagrams import diagram


def test_a_signal_starts_a_case_and_moves_all_that_wait(stage: Stage) -> None:
    stage.deploy("alarmed.bpmn", "watching.bpmn")
    waiting = [stage.start("watching", f"W-{number}") for number in range(3)]
    assert stage.engine.signal("alarm", variables={"level": 2}, by="desk") == 4
    assert stage.engine.run_due() == 4
    started = stage.engine.cases(process_key="alarmed").items
    assert [stage.task(case).name for case in started] == ["Look"]
    assert stage.engine.variables(started[0].id) == {"level": 2}
    assert [stage.engine.case(case.id).status for case in waiting] == [CaseStatus.ENDED] * 3
    assert all(stage.engine.variables(case.id) == {"level": 2} for case in waiting)


def test_an_event_that_throws_a_signal_starts_cases(stage: Stage) -> None:
    stage.deploy("alarmed.bpmn", "alarming.bpmn")
    case = stage.start("alarming")
    assert stage.engine.cases(process_key="alarmed").items == ()
    stage.engine.complete(stage.task(case).id, by=reviewer("li.na"))
    assert stage.engine.case(case.id).status is CaseStatus.ENDED
    stage.engine.run_due()
    assert len(stage.engine.cases(process_key="alarmed").items) == 1


def test_a_signal_starts_the_newest_version_only(stage: Stage) -> None:
    stage.deploy("alarmed.bpmn")
    stage.engine.deploy({"alarmed.bpmn": diagram("alarmed.bpmn")["alarmed.bpmn"].replace(b'"Look"', b'"See"')}, by="analyst")
    assert stage.engine.signal("alarm", by="desk") == 1
    stage.engine.run_due()
    assert [case.process_version for case in stage.engine.cases().items] == [2]


def test_a_signal_thrown_before_a_new_version_is_not_lost(stage: Stage) -> None:
    stage.deploy("alarmed.bpmn")
    stage.engine.signal("alarm", by="desk")
    stage.engine.deploy({"alarmed.bpmn": diagram("alarmed.bpmn")["alarmed.bpmn"].replace(b'"Look"', b'"See"')}, by="analyst")
    stage.engine.run_due()
    assert [case.process_version for case in stage.engine.cases().items] == [1]


def test_a_signal_to_nobody_does_nothing(stage: Stage) -> None:
    assert stage.engine.signal("alarm", by="desk") == 0
    assert stage.engine.run_due() == 0
