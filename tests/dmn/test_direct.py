"""The short ways through a table agree with the general one: a row at a time, many at once, Python's values and FEEL's."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from importlib import import_module
from itertools import product
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from loanflow import dmn
from loanflow.dmn.compiler.table import rules_of
from loanflow.errors import DefinitionError
from loanflow.feel import FeelDate, FeelValue, evaluate, to_feel
from tests.dmn.test_index import DATES, NUMBERS, TEXTS, Cell, cells, tables
from tests.dmn.written import compiled, decision, requires, table

FLOATS = st.one_of(
    st.sampled_from([-3.0, -0.0, 0.0, 0.1, 0.3, 0.30000000000000004, 1.5, 3.0000000000000004, 7.25, 1e20, float("inf"), float("nan")]),
    st.floats(),
)
INTS = st.one_of(st.integers(-4, 8), st.sampled_from([100_000, 10**20, 10**20 + 1, 2**53 + 1, 10**40, -(10**40)]))
PYTHON = st.one_of(
    st.none(),
    NUMBERS,
    FLOATS,
    INTS,
    TEXTS,
    DATES,
    st.booleans(),
    st.just(date.min),
    st.just(date.max),
    DATES.map(lambda day: datetime(day.year, day.month, day.day)),  # noqa: DTZ001
    st.just([Decimal(1)]),
)
COLUMN_VALUES: Mapping[str, st.SearchStrategy[Any]] = {"n": st.one_of(NUMBERS, FLOATS, INTS), "t": TEXTS, "d": DATES}
TYPES = {"n": "number", "t": "string", "d": "date"}
DECLARED = (None, "Any", "number", "string", "date", "boolean", "dateTime", "list")
POLICIES = ("UNIQUE", "FIRST", "ANY", "RULE ORDER", "COLLECT", "COLLECT SUM", "COLLECT MIN", "COLLECT COUNT")


def model_of(
    columns: list[str],
    rules: list[list[Cell]],
    policy: str,
    *,
    typed: bool,
    points: list[Decimal],
    outputs: int,
    dialect: str,
    declared: Sequence[str | None] = (),
) -> dmn.DecisionModel:
    """``declared`` has the type of each column's input data, None where the file has none for it."""
    data = {f"x{n}": of for n, of in enumerate(declared) if of is not None}
    name, _, aggregation = policy.partition(" ") if policy.startswith("COLLECT") else (policy, "", "")
    inputs = [(f"x{n}", TYPES[kind]) if typed else f"x{n}" for n, kind in enumerate(columns)]
    written = [[*(cell.text for cell in rule), *[format(point, "f")] * outputs] for rule, point in zip(rules, points, strict=True)]
    body = table(inputs, ["r", "s"][:outputs], written, policy=name, aggregation=aggregation)
    elements = "".join(
        f'<inputData id="{name}" name="{name}"><variable name="{name}" typeRef="{of}"/></inputData>' for name, of in data.items()
    )
    try:
        return compiled(elements + decision(body, requires=requires(*(f"input:{name}" for name in data))), dialect=dialect)
    except DefinitionError:
        reject()  # UNIQUE with the same conditions twice


def generally(model: dmn.DecisionModel, row: Mapping[str, Any], *, trace: bool = False) -> dmn.DecisionResult:
    """The general way, whatever the table."""
    program = model._program("decision")  # pyright: ignore[reportPrivateUsage]
    return model._evaluate(program, row, None, None, {}, traced=trace)  # pyright: ignore[reportPrivateUsage]


