"""A pattern written for google-re2, which runs in linear time whatever an analyst writes."""

from __future__ import annotations

from loanflow.feel.regex.pattern import (
    WORD,
    Anchor,
    Atomic,
    Backreference,
    CharacterClass,
    Choice,
    Group,
    Look,
    Members,
    Pattern,
    Repeat,
    Sequence,
)

_LAST = 0x10FFFF
_SIGNS: dict[tuple[int, int | None], str] = {(0, 1): "?", (0, None): "*", (1, None): "+"}


class NotLinear(Exception):
    """The pattern needs what a linear engine has not: a back-reference, a look ahead, or a class less a category."""


def translate(pattern: Pattern, *, multiline: bool) -> str:
    """Return the pattern in RE2's syntax.

    Raises:
        NotLinear: RE2 cannot express it.
    """
    match pattern:
        case Sequence(pieces=pieces):
            return "".join(translate(piece, multiline=multiline) for piece in pieces)
        case Choice(branches=branches):
            return "(?:" + "|".join(translate(branch, multiline=multiline) for branch in branches) + ")"
        case Group(inner=inner, number=number):
            return ("(" if number is not None else "(?:") + translate(inner, multiline=multiline) + ")"
        case Repeat(piece=piece, least=least, most=most, reluctant=reluctant):
            return f"(?:{translate(piece, multiline=multiline)}){_counts(least, most)}" + ("?" if reluctant else "")
        case Anchor(sign=sign):
            if sign not in ("^", "$"):
                return sign
            return f"(?m:{sign})" if multiline else ("\\A" if sign == "^" else "\\z")
        case CharacterClass():
            return _class(pattern)
        case Backreference() | Look() | Atomic():
            raise NotLinear


def _counts(least: int, most: int | None) -> str:
    sign = _SIGNS.get((least, most))
    if sign is not None:
        return sign
    return f"{{{least}}}" if least == most else f"{{{least},{'' if most is None else most}}}"


def _class(one: CharacterClass) -> str:
    if one.minus is not None:
        ranges = _difference(_plain(one), _plain(one.minus))
        return "[" + "".join(_range(low, high) for low, high in ranges) + "]" if ranges else "[^\\x{0}-\\x{10FFFF}]"
    inside = "".join(map(_members, one.parts))
    return f"[{'^' if one.negated else ''}{inside}]"


def _members(part: Members) -> str:
    if not part.categories:
        ranges = _complement(part.ranges) if part.negated else part.ranges
        return "".join(_range(low, high) for low, high in ranges)
    if not part.negated:
        return "".join(f"\\p{{{one}}}" for one in part.categories) + "".join(_range(low, high) for low, high in part.ranges)
    if part == WORD:
        # Everything but punctuation, separators and others.
        return "\\p{L}\\p{M}\\p{N}\\p{S}"
    if len(part.categories) == 1 and not part.ranges:
        return f"\\P{{{part.categories[0]}}}"
    raise NotLinear


def _range(low: int, high: int) -> str:
    return f"\\x{{{low:X}}}" if low == high else f"\\x{{{low:X}}}-\\x{{{high:X}}}"


def _complement(ranges: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
    result: list[tuple[int, int]] = []
    start = 0
    for low, high in sorted(ranges):
        if low > start:
            result.append((start, low - 1))
        start = max(start, high + 1)
    if start <= _LAST:
        result.append((start, _LAST))
    return tuple(result)


def _plain(one: CharacterClass) -> tuple[tuple[int, int], ...]:
    ranges: list[tuple[int, int]] = []
    for part in one.parts:
        if part.categories:
            raise NotLinear
        ranges.extend(_complement(part.ranges) if part.negated else part.ranges)
    result = _complement(tuple(ranges)) if one.negated else tuple(ranges)
    return result if one.minus is None else _difference(result, _plain(one.minus))


def _difference(ranges: tuple[tuple[int, int], ...], minus: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
    return _complement((*_complement(ranges), *minus))
