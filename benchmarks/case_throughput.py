"""How many user tasks are completed per second, durably, through the public API: python -m benchmarks.case_throughput.

The baseline is the database itself: the very statements that the engine's completions wrote, with the very values, replayed
through Python's sqlite3 on a copy of the same file, one transaction for one. Both sides run on SQLite with WAL and
``synchronous = FULL``, round by round in turn, so that the disk's moods meet both. A round completes every task of the
process below for all cases, in random order; reading the task list between them is not timed.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import shutil
import sqlite3
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import event

from loanflow import Actor, Engine
from loanflow.engine import Scope, TaskQuery

OFFICER = Actor("li.na", groups=("reviewer",), source="web:10.0.0.7")
TASKS = ("Intake", "Check", "Review", "Approve")
WRITES = ("INSERT", "UPDATE", "DELETE")

Statements = list[tuple[str, Any, bool]]


@dataclass(slots=True)
class Round:
    """One side's time over one round."""

    wall: float
    cpu: float
    completions: int

    @property
    def rate(self) -> float:
        """Completions per second."""
        return self.completions / self.wall


def diagram() -> bytes:
    """Draw a loan case of four user tasks with a gateway between, as text."""
    nodes = ['<startEvent id="Start"><outgoing>F0</outgoing></startEvent>']
    flows: list[str] = []
    previous = "Start"
    for number, name in enumerate(TASKS):
        flow = f"F{number}"
        flows.append(f'<sequenceFlow id="{flow}" sourceRef="{previous}" targetRef="{name}"/>')
        nodes.append(
            f'<userTask id="{name}" name="{name}" camunda:candidateGroups="reviewer" camunda:priority="60">'
            f"<incoming>{flow}</incoming><outgoing>F{number + 1}</outgoing></userTask>"
        )
        previous = name
    last = len(TASKS)
    nodes.append(
        f'<exclusiveGateway id="Way" default="No"><incoming>F{last}</incoming>'
        "<outgoing>Yes</outgoing><outgoing>No</outgoing></exclusiveGateway>"
        '<endEvent id="Approved"><incoming>Yes</incoming></endEvent><endEvent id="Declined"><incoming>No</incoming></endEvent>'
    )
    flows.append(
        f'<sequenceFlow id="F{last}" sourceRef="{previous}" targetRef="Way"/>'
        '<sequenceFlow id="Yes" sourceRef="Way" targetRef="Approved">'
        '<conditionExpression xsi:type="tFormalExpression">${decision == "approve"}</conditionExpression></sequenceFlow>'
        '<sequenceFlow id="No" sourceRef="Way" targetRef="Declined"/>'
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:camunda="http://camunda.org/schema/1.0/bpmn" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="D" targetNamespace="loanflow">'
        '<process id="loan" name="Loan" isExecutable="true" camunda:historyTimeToLive="P180D">'
        f"{''.join(nodes)}{''.join(flows)}</process></definitions>"
    ).encode()


def prepare(file: Path, cases: int) -> None:
    """Make the database that every round starts from."""
    engine = Engine(f"sqlite:///{file}")
    engine.upgrade_database()
    engine.deploy({"loan.bpmn": diagram()}, by="benchmark")
    for number in range(cases):
        engine.start(
            "loan",
            key=f"LN-{number:06d}",
            variables={"amount": 90_000 + number, "applicant": "王芳", "term": 36, "purpose": "renovation"},
            by="web:apply",
        )
    engine.close()
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def copy_of(file: Path, name: str) -> Path:
    """Copy the prepared database for one round."""
    copy = file.with_name(name)
    for leftover in file.parent.glob(f"{name}*"):
        leftover.unlink()
    shutil.copyfile(file, copy)
    return copy


def complete_all(engine: Engine, seed: int) -> Round:
    """Complete every task of every case; time the completions only."""
    draw = random.Random(seed)
    wall = cpu = 0.0
    completions = 0
    for _ in TASKS:
        tasks = open_tasks(engine)
        draw.shuffle(tasks)
        cpu_begun, begun = time.process_time(), time.perf_counter()
        for task in tasks:
            engine.complete(task, {"decision": "approve", "comment": "documents complete, income verified"}, by=OFFICER)
        wall += time.perf_counter() - begun
        cpu += time.process_time() - cpu_begun
        completions += len(tasks)
    return Round(wall, cpu, completions)


def open_tasks(engine: Engine) -> list[str]:
    """Read the whole task list, page by page."""
    found: list[str] = []
    after: str | None = None
    while True:
        page = engine.tasks(TaskQuery(scope=Scope.ALL, limit=200, after=after))
        found += [task.id for task in page.items]
        after = page.next
        if after is None:
            return found


