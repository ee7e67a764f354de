"""How long task lists and counts take at a million open tasks, against ten thousand: python -m benchmarks.task_lists.

A list must cost what it shows, not what there is. The rows are those of one case that the engine itself started, multiplied:
twenty groups share the tasks, every tenth is assigned, the due dates spread over sixty days. Each query goes through the public
API, in turn on the small and on the large database, and must be one statement. SQLite always, PostgreSQL where
LOANFLOW_TEST_POSTGRESQL or --postgresql names one.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import Table, event
from sqlalchemy.schema import DropSchema

from loanflow import Actor, Engine
from loanflow.engine import Scope, TaskQuery
from loanflow.store.search_values import Criterion
from loanflow.store.types import instant_text, number_text

SMALL, LARGE = 10_000, 1_000_000
PARTS = 4096
GROUPS = [f"desk-{number:02d}" for number in range(20)]
REGIONS = [f"region-{number:02d}" for number in range(40)]
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
DUE = [NOON + timedelta(minutes=17 * step - 14_400) for step in range(5_000)]
PEOPLE_EACH = 2_000
"""One person per so many tasks: everyone has two hundred, however many there are in all."""

DIAGRAM = b"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:camunda="http://camunda.org/schema/1.0/bpmn" id="D"
  targetNamespace="loanflow"><process id="loan" name="Loan" isExecutable="true" camunda:historyTimeToLive="P180D">
  <extensionElements><camunda:properties><camunda:property name="loanflow:search-columns" value="amount:number, region:text"/>
  </camunda:properties></extensionElements>
  <startEvent id="Start"><outgoing>a</outgoing></startEvent><sequenceFlow id="a" sourceRef="Start" targetRef="Review"/>
  <userTask id="Review" name="Review" camunda:candidateGroups="desk-00" camunda:dueDate="2026-03-02T12:00:00Z">
  <incoming>a</incoming><outgoing>b</outgoing></userTask><sequenceFlow id="b" sourceRef="Review" targetRef="End"/>
  <endEvent id="End"><incoming>b</incoming></endEvent></process></definitions>"""

Row = dict[str, Any]
Ask = Callable[[Engine, "Person"], Any]


@dataclass(frozen=True, slots=True)
class Person:
    """Who asks, and about which application."""

    user: str
    groups: tuple[str, ...]
    number: int


@dataclass(slots=True)
class Question:
    """A list or count, and the milliseconds it took on the small and on the large database."""

    ask: Ask
    small: list[float]
    large: list[float]


def task_list(**filters: Any) -> Ask:
    """Ask for the first page of what the person holds or may claim."""

    def ask(engine: Engine, person: Person) -> Any:
        given = {name: value(person) if callable(value) else value for name, value in filters.items()}
        query = {"scope": Scope.MINE_AND_CLAIMABLE, "user": person.user, "groups": person.groups} | given
        return engine.tasks(TaskQuery(**query))

    return ask


def second_page(engine: Engine, person: Person) -> Any:
    """Turn the page; the first one is not counted."""
    return engine.tasks(TaskQuery(scope=Scope.CLAIMABLE, user=person.user, groups=person.groups, after=AFTER[engine]))


AFTER: dict[Engine, str] = {}

QUESTIONS: dict[str, Ask] = {
    "inbox page": task_list(),
    "inbox, second page": second_page,
    "counts": lambda engine, person: engine.task_counts(Actor(person.user, groups=person.groups)),
    "my own": task_list(scope=Scope.MINE),
    "overdue": task_list(due_before=NOON),
    "one product": task_list(process_key="card"),
    "amount at least": task_list(process_key="loan", criteria=(Criterion(name="amount", comparison=">=", value=Decimal(200_000)),)),
    "amount exactly": task_list(
        scope=Scope.ALL,
        process_key="loan",
        criteria=lambda person: (Criterion(name="amount", comparison="=", value=amount(person.number)),),
    ),
    "region": task_list(process_key="loan", criteria=(Criterion(name="region", comparison="=", value=REGIONS[7]),)),
    "application number": task_list(scope=Scope.ALL, business_key_prefix=lambda person: key(person.number)),
    "all of a product": task_list(scope=Scope.ALL, process_key="card"),
}


