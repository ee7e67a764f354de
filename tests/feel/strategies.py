"""Random values, trees and texts for the property tests."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import strategies as st

from loanflow.feel.syntax import tree
from loanflow.feel.values import (
    DaysTimeDuration,
    FeelDate,
    FeelDateTime,
    FeelTime,
    Range,
    YearsMonthsDuration,
)
from loanflow.feel.values.calendar import day_number

MAX_DAYS = day_number(999_999_999, 12, 31)
MIN_DAYS = day_number(-999_999_999, 1, 1)

numbers = st.one_of(
    st.integers(-(10**9), 10**9).map(Decimal),
    st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**6), max_value=10**6),
    st.sampled_from([Decimal("1E+6000"), Decimal("1E-6000"), Decimal("9" * 34), Decimal(0)]),
)
texts = st.text(max_size=8)
dates = st.one_of(st.integers(-800_000, 800_000), st.integers(MIN_DAYS, MAX_DAYS)).map(FeelDate)
zones = st.sampled_from([(None, None), (0, None), (28_800, None), (-12_600, None), (None, "Asia/Shanghai"), (None, "Europe/Paris")])


@st.composite
def _times(draw: st.DrawFn) -> FeelTime:
    nanos = draw(st.integers(0, 86_399_999_999_999))
    offset, zone = draw(zones)
    hour, rest = divmod(nanos, 3_600_000_000_000)
    minute, rest = divmod(rest, 60_000_000_000)
    second, rest = divmod(rest, 1_000_000_000)
    return FeelTime.of(hour, minute, second, rest, offset=offset, zone=zone)


times = _times()
moments = st.builds(FeelDateTime.of, dates, times)
durations = st.one_of(st.integers(-(10**18), 10**18).map(DaysTimeDuration), st.integers(-(10**6), 10**6).map(YearsMonthsDuration))
points = st.one_of(numbers, texts, dates, times, moments, durations)
ranges = st.builds(Range, points, points, st.booleans(), st.booleans())
scalars = st.one_of(st.none(), st.booleans(), points)
values = st.recursive(
    st.one_of(scalars, ranges),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4)),
    max_leaves=12,
)

NAMES = ["a", "b", "income", "Annual income", "pre-bureau risk", "收入", "item", "?", "x in y", "count", "date", "time"]
names = st.sampled_from(NAMES)
members = st.sampled_from(["a", "b", "year", "time offset", "start included", "收入", "and"])
operators = st.sampled_from(["+", "-", "*", "/", "**"])
comparisons = st.sampled_from(["=", "!=", "<", "<=", ">", ">="])
types = st.recursive(
    st.sampled_from(["number", "string", "date and time", "Any", "tLoan", "days and time duration"]).map(tree.NamedType),
    lambda inner: st.one_of(
        st.builds(tree.ListType, inner),
        st.builds(tree.RangeType, inner),
        st.builds(tree.FunctionType, st.lists(inner, max_size=2).map(tuple), inner),
        st.builds(
            tree.ContextType, st.lists(st.builds(tree.FormalParameter, names.filter(lambda n: n != "?"), inner), max_size=2).map(tuple)
        ),
    ),
    max_leaves=4,
)
literals = st.one_of(
    st.none(),
    st.booleans(),
    texts,
    st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**6), max_value=10**6).map(lambda n: n if n else Decimal(0)),
).map(tree.Literal)
leaves = st.one_of(literals, names.map(tree.Name), st.sampled_from(["2026-01-31", "P1D", "10:00:00Z", "no date"]).map(tree.AtLiteral))
BUILT_INS = [
    "count",
    "string",
    "sum",
    "substring",
    "date and time",
    "matches",
    "sort",
    "not",
    "min",
    "flatten",
    "context put",
    "before",
    "replace",
]


def _branches(inner: st.SearchStrategy[tree.Node]) -> st.SearchStrategy[tree.Node]:
    several = st.lists(inner, min_size=2, max_size=3).map(tuple)
    iteration = st.builds(tree.Iteration, names.filter(lambda n: n not in ("?", "x in y")), inner, st.one_of(st.none(), inner))
    iterations = st.lists(iteration, min_size=1, max_size=2).map(tuple)
    tests = st.one_of(st.builds(tree.OperatorTest, comparisons, inner), st.builds(tree.ExpressionTest, inner))
    parameters = st.lists(names.filter(lambda n: n != "?"), max_size=2, unique=True).flatmap(
        lambda found: st.tuples(*(st.builds(tree.FormalParameter, st.just(name), st.one_of(st.none(), types)) for name in found))
    )
    entries = st.lists(st.builds(tree.ContextEntry, st.one_of(names.filter(lambda n: n != "?"), texts), inner), max_size=3).map(tuple)
    return st.one_of(
        st.builds(tree.Arithmetic, operators, inner, inner),
        st.builds(tree.Comparison, comparisons, inner, inner),
        st.builds(tree.Negation, inner),
        st.builds(tree.Conjunction, several),
        st.builds(tree.Disjunction, several),
        st.builds(tree.Between, inner, inner, inner),
        st.builds(tree.In, inner, st.lists(tests, min_size=1, max_size=3).map(tuple)),
        st.builds(tree.InstanceOf, inner, types),
        st.builds(tree.If, st.lists(st.tuples(inner, inner), min_size=1, max_size=2).map(tuple), inner).filter(
            lambda node: not isinstance(node.otherwise, tree.If)
        ),
        st.builds(tree.For, iterations, inner),
        st.builds(tree.Quantified, st.sampled_from(["some", "every"]), iterations, inner),
        st.builds(tree.FunctionLiteral, parameters, inner),
        st.builds(tree.ContextLiteral, entries),
        st.builds(tree.ListLiteral, st.lists(inner, max_size=3).map(tuple)),
        st.builds(tree.Interval, inner, inner, st.booleans(), st.booleans()),
        st.builds(tree.HalfLine, comparisons, inner),
        st.builds(tree.Path, inner, members),
        st.builds(tree.Filter, inner, inner),
        st.builds(tree.Call, st.sampled_from(BUILT_INS).map(tree.Name), st.lists(inner, max_size=3).map(tuple)),
        st.builds(tree.Call, inner, st.lists(inner, max_size=2).map(tuple)),
    )


expressions = st.recursive(leaves, _branches, max_leaves=14)
