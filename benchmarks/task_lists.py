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
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Connection, Integer, MetaData, Table, event, text
from sqlalchemy.schema import DropSchema

from loanflow import Actor, Engine
from loanflow.engine import Scope, TaskQuery
from loanflow.store.search_values import Criterion
from loanflow.store.task_search_values import EVERYONE
from loanflow.store.types import Instant

SMALL, LARGE = 10_000, 1_000_000
PARTS = 4096
GROUPS = [f"desk-{number:02d}" for number in range(20)]
REGIONS = [f"region-{number:02d}" for number in range(40)]
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
DUE = [NOON + timedelta(minutes=17 * step - 14_400) for step in range(5_000)]
ELSEWHERE, MILLIONS = "elsewhere", 1_000_000
"""A region and amounts that half the tasks of one desk have; half of another desk's are of the product ``lease``."""
AMOUNTS = 500_009
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


def region(name: str) -> tuple[Criterion, ...]:
    """Ask for a region: one of forty, or of a special one."""
    return (Criterion(name="region", comparison="=", value=name),)


def at_least(sum_of_money: int) -> tuple[Criterion, ...]:
    """Ask for an amount of at least so much."""
    return (Criterion(name="amount", comparison=">=", value=Decimal(sum_of_money)),)


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
    "inbox, twenty groups": task_list(groups=tuple(GROUPS)),
    "inbox, second page": second_page,
    "counts": lambda engine, person: engine.task_counts(Actor(person.user, groups=person.groups)),
    "my own": task_list(scope=Scope.MINE),
    "overdue": task_list(due_before=NOON),
    "one product": task_list(process_key="card"),
    "amount at least": task_list(process_key="loan", criteria=at_least(200_000)),
    "amount exactly": task_list(
        scope=Scope.ALL,
        process_key="loan",
        criteria=lambda person: (Criterion(name="amount", comparison="=", value=amount(person.number)),),
    ),
    "region": task_list(process_key="loan", criteria=region(REGIONS[7])),
    "region, twenty groups": task_list(groups=tuple(GROUPS), process_key="loan", criteria=region(REGIONS[7])),
    "region and amount": task_list(process_key="loan", criteria=region(REGIONS[7]) + at_least(200_000)),
    "region, everyone's": task_list(scope=Scope.ALL, process_key="loan", criteria=region(REGIONS[7])),
    "region of others": task_list(groups=tuple(GROUPS[:3]), process_key="loan", criteria=region(ELSEWHERE)),
    "region of nobody": task_list(process_key="loan", criteria=region("nowhere")),
    "amount of others": task_list(groups=tuple(GROUPS[:3]), process_key="loan", criteria=at_least(MILLIONS)),
    "product of others": task_list(groups=tuple(GROUPS[:3]), process_key="lease"),
    "application number": task_list(scope=Scope.ALL, business_key_prefix=lambda person: key(person.number)),
    "all of a product": task_list(scope=Scope.ALL, process_key="card"),
}


def key(number: int) -> str:
    """The application number."""
    return f"LN-{number:07d}"


def amount(number: int) -> Decimal:
    """The amount applied for, nearly everyone's own."""
    return Decimal(10_000 + number * 7919 % AMOUNTS + (MILLIONS if number % 40 == 39 else 0))


def person_of(number: int) -> str:
    """Whose tasks those around this number are."""
    return f"user-{number // PEOPLE_EACH}"


def fill(engine: Engine, count: int) -> None:
    """Multiply the rows of one case in the database itself, which takes a minute or two for a million."""
    engine.upgrade_database()
    engine.deploy({"loan.bpmn": DIAGRAM}, by="benchmark")
    engine.start("loan", key="LN", variables={"amount": 1, "region": "x"}, by="benchmark")
    # No connection of the engine's own may stay open while the journal is switched off.
    engine.store.close()
    tables, sqlite = engine.store.tables, engine.store.dialect == "sqlite"
    with engine.store.engine.connect() as connection:
        quick = ("journal_mode = OFF", "synchronous = OFF", "cache_size = -200000") if sqlite else ()
        for setting in quick:
            connection.exec_driver_sql(f"PRAGMA {setting}")
        connection.commit()
        numbered(connection, count)
        multiply(connection, tables.cases, {"id": "n.case_id", "business_key": "n.business_key"})
        due = {"due_at": "n.due", "due_order": "n.due"}
        multiply(connection, tables.tasks, {"id": "n.task_id", "business_key": "n.business_key", "assignee": "n.person"} | due)
        claimable = {"task_id": "n.task_id", "name": "n.desk", "claimable": "n.number % 10 <> 0", "due_order": "n.due"}
        multiply(connection, tables.task_candidates, claimable)
        region, money = (f"CASE template.name WHEN '{name}' THEN n.{name} END" for name in ("region", "amount"))
        values = {"text_value": region, "number_value": money}
        multiply(connection, tables.search_values, values)
        named = "CASE WHEN n.person IS NULL THEN 'group:' || n.desk ELSE 'assignee:' || n.person END"
        who = f"CASE template.viewer WHEN '{EVERYONE}' THEN template.viewer ELSE {named} END"
        multiply(connection, tables.task_search_values, values | {"task_id": "n.task_id", "viewer": who, "due_order": "n.due"})
        if sqlite:
            connection.exec_driver_sql("PRAGMA journal_mode = WAL")
    # Connections as any program has them, none with what made the filling quick.
    engine.store.engine.dispose()
    if not sqlite:
        with engine.store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")


