"""One column of a table as rule bitmasks: which rules accept this value?

Bit ``n`` of a mask stands for rule ``n`` (from 0). For an ordered kind of value the constants of all cells, sorted, cut the
line into ``2n + 1`` slots (before the first, on it, between, ...); each slot has the mask of the rules that accept it, found
by bisection. Strings that are only compared for equality are looked up in a dict. Null and the truth values have a mask
each. A cell that is none of these ("other") counts as *maybe*: it stays in the mask and is evaluated for the rules that
survive all columns.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from loanflow.dmn.compiler.shapes import ORDERED, CellShape, Kind, Span

Lookup = Callable[[Any], int]


@dataclass(frozen=True, slots=True)
class Slots:
    """Sorted points and the masks of the ``2n + 1`` slots between and on them."""

    points: tuple[Any, ...]
    masks: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnIndex:
    """The masks of one column.

    ``by_kind`` finds the mask of a value of an indexed kind; ``null`` is the mask of null; ``maybe`` marks the rules whose
    cell must still be evaluated. A kind that is not in ``by_kind`` must be tested cell by cell: the caller does that.
    """

    by_kind: Mapping[Kind, Lookup]
    numbers: Slots | None
    anything: int
    maybe: int


def build(shapes: Sequence[CellShape], foreign: Callable[[Kind], int], *, budget: int) -> tuple[ColumnIndex, int] | None:
    """Return the index of a column and the bytes its masks take, or None where they would exceed ``budget``.

    Args:
        shapes: one for each rule, top to bottom; the ends of their spans as keys (``shapes.keyed``).
        foreign: the mask of the rules among those without constants of a kind (cells about other kinds) that accept a
            value of that kind; asked once for each kind.
        budget: how many bytes of masks the column may hold.
    """
    anything = opaque = 0
    by_kind: dict[Kind, list[int]] = {}
    for number, shape in enumerate(shapes):
        if shape.anything:
            anything |= 1 << number
        elif shape.opaque or shape.kind is None:
            opaque |= 1 << number
        else:
            by_kind.setdefault(shape.kind, []).append(number)
    lookups: dict[Kind, Lookup] = {}
    numbers: Slots | None = None
    size = 0
    for kind, rules in by_kind.items():
        if kind not in ORDERED:
            continue
        points = sorted(
            {point for number in rules for span in shapes[number].spans for point in (span.low, span.high) if point is not None}
        )
        size += (2 * len(points) + 1) * (len(shapes) // 8 + 32)
        if size > budget:
            return None
        base = anything | opaque | foreign(kind)
        if kind == "string" and all(_is_point(span) for number in rules for span in shapes[number].spans):
            lookups[kind] = _equality(shapes, rules, base)
        else:
            slots = Slots(tuple(points), tuple(slot_masks(shapes, rules, points, base)))
            lookups[kind] = _ordered(slots)
            if kind == "number":
                numbers = slots
    return ColumnIndex(by_kind=lookups, numbers=numbers, anything=anything, maybe=opaque), size


def _is_point(span: Span) -> bool:
    return span.low is not None and span.low == span.high


def _equality(shapes: Sequence[CellShape], rules: Sequence[int], base: int) -> Lookup:
    """Return the look-up of a column of strings: the mask of a known string, else that of the ``not(...)`` cells."""
    default = base
    flips: dict[Hashable, int] = {}
    for number in rules:
        bit = 1 << number
        if shapes[number].negated:
            default |= bit
        for point in {span.low for span in shapes[number].spans}:
            flips[point] = flips.get(point, 0) | bit
    # A string named in a cell turns that cell's answer around: in, or (under not) out.
    masks = {point: default ^ flip for point, flip in flips.items()}
    get = masks.get

    def look_up(value: Any) -> int:
        return get(value, default)

    return look_up


def _ordered(slots: Slots) -> Lookup:
    points, masks = slots.points, slots.masks
    count = len(points)

    def look_up(value: Any) -> int:
        position = bisect_left(points, value)
        if position < count and points[position] == value:
            return masks[2 * position + 1]
        return masks[2 * position]

    return look_up


def slot_masks(shapes: Sequence[CellShape], rules: Sequence[int], points: Sequence[Any], base: int) -> list[int]:
    """Return the mask of each slot: slot ``2i + 1`` is point ``i`` itself, slot ``2i`` what lies before it."""
    position = {point: number for number, point in enumerate(points)}
    last = 2 * len(points)
    starts = [0] * (last + 2)
    ends = [0] * (last + 2)
    for number in rules:
        bit = 1 << number
        for first, final in _merged(shapes[number], position, last):
            starts[first] |= bit
            ends[final + 1] |= bit
    masks: list[int] = []
    current = base
    for slot in range(last + 1):
        current = (current & ~ends[slot]) | starts[slot]
        masks.append(current)
    return masks


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
