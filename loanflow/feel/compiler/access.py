"""Names, paths and filters (DMN 10.3.2.5 "Lists and filters", 10.3.2.6 "Context", 10.3.2.11 "Scope")."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from loanflow.feel.builtins.declaration import function_of
from loanflow.feel.compiler.scope import RUN, VARIABLES, Frame, Scope, Step
from loanflow.feel.run import Run
from loanflow.feel.syntax import tree
from loanflow.feel.values.comparison import QUICK
from loanflow.feel.values.durations import DaysTimeDuration, YearsMonthsDuration
from loanflow.feel.values.functions import Function
from loanflow.feel.values.kinds import CONTEXT_TYPE, LIST_TYPE, kind
from loanflow.feel.values.numbers import integer
from loanflow.feel.values.ranges import Range
from loanflow.feel.values.temporals import FeelDate, FeelDateTime, FeelTime


def compile_name(node: tree.Name, scope: Scope) -> Step:
    """A variable, a name of the text's own, an entry of the item being filtered, or a built-in as a value."""
    name = node.name
    items, slot = scope.find(name)
    found = _variable(node, scope) if slot is None else _slot(slot)
    return _among_items(name, items, found) if items else found


def _slot(slot: int) -> Step:
    def from_slot(frame: Frame) -> Any:
        return frame[slot]

    return from_slot


def _variable(node: tree.Name, scope: Scope) -> Step:
    name, start, end = node.name, node.start, node.end
    scope.reads.add(name)
    built = scope.built_ins.get(name)
    if built is not None:
        # A variable may be called like a built-in: "product", "count".
        function = function_of(built)

        def built_in_value(frame: Frame) -> Any:
            return frame[VARIABLES].get(name, function)

        return built_in_value

    def variable(frame: Frame) -> Any:
        try:
            return frame[VARIABLES][name]
        except KeyError:
            return frame[RUN].null("feel/unknown-name", f"there is no {name!r} here", start, end)

    return variable


def _among_items(name: str, items: tuple[int, ...], otherwise: Step) -> Step:
    if name == "item":
        inner = items[0]

        def item(frame: Frame) -> Any:
            value = frame[inner]
            return value["item"] if type(value) is CONTEXT_TYPE and "item" in value else value

        return item

    if len(items) == 1:
        return _entry_of(name, items[0], otherwise)

    def entry(frame: Frame) -> Any:
        for slot in items:
            value = frame[slot]
            if type(value) is CONTEXT_TYPE and name in value:
                return value[name]
        return otherwise(frame)

    return entry


def _entry_of(name: str, slot: int, otherwise: Step) -> Step:
    def entry_of(frame: Frame) -> Any:
        try:
            return frame[slot][name]
        except (KeyError, TypeError):  # no such entry, or an item that has none
            return otherwise(frame)

    return entry_of


def compile_path(node: tree.Path, scope: Scope) -> Step:
    """``target.name``: an entry, a property of a temporal or a range, or the same of each item of a list."""
    dotted = _dotted(node)
    if dotted is not None and dotted in scope.declared and scope.find(dotted) == ((), None):
        # An imported model's name with its dot: one variable.
        return compile_name(tree.Name(dotted, start=node.start, end=node.end), scope)
    target, name, start, end = scope.compile(node.target), node.name, node.start, node.end

    def path(frame: Frame) -> Any:
        value = target(frame)
        if type(value) is CONTEXT_TYPE:
            try:
                return value[name]
            except KeyError:
                pass
        elif type(value) is LIST_TYPE:
            frame[RUN].spend(len(value))
            try:
                return [item[name] for item in value]
            except (KeyError, TypeError):
                pass  # not all of them are contexts with that entry
        return member(frame[RUN], value, name, start, end)

    return path


def _dotted(node: tree.Node) -> str | None:
    if isinstance(node, tree.Name):
        return node.name
    if isinstance(node, tree.Path):
        front = _dotted(node.target)
        return None if front is None else f"{front}.{node.name}"
    return None


def member(run: Run, value: Any, name: str, start: int | None = None, end: int | None = None) -> Any:
    """Return what ``value.name`` is; null, with the reason, when there is no such entry or property."""
    if type(value) is LIST_TYPE:
        run.spend(len(value))
        result: list[Any] = []
        for item in value:
            result.append(item[name] if type(item) is CONTEXT_TYPE and name in item else member(run, item, name, start, end))
        return result
    if type(value) is CONTEXT_TYPE:
        if name in value:
            return value[name]
        return run.null("feel/unknown-entry", f"the context has no entry {name!r}", start, end)
    properties = _PROPERTIES.get(type(value))  # pyright: ignore[reportUnknownArgumentType]
    if properties is not None and name in properties:
        found = properties[name](value)
        return Decimal(found) if type(found) is int else found
    if value is None:
        return run.null("feel/path-into-null", f"there is no {name!r} in null", start, end)
    return run.null("feel/unknown-property", f"{kind(value)} has no {name!r}", start, end)


def _offset(value: FeelTime | FeelDateTime) -> DaysTimeDuration | None:
    return None if value.offset is None else DaysTimeDuration(value.offset * 1_000_000_000)


