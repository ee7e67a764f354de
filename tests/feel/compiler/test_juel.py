"""JUEL, the language of Camunda 7's ``${...}``: the part that diagrams use, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from loanflow.errors import BpmnError
from loanflow.feel import FeelSyntaxError, compile_expression, evaluate

CONTEXT: dict[str, Any] = {
    "approved": True,
    "answer": "true",
    "amount": 5_000,
    "text": "5000",
    "name": "Li",
    "nothing": None,
    "items": [1, 2, 3],
    "none": [],
    "order": {"total": 12, "customer": {"city": "北京"}},
    "execution": {"processBusinessKey": "L-1"},
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${approved}", True),
        ("#{approved}", True),
        ("${ approved == 'true' }", True),
        ("${answer == true}", True),
        ("${amount == text}", True),
        ("${amount gt 1000 and amount le 5000}", True),
        ("${amount > 1000 && !approved}", False),
        ("${not approved || amount lt 1}", False),
        ("${answer && approved}", True),
        ("${nothing == null}", True),
        ("${nothing != null}", False),
        ("${empty nothing && empty none && empty missing}", True),
        ("${not empty items}", True),
        ("${empty name}", False),
        ("${1 + 2 * 3 - 4 / 2}", 5),
        ("${10 % 3 + (10 mod 4)}", 3),
        ("${-amount}", -5_000),
        ("${text + 1}", 5_001),
        ("${text + text}", 10_000),
        ("${'3' * '4' - '' % 2}", 12),
        ("${nothing + 1}", 1),
        ("${-nothing}", 0),
        ("${-text}", -5_000),
        ("${name + 1}", None),
        ("${name + name}", "LiLi"),
        ("${nothing > 1 || nothing < 1 || 1 >= nothing}", False),
        ("${nothing <= null && nothing >= null}", True),
        ("${nothing < null}", False),
        ("${amount > 1000 ? 'big' : 'small'}", "big"),
        ('${amount > 9000 ? "big" : amount > 1000 ? "middle" : "small"}', "middle"),
        ("${order.total}", 12),
        ("${order['total']}", 12),
        ("${order.customer.city}", "北京"),
        ("${items[0]}", 1),
        ("${items.get(2)}", 3),
        ("${items.contains(2)}", True),
        ("${items.size() > 2}", True),
        ("${none.isEmpty()}", True),
        ("${name.equals('Li')}", True),
        ("${name.startsWith('L')}", True),
        ("${name.concat('ang')}", "Liang"),
        ("${text.substring(1)}", "000"),
        ("${text.substring(0, 2)}", "50"),
        ("${text.substring(2, 9)}", None),
        ("${amount.toString()}", "5000"),
        ("${order.containsKey('total')}", True),
        ("${execution.getVariable('amount')}", 5_000),
        ("${execution.processBusinessKey}", "L-1"),
        ("Dear ${name}, you owe ${amount}.", "Dear Li, you owe 5000."),
        ("${nothing}-${name}", "-Li"),
        ("plain", "plain"),
        ("", ""),
        ("\\${kept}", "${kept}"),
        ("${'it\\'s'}", "it's"),
        ("${'a ${b}'}", "a ${b}"),
    ],
)
def test_value(text: str, expected: object) -> None:
    assert evaluate(text, CONTEXT, dialect="juel") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${now()}", "2026-03-01T08:30:00Z"),
        ("${dateTime().plusDays(2).toDate()}", "2026-03-03T08:30:00Z"),
        ("${dateTime().minusMonths(1)}", "2026-02-01T08:30:00Z"),
    ],
)
def test_the_calendar(text: str, expected: str) -> None:
    assert str(evaluate(text, {}, dialect="juel", clock=lambda: datetime(2026, 3, 1, 8, 30, tzinfo=UTC))) == expected


def test_a_bean_call_is_a_registered_function() -> None:
    def score(amount: Decimal, name: str) -> int:
        return int(amount) + len(name)

    compiled = compile_expression("${scoring.score(amount, 'ab') > 10 && total(1) == 1}", dialect="juel")
    functions = {"scoring.score": score, "total": lambda one: one}
    assert compiled.evaluate({"amount": Decimal(10)}, functions=functions.get).value is True


def test_a_bean_that_nobody_registered_is_null_with_a_reason() -> None:
    evaluation = compile_expression("${scoring.score(1)}", dialect="juel").evaluate({}, functions={}.get)
    assert evaluation.value is None
    assert "scoring.score" in str(evaluation.reasons[0])


def test_what_a_registered_function_raises_is_a_reason_but_a_bpmn_error_steers_the_case() -> None:
    def broken() -> None:
        raise RuntimeError("no line")

    def refused() -> None:
        raise BpmnError("NO_FILE")

    functions = {"bureau.broken": broken, "bureau.refused": refused}
    evaluation = compile_expression("${bureau.broken()}", dialect="juel").evaluate({}, functions=functions.get)
    assert "no line" in str(evaluation.reasons[0])
    with pytest.raises(BpmnError):
        compile_expression("${bureau.refused()}", dialect="juel").evaluate({}, functions=functions.get)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("${a +}", "feel/unexpected-token"),
        ("${a", "feel/unclosed-expression"),
        ("${}", "feel/empty-expression"),
        ("${a b}", "feel/unexpected-token"),
        ("${'a}", "feel/unclosed-string"),
        ("${a = 1}", "feel/juel-assignment"),
        ("${(x) -> x}", "feel/juel-lambda"),
        ("${loans.stream().filter(one -> one.open)}", "feel/juel-lambda"),
        ("${(x, y) -> x}", "feel/juel-lambda"),
        ("${S(order).prop('x')}", "feel/juel-spin"),
        ("${JSON(order)}", "feel/juel-spin"),
        ("${a.class.forName('x')}", "feel/juel-java"),
        ("${a.getClass()}", "feel/juel-java"),
        ("${T(java.lang.Runtime)}", "feel/juel-java"),
        ("${" + "(" * 200 + "1" + ")" * 200 + "}", "feel/too-deep"),
    ],
)
def test_what_is_refused(text: str, code: str) -> None:
    with pytest.raises(FeelSyntaxError) as caught:
        compile_expression(text, dialect="juel")
    assert caught.value.problem_code == code


def test_the_variables_that_are_read() -> None:
    assert compile_expression("${a.b > c && execution.getVariable('d') == 1}", dialect="juel").names == {"a", "c", "d"}