def plain(result: dmn.DecisionResult) -> tuple[FeelValue, list[str]]:
    return result.value, [problem.code for problem in result.problems]


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(tables(), st.data())
def test_one_many_and_the_general_way_agree(drawn: tuple[list[str], list[list[Cell]]], data: st.DataObject) -> None:
    columns, rules = drawn
    policy = data.draw(st.sampled_from(POLICIES))
    points = data.draw(
        st.lists(st.sampled_from([Decimal(1), Decimal(20), Decimal("2.50"), Decimal("1e30")]), min_size=len(rules), max_size=len(rules))
    )
    outputs = 1 if policy.startswith("COLLECT ") else data.draw(st.integers(1, 2))
    declared = data.draw(st.one_of(st.just([]), st.lists(st.sampled_from(DECLARED), max_size=len(columns) + 1)))
    model = model_of(
        columns,
        rules,
        policy,
        typed=data.draw(st.booleans()),
        points=points,
        outputs=outputs,
        dialect=data.draw(st.sampled_from(["spec", "camunda7", "camunda8"])),
        declared=declared,
    )
    values = [data.draw(st.sampled_from([COLUMN_VALUES[kind], COLUMN_VALUES[kind], PYTHON])) for kind in columns]
    row = st.fixed_dictionaries({}, optional={f"x{n}": value for n, value in enumerate(values)})
    full = st.fixed_dictionaries({f"x{n}": value for n, value in enumerate(values)})
    rows: list[dict[str, Any]] = data.draw(st.lists(st.one_of(full, full, full, row), min_size=1, max_size=12))
    rows = rows * data.draw(st.sampled_from([1, 1, 7]))
    many = model.evaluate_many("decision", rows)
    assert len(many) == len(rows)
    for given_row, result in zip(rows, many, strict=True):
        expected = plain(generally(model, given_row))
        assert plain(result) == expected
        assert plain(model.evaluate("decision", given_row)) == expected
        assert plain(model.evaluate("decision", {name: to_feel(value) for name, value in given_row.items()})) == expected
    traced = [plain(generally(model, row, trace=True)) for row in rows]
    assert list(map(plain, model.evaluate_many("decision", rows, trace=True))) == traced
    assert [plain(model.evaluate("decision", row, trace=True)) for row in rows] == traced


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(cells(NUMBERS), min_size=1, max_size=90), st.lists(st.one_of(NUMBERS, FLOATS, INTS), min_size=1, max_size=150))
def test_long_columns_of_one_type_are_looked_up_as_single_values(column: list[Cell], drawn: list[Any]) -> None:
    model = model_of(
        ["n"],
        [[cell] for cell in column],
        "RULE ORDER",
        typed=True,
        points=[Decimal(n) for n in range(len(column))],
        outputs=1,
        dialect="spec",
    )
    for of in (Decimal, int, float):
        rows = [{"x0": value} for value in drawn if type(value) is of] * 3
        assert [plain(result) for result in model.evaluate_many("decision", rows)] == [plain(generally(model, row)) for row in rows]


@given(st.integers(0, 2**200), st.integers(0, 200))
def test_rules_of_a_set(mask: int, shift: int) -> None:
    assert rules_of(mask << shift) == [rule for rule in range(512) if mask << shift >> rule & 1]


def banded(size: int, policy: str = "FIRST", dialect: str = "spec") -> dmn.DecisionModel:
    rules = [[f"[{n}..{n + 1})", "<= 0.9", f'"{n % 7}"' if n % 2 else "-", str(n), f'"g{n}"'] for n in range(size)]
    return compiled(decision(table([("n", "number"), ("q", "number"), ("t", "string")], ["r", "g"], rules, policy=policy)), dialect=dialect)


