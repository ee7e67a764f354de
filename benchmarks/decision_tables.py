"""Decisions per second: our tables beside SpiffWorkflow's DMN engine and zen-engine, in one run.

Each table has five inputs (three numbers, a text, a number) and two outputs; the rule that matches is spread evenly over the
table. Ours runs with its duties on: Python numbers made exact decimals, types checked, UNIQUE checked, a fresh result for each
caller. SpiffWorkflow evaluates Python cells and stops at the first match; zen-engine evaluates its own expression language.
All answers are compared before anything is measured.

    python -m benchmarks.decision_tables [--seconds 0.5]
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter
from types import SimpleNamespace
from typing import Any
from xml.sax.saxutils import escape

from loanflow import dmn

SIZES = (10, 100, 1_000)
BATCH = 200
INPUTS = (("score", "number"), ("ratio", "number"), ("segment", "string"), ("amount", "number"), ("age", "number"))


@dataclass(frozen=True)
class Row:
    """One rule in the terms of each engine: FEEL cells (zen-engine takes the same), Python cells, outputs."""

    feel: tuple[str, ...]
    python: tuple[str | None, ...]
    grade: str
    points: int


def rows(size: int) -> list[Row]:
    """Return rules that cut the score into ``size`` bands, with conditions on the other inputs that mostly hold."""
    chance = random.Random(size)
    found: list[Row] = []
    for number in range(size):
        low, high = _band(number, size), _band(number + 1, size)
        segment = chance.choice((("-", None), ('"A","B","C"', ' in ("A", "B", "C")')))
        age = chance.choice((("-", None), (">= 18", ">= 18"), ("[18..99]", "18 <= ? <= 99")))
        found.append(
            Row(
                feel=(f"[{low}..{high})", "<= 0.9", segment[0], f"> {number % 7}", age[0]),
                python=(f"{low} <= ? < {high}", "<= 0.9", segment[1], f"> {number % 7}", age[1]),
                grade=f"G{number % 12}",
                points=number,
            )
        )
    return found


def _band(number: int, size: int) -> str:
    cents = 30_000 + 60_000 * number // size
    return f"{cents // 100}.{cents % 100:02d}"


def cases(count: int) -> list[dict[str, Any]]:
    """Return inputs as a program has them: ints, floats and texts; each matches some rule of every table."""
    chance = random.Random(7)
    return [
        {
            "score": round(chance.uniform(300, 899.99), 2),
            "ratio": round(chance.uniform(0, 0.9), 4),
            "segment": chance.choice("ABC"),
            "amount": chance.randint(1_000, 500_000),
            "age": chance.randint(18, 90),
        }
        for _ in range(count)
    ]


def ours(table: list[Row], policy: str) -> tuple[dmn.DecisionModel, float]:
    """Return our compiled table and how many seconds loading it took."""
    parts = [
        '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="http://loanflow.test/dmn">'
        f'<decision id="route" name="route"><decisionTable id="t" hitPolicy="{policy}">'
    ]
    parts += [f'<input><inputExpression typeRef="{kind}"><text>{name}</text></inputExpression></input>' for name, kind in INPUTS]
    parts.append('<output name="grade" typeRef="string"/><output name="points" typeRef="number"/>')
    for row in table:
        cells = "".join(f"<inputEntry><text>{escape(cell)}</text></inputEntry>" for cell in row.feel)
        outputs = f'<outputEntry><text>"{row.grade}"</text></outputEntry><outputEntry><text>{row.points}</text></outputEntry>'
        parts.append(f"<rule>{cells}{outputs}</rule>")
    parts.append("</decisionTable></decision></definitions>")
    data = "".join(parts).encode()
    began = perf_counter()
    model = dmn.compile_model(dmn.read(data, file="benchmark.dmn"))
    return model, perf_counter() - began


def stock(table: list[Row]) -> Callable[[dict[str, Any]], Any]:
    """Return SpiffWorkflow's DMN engine over the same table with Python cells."""
    from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine
    from SpiffWorkflow.dmn.engine.DMNEngine import DMNEngine
    from SpiffWorkflow.dmn.specs import model as spiff

    decision_table = spiff.DecisionTable("t", "t", "UNIQUE")
    inputs = [spiff.Input(name, name, name, name, kind) for name, kind in INPUTS]
    outputs = [spiff.Output(name, name, name, "string") for name in ("grade", "points")]
    for number, row in enumerate(table):
        rule = spiff.Rule(str(number))
        for clause, cell in zip(inputs, row.python, strict=True):
            entry = spiff.InputEntry(None, clause)
            entry.lhs = [cell] if cell is not None else []
            rule.inputEntries.append(entry)
        for clause, text in zip(outputs, (f'"{row.grade}"', str(row.points)), strict=True):
            result = spiff.OutputEntry(None, clause)
            result.text = text
            rule.outputEntries.append(result)
        decision_table.rules.append(rule)
    engine, workflow = DMNEngine(decision_table), SimpleNamespace(script_engine=PythonScriptEngine())
    return lambda case: engine.result(SimpleNamespace(data=case, workflow=workflow))


