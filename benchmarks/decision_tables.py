"""Decisions per second: our tables beside SpiffWorkflow's DMN engine, zen-engine and an if-chain in Python, in one run.

Tables of five inputs (numbers, strings, dates, mixed; ``benchmarks.tables``) with 10 to 10,000 rules, under FIRST, UNIQUE and
COLLECT SUM. Ours runs with its duties on: Python numbers count as exact decimals, types are checked, UNIQUE is checked, each
caller gets a value of its own. ``traced`` keeps why as well (the inputs and rule ids are in the trace). What the others do:

- ``spiff``: SpiffWorkflow 3.2.0 (Python cells). It stops at the first match, also under UNIQUE; it collects, its sum is ours.
- ``zen``, ``zen batch``: zen-engine, ``evaluate`` and ``evaluate_batch``, in its own expression language and with floats. Dates
  are handed to it as day numbers. It has no UNIQUE and stops at the first match; it collects, its sum is ours. A batch has the
  thousand rows that ours has, but for the largest tables, where that takes it seconds: they get fifty. (In small tables it is
  a fifth to a third faster a row with two hundred at a time: ``--zen-rows 200``.)
- ``if-chain``: what a programmer would write by hand, over the plain Python values: no decimals, no checks, no reasons.

All answers are compared before anything is measured. The engines take turns, a few milliseconds each; a figure is the best of many
short stretches (a batch, a hundred single decisions, fewer of an engine that takes seconds for them), in seconds of processor time
of all threads, so that a busy machine changes little. A ratio compares the best stretches within one round of turns, and is the
median of all rounds: processors change their pace from one second to the next, and two figures taken at another pace do not
compare. So the tables under FIRST and UNIQUE, which the baselines decide alike, are measured in the same rounds. Rows come again
and again, as they do in a service that runs for days: what an engine keeps from one decision to the next is part of its speed.
Loading a UNIQUE table finds the cells of the FIRST table of the same rules already read, as a new version of a table does. Then
come the ratios to each baseline, the growth of cost from the smallest to the largest tables, and one line of JSON a row. All of it
takes about two minutes on a calm machine.

    python -m benchmarks.decision_tables [--seconds 0.08] [--sizes 10 100] [--kinds mixed] [--zen-rows 200]
"""

from __future__ import annotations

import argparse
import gc
import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import cycle
from statistics import median
from time import process_time
from types import SimpleNamespace
from typing import Any
from xml.sax.saxutils import escape

from benchmarks.tables import COLUMNS, DAY_ONE, Written, table
from loanflow import dmn

SIZES = (10, 100, 1_000, 10_000)
# What is measured together: the baselines decide UNIQUE as they do FIRST.
POLICIES = (("FIRST", "UNIQUE"), ("COLLECT SUM",))
BATCH = 1_000
CHECKED = 30
ROUNDS = 12
# One decision of SpiffWorkflow takes longer than that many of ours.
SPIFF_AT_MOST = 1_000
# A thousand rows take zen-engine longer than a second in larger tables.
ZEN_BATCH_AT_MOST = 1_000
BASELINES = ("if_chain", "spiff", "zen", "zen_batch")
RATIOS = (
    ("single", "spiff"),
    ("traced", "spiff"),
    ("single", "zen"),
    ("bulk", "zen_batch"),
    ("single", "if_chain"),
    ("bulk", "if_chain"),
    ("single", "traced"),
)

Row = dict[str, Any]
Answer = Any


@dataclass(frozen=True)
class Engine:
    """One way to decide: rows in, answers out; ``batch`` is how many rows a call takes, None where it takes one.

    ``step`` is how many single decisions are measured at a time.
    """

    name: str
    decide: Callable[[Any], Any]
    rows: Sequence[Row]
    batch: int | None = None
    step: int = 100


