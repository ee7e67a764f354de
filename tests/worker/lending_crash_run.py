"""The shipped loan products, killed again and again: python -m tests.worker.lending_crash_run FOLDER --cases 200 --kills 100.

The bank's sample applications come in while two worker processes run over one SQLite file and a third process plays the
staff. A hundred times, at a random moment, one of the workers is killed with SIGKILL and another takes its place; now and
then the staff are killed too. The handlers are the shipped connectors; what they do is booked outside the engine, committed
on its own, under the key of the job, and payments also in the bank's ledger. In the end the parent, as an operator would,
puts jobs right that lost all their tries to the kills, and everything is worked to its end in peace. The last line of output
is the outcome as JSON; `broken` names what did not hold.
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
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from loanflow import Actor, AuditChainBroken, BpmnError, Busy, Conflict, Engine, Handlers, Job, NotFound, NotPermitted
from loanflow.engine import Scope, Settings, TaskQuery
from loanflow.lending import Application, DisbursementLedger, OutsideWorld, connectors, people, products, sample_applications
from loanflow.lending.staff import actor
from loanflow.records import CaseStatus, Task, TaskStatus
from loanflow.worker import Worker
from tests.worker.crash_run import Outside, every_case, kill, open_cases

LEASE = 0.5
PATIENCE = 90.0
WORKERS = 2
STAFF_LIVES = 7
"""Every so many kills of a worker the staff are killed as well."""


class Bank:
    """One run's engine, applications and outside world; made once and inherited by every child that is forked."""

    def __init__(self, folder: Path, cases: int) -> None:
        self.folder = folder
        self.samples = sample_applications(cases)
        self.by_key = {sample.key: sample for sample in self.samples}
        self.outside = Outside(folder / "outside.db")
        self.connected = Handlers()
        handlers = Handlers()
        for topic in connectors().topics:
            handlers.service(topic, retries=5, backoff="10ms")(self.work)
        self.engine = Engine(f"sqlite:///{folder / 'cases.db'}", handlers=[handlers], settings=Settings(lease=timedelta(seconds=LEASE)))

    def work(self, job: Job) -> dict[str, Any]:
        """Do what the shipped connector does, book it outside, and only then answer."""
        try:
            answer = dict(self.connected.get(job.topic).call(job))
        except BpmnError:
            # An answer as well: the bureau was asked.
            self.book(job)
            raise
        self.book(job)
        return answer

    def book(self, job: Job) -> None:
        """Commit the effect outside, then linger at the moment that matters: done there, not yet known here."""
        self.outside.book(job)
        time.sleep(0.004)

    def run_worker(self) -> None:
        """Be a worker until SIGTERM."""
        self.connected = connectors(OutsideWorld(ledger=DisbursementLedger(str(self.folder / "ledger.db"))))
        Worker(self.engine, concurrency=3, poll=0.02, reap_every=0.1).run()

    def run_staff(self) -> None:
        """Be everybody who works at the bank, for ever."""
        while True:
            for task in self.engine.tasks(TaskQuery(scope=Scope.ALL, limit=20)).items:
                with contextlib.suppress(Conflict, Busy, NotFound):
                    self.do(self.by_key[str(task.business_key)], task)
            time.sleep(0.01)

    def do(self, application: Application, task: Task) -> None:
        """Let the first person who may do the task do it."""
        values = people.answer(application, task, self.engine.task_variables(task.id), self.engine.now())
        for person in people.candidates(application, task):
            who: Actor = actor(person)
            with contextlib.suppress(NotPermitted):
                self.engine.claim(task.id, by=who)
                self.engine.complete(task.id, values, by=who, validate=True)
                self.outside.acknowledge(task.id)
                return

    def receive(self, sample: Application) -> None:
        """Take in an application."""
        self.engine.start(sample.product, key=sample.key, variables=sample.variables, by=actor(sample.officer), validate=True)

    def fork(self, play: Callable[[], None]) -> int:
        """Start a process that plays a part; return its id. What is compiled is inherited, no connection is."""
        self.engine.close()
        child = os.fork()
        if child:
            return child
        # Until the worker listens itself nothing is under way, and whoever asks it to end may have it.
        signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
        # Whatever happens here, this process must not go on as a second parent.
        status = 1
        try:
            play()
            status = 0
        finally:
            sys.stderr.flush()
            os._exit(status)

    def put_right(self) -> int:
        """Give jobs that lost all their tries to the kills another one, as an operator would; return how many."""
        incidents = self.engine.incidents()
        for incident in incidents:
            with contextlib.suppress(Conflict):
                self.engine.resolve_incident(incident.id, by="operator", retries=3)
        return len(incidents)


