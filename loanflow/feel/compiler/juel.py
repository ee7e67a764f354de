"""What JUEL does and FEEL does not: loose comparison, truth, ``empty``, templates, methods of values, registered functions."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from loanflow.feel.calls import call_registered
from loanflow.feel.compiler.arithmetic import combine, number_of
from loanflow.feel.compiler.scope import RUN, VARIABLES, Frame, Scope, Step
from loanflow.feel.run import Run
from loanflow.feel.syntax import tree
from loanflow.feel.values.comparison import COMPARISONS
from loanflow.feel.values.durations import DaysTimeDuration, YearsMonthsDuration
from loanflow.feel.values.kinds import CONTEXT_TYPE, kind
from loanflow.feel.values.numbers import integer
from loanflow.feel.values.temporals import FeelDate, FeelDateTime
from loanflow.feel.values.text import text_of

_TEMPORALS = (FeelDate, FeelDateTime)


def compile_loose_comparison(node: tree.LooseComparison, scope: Scope) -> Step:
    """``left == right``: a number and its text are equal, ``'true'`` is true, null equals only null, and is neither less nor more."""
    left, right, operator = scope.compile(node.left), scope.compile(node.right), node.operator
    compare, start, end = COMPARISONS[operator], node.start, node.end

    def loose(frame: Frame) -> bool | None:
        one, other = _alike(left(frame), right(frame))
        if operator not in ("=", "!=") and (one is None or other is None):
            return one is other and operator in ("<=", ">=")
        found = compare(one, other)
        if found is None and operator in ("=", "!="):
            return operator == "!="
        if found is None:
            frame[RUN].null("feel/not-comparable", f"{kind(one)} {operator} {kind(other)} has no answer", start, end)
        return found

    return loose


def _alike(one: Any, other: Any) -> tuple[Any, Any]:
    if type(one) is type(other) or one is None or other is None:
        return one, other
    if type(one) is str:
        return _read(one, other), other
    if type(other) is str:
        return one, _read(other, one)
    if isinstance(one, _TEMPORALS) and isinstance(other, _TEMPORALS):
        return tuple(FeelDateTime(each.days, 0) if type(each) is FeelDate else each for each in (one, other))  # pyright: ignore[reportReturnType]
    return one, other


def _read(text: str, like: Any) -> Any:
    if type(like) is bool:
        return text.strip().lower() == "true"
    if type(like) is Decimal:
        return number_of(text)
    if isinstance(like, _TEMPORALS):
        try:
            return type(like).parse(text)
        except ValueError:
            return text
    return text


def compile_truth(node: tree.Truth, scope: Scope) -> Step:
    """A condition's operand as a boolean: null and every text but ``true`` are false."""
    operand = scope.compile(node.operand)

    def truth(frame: Frame) -> bool:
        value = operand(frame)
        return value is True or (type(value) is str and value.strip().lower() == "true")

    return truth


def compile_empty(node: tree.Empty, scope: Scope) -> Step:
    """``empty operand``."""
    operand = scope.compile(node.operand)

    def empty(frame: Frame) -> bool:
        value = operand(frame)
        return value is None or (isinstance(value, str | list | dict) and not value)

    return empty


def compile_template(node: tree.Template, scope: Scope) -> Step:
    """Texts and values joined; null is the empty text."""
    parts = tuple(map(scope.compile, node.parts))

    def template(frame: Frame) -> str:
        pieces = [part(frame) for part in parts]
        frame[RUN].check_extent(pieces)
        text = "".join("" if piece is None else text_of(piece) for piece in pieces)
        frame[RUN].check_string(len(text))
        return text

    return template


