"""The index, the table read cell by cell, and a reading of our own agree on any table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loanflow import dmn
from loanflow.dmn.compiler import Evaluation, Run, decision_tables
from loanflow.dmn.compiler.table import rules_of
from loanflow.feel import FeelDate, FeelValue, evaluate, to_feel, unary_test
from tests.dmn.written import compiled, decision, table

NUMBERS = st.sampled_from([Decimal(text) for text in ("-3", "0", "0.1", "0.3", "1", "1.50", "2", "3", "5", "7.25", "100000", "1e20")])
TEXTS = st.sampled_from(["A", "B", "AA", "批准", 'say "x"', ""])
DATES = st.builds(lambda days: date(2024, 2, 27) + timedelta(days=days), st.integers(0, 8))


def written(value: Any) -> str:
    """A constant as FEEL writes it."""
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case Decimal():
            return format(value, "f")
        case date():
            return f'date("{value}")'
        case _:
            return '"' + str(value).replace('"', '\\"') + '"'


@dataclass(frozen=True)
class Cell:
    """A cell with an oracle of its own: what it says, and whether it holds for a value of any type."""

    text: str
    tests: tuple[tuple[str, Any, Any], ...] = ()
    negated: bool = False

    def holds(self, value: Any) -> bool:
        if not self.tests:
            return True
        outcomes = [_holds(test, value) for test in self.tests]
        if any(outcome is True for outcome in outcomes):
            return not self.negated
        if any(outcome is None for outcome in outcomes):
            return False  # null, or the negation of null
        return self.negated


def _holds(test: tuple[str, Any, Any], value: Any) -> bool | None:
    operator, low, high = test
    if operator == "=":
        if value is None or low is None:
            return value is None and low is None
        return value == low if type(value) is type(low) else None
    if value is None or type(value) is not type(low):
        return None
    match operator:
        case "<":
            return value < low
        case "<=":
            return value <= low
        case ">":
            return value > low
        case ">=":
            return value >= low
        case _:
            above = value >= low if operator[0] == "[" else value > low
            below = value <= high if operator[1] == "]" else value < high
            return above and below


@st.composite
def cells(draw: st.DrawFn, values: st.SearchStrategy[Any]) -> Cell:
    if draw(st.integers(0, 4)) == 0:
        return Cell(draw(st.sampled_from(["-", ""])))
    tests: list[tuple[str, Any, Any]] = []
    texts: list[str] = []
    for _ in range(draw(st.integers(1, 3))):
        low, high = sorted([draw(values), draw(values)])
        operator = draw(st.sampled_from(["=", "=", "<", "<=", ">", ">=", "[]", "[)", "(]", "()", "null"]))
        if operator == "null":
            operator, low = "=", None
        tests.append((operator, low, high))
        if operator == "=":
            texts.append(written(low))
        elif len(operator) == 2 and operator[0] in "[(":
            texts.append(f"{operator[0]}{written(low)}..{written(high)}{operator[1]}")
        else:
            texts.append(f"{operator} {written(low)}")
    negated = draw(st.booleans()) and draw(st.booleans())
    joined = ", ".join(texts)
    return Cell(f"not({joined})" if negated else joined, tuple(tests), negated)


KINDS = {"n": NUMBERS, "t": TEXTS, "d": DATES}


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[str], list[list[Cell]]]:
    columns = draw(st.lists(st.sampled_from(list(KINDS)), min_size=1, max_size=4))
    count = draw(st.integers(1, 12))
    rules = [[draw(cells(KINDS[kind])) for kind in columns] for _ in range(count)]
    return columns, rules


VALUES = st.one_of(st.none(), NUMBERS, TEXTS, DATES, st.booleans())


def _python(value: Any) -> Any:
    return value


def rows_hit(model: dmn.DecisionModel, values: list[Any], more: dict[str, Any] | None = None) -> tuple[list[int], list[int]]:
    """The rules hit by index, and read cell by cell."""
    program = model._program("decision")  # pyright: ignore[reportPrivateUsage]
    compiled_table = program.table
    assert compiled_table is not None
    scope: dict[str, FeelValue] = {f"x{n}": to_feel(value) for n, value in enumerate(values)} | (more or {})
    run = Run()
    found = compiled_table.inputs(scope, run)
    return rules_of(compiled_table.matches(found, scope, run)), rules_of(compiled_table.matches_linearly(found, scope, run))


def model_of(columns: list[str], rules: list[list[Cell]], policy: str = "RULE ORDER") -> dmn.DecisionModel:
    body = table(
        [f"x{n}" for n in range(len(columns))],
        ["r"],
        [[*(cell.text for cell in rule), str(number)] for number, rule in enumerate(rules)],
        policy=policy,
    )
    return compiled(decision(body))


@settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow])
@given(tables(), st.data())
def test_index_linear_and_oracle_agree(drawn: tuple[list[str], list[list[Cell]]], data: st.DataObject) -> None:
    columns, rules = drawn
    model = model_of(columns, rules)
    first = model_of(columns, rules, "FIRST")
    for _ in range(6):
        values = [data.draw(st.one_of(KINDS[kind], VALUES)) for kind in columns]
        expected = [number for number, rule in enumerate(rules) if all(cell.holds(value) for cell, value in zip(rule, values, strict=True))]
        by_index, linearly = rows_hit(model, values)
        assert by_index == linearly == expected
        inputs = {f"x{n}": value for n, value in enumerate(values)}
        assert model.evaluate("decision", inputs).value == ([Decimal(number) for number in expected] or None)
        assert first.evaluate("decision", inputs).value == (Decimal(expected[0]) if expected else None)


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(tables(), st.data())
def test_floats_and_ints_are_looked_up_as_their_decimals(drawn: tuple[list[str], list[list[Cell]]], data: st.DataObject) -> None:
    _, rules = drawn
    columns = ["n"] * len(rules[0])
    rules = [[data.draw(cells(NUMBERS)) for _ in columns] for _ in rules]
    model = model_of(columns, rules, "FIRST")
    numbers = st.one_of(
        st.floats(), st.integers(-(10**22), 10**22), st.sampled_from([0.1, 0.3, 0.30000000000000004, 7.25, 2**53 + 1, 1e20, 10**20])
    )
    for _ in range(5):
        values = [data.draw(numbers) for _ in columns]
        short = model.evaluate("decision", {f"x{n}": value for n, value in enumerate(values)}).value
        general = model.evaluate("decision", {f"x{n}": to_feel(value) for n, value in enumerate(values)}).value
        linear = rows_hit(model, values)[1]
        assert short == general == (Decimal(linear[0]) if linear else None)


CELLS = [
    *['-', '', 'null', 'not(null)', '5', '-3', '[1..5]', '(1..5)', ']1..5[', '< 3', '>= 3', '1, 3, 7.25', 'not(1, [3..5])', '> 2, null'],
    *['"A"', '"A", "批准"', 'not("A")', '< "B"', '["A".."B"]', 'true', 'false', 'not(true)', '[1, 2, 3]', '["A", 5]', 'not([1, 2])'],
    *['@"2024-02-29"', '> @"2024-02-28"', '[@"2024-02-28"..@"2024-03-02")', 'not(@"2024-02-29")', '@"2024-02-28", @"2024-03-01"'],
    *['@"2024-02-29T12:00:00Z"', '< @"2024-03-01T00:00:00"', '@"10:00:00"', '>= @"10:00:00"', '@"P1D"', '> @"PT12H"', '[@"P1M"..@"P1Y"]'],
    *['? > 2', '? in (1, 3)', 'list contains(?, 2)', 'string length(?) > 1', '? = limit', 'limit', '< limit', '[1..limit]', 'not(limit)'],
    *['[1..5], "A"', '5, "A", true, @"2024-02-29"', '{a: 1}', '[[1..2], 5]', 'function(x) x', '[null]'],
]  # fmt: skip
GIVEN = [
    None, True, False, *map(Decimal, ("-3", "0", "1", "2", "3", "5", "7.25", "1E+20")), "", "A", "AA", "B", "批准", [], [Decimal(2)],
    [Decimal(1), Decimal(2), Decimal(3)], ["A"], {"a": Decimal(1)}, {}, date(2024, 2, 29), date(2024, 2, 28),
    *(evaluate(text) for text in ('@"2024-02-29T12:00:00Z"', '@"2024-02-29T12:00:00"', '@"10:00:00"', '@"10:00:00Z"', '@"P1D"', '@"PT1H"',
      '@"P6M"', "[1..5]", "(< 3)")),
]  # fmt: skip


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.lists(st.sampled_from(CELLS), min_size=2, max_size=2), min_size=1, max_size=10), st.data())
def test_index_linear_and_tree_walk_agree_on_cells_and_values_of_every_kind(rules: list[list[str]], data: st.DataObject) -> None:
    """The tree walk is FEEL's own unary test of each cell, with nothing of a table around it."""
    model = compiled(decision(table(["x0", "x1"], ["r"], [[*cells, str(n)] for n, cells in enumerate(rules)], policy="RULE ORDER")))
    for _ in range(4):
        values = [data.draw(st.sampled_from(GIVEN)) for _ in range(2)]
        scope = {"limit": data.draw(st.sampled_from([None, Decimal(3), "A", [Decimal(2)]]))}
        walked = [
            n
            for n, cells in enumerate(rules)
            if all(unary_test(cell, value, scope) is True for cell, value in zip(cells, values, strict=True))
        ]
        by_index, linearly = rows_hit(model, values, scope)
        assert by_index == linearly == walked
        inputs = {"x0": values[0], "x1": values[1], **scope}
        assert model.evaluate("decision", inputs).value == ([Decimal(n) for n in walked] or None)


