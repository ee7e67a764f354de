"""String functions (DMN 10.3.4.3)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from loanflow.feel.builtins.declaration import built_in
from loanflow.feel.regex import PatternError, Regex, compiled
from loanflow.feel.run import Run

_CLAUSE = "10.3.4.3 String functions"


@built_in("substring(string: string, start position: number, length?: number): string", clause=_CLAUSE)
def substring(run: Run, text: str, start: Decimal, length: Decimal | None = None) -> Any:
    """The characters from a position on, counted from 1, or from the end if negative."""
    if abs(start) >= 2**62 or (length is not None and abs(length) >= 2**62):
        return run.null("feel/no-such-position", "the position is too large")
    first, count = int(start), None if length is None else int(length)
    if first == 0 or (count is not None and count <= 0):
        return run.null("feel/no-such-position", "positions begin at 1 (or -1, from the end) and lengths at 1")
    begin = first - 1 if first > 0 else len(text) + first
    if begin < 0 or begin > len(text):
        return run.null("feel/no-such-position", f"the text has no position {first}")
    return text[begin:] if count is None else text[begin : begin + count]


@built_in("string length(string: string): number", clause=_CLAUSE)
def string_length(run: Run, text: str) -> Decimal:
    """How many characters."""
    return Decimal(len(text))


@built_in("upper case(string: string): string", clause=_CLAUSE)
def upper_case(run: Run, text: str) -> str:
    """In capitals."""
    return text.upper()


@built_in("lower case(string: string): string", clause=_CLAUSE)
def lower_case(run: Run, text: str) -> str:
    """In small letters."""
    return text.lower()


@built_in("substring before(string: string, match: string): string", clause=_CLAUSE)
def substring_before(run: Run, text: str, match: str) -> str:
    """What stands before the first match; "" if there is none."""
    return text.partition(match)[0] if match and match in text else ""


@built_in("substring after(string: string, match: string): string", clause=_CLAUSE)
def substring_after(run: Run, text: str, match: str) -> str:
    """What stands after the first match; "" if there is none."""
    return text.partition(match)[2] if match else text


@built_in("contains(string: string, match: string): boolean", clause=_CLAUSE)
def contains(run: Run, text: str, match: str) -> bool:
    """Whether the match stands somewhere in the text."""
    return match in text


@built_in("starts with(string: string, match: string): boolean", clause=_CLAUSE)
def starts_with(run: Run, text: str, match: str) -> bool:
    """Whether the text begins so."""
    return text.startswith(match)


@built_in("ends with(string: string, match: string): boolean", clause=_CLAUSE)
def ends_with(run: Run, text: str, match: str) -> bool:
    """Whether the text ends so."""
    return text.endswith(match)


@built_in("matches(input: string, pattern: string, flags?: string|null): boolean", clause=_CLAUSE)
def matches(run: Run, text: str, pattern: str, flags: str | None = None) -> Any:
    """Whether the regular expression (XPath's) is found in the text."""
    return found_in(run, text, pattern, flags)


@built_in("replace(input: string, pattern: string, replacement: string, flags?: string|null): string", clause=_CLAUSE)
def replace(run: Run, text: str, pattern: str, replacement: str, flags: str | None = None) -> Any:
    """The text with every match replaced; ``$1`` stands for the first group."""
    return replaced(run, text, pattern, replacement, flags)


@built_in("split(string: string, delimiter: string): list<string>", clause=_CLAUSE)
def split(run: Run, text: str, delimiter: str) -> Any:
    """The pieces between the matches of a regular expression."""
    return pieces_of(run, text, delimiter)


@built_in("string join(list: list, delimiter?: string|null): string", clause=_CLAUSE)
def string_join(run: Run, items: list[Any], delimiter: str | None = None) -> Any:
    """The texts of a list in one, nulls left out."""
    texts = [item for item in items if item is not None]
    if not all(isinstance(text, str) for text in texts):
        return run.null("feel/wrong-argument-type", "string join() takes a list of texts")
    size = sum(map(len, texts)) + max(0, len(texts) - 1) * len(delimiter or "")
    run.check_string(size)
    return (delimiter or "").join(texts)


def found_in(run: Run, text: str, pattern: str, flags: str | None, *, java: bool = False) -> bool | None:
    """Say whether a regular expression is found in a text; with ``java``, also where the pattern is one that only Java has."""
    regex = regex_of(run, pattern, flags, java=java)
    return None if regex is None else regex.found_in(text, run)


def replaced(run: Run, text: str, pattern: str, replacement: str, flags: str | None, *, java: bool = False) -> str | None:
    """Return a text with every match replaced; ``java`` as in `found_in`."""
    regex = regex_of(run, pattern, flags, java=java)
    if regex is None:
        return None
    try:
        return regex.replaced(text, replacement, run)
    except PatternError as error:
        return run.null("feel/wrong-pattern", str(error))


def pieces_of(run: Run, text: str, delimiter: str, *, java: bool = False) -> list[str] | None:
    """Return what stands between the matches of a regular expression; ``java`` as in `found_in`."""
    regex = regex_of(run, delimiter, None, java=java)
    if regex is None:
        return None
    pieces = regex.split(text, run)
    run.check_list(len(pieces))
    return pieces


def regex_of(run: Run, pattern: str, flags: str | None, *, java: bool = False) -> Regex | None:
    """Return the regular expression of a pattern; null, with the reason, where it is none."""
    try:
        return compiled(pattern, flags or "", java=java)
    except PatternError as error:
        return run.null("feel/wrong-pattern", str(error))


BUILT_INS = (
    substring,
    string_length,
    upper_case,
    lower_case,
    substring_before,
    substring_after,
    contains,
    starts_with,
    ends_with,
    matches,
    replace,
    split,
    string_join,
)
