"""Literals, lists, contexts, ranges, and the loops over them (DMN 10.3.2.5 to .7, 10.3.2.14 "for", 10.3.2.15 "some, every")."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from loanflow.feel.compiler.functions import compile_named_function
from loanflow.feel.compiler.scope import RUN, Frame, Scope, Step
from loanflow.feel.run import Run
from loanflow.feel.syntax import tree
from loanflow.feel.values import camunda as camunda_texts
from loanflow.feel.values.comparison import order
from loanflow.feel.values.durations import DaysTimeDuration, YearsMonthsDuration, duration
from loanflow.feel.values.kinds import LIST_TYPE, kind
from loanflow.feel.values.numbers import integer
from loanflow.feel.values.ranges import Range
from loanflow.feel.values.temporals import FeelDate, FeelDateTime, FeelTime, temporal

_POINTS = (Decimal, str, FeelDate, FeelTime, FeelDateTime, DaysTimeDuration, YearsMonthsDuration)


def compile_literal(node: tree.Literal, scope: Scope) -> Step:
    """A constant."""
    value = node.value
    return lambda frame: value


def compile_at_literal(node: tree.AtLiteral, scope: Scope) -> Step:
    """``@"..."``: a temporal; null, with the reason, when the text is none."""
    value = at_literal(node.text, camunda=scope.camunda)
    if value is not None:
        return lambda frame: value
    text, start, end = node.text, node.start, node.end
    return lambda frame: frame[RUN].null("feel/no-temporal", f"{text!r} is no date, time or duration", start, end)


def at_literal(text: str, *, camunda: bool = False) -> Any:
    """Return the temporal that a text stands for, None when it stands for none."""
    try:
        if camunda:
            return camunda_texts.duration(text) if text.lstrip("-")[:1] == "P" else camunda_texts.temporal(text)
        return duration(text) if text.lstrip("-")[:1] == "P" else temporal(text)
    except ValueError:
        return None


def compile_list(node: tree.ListLiteral, scope: Scope) -> Step:
    """``[a, b]``: a new list each time."""
    steps = tuple(map(scope.compile, node.items))

    def new_list(frame: Frame) -> list[Any]:
        return [step(frame) for step in steps]

    return new_list


def compile_context(node: tree.ContextLiteral, scope: Scope) -> Step:
    """``{a: 1, b: a + 1}``: each entry sees those before it."""
    keys = [entry.key for entry in node.entries]
    repeated = next((key for key in keys if keys.count(key) > 1), None)
    if repeated is not None:
        start, end = node.start, node.end
        return lambda frame: frame[RUN].null("feel/duplicate-key", f"the context has two entries {repeated!r}", start, end)
    steps: list[tuple[str, int, Step]] = []
    with scope.names({}) as names:
        for entry in node.entries:
            slot = scope.new_slot()
            if isinstance(entry.value, tree.FunctionLiteral):
                # A function may call itself by the name of its entry.
                names[entry.key] = slot
                step = compile_named_function(entry.value, scope, entry.key, slot)
            else:
                step = scope.compile(entry.value)
                names[entry.key] = slot
            steps.append((entry.key, slot, step))
    entries = tuple(steps)

    def new_context(frame: Frame) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key, slot, step in entries:
            result[key] = frame[slot] = step(frame)
        return result

    return new_context


def compile_interval(node: tree.Interval, scope: Scope) -> Step:
    """``[low..high]``; null when the end points do not belong together or go backwards."""
    low, high = scope.compile(node.low), scope.compile(node.high)
    low_included, high_included, start, end = node.low_included, node.high_included, node.start, node.end

    def interval(frame: Frame) -> Range | None:
        return make_range(frame[RUN], low(frame), high(frame), low_included, high_included, start, end)

    return interval


def make_range(
    run: Run, low: Any, high: Any, low_included: bool, high_included: bool, start: int | None = None, end: int | None = None
) -> Range | None:
    """Return a range; null, with the reason, when there is none between these end points."""
    ends = [point for point in (low, high) if point is not None]
    if not ends or not all(isinstance(point, _POINTS) for point in ends):
        return run.null("feel/no-range", f"there is no range from {kind(low)} to {kind(high)}", start, end)
    if len(ends) == 2:
        found = order(low, high)
        if found is None:
            return run.null("feel/no-range", f"there is no range from {kind(low)} to {kind(high)}", start, end)
        if found > 0:
            return run.null("feel/backward-range", "the end of the range comes before its start", start, end)
    return Range(low, high, low_included, high_included)


def compile_half_line(node: tree.HalfLine, scope: Scope) -> Step:
    """``(< 5)``: a range that one comparison makes."""
    operand, operator, start, end = scope.compile(node.operand), node.operator, node.start, node.end

    def half_line(frame: Frame) -> Range | None:
        point = operand(frame)
        if operator in ("=", "!="):
            return Range(point, point, operator == "=", operator == "=", operator)
        if not isinstance(point, _POINTS):
            return frame[RUN].null("feel/no-range", f"{kind(point)} bounds no range", start, end)
        included = operator.endswith("=")
        return Range(None, point, False, included, operator) if operator[0] == "<" else Range(point, None, included, False, operator)

    return half_line


# --- loops

Walk = Callable[[Frame], Iterator[None]]


def compile_for(node: tree.For, scope: Scope) -> Step:
    """``for``: one result per combination; ``partial`` holds the results so far."""
    partial = scope.new_slot()
    with scope.names({}) as names:
        walk = _walk(node.iterations, scope, names)
        names["partial"] = partial
        body = scope.compile(node.body)
    uses_partial = _mentions(node.body, "partial")
    start, end = node.start, node.end

    def loop(frame: Frame) -> list[Any] | None:
        run: Run = frame[RUN]
        results: list[Any] = []
        saved = frame.copy()
        try:
            for _ in walk(frame):
                if uses_partial:
                    run.spend(len(results) // 64)
                    frame[partial] = results.copy()
                results.append(body(frame))
                if not len(results) % 1_024:
                    run.check_list(len(results))
        except NoDomain as problem:
            return run.null("feel/not-iterable", str(problem), start, end)
        finally:
            frame[:] = saved
        run.check_list(len(results))
        return results

    return loop


def compile_quantified(node: tree.Quantified, scope: Scope) -> Step:
    """``some`` and ``every``: or, and and, over all combinations."""
    with scope.names({}) as names:
        walk = _walk(node.iterations, scope, names)
        condition = scope.compile(node.condition)
    deciding = node.quantifier == "some"
    start, end = node.start, node.end

    def quantified(frame: Frame) -> bool | None:
        run: Run = frame[RUN]
        result: bool | None = not deciding
        saved = frame.copy()
        try:
            for _ in walk(frame):
                found = condition(frame)
                if found is deciding:
                    return deciding
                if found is not (not deciding):
                    result = None
        except NoDomain as problem:
            return run.null("feel/not-iterable", str(problem), start, end)
        finally:
            frame[:] = saved
        return result

    return quantified


class NoDomain(Exception):
    """A loop over something that has no items; caught by whoever asks for them."""


def _walk(iterations: tuple[tree.Iteration, ...], scope: Scope, names: dict[str, int]) -> Walk:
    loops: list[tuple[int, Callable[[Frame], Any]]] = []
    for iteration in iterations:
        domain = _domain(iteration, scope)
        slot = scope.new_slot()
        names[iteration.name] = slot
        loops.append((slot, domain))

    def walk(frame: Frame, depth: int = 0) -> Iterator[None]:
        run: Run = frame[RUN]
        slot, domain = loops[depth]
        last = depth + 1 == len(loops)
        for item in domain(frame):
            run.spend()
            frame[slot] = item
            if last:
                yield
            else:
                yield from walk(frame, depth + 1)

    return walk


def _domain(iteration: tree.Iteration, scope: Scope) -> Callable[[Frame], Any]:
    domain = scope.compile(iteration.domain)
    if iteration.last is None:
        return lambda frame: items_of(domain(frame))
    last = scope.compile(iteration.last)
    return lambda frame: _span(domain(frame), last(frame))


def items_of(value: Any) -> Any:
    """Return what a loop over a value goes through: a list's items, a range's points, a value alone.

    Raises:
        NoDomain: it has no items.
    """
    if type(value) is LIST_TYPE:
        return value
    if type(value) is Range:
        if order(value.low, value.high) == 1 or value.low is None or value.high is None or value.operator:
            raise NoDomain("this range has no items")
        return _inside(value)
    if value is None:
        raise NoDomain("null has no items")
    return [value]


def _inside(value: Range) -> Iterator[Any]:
    left_out = [end for end, included in ((value.low, value.low_included), (value.high, value.high_included)) if not included]
    return (item for item in _span(value.low, value.high) if item not in left_out)


def _span(first: Any, last: Any) -> Iterator[Any]:
    if type(first) is Decimal and type(last) is Decimal:
        low, high = integer(first), integer(last)
        if low is None or high is None:
            raise NoDomain("a loop goes from a whole number to a whole number")
        return (Decimal(number) for number in _steps(low, high))
    if type(first) is FeelDate and type(last) is FeelDate:
        return (FeelDate(number) for number in _steps(first.days, last.days))
    raise NoDomain(f"a loop does not go from {kind(first)} to {kind(last)}")


def _steps(low: int, high: int) -> range:
    return range(low, high + 1) if low <= high else range(low, high - 1, -1)


def _mentions(node: tree.Node, name: str) -> bool:
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one, tree.Name) and one.name == name:
            return True
        waiting.extend(one.children())
    return False