def compile_method_call(node: tree.MethodCall, scope: Scope) -> Step:
    """``target.name(arguments)``: a registered function of that name, else a method of the value."""
    bean = node.target.name if isinstance(node.target, tree.Name) else None
    if bean == "execution":
        return _execution_method(node, scope)
    target = scope.compile(node.target)
    arguments = tuple(map(scope.compile, node.arguments))
    name, start, end = node.name, node.start, node.end

    def method_call(frame: Frame) -> Any:
        run: Run = frame[RUN]
        values = [argument(frame) for argument in arguments]
        if bean is not None and bean not in frame[VARIABLES]:
            function = None if run.functions is None else run.functions(f"{bean}.{name}")
            if function is None:
                return run.null("feel/unknown-function", f"nobody has registered a function {bean}.{name}", start, end)
            return call_registered(run, f"{bean}.{name}", function, values)
        value = target(frame)
        method = _METHODS.get((type(value), name, len(values))) or _ANY_METHODS.get((name, len(values)))
        if method is None:
            return run.null("feel/unknown-method", f"{kind(value)} has no method {name} with {len(values)} arguments", start, end)
        run.spend()
        return method(run, value, *values)

    return method_call


def _execution_method(node: tree.MethodCall, scope: Scope) -> Step:
    # Camunda's handle on the running instance; only what the variables know can be asked.
    arguments = tuple(map(scope.compile, node.arguments))
    name, start, end = node.name, node.start, node.end
    if name in ("getVariable", "getVariableLocal", "hasVariable") and len(node.arguments) == 1:
        if isinstance(node.arguments[0], tree.Literal) and isinstance(node.arguments[0].value, str):
            scope.reads.add(node.arguments[0].value)

        def variable(frame: Frame) -> Any:
            key = arguments[0](frame)
            known = type(key) is str and key in frame[VARIABLES]
            return known if name == "hasVariable" else frame[VARIABLES][key] if known else None

        return variable
    if name in ("setVariable", "setVariableLocal") and len(arguments) == 2:

        def set_variable(frame: Frame) -> None:
            run: Run = frame[RUN]
            function = None if run.functions is None else run.functions(f"execution.{name}")
            if function is None:
                return run.null("feel/unknown-method", f"execution.{name}() is not known here", start, end)
            return function(text_of(arguments[0](frame)), arguments[1](frame))

        return set_variable
    wanted = name[3:4].lower() + name[4:] if name.startswith("get") and not node.arguments else ""

    def property_of(frame: Frame) -> Any:
        execution = frame[VARIABLES].get("execution")
        if type(execution) is CONTEXT_TYPE and wanted in execution:
            return execution[wanted]
        return frame[RUN].null("feel/unknown-method", f"execution.{name}() is not known here", start, end)

    return property_of


# --- methods of values (those that diagrams in the wild use), and the calendar of now() and dateTime()


def _equals(run: Run, value: Any, other: Any) -> Any:
    return COMPARISONS["="](value, other) is True


def _size(run: Run, value: Any) -> Any:
    return Decimal(len(value))


def _get(run: Run, value: list[Any], position: Any) -> Any:
    index = integer(position) if type(position) is Decimal else None
    if index is None or not 0 <= index < len(value):
        return run.null("feel/no-such-position", f"a list of {len(value)} has no item {position} (JUEL counts from 0)")
    return value[index]


def _string(method: Callable[[str, str], bool]) -> Callable[[Run, str, Any], Any]:
    def checked(run: Run, value: str, other: Any) -> Any:
        if type(other) is not str:
            return run.null("feel/wrong-argument-type", "a text is needed")
        return method(value, other)

    return checked


def _concat(run: Run, value: str, other: Any) -> Any:
    if type(other) is not str:
        return run.null("feel/wrong-argument-type", "a text is needed")
    run.check_string(len(value) + len(other))
    return value + other


def _substring(run: Run, value: str, start: Any, end: Any = None) -> Any:
    first = integer(start) if type(start) is Decimal else None
    last = len(value) if end is None else integer(end) if type(end) is Decimal else None
    if first is None or last is None or not 0 <= first <= last <= len(value):
        return run.null("feel/no-such-position", f"a text of {len(value)} characters has no part {start} to {end} (JUEL counts from 0)")
    return value[first:last]


def _list_contains(run: Run, value: list[Any], item: Any) -> Any:
    return any(COMPARISONS["="](*_alike(one, item)) is True for one in value)


