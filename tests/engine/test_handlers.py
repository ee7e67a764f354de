"""Handlers: registered, found, called with the case's variables."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from loanflow import Conflict, Engine, Handlers, Job, Retry, TurnableClock
from loanflow.engine.handlers import MissingVariable
from loanflow.errors import HandlerMissing
from loanflow.records import CaseStatus, JobState
from tests.engine.conftest import MORNING, reviewer
from tests.support.diagrams import diagram


def job(**variables: Any) -> Job:
    return Job(key="j-1", topic="t", case_id="c-1", case_key="LN-1", process_key="p", element_id="Score", attempt=2, variables=variables)


def call(handlers: Handlers, **variables: Any) -> Any:
    return handlers.get("t").call(job(**variables))


def test_arguments_are_variables_of_the_same_name() -> None:
    handlers = Handlers()

    @handlers.service("t")
    def score(job: Job, national_id: str, *, limit: int = 3) -> dict[str, Any]:
        return {"seen": (job.key, job.attempt, national_id, limit)}

    assert call(handlers, national_id="11", other=1) == {"seen": ("j-1", 2, "11", 3)}
    assert call(handlers, national_id="11", limit=5) == {"seen": ("j-1", 2, "11", 5)}


def test_the_job_is_known_by_annotation_or_by_name() -> None:
    handlers = Handlers()
    handlers.service("t")(lambda job: {"key": job.idempotency_key})
    handlers.service("u")(_annotated)
    assert call(handlers) == {"key": "j-1"}
    assert handlers.get("u").call(job()) == {"case": "LN-1"}


def _annotated(work: Job) -> dict[str, Any]:
    return {"case": work.case_key}


def test_double_star_receives_the_rest() -> None:
    handlers = Handlers()
    handlers.service("t")(lambda amount, **rest: {"sum": amount, "rest": rest})
    assert call(handlers, amount=1, a=2, b=3) == {"sum": 1, "rest": {"a": 2, "b": 3}}


def test_a_missing_variable_names_the_nearest() -> None:
    handlers = Handlers()
    handlers.service("t")(lambda national_id: None)
    with pytest.raises(MissingVariable, match=r'needs the variable "national_id".*did you mean "nationalId"'):
        call(handlers, nationalId="11")


def test_nothing_returned_sets_nothing() -> None:
    handlers = Handlers()
    handlers.service("t")(lambda: None)
    assert call(handlers) == {}


@pytest.mark.parametrize("answer", [1, "text", [1], {1: 2}])
def test_an_answer_that_is_no_set_of_variables_is_an_error(answer: Any) -> None:
    handlers = Handlers()
    handlers.service("t")(lambda: answer)
    with pytest.raises(TypeError, match=r"handler 't'"):
        call(handlers)


def test_a_topic_is_handled_once() -> None:
    handlers = Handlers()
    handlers.service("t")(lambda: None)
    with pytest.raises(ValueError, match=r"already"):
        handlers.service("t")(lambda: None)
    other = Handlers()
    other.service("t")(lambda: None)
    with pytest.raises(ValueError, match=r"already"):
        handlers.include(other)


def test_a_missing_handler_names_the_nearest() -> None:
    handlers = Handlers()
    handlers.service("credit-score")(lambda: None)
    with pytest.raises(HandlerMissing, match=r'"credit-scoer"; did you mean "credit-score"'):
        handlers.get("credit-scoer")


@pytest.mark.parametrize("settings", [{"retries": 0}, {"timeout": timedelta(0)}, {"backoff": "soon"}])
def test_terms_that_make_no_sense_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        Handlers().service("t", **settings)


def test_functions_are_found_by_their_full_name_or_as_methods_of_an_object() -> None:
    class Desk:
        hours = 8

        def open(self, amount: int) -> bool:
            return amount < 10

    handlers = Handlers()
    handlers.function("desk")(Desk())  # type: ignore[type-var]
    handlers.function("rates.best")(lambda: 3)
    for name, arguments, answer in (("desk.open", (5,), True), ("rates.best", (), 3)):
        found = handlers.find_function(name)
        assert found is not None
        assert found(*arguments) == answer
    for name in ("desk.close", "desk.hours", "desk.__class__", "rates.worst", "desk", "nothing"):
        assert handlers.find_function(name) is None


def test_a_function_that_asks_to_try_again_undoes_what_the_case_did_on_the_way() -> None:
    handlers = Handlers()
    answers: list[Any] = [Retry(30, "the desk is closed"), True, Retry(30, "closed again"), True]
    calls: list[str] = []

    @handlers.function("desk.open")
    def is_open(amount: Any) -> Any:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    @handlers.service("step")
    def step(job: Job) -> dict[str, Any]:
        calls.append(job.key)
        return {"seen": job.attempt}

    clock = TurnableClock(MORNING)
    engine = Engine("sqlite://", handlers=[handlers], clock=clock)
    engine.deploy(diagram("ask.bpmn"), by="analyst")
    case = engine.start("ask", key="A-1", variables={"amount": 5}, by="zhao")

    # In a job: it is put off, and no try is used up.
    engine.run_due()
    (job,) = engine.jobs_of(case.id)
    assert (job.state, job.attempts, job.due_at - MORNING) == (JobState.SCHEDULED, 0, timedelta(seconds=30))
    assert "seen" not in engine.variables(case.id)
    clock.turn(timedelta(seconds=30))
    engine.run_due()
    assert len(calls) == 2
    assert len(set(calls)) == 1

    # In a person's command: it is refused, and the task is as it was.
    (task,) = engine.tasks_of(case.id)
    before = [entry.kind for entry in engine.history(case.id)]
    with pytest.raises(Retry, match="closed again"):
        engine.complete(task.id, {"opinion": "fine"}, by=reviewer("li.na"))
    assert engine.tasks_of(case.id) == (task,)
    assert [entry.kind for entry in engine.history(case.id)] == before
    assert "opinion" not in engine.variables(case.id)
    engine.complete(task.id, {"opinion": "fine"}, by=reviewer("li.na"))
    assert engine.case(case.id).status is CaseStatus.ENDED
    with pytest.raises(Conflict):
        engine.complete(task.id, by=reviewer("li.na"))
    engine.verify_audit(case.id)
    engine.close()
