"""Numeric, date and time, range, context and miscellaneous functions (DMN 10.3.4.5 to .10)."""

from __future__ import annotations

import pytest

from loanflow.feel import evaluate
from loanflow.feel.builtins import STANDARD, by_name, camunda, camunda_variants
from tests.feel.shown import shown

NUMBERS = [
    ("abs(-10)", "10"),
    ('abs(@"-P1D")', "P1D"),
    ("sqrt(16)", "4"),
    ("sqrt(-1)", "null"),
    ("log(0)", "null"),
    ("exp(0)", "1"),
    ("odd(5)", "true"),
    ("even(5)", "false"),
    ("even(2.5)", "false"),
    ("modulo(12, 0)", "null"),
    ("floor(1.56, 1)", "1.5"),
    ("floor(1.56, null)", "null"),
    ("ceiling(-1.5)", "-1"),
    ("round up(5.5, 0)", "6"),
]
TEMPORALS = [
    ("now()", "2026-03-01T08:30:00Z"),
    ("today()", "2026-03-01"),
    ('day of year(date("2026-02-01"))', "32"),
    ('day of week(date("2026-03-01"))', '"Sunday"'),
    ('month of year(date("2026-03-01"))', '"March"'),
    ('week of year(date("2026-01-01"))', "1"),
    ('week of year(date("2027-01-01"))', "53"),
    ('is(@"10:00:00+00:00", @"10:00:00Z")', "true"),
    ('is(@"10:00:00@Europe/Paris", @"10:00:00+01:00")', "false"),
    ("is(1, 1.0)", "true"),
    ('date("2026-01-31") + duration("P1M")', "2026-02-28"),
    ('date("2024-02-29") - duration("P1Y")', "2023-02-28"),
    ('date("2026-03-01") - date("2026-02-01")', "P28D"),
    ('date("2026-01-31") + @"PT23H"', "2026-01-31"),
    ('@"2026-03-29T01:30:00@Europe/Paris" + @"PT1H"', "2026-03-29T03:30:00@Europe/Paris"),
    ('@"2026-10-25T02:30:00@Europe/Paris" + @"P1M"', "2026-11-25T02:30:00@Europe/Paris"),
    ('@"2026-03-29T12:00:00@Europe/Paris" - @"2026-03-28T12:00:00@Europe/Paris"', "PT23H"),
    ('@"2026-01-01T08:00:00@Asia/Shanghai" = @"2026-01-01T00:00:00Z"', "true"),
    ('@"10:00:00" + @"PT15H"', "01:00:00"),
    ('@"P1D" * 1.5', "P1DT12H"),
    ('@"P1D" / @"PT1H"', "24"),
    ('@"P1Y" / 2', "P6M"),
    ('@"P1Y" + @"P1D"', "null"),
    ('@"P1D" < @"P1Y"', "null"),
    ('@"2026-01-01" < @"2026-01-01T00:00:00"', "null"),
    ('@"10:00:00" < @"10:00:00Z"', "null"),
]
RANGES = [
    ("before(1, 10)", "true"),
    ("before([1..5), 5)", "true"),
    ("before([1..5], [5..9])", "false"),
    ("after([11..20], [1..10])", "true"),
    ("meets([1..5], [5..10])", "true"),
    ("met by([5..10], [1..5])", "true"),
    ("overlaps([1..5], [3..8])", "true"),
    ("overlaps([1..5), [5..8])", "false"),
    ("overlaps before([1..5], [3..8])", "true"),
    ("overlaps after([3..8], [1..5])", "true"),
    ("finishes(5, [1..5])", "true"),
    ("finished by([1..10], (5..10])", "true"),
    ("includes([5..10], 6)", "true"),
    ("during([4..6], [1..10])", "true"),
    ("starts(1, [1..10])", "true"),
    ("started by([1..10], [1..5])", "true"),
    ("coincides([1..5], [1..5])", "true"),
    ('before(1, "a")', "null"),
]
CONTEXTS = [
    ('get value({a: 1}, "a")', "1"),
    ('get value({a: 1}, "b")', "null"),
    ('get value(m: {a: 1}, key: "a")', "1"),
    ('get value(context: {a: 1}, key: "a")', "1"),
    ("get entries({a: 1})", '[{key: "a", value: 1}]'),
    ("get entries(context: {a: 1})", '[{key: "a", value: 1}]'),
    ('context([{key: "a", value: 1}, {key: "b", value: 2}])', "{a: 1, b: 2}"),
    ('context([{key: "a", value: 1}, {key: "a", value: 2}])', "null"),
    ('context put({x: 1}, "y", 2)', "{x: 1, y: 2}"),
    ('context put({x: 1, y: {a: 0}}, ["y", "a"], 2)', "{x: 1, y: {a: 2}}"),
    ("context put({x: 1}, [], 2)", "null"),
    ("context merge([{a: 1}, {b: 2}, {a: 3}])", "{a: 3, b: 2}"),
]
CAMUNDA = [
    ("is defined(null)", "false"),
    ("get or else(null, 5)", "5"),
    ("duplicate values([1, 2, 1, 3, 2])", "[1, 2]"),
    ("is empty([])", "true"),
    ("partition([1, 2, 3], 2)", "[[1, 2], [3]]"),
    ('extract("a1b22", "[0-9]+")', '["1", "22"]'),
    ('trim("  a ")', '"a"'),
    ('is blank(" ")', "true"),
    ('to base64("FEEL")', '"RkVFTA=="'),
    ('from base64("RkVFTA==")', '"FEEL"'),
    ('last day of month(date("2024-02-01"))', "2024-02-29"),
    ('from json("{\\"a\\": [1, 0.1]}")', "{a: [1, 0.1]}"),
    ('to json({a: [1, "x", @"2026-01-01"]})', '"{\\"a\\":[1,\\"x\\",\\"2026-01-01\\"]}"'),
    ('string join(["a", "b"], ", ", "[", "]")', '"[a, b]"'),
    ("and([true, false])", "false"),
    ("or([true, false])", "true"),
    ('put({a: 1}, "b", 2)', "{a: 1, b: 2}"),
    ('get value({a: {b: 1}}, ["a", "b"])', "1"),
    ('date and time(@"2026-01-01T00:00:00Z", "Asia/Shanghai")', "2026-01-01T08:00:00@Asia/Shanghai"),
    ('cycle(3, duration("PT1H"))', '"R3/PT1H"'),
    ('cycle(null, duration("P1M"))', '"R/P1M"'),
    ('cycle(duration("P1D"))', '"R/P1D"'),
    ('cycle(3, "PT1H")', "null"),
    ("fromAi(toolCall.x)", "null"),
    ('fromAi(5, "a number", "number")', "5"),
    ("put all([{a: 1}, {b: 2}])", "{a: 1, b: 2}"),
    ('context put({a: {b: 1}}, ["a", "c"], 2)', "{a: {b: 1, c: 2}}"),
    ("is defined(0)", "true"),
    ('get or else("a", 5)', '"a"'),
    ("assert(7, 7 > 1)", "7"),
    ("partition([1], 0)", "null"),
    ('extract("abc", "[0-9]")', "[]"),
    ('extract(input: "a1", pattern: "[0-9]")', '["1"]'),
    ('from json(json: "[1]")', "[1]"),
    ('from json("{")', "null"),
    ('from base64("!")', "null"),
    ("to json(1.10)", '"1.1"'),
    ('to json(@"2026-06-01T09:30:00@Europe/Berlin")', '"\\"2026-06-01T09:30:00+02:00[Europe/Berlin]\\""'),
    ('to json({at: @"09:30:00@Asia/Shanghai"})', '"{\\"at\\":\\"09:30:00+08:00\\"}"'),
    ('to json(@"2026-06-01T09:30:00+02:00")', '"\\"2026-06-01T09:30:00+02:00\\""'),
    ('date("2026-03-01").weekday', "7"),
    ("`a b` + 1", "null"),
]
# Functions of the standard: what Camunda gives, then what the standard gives.
VARIANTS = [
    ('time("T09:30:00")', "09:30:00", "null"),
    ('time("09:30")', "09:30:00", "null"),
    ('time("T09:30+08:00")', "09:30:00+08:00", "null"),
    ('time("9:30")', "null", "null"),
    ('date and time("2026-03-01T09:30")', "2026-03-01T09:30:00", "null"),
    ('date and time("2026-03-01T09:30Z")', "2026-03-01T09:30:00Z", "null"),
    ('date and time("2026-06-01T09:30:00+02:00[Europe/Berlin]")', "2026-06-01T09:30:00@Europe/Berlin", "null"),
    ('date and time("2026-06-01T09:30:00Z[Europe/Berlin]")', "2026-06-01T11:30:00@Europe/Berlin", "null"),
    ('date and time("2026-06-01T09:30:00+02:00[Europa/Berlin]")', "null", "null"),
    ('date and time("2026-02-30T09:30:00Z[Europe/Berlin]")', "null", "null"),
    ('date and time(date("2026-03-01"), time("09:30:00"))', "2026-03-01T09:30:00", "2026-03-01T09:30:00"),
    ('date and time(@"2026-03-01T09:30:00", "Asia/Shanghai")', "2026-03-01T09:30:00@Asia/Shanghai", "null"),
    ('date and time(@"2026-03-01T09:30:00", "Z").time offset', "PT0S", "null"),
    ('date and time(@"2026-03-01T09:30:00Z", "Nowhere")', "null", "null"),
    ('@"2026-06-01T09:30+02:00[Europe/Berlin]"', "2026-06-01T09:30:00@Europe/Berlin", "null"),
    ('@"T09:30"', "09:30:00", "null"),
    ('@"2026-03-01"', "2026-03-01", "2026-03-01"),
    ('duration("PT-5M")', "-PT5M", "null"),
    ('duration("P-1D")', "-P1D", "null"),
    ('duration("-PT-5M")', "PT5M", "null"),
    ('duration("P-1Y-2M")', "-P1Y2M", "null"),
    ('duration("PT1H-30M")', "PT30M", "null"),
    ('duration("PT-1.5S")', "-PT1.5S", "null"),
    ('duration("P")', "null", "null"),
    ('duration("P-999999999999Y")', "null", "null"),
    ('@"PT-5M"', "-PT5M", "null"),
    ('decimal(2.5, 0, "half_up")', "3", "null"),
    ('decimal(-2.5, 0, "FLOOR")', "-3", "null"),
    ('decimal(2.5, 0, "UNNECESSARY")', "null", "null"),
    ('decimal(2.50, 1, "UNNECESSARY")', "2.5", "null"),
    ('decimal(2.5, 0, "sideways")', "null", "null"),
    ("decimal(2.5, 0)", "2", "2"),
    ('matches("a/b", "a\\/b")', "true", "null"),
    ('matches("ab", "a(?!c)")', "true", "null"),
    ('matches("ab", "a(")', "null", "null"),
    ('replace("a/b", "\\/", "-")', '"a-b"', "null"),
    ('split("a/b", "\\/")', '["a", "b"]', "null"),
    ("abs(number: -1)", "1", "null"),
    ("abs(n: -1)", "1", "1"),
    ("sublist([1, 2], 1, 3)", "[1, 2]", "null"),
    ("sublist([1, 2], 3)", "[]", "null"),
    ("sublist([1, 2, 3], -2, 1)", "[2]", "[2]"),
    ("sublist([1, 2, 3], -5, 3)", "[1]", "null"),
    ("sublist([1, 2, 3], 2, -1)", "[]", "null"),
    ("sublist([1, 2], 0)", "null", "null"),
    ("sublist([1, 2], 10 ** 30, 10 ** 30)", "[]", "null"),
    ("sublist(list: [1, 2], start: 2)", "[2]", "null"),
    ("sublist(list: [1, 2], start position: 2, length: 5)", "[2]", "null"),
    ("insert before([], 1, 5)", "[5]", "null"),
    ("insert before([1, 2], 3, 5)", "[1, 2, 5]", "null"),
    ("insert before([1, 2], -5, 5)", "[5, 1, 2]", "null"),
    ("insert before([1, 2], -1, 5)", "[1, 5, 2]", "[1, 5, 2]"),
    ("insert before([1, 2], 0, 5)", "null", "null"),
    ("remove([1, 2], 3)", "[1, 2]", "null"),
    ("remove([1, 2], -2)", "[2]", "[2]"),
    ("remove([1, 2], -3)", "[1, 2]", "null"),
    ("remove([1, 2], 0)", "null", "null"),
    ("get value({a: 1}, [])", "null", "{a: 1}"),
    ('get value({a: 1}, "a")', "1", "1"),
    ('context put({x: 1}, ["y", "z"], 2)', "{x: 1, y: {z: 2}}", "null"),
    ('context put({x: 1}, ["x", "z"], 2)', "{x: {z: 2}}", "null"),
    ("context put({x: 1}, [], 2)", "null", "null"),
    ("context merge({a: 1}, {a: 2, b: 3})", "{a: 2, b: 3}", "null"),
    ("context merge([{a: 1}, {a: 2, b: 3}])", "{a: 2, b: 3}", "{a: 2, b: 3}"),
    ("context merge({a: 1}, null)", "null", "null"),
    ('context([{key: "a", value: 1}, {key: "a", value: 2}])', "{a: 2}", "null"),
    ('context([{key: "a"}])', "null", "null"),
    ('string join(["a"], "", "<", ">")', '"<a>"', "null"),
]


