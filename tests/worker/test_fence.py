"""The fence: a worker that comes back after its lease is gone does not count. Without the fence it would."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from loanflow import Engine, Handlers, Job, TurnableClock
from loanflow import store as stores
from loanflow.engine import Outcome, jobs
from loanflow.records import CaseStatus
from tests.engine.conftest import MORNING
from tests.support.diagrams import diagram


def stalled_past_its_lease(monkeypatch: pytest.MonkeyPatch, remove: Callable[..., None] | None = None) -> tuple[Engine, list[Outcome]]:
    """Let a second worker take over while the first one's handler stalls; the first comes back before the second is done."""
    clock = TurnableClock(MORNING)
    handlers = Handlers()
    outcomes: list[Outcome] = []
    answers: list[str] = []

    @handlers.service("bureau")
    def bureau(job: Job) -> dict[str, Any]:
        if not answers:
            answers.append("first")
            # The first worker stalls here for longer than its lease; someone else takes the job over.
            clock.turn(timedelta(seconds=61))
            assert engine.reap() == 1
            (taken_over,) = engine.claim_jobs(1)
            assert taken_over.fence == 2
            second.append(taken_over)
            return {"answer": "of the stalled worker"}
        return {"answer": "of the one who took over"}

    second: list[Any] = []
    engine = Engine("sqlite://", handlers=[handlers], clock=clock)
    if remove is not None:
        monkeypatch.setattr(stores.jobs, "remove", remove)
        monkeypatch.setattr(jobs, "still_held", lambda row, held: True)
    engine.deploy(diagram("retry.bpmn"), by="analyst")
    engine.start("retry", key="R-1", by="zhao")
    (first,) = engine.claim_jobs(1)
    outcomes.append(engine.run_job(first))
    outcomes.append(engine.run_job(second[0]))
    return engine, outcomes


def test_the_stalled_workers_answer_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    engine, outcomes = stalled_past_its_lease(monkeypatch)
    assert outcomes == [Outcome.FENCED, Outcome.DONE]
    assert engine.case("R-1").status is CaseStatus.ENDED
    assert engine.variables("R-1") == {"answer": "of the one who took over"}
    assert [entry.data["attempt"] for entry in engine.history("R-1") if entry.kind == "job.completed"] == [2]
    engine.verify_audit("R-1")


def test_without_the_fence_it_would(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: it shows that the test above can fail."""

    def remove_unfenced(transaction: Any, job: Any, fenced_out: Exception) -> None:
        table = transaction.tables.jobs
        transaction.connection.execute(table.delete().where(table.c.id == job.id))

    engine, outcomes = stalled_past_its_lease(monkeypatch, remove_unfenced)
    assert outcomes[0] is Outcome.DONE
    assert engine.variables("R-1") == {"answer": "of the stalled worker"}