def key(number: int) -> str:
    """The application number."""
    return f"LN-{number:07d}"


def amount(number: int) -> Decimal:
    """The amount applied for, nearly everyone's own."""
    return Decimal(10_000 + number * 7919 % 500_009)


def identifier(number: int, kind: str) -> str:
    """An id of the engine's form that sorts by number within its part."""
    return f"019c{number >> 16:04x}-{number & 0xFFFF:04x}-7{number % PARTS:03x}-8{kind}-{number:012x}"


def numbers(count: int) -> Iterator[int]:
    """All numbers, in the order of their parts, so that primary keys grow at their end."""
    for part in range(PARTS):
        yield from range(part, count, PARTS)


def fill(engine: Engine, count: int) -> None:
    """Multiply the rows of one case."""
    engine.upgrade_database()
    engine.deploy({"loan.bpmn": DIAGRAM}, by="benchmark")
    engine.start("loan", key="LN", variables={"amount": 1, "region": "x"}, by="benchmark")
    tables, sqlite = engine.store.tables, engine.store.dialect == "sqlite"
    dues: Sequence[Any] = [instant_text(due) for due in DUE] if sqlite else DUE

    def case(row: Row, number: int) -> Row:
        return row | {"id": identifier(number, "000"), "business_key": key(number), "process_key": product(number)}

    def task(row: Row, number: int) -> Row:
        due = dues[number * 31 % len(dues)]
        mine = person_of(number) if number % 10 == 0 else None
        own = {"id": identifier(number, "001"), "case_id": identifier(number, "000"), "business_key": key(number)}
        return row | own | {"process_key": product(number), "assignee": mine, "due_at": due, "due_order": due}

    def candidate(row: Row, number: int) -> Row:
        claimable = number % 10 != 0
        own = {"task_id": identifier(number, "001"), "case_id": identifier(number, "000"), "name": GROUPS[number % len(GROUPS)]}
        due = dues[number * 31 % len(dues)]
        return row | own | {"process_key": product(number), "claimable": int(claimable) if sqlite else claimable, "due_order": due}

    def searched(row: Row, number: int) -> Row:
        own: Row = {"case_id": identifier(number, "000"), "process_key": product(number)}
        if row["name"] == "region":
            return row | own | {"text_value": REGIONS[number % len(REGIONS)]}
        return row | own | {"number_value": number_text(amount(number)) if sqlite else amount(number)}

    rows = {tables.cases: case, tables.tasks: task, tables.task_candidates: candidate, tables.search_values: searched}
    for table, made in rows.items():
        multiply(engine, table, made, count)
    if not sqlite:
        with engine.store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ANALYZE")


def product(number: int) -> str:
    """Every tenth application is for a card."""
    return "card" if number % 10 == 3 else "loan"


def person_of(number: int) -> str:
    """Whose tasks those around this number are."""
    return f"user-{number // PEOPLE_EACH}"


