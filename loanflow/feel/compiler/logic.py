"""Three-valued logic, comparisons, if, between and in (DMN 10.3.2.13, Tables 50 to 56)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from loanflow.feel.compiler.scope import RUN, VARIABLES, Frame, Scope, Step
from loanflow.feel.compiler.unary import compile_tests
from loanflow.feel.syntax import tree
from loanflow.feel.values.comparison import COMPARISONS, QUICK, less_or_equal
from loanflow.feel.values.kinds import kind


def compile_conjunction(node: tree.Conjunction, scope: Scope) -> Step:
    """``and``: false if one is false, true if all are true, else null."""
    steps, start, end = tuple(map(scope.compile, node.operands)), node.start, node.end

    def conjunction(frame: Frame) -> bool | None:
        result: bool | None = True
        for step in steps:
            value = step(frame)
            if value is False:
                return False
            if value is not True:
                result = None
                if value is not None:
                    frame[RUN].null("feel/wrong-operand", f"and joins true and false, not {kind(value)}", start, end)
        return result

    tests = [_against_constant(operand, scope) for operand in node.operands]
    return _all_hold(tuple(test for test in tests if test is not None), conjunction) if all(tests) else conjunction


def _all_hold(tests: tuple[_Test, ...], conjunction: Step) -> Step:
    """Return ``and`` between variables against constants, which most conditions of a bank are: one step for all of them."""

    def all_hold(frame: Frame) -> bool | None:
        variables = frame[VARIABLES]
        try:
            for name, of, compare, constant in tests:
                value = variables[name]
                if type(value) is not of:
                    break
                if not compare(value, constant):
                    return False
            else:
                return True
        except KeyError:
            pass
        return conjunction(frame)

    return all_hold


def compile_disjunction(node: tree.Disjunction, scope: Scope) -> Step:
    """``or``: true if one is true, false if all are false, else null."""
    steps, start, end = tuple(map(scope.compile, node.operands)), node.start, node.end

    def disjunction(frame: Frame) -> bool | None:
        result: bool | None = False
        for step in steps:
            value = step(frame)
            if value is True:
                return True
            if value is not False:
                result = None
                if value is not None:
                    frame[RUN].null("feel/wrong-operand", f"or joins true and false, not {kind(value)}", start, end)
        return result

    return disjunction


def compile_comparison(node: tree.Comparison, scope: Scope) -> Step:
    """``left < right``; null when the two cannot be compared."""
    left, right = scope.compile(node.left), scope.compile(node.right)
    slow, quick = _slow(node), QUICK[node.operator]
    constant = node.right.value if isinstance(node.right, tree.Literal) else None
    if isinstance(constant, Decimal | str):
        return _with_constant(left, constant, quick, slow)
    return _general(left, right, quick, slow)


# A variable's name, the only type of value that needs no more than this, how it is compared, and the constant.
_Test = tuple[str, type, Callable[[Any, Any], bool], Any]


def _against_constant(node: tree.Node, scope: Scope) -> _Test | None:
    """Return what a comparison of a variable with a number or a text is, None for anything else."""
    if not isinstance(node, tree.Comparison) or not isinstance(node.left, tree.Name) or not isinstance(node.right, tree.Literal):
        return None
    name, constant = node.left.name, node.right.value
    if not isinstance(constant, Decimal | str) or name in scope.built_ins or scope.find(name) != ((), None):
        return None
    return name, type(constant), QUICK[node.operator], constant


_Slow = Callable[[Frame, Any, Any], Any]


def _slow(node: tree.Comparison) -> _Slow:
    compare, sign, start, end = COMPARISONS[node.operator], node.operator, node.start, node.end

    def slow(frame: Frame, left: Any, right: Any) -> bool | None:
        found = compare(left, right)
        if found is None:
            frame[RUN].null("feel/not-comparable", f"{kind(left)} {sign} {kind(right)} has no answer", start, end)
        return found

    return slow


def _general(left: Step, right: Step, quick: Callable[[Any, Any], bool], slow: _Slow) -> Step:
    def general(frame: Frame) -> bool | None:
        x, y = left(frame), right(frame)
        if type(x) is Decimal and type(y) is Decimal:
            return quick(x, y)
        return slow(frame, x, y)

    return general


def _with_constant(left: Step, constant: Decimal | str, quick: Callable[[Any, Any], bool], slow: _Slow) -> Step:
    of = type(constant)

    def with_constant(frame: Frame) -> bool | None:
        value = left(frame)
        return quick(value, constant) if type(value) is of else slow(frame, value, constant)

    return with_constant


def compile_between(node: tree.Between, scope: Scope) -> Step:
    """``value between low and high``, both included."""
    value, low, high = scope.compile(node.value), scope.compile(node.low), scope.compile(node.high)
    start, end = node.start, node.end

    def between(frame: Frame) -> bool | None:
        found = value(frame)
        above, below = less_or_equal(low(frame), found), less_or_equal(found, high(frame))
        if above is None or below is None:
            return frame[RUN].null("feel/not-comparable", f"{kind(found)} cannot be compared with the bounds", start, end)
        return above and below

    return between


def compile_if(node: tree.If, scope: Scope) -> Step:
    """``if``: anything but true counts as not true."""
    otherwise = scope.compile(node.otherwise)
    branches = tuple((scope.compile(condition), scope.compile(result)) for condition, result in node.branches)
    if len(branches) == 1:
        condition, result = branches[0]

        def single(frame: Frame) -> Any:
            return result(frame) if condition(frame) is True else otherwise(frame)

        return single

    def several(frame: Frame) -> Any:
        for condition, result in branches:
            if condition(frame) is True:
                return result(frame)
        return otherwise(frame)

    return several


def compile_in(node: tree.In, scope: Scope) -> Step:
    """``value in tests``: whether one of the tests accepts the value."""
    value = scope.compile(node.value)
    slot = scope.new_slot()
    tests, start, end = compile_tests(node.tests, scope, slot), node.start, node.end

    def within(frame: Frame) -> bool | None:
        saved = frame[slot]
        frame[slot] = found = value(frame)
        try:
            held = tests(frame)
        finally:
            frame[slot] = saved
        if held is None:
            frame[RUN].null("feel/not-comparable", f"whether {kind(found)} is in it has no answer", start, end)
        return held

    return within
