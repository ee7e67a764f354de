"""One column of a table as rule bitmasks: which rules accept this value?

Bit ``n`` of a mask stands for rule ``n`` (from 0). For an ordered kind of value the constants of all cells cut the line where
the rules that accept change; each stretch between two cuts has its mask, found by bisection. Strings that are only compared
for equality are looked up in a dict. Null and the truth values have a mask each. A cell that is none of these ("other")
counts as *maybe*: it stays in the mask and is evaluated for the rules that survive all columns.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from loanflow.dmn.compiler.shapes import ORDERED, CellShape, Kind, Span
from loanflow.feel.values import CONTEXT

Lookup = Callable[[Any], int]


@dataclass(frozen=True, slots=True)
class Cut:
    """Where a line is cut: before a point, so that the point belongs to what follows, or just after it."""

    point: Any
    after: bool


@dataclass(frozen=True, slots=True)
class Slots:
    """A line of values, cut; ``masks`` has one more than ``cuts``: what lies before the first cut, between two, after the last."""

    cuts: tuple[Cut, ...]
    masks: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """Strings that cells name, with the mask of each, and the mask of every other string."""

    masks: Mapping[str, int]
    default: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnIndex:
    """The masks of one column.

    ``by_kind`` finds the mask of a value of an indexed kind; ``lines`` and ``strings`` are the same as data. ``anything`` marks
    the rules whose cell accepts whatever comes, ``maybe`` those whose cell must still be evaluated. A kind that is not in
    ``by_kind`` must be tested cell by cell: the caller does that. ``size`` is how many bytes the masks take at most.
    """

    by_kind: Mapping[Kind, Lookup]
    lines: Mapping[Kind, Slots]
    strings: Named | None
    anything: int
    maybe: int
    size: int


def build(shapes: Sequence[CellShape], foreign: Callable[[Kind], int], *, budget: int) -> ColumnIndex | None:
    """Return the index of a column, or None where its masks would take more bytes than ``budget``.

    Args:
        shapes: one for each rule, top to bottom; the ends of their spans as keys (``shapes.keyed``).
        foreign: the mask of the rules among those without constants of a kind (cells about other kinds) that accept a
            value of that kind; asked once for each kind.
        budget: how many bytes of masks the column may hold.
    """
    anything = opaque = 0
    rules_of_kind: dict[Kind, list[int]] = {}
    for number, shape in enumerate(shapes):
        if shape.anything:
            anything |= 1 << number
        elif shape.opaque or shape.kind is None:
            opaque |= 1 << number
        else:
            rules_of_kind.setdefault(shape.kind, []).append(number)
    by_kind: dict[Kind, Lookup] = {}
    lines: dict[Kind, Slots] = {}
    strings: Named | None = None
    width = len(shapes) // 8 + 32
    size = 0
    for kind, rules in rules_of_kind.items():
        if kind not in ORDERED:
            continue
        base = anything | opaque | foreign(kind)
        if kind == "string" and all(_is_point(span) for number in rules for span in shapes[number].spans):
            strings = _named(shapes, rules, base)
            size += (len(strings.masks) + 1) * width
            by_kind[kind] = _named_look_up(strings)
        else:
            points = sorted(
                {point for number in rules for span in shapes[number].spans for point in (span.low, span.high) if point is not None}
            )
            changes = _changes(shapes, rules, points)
            size += (len(changes) + 1) * width
            if size > budget:
                return None
            lines[kind] = _slots(points, changes, base)
            by_kind[kind] = _ordered(kind, lines[kind])
        if size > budget:
            return None
    return ColumnIndex(by_kind=by_kind, lines=lines, strings=strings, anything=anything, maybe=opaque, size=size)


def _is_point(span: Span) -> bool:
    return span.low is not None and span.low == span.high


def _named(shapes: Sequence[CellShape], rules: Sequence[int], base: int) -> Named:
    """Return a column of strings: the mask of each string that is named, and of any other what the ``not(...)`` cells accept."""
    default = base
    flips: dict[Hashable, int] = {}
    for number in rules:
        bit = 1 << number
        if shapes[number].negated:
            default |= bit
        for point in {span.low for span in shapes[number].spans}:
            flips[point] = flips.get(point, 0) | bit
    # A string named in a cell turns that cell's answer around: in, or (under not) out.
    return Named({str(point): default ^ flip for point, flip in flips.items()}, default)


def edges_of(kind: Kind, slots: Slots) -> list[Any]:
    """Return the first keys behind each cut of a line, ascending: what a value is bisected by."""
    return [_next(kind, cut.point) if cut.after else cut.point for cut in slots.cuts]


def _named_look_up(named: Named) -> Lookup:
    get, default = named.masks.get, named.default
    return lambda value: get(value, default)


def _ordered(kind: Kind, slots: Slots) -> Lookup:
    edges, masks = edges_of(kind, slots), slots.masks
    return lambda value: masks[bisect_right(edges, value)]


def _next(kind: Kind, point: Any) -> Any:
    """Return the smallest key of a kind beyond a point: numbers have 34 digits, strings grow by a character, the rest count."""
    match kind:
        case "number":
            return CONTEXT.next_plus(point)
        case "string":
            return point + "\0"
        case _:
            return point + 1


def _changes(shapes: Sequence[CellShape], rules: Sequence[int], points: Sequence[Any]) -> dict[int, tuple[list[int], list[int]]]:
    """Return where rules begin and cease to accept; slot ``2i + 1`` is point ``i`` itself, slot ``2i`` what lies before it."""
    position = {point: number for number, point in enumerate(points)}
    last = 2 * len(points)
    changes: dict[int, tuple[list[int], list[int]]] = {}
    # Cells with the same text share their shape.
    known: dict[int, list[tuple[int, int]]] = {}
    for number in rules:
        shape = shapes[number]
        stretches = known.get(id(shape))
        if stretches is None:
            stretches = known[id(shape)] = _merged(shape, position, last)
        for first, final in stretches:
            changes.setdefault(first, ([], []))[0].append(number)
            if final < last:
                changes.setdefault(final + 1, ([], []))[1].append(number)
    return changes


def _slots(points: Sequence[Any], changes: Mapping[int, tuple[list[int], list[int]]], base: int) -> Slots:
    current = base | _mask(changes[0][0]) if 0 in changes else base
    cuts: list[Cut] = []
    masks = [current]
    for slot in sorted(changes.keys() - {0}):
        starting, ending = changes[slot]
        current = (current & ~_mask(ending)) | _mask(starting)
        cuts.append(Cut(points[(slot - 1) // 2], after=slot % 2 == 0))
        masks.append(current)
    return Slots(tuple(cuts), tuple(masks))


def _mask(rules: Sequence[int]) -> int:
    mask = 0
    for rule in rules:
        mask |= 1 << rule
    return mask


def _merged(shape: CellShape, position: Mapping[Any, int], last: int) -> list[tuple[int, int]]:
    """Return the slots a cell accepts as separate, sorted, closed stretches that do not touch."""
    stretches: list[tuple[int, int]] = []
    for span in shape.spans:
        first = 0 if span.low is None else 2 * position[span.low] + (1 if span.low_closed else 2)
        final = last if span.high is None else 2 * position[span.high] + (1 if span.high_closed else 0)
        if first <= final:
            stretches.append((first, final))
    stretches.sort()
    merged: list[tuple[int, int]] = []
    for first, final in stretches:
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], final))
        else:
            merged.append((first, final))
    if not shape.negated:
        return merged
    turned: list[tuple[int, int]] = []
    free = 0
    for first, final in merged:
        if free < first:
            turned.append((free, first - 1))
        free = final + 1
    if free <= last:
        turned.append((free, last))
    return turned
