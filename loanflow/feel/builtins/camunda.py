"""What Camunda's FEEL has besides the standard (feel-scala 1.22); for the dialects camunda7 and camunda8."""

from __future__ import annotations

import base64
import binascii
import json
import uuid as uuids
from decimal import Decimal
from typing import Any

from loanflow.feel.builtins import camunda_variants
from loanflow.feel.builtins.contexts import context_merge
from loanflow.feel.builtins.declaration import BuiltIn, built_in
from loanflow.feel.builtins.lists import all_true, any_true
from loanflow.feel.builtins.strings import regex_of
from loanflow.feel.errors import FeelAssertionFailed
from loanflow.feel.run import Run
from loanflow.feel.values.calendar import day_number, days_in_month
from loanflow.feel.values.camunda import iso_text
from loanflow.feel.values.comparison import equal
from loanflow.feel.values.durations import DaysTimeDuration, YearsMonthsDuration
from loanflow.feel.values.encoding import json_text
from loanflow.feel.values.numbers import integer
from loanflow.feel.values.python import to_feel
from loanflow.feel.values.temporals import FeelDate, FeelDateTime, FeelTime
from loanflow.feel.values.text import text_of

_CLAUSE = "Camunda 8: built-in functions"


@built_in("is defined(value: Any): boolean", clause=_CLAUSE, camunda=True)
def is_defined(run: Run, value: Any) -> bool:
    """Whether the value is not null."""
    return value is not None


@built_in("get or else(value: Any, default: Any): Any", clause=_CLAUSE, camunda=True, since="8.3")
def get_or_else(run: Run, value: Any, default: Any) -> Any:
    """The value, or the default in place of null."""
    return default if value is None else value


@built_in("assert(value: Any, condition: Any, cause?: string): Any", clause=_CLAUSE, camunda=True, since="8.3")
def assertion(run: Run, value: Any, condition: Any, cause: str | None = None) -> Any:
    """The value, if the condition is true; else the whole evaluation fails."""
    if condition is not True:
        raise FeelAssertionFailed(cause or "the condition of assert() is not true")
    return value


@built_in("duplicate values(list: list): list", clause=_CLAUSE, camunda=True, since="8.3")
def duplicate_values(run: Run, items: list[Any]) -> list[Any]:
    """The values that stand in the list more than once, each once."""
    result: list[Any] = []
    for index, item in enumerate(items):
        run.spend(len(items) - index)
        again = any(equal(item, other) is True for other in items[index + 1 :])
        if again and not any(equal(item, known) is True for known in result):
            result.append(item)
    return result


@built_in("is empty(list: list): boolean", clause=_CLAUSE, camunda=True, since="8.6")
def is_empty(run: Run, items: list[Any]) -> bool:
    """Whether the list has no items."""
    return not items


@built_in("partition(list: list, size: number): list<list>", clause=_CLAUSE, camunda=True, since="8.7")
def partition(run: Run, items: list[Any], size: Decimal) -> Any:
    """The list in pieces of that size."""
    whole = integer(size)
    if whole is None or whole < 1:
        return run.null("feel/wrong-argument-type", "the size is a whole number of at least 1")
    return [items[start : start + whole] for start in range(0, len(items), whole)]


@built_in("random number(): number", clause=_CLAUSE, camunda=True, since="8.2")
def random_number(run: Run) -> Decimal:
    """A number from 0 to 1, drawn from the run's own source."""
    return Decimal(repr(run.random().random()))


@built_in("uuid(): string", clause=_CLAUSE, camunda=True, since="8.6")
def uuid(run: Run) -> str:
    """A version 4 UUID, drawn from the run's own source."""
    return str(uuids.UUID(int=run.random().getrandbits(128), version=4))


@built_in(
    # Camunda's pages and its engine name the parameter differently; so with from json.
    "extract(string: string, pattern: string): list<string>",
    "extract(input: string, pattern: string): list<string>",
    clause=_CLAUSE,
    camunda=True,
)
def extract(run: Run, text: str, pattern: str) -> Any:
    """All matches of a regular expression."""
    regex = regex_of(run, pattern, None, java=True)
    if regex is None:
        return None
    found = regex.all_in(text, run)
    run.check_list(len(found))
    return found