_DATE: dict[str, Callable[[Any], Any]] = {
    "year": lambda value: value.year,
    "month": lambda value: value.month,
    "day": lambda value: value.day,
    "weekday": lambda value: value.weekday,
}
_TIME: dict[str, Callable[[Any], Any]] = {
    "hour": lambda value: value.hour,
    "minute": lambda value: value.minute,
    "second": lambda value: value.second,
    "time offset": _offset,
    "timezone": lambda value: value.zone,
}
# A date converts to its midnight in UTC.
_MIDNIGHT: dict[str, Callable[[Any], Any]] = {
    "hour": lambda _: 0,
    "minute": lambda _: 0,
    "second": lambda _: 0,
    "time offset": lambda _: DaysTimeDuration(0),
}
_PROPERTIES: dict[type, dict[str, Callable[[Any], Any]]] = {
    FeelDate: _DATE | _MIDNIGHT,
    FeelTime: _TIME,
    FeelDateTime: {
        **{name: (lambda value, of=of: of(value.date)) for name, of in _DATE.items()},
        **{name: (lambda value, of=of: of(value.time)) for name, of in _TIME.items()},
    },
    DaysTimeDuration: {
        "days": lambda value: value.days,
        "hours": lambda value: value.hours,
        "minutes": lambda value: value.minutes,
        "seconds": lambda value: value.seconds,
    },
    YearsMonthsDuration: {"years": lambda value: value.years, "months": lambda value: value.months},
    Range: {
        "start": lambda value: value.low,
        "end": lambda value: value.high,
        "start included": lambda value: value.low_included,
        "end included": lambda value: value.high_included,
    },
}


def compile_filter(node: tree.Filter, scope: Scope) -> Step:
    """``target[condition]``: the items that make it true, or the one at that position, counted from the end if negative."""
    target = scope.compile(node.target)
    start, end = node.start, node.end
    if isinstance(node.condition, tree.Literal) and isinstance(node.condition.value, Decimal):
        index = node.condition.value

        def at_index(frame: Frame) -> Any:
            return _at(frame[RUN], _listed(target(frame)), index, start, end)

        return at_index
    slot = scope.new_slot()
    with scope.item(slot):
        condition = scope.compile(node.condition)
        quick = _by_entries(node.condition, scope)

    def filtered(frame: Frame) -> Any:
        items = target(frame)
        if type(items) is not LIST_TYPE:
            items = _listed(items)
        run: Run = frame[RUN]
        run.spend(len(items))
        if quick is not None and (chosen := quick(items)) is not None:
            return chosen
        saved = frame[slot]
        kept: list[Any] = []
        try:
            for item in items:
                frame[slot] = item
                chosen = condition(frame)
                if chosen is True:
                    kept.append(item)
                elif type(chosen) is Decimal:
                    return _at(run, items, chosen, start, end)
                elif type(chosen) is Function:
                    return run.null("feel/not-a-condition", "a filter takes a condition or a position", start, end)
        finally:
            frame[slot] = saved
        return kept

    return filtered


def _by_entries(condition: tree.Node, scope: Scope) -> Callable[[list[Any]], list[Any] | None] | None:
    """Return how items are chosen by one of their entries against another or a constant, all at once; None for other conditions.

    It gives None in turn where an item has no such entry, or values are not all numbers, or texts: then each is asked.
    """
    if not isinstance(condition, tree.Comparison) or not isinstance(condition.left, tree.Name):
        return None
    compare, left, right = QUICK[condition.operator], condition.left.name, condition.right
    constant = right.value if isinstance(right, tree.Literal) and isinstance(right.value, Decimal | str) else None
    other = right.name if isinstance(right, tree.Name) else left
    if constant is None and not isinstance(right, tree.Name):
        return None
    if any(name == "item" or len(scope.find(name)[0]) != 1 for name in (left, other)):
        return None

    def by_constant(items: list[Any]) -> list[Any] | None:
        of, chosen = type(constant), list[Any]()
        try:
            for item in items:
                value = item[left]
                if type(value) is not of:
                    return None
                if compare(value, constant):
                    chosen.append(item)
        except (KeyError, TypeError):  # no such entry, or an item that has none
            return None
        return chosen

    def by_other(items: list[Any]) -> list[Any] | None:
        chosen: list[Any] = []
        try:
            for item in items:
                value, against = item[left], item[other]
                if type(value) is not Decimal or type(against) is not Decimal:
                    return None
                if compare(value, against):
                    chosen.append(item)
        except (KeyError, TypeError):
            return None
        return chosen

    return by_other if constant is None else by_constant


def _listed(value: Any) -> list[Any]:
    if type(value) is LIST_TYPE:
        return value
    return [] if value is None else [value]


def _at(run: Run, items: list[Any], index: Decimal, start: int, end: int) -> Any:
    position = integer(index)
    if position is None:
        return run.null("feel/not-a-position", f"{index} is no position in a list", start, end)
    if 1 <= position <= len(items):
        return items[position - 1]
    if -len(items) <= position <= -1:
        return items[position]
    return run.null("feel/no-such-position", f"a list of {len(items)} has no item {position}", start, end)