def zen(table: list[Row]) -> tuple[Callable[[dict[str, Any]], Any], Callable[[list[dict[str, Any]]], Any]]:
    """Return zen-engine's evaluate and evaluate_batch over the same table."""
    import zen as gorules

    content = {
        "nodes": [
            {"id": "in", "type": "inputNode", "name": "in", "position": {"x": 0, "y": 0}},
            {
                "id": "table",
                "type": "decisionTableNode",
                "name": "table",
                "position": {"x": 1, "y": 0},
                "content": {
                    "hitPolicy": "first",
                    "inputs": [{"id": name, "name": name, "type": "expression", "field": name} for name, _ in INPUTS],
                    "outputs": [{"id": name, "name": name, "type": "expression", "field": name} for name in ("grade", "points")],
                    "rules": [
                        {
                            "_id": str(number),
                            **{name: "" if cell == "-" else cell for (name, _), cell in zip(INPUTS, row.feel, strict=True)},
                            "grade": f'"{row.grade}"',
                            "points": str(row.points),
                        }
                        for number, row in enumerate(table)
                    ],
                },
            },
            {"id": "out", "type": "outputNode", "name": "out", "position": {"x": 2, "y": 0}},
        ],
        "edges": [
            {"id": "1", "sourceId": "in", "targetId": "table", "type": "edge"},
            {"id": "2", "sourceId": "table", "targetId": "out", "type": "edge"},
        ],
    }
    engine = gorules.ZenEngine({"loader": {"type": "static", "content": {"table": content}}})
    return (
        lambda case: engine.evaluate("table", case)["result"],
        lambda batch: engine.evaluate_batch([{"key": "table", "context": case} for case in batch]),
    )


def rate(work: Callable[[int], int], seconds: float) -> float:
    """Return how many decisions a second ``work`` makes; it is told its turn and says how many it made."""
    made = work(0)
    turn, done, began = 1, 0, perf_counter()
    while True:
        made = work(turn)
        done += made
        turn += 1
        elapsed = perf_counter() - began
        if elapsed >= seconds:
            return done / elapsed


def one_by_one(decide: Callable[[dict[str, Any]], Any], given: list[dict[str, Any]], stretch: int = 1) -> Callable[[int], int]:
    """Return work that decides ``stretch`` cases a turn, going round."""

    def work(turn: int) -> int:
        begin = turn * stretch % len(given)
        chunk = given[begin : begin + stretch]
        for case in chunk:
            decide(case)
        return len(chunk)

    return work


def measure(size: int, seconds: float) -> dict[str, float]:
    """Return every figure for one size of table, in decisions a second."""
    table, given = rows(size), cases(2_000)
    first, loading = ours(table, "FIRST")
    unique, _ = ours(table, "UNIQUE")
    reference = stock(table) if size <= 1_000 else None
    zen_one, zen_many = zen(table)
    for case in given[: 20 if size < 1_000 else 3]:
        expected = first.evaluate("route", case).value
        assert isinstance(expected, dict)
        answers = [zen_one(case), unique.evaluate("route", case).value]
        if reference is not None:
            answers.append(reference(case))
        for answer in answers:
            given_answer = (answer["grade"], float(answer["points"]))
            assert given_answer == (expected["grade"], float(expected["points"])), case
    batches = [given[start : start + BATCH] for start in range(0, len(given), BATCH)]

    def many(turn: int) -> int:
        batch = batches[turn % len(batches)]
        first.evaluate_many("route", batch)
        return len(batch)

    def zen_batch(turn: int) -> int:
        batch = batches[turn % len(batches)]
        zen_many(batch)
        return len(batch)

    found = {
        "load_seconds": loading,
        "first": rate(one_by_one(lambda case: first.evaluate("route", case), given, 100), seconds),
        "unique": rate(one_by_one(lambda case: unique.evaluate("route", case), given, 100), seconds),
        "many": rate(many, seconds),
        "trace_kept": rate(one_by_one(lambda case: first.evaluate("route", case, trace=True), given, 100), seconds),
        "trace_read": rate(one_by_one(lambda case: _read(first, case), given), seconds),
        "zen": rate(one_by_one(zen_one, given, 10), seconds),
        "zen_batch": rate(zen_batch, seconds),
    }
    if reference is not None:
        found["stock"] = rate(one_by_one(reference, given), seconds)
    return found


def _read(model: dmn.DecisionModel, case: dict[str, Any]) -> object:
    trace = model.evaluate("route", case, trace=True).trace
    assert trace is not None
    return trace.to_dict()


@contextmanager
def _table(title: str) -> Iterator[None]:
    print(title)
    yield
    print()


def main() -> None:
    """Measure, print the table, then one line of JSON."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--seconds", type=float, default=0.5, help="how long each figure is measured")
    options.add_argument("--sizes", type=int, nargs="*", default=list(SIZES), help="how many rules the tables have")
    chosen = options.parse_args()
    figures: dict[str, dict[str, float]] = {}
    names = ("first", "unique", "many", "trace_kept", "trace_read", "stock", "zen", "zen_batch")
    with _table("Decisions per second, five inputs, two outputs"):
        print(f"{'rules':>6} " + " ".join(f"{name:>11}" for name in names) + f" {'load s':>7}")
        for size in chosen.sizes:
            found = figures[str(size)] = measure(size, chosen.seconds)
            print(
                f"{size:>6} "
                + " ".join(f"{found[name]:>11,.0f}" if name in found else f"{'-':>11}" for name in names)
                + f" {found['load_seconds']:>7.2f}"
            )
    with _table("Ratios"):
        pairs = (("first", "stock"), ("trace_kept", "stock"), ("first", "zen"), ("many", "zen_batch"))
        print(f"{'rules':>6} " + " ".join(f"{one + ' / ' + other:>20}" for one, other in pairs))
        for size, found in figures.items():
            for one, other in pairs:
                if other in found:
                    found[f"{one}_to_{other}"] = found[one] / found[other]
            ratios = [found.get(f"{one}_to_{other}") for one, other in pairs]
            print(f"{size:>6} " + " ".join(f"{ratio:>19.1f}x" if ratio else f"{'-':>20}" for ratio in ratios))
    print(
        json.dumps(
            {
                "benchmark": "decision_tables",
                "figures": {size: {key: round(value, 3) for key, value in found.items()} for size, found in figures.items()},
            }
        )
    )


if __name__ == "__main__":
    main()