def _plus(unit: str, sign: int) -> Callable[[Run, Any, Any], Any]:
    nanos = {"Seconds": 1, "Minutes": 60, "Hours": 3_600, "Days": 86_400, "Weeks": 604_800}

    def plus(run: Run, value: Any, count: Any) -> Any:
        whole = integer(count) if type(count) is Decimal else None
        if whole is None or abs(whole) > 10**12:
            return run.null("feel/wrong-argument-type", f"{count} is no number of {unit.lower()}")
        length: Any = DaysTimeDuration(sign * whole * nanos[unit] * 1_000_000_000) if unit in nanos else None
        if length is None:
            length = YearsMonthsDuration(sign * whole * (12 if unit == "Years" else 1))
        return combine(run, "+", value, length)

    return plus


def _itself(run: Run, value: Any) -> Any:
    return value


Method = Callable[..., Any]


def _text(method: Callable[[str], Any]) -> Method:
    def of_text(run: Run, value: str) -> Any:
        return method(value)

    return of_text


def _is_empty(run: Run, value: Any) -> bool:
    return not value


def _entry(run: Run, value: dict[str, Any], key: Any) -> Any:
    return value.get(key) if type(key) is str else None


def _has_key(run: Run, value: dict[str, Any], key: Any) -> bool:
    return type(key) is str and key in value


# What Camunda 7 calls ``decisionResult``: rows, each with its outputs by name.


def _only(run: Run, found: list[Any]) -> Any:
    if len(found) > 1:
        return run.null("feel/not-single", f"there are {len(found)}")
    return found[0] if found else None


def _first(run: Run, value: list[Any]) -> Any:
    return value[0] if value else None


def _only_entry(run: Run, value: list[Any]) -> Any:
    return _only_value(run, _only(run, value))


def _only_value(run: Run, row: Any) -> Any:
    return _only(run, list(row.values())) if type(row) is CONTEXT_TYPE else row


def _first_entry(run: Run, value: dict[str, Any]) -> Any:
    return next(iter(value.values()), None)


def _column(run: Run, value: list[Any], name: Any) -> Any:
    return [row[name] for row in value if type(row) is CONTEXT_TYPE and type(name) is str and name in row]


def _as_text(run: Run, value: Any) -> str:
    return text_of(value)


_METHODS: dict[Any, Method] = {
    (str, "contains", 1): _string(lambda value, other: other in value),
    (str, "startsWith", 1): _string(lambda value, other: value.startswith(other)),
    (str, "endsWith", 1): _string(lambda value, other: value.endswith(other)),
    (str, "equalsIgnoreCase", 1): _string(lambda value, other: value.lower() == other.lower()),
    (str, "concat", 1): _concat,
    (str, "substring", 1): _substring,
    (str, "substring", 2): _substring,
    (str, "length", 0): _size,
    (str, "isEmpty", 0): _is_empty,
    (str, "toLowerCase", 0): _text(str.lower),
    (str, "toUpperCase", 0): _text(str.upper),
    (str, "trim", 0): _text(str.strip),
    (list, "contains", 1): _list_contains,
    (list, "size", 0): _size,
    (list, "isEmpty", 0): _is_empty,
    (list, "get", 1): _get,
    (list, "getResultList", 0): _itself,
    (list, "getSingleResult", 0): _only,
    (list, "getFirstResult", 0): _first,
    (list, "getSingleEntry", 0): _only_entry,
    (list, "collectEntries", 1): _column,
    (dict, "size", 0): _size,
    (dict, "isEmpty", 0): _is_empty,
    (dict, "get", 1): _entry,
    (dict, "getEntry", 1): _entry,
    (dict, "getSingleEntry", 0): _only_value,
    (dict, "getFirstEntry", 0): _first_entry,
    (dict, "containsKey", 1): _has_key,
    **{
        (moment, f"{word}{unit}", 1): _plus(unit, sign)
        for moment in _TEMPORALS
        for word, sign in (("plus", 1), ("minus", -1))
        for unit in ("Seconds", "Minutes", "Hours", "Days", "Weeks", "Months", "Years")
    },
    **{(moment, "toDate", 0): _itself for moment in _TEMPORALS},
}
_ANY_METHODS: dict[tuple[str, int], Method] = {
    ("equals", 1): _equals,
    ("toString", 0): _as_text,
}
