"""Sums, products, powers and the minus sign (DMN 10.3.2.13, Tables 57 to 63; semantics of temporals in Table 58)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import ROUND_DOWN, Decimal, DecimalException, DivisionByZero
from typing import Any

from loanflow.feel.compiler.scope import RUN, Frame, Scope, Step
from loanflow.feel.run import Run
from loanflow.feel.syntax import tree
from loanflow.feel.values.calendar import NANOS_PER_DAY, NANOS_PER_MILLI, exists, plus_months
from loanflow.feel.values.calendar import civil as civil_date
from loanflow.feel.values.durations import MAX_MONTHS, MAX_NANOS, DaysTimeDuration, YearsMonthsDuration
from loanflow.feel.values.kinds import kind
from loanflow.feel.values.numbers import CONTEXT, ONE, ZERO
from loanflow.feel.values.temporals import FeelDate, FeelDateTime, FeelTime

Operation = Callable[[Any, Any], Any]


class _NotDefined(Exception):
    """Two values that an operator does not join; never leaves this file."""


def compile_arithmetic(node: tree.Arithmetic, scope: Scope) -> Step:
    """``left operator right``."""
    left, right = scope.compile(node.left), scope.compile(node.right)
    slow = _slow(node, _CAMUNDA_OPERATIONS if scope.camunda else _OPERATIONS)
    if scope.dialect == "juel":
        slow = _read_as_numbers(slow)
    constant = node.right.value if isinstance(node.right, tree.Literal) else None
    if type(constant) is Decimal and node.operator in _BY_NUMBER:
        return _BY_NUMBER[node.operator](left, constant, slow)
    return _OF_TWO[node.operator](left, right, slow)


def compile_negation(node: tree.Negation, scope: Scope) -> Step:
    """``-operand``."""
    operand, start, end, is_juel = scope.compile(node.operand), node.start, node.end, scope.dialect == "juel"

    def negation(frame: Frame) -> Any:
        value = number_of(operand(frame)) if is_juel else operand(frame)
        if type(value) is Decimal:
            # Minus zero is zero: FEEL numbers have one zero.
            return -value if value else value
        if type(value) is DaysTimeDuration:
            return DaysTimeDuration(-value.nanos)
        if type(value) is YearsMonthsDuration:
            return YearsMonthsDuration(-value.total_months)
        return frame[RUN].null("feel/wrong-operand", f"- cannot stand before {kind(value)}", start, end)

    return negation


_Slow = Callable[[Frame, Any, Any], Any]
_Operations = Mapping[tuple[str, type, type], Operation]


def _slow(node: tree.Arithmetic, operations: _Operations) -> _Slow:
    operator, start, end = node.operator, node.start, node.end

    def slow(frame: Frame, left: Any, right: Any) -> Any:
        return _combined(operations, frame[RUN], operator, left, right, start, end)

    return slow


def _read_as_numbers(slow: _Slow) -> _Slow:
    def read(frame: Frame, left: Any, right: Any) -> Any:
        return slow(frame, number_of(left), number_of(right))

    return read


def number_of(value: Any) -> Any:
    """Return what JUEL reckons with: 0 for null and an empty text, a text that is a number as that, anything else as it is."""
    if value is None or value == "":
        return Decimal(0)
    if type(value) is str:
        try:
            found = CONTEXT.create_decimal(value.strip())
        except DecimalException:
            return value
        return found if found.is_finite() else value
    return value


def combine(run: Run, operator: str, left: Any, right: Any, start: int | None = None, end: int | None = None) -> Any:
    """Return ``left operator right`` for values of any type; null, with the reason, when there is no such thing."""
    return _combined(_OPERATIONS, run, operator, left, right, start, end)


def _combined(operations: _Operations, run: Run, operator: str, left: Any, right: Any, start: int | None, end: int | None) -> Any:
    key: Any = (operator, type(left), type(right))
    operation = operations.get(key)
    if operation is None:
        return run.null("feel/wrong-operand", f"{kind(left)} {operator} {kind(right)} is not defined", start, end)
    try:
        value = operation(left, right)
    except DecimalException as error:
        return run.null("feel/arithmetic", f"{_reason(operator, right, error)}", start, end)
    except (ValueError, OverflowError) as error:
        return run.null("feel/out-of-range", str(error), start, end)
    except _NotDefined:
        return run.null("feel/wrong-operand", f"a local and a zoned {kind(left)} do not combine", start, end)
    if type(value) is str:
        run.check_string(len(value))
    elif (type(value) is DaysTimeDuration and abs(value.nanos) > MAX_NANOS) or (
        type(value) is YearsMonthsDuration and abs(value.total_months) > MAX_MONTHS
    ):
        return run.null("feel/out-of-range", "the duration is too long", start, end)
    return value


def _reason(operator: str, right: Any, error: DecimalException) -> str:
    if isinstance(error, DivisionByZero) or (operator in "/%" and right == 0):
        return "there is no division by zero"
    return f"{operator} has no result in 34 digits ({type(error).__name__})"


def _add(left: Step, right: Step, slow: _Slow) -> Step:
    def add(frame: Frame) -> Any:
        x, y = left(frame), right(frame)
        if type(x) is Decimal and type(y) is Decimal:
            try:
                return x + y
            except DecimalException:
                pass
        return slow(frame, x, y)

    return add


def _subtract(left: Step, right: Step, slow: _Slow) -> Step:
    def subtract(frame: Frame) -> Any:
        x, y = left(frame), right(frame)
        if type(x) is Decimal and type(y) is Decimal:
            try:
                return x - y
            except DecimalException:
                pass
        return slow(frame, x, y)

    return subtract


def _multiply(left: Step, right: Step, slow: _Slow) -> Step:
    def multiply(frame: Frame) -> Any:
        x, y = left(frame), right(frame)
        if type(x) is Decimal and type(y) is Decimal:
            try:
                return x * y
            except DecimalException:
                pass
        return slow(frame, x, y)

    return multiply


def _divide(left: Step, right: Step, slow: _Slow) -> Step:
    def divide(frame: Frame) -> Any:
        x, y = left(frame), right(frame)
        if type(x) is Decimal and type(y) is Decimal:
            try:
                return x / y
            except DecimalException:
                pass
        return slow(frame, x, y)

    return divide


def _raise(left: Step, right: Step, slow: _Slow) -> Step:
    def to_power(frame: Frame) -> Any:
        x, y = left(frame), right(frame)
        if type(x) is Decimal and type(y) is Decimal and x:
            try:
                return x**y
            except DecimalException:
                pass
        return slow(frame, x, y)

    return to_power


def _general(left: Step, right: Step, slow: _Slow) -> Step:
    def general(frame: Frame) -> Any:
        return slow(frame, left(frame), right(frame))

    return general


def _add_number(left: Step, y: Decimal, slow: _Slow) -> Step:
    def add_number(frame: Frame) -> Any:
        x = left(frame)
        if type(x) is Decimal:
            try:
                return x + y
            except DecimalException:
                pass
        return slow(frame, x, y)

    return add_number


def _subtract_number(left: Step, y: Decimal, slow: _Slow) -> Step:
    def subtract_number(frame: Frame) -> Any:
        x = left(frame)
        if type(x) is Decimal:
            try:
                return x - y
            except DecimalException:
                pass
        return slow(frame, x, y)

    return subtract_number


def _multiply_by(left: Step, y: Decimal, slow: _Slow) -> Step:
    def multiply_by(frame: Frame) -> Any:
        x = left(frame)
        if type(x) is Decimal:
            try:
                return x * y
            except DecimalException:
                pass
        return slow(frame, x, y)

    return multiply_by


def _divide_by(left: Step, y: Decimal, slow: _Slow) -> Step:
    def divide_by(frame: Frame) -> Any:
        x = left(frame)
        if type(x) is Decimal:
            try:
                return x / y
            except DecimalException:
                pass
        return slow(frame, x, y)

    return divide_by


_OF_TWO: dict[str, Callable[[Step, Step, _Slow], Step]] = {
    "+": _add,
    "-": _subtract,
    "*": _multiply,
    "/": _divide,
    "**": _raise,
    "%": _general,
}
_BY_NUMBER: dict[str, Callable[[Step, Decimal, _Slow], Step]] = {
    "+": _add_number,
    "-": _subtract_number,
    "*": _multiply_by,
    "/": _divide_by,
}


# --- one small function per pair of types


def _power(base: Decimal, exponent: Decimal) -> Decimal:
    if base:
        return base**exponent
    # libmpdec has no answer to 0 ** 0, which IEEE 754 says is one, and calls 0 ** -1 infinite without complaint.
    if exponent < 0:
        raise DivisionByZero
    return ZERO if exponent else ONE


def _date_plus_months(date: FeelDate, length: YearsMonthsDuration) -> FeelDate:
    return FeelDate(plus_months(date.days, length.total_months))


def _date_plus_days(date: FeelDate, length: DaysTimeDuration) -> FeelDate:
    return _in_range(FeelDate((date.days * NANOS_PER_DAY + length.nanos) // NANOS_PER_DAY))


def _in_range(date: FeelDate) -> FeelDate:
    if not exists(*civil_date(date.days)):
        raise ValueError("the year is out of range")
    return date


def _moment_plus_months(moment: FeelDateTime, length: YearsMonthsDuration) -> FeelDateTime:
    return FeelDateTime.of(FeelDate(plus_months(moment.days, length.total_months)), moment.time)


def _moment_plus_days(moment: FeelDateTime, length: DaysTimeDuration) -> FeelDateTime:
    return FeelDateTime.at_instant(moment.instant + length.nanos, moment.offset, moment.zone)


def _time_plus_days(time: FeelTime, length: DaysTimeDuration) -> FeelTime:
    return FeelTime((time.nanos + length.nanos) % NANOS_PER_DAY, time.offset, time.zone)


def _between_moments(later: FeelDateTime, earlier: FeelDateTime) -> DaysTimeDuration:
    if later.comparable != earlier.comparable:
        raise _NotDefined
    return DaysTimeDuration(later.instant - earlier.instant)


def _between_times(later: FeelTime, earlier: FeelTime) -> DaysTimeDuration:
    if later.comparable != earlier.comparable:
        raise _NotDefined
    offsets = (later.offset or 0) - (earlier.offset or 0)
    return DaysTimeDuration(later.nanos - earlier.nanos - offsets * 1_000_000_000)


def _midnight(date: FeelDate) -> FeelDateTime:
    return FeelDateTime(date.days, 0, 0)


def _scaled_days(length: DaysTimeDuration, factor: Decimal) -> DaysTimeDuration:
    return DaysTimeDuration(_whole(Decimal(length.nanos) * factor))


def _scaled_months(length: YearsMonthsDuration, factor: Decimal) -> YearsMonthsDuration:
    return YearsMonthsDuration(_whole(Decimal(length.total_months) * factor))


def _divided_days(length: DaysTimeDuration, divisor: Decimal) -> DaysTimeDuration:
    return DaysTimeDuration(_whole(Decimal(length.nanos) / divisor))


def _divided_months(length: YearsMonthsDuration, divisor: Decimal) -> YearsMonthsDuration:
    return YearsMonthsDuration(_whole(Decimal(length.total_months) / divisor))


def _scaled_by_whole(scaled: Operation) -> Operation:
    """Cut the factor's decimals off first, as feel-scala does: a day times 1.5 is a day."""
    return lambda length, factor: scaled(length, factor.to_integral_value(ROUND_DOWN))