def run(folder: Path, *, cases: int, kills: int, seed: int) -> dict[str, Any]:
    """Play the whole run; return what came of it."""
    draw = random.Random(seed)
    bank = Bank(folder, cases)
    bank.engine.upgrade_database()
    bank.engine.deploy(products.files(), by="analyst")
    waiting = list(bank.samples)
    # The first of each product compiles it here, so that every child is at work from its first moment.
    for product in ("personal-credit", "enterprise-credit"):
        first = next(sample for sample in waiting if sample.product == product)
        waiting.remove(first)
        bank.receive(first)
    begun = time.monotonic()
    staff = bank.fork(bank.run_staff)
    workers = [bank.fork(bank.run_worker) for _ in range(WORKERS)]
    staff_kills, caught = 0, 0
    for number in range(kills):
        # The applications come in evenly over the kills, so that the last kill finds as much under way as the first.
        while len(waiting) * kills > len(bank.samples) * (kills - number - 1):
            bank.receive(waiting.pop(0))
        time.sleep(draw.uniform(0.01, 0.25))
        victim = draw.randrange(WORKERS)
        kill(workers[victim])
        caught += sum(count for state, count in bank.engine.job_counts().items() if state == "leased")
        workers[victim] = bank.fork(bank.run_worker)
        if number % STAFF_LIVES == STAFF_LIVES - 1:
            time.sleep(draw.uniform(0.0, 0.05))
            kill(staff)
            staff_kills += 1
            staff = bank.fork(bank.run_staff)
    under_fire = time.monotonic() - begun
    before = open_cases(bank.engine)
    put_right = finish(bank)
    bank.engine.close()
    kill(staff)
    broken = [f"a worker ended with status {status} on SIGTERM" for status in map(end, workers) if status]
    outcome = examine(bank)
    outcome["broken"][:0] = broken
    return {
        "cases": cases,
        "kills": kills,
        "staff_kills": staff_kills,
        "seed": seed,
        "seconds_under_fire": round(under_fire, 1),
        "seconds": round(time.monotonic() - begun, 1),
        "jobs_under_way_at_kills": caught,
        "unfinished_after_fire": before,
        "put_right": put_right,
        **outcome,
    }


def finish(bank: Bank) -> int:
    """Wait until every case has ended, putting right what needs a person; return how many jobs that were."""
    put_right, deadline = 0, time.monotonic() + PATIENCE
    while open_cases(bank.engine) and time.monotonic() < deadline:
        put_right += bank.put_right()
        time.sleep(0.1)
    return put_right


def end(worker: int) -> int:
    """Ask a worker to go in peace; return its exit status."""
    os.kill(worker, signal.SIGTERM)
    return os.waitpid(worker, 0)[1]


def examine(bank: Bank) -> dict[str, Any]:
    """Check every promise against the final state."""
    engine, broken = bank.engine, list[str]()
    unkept = set(bank.outside.acknowledged())
    acknowledged = len(unkept)
    effects = bank.outside.effects()
    entries, products_seen, payments_owed = 0, Counter[str](), dict[str, str]()
    found = every_case(engine)
    if {case.business_key for case in found} != set(bank.by_key) or len(found) != len(bank.samples):
        broken.append(f"{len(found)} cases instead of {len(bank.samples)}")
    for case in found:
        if case.status is not CaseStatus.ENDED:
            broken.append(f"case {case.business_key} is {case.status}: {engine.tokens(case.id)} {engine.incidents(case.id)}")
            continue
        products_seen[case.process_key] += 1
        history = engine.history(case.id)
        done = [entry for entry in history if entry.kind in ("job.completed", "job.error") and entry.data.get("handler")]
        # An effect without its entry would be one the engine forgot and had done again under another key.
        if sorted(entry.data["job_id"] for entry in done) != sorted(effects.pop(case.id, [])):
            broken.append(f"the effects of case {case.business_key} are not its finished jobs, one for one")
        if len({entry.token for entry in done}) != len(done):
            broken.append(f"case {case.business_key} did a step twice")
        paid = [entry for entry in done if entry.data["handler"] == "disburse"]
        if len(paid) > 1:
            broken.append(f"case {case.business_key} was paid out {len(paid)} times")
        payments_owed.update({entry.data["job_id"]: str(engine.variables(case.id)["payment_no"]) for entry in paid})
        completed = [entry.data["task_id"] for entry in history if entry.kind == "task.completed"]
        closed = [task.id for task in engine.tasks_of(case.id, status=None) if task.status is TaskStatus.COMPLETED]
        if sorted(completed) != sorted(closed) or engine.tasks_of(case.id):
            broken.append(f"case {case.business_key} completed {len(completed)} tasks, {len(closed)} are closed")
        unkept -= set(completed)
        try:
            entries += engine.verify_audit(case.id)
        except AuditChainBroken as error:
            broken.append(str(error))
    if effects:
        broken.append(f"effects of cases that do not exist: {sorted(effects)}")
    if unkept:
        broken.append(f"{len(unkept)} completions were acknowledged and are gone")
    if left := engine.job_counts():
        broken.append(f"jobs are left: {left}")
    if stuck := engine.incidents():
        broken.append(f"incidents are left: {stuck}")
    engine.close()
    ledger = DisbursementLedger(str(bank.folder / "ledger.db"))
    if {payment.idempotency_key: payment.number for payment in ledger.payments()} != payments_owed:
        broken.append(f"the ledger has {len(ledger.payments())} payments, the cases say {len(payments_owed)}")
    ledger.close()
    with contextlib.closing(sqlite3.connect(bank.folder / "cases.db")) as connection:
        verdict = connection.execute("PRAGMA integrity_check").fetchone()[0]
    if verdict != "ok":
        broken.append(f"the database is damaged: {verdict}")
    return {
        "products": dict(products_seen),
        "effects": bank.outside.count("effect"),
        "handler_calls": bank.outside.count("call"),
        "payments": len(payments_owed),
        "acknowledged_tasks": acknowledged,
        "audit_entries": entries,
        "broken": broken,
    }


def main() -> None:
    """Read the command line and play a run."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("folder", type=Path)
    options.add_argument("--cases", type=int, default=200)
    options.add_argument("--kills", type=int, default=100)
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args()
    outcome = run(chosen.folder, cases=chosen.cases, kills=chosen.kills, seed=chosen.seed)
    print(json.dumps(outcome))
    sys.exit(1 if outcome["broken"] else 0)


if __name__ == "__main__":
    main()
