"""List functions (DMN 10.3.4.4) and sort (10.3.4.7)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from decimal import Decimal, DecimalException
from functools import cmp_to_key
from math import prod
from operator import countOf  # pyright: ignore[reportUnknownVariableType]
from typing import Any, cast

from loanflow.feel.builtins.declaration import built_in
from loanflow.feel.calls import invoke
from loanflow.feel.run import Run
from loanflow.feel.values.comparison import equal, order
from loanflow.feel.values.durations import DaysTimeDuration, YearsMonthsDuration
from loanflow.feel.values.functions import Function
from loanflow.feel.values.kinds import LIST_TYPE, kind
from loanflow.feel.values.numbers import ZERO, integer
from loanflow.feel.values.ranges import Range
from loanflow.feel.values.temporals import FeelDate, FeelDateTime, FeelTime

_CLAUSE = "10.3.4.4 List functions"


@built_in("list contains(list: list, element: Any): boolean", clause=_CLAUSE)
def list_contains(run: Run, items: list[Any], element: Any) -> bool:
    """Whether the list holds the value; null too can be held."""
    run.spend(len(items))
    return any(equal(item, element) is True for item in items)


@built_in(
    "list replace(list: list, position: number, newItem: Any): list",
    "list replace(list: list, match: function, newItem: Any): list",
    clause=_CLAUSE,
)
def list_replace(run: Run, items: list[Any], where: Any, new: Any) -> Any:
    """The list with one item replaced, or all that a function matches."""
    if isinstance(where, Decimal):
        index = _index(run, items, where)
        return None if index is None else [*items[:index], new, *items[index + 1 :]]
    result: list[Any] = []
    for item in items:
        matched = invoke(run, where, [item, new])
        if not isinstance(matched, bool):
            return run.null("feel/wrong-argument-type", "the match function gives true or false")
        result.append(new if matched else item)
    return result


@built_in("count(list: list): number", clause=_CLAUSE)
def count(run: Run, items: list[Any]) -> Decimal:
    """How many items."""
    return Decimal(len(items))


@built_in("min(list: list): Any", "min(...c: Any): Any", clause=_CLAUSE)
def minimum(run: Run, *arguments: Any) -> Any:
    """The least of values that compare."""
    return _extreme(run, _spread(arguments), -1)


@built_in("max(list: list): Any", "max(...c: Any): Any", clause=_CLAUSE)
def maximum(run: Run, *arguments: Any) -> Any:
    """The greatest of values that compare."""
    return _extreme(run, _spread(arguments), 1)


def _spread(arguments: tuple[Any, ...]) -> list[Any]:
    return arguments[0] if len(arguments) == 1 and type(arguments[0]) is LIST_TYPE else list(arguments)


def _extreme(run: Run, items: list[Any], wanted: int) -> Any:
    run.spend(len(items))
    if not items:
        return run.null("feel/empty-list", "the list is empty")
    best = items[0]
    if order(best, best) is None:
        return run.null("feel/not-comparable", "the items have no order")
    for item in items[1:]:
        found = order(item, best)
        if found is None:
            return run.null("feel/not-comparable", "the items have no common order")
        if found == wanted:
            best = item
    return best


def _reckoned(run: Run, reckon: Callable[[list[Decimal]], Any], arguments: tuple[Any, ...], least: int = 1) -> Any:
    """Return what comes of numbers, of which there must be some; null, with the reason, beyond the greatest number too."""
    numbers = arguments[0] if len(arguments) == 1 and type(arguments[0]) is LIST_TYPE else list(arguments)
    run.spend(len(numbers))
    if countOf(map(type, numbers), Decimal) < len(numbers):
        return run.null("feel/wrong-argument-type", "all items must be numbers")
    if len(numbers) < least:
        return run.null("feel/empty-list", "the list is empty" if least == 1 else "a standard deviation needs two numbers")
    try:
        return reckon(numbers)
    except DecimalException:
        return run.null("feel/arithmetic", "the result is out of range")


@built_in("sum(list: list): number", "sum(...n: Any): number", clause=_CLAUSE)
def total(run: Run, *arguments: Any) -> Any:
    """The sum; null for an empty list."""
    return _reckoned(run, sum, arguments)


@built_in("mean(list: list): number", "mean(...n: Any): number", clause=_CLAUSE)
def mean(run: Run, *arguments: Any) -> Any:
    """The arithmetic mean; null for an empty list."""
    return _reckoned(run, _mean, arguments)


def _mean(numbers: list[Decimal]) -> Decimal:
    return sum(numbers, ZERO) / len(numbers)


@built_in("product(list: list): number", "product(...n: Any): number", clause=_CLAUSE)
def product(run: Run, *arguments: Any) -> Any:
    """The product; null for an empty list."""
    return _reckoned(run, prod, arguments)


@built_in("median(list: list): number", "median(...n: Any): number", clause=_CLAUSE)
def median(run: Run, *arguments: Any) -> Any:
    """The one in the middle, or the mean of the two; null for an empty list."""
    return _reckoned(run, _middle, arguments)


def _middle(numbers: list[Decimal]) -> Decimal:
    ordered, middle = sorted(numbers), len(numbers) // 2
    return ordered[middle] if len(numbers) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


@built_in("stddev(list: list): number", "stddev(...n: Any): number", clause=_CLAUSE)
def stddev(run: Run, *arguments: Any) -> Any:
    """The standard deviation of a sample; null for fewer than two numbers."""
    return _reckoned(run, _deviation, arguments, least=2)


def _deviation(numbers: list[Decimal]) -> Decimal:
    mean_of_all = _mean(numbers)
    return (sum(((one - mean_of_all) ** 2 for one in numbers), ZERO) / (len(numbers) - 1)).sqrt()


@built_in("mode(list: list): list<number>", "mode(...n: Any): list<number>", clause=_CLAUSE)
def mode(run: Run, *arguments: Any) -> Any:
    """The most frequent numbers, in ascending order."""
    return _reckoned(run, _most_frequent, arguments, least=0)


def _most_frequent(numbers: list[Decimal]) -> list[Decimal]:
    counts = Counter(numbers)
    most = max(counts.values(), default=0)
    return sorted(number for number, times in counts.items() if times == most)


@built_in("all(list: list): boolean", "all(...b: Any): boolean", clause=_CLAUSE)
def all_true(run: Run, *arguments: Any) -> Any:
    """False if one is false, true if all are true, else null."""
    return _fold(run, _spread(arguments), False)


@built_in("any(list: list): boolean", "any(...b: Any): boolean", clause=_CLAUSE)
def any_true(run: Run, *arguments: Any) -> Any:
    """True if one is true, false if all are false, else null."""
    return _fold(run, _spread(arguments), True)


def _fold(run: Run, items: list[Any], deciding: bool) -> bool | None:
    run.spend(len(items))
    if any(item is not None and not isinstance(item, bool) for item in items):
        return run.null("feel/wrong-argument-type", "all items must be true, false or null")
    if deciding in items:
        return deciding
    return None if None in items else not deciding


@built_in("sublist(list: list, start position: number, length?: number): list", clause=_CLAUSE)
def sublist(run: Run, items: list[Any], start: Decimal, length: Decimal | None = None) -> Any:
    """The items from a position on, counted from 1, or from the end if negative."""
    index = _index(run, items, start)
    if index is None:
        return None
    if length is None:
        return items[index:]
    taken = integer(length)
    if taken is None or taken < 0 or index + taken > len(items):
        return run.null("feel/no-such-position", f"there are no {length} items from there")
    return items[index : index + taken]


def _index(run: Run, items: list[Any], position: Decimal) -> int | None:
    # The TCK cuts a position's decimals off.
    found = int(position) if position.adjusted() < 20 else 0
    if 1 <= found <= len(items):
        return found - 1
    if -len(items) <= found <= -1:
        return len(items) + found
    run.null("feel/no-such-position", f"a list of {len(items)} has no item {position}")
    return None


@built_in("append(list: list, ...items: Any): list", clause=_CLAUSE)
def append(run: Run, items: list[Any], *more: Any) -> Any:
    """The list with more items at its end."""
    run.check_list(len(items) + len(more))
    return [*items, *more]


@built_in("concatenate(...lists: list): list", clause=_CLAUSE)
def concatenate(run: Run, *lists: list[Any]) -> list[Any]:
    """The items of all lists, in order."""
    size = sum(map(len, lists))
    run.spend(size)
    run.check_list(size)
    return [item for items in lists for item in items]


@built_in("insert before(list: list, position: number, newItem: Any): list", clause=_CLAUSE)
def insert_before(run: Run, items: list[Any], position: Decimal, new: Any) -> Any:
    """The list with an item more before that position."""
    index = _index(run, items, position)
    return None if index is None else [*items[:index], new, *items[index:]]


@built_in("remove(list: list, position: number): list", clause=_CLAUSE)
def remove(run: Run, items: list[Any], position: Decimal) -> Any:
    """The list without the item at that position."""
    index = _index(run, items, position)
    return None if index is None else [*items[:index], *items[index + 1 :]]


@built_in("reverse(list: list): list", clause=_CLAUSE)
def reverse(run: Run, items: list[Any]) -> list[Any]:
    """The items from the last to the first."""
    return items[::-1]


@built_in("index of(list: list, match: Any): list<number>", clause=_CLAUSE)
def index_of(run: Run, items: list[Any], match: Any) -> list[Decimal]:
    """The positions of a value, counted from 1."""
    run.spend(len(items))
    return [Decimal(position) for position, item in enumerate(items, 1) if equal(item, match) is True]


@built_in("union(...lists: list): list", clause=_CLAUSE)
def union(run: Run, *lists: list[Any]) -> list[Any]:
    """The items of all lists, each once."""
    return _distinct(run, concatenate.signatures[0].compute(run, *lists))


@built_in("distinct values(list: list): list", clause=_CLAUSE)
def distinct_values(run: Run, items: list[Any]) -> list[Any]:
    """Each value once, where it first stood."""
    return _distinct(run, items)


def _distinct(run: Run, items: list[Any]) -> list[Any]:
    result: list[Any] = []
    alike: dict[Any, list[Any]] = {}
    for item in items:
        others = alike.setdefault(_print_of(item), [])
        run.spend(len(others) + 1)
        if not any(equal(item, other) is True for other in others):
            others.append(item)
            result.append(item)
    return result


def _print_of(value: Any, depth: int = 0) -> Any:
    """Return something hashable that equal values share, so that only few need to be compared."""
    if value is None or isinstance(value, bool | Decimal | str):
        return type(value), value
    if isinstance(value, FeelDate | FeelTime | FeelDateTime | DaysTimeDuration | YearsMonthsDuration):
        return type(value), value.key
    if depth or isinstance(value, Function | Range):
        return kind(value)
    if isinstance(value, dict):
        entries = cast("dict[str, Any]", value)
        return frozenset((name, _print_of(entry, 1)) for name, entry in entries.items())
    return tuple(_print_of(item, 1) for item in cast("list[Any]", value)[:8])


@built_in("flatten(list: list): list", clause=_CLAUSE)
def flatten(run: Run, items: list[Any]) -> list[Any]:
    """All items of nested lists in one list."""
    result: list[Any] = []
    waiting = [iter(items)]
    while waiting:
        for item in waiting[-1]:
            if isinstance(item, list):
                waiting.append(iter(cast("list[Any]", item)))
                break
            result.append(item)
        else:
            waiting.pop()
        run.spend()
        run.check_list(len(result))
    return result


@built_in("sort(list: list, precedes?: function): list", clause="10.3.4.7 Sort")
def sort(run: Run, items: list[Any], precedes: Function | None = None) -> Any:
    """The items in order; ``precedes(x, y)`` says whether x comes before y."""
    failed: list[bool] = []

    def before(one: Any, other: Any) -> bool:
        found = invoke(run, precedes, [one, other])
        if not isinstance(found, bool):
            failed.append(True)
        return found is True

    def compare(one: Any, other: Any) -> int:
        run.spend()
        if precedes is None:
            found = order(one, other)
            failed.extend([True] if found is None else [])
            return found or 0
        return -1 if before(one, other) else int(before(other, one))

    result = sorted(items, key=cmp_to_key(compare))
    return run.null("feel/not-comparable", "the items have no order") if failed else result


BUILT_INS = (
    list_contains,
    list_replace,
    count,
    minimum,
    maximum,
    total,
    mean,
    product,
    median,
    stddev,
    mode,
    all_true,
    any_true,
    sublist,
    append,
    concatenate,
    insert_before,
    remove,
    reverse,
    index_of,
    union,
    distinct_values,
    flatten,
    sort,
)