def numbered(connection: Connection, count: int) -> None:
    """Make a passing table of what differs from case to case, in the order of the primary keys."""
    sqlite = connection.dialect.name == "sqlite"

    def padded(value: str, digits: int, form: str = "x") -> str:
        if sqlite:
            return f"printf('%0{digits}{form}', {value})"
        return f"lpad({f'to_hex({value})' if form == 'x' else f'({value})::text'}, {digits}, '0')"

    def identifier(kind: str) -> str:
        # An id of the engine's form that sorts by number within its part.
        first = f"'019c' || {padded('number >> 16', 4)} || '-' || {padded('number & 65535', 4)}"
        return f"{first} || '-7' || {padded(f'number % {PARTS}', 3)} || '-8{kind}-' || {padded('number', 12)}"

    money = f"(10000 + number * 7919 % {AMOUNTS} + CASE number % 40 WHEN 39 THEN {MILLIONS} ELSE 0 END)"
    # As the store writes numbers where the database has none of its own: they sort as texts.
    sortable = f"'11000' || (length({money}) - 1) || rtrim({money}, '0')"
    dues = Table("dues", MetaData(), Column("step", Integer, primary_key=True), Column("due", Instant), prefixes=["TEMPORARY"])
    dues.create(connection)
    connection.execute(dues.insert(), [{"step": step, "due": due} for step, due in enumerate(DUE)])
    ordinary = f"'region-' || {padded(f'number * 7919 / 100 % {len(REGIONS)}', 2, 'd')}"
    # Product and region have nothing to do with the desk: a tenth and a fortieth of what waits at each.
    columns = {
        "case_id": identifier("000"),
        "task_id": identifier("001"),
        "business_key": f"'LN-' || {padded('number', 7, 'd')}",
        "process_key": "CASE WHEN number % 40 = 38 THEN 'lease' WHEN number * 104729 / 1000 % 10 = 3 THEN 'card' ELSE 'loan' END",
        "person": f"CASE number % 10 WHEN 0 THEN 'user-' || number / {PEOPLE_EACH} END",
        "desk": f"'desk-' || {padded(f'number % {len(GROUPS)}', 2, 'd')}",
        "region": f"CASE number % 40 WHEN 39 THEN '{ELSEWHERE}' ELSE {ordinary} END",
        "amount": sortable if sqlite else money,
    }
    made = ", ".join(f"{value} AS {name}" for name, value in columns.items())
    connection.execute(
        text(
            f"""CREATE TEMPORARY TABLE numbered AS
            WITH RECURSIVE counted(number) AS (SELECT CAST(0 AS BIGINT) UNION ALL SELECT number + 1 FROM counted WHERE number + 1 < {count})
            SELECT number, number % {PARTS} AS part, {made}, due
            FROM counted JOIN dues ON dues.step = number * 31 % {len(DUE)} ORDER BY number % {PARTS}, number"""
        )
    )


def multiply(connection: Connection, table: Table, differing: Mapping[str, str]) -> None:
    """Replace the rows of a table by copies of each, its indexes made afterwards; ``differing`` gives SQL for columns."""
    connection.exec_driver_sql(f"CREATE TEMPORARY TABLE template AS SELECT * FROM {table.fullname}")
    connection.execute(table.delete())
    for index in table.indexes:
        index.drop(connection)
    columns = [column.name for column in table.columns]
    every = {name: f"n.{name}" for name in ("part", "case_id", "process_key")}
    values = ", ".join((every | differing).get(name, f'template."{name}"') for name in columns)
    names = ", ".join(f'"{name}"' for name in columns)
    # In the order of the numbers, so that primary keys grow at their end.
    connection.execute(text(f"INSERT INTO {table.fullname} ({names}) SELECT {values} FROM numbered AS n CROSS JOIN template"))
    connection.exec_driver_sql("DROP TABLE template")
    for index in sorted(table.indexes, key=lambda index: str(index.name)):
        index.create(connection)
    connection.commit()


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
        for number in (7, size - 1):
            # What was made looks as the engine's own rows do.
            (found,) = QUESTIONS["application number"](engine, Person("nobody", (), number)).items
            assert found in QUESTIONS["amount exactly"](engine, Person("nobody", (), number)).items or found.process_key == "card"
    print(f"\n{name}: filled in {time.perf_counter() - begun:.0f} s")
    small, large = opened.values()
    sizes = tuple(opened)
    return measured(small, large, (sizes[0], sizes[1]), rounds)


def main() -> None:
    """Run on each database; print tables and one line of JSON."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--tasks", type=int, default=LARGE)
    options.add_argument("--rounds", type=int, default=100)
    options.add_argument("--no-sqlite", action="store_true")
    options.add_argument("--postgresql", default=os.environ.get("LOANFLOW_TEST_POSTGRESQL"))
    chosen = options.parse_args()
    figures: dict[str, Any] = {"benchmark": "task_lists", "tasks": chosen.tasks}
    sizes = (SMALL, chosen.tasks)
    with tempfile.TemporaryDirectory(prefix="loanflow-bench-") as folder:
        if not chosen.no_sqlite:
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