def _divided_to_millis(length: DaysTimeDuration, divisor: Decimal) -> DaysTimeDuration:
    # feel-scala counts milliseconds here.
    millis = _whole(Decimal(length.nanos) / NANOS_PER_MILLI)
    return DaysTimeDuration(_whole(Decimal(millis) / divisor) * NANOS_PER_MILLI)


def _whole(value: Decimal) -> int:
    if value.adjusted() > 40:
        raise OverflowError("the duration is too long")
    return int(value)


def _negated(operation: Operation) -> Operation:
    def negated(left: Any, right: Any) -> Any:
        minus = DaysTimeDuration(-right.nanos) if type(right) is DaysTimeDuration else YearsMonthsDuration(-right.total_months)
        return operation(left, minus)

    return negated


def _swapped(operation: Operation) -> Operation:
    return lambda left, right: operation(right, left)


def _remainder(left: Decimal, right: Decimal) -> Decimal:
    return left % right


_PLUS: dict[tuple[type, type], Operation] = {
    (FeelDate, YearsMonthsDuration): _date_plus_months,
    (FeelDate, DaysTimeDuration): _date_plus_days,
    (FeelDateTime, YearsMonthsDuration): _moment_plus_months,
    (FeelDateTime, DaysTimeDuration): _moment_plus_days,
    (FeelTime, DaysTimeDuration): _time_plus_days,
}