@pytest.mark.parametrize(("text", "expected"), [*NUMBERS, *TEMPORALS, *RANGES, *CONTEXTS])
def test_built_in(text: str, expected: str) -> None:
    assert shown(text) == expected


@pytest.mark.parametrize(("text", "expected"), CAMUNDA)
@pytest.mark.parametrize("dialect", ["camunda7", "camunda8"])
def test_camunda_built_in(text: str, expected: str, dialect: str) -> None:
    assert shown(text, dialect=dialect) == expected


@pytest.mark.parametrize(("text", "expected", "standard"), VARIANTS)
@pytest.mark.parametrize("dialect", ["camunda7", "camunda8"])
def test_a_standard_function_as_camunda_has_it(text: str, expected: str, standard: str, dialect: str) -> None:
    assert shown(text, dialect=dialect) == expected
    assert shown(text) == standard


def test_each_camunda_built_in_says_since_when() -> None:
    assert {built.name: built.since for built in camunda.BUILT_INS if built.since} == {
        "random number": "8.2",
        "last day of month": "8.2",
        "get or else": "8.3",
        "assert": "8.3",
        "duplicate values": "8.3",
        "is empty": "8.6",
        "trim": "8.6",
        "uuid": "8.6",
        "to base64": "8.6",
        "partition": "8.7",
        "is blank": "8.8",
        "fromAi": "8.8",
        "from json": "8.9",
        "to json": "8.9",
        "from base64": "feel-scala 1.22",
    }
    always = {built.name for built in camunda.BUILT_INS if not built.since}
    variants = {built.name for built in camunda_variants.BUILT_INS}
    assert always - variants == {"is defined", "extract", "cycle", "and", "or", "put", "put all"}
    assert variants <= {built.name for built in STANDARD}
    tried = " ".join(row[0] for row in [*CAMUNDA, *VARIANTS])
    assert [
        built.name for built in camunda.BUILT_INS if built.name not in tried and built.name not in ("random number", "uuid", "assert")
    ] == []


