"""The inputs of a table as axes: the values that its rules tell apart, and which rules accept each.

An axis cuts the line of an input's values where a cell begins or ends; between two cuts all values are alike, so one sample
stands for them. Columns that look at the same expression are one axis. The rules that accept a sample are asked of the compiled
column itself, so that an analysis says what an evaluation would do. Cells that only an evaluation can judge are kept apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from types import MappingProxyType
from typing import Any

from loanflow.dmn.compiler import Allowed, CellShape, Column, Kind, Table, key_of, shape_of
from loanflow.feel import (
    CompiledUnaryTests,
    DaysTimeDuration,
    FeelDate,
    FeelDateTime,
    FeelTime,
    FeelValue,
    YearsMonthsDuration,
    literal,
)

# The kinds of value that a column's type allows; a type that is not here allows any.
_KINDS: Mapping[str, frozenset[Kind]] = MappingProxyType(
    {
        "number": frozenset({"number"}),
        "string": frozenset({"string"}),
        "boolean": frozenset({"boolean"}),
        "date": frozenset({"date", "date and time", "zoned date and time"}),
        "time": frozenset({"time", "zoned time"}),
        "date and time": frozenset({"date and time", "zoned date and time", "date"}),
        "days and time duration": frozenset({"days"}),
        "years and months duration": frozenset({"months"}),
    }
)
_SAMPLES: Mapping[str, FeelValue] = MappingProxyType(
    {
        "string": "other",
        "date": FeelDate(0),
        "time": FeelTime(0),
        "date and time": FeelDateTime(0, 0),
        "days and time duration": DaysTimeDuration(0),
        "years and months duration": YearsMonthsDuration(0),
    }
)
_WHOLE = frozenset({"integer", "long"})
_PATH = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Atom:
    """Values that no cell tells apart: one ``sample``, and the rules that accept it.

    ``group`` and ``slot`` say where it lies: atoms of one group with neighbouring slots touch. ``low`` and ``high`` are its ends
    (equal for a single value, None for an open end).
    """

    sample: FeelValue
    rules: int
    group: Kind
    slot: int
    low: FeelValue = None
    high: FeelValue = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """One input: its atoms, the rules whose cell here nobody can judge beforehand, and the columns it stands for."""

    expression: str
    atoms: tuple[Atom, ...]
    opaque: int
    columns: tuple[int, ...]
    kinds: frozenset[Kind]

    def text(self, chosen: Sequence[int]) -> str:
        """Return what a cell would say that accepts these atoms: ``[60..65)``, ``"A","B"``, ``-`` for all of them."""
        if len(chosen) == len(self.atoms):
            return "-"
        parts: list[str] = []
        wanted = set(chosen)
        if any(self.atoms[number].group == "other" for number in chosen):
            # Every text but those that are named and not among the chosen.
            left = [written(atom.sample) for number, atom in enumerate(self.atoms) if atom.group == "string" and number not in wanted]
            parts.append(f"not({','.join(left)})" if left else "-")
            wanted -= {number for number in chosen if self.atoms[number].group in ("string", "other")}
        number = 0
        while number < len(self.atoms):
            if number not in wanted:
                number += 1
                continue
            first = last = number
            while last + 1 in wanted and _touch(self.atoms[last], self.atoms[last + 1]):
                last += 1
            parts.append(self._stretch(self.atoms[first], self.atoms[last]))
            number = last + 1
        return ",".join(parts)

    def _stretch(self, first: Atom, last: Atom) -> str:
        if first.low is None and last.high is None:
            return "-" if first.group in _CONTINUOUS else written(first.sample)
        on_low, on_high = first.slot % 2 == 1, last.slot % 2 == 1
        if first.low is None:
            return f"{'<=' if on_high else '<'} {written(last.high)}"
        if last.high is None:
            return f"{'>=' if on_low else '>'} {written(first.low)}"
        if first is last and on_low:
            return written(first.sample)
        return f"{'[' if on_low else '('}{written(first.low)}..{written(last.high)}{']' if on_high else ')'}"


_CONTINUOUS = frozenset({"number", "string", "date", "time", "zoned time", "date and time", "zoned date and time", "days", "months"})


def _touch(one: Atom, other: Atom) -> bool:
    return one.group == other.group and one.group in _CONTINUOUS and other.slot <= one.slot + 2


def axes_of(table: Table) -> tuple[Axis, ...]:
    """Return the axes of a table, in the order of their first columns."""
    together: dict[str, list[int]] = {}
    for position, clause in enumerate(table.model.inputs):
        # Camunda 7 looks at the column's variable where there is no expression.
        looked_at = " ".join(clause.expression.text.split()) or " ".join(table.columns[position].node.names)
        together.setdefault(looked_at, []).append(position)
    return tuple(_axis(table, looked_at, columns) if looked_at else _null_axis(table, columns) for looked_at, columns in together.items())


def depend_on_each_other(table: Table) -> tuple[str, str] | None:
    """Return two input expressions that look at the same variable, so that their values are not free of each other."""
    seen: list[tuple[str, frozenset[str]]] = []
    for clause, column in zip(table.model.inputs, table.columns, strict=True):
        expression = " ".join(clause.expression.text.split())
        paths = frozenset({expression}) if _PATH.fullmatch(expression) else column.node.names
        for other, others in seen:
            if other != expression and any(_overlap(one, two) for one in paths for two in others):
                return other, expression
        seen.append((expression, paths))
    return None


def written(value: FeelValue) -> str:
    """Return a value as a cell writes it in every dialect: ``date("2026-01-31")`` rather than ``@"..."``."""
    match value:
        case FeelDate():
            return f'date("{value}")'
        case FeelTime():
            return f'time("{value}")'
        case FeelDateTime():
            return f'date and time("{value}")'
        case DaysTimeDuration() | YearsMonthsDuration():
            return f'duration("{value}")'
        case _:
            return literal(value)


# --- behind the door


def _overlap(one: str, other: str) -> bool:
    return one == other or one.startswith(f"{other}.") or other.startswith(f"{one}.")


def _axis(table: Table, expression: str, positions: Sequence[int]) -> Axis:
    columns = [table.columns[position] for position in positions]
    opaque = 0
    for column in columns:
        opaque |= column.maybe
    limits = [tests for column in columns for tests in _limits(column)]
    shapes = [shape for column in columns for shape in set(column.shapes)] + [shape_of(tests.tree) for tests in limits]
    allowed = _KINDS.get(columns[0].of.kind)
    named = frozenset(shape.kind for shape in shapes if shape.kind is not None)
    kinds = frozenset(kind for kind in named if allowed is None or kind in allowed or kind == "null")
    if "boolean" in (allowed or ()):
        kinds |= {"boolean"}
    whole = any(table.model.inputs[position].expression.type_ref in _WHOLE for position in positions)
    atoms: list[Atom] = []
    for kind in sorted(kinds):
        for atom in _atoms(kind, [shape for shape in shapes if shape.kind == kind], whole):
            if kind != "null" and any(tests.test(atom.sample, {}) is not True for tests in limits):
                continue
            atoms.append(_accepted(atom, columns, opaque))
    if not kinds - {"null"}:
        # No cell names a value: all of the column's type are alike.
        sample = _SAMPLES.get(columns[0].of.kind, Decimal(0))
        atoms.append(_accepted(Atom(sample=sample, rules=0, group="any", slot=0), columns, opaque))
    return Axis(expression=expression, atoms=tuple(atoms), opaque=opaque, columns=tuple(positions), kinds=kinds)


def _null_axis(table: Table, positions: Sequence[int]) -> Axis:
    """Return the axis of columns that look at nothing: null is all there is."""
    columns = [table.columns[position] for position in positions]
    opaque = 0
    for column in columns:
        opaque |= column.maybe
    atom = _accepted(Atom(sample=None, rules=0, group="null", slot=0), columns, opaque)
    title = table.model.inputs[positions[0]].title
    kinds = frozenset(shape.kind for column in columns for shape in column.shapes if shape.kind is not None)
    return Axis(expression=title, atoms=(atom,), opaque=opaque, columns=tuple(positions), kinds=kinds | {"null"})


def _limits(column: Column) -> Iterator[CompiledUnaryTests]:
    if column.listed is not None and not column.listed.names - {"?"}:
        yield column.listed
    if isinstance(column.of.allowed, Allowed):
        yield from (tests for tests in column.of.allowed.tests if not tests.names - {"?"})


def _accepted(atom: Atom, columns: Sequence[Column], opaque: int) -> Atom:
    rules = -1
    for column in columns:
        # What a cell sees is what the column's type makes of a value: in Camunda 7 a "date" is a date and time.
        fits, value = column.convert(atom.sample) if column.convert is not None and atom.sample is not None else (True, atom.sample)
        rules &= column.accepting(value) if fits else 0
    return Atom(sample=atom.sample, rules=rules & ~opaque, group=atom.group, slot=atom.slot, low=atom.low, high=atom.high)


def _atoms(kind: Kind, shapes: Sequence[CellShape], whole: bool) -> Iterator[Atom]:
    if kind == "null":
        yield Atom(sample=None, rules=0, group="null", slot=0)
        return
    if kind == "boolean":
        yield Atom(sample=True, rules=0, group="boolean", slot=0)
        yield Atom(sample=False, rules=0, group="boolean", slot=2)
        return
    spans = [span for shape in shapes for span in shape.spans]
    ends: dict[Any, FeelValue] = {}
    for span in spans:
        for end in (span.low, span.high):
            if end is not None:
                ends.setdefault(key_of(end), end)
    points = [ends[key] for key in sorted(ends)]
    if kind == "string" and all(span.low is not None and span.low == span.high for span in spans):
        yield from _texts([str(point) for point in points])
        return
    for number in range(len(points) + 1):
        low = points[number - 1] if number else None
        high = points[number] if number < len(points) else None
        sample = _between(kind, low, high, whole)
        if sample is not None and _is_between(sample, low, high):
            yield Atom(sample=sample, rules=0, group=kind, slot=2 * number, low=low, high=high)
        if high is not None and not (whole and isinstance(high, Decimal) and high != high.to_integral_value()):
            yield Atom(sample=high, rules=0, group=kind, slot=2 * number + 1, low=high, high=high)


def _texts(points: Sequence[str]) -> Iterator[Atom]:
    for number, point in enumerate(points):
        # Texts that are only compared for equality do not touch each other.
        yield Atom(sample=point, rules=0, group="string", slot=4 * number + 1, low=point, high=point)
    other = "other"
    while other in points:
        other += "?"
    yield Atom(sample=other, rules=0, group="other", slot=0)


def _between(kind: Kind, low: FeelValue, high: FeelValue, whole: bool) -> FeelValue:
    """Return a value between two ends (None: beyond the other one), as plain as can be; None where there is none."""
    match low, high:
        case (Decimal(), _) | (_, Decimal()):
            return _number_between(low, high, whole)  # pyright: ignore[reportArgumentType]
        case (str(), _) | (_, str()):
            return _text_between(low, high)  # pyright: ignore[reportArgumentType]
        case _:
            pass
    unit = {"date": 1, "months": 1}.get(kind, 1_000_000_000)
    first, last = _position(low), _position(high)
    if first is None and last is None:
        return None
    if first is None:
        return _at(high, (last or 0) - unit)
    if last is None:
        return _at(low, first + unit)
    if last - first > unit:
        return _at(low, first + unit)
    return _at(low, first + (last - first) // 2) if last - first > 1 else None


def _is_between(value: FeelValue, low: FeelValue, high: FeelValue) -> bool:
    # Times of different zones are counted from their own midnights: the middle of two may lie outside.
    key = key_of(value)
    return (low is None or key_of(low) < key) and (high is None or key < key_of(high))


def _number_between(low: Decimal | None, high: Decimal | None, whole: bool) -> Decimal | None:
    if low is None:
        return None if high is None else _floor(high) if _floor(high) < high else high - 1
    above = _floor(low) + 1
    if high is None or above < high:
        return above
    return None if whole else (low + high) / 2


def _floor(value: Decimal) -> Decimal:
    return value.to_integral_value(ROUND_FLOOR)


def _text_between(low: str | None, high: str | None) -> str | None:
    if low is None:
        return "" if high else None
    between = f"{low}0"
    return between if high is None or between < high else None


def _position(value: FeelValue) -> int | None:
    match value:
        case FeelDate():
            return value.days
        case FeelTime() | DaysTimeDuration():
            return value.nanos
        case FeelDateTime():
            return value.days * _DAY + value.nanos
        case YearsMonthsDuration():
            return value.total_months
        case _:
            return None


_DAY = 86_400_000_000_000


def _at(like: FeelValue, position: int) -> FeelValue:
    match like:
        case FeelDate():
            return FeelDate(position)
        case FeelTime():
            return FeelTime(position, like.offset, like.zone) if 0 <= position < _DAY else None
        case FeelDateTime():
            return FeelDateTime(position // _DAY, position % _DAY, like.offset, like.zone)
        case DaysTimeDuration():
            return DaysTimeDuration(position)
        case YearsMonthsDuration():
            return YearsMonthsDuration(position)
        case _:
            return None