_OPERATIONS: dict[tuple[str, type, type], Operation] = {
    ("+", Decimal, Decimal): lambda x, y: x + y,
    ("-", Decimal, Decimal): lambda x, y: x - y,
    ("*", Decimal, Decimal): lambda x, y: x * y,
    ("/", Decimal, Decimal): lambda x, y: x / y,
    ("**", Decimal, Decimal): _power,
    ("%", Decimal, Decimal): _remainder,
    ("+", str, str): lambda x, y: x + y,
    **{("+", one, other): operation for (one, other), operation in _PLUS.items()},
    **{("+", other, one): _swapped(operation) for (one, other), operation in _PLUS.items()},
    **{("-", one, other): _negated(operation) for (one, other), operation in _PLUS.items()},
    ("+", DaysTimeDuration, DaysTimeDuration): lambda x, y: DaysTimeDuration(x.nanos + y.nanos),
    ("-", DaysTimeDuration, DaysTimeDuration): lambda x, y: DaysTimeDuration(x.nanos - y.nanos),
    ("+", YearsMonthsDuration, YearsMonthsDuration): lambda x, y: YearsMonthsDuration(x.total_months + y.total_months),
    ("-", YearsMonthsDuration, YearsMonthsDuration): lambda x, y: YearsMonthsDuration(x.total_months - y.total_months),
    ("-", FeelDate, FeelDate): lambda x, y: DaysTimeDuration((x.days - y.days) * NANOS_PER_DAY),
    ("-", FeelDateTime, FeelDateTime): _between_moments,
    ("-", FeelDate, FeelDateTime): lambda x, y: _between_moments(_midnight(x), y),
    ("-", FeelDateTime, FeelDate): lambda x, y: _between_moments(x, _midnight(y)),
    ("-", FeelTime, FeelTime): _between_times,
    ("*", DaysTimeDuration, Decimal): _scaled_days,
    ("*", YearsMonthsDuration, Decimal): _scaled_months,
    ("*", Decimal, DaysTimeDuration): _swapped(_scaled_days),
    ("*", Decimal, YearsMonthsDuration): _swapped(_scaled_months),
    ("/", DaysTimeDuration, Decimal): _divided_days,
    ("/", YearsMonthsDuration, Decimal): _divided_months,
    ("/", DaysTimeDuration, DaysTimeDuration): lambda x, y: Decimal(x.nanos) / Decimal(y.nanos),
    ("/", YearsMonthsDuration, YearsMonthsDuration): lambda x, y: Decimal(x.total_months) / Decimal(y.total_months),
}
_CAMUNDA_OPERATIONS: _Operations = {
    **_OPERATIONS,
    ("*", DaysTimeDuration, Decimal): _scaled_by_whole(_scaled_days),
    ("*", YearsMonthsDuration, Decimal): _scaled_by_whole(_scaled_months),
    ("*", Decimal, DaysTimeDuration): _swapped(_scaled_by_whole(_scaled_days)),
    ("*", Decimal, YearsMonthsDuration): _swapped(_scaled_by_whole(_scaled_months)),
    ("/", DaysTimeDuration, Decimal): _divided_to_millis,
}