def test_camunda_built_ins_are_no_part_of_the_standard() -> None:
    assert shown('trim(" a ")') == "null"


def test_chance_is_drawn_from_the_clock_so_that_a_replay_draws_the_same() -> None:
    assert shown("[random number(), uuid()]", dialect="camunda8") == shown("[random number(), uuid()]", dialect="camunda8")


def test_without_a_clock_there_is_no_now() -> None:
    assert evaluate("now()") is None


def test_every_built_in_says_what_it_does_and_where_the_standard_has_it() -> None:
    for built in {*STANDARD, *by_name("camunda8").values()}:
        assert built.about, built.name
        assert built.clause, built.name
        assert all(signature.text.startswith(built.name) or built.camunda for signature in built.signatures), built.name


def test_the_standard_is_whole() -> None:
    wanted = """date; date and time; time; number; string; duration; years and months duration; not; substring; string length;
    upper case; lower case; substring before; substring after; replace; contains; starts with; ends with; matches; split; string join;
    list contains; count; min; max; sum; mean; all; any; sublist; append; concatenate; insert before; remove; reverse; index of; union;
    distinct values; flatten; product; median; stddev; mode; list replace; decimal; floor; ceiling; round up; round down; round half up;
    round half down; abs; modulo; sqrt; log; exp; odd; even; is; before; after; meets; met by; overlaps; overlaps before; overlaps after;
    finishes; finished by; includes; during; starts; started by; coincides; day of year; day of week; month of year; week of year; sort;
    get value; get entries; context; context put; context merge; now; today; range"""
    assert {" ".join(name.split()) for name in wanted.split(";")} == {built.name for built in STANDARD}
