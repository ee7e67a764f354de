"""How many user tasks are completed per second, durably, through the public API: python -m benchmarks.case_throughput.

The baseline is the database itself: the very statements that the engine's completions wrote, with the very values, replayed
through the bare driver on a copy of the same database, one transaction for one. Both sides run with the same durability (SQLite:
WAL and ``synchronous = FULL``; PostgreSQL as it is set up), round by round in turn, so that the disk's moods meet both. A round
completes every task of the process below for all cases, in random order; reading the task list between them is not timed.
The engine recalls the cases it left last; ``--recalled 0`` has it read every case from the database.
SQLite always, PostgreSQL where LOANFLOW_TEST_POSTGRESQL or --postgresql names a server on which databases may be made.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import shutil
import sqlite3
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import create_engine, event

from loanflow import Actor, Engine
from loanflow.engine import Scope, Settings, TaskQuery

OFFICER = Actor("li.na", groups=("reviewer",), source="web:10.0.0.7")
TASKS = ("Intake", "Check", "Review", "Approve")
WRITES = ("INSERT", "UPDATE", "DELETE", "WITH")

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


class SQLiteFiles:
    """Databases as files of one folder."""

    title = f"SQLite {sqlite3.sqlite_version}, WAL, synchronous FULL"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def url(self, name: str) -> str:
        """Name a database."""
        return f"sqlite:///{self.folder / name}.db"

    def copy(self, name: str) -> str:
        """Copy the base for one round; return its URL."""
        for leftover in self.folder.glob(f"{name}.db*"):
            leftover.unlink()
        with contextlib.closing(sqlite3.connect(self.folder / "base.db")) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copyfile(self.folder / "base.db", self.folder / f"{name}.db")
        return self.url(name)

    def replay(self, name: str, transactions: list[Statements]) -> Round:
        """Write the same rows with nothing but the driver."""
        with contextlib.closing(sqlite3.connect(self.folder / f"{name}.db", isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            return replayed(connection, transactions, begin="BEGIN IMMEDIATE")

    def close(self) -> None:
        """Nothing stays open."""


class PostgreSQLDatabases:
    """Databases of one server, made after the template of the first."""

    def __init__(self, url: str) -> None:
        self.server = create_engine(url, isolation_level="AUTOCOMMIT")
        self.made: set[str] = set()
        with self.server.connect() as connection:
            self.title = f"PostgreSQL {connection.exec_driver_sql('SHOW server_version').scalar()}"

    def url(self, name: str) -> str:
        """Name a database, made if it is not there."""
        if name not in self.made:
            self.copy(name, "template1")
        return self.server.url.set(database=f"loanflow_bench_{name}").render_as_string(hide_password=False)

    def copy(self, name: str, template: str = "loanflow_bench_base") -> str:
        """Copy the base for one round; return its URL."""
        self.made.add(name)
        with self.server.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE IF EXISTS loanflow_bench_{name}")
            connection.exec_driver_sql(f"CREATE DATABASE loanflow_bench_{name} TEMPLATE {template}")
        return self.url(name)

    def replay(self, name: str, transactions: list[Statements]) -> Round:
        """Write the same rows with nothing but the driver at its best: its pipeline, and numbered parameters, not looked for."""
        transactions = [[(numbered(sql), rows, many) for sql, rows, many in statements] for statements in transactions]
        url = self.server.url.set(drivername="postgresql", database=f"loanflow_bench_{name}")
        with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as connection:
            cursor = psycopg.RawCursor(connection)
            cpu_begun, begun = time.process_time(), time.perf_counter()
            for statements in transactions:
                with connection.pipeline(), connection.transaction():
                    for sql, parameters, many in statements:
                        if many:
                            cursor.executemany(sql, parameters)
                        else:
                            cursor.execute(sql, parameters)
            return Round(time.perf_counter() - begun, time.process_time() - cpu_begun, len(transactions))

    def close(self) -> None:
        """Remove what was made."""
        with self.server.connect() as connection:
            for name in self.made:
                connection.exec_driver_sql(f"DROP DATABASE IF EXISTS loanflow_bench_{name}")
        self.server.dispose()


Databases = SQLiteFiles | PostgreSQLDatabases


def numbered(sql: str) -> str:
    """Write ``%s``, ``%s`` as ``$1``, ``$2``."""
    first, *others = sql.split("%s")
    return first + "".join(f"${number}{text}" for number, text in enumerate(others, 1))


def prepare(url: str, cases: int) -> None:
    """Make the database that every round starts from."""
    engine = Engine(url)
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


def recorded(url: str, seed: int) -> list[Statements]:
    """Run a round that is not timed and keep what it wrote, transaction by transaction."""
    engine = Engine(url)
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


def rows_of(statement: tuple[str, Any, bool]) -> int:
    """Count the rows a statement writes: an INSERT may name several."""
    sql, parameters, many = statement
    return len(parameters) if many else sql.count("), (") + 1


def replayed(connection: sqlite3.Connection, transactions: list[Statements], *, begin: str) -> Round:
    """Write the rows, one transaction for one."""
    cpu_begun, begun = time.process_time(), time.perf_counter()
    for statements in transactions:
        connection.execute(begin)
        for sql, parameters, many in statements:
            if many:
                connection.executemany(sql, parameters)
            else:
                connection.execute(sql, parameters)
        connection.execute("COMMIT")
    return Round(time.perf_counter() - begun, time.process_time() - cpu_begun, len(transactions))


def same_end(url: str, other: str) -> bool:
    """Say whether both sides left as many rows behind, all cases over."""

    def rows(database: str) -> list[Any]:
        engine = create_engine(database)
        with engine.connect() as connection:
            texts = (
                "SELECT count(*) FROM loanflow_audit_entries",
                "SELECT status, count(*) FROM loanflow_tasks GROUP BY status",
                "SELECT status, count(*) FROM loanflow_cases GROUP BY status",
            )
            found = [connection.exec_driver_sql(text).all() for text in texts]
        engine.dispose()
        return found

    return rows(url) == rows(other)


def compared(databases: Databases, cases: int, rounds: int, settings: Settings) -> dict[str, Any]:
    """Run the rounds on one kind of database; print a table."""
    prepare(databases.url("base"), cases)
    written = recorded(databases.copy("recorded"), seed=0)
    engine_rounds: list[Round] = []
    floor_rounds: list[Round] = []
    for number in range(rounds):
        timed = databases.copy("timed")
        engine = Engine(timed, settings=settings)
        engine_rounds.append(complete_all(engine, seed=number))
        engine.close()
        floor = databases.copy("floor")
        floor_rounds.append(databases.replay("floor", written))
        if not same_end(timed, floor):
            raise SystemExit("the two sides did not write the same rows")
    statements = statistics.mean(len(transaction) for transaction in written)
    rows = statistics.mean(sum(map(rows_of, transaction)) for transaction in written)
    ours = statistics.median(each.rate for each in engine_rounds)
    bare = statistics.median(each.rate for each in floor_rounds)
    cpu = statistics.median(each.cpu / each.completions for each in engine_rounds) * 1e6
    bare_cpu = statistics.median(each.cpu / each.completions for each in floor_rounds) * 1e6
    print(f"user tasks completed per second, {databases.title}, one thread")
    print(f"{cases} cases x {len(TASKS)} tasks, {rounds} rounds in turn; median (best); cases recalled: up to {settings.recalled_cases}")
    print(f"{'':34}{'per second':>18}{'CPU us each':>14}")
    print(f"{'LoanFlow, engine.complete':34}{ours:>9.0f} ({max(each.rate for each in engine_rounds):>5.0f}){cpu:>14.0f}")
    print(f"{'bare SQL, the same rows':34}{bare:>9.0f} ({max(each.rate for each in floor_rounds):>5.0f}){bare_cpu:>14.0f}")
    print(f"{'share of the bare SQL':34}{ours / bare:>9.0%}")
    print(f"each completion writes {rows:.1f} rows with {statements:.1f} statements\n")
    return {
        "completions_per_second": round(ours),
        "bare_sql_per_second": round(bare),
        "share_of_bare_sql": round(ours / bare, 3),
        "cpu_us_per_completion": round(cpu),
        "rows_per_completion": round(rows, 1),
        "statements_per_completion": round(statements, 1),
    }


def main() -> None:
    """Run on each database; print tables and one line of JSON."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--cases", type=int, default=150)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--postgresql", default=os.environ.get("LOANFLOW_TEST_POSTGRESQL"))
    options.add_argument(
        "--recalled", type=int, default=Settings().recalled_cases, help="how many cases the engine remembers; 0 reads each"
    )
    chosen = options.parse_args()
    settings = Settings(recalled_cases=chosen.recalled)
    figures: dict[str, Any] = {"benchmark": "case_throughput"}
    with tempfile.TemporaryDirectory(prefix="loanflow-bench-") as folder:
        figures["sqlite"] = compared(SQLiteFiles(Path(folder)), chosen.cases, chosen.rounds, settings)
    if chosen.postgresql:
        databases = PostgreSQLDatabases(chosen.postgresql)
        try:
            figures["postgresql"] = compared(databases, chosen.cases, chosen.rounds, settings)
        finally:
            databases.close()
    else:
        print("PostgreSQL: no server named, left out")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