def multiply(engine: Engine, table: Table, made: Callable[[Row, int], Row], count: int) -> None:
    """Replace the rows of a table by ``count`` copies of each, its indexes made afterwards."""
    with engine.store.engine.begin() as connection:
        found = connection.exec_driver_sql(f"SELECT * FROM {table.fullname}")
        names = list(found.keys())
        templates: list[Row] = [dict(zip(names, row, strict=True)) for row in found]
        connection.execute(table.delete())
        for index in table.indexes:
            index.drop(connection)
        rows = (tuple((made(row, number) | {"part": number % PARTS}).values()) for number in numbers(count) for row in templates)
        driver: Any = connection.connection.dbapi_connection
        if engine.store.dialect == "sqlite":
            driver.execute("PRAGMA cache_size = -200000")
            driver.executemany(f"INSERT INTO {table.fullname} VALUES ({', '.join('?' * len(names))})", rows)
        else:
            quoted = ", ".join(f'"{name}"' for name in names)
            with driver.cursor().copy(f"COPY {table.fullname} ({quoted}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        for index in table.indexes:
            index.create(connection)


def asked(engine: Engine, ask: Ask, person: Person) -> float:
    """Ask once; return the milliseconds."""
    begun = time.perf_counter()
    ask(engine, person)
    return (time.perf_counter() - begun) * 1e3


def statements_of(engine: Engine, ask: Ask, person: Person) -> int:
    """Count the statements of one question."""
    seen: list[str] = []

    def statement(_connection: Any, _cursor: Any, sql: str, *_: Any) -> None:
        if not sql.startswith("BEGIN"):
            seen.append(sql)

    event.listen(engine.store.engine, "before_cursor_execute", statement)
    ask(engine, person)
    event.remove(engine.store.engine, "before_cursor_execute", statement)
    return len(seen)


def measured(small: Engine, large: Engine, sizes: tuple[int, int], rounds: int) -> dict[str, Any]:
    """Ask everything in turn, on both; print a line each."""
    draw = random.Random(7)
    for engine in (small, large):
        first = engine.tasks(TaskQuery(scope=Scope.CLAIMABLE, user="nobody", groups=tuple(GROUPS[:3])))
        assert first.next is not None
        AFTER[engine] = first.next
    questions = {name: Question(ask, [], []) for name, ask in QUESTIONS.items()}
    for turn in range(rounds + 3):
        for question in questions.values():
            groups = tuple(draw.sample(GROUPS, 3))
            for engine, size, times in ((small, sizes[0], question.small), (large, sizes[1], question.large)):
                number = draw.randrange(size)
                took = asked(engine, question.ask, Person(person_of(number), groups, number))
                if turn >= 3:
                    times.append(took)
    print(f"{'':22}{f'{sizes[0]:,} tasks':>18}{f'{sizes[1]:,} tasks':>20}{'ratio':>8}{'statements':>12}")
    print(f"{'milliseconds':22}{'p50':>9}{'p95':>9}{'p50':>11}{'p95':>9}{'of p50':>8}")
    figures: dict[str, Any] = {}
    for name, question in questions.items():
        few, many = spread(question.small), spread(question.large)
        statements = statements_of(large, question.ask, Person(person_of(0), tuple(GROUPS[:3]), 7))
        ratio = many[0] / few[0]
        print(f"{name:22}{few[0]:>9.2f}{few[1]:>9.2f}{many[0]:>11.2f}{many[1]:>9.2f}{ratio:>8.2f}{statements:>12}")
        figures[name] = {"p50_ms": round(many[0], 3), "p95_ms": round(many[1], 3), "ratio": round(ratio, 2), "statements": statements}
    return figures


def spread(times: list[float]) -> tuple[float, float]:
    """Return the median and the time that nineteen of twenty stay below."""
    return statistics.median(times), statistics.quantiles(times, n=20)[-1]


def compared(name: str, opened: Mapping[int, Engine], rounds: int) -> dict[str, Any]:
    """Fill both databases, and measure."""
    begun = time.perf_counter()
    for size, engine in opened.items():
        fill(engine, size)
    print(f"\n{name}: filled in {time.perf_counter() - begun:.0f} s")
    small, large = opened.values()
    sizes = tuple(opened)
    return measured(small, large, (sizes[0], sizes[1]), rounds)


def main() -> None:
    """Run on each database; print tables and one line of JSON."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--tasks", type=int, default=LARGE)
    options.add_argument("--rounds", type=int, default=100)
    options.add_argument("--postgresql", default=os.environ.get("LOANFLOW_TEST_POSTGRESQL"))
    chosen = options.parse_args()
    figures: dict[str, Any] = {"benchmark": "task_lists", "tasks": chosen.tasks}
    sizes = (SMALL, chosen.tasks)
    with tempfile.TemporaryDirectory(prefix="loanflow-bench-") as folder:
        engines = {size: Engine(f"sqlite:///{Path(folder) / f'{size}.db'}") for size in sizes}
        figures["sqlite"] = compared("SQLite", engines, chosen.rounds)
        for engine in engines.values():
            engine.close()
    if chosen.postgresql:
        schemas = {size: f"loanflow_bench_{size}" for size in sizes}
        engines = {size: Engine(chosen.postgresql, schema=schema) for size, schema in schemas.items()}
        try:
            figures["postgresql"] = compared("PostgreSQL", engines, chosen.rounds)
        finally:
            for size, engine in engines.items():
                with engine.store.engine.begin() as connection:
                    connection.execute(DropSchema(schemas[size], cascade=True, if_exists=True))
                engine.close()
    else:
        print("\nPostgreSQL: no database named, left out")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