@dataclass
class Figures:
    """One row of the result: decisions per second by engine, round by round, seconds of loading, who was left out and why."""

    kind: str
    policy: str
    rules: int
    load_seconds: float
    rounds: Mapping[str, Sequence[float]]
    left_out: Mapping[str, str]

    @property
    def rates(self) -> dict[str, float]:
        """Return the decisions per second by engine."""
        return {name: max(some) for name, some in self.rounds.items()}

    def ratio(self, one: str, other: str) -> float | None:
        """Return how many times faster one is than the other, in most rounds that both took part in."""
        if one not in self.rounds or other not in self.rounds:
            return None
        return median(fast / slow for fast, slow in zip(self.rounds[one], self.rounds[other], strict=False))

    def to_dict(self) -> dict[str, Any]:
        """Return the row as JSON has it."""
        ratios = {f"{one}_to_{other}": round(ratio, 2) for one, other in RATIOS if (ratio := self.ratio(one, other)) is not None}
        return {
            "benchmark": "decision_tables",
            "kind": self.kind,
            "hit_policy": self.policy,
            "rules": self.rules,
            "inputs": 5,
            "load_seconds": round(self.load_seconds, 3),
            "per_second": {name: round(rate) for name, rate in self.rates.items()},
            "ratios": ratios,
            "left_out": self.left_out,
        }


# --- the engines


def file_of(written: Written, policy: str) -> bytes:
    """Return the table as a DMN file."""
    name, _, aggregation = policy.partition(" ")
    parts = [
        '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="http://loanflow.test/dmn">'
        f'<decision id="route" name="route"><decisionTable id="t" hitPolicy="{name}"'
        + (f' aggregation="{aggregation}">' if aggregation else ">")
    ]
    parts += [
        f'<input><inputExpression typeRef="{column.type}"><text>{column.name}</text></inputExpression></input>'
        for column in written.columns
    ]
    parts += ["" if written.collect else '<output name="grade" typeRef="string"/>', '<output name="points" typeRef="number"/>']
    for number, rule in enumerate(written.rules):
        outputs = [f"{rule.points}"] if written.collect else [f'"{rule.grade}"', f"{rule.points}"]
        cells = [f"<inputEntry><text>{escape(cell.feel)}</text></inputEntry>" for cell in rule.cells]
        cells += [f"<outputEntry><text>{output}</text></outputEntry>" for output in outputs]
        parts.append(f'<rule id="rule_{number}">{"".join(cells)}</rule>')
    return "".join([*parts, "</decisionTable></decision></definitions>"]).encode()


def ours(written: Written, policy: str) -> tuple[dmn.DecisionModel, float]:
    """Return our compiled table and how many seconds loading it took, from the bytes of the file."""
    data = file_of(written, policy)
    began = process_time()
    model = dmn.compile_model(dmn.read(data, file="benchmark.dmn"))
    return model, process_time() - began


def spiff(written: Written) -> Callable[[Row], Answer]:
    """Return SpiffWorkflow's DMN engine over the same table with Python cells."""
    from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine, TaskDataEnvironment
    from SpiffWorkflow.dmn.engine.DMNEngine import DMNEngine
    from SpiffWorkflow.dmn.specs import model

    decision_table = model.DecisionTable("t", "t", "COLLECT" if written.collect else "UNIQUE")
    inputs = [model.Input(column.name, column.name, column.name, column.name, column.type) for column in written.columns]
    outputs = [model.Output(name, name, name, "string") for name in (("points",) if written.collect else ("grade", "points"))]
    for number, rule in enumerate(written.rules):
        made = model.Rule(str(number))
        for clause, cell in zip(inputs, rule.cells, strict=True):
            entry = model.InputEntry(None, clause)
            entry.lhs = [cell.spiff] if cell.spiff else []
            made.inputEntries.append(entry)
        texts = (f"{rule.points}",) if written.collect else (f'"{rule.grade}"', f"{rule.points}")
        for clause, text in zip(outputs, texts, strict=True):
            result = model.OutputEntry(None, clause)
            result.text = text
            made.outputEntries.append(result)
        decision_table.rules.append(made)
    engine = DMNEngine(decision_table)
    workflow = SimpleNamespace(script_engine=PythonScriptEngine(TaskDataEnvironment({"date": date})))

    def decide(row: Row) -> Answer:
        result: Any = engine.result(SimpleNamespace(data=row, workflow=workflow))
        return sum(result["points"]) if written.collect else result

    return decide


