"""Properties: a tree survives its text, evaluation never raises, values survive JSON, threads share compiled objects."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from decimal import Decimal, getcontext

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from loanflow.feel import (
    FeelAssertionFailed,
    FeelBudget,
    FeelBudgetExceeded,
    FeelSyntaxError,
    compile_expression,
    compile_unary_tests,
    equal,
    from_json,
    order,
    parse,
    parse_unary_tests,
    same,
    text_of,
    to_json,
)
from loanflow.feel.builtins import by_name
from loanflow.feel.compiler import compile_tree
from loanflow.feel.syntax import tree
from loanflow.feel.syntax.formatter import format
from tests.feel.strategies import NAMES, expressions, points, values

SLOW = settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
SMALL = FeelBudget(steps=2_000, list_size=500, string_size=5_000, depth=20)


def _fits_in_a_parser(node: tree.Node) -> bool:
    return tree.depth(node) < 25


@pytest.mark.parametrize("dialect", ["spec", "camunda7", "camunda8"])
@SLOW
@given(expressions)
def test_a_tree_survives_its_text(dialect: str, node: tree.Node) -> None:
    assume(_fits_in_a_parser(node))
    text = format(node)
    assert parse(text, names=NAMES, dialect=dialect) == node, text


@pytest.mark.parametrize(
    "text",
    [
        '(date) and time("10:00:00")',
        "a and (date) and time(1)",
        "x between (date) and time(1)",
        "(x + date) and time(1) = b",
        "date and time",
    ],
)
def test_a_date_and_a_time_do_not_become_the_function_of_that_name(text: str) -> None:
    assert parse(format(parse(text))) == parse(text)


@SLOW
@given(expressions, st.dictionaries(st.sampled_from(NAMES), values, max_size=5))
def test_evaluation_never_raises(node: tree.Node, context: dict[str, object]) -> None:
    assume(_fits_in_a_parser(node))
    compiled = compile_tree(format(node), node, built_ins=by_name("camunda8"), declared=frozenset(), dialect="camunda8", types=None)
    try:
        evaluation = compiled.evaluate(context, budget=SMALL)  # type: ignore[arg-type]
    except FeelBudgetExceeded:
        return
    text_of(evaluation.value)


cells = st.one_of(expressions.map(tree.ExpressionTest), st.builds(tree.OperatorTest, st.just("<"), expressions))


@SLOW
@given(st.lists(cells, min_size=1, max_size=3), values)
def test_a_cell_survives_its_text_and_never_raises(tests: list[tree.Node], value: object) -> None:
    node = tree.UnaryTests(tuple(tests))
    assume(_fits_in_a_parser(node))
    text = format(node)
    assert parse_unary_tests(text, names=NAMES) == node, text
    with suppress(FeelBudgetExceeded):
        assert compile_unary_tests(text, names=NAMES).test(value, {}, budget=SMALL) in (True, False, None)  # type: ignore[arg-type]


@settings(max_examples=300)
@given(st.text(alphabet="ab1.,()[]{}<>=-+*/ \"'@?:|&$`\\\n\t收if then else for in return not and or", max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    for dialect in ("spec", "camunda8", "juel"):
        refused: FeelSyntaxError | None = None
        try:
            compile_expression(text, dialect=dialect).evaluate({}, budget=SMALL)
            compile_unary_tests(text, dialect=dialect).test(Decimal(1), {}, budget=SMALL)
        except FeelSyntaxError as error:
            refused = error
        except (FeelBudgetExceeded, FeelAssertionFailed):
            pass
        assert refused is None or (0 <= refused.offset <= len(text) and refused.problem_code.startswith("feel/"))


@given(values)
def test_a_value_survives_json(value: object) -> None:
    encoded = json.loads(json.dumps(to_json(value)))  # type: ignore[arg-type]
    back = from_json(encoded)
    assert same(back, value)
    assert str(back) == str(value)


@given(points, points)
def test_order_and_equality_agree(one: object, other: object) -> None:
    found = order(one, other)
    assert found is None or (equal(one, other) is (found == 0) and order(other, one) == -found)


def test_threads_share_a_compiled_expression() -> None:
    compiled = compile_expression("sum(for i in 1..50 return i * factor) / count([1, 2][item > 0])")
    before = getcontext().prec
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda factor: compiled.value({"factor": Decimal(factor)}), range(200)))
    assert results == [Decimal(1275) * factor / 2 for factor in range(200)]
    assert getcontext().prec == before
