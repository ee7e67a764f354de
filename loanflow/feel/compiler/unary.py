"""Unary tests: whether a value fits a cell (DMN 7.3, 10.3.2.13 Table 55 "in").

A test is a comparison, a range, a value to equal, a list to be in, or a condition, which is what an expression is
that reads ``?`` or can only give a boolean.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from loanflow.feel.compiler.scope import RUN, Frame, Scope, Step
from loanflow.feel.syntax import tree
from loanflow.feel.values.comparison import COMPARISONS, equal, within
from loanflow.feel.values.kinds import LIST_TYPE, kind
from loanflow.feel.values.ranges import Range

_CONDITIONS = (tree.Comparison, tree.Conjunction, tree.Disjunction, tree.Between, tree.In, tree.InstanceOf, tree.Quantified)


def compile_unary_tests(node: tree.UnaryTests, scope: Scope, slot: int) -> Step:
    """A whole cell; ``slot`` holds the value tested."""
    if not node.tests:
        return lambda frame: True
    tests = compile_tests(node.tests, scope, slot)
    if not node.negated:
        return tests

    def negated(frame: Frame) -> bool | None:
        found = tests(frame)
        return None if found is None else not found

    return negated


def compile_tests(nodes: tuple[tree.Node, ...], scope: Scope, slot: int) -> Step:
    """Several tests: true if one is true, false if all are false, else null."""
    with scope.names({"?": slot}):
        tests = tuple(_test(node, scope, slot) for node in nodes)
    if len(tests) == 1:
        return tests[0]

    def several(frame: Frame) -> bool | None:
        result: bool | None = False
        for test in tests:
            found = test(frame)
            if found is True:
                return True
            if found is None:
                result = None
        return result

    return several


def _test(node: tree.Node, scope: Scope, slot: int) -> Step:
    if isinstance(node, tree.OperatorTest):
        return _operator(node, scope, slot)
    if not isinstance(node, tree.ExpressionTest):
        raise TypeError(f"{type(node).__name__} is no test")
    expression = node.expression
    step = scope.compile(expression)
    if isinstance(expression, tree.Literal):
        return _truth(expression.value, slot) if scope.camunda and isinstance(expression.value, bool) else _constant(expression.value, slot)
    if _reads_input(expression) or (isinstance(expression, _CONDITIONS) and not scope.camunda):
        return _answer(step) if scope.camunda else _condition(step, slot)
    if scope.camunda:
        return _camunda_test(step, slot)

    def fits_value(frame: Frame) -> bool | None:
        return fits(frame[slot], step(frame))

    return fits_value


def _operator(node: tree.OperatorTest, scope: Scope, slot: int) -> Step:
    operand, compare, operator = scope.compile(node.operand), COMPARISONS[node.operator], node.operator

    def compared(frame: Frame) -> bool | None:
        value, other = frame[slot], operand(frame)
        found = compare(value, other)
        if found is None:
            frame[RUN].null("feel/not-comparable", f"{kind(value)} {operator} {kind(other)} has no answer", node.start, node.end)
        return found

    return compared


def _constant(constant: bool | Decimal | str | None, slot: int) -> Step:
    same = type(constant)

    def equals(frame: Frame) -> bool | None:
        value = frame[slot]
        if type(value) is same:
            return value == constant
        return fits(value, constant)

    return equals


def _truth(constant: bool, slot: int) -> Step:
    # Written out as a value, true is fitted by true alone.
    return lambda frame: equal(frame[slot], constant)


def _answer(step: Step) -> Step:
    # What reads the value says true or false; a number or a text is no answer.
    def answer(frame: Frame) -> bool | None:
        found = step(frame)
        return found if found is True or found is False else None

    return answer


def _camunda_test(step: Step, slot: int) -> Step:
    # An expression that does not read the value: true, equal to the value, or a list that holds it. So a false condition
    # fits the value false, and one without an answer fits null.
    def fits_value(frame: Frame) -> bool | None:
        found = step(frame)
        return found or frame[slot] is False if type(found) is bool else fits(frame[slot], found)

    return fits_value


def _condition(step: Step, slot: int) -> Step:
    def condition(frame: Frame) -> bool | None:
        found = step(frame)
        if found is True or found is False:
            return found
        if found is None:
            return None
        return fits(frame[slot], found)

    return condition


def _reads_input(node: tree.Node) -> bool:
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one, tree.Name) and one.name == "?":
            return True
        waiting.extend(one.children())
    return False


def fits(value: Any, expected: Any) -> bool | None:
    """Whether a value fits what a cell's expression gave: equals it, is in the list, lies in the range.

    True is fitted by anything but a boolean, which must equal it.
    """
    if type(expected) is Range:
        return within(value, expected) if type(value) is not Range else equal(value, expected)
    if type(expected) is LIST_TYPE:
        return _in_list(value, expected)
    if type(expected) is bool and value is not None and type(value) is not bool:
        return expected
    return equal(value, expected)


def _in_list(value: Any, items: list[Any]) -> bool:
    if type(value) is LIST_TYPE and equal(value, items) is True:
        return True
    for item in items:
        found = within(value, item) if type(item) is Range and type(value) is not Range else equal(value, item)
        if found is True:
            return True
    return False
