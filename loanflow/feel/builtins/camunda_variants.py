"""Functions of the standard that Camunda's FEEL calls in more ways, or answers otherwise; tried before the standard's own signatures."""

from __future__ import annotations

from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Decimal,
)
from typing import Any, Final, cast

from loanflow.feel.builtins.contexts import context_merge, get_value
from loanflow.feel.builtins.declaration import built_in
from loanflow.feel.builtins.numbers import absolute, rounded
from loanflow.feel.builtins.strings import found_in, pieces_of, replaced, string_join
from loanflow.feel.run import Run
from loanflow.feel.values import camunda as texts
from loanflow.feel.values.extent import MAX_DEPTH
from loanflow.feel.values.temporals import FeelDateTime

_CLAUSE = "Camunda 8: built-in functions"
_ROUNDING: Final = {
    "UP": ROUND_UP,
    "DOWN": ROUND_DOWN,
    "CEILING": ROUND_CEILING,
    "FLOOR": ROUND_FLOOR,
    "HALF_UP": ROUND_HALF_UP,
    "HALF_DOWN": ROUND_HALF_DOWN,
    "HALF_EVEN": ROUND_HALF_EVEN,
}


@built_in("string join(list: list, delimiter: string|null, prefix: string, suffix: string): string", clause=_CLAUSE, camunda=True)
def string_join_between(run: Run, items: list[Any], delimiter: str | None, prefix: str, suffix: str) -> Any:
    """The texts of a list in one, between a prefix and a suffix."""
    joined = string_join.signatures[0].compute(run, items, delimiter)
    if joined is None:
        return None
    run.check_string(len(joined) + len(prefix) + len(suffix))
    return prefix + joined + suffix


@built_in(
    "date and time(from: string): date and time",
    "date and time(date: date and time, timezone: string): date and time",
    clause=_CLAUSE,
    camunda=True,
)
def date_and_time(run: Run, value: Any, zone: str | None = None) -> Any:
    """Also from a text without seconds, or with a zone behind its offset; the same instant in a zone, in which a local time is put."""
    try:
        return texts.date_and_time(value) if zone is None else texts.in_zone(cast("FeelDateTime", value), zone)
    except ValueError as error:
        return run.null("feel/no-date-and-time", str(error))


@built_in("time(from: string): time", clause=_CLAUSE, camunda=True)
def time(run: Run, text: str) -> Any:
    """Also from a text without seconds, or with a T before it."""
    try:
        return texts.time(text)
    except ValueError as error:
        return run.null("feel/no-time", str(error))


@built_in("duration(from: string): Any", clause=_CLAUSE, camunda=True)
def duration(run: Run, text: str) -> Any:
    """Also from a text whose parts have their own signs, as Java writes them."""
    try:
        return texts.duration(text)
    except ValueError as error:
        return run.null("feel/no-duration", str(error))


@built_in("matches(input: string, pattern: string, flags?: string|null): boolean", clause=_CLAUSE, camunda=True)
def matches(run: Run, text: str, pattern: str, flags: str | None = None) -> Any:
    """Also where the pattern is one of Java's."""
    return found_in(run, text, pattern, flags, java=True)


@built_in("replace(input: string, pattern: string, replacement: string, flags?: string|null): string", clause=_CLAUSE, camunda=True)
def replace(run: Run, text: str, pattern: str, replacement: str, flags: str | None = None) -> Any:
    """Also where the pattern is one of Java's; ``${name}`` stands for a group by its name."""
    return replaced(run, text, pattern, replacement, flags, java=True)


@built_in("split(string: string, delimiter: string): list<string>", clause=_CLAUSE, camunda=True)
def split(run: Run, text: str, delimiter: str) -> Any:
    """Also where the pattern is one of Java's."""
    return pieces_of(run, text, delimiter, java=True)


@built_in("decimal(n: number, scale: number, mode: string): number", clause=_CLAUSE, camunda=True)
def decimal(run: Run, n: Decimal, scale: Decimal, mode: str) -> Any:
    """Rounded as the mode says: UP, DOWN, CEILING, FLOOR, HALF_UP, HALF_DOWN, HALF_EVEN; UNNECESSARY is null where digits would be lost."""
    name = mode.upper()
    if name in _ROUNDING:
        return rounded(run, n, scale, _ROUNDING[name])
    if name != "UNNECESSARY":
        return run.null("feel/wrong-argument-type", f"{mode[:40]!r} is no way to round")
    kept = rounded(run, n, scale, ROUND_DOWN)
    return kept if kept is None or kept == n else run.null("feel/arithmetic", "digits would be lost")


