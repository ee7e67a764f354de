"""A run that is killed again and again: python -m tests.worker.crash_run FOLDER --cases 200 --kills 100.

One process prepares everything, then forks workers over one SQLite file and kills or stops them at random moments, until
the last one may work in peace. Half of the cases are jobs only, one after another and two abreast; the other half are loan
reviews with a decision, a timer and two tasks, which a clerk in the same process completes. Every handler call goes to an
"outside system", a second database that books each job key once and counts the calls; there the clerk also notes each
completion that was acknowledged. The last line of output is the outcome as JSON; `broken` names what did not hold.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import signal
import sqlite3
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from loanflow import Actor, AuditChainBroken, Busy, Conflict, Engine, Handlers, Job
from loanflow.engine import Scope, Settings, TaskQuery
from loanflow.records import CaseStatus, TaskStatus
from loanflow.worker import Worker
from tests.support.diagrams import diagram

STEPS = {"chain": 4, "loan-review": 2}
CLERKS = {"Review": Actor("li.na", groups=("reviewer",)), "Approve": Actor("wang.fang", groups=("reviewer",))}
LEASE = 0.5
PATIENCE = 60.0


class Outside:
    """An outside system that honours idempotency keys, as a bank's own do."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._open() as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS effect (key TEXT PRIMARY KEY, case_id TEXT, element TEXT)")
            connection.execute("CREATE TABLE IF NOT EXISTS call (key TEXT)")
            connection.execute("CREATE TABLE IF NOT EXISTS acknowledged (task TEXT)")

    def book(self, job: Job) -> None:
        """Do the work once per key, whoever asks how often."""
        with self._open() as connection:
            connection.execute("INSERT INTO call VALUES (?)", (job.key,))
            connection.execute("INSERT OR IGNORE INTO effect VALUES (?, ?, ?)", (job.key, job.case_id, job.element_id))

    def acknowledge(self, task: str) -> None:
        """Note that a completion came back as done."""
        with self._open() as connection:
            connection.execute("INSERT INTO acknowledged VALUES (?)", (task,))

    def acknowledged(self) -> list[str]:
        """Return the tasks whose completion came back as done."""
        with self._open() as connection:
            return [row[0] for row in connection.execute("SELECT task FROM acknowledged")]

    def effects(self) -> dict[str, list[str]]:
        """Return the keys of what was booked, by case."""
        found: dict[str, list[str]] = {}
        with self._open() as connection:
            for key, case_id in connection.execute("SELECT key, case_id FROM effect"):
                found.setdefault(case_id, []).append(key)
        return found

    def count(self, table: str) -> int:
        """Count the rows of ``effect`` or ``call``."""
        text = {"effect": "SELECT count(*) FROM effect", "call": "SELECT count(*) FROM call"}[table]
        with self._open() as connection:
            return int(connection.execute(text).fetchone()[0])

    def per_step(self) -> int:
        """Return how many effects the most booked step of any case has."""
        with self._open() as connection:
            found = connection.execute("SELECT count(*) FROM effect GROUP BY case_id, element ORDER BY 1 DESC LIMIT 1").fetchone()
            return int(found[0]) if found else 0

    @contextlib.contextmanager
    def _open(self) -> Any:
        connection = sqlite3.connect(self.path, timeout=30.0)
        try:
            with connection:
                yield connection
        finally:
            connection.close()


def make_engine(folder: Path) -> Engine:
    """Open the engine over the run's file, with its one handler."""
    outside = Outside(folder / "outside.db")
    handlers = Handlers()

    # Many tries: here a try is lost to a kill far more often than in a year of production.
    def work(job: Job) -> dict[str, Any]:
        outside.book(job)
        # The moment that matters: done outside, not yet known inside.
        time.sleep(0.004)
        return {job.element_id: job.key, **({"score": 640} if job.topic == "credit-score" else {})}

    for topic in ("step", "credit-score", "disburse"):
        handlers.service(topic, retries=1000, backoff="10ms")(work)
    settings = Settings(lease=timedelta(seconds=LEASE))
    return Engine(f"sqlite:///{folder / 'cases.db'}", handlers=[handlers], settings=settings)


def clerk(engine: Engine, outside: Outside) -> None:
    """Complete every open task, for ever."""
    while True:
        for task in engine.tasks(TaskQuery(scope=Scope.ALL, limit=20)).items:
            with contextlib.suppress(Conflict, Busy):
                engine.complete(task.id, {"opinion": "fine"}, by=CLERKS[task.name])
                outside.acknowledge(task.id)
        time.sleep(0.01)


def fork_worker(folder: Path) -> int:
    """Start a worker in a process of its own; return its id."""
    child = os.fork()
    if child:
        return child
    # Until the worker listens itself nothing is under way, and whoever asks it to end may have it.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    # Whatever happens here, this process must not go on as a second parent.
    status = 1
    try:
        engine = make_engine(folder)
        threading.Thread(target=clerk, args=(engine, Outside(folder / "outside.db")), daemon=True).start()
        Worker(engine, concurrency=4, poll=0.02, reap_every=0.1).run()
        status = 0
    finally:
        sys.stderr.flush()
        os._exit(status)