def zen(written: Written) -> tuple[Callable[[Row], Answer], Callable[[list[Row]], list[Answer]]]:
    """Return zen-engine's evaluate and evaluate_batch over the same table."""
    import zen as gorules

    outputs = ("points",) if written.collect else ("grade", "points")
    rules = [
        {
            "_id": str(number),
            **{column.name: cell.zen for column, cell in zip(written.columns, rule.cells, strict=True)},
            "grade": f'"{rule.grade}"',
            "points": f"{rule.points}",
        }
        for number, rule in enumerate(written.rules)
    ]
    content = {
        "hitPolicy": "collect" if written.collect else "first",
        "inputs": [{"id": column.name, "name": column.name, "type": "expression", "field": column.name} for column in written.columns],
        "outputs": [{"id": name, "name": name, "type": "expression", "field": name} for name in outputs],
        "rules": rules,
    }
    nodes = [("in", "inputNode", {}), ("table", "decisionTableNode", {"content": content}), ("out", "outputNode", {})]
    graph = {
        "nodes": [{"id": name, "name": name, "type": kind, "position": {"x": 0, "y": 0}, **more} for name, kind, more in nodes],
        "edges": [
            {"id": "1", "sourceId": "in", "targetId": "table", "type": "edge"},
            {"id": "2", "sourceId": "table", "targetId": "out", "type": "edge"},
        ],
    }
    engine: Any = gorules.ZenEngine({"loader": {"type": "static", "content": {"table": graph}}})

    def answer(result: Any) -> Answer:
        return sum(row["points"] for row in result) if written.collect else result

    def batch(rows: list[Row]) -> list[Answer]:
        found = engine.evaluate_batch([{"key": "table", "context": row} for row in rows])
        return [answer(one["data"]["result"]) for one in found]

    return lambda row: answer(engine.evaluate("table", row)["result"]), batch


def if_chain(written: Written) -> Callable[[Row], Answer]:
    """Return the rules as a function of ``if`` statements, one a rule."""
    lines = ["def decide(row):"]
    lines += [f"    {column.name} = row[{column.name!r}]" for column in written.columns]
    lines.append("    total = 0")
    for rule in written.rules:
        conditions = [
            f"({cell.python.replace('?', column.name)})" for column, cell in zip(written.columns, rule.cells, strict=True) if cell.python
        ]
        lines.append(f"    if {' and '.join(conditions)}:")
        lines.append(f"        total += {rule.points}" if written.collect else f"        return {_context(rule.grade, rule.points)}")
    lines.append("    return total")
    # A programmer would name the days, not make them anew.
    known: dict[str, Any] = {}

    def named(day: re.Match[str]) -> str:
        name = f"DAY_{day[1]}_{day[2]}_{day[3]}"
        known.setdefault(name, date(int(day[1]), int(day[2]), int(day[3])))
        return name

    exec(re.sub(r"date\((\d+), (\d+), (\d+)\)", named, "\n".join(lines)), known)
    return known["decide"]


def _context(grade: str, points: int) -> str:
    return f"{{'grade': {grade!r}, 'points': {points}}}"


def plain(row: Row) -> Row:
    """Return a row for zen-engine: days as numbers."""
    return {name: (value - DAY_ONE).days if isinstance(value, date) else value for name, value in row.items()}


# --- measuring


def ours_of(model: dmn.DecisionModel, rows: Sequence[Row]) -> list[Engine]:
    """Return our ways to decide a table."""
    return [
        Engine("single", lambda row: model.evaluate("route", row).value, rows),
        Engine("bulk", lambda some: [result.value for result in model.evaluate_many("route", some)], rows, BATCH),
        Engine("traced", lambda row: model.evaluate("route", row, trace=True).value, rows),
    ]