@pytest.mark.parametrize("size", [3, 60, 200])
@pytest.mark.parametrize("policy", ["FIRST", "UNIQUE"])
@pytest.mark.parametrize("dialect", ["spec", "camunda7", "camunda8"])
def test_many_rows_are_decided_like_each(size: int, policy: str, dialect: str) -> None:
    model = banded(size, policy, dialect)
    rows = [{"n": n / 3, "q": n % 12 / 10, "t": str(n // 3 % 7)} for n in range(2_500)]
    assert list(map(plain, model.evaluate_many("decision", iter(rows)))) == [plain(generally(model, row)) for row in rows]


def test_each_caller_gets_a_value_of_its_own() -> None:
    model = banded(3)
    first, second = (result.value for result in model.evaluate_many("decision", [{"n": 1, "q": 0, "t": "1"}] * 2))
    assert isinstance(first, dict)
    first["g"] = "changed"
    assert second == {"r": Decimal(1), "g": "g1"}
    assert model.evaluate("decision", {"n": 1, "q": 0, "t": "1"}).value == second


def test_rows_need_not_be_dicts_and_may_lack_variables() -> None:
    model = compiled(decision(table(["n", "t"], ["r"], [["null", "-", "0"], ["1", '"a"', "1"], ["-", "null", "2"]], policy="FIRST")))
    lacking: defaultdict[str, Any] = defaultdict(lambda: 1, t="a")
    rows: list[Mapping[str, Any]] = [MappingProxyType({"n": 1, "t": "a"}), {"n": 1}, {}, {"t": "b", "n": 1}, lacking]
    assert [result.value for result in model.evaluate_many("decision", rows)] == [Decimal(1), Decimal(2), Decimal(0), None, Decimal(0)]
    assert "n" not in lacking


def test_many_rows_keep_their_traces() -> None:
    model = banded(5)
    rows = [{"n": n, "q": 0.5, "t": str(n)} for n in range(6)]
    results = model.evaluate_many("decision", rows, trace=True)
    hits = [result.trace.decision.hits for result in results if result.trace is not None]
    assert hits == [(1,), (2,), (3,), (4,), (5,), ()]


@pytest.mark.parametrize("dialect", ["spec", "camunda7", "camunda8"])
@pytest.mark.parametrize("policy", ["FIRST", "UNIQUE", "COLLECT", "COLLECT COUNT"])
def test_a_row_that_no_rule_matches_has_its_reason_and_a_value_of_its_own(policy: str, dialect: str) -> None:
    name, _, aggregation = policy.partition(" ")
    model = compiled(
        decision(table([("n", "number")], ["r"], [["> 5", "1"], ["< 0", "2"]], policy=name, aggregation=aggregation)), dialect=dialect
    )
    rows: list[dict[str, Any]] = [{"n": 3}, {"n": 3}, {"n": None}, {"n": 7}, {}, {"n": "x"}]
    for trace in (False, True):
        expected = [plain(generally(model, row, trace=trace)) for row in rows]
        many = model.evaluate_many("decision", rows, trace=trace)
        one = [model.evaluate("decision", row, trace=trace) for row in rows]
        assert [plain(result) for result in many] == [plain(result) for result in one] == expected
        assert [result.trace.decision.hits for result in (*many, *one) if result.trace is not None] == [
            (),
            (),
            (),
            (1,),
            (),
            (),
        ] * 2 * trace
    if dialect == "camunda7":
        changed, kept = (result.value for result in model.evaluate_many("decision", rows[:2]))
        assert isinstance(changed, list)
        changed.append("changed")
        assert [kept, model.evaluate("decision", rows[0]).value] == [generally(model, rows[0]).value] * 2


def test_a_variable_may_be_called_like_a_built_in_function() -> None:
    model = compiled(decision(table([("product", "string"), "count"], ["r"], [['"home"', "2", "1"], ["-", "null", "2"]], policy="FIRST")))
    assert model.reads("decision") == {"product", "count"}
    rows: list[dict[str, Any]] = [{"product": "home", "count": 2}, {"product": "home"}, {}, {"product": "car", "count": 2}]
    assert [model.evaluate("decision", row).value for row in rows] == [Decimal(1), Decimal(2), Decimal(2), None]
    assert [generally(model, row).value for row in rows] == [Decimal(1), Decimal(2), Decimal(2), None]


def test_a_scorecard_adds_whole_numbers_exactly_and_leaves_the_rest_to_the_standards_rounding() -> None:
    def total(*points: str) -> FeelValue:
        rules = [["-", point] for point in points]
        model = compiled(decision(table(["x"], ["r"], rules, policy="COLLECT", aggregation="SUM")))
        value = model.evaluate("decision", {"x": 1}).value
        assert value == generally(model, {"x": 1}).value
        assert str(value) == str(generally(model, {"x": 1}).value)
        return value

    assert total("1", "20", "300") == Decimal(321)
    assert total("0.1", "0.2") == Decimal("0.3")
    assert total("9" * 34, "1") == Decimal(10**34)
    assert total("9" * 34, "0.5", "0.5") == Decimal(10**34)


ROWS = [
    *({"x": x / 2, "y": y // 2, "t": str(x % 4)} for x in range(64) for y in range(64)),
    *({"x": x, "y": Decimal(y) / 2, "t": "other"} for x in range(32) for y in range(64)),
]


@pytest.mark.parametrize("limits", [{}, {"forks._MOST_BRANCHES": 0}, {"python_look_ups._MOST_LEARNT": 2}])
@pytest.mark.parametrize("policy", ["FIRST", "UNIQUE", "RULE ORDER"])
def test_tables_are_decided_alike_however_much_is_remembered(monkeypatch: pytest.MonkeyPatch, limits: dict[str, int], policy: str) -> None:
    """By a tree; by sets of rules, without a tree; by values of which few are remembered."""
    for name, value in limits.items():
        module, _, constant = name.partition(".")
        monkeypatch.setattr(import_module(f"loanflow.dmn.compiler.{module}"), constant, value)
    bands = [[f"[{n}..{n + 2})", f"[{n % 5}..{n + 3})", f'"{n % 3}"' if n % 4 else "-", str(n), str(-n)] for n in range(30)]
    grid = [[f"[{x}..{x + 2})", f"[{y}..{y + 9})", f'not("{x % 4}")', str(y), str(x)] for x in range(0, 30, 2) for y in range(0, 30, 9)]
    for rules in (bands, [*grid, ["-", "-", "-", "-1", "0"]]):
        model = compiled(decision(table(["x", "y", "t"], ["r", "s"], rules, policy=policy)))
        assert list(map(plain, model.evaluate_many("decision", ROWS))) == [plain(generally(model, row)) for row in ROWS]
        assert [plain(model.evaluate("decision", row)) for row in ROWS[::9]] == [plain(generally(model, row)) for row in ROWS[::9]]


class Text(str):
    """A string by another name."""


class Colour(str, Enum):  # noqa: UP042
    A = "A"
    LIGHT = "B"


# The least whole number that is too large for FEEL: half a unit of the 34th digit above its largest.
TOO_LARGE = 10**6145 - 5 * 10**6110
TRAPS: list[Any] = [
    *[True, False, 1, 0, -1, 2, 3, 1.0, 0.0, -1.0, 2.0, -0.0, Decimal(1), Decimal("1.0"), Decimal(-1), Decimal(2), Decimal(0), 10**400],
    *[float("nan"), float("inf"), float("-inf"), 5e-324, 1.7976931348623157e308, Decimal("NaN"), Decimal("Infinity"), 2**53 + 1],
    *[Decimal("1E+7000"), TOO_LARGE, TOO_LARGE - 1, -TOO_LARGE, 1 - TOO_LARGE],
    *["A", "B", "C", "", "1", Text("A"), Text("Z"), Colour.A, Colour.LIGHT, None, [], ["A"], [1], {}, {"A": 1}, (), ("A",)],
    *[date(2024, 2, 29), date(2024, 3, 1), date.min, date.max, datetime(2024, 2, 29)],  # noqa: DTZ001
    *[FeelDate.of(2024, 2, 29), FeelDate.of(2024, 3, 1)],
]
TRAPPED = [
    *['"A"', 'not("A","B")', '"B", null', "true", "false", "1", "[0..1]", "not(1)", "null", "-"],
    *['@"2024-02-29"', '> @"2024-02-29"', '< "B"', "> 5", "< 5", "not([0..5])"],
]


@settings(max_examples=120, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.lists(st.sampled_from(TRAPPED), min_size=2, max_size=2), min_size=1, max_size=5),
    st.lists(st.lists(st.sampled_from(TRAPS), min_size=2, max_size=2), min_size=1, max_size=30),
    st.sampled_from(["FIRST", "RULE ORDER", "COLLECT SUM"]),
    st.sampled_from([{}, {"_MOST_BRANCHES": 0}]),
)
def test_values_that_equal_others_are_not_taken_for_them(
    cells_of: list[list[str]], drawn: list[list[Any]], policy: str, limits: dict[str, int]
) -> None:
    """1, 1.0, true; strings that are more than that; what cannot be hashed; what an earlier row left behind."""
    with pytest.MonkeyPatch.context() as patched:
        for name, value in limits.items():
            patched.setattr(import_module("loanflow.dmn.compiler.forks"), name, value)
        name, _, aggregation = policy.partition(" ") if policy.startswith("COLLECT") else (policy, "", "")
        rules = [[*cells, str(2**n)] for n, cells in enumerate(cells_of)]
        model = compiled(decision(table(["x0", "x1"], ["r"], rules, policy=name, aggregation=aggregation)))
    rows = [{"x0": one, "x1": other} for one, other in drawn]
    expected = [plain(generally(model, row)) for row in rows]
    for _ in range(2):
        assert list(map(plain, model.evaluate_many("decision", rows))) == expected
        assert [plain(result) for row in rows for result in model.evaluate_many("decision", [row, row])[:1]] == expected
        assert [plain(model.evaluate("decision", row)) for row in rows] == expected


def test_numbers_that_are_remembered_are_not_taken_for_values_that_equal_them() -> None:
    """A column of many bands remembers what it met: 1 and 1.0 and true, a decimal that equals a float but shows other digits."""
    bands = [[f"[{n / 10}..{(n + 1) / 10})", str(n)] for n in range(-20, 40)]
    model = compiled(decision(table(["x"], ["r"], [*bands, ["(0.1..0.1000000000000001)", "99"]], policy="RULE ORDER")))
    values = [
        *TRAPS,
        0.1,
        Decimal.from_float(0.1),
        0.5,
        Decimal("0.5"),
        0.1 + 0.2,
        Decimal.from_float(0.1 + 0.2),
        Decimal("0.3"),
        3,
        3.0,
        1e23,
        10**23,
    ]
    rows = [({"x": value}, plain(generally(model, {"x": value}))) for value in values]
    assert {type(row["x"]) for row, (_, codes) in rows if not codes} == {int, float, Decimal}
    for row, expected in rows:
        assert list(map(plain, model.evaluate_many("decision", [row, row]))) == [expected, expected]
    for pair in product(rows, rows):
        assert list(map(plain, model.evaluate_many("decision", [row for row, _ in pair]))) == [expected for _, expected in pair]


class Number(int):
    """A whole number by another name."""


class Record(dict[str, Any]):
    """A row that answers for variables it does not hold."""

    def __missing__(self, name: str) -> Any:
        return 1


HOSTILE: list[Any] = [*TRAPS, Number(1), Number(50), Decimal("1E+2"), Decimal("50E-2"), Decimal("1E-6000"), "x" * 200, "\x00"]
ROUTINE: Mapping[str, list[Any]] = {
    "number": [1, 2, 30, 1_023, 1_024, 5_000, -1, 0.5, 0.55, 2.0, Decimal("0.5")],
    "string": ["A", "B", "C", "D"],
    "date": [date(2024, 2, 28), date(2024, 2, 29), date(2024, 3, 1)],
    "boolean": [True, False],
}
ASKED: Mapping[str, list[str]] = {
    "number": ["-", "[1..30]", "< 0.55", "> 1023", ">= 2", "not(1)", "0.5", "[7..9)", "null"],
    "string": ["-", '"A"', '"A","B"', 'not("A")', "null"],
    "date": ["-", '@"2024-02-29"', '< @"2024-03-01"', '> @"2024-02-28"', "null"],
    "boolean": ["-", "true", "false", "null"],
}


def answer(decide: Any) -> Any:
    """A result, or the error instead of one."""
    try:
        return repr(decide())
    except Exception as error:
        return type(error), str(error)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(st.data(), st.integers(1, 7), st.sampled_from(["FIRST", "UNIQUE", "RULE ORDER", "COLLECT SUM"]), st.booleans())
def test_many_rows_are_answered_like_each_however_hostile(data: st.DataObject, width: int, policy: str, typed: bool) -> None:
    """Rows that fit, with some that do not: wrong types, nulls, variables missing, rows that are no dicts or more than that."""
    kinds = data.draw(
        st.one_of(
            st.lists(st.sampled_from(list(ASKED)), min_size=width, max_size=width),
            st.sampled_from(list(ASKED)).map(lambda kind: [kind] * width),
        )
    )
    asked = st.tuples(*(st.sampled_from(ASKED[kind]) for kind in kinds))
    scored = policy == "COLLECT SUM" and data.draw(st.booleans())
    rules: list[list[str]] = []
    for number, cells_of in enumerate(data.draw(st.lists(asked, min_size=1, max_size=6, unique=True))):
        cells = [cell if place == number % width else "-" for place, cell in enumerate(cells_of)] if scored else cells_of
        rules.append([*cells, str(2**number)] + ([] if policy.startswith("COLLECT") else [f'"g{number}"']))
    name, _, aggregation = policy.partition(" ") if policy.startswith("COLLECT") else (policy, "", "")
    inputs = [(f"x{n}", kind) if typed else f"x{n}" for n, kind in enumerate(kinds)]
    body = table(inputs, ["r"] if policy.startswith("COLLECT") else ["r", "s"], rules, policy=name, aggregation=aggregation)
    try:
        model = compiled(decision(body), dialect=data.draw(st.sampled_from(["spec", "camunda7", "camunda8"])))
    except DefinitionError:
        reject()  # UNIQUE with the same conditions twice
    fits = st.fixed_dictionaries({f"x{n}": st.sampled_from(ROUTINE[kind]) for n, kind in enumerate(kinds)})
    value = st.one_of(*(st.sampled_from(some) for some in ROUTINE.values()), st.sampled_from(HOSTILE))
    odd = st.dictionaries(st.sampled_from([f"x{n}" for n in range(width)]), value, max_size=width)
    kept = st.sampled_from([dict, dict, Record, MappingProxyType])
    rows: list[Any] = [
        of({**row, **changed} if whole else changed)
        for row, changed, whole, of in data.draw(st.lists(st.tuples(fits, odd, st.booleans(), kept), max_size=6))
    ]
    rows += data.draw(st.lists(fits, max_size=12))
    rows = data.draw(st.permutations(rows))
    expected = [answer(lambda row=row: model.evaluate("decision", row)) for row in rows]
    for _ in range(2):
        wrong = [one for one in expected if isinstance(one, tuple)]
        if wrong:
            assert answer(lambda: model.evaluate_many("decision", rows)) == wrong[0]
        else:
            assert list(map(repr, model.evaluate_many("decision", rows))) == expected
        assert [answer(lambda row=row: model.evaluate_many("decision", [row])[0]) for row in rows] == expected
    good = [row for row, one in zip(rows, expected, strict=True) if not isinstance(one, tuple)]
    assert list(map(repr, model.evaluate_many("decision", iter(good)))) == [one for one in expected if not isinstance(one, tuple)]


@pytest.mark.parametrize("cell", TRAPPED)
def test_each_value_is_taken_for_what_it_is(cell: str) -> None:
    for second in ("-", "1"):
        model = compiled(decision(table(["x0", "x1"], ["r"], [[cell, second, "1"], ["-", "-", "2"]], policy="FIRST")))
        rows = [{"x0": value, "x1": other} for other in (1, True, 1.0) for value in TRAPS]
        expected = [plain(generally(model, row)) for row in rows]
        assert list(map(plain, model.evaluate_many("decision", rows))) == expected
        assert [plain(model.evaluate_many("decision", [row] * 2)[1]) for row in rows] == expected
        assert [plain(model.evaluate("decision", row)) for row in rows] == expected


@pytest.mark.parametrize("dialect", ["spec", "camunda7", "camunda8"])
@pytest.mark.parametrize("declared", [None, "number", "integer", "string", "boolean", "date", "dateTime"])
def test_a_column_that_asks_nothing_is_looked_up_like_any_other(declared: str | None, dialect: str) -> None:
    asked: list[Any] = [("x", declared) if declared else "x", "y"]
    model = compiled(decision(table(asked, ["r"], [["-", "1", "1"], ["-", "not(1)", "2"]], policy="UNIQUE")), dialect=dialect)
    rows = [{"x": value, "y": other} for value in TRAPS for other in (1, 2.5)]
    expected = [plain(generally(model, row)) for row in rows]
    assert list(map(plain, model.evaluate_many("decision", rows))) == expected
    assert [plain(model.evaluate_many("decision", [row] * 2)[1]) for row in rows] == expected
    assert [plain(model.evaluate("decision", row)) for row in rows] == expected


def test_rules_that_ask_the_same_share_their_forks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table of a thousand bands has room in what ten would take without: the tree grows with what is asked, not with the rules."""
    forks = import_module("loanflow.dmn.compiler.forks")
    by_sets: list[object] = []
    monkeypatch.setattr(forks, "_by_sets", lambda *given: by_sets.append(given))
    monkeypatch.setattr(forks, "_MOST_BRANCHES", 8_000)
    banded(1_000)
    assert not by_sets


def test_scorecards_and_sets_of_rules_are_not_remembered_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    direct = import_module("loanflow.dmn.compiler.direct")
    monkeypatch.setattr(import_module("loanflow.dmn.compiler.scorecards"), "_MOST_TOTALS", 3)
    monkeypatch.setattr(direct, "_MOST_BITS", 400)
    rows = [{"x": x, "y": y} for x in range(12) for y in range(12)]
    one_input = [[*((f"[{n}..{n + 4})", "-") if n % 2 else ("-", f"[{n}..{n + 5})")), str(3**n)] for n in range(10)]
    both_inputs = [[f"[{n}..{n + 4})", f"[{n}..{n + 5})", str(3**n)] for n in range(10)]
    for rules in (one_input, both_inputs):
        model = compiled(decision(table(["x", "y"], ["r"], rules, policy="COLLECT", aggregation="SUM")))
        expected = [generally(model, row).value for row in rows]
        assert [result.value for result in model.evaluate_many("decision", rows)] == expected
        assert [model.evaluate("decision", row).value for row in rows] == expected


@pytest.mark.parametrize("dialect", ["spec", "camunda7", "camunda8"])
def test_a_scorecard_knows_no_points_from_points_that_come_to_nothing(dialect: str) -> None:
    rules = [["[0..10)", "-", "5"], ["[0..20)", "-", "-7"], ["-", '"a"', "2"], ["-", 'not("a","b")', "-5"]]
    model = compiled(
        decision(table([("x", "double"), ("t", "string")], ["r"], rules, policy="COLLECT", aggregation="SUM")), dialect=dialect
    )
    rows: list[dict[str, Any]] = [
        {"x": x, "t": t} for x in (5, 5.5, 15, 25, Decimal(5), None, "?", float("nan"), True, [1]) for t in ("a", "b", "c", None, 1, [2])
    ]
    some = [row for row in rows if type(row["x"]) is int and type(row["t"]) is str]
    for given_rows in (rows, some, some * 40):
        many = model.evaluate_many("decision", given_rows)
        assert list(map(plain, many)) == [plain(generally(model, row)) for row in given_rows]
    assert [plain(model.evaluate("decision", row)) for row in rows] == [plain(generally(model, row)) for row in rows]
    values = [model.evaluate("decision", {"x": 5, "t": t}).value for t in "abc"]
    assert values == [[{"r": one}] if dialect == "camunda7" else one for one in map(Decimal, (0, -2, -7))]


def test_threads_share_a_table() -> None:
    model = banded(40)
    rows = [{"n": n % 40 + 0.25, "q": 0.5, "t": str(n % 40 % 7)} for n in range(1_200)]
    expected = [result.value for result in model.evaluate_many("decision", rows)]
    fresh = banded(40)
    wrong: list[object] = []
    barrier = threading.Barrier(6)

    def work(offset: int) -> None:
        barrier.wait()
        for turn in range(4):
            start = (offset * 37 + turn * 101) % 1_000
            part = rows[start : start + 200]
            got = [result.value for result in fresh.evaluate_many("decision", part, trace=turn == 3)]
            single = [fresh.evaluate("decision", row).value for row in part[:40]]
            if got != expected[start : start + 200] or single != got[:40]:
                wrong.append((offset, turn))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@pytest.mark.parametrize("dialect", ["spec", "camunda7", "camunda8"])
@pytest.mark.parametrize("declared", ["number", "string", "boolean", "date", "time", "dateTime", "dayTimeDuration", "yearMonthDuration"])
def test_a_value_of_another_type_than_its_column_is_not_looked_up(declared: str, dialect: str) -> None:
    texts = ['@"2020-01-01T00:00:00"', '@"2020-01-01"', '@"08:00:00"', '@"PT1H"', '@"P1Y"', "3", '"a"']
    for text in texts:
        rules = [[f">= {text}", "1"], ["null", "2"], ["-", "3"]]
        model = compiled(decision(table([("x", declared)], ["r"], rules, policy="FIRST")), dialect=dialect)
        for other in texts:
            row = {"x": evaluate(other)}
            expected = plain(generally(model, row))
            assert plain(model.evaluate("decision", row)) == expected, (text, other)
            assert [plain(result) for result in model.evaluate_many("decision", [row] * 2)] == [expected] * 2, (text, other)


def test_days_beyond_pythons_years_cut_no_python_date() -> None:
    rules = [
        ['< date("-0005-01-01")', "1"],
        ['[date("-0005-01-01")..date("0001-01-01")]', "2"],
        ['<= date("12000-01-01")', "3"],
        ["-", "4"],
    ]
    model = compiled(decision(table([("d", "date")], ["r"], rules, policy="FIRST")))
    days = [date.min, date.min + timedelta(1), date.max]
    expected = [Decimal(2), Decimal(3), Decimal(3)]
    assert [model.evaluate("decision", {"d": day}).value for day in days] == expected
    assert [result.value for result in model.evaluate_many("decision", [{"d": day} for day in days])] == expected
