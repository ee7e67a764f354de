"""Three-valued logic, comparisons, if, between and in (DMN 10.3.2.13, Tables 50 to 56)."""

from __future__ import annotations

import operator
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from loanflow.feel.compiler.scope import RUN, Frame, Scope, Step
from loanflow.feel.compiler.unary import compile_tests
from loanflow.feel.syntax import tree
from loanflow.feel.values.comparison import COMPARISONS, less_or_equal
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

    return conjunction


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
    slow = _slow(node)
    constant = node.right.value if isinstance(node.right, tree.Literal) else None
    if type(constant) is Decimal:
        return _WITH_NUMBER[node.operator](left, constant, slow)
    if type(constant) is str and node.operator == "=":
        return _equals_text(left, constant, slow)
    return _general(left, right, _QUICK[node.operator], slow)


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


def _equals_text(left: Step, text: str, slow: _Slow) -> Step:
    def equals_text(frame: Frame) -> bool | None:
        value = left(frame)
        return value == text if type(value) is str else slow(frame, value, text)

    return equals_text


def _less(left: Step, number: Decimal, slow: _Slow) -> Step:
    def less(frame: Frame) -> bool | None:
        value = left(frame)
        return value < number if type(value) is Decimal else slow(frame, value, number)

    return less


def _less_or_equal(left: Step, number: Decimal, slow: _Slow) -> Step:
    def at_most(frame: Frame) -> bool | None:
        value = left(frame)
        return value <= number if type(value) is Decimal else slow(frame, value, number)

    return at_most


def _greater(left: Step, number: Decimal, slow: _Slow) -> Step:
    def greater(frame: Frame) -> bool | None:
        value = left(frame)
        return value > number if type(value) is Decimal else slow(frame, value, number)

    return greater


def _greater_or_equal(left: Step, number: Decimal, slow: _Slow) -> Step:
    def at_least(frame: Frame) -> bool | None:
        value = left(frame)
        return value >= number if type(value) is Decimal else slow(frame, value, number)

    return at_least


def _equal(left: Step, number: Decimal, slow: _Slow) -> Step:
    def equal(frame: Frame) -> bool | None:
        value = left(frame)
        return value == number if type(value) is Decimal else slow(frame, value, number)

    return equal


def _unequal(left: Step, number: Decimal, slow: _Slow) -> Step:
    def unequal(frame: Frame) -> bool | None:
        value = left(frame)
        return value != number if type(value) is Decimal else slow(frame, value, number)

    return unequal


_QUICK: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_WITH_NUMBER: dict[str, Callable[[Step, Decimal, _Slow], Step]] = {
    "=": _equal,
    "!=": _unequal,
    "<": _less,
    "<=": _less_or_equal,
    ">": _greater,
    ">=": _greater_or_equal,
}


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