def others(written: Written, rows: Sequence[Row], zen_rows: int) -> tuple[list[Engine], dict[str, str]]:
    """Return the baselines over the same rows, and why one is left out, by its name."""
    made = [Engine("if_chain", if_chain(written), rows)]
    left_out: dict[str, str] = {}
    size = len(written.rules)
    if size <= SPIFF_AT_MOST:
        made.append(Engine("spiff", spiff(written), rows, step=max(10, min(50, 5_000 // size))))
    else:
        left_out["spiff"] = f"more than {SPIFF_AT_MOST:,} rules take it minutes"
    one, many = zen(written)
    plain_rows = list(map(plain, rows))
    made.append(Engine("zen", one, plain_rows, step=50))
    made.append(Engine("zen_batch", many, plain_rows, zen_rows if size <= ZEN_BATCH_AT_MOST else 50))
    return made, left_out


def compare(made: Sequence[Engine], policy: str, model: dmn.DecisionModel, count: int) -> None:
    """See to it that all engines give the same answers, ours also with a rule id to each."""
    expected = [_known(made[0].decide(row)) for row in made[0].rows[:count]]
    for engine in made[1:]:
        answers = engine.decide(list(engine.rows[:count])) if engine.batch else [engine.decide(row) for row in engine.rows[:count]]
        assert [_known(answer) for answer in answers] == expected, (engine.name, policy)
    trace = model.evaluate("route", made[0].rows[0], trace=True).trace
    assert trace is not None
    assert all(rule.id is not None for rule in trace.decision.rules_hit)
    assert trace.decision.hits


def _known(answer: Any) -> Any:
    """Return an answer so that numbers of all engines compare."""
    if isinstance(answer, dict):
        return {str(name): _known(value) for name, value in answer.items()}
    return float(answer) if isinstance(answer, int | float | Decimal) else answer


def rounds_of(made: Sequence[Engine], seconds: float) -> list[list[float]]:
    """Return decisions per second of processor time of each engine, the best stretch of each round; they take turns."""
    works = [_work(engine) for engine in made]
    # A stretch is not to pay for what loading the tables left behind, nor for rows that are met for the first time.
    gc.collect()
    for work in works:
        _turn(work, seconds / ROUNDS)
    spent = [0.0] * len(made)
    best: list[list[float]] = [[] for _ in made]
    for _ in range(ROUNDS):
        for place, work in enumerate(works):
            # Whose turns are long has some more time, so that its ratios too are of many rounds.
            if spent[place] < 4 * seconds:
                elapsed, fastest = _turn(work, seconds / ROUNDS)
                spent[place] += elapsed
                best[place].append(fastest)
    return best


def _turn(work: Iterator[int], seconds: float) -> tuple[float, float]:
    """Return how long a turn took, and the decisions per second of its best stretch."""
    spent = fastest = 0.0
    while spent < seconds:
        began = process_time()
        done = next(work)
        elapsed = process_time() - began
        spent += elapsed
        fastest = max(fastest, done / elapsed)
    return spent, fastest


def _work(engine: Engine) -> Iterator[int]:
    decide = engine.decide
    if engine.batch is not None:
        batches = [list(engine.rows[at : at + engine.batch]) for at in range(0, len(engine.rows), engine.batch)]
        for batch in cycle(batches):
            decide(batch)
            yield len(batch)
    # Single decisions are made a few at a time, so that the clock is not what is measured.
    # They cover rows that match early and late: the best stretch is not to be the luckiest row.
    step = engine.step
    for at in cycle(range(0, len(engine.rows), step)):
        some = engine.rows[at : at + step]
        for row in some:
            decide(row)
        yield len(some)


def measure(kind: str, policies: Sequence[str], size: int, seconds: float, zen_rows: int = BATCH) -> list[Figures]:
    """Return the figures of one table under hit policies that the baselines decide alike; zen-engine is handed so many rows a batch."""
    written = table(kind, size, collect=policies[0].startswith("COLLECT"))
    rows = written.inputs(2 * BATCH)
    baselines, left_out = others(written, rows, zen_rows)
    made: list[Engine] = []
    loaded: list[float] = []
    for policy in policies:
        model, load_seconds = ours(written, policy)
        loaded.append(load_seconds)
        made += ours_of(model, rows)
        compare([*made[-3:], *baselines], policy, model, {10: 200, 100: 50}.get(size, 3))
    measured = rounds_of([*made, *baselines], seconds)
    theirs = {engine.name: rounds for engine, rounds in zip(baselines, measured[len(made) :], strict=True)}
    found: list[Figures] = []
    for place, (policy, load_seconds) in enumerate(zip(policies, loaded, strict=True)):
        own = {engine.name: rounds for engine, rounds in zip(made[3 * place : 3 * place + 3], measured[3 * place :], strict=False)}
        found.append(Figures(kind, policy, size, load_seconds, own | theirs, left_out))
    return found


# --- telling


ENGINES = ("single", "bulk", "traced", *BASELINES)


def _line(found: Figures) -> str:
    rates = found.rates
    cells = [f"{rates[name]:>10,.0f}" if name in rates else f"{'-':>10}" for name in ENGINES]
    return f"{found.kind:<8}{found.policy:<12}{found.rules:>7,}{found.load_seconds:>8.2f}" + "".join(cells)


def _ratios(found: Figures) -> str:
    cells = [f"{ratio:>16,.2f}x" if (ratio := found.ratio(one, other)) is not None else f"{'-':>17}" for one, other in RATIOS]
    return f"{found.kind:<8}{found.policy:<12}{found.rules:>7,}" + "".join(cells)


def _growth(rows: Sequence[Figures]) -> Iterator[str]:
    """Say how many times as long a decision takes in the largest table as in the smallest."""
    tables: dict[tuple[str, str], list[Figures]] = {}
    for found in rows:
        tables.setdefault((found.kind, found.policy), []).append(found)
    for (kind, policy), some in tables.items():
        small, large = min(some, key=lambda one: one.rules), max(some, key=lambda one: one.rules)
        grown = [f"{name} {ratio:,.2f}x" for name in ENGINES if (ratio := _grown(small.rates, large.rates, name)) is not None]
        yield f"{kind:<8}{policy:<12} {small.rules:,} -> {large.rules:,}: " + ", ".join(grown)


def checking() -> float:
    """Return the seconds it takes to check a table for gaps, overlaps and the like, the best of a few."""
    model = dmn.read(file_of(table("mixed", CHECKED, collect=False), "UNIQUE"), file="benchmark.dmn")
    best = float("inf")
    for _ in range(5):
        began = process_time()
        dmn.check(model)
        best = min(best, process_time() - began)
    return best


def _grown(small: Mapping[str, float], large: Mapping[str, float], name: str) -> float | None:
    return small[name] / large[name] if name in small and name in large else None


def main() -> int:
    """Measure, print the tables, then one line of JSON a row."""
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--seconds", type=float, default=0.08, help="how long each figure is measured")
    options.add_argument("--sizes", type=int, nargs="*", default=list(SIZES), help="how many rules the tables have")
    options.add_argument("--kinds", nargs="*", default=list(COLUMNS), choices=list(COLUMNS), help="what the inputs are")
    options.add_argument("--zen-rows", type=int, default=BATCH, help="how many rows zen-engine is handed at a time")
    chosen = options.parse_args()
    rows: list[Figures] = []
    print("Decisions per second of processor time, five inputs")
    print(f"{'inputs':<8}{'hit policy':<12}{'rules':>7}{'load s':>8}" + "".join(f"{name.replace('_', ' '):>10}" for name in ENGINES))
    for kind in chosen.kinds:
        for policies in POLICIES:
            for size in chosen.sizes:
                for found in measure(kind, policies, size, chosen.seconds, chosen.zen_rows):
                    rows.append(found)
                    print(_line(found), flush=True)
    print("\nRatios (the first is so many times faster than the second)")
    heads = [f"{one}/{other}".replace("_", " ") for one, other in RATIOS]
    print(f"{'inputs':<8}{'hit policy':<12}{'rules':>7}" + "".join(f"{head:>17}" for head in heads))
    for found in rows:
        print(_ratios(found))
    print("\nCost of a decision, from the fewest rules to the most")
    for line in _growth(rows):
        print(line)
    print(f"\nChecking a table of {CHECKED} rules and five inputs takes {checking():.3f} s")
    print("\nLeft out")
    for name, reason in sorted({(name, reason) for found in rows for name, reason in found.left_out.items()}):
        print(f"{name}: {reason}")
    print()
    for found in rows:
        print(json.dumps(found.to_dict()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