def recorded(file: Path, seed: int) -> list[Statements]:
    """Run a round that is not timed and keep what it wrote, transaction by transaction."""
    engine = Engine(f"sqlite:///{file}")
    transactions: list[Statements] = []
    current: Statements = []

    def statement(_connection: Any, _cursor: Any, sql: str, parameters: Any, _context: Any, executemany: bool) -> None:
        if sql.lstrip().upper().startswith(WRITES):
            current.append((sql, parameters, executemany))

    def commit(_connection: Any) -> None:
        if current:
            transactions.append(list(current))
            current.clear()

    event.listen(engine.store.engine, "before_cursor_execute", statement)
    event.listen(engine.store.engine, "commit", commit)
    complete_all(engine, seed)
    engine.close()
    return transactions


def replayed(file: Path, transactions: list[Statements]) -> Round:
    """Write the same rows with nothing but the driver."""
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        cpu_begun, begun = time.process_time(), time.perf_counter()
        for statements in transactions:
            connection.execute("BEGIN IMMEDIATE")
            for sql, parameters, many in statements:
                if many:
                    connection.executemany(sql, parameters)
                else:
                    connection.execute(sql, parameters)
            connection.execute("COMMIT")
        return Round(time.perf_counter() - begun, time.process_time() - cpu_begun, len(transactions))


def same_end(file: Path, other: Path) -> bool:
    """Say whether both sides left as many rows behind, all cases over."""

    def rows(database: Path) -> list[Any]:
        with contextlib.closing(sqlite3.connect(database)) as connection:
            texts = (
                "SELECT count(*) FROM loanflow_audit_entries",
                "SELECT status, count(*) FROM loanflow_tasks GROUP BY status",
                "SELECT status, count(*) FROM loanflow_cases GROUP BY status",
            )
            return [connection.execute(text).fetchall() for text in texts]

    return rows(file) == rows(other)


def main() -> None:
    """Run the rounds, print a table and one line of JSON."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--cases", type=int, default=150)
    options.add_argument("--rounds", type=int, default=3)
    chosen = options.parse_args()
    engine_rounds: list[Round] = []
    floor_rounds: list[Round] = []
    written: list[Statements] = []
    with tempfile.TemporaryDirectory(prefix="loanflow-bench-") as folder:
        base = Path(folder) / "base.db"
        prepare(base, chosen.cases)
        for number in range(chosen.rounds):
            if not written:
                written = recorded(copy_of(base, "recorded.db"), seed=0)
            timed = copy_of(base, "timed.db")
            engine = Engine(f"sqlite:///{timed}")
            engine_rounds.append(complete_all(engine, seed=number))
            engine.close()
            floor = copy_of(base, "floor.db")
            floor_rounds.append(replayed(floor, written))
            if not same_end(timed, floor):
                raise SystemExit("the two sides did not write the same rows")
    statements = statistics.mean(len(transaction) for transaction in written)
    rows = statistics.mean(sum(len(parameters) if many else 1 for _, parameters, many in transaction) for transaction in written)
    ours = statistics.median(each.rate for each in engine_rounds)
    bare = statistics.median(each.rate for each in floor_rounds)
    cpu = statistics.median(each.cpu / each.completions for each in engine_rounds) * 1e6
    bare_cpu = statistics.median(each.cpu / each.completions for each in floor_rounds) * 1e6
    print(f"user tasks completed per second, SQLite {sqlite3.sqlite_version}, WAL, synchronous FULL, one thread")
    print(f"{chosen.cases} cases x {len(TASKS)} tasks, {chosen.rounds} rounds in turn; median (best)")
    print(f"{'':34}{'per second':>18}{'CPU us each':>14}")
    print(f"{'LoanFlow, engine.complete':34}{ours:>9.0f} ({max(each.rate for each in engine_rounds):>5.0f}){cpu:>14.0f}")
    print(f"{'bare SQL, the same rows':34}{bare:>9.0f} ({max(each.rate for each in floor_rounds):>5.0f}){bare_cpu:>14.0f}")
    print(f"{'share of the bare SQL':34}{ours / bare:>9.0%}")
    print(f"each completion writes {rows:.1f} rows with {statements:.1f} statements")
    figures = {
        "benchmark": "case_throughput",
        "completions_per_second": round(ours),
        "bare_sql_per_second": round(bare),
        "share_of_bare_sql": round(ours / bare, 3),
        "cpu_us_per_completion": round(cpu),
        "rows_per_completion": round(rows, 1),
        "statements_per_completion": round(statements, 1),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