def kill(child: int) -> None:
    """Kill a worker where it stands."""
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def run(folder: Path, *, cases: int, kills: int, stalls: int, seed: int) -> dict[str, Any]:
    """Play the whole run; return what came of it."""
    draw = random.Random(seed)
    engine = make_engine(folder)
    engine.upgrade_database()
    engine.deploy(diagram("chain.bpmn", "review.bpmn", "risk.dmn"), by="analyst")
    started = 0

    def start(until: int) -> None:
        # Cases come in all along, so that the last kill finds as much under way as the first. A child inherits no connection.
        nonlocal started
        for number in range(started, until):
            engine.start("loan-review" if number % 2 else "chain", key=f"C-{number}", variables={"amount": number}, by="import")
        started = max(started, until)
        engine.close()

    begun = time.monotonic()
    for number in range(kills):
        start(cases * (number + 1) // (kills + stalls + 1))
        child = fork_worker(folder)
        time.sleep(draw.uniform(0.01, 0.15))
        kill(child)
    for number in range(stalls):
        start(cases * (kills + number + 1) // (kills + stalls + 1))
        stalled, other = fork_worker(folder), fork_worker(folder)
        time.sleep(draw.uniform(0.05, 0.2))
        os.kill(stalled, signal.SIGSTOP)
        time.sleep(LEASE * 1.6)
        os.kill(stalled, signal.SIGCONT)
        time.sleep(draw.uniform(0.05, 0.2))
        kill(stalled)
        kill(other)
    under_fire = time.monotonic() - begun
    start(cases)
    unfinished_then, went_in_peace = drain(folder)
    outcome = examine(folder, cases)
    if not went_in_peace:
        outcome["broken"].append("the last worker did not end cleanly on SIGTERM")
    return {
        "cases": cases,
        "kills": kills,
        "stalls": stalls,
        "seed": seed,
        "seconds_under_fire": round(under_fire, 1),
        "unfinished_after_fire": unfinished_then,
        **outcome,
    }


def drain(folder: Path) -> tuple[int, bool]:
    """Let one worker work in peace until every case has ended, then ask it to end.

    Returns how many cases had not ended before, and whether the worker went with exit status 0.
    """
    engine = make_engine(folder)
    before = open_cases(engine)
    engine.close()
    child = fork_worker(folder)
    deadline = time.monotonic() + PATIENCE
    engine = make_engine(folder)
    try:
        while open_cases(engine) and time.monotonic() < deadline:
            time.sleep(0.1)
    finally:
        engine.close()
        # The last one may go in peace: SIGTERM lets it finish what is under way.
        os.kill(child, signal.SIGTERM)
        _, status = os.waitpid(child, 0)
    return before, status == 0


def open_cases(engine: Engine) -> int:
    """Count the cases that have not ended."""
    return sum(1 for case in every_case(engine) if case.status is CaseStatus.OPEN)


def every_case(engine: Engine) -> list[Any]:
    """Read all cases, page by page."""
    found: list[Any] = []
    after: str | None = None
    while True:
        page = engine.cases(limit=200, after=after)
        found += page.items
        after = page.next
        if after is None:
            return found


def examine(folder: Path, cases: int) -> dict[str, Any]:
    """Check every promise against the final state."""
    engine, outside = make_engine(folder), Outside(folder / "outside.db")
    unkept = set(outside.acknowledged())
    acknowledged = len(unkept)
    broken: list[str] = []
    entries = 0
    found = every_case(engine)
    if len(found) != cases:
        broken.append(f"{len(found)} cases instead of {cases}")
    for case in found:
        if case.status is not CaseStatus.ENDED:
            broken.append(f"case {case.business_key} is {case.status}: {engine.tokens(case.id)} {engine.incidents(case.id)}")
            continue
        history = engine.history(case.id)
        done = [entry.data["job_id"] for entry in history if entry.kind == "job.completed"]
        steps = STEPS[case.process_key]
        if len(done) != steps or len(set(done)) != steps:
            broken.append(f"case {case.business_key} completed {len(done)} jobs, {len(set(done))} of them different")
        variables = engine.variables(case.id)
        if {variables.get(entry.element_id or "") for entry in history if entry.kind == "job.completed"} != set(done):
            broken.append(f"case {case.business_key} holds answers of other jobs")
        completed = [entry.data["task_id"] for entry in history if entry.kind == "task.completed"]
        tasks = engine.tasks_of(case.id, status=None)
        if sorted(completed) != sorted(task.id for task in tasks) or any(task.status is not TaskStatus.COMPLETED for task in tasks):
            broken.append(f"case {case.business_key} completed {len(completed)} of {len(tasks)} tasks")
        unkept -= set(completed)
        try:
            entries += engine.verify_audit(case.id)
        except AuditChainBroken as error:
            broken.append(str(error))
    left = engine.job_counts()
    if left:
        broken.append(f"jobs are left: {left}")
    engine.close()
    effects, calls = outside.count("effect"), outside.count("call")
    if unkept:
        broken.append(f"{len(unkept)} completions were acknowledged and are gone")
    expected = sum(STEPS["loan-review" if number % 2 else "chain"] for number in range(cases))
    if effects != expected or outside.per_step() != 1:
        broken.append(f"{effects} effects instead of {expected}, up to {outside.per_step()} for one step")
    with contextlib.closing(sqlite3.connect(folder / "cases.db")) as connection:
        verdict = connection.execute("PRAGMA integrity_check").fetchone()[0]
    if verdict != "ok":
        broken.append(f"the database is damaged: {verdict}")
    return {"effects": effects, "handler_calls": calls, "acknowledged_tasks": acknowledged, "audit_entries": entries, "broken": broken}


def main() -> None:
    """Read the command line and play a run."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("folder", type=Path)
    options.add_argument("--cases", type=int, default=200)
    options.add_argument("--kills", type=int, default=100)
    options.add_argument("--stalls", type=int, default=5)
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args()
    outcome = run(chosen.folder, cases=chosen.cases, kills=chosen.kills, stalls=chosen.stalls, seed=chosen.seed)
    print(json.dumps(outcome))
    sys.exit(1 if outcome["broken"] else 0)


if __name__ == "__main__":
    main()
