"""The worker: many threads, clean ends, leases kept, slow handlers given up."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from loanflow import Engine, Handlers, Job
from loanflow.engine import Settings
from loanflow.records import CaseStatus, JobState
from loanflow.worker import Worker
from tests.support.diagrams import diagram


class Plant:
    """An engine over a file, a worker, and what the handlers saw."""

    def __init__(self, folder: Path, lease: float = 60.0) -> None:
        self.handlers = Handlers()
        self.calls: list[Job] = []
        self.threads: set[str] = set()
        self.work: Any = lambda job: {}

        @self.handlers.service("step")
        def step(job: Job) -> Any:
            self.calls.append(job)
            self.threads.add(threading.current_thread().name)
            return self.work(job)

        @self.handlers.service("bureau", timeout=timedelta(seconds=0.2))
        def bureau(job: Job) -> Any:
            self.calls.append(job)
            return self.work(job)

        settings = Settings(lease=timedelta(seconds=lease))
        self.engine = Engine(f"sqlite:///{folder / 'cases.db'}", handlers=[self.handlers], settings=settings)
        self.engine.upgrade_database()
        self.engine.deploy(diagram("chain.bpmn", "retry.bpmn"), by="analyst")

    def running(self, **options: Any) -> tuple[Worker, threading.Thread]:
        worker = Worker(self.engine, **{"poll": 0.02, "reap_every": 0.05, **options})
        thread = threading.Thread(target=worker.run)
        thread.start()
        return worker, thread

    def wait(self, *keys: str, seconds: float = 60.0) -> None:
        deadline = time.monotonic() + seconds
        while any(self.engine.case(key).status is CaseStatus.OPEN for key in keys):
            assert time.monotonic() < deadline, [self.engine.tokens(key) for key in keys]
            time.sleep(0.01)


@pytest.fixture
def plant(tmp_path: Path) -> Generator[Plant]:
    world = Plant(tmp_path)
    yield world
    world.engine.close()


def test_it_runs_everything_until_idle(plant: Plant) -> None:
    for number in range(10):
        plant.engine.start("chain", key=f"C-{number}", by="zhao")
    Worker(plant.engine, concurrency=4, poll=0.02).run(until_idle=True)
    assert len(plant.calls) == 40
    assert len({job.key for job in plant.calls}) == 40
    assert all(plant.engine.case(f"C-{number}").status is CaseStatus.ENDED for number in range(10))
    for number in range(10):
        plant.engine.verify_audit(f"C-{number}")


def test_parallel_branches_run_at_the_same_time(plant: Plant) -> None:
    together = threading.Barrier(2, timeout=60)
    plant.work = lambda job: {"waited": together.wait() >= 0} if job.element_id in ("Two", "Three") else {}
    plant.engine.start("chain", key="C-1", by="zhao")
    Worker(plant.engine, concurrency=2, poll=0.02).run(until_idle=True)
    assert plant.engine.case("C-1").status is CaseStatus.ENDED


def test_it_wakes_for_work_that_comes_later(plant: Plant) -> None:
    worker, thread = plant.running(poll=3_600)
    time.sleep(0.2)
    plant.engine.start("chain", key="C-1", by="zhao")
    plant.wait("C-1")
    worker.stop()
    thread.join(timeout=60)
    assert not thread.is_alive()


def test_stopping_finishes_what_is_under_way(plant: Plant) -> None:
    entered, leave = threading.Event(), threading.Event()

    def slow(job: Job) -> dict[str, Any]:
        entered.set()
        assert leave.wait(5)
        return {}

    plant.work = slow
    plant.engine.start("chain", key="C-1", by="zhao")
    worker, thread = plant.running()
    assert entered.wait(5)
    worker.stop()
    leave.set()
    thread.join(timeout=60)
    assert not thread.is_alive()
    assert len(plant.calls) == 1
    assert JobState.LEASED not in plant.engine.job_counts()
    assert [entry.kind for entry in plant.engine.history("C-1")].count("job.completed") == 1


def test_a_long_handler_keeps_its_lease(tmp_path: Path) -> None:
    plant = Plant(tmp_path, lease=0.3)
    plant.work = lambda job: time.sleep(0.9) if job.element_id == "One" else {}
    plant.engine.start("chain", key="C-1", by="zhao")
    worker, thread = plant.running(concurrency=2)
    plant.wait("C-1")
    worker.stop()
    thread.join(timeout=60)
    assert [job.element_id for job in plant.calls].count("One") == 1
    plant.engine.close()


def test_a_handler_past_its_timeout_is_given_up(plant: Plant) -> None:
    hung = threading.Event()
    plant.work = lambda job: {"late": hung.wait(5)}
    plant.engine.start("retry", key="R-1", by="zhao")
    worker, thread = plant.running()
    deadline = time.monotonic() + 60
    while not (job := plant.engine.jobs_of("R-1")[0]).last_error and time.monotonic() < deadline:
        time.sleep(0.02)
    assert job.last_error == "TimeoutError: the handler took longer than 0:00:00.200000"
    assert job.state is JobState.SCHEDULED
    hung.set()
    worker.stop()
    thread.join(timeout=60)
    assert "late" not in plant.engine.variables("R-1")


def test_a_failing_handler_does_not_stop_the_others(plant: Plant) -> None:
    def work(job: Job) -> dict[str, Any]:
        if job.case_key == "C-0":
            raise SystemError("boom")
        return {}

    plant.work = work
    for number in range(4):
        plant.engine.start("chain", key=f"C-{number}", by="zhao")
    worker, thread = plant.running()
    plant.wait("C-1", "C-2", "C-3")
    worker.stop()
    thread.join(timeout=60)
    assert plant.engine.case("C-0").status is CaseStatus.OPEN


def test_what_a_dead_worker_held_is_taken_over(tmp_path: Path) -> None:
    plant = Plant(tmp_path, lease=0.2)
    plant.engine.start("chain", key="C-1", by="zhao")
    assert len(plant.engine.claim_jobs(1)) == 1
    worker, thread = plant.running()
    plant.wait("C-1")
    worker.stop()
    thread.join(timeout=60)
    # A slow machine may lose a lease of its own and do a job twice; each is done.
    assert {job.element_id for job in plant.calls} == {"One", "Two", "Three", "Four"}
    plant.engine.close()


def test_a_worker_has_at_least_one_thread(plant: Plant) -> None:
    with pytest.raises(ValueError, match="at least one"):
        Worker(plant.engine, concurrency=0)