@built_in("trim(string: string): string", clause=_CLAUSE, camunda=True, since="8.6")
def trim(run: Run, text: str) -> str:
    """The text without blanks at its ends."""
    return text.strip()


@built_in("is blank(string: string): boolean", clause=_CLAUSE, camunda=True, since="8.8")
def is_blank(run: Run, text: str) -> bool:
    """Whether the text is empty or holds blanks only."""
    return not text.strip()


@built_in("to base64(value: string): string", clause=_CLAUSE, camunda=True, since="8.6")
def to_base64(run: Run, text: str) -> str:
    """The text's UTF-8 bytes in Base64."""
    return base64.b64encode(text.encode("utf-8", "replace")).decode("ascii")


@built_in("from base64(value: string): string", clause=_CLAUSE, camunda=True, since="feel-scala 1.22")
def from_base64(run: Run, text: str) -> Any:
    """The text that Base64 holds."""
    try:
        return base64.b64decode(text, validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return run.null("feel/wrong-argument-type", "this is no Base64 of a text")


@built_in("last day of month(date: date|date and time): date", clause=_CLAUSE, camunda=True, since="8.2")
def last_day_of_month(run: Run, date: FeelDate | FeelDateTime) -> FeelDate:
    """The last day of the date's month."""
    day = FeelDate(date.days)
    return FeelDate(day_number(day.year, day.month, days_in_month(day.year, day.month)))


@built_in("from json(value: string): Any", "from json(json: string): Any", clause=_CLAUSE, camunda=True, since="8.9")
def read_json(run: Run, text: str) -> Any:
    """The value that a JSON text holds."""
    try:
        return to_feel(json.loads(text, parse_float=Decimal, parse_constant=lambda _: None))
    except (ValueError, TypeError, RecursionError):
        return run.null("feel/wrong-argument-type", "this is no JSON")


def _json_words(value: Any) -> str:
    return iso_text(value) if isinstance(value, FeelDateTime | FeelTime) else text_of(value)


@built_in("to json(value: Any): string", clause=_CLAUSE, camunda=True, since="8.9")
def write_json(run: Run, value: Any) -> Any:
    """The value as JSON; temporals as their text."""
    run.check_extent(value)
    text = json_text(value, text=_json_words)
    run.check_string(len(text))
    return text


@built_in(
    "cycle(repetitions: number|null, interval: days and time duration|years and months duration): string", clause=_CLAUSE, camunda=True
)
def cycle(run: Run, repetitions: Decimal | None, interval: DaysTimeDuration | YearsMonthsDuration) -> Any:
    """The text of a timer cycle; without an end for null repetitions, or for none given."""
    return f"R{'' if repetitions is None else int(repetitions)}/{interval}"


@built_in("cycle(interval: days and time duration|years and months duration): string", clause=_CLAUSE, camunda=True)
def endless_cycle(run: Run, interval: DaysTimeDuration | YearsMonthsDuration) -> Any:
    """The text of a timer cycle without an end."""
    return f"R/{interval}"


@built_in("fromAi(value: Any, ...more: Any): Any", clause=_CLAUSE, camunda=True, since="8.8")
def from_ai(run: Run, value: Any, *more: Any) -> Any:
    """Its first argument, unchanged: a mark for Camunda's agents."""
    return value


def _alias(name: str, of: BuiltIn, *more: BuiltIn) -> BuiltIn:
    return BuiltIn(name, tuple(signature for one in (of, *more) for signature in one.signatures), _CLAUSE, of.about, True)


BUILT_INS = (
    is_defined,
    get_or_else,
    assertion,
    duplicate_values,
    is_empty,
    partition,
    random_number,
    uuid,
    extract,
    trim,
    is_blank,
    to_base64,
    from_base64,
    last_day_of_month,
    read_json,
    write_json,
    cycle,
    endless_cycle,
    from_ai,
    *camunda_variants.BUILT_INS,
    _alias("and", all_true),
    _alias("or", any_true),
    _alias("put", camunda_variants.context_put),
    _alias("put all", context_merge, camunda_variants.merged_contexts),
)