@built_in("abs(number: number|days and time duration|years and months duration): Any", clause=_CLAUSE, camunda=True)
def absolute_of_number(run: Run, number: Any) -> Any:
    """The amount without its sign, of durations too; its parameter has another name."""
    return absolute.signatures[0].compute(run, number)


@built_in(
    "sublist(list: list, start position: number, length?: number): list",
    "sublist(list: list, start: number, length?: number): list",
    clause=_CLAUSE,
    camunda=True,
)
def sublist(run: Run, items: list[Any], start: Decimal, length: Decimal | None = None) -> Any:
    """The items from a position on, as many as there are: a length that reaches beyond the end takes all."""
    index = _index(run, items, start)
    if index is None:
        return None
    stop = len(items) if length is None else index + _whole(length)
    return items[max(index, 0) : max(stop, 0)]


@built_in("insert before(list: list, position: number, newItem: Any): list", clause=_CLAUSE, camunda=True)
def insert_before(run: Run, items: list[Any], position: Decimal, new: Any) -> Any:
    """The list with an item more before that position; at its end where there is no such position."""
    index = _index(run, items, position)
    return None if index is None else [*items[: max(index, 0)], new, *items[max(index, 0) :]]


@built_in("remove(list: list, position: number): list", clause=_CLAUSE, camunda=True)
def remove(run: Run, items: list[Any], position: Decimal) -> Any:
    """The list without the item at that position; as it is where there is none."""
    index = _index(run, items, position)
    return None if index is None else [item for at, item in enumerate(items) if at != index]


def _index(run: Run, items: list[Any], position: Decimal) -> int | None:
    # May lie before the list, or beyond it; there is no position 0.
    found = _whole(position)
    if found == 0:
        return run.null("feel/no-such-position", f"a list of {len(items)} has no item 0")
    return found - 1 if found > 0 else len(items) + found


def _whole(number: Decimal) -> int:
    bound = 10**9
    return int(max(-bound, min(bound, number)))


@built_in("get value(context: context, keys: list<string>): Any", clause=_CLAUSE, camunda=True)
def value_at_keys(run: Run, context: dict[str, Any], keys: list[Any]) -> Any:
    """The entry down a list of keys; null if there is none, also for no keys."""
    if not keys:
        return run.null("feel/wrong-argument-type", "there is no key")
    return get_value.signatures[0].compute(run, context, keys)


@built_in("context(entries: list<context>): context", clause=_CLAUSE, camunda=True)
def context_of(run: Run, entries: list[Any]) -> Any:
    """A context from a list of contexts with ``key`` and ``value``; of the same key the last one counts."""
    result: dict[str, Any] = {}
    for entry in entries:
        if entry is None or "value" not in entry or not isinstance(entry.get("key"), str):
            return run.null("feel/wrong-argument-type", "each entry has a key, which is a text, and a value")
        result[entry["key"]] = entry["value"]
    return result


@built_in(
    "context put(context: context, key: string, value: Any): context",
    "context put(context: context, keys: list<string>, value: Any): context",
    clause=_CLAUSE,
    camunda=True,
)
def context_put(run: Run, context: dict[str, Any], key: Any, value: Any) -> Any:
    """The context with an entry added or replaced; inner contexts on the way by a list of keys are made where there are none."""
    keys = [key] if isinstance(key, str) else list(key)
    if not keys or any(one is None for one in keys):
        return run.null("feel/wrong-argument-type", "there is no key")
    if len(keys) > MAX_DEPTH:
        run.exceeded("depth", MAX_DEPTH, f"a path of {len(keys)} keys")
    run.spend(len(keys))
    result = inner = dict(context)
    for one in keys[:-1]:
        found = inner.get(one)
        inner[one] = dict(cast("dict[str, Any]", found)) if isinstance(found, dict) else {}
        inner = inner[one]
    inner[keys[-1]] = value
    return result


@built_in("context merge(...contexts: context): context", clause=_CLAUSE, camunda=True)
def merged_contexts(run: Run, *contexts: Any) -> Any:
    """The entries of all contexts, given one by one; later ones replace earlier ones."""
    return context_merge.signatures[0].compute(run, list(contexts))


BUILT_INS = (
    string_join_between,
    date_and_time,
    time,
    duration,
    matches,
    replace,
    split,
    decimal,
    absolute_of_number,
    sublist,
    insert_before,
    remove,
    value_at_keys,
    context_of,
    context_put,
    merged_contexts,
)