def test_a_column_too_big_for_the_index_is_read_cell_by_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decision_tables, "TABLE_BUDGET", 100)
    rules = [[Cell(f"[{n}..{n + 1})", (("[)", Decimal(n), Decimal(n + 1)),))] for n in range(20)]
    model = model_of(["n"], rules)
    assert rows_hit(model, [Decimal("7.5")]) == ([7], [7])


def test_cells_that_read_other_variables_are_evaluated_for_the_rules_that_survive() -> None:
    body = table(["x", "y"], ["r"], [["> limit", "1", "1"], ["<= limit", "-", "2"], ["? = y", "2", "3"]], policy="RULE ORDER")
    model = compiled(decision(body))
    assert model.evaluate("decision", {"x": 2, "y": 2, "limit": 1}).value == [Decimal(3)]
    assert model.evaluate("decision", {"x": 2, "y": 1, "limit": 1}).value == [Decimal(1)]
    assert model.evaluate("decision", {"x": 1, "y": 1, "limit": 1}).value == [Decimal(2), Decimal(3)][:1]


def test_times_with_and_without_a_zone_never_meet() -> None:
    body = table(["t"], ["r"], [['>= @"08:00:00"', "1"], ['>= @"08:00:00Z"', "2"]], policy="RULE ORDER")
    model = compiled(decision(body))
    at = {"local": to_feel("x")}
    from loanflow.feel import FeelTime

    at = {"local": FeelTime.parse("09:00:00"), "zoned": FeelTime.parse("09:00:00Z"), "early": FeelTime.parse("07:00:00")}
    assert [model.evaluate("decision", {"t": at[name]}).value for name in at] == [[Decimal(1)], [Decimal(2)], None]


def test_a_thousand_rules_compile_quickly_and_decide_alike() -> None:
    rules = [
        [Cell(f"[{n}..{n + 1})", (("[)", Decimal(n), Decimal(n + 1)),)), Cell(f'"s{n % 7}"', (("=", f"s{n % 7}", None),))]
        for n in range(1000)
    ]
    model = model_of(["n", "t"], rules, "UNIQUE")
    assert model.evaluate("decision", {"x0": 500.5, "x1": "s3"}).value == Decimal(500)
    assert model.evaluate("decision", {"x0": 500.5, "x1": "s4"}).value is None


def test_one_evaluation_keeps_a_required_decision_once() -> None:
    model = compiled(decision(table(["x"], ["r"], [["-", "x"]])))
    program = model._program("decision")  # pyright: ignore[reportPrivateUsage]
    evaluation = Evaluation({"x": Decimal(1)}, {}, Run())
    assert evaluation.value_of(program) == evaluation.value_of(program) == Decimal(1)
    assert FeelDate.of(2026, 1, 1) == to_feel(date(2026, 1, 1))
