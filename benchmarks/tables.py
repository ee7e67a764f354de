"""The tables that ``benchmarks.decision_tables`` decides: five inputs of one kind or of several, any number of rules.

A rule is written once in the terms of each engine. FIRST and UNIQUE tables cut their first input into one stretch a rule and ask
something of the other four; COLLECT tables are scorecards: each rule asks about one input, and the points of all that match are
added up. Inputs are drawn so that every rule is met equally often.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

DAY_ONE = date(1970, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One condition: as FEEL, as zen-engine and SpiffWorkflow take it, as Python about ``?``; and how to draw a value it accepts.

    All texts are empty for a cell that accepts anything.
    """

    feel: str = "-"
    zen: str = ""
    spiff: str = ""
    python: str = ""
    draw: Callable[[random.Random], Any]


@dataclass(frozen=True, slots=True)
class Column:
    """One input: its name and FEEL type, the ``number``-th of ``count`` stretches of its values, and other conditions on it.

    ``stretch`` is None for true and false, which cannot be cut any finer.
    """

    name: str
    type: str
    stretch: Callable[[int, int], Cell] | None
    conditions: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: its cells, what it gives."""

    cells: tuple[Cell, ...]
    grade: str
    points: int


@dataclass(frozen=True, slots=True)
class Written:
    """A table as each engine's writer needs it."""

    kind: str
    collect: bool
    columns: tuple[Column, ...]
    rules: tuple[Rule, ...]

    def inputs(self, count: int) -> list[dict[str, Any]]:
        """Return rows of inputs: drawn from the cells of one rule, or, for a scorecard, each from a rule that asks about it."""
        chance = random.Random(count)
        asking = [[rule.cells[place] for rule in self.rules if rule.cells[place].python] for place in range(len(self.columns))]
        rows: list[dict[str, Any]] = []
        for rule in chance.choices(self.rules, k=count):
            cells = [chance.choice(some) if some else cell for some, cell in zip(asking, rule.cells, strict=True)]
            drawn = cells if self.collect else rule.cells
            rows.append({column.name: cell.draw(chance) for column, cell in zip(self.columns, drawn, strict=True)})
        return rows


@lru_cache(maxsize=4)  # FIRST and UNIQUE tables are the same, but for their hit policy
def table(kind: str, size: int, *, collect: bool) -> Written:
    """Return a table of ``size`` rules over five columns of a kind: numbers, strings, dates or mixed."""
    chance = random.Random(size)
    columns = COLUMNS[kind]
    rules: list[Rule] = []
    for number in range(size):
        cells = _scorecard_cells(columns, number, size) if collect else _cells(columns, number, size, chance)
        rules.append(Rule(cells, f"G{number % 12}", number % 100))
    return Written(kind, collect, columns, tuple(rules))


def _cells(columns: Sequence[Column], number: int, size: int, chance: random.Random) -> tuple[Cell, ...]:
    first, *others = columns
    assert first.stretch is not None
    return (first.stretch(number, size), *(chance.choice(column.conditions) for column in others))


def _scorecard_cells(columns: Sequence[Column], number: int, size: int) -> tuple[Cell, ...]:
    cut = [column for column in columns if column.stretch is not None]
    asked = cut[number % len(cut)]
    assert asked.stretch is not None
    many = len(range(number % len(cut), size, len(cut)))
    cell = asked.stretch(number // len(cut), many)
    return tuple(cell if column is asked else column.conditions[0] for column in columns)


# --- numbers


def _between(low: float, high: float, digits: int) -> Callable[[random.Random], Any]:
    if not digits:
        return lambda chance: chance.randint(round(low), round(high))
    return lambda chance: round(chance.uniform(low, high), digits)


def _band(least: int, most: int, digits: int) -> Callable[[int, int], Cell]:
    """Return bands ``[low..high)`` of equal width, their ends written with some digits."""
    unit = 10**digits

    def stretch(number: int, count: int) -> Cell:
        low, high = (least * unit + (most - least) * unit * at // count for at in (number, number + 1))
        low_text, high_text = (f"{end / unit:.{digits}f}" for end in (low, high))
        python = f"{low_text} <= ? < {high_text}"
        return Cell(
            feel=f"[{low_text}..{high_text})",
            zen=f"[{low_text}..{high_text})",
            spiff=python,
            python=python,
            draw=lambda chance: chance.randrange(low, max(high, low + 1)) / unit if digits else chance.randrange(low, max(high, low + 1)),
        )

    return stretch


def _compared(operator: str, end: str, draw: Callable[[random.Random], Any]) -> Cell:
    text = f"{operator} {end}"
    return Cell(feel=text, zen=text, spiff=text, python=f"? {text}", draw=draw)


def _closed(low: int, high: int) -> Cell:
    python = f"{low} <= ? <= {high}"
    return Cell(feel=f"[{low}..{high}]", zen=f"[{low}..{high}]", spiff=python, python=python, draw=_between(low, high, 0))


def _any(draw: Callable[[random.Random], Any]) -> Cell:
    return Cell(draw=draw)


_SCORE = Column("score", "number", _band(300, 900, 2), (_any(_between(300, 899.99, 2)),))
_RATIO = Column(
    "ratio",
    "number",
    _band(0, 1, 6),
    (
        _any(_between(0, 0.99, 4)),
        _compared("<=", "0.9", _between(0, 0.9, 4)),
        _compared("<=", "0.55", _between(0, 0.55, 4)),
        _compared("<", "0.3", _between(0, 0.2999, 4)),
    ),
)
_AMOUNT = Column(
    "amount",
    "number",
    _band(1_000, 501_000, 0),
    (
        _any(_between(1_000, 500_000, 0)),
        _compared(">", "0", _between(1_000, 500_000, 0)),
        _compared("<=", "200000", _between(1_000, 200_000, 0)),
        _compared(">=", "50000", _between(50_000, 500_000, 0)),
    ),
)
_AGE = Column(
    "age",
    "number",
    _band(18, 10_018, 0),
    (_any(_between(18, 90, 0)), _compared(">=", "18", _between(18, 90, 0)), _closed(18, 65), _closed(21, 60)),
)
_TERM = Column(
    "term",
    "number",
    _band(1, 10_001, 0),
    (_any(_between(1, 60, 0)), _compared("<=", "60", _between(1, 60, 0)), _closed(6, 36), _compared(">", "12", _between(13, 60, 0))),
)

# --- strings


def _named(prefix: str) -> Callable[[int, int], Cell]:
    def stretch(number: int, count: int) -> Cell:
        text = f'"{prefix}{number}"'
        return Cell(feel=text, zen=text, spiff=text, python=f"? == {text}", draw=lambda chance: f"{prefix}{number}")

    return stretch


def _one_of(*texts: str) -> Cell:
    listed = ",".join(f'"{text}"' for text in texts)
    return Cell(feel=listed, zen=listed, spiff=f" in ({listed},)", python=f"? in ({listed},)", draw=lambda chance: chance.choice(texts))


def _none_of(named: Sequence[str], others: Sequence[str]) -> Cell:
    listed = ",".join(f'"{text}"' for text in named)
    return Cell(
        feel=f"not({listed})",
        zen=f"not($ in [{listed}])",
        spiff=f" not in ({listed},)",
        python=f"? not in ({listed},)",
        draw=lambda chance: chance.choice(list(others)),
    )


def _texts(name: str, *texts: str) -> Column:
    some = texts[: len(texts) // 2 + 1]
    conditions = (_any(lambda chance: chance.choice(texts)), _one_of(*some), _one_of(*texts), _none_of(texts[:1], texts[1:]))
    return Column(name, "string", _named(name.upper()), conditions)


_SEGMENT = _texts("segment", "A", "B", "C", "D")

# --- dates


def _day(number: int) -> str:
    return (DAY_ONE + timedelta(number)).isoformat()


def _python_day(number: int) -> str:
    day = DAY_ONE + timedelta(number)
    return f"date({day.year}, {day.month}, {day.day})"


def _days(low: int, high: int) -> Callable[[random.Random], Any]:
    return lambda chance: DAY_ONE + timedelta(chance.randrange(low, max(high, low + 1)))


def _period(least: int, most: int) -> Callable[[int, int], Cell]:
    def stretch(number: int, count: int) -> Cell:
        low, high = (least + (most - least) * at // count for at in (number, number + 1))
        python = f"{_python_day(low)} <= ? < {_python_day(high)}"
        return Cell(
            feel=f'[date("{_day(low)}")..date("{_day(high)}"))',
            zen=f"[{low}..{high})",
            spiff=python,
            python=python,
            draw=_days(low, high),
        )

    return stretch


def _since(number: int, most: int) -> Cell:
    text = f">= {_python_day(number)}"
    return Cell(feel=f'>= date("{_day(number)}")', zen=f">= {number}", spiff=text, python=f"? {text}", draw=_days(number, most))


def _until(number: int, least: int) -> Cell:
    text = f"< {_python_day(number)}"
    return Cell(feel=f'< date("{_day(number)}")', zen=f"< {number}", spiff=text, python=f"? {text}", draw=_days(least, number))


def _dates(name: str, least: int) -> Column:
    most = least + 20_000
    conditions = (_any(_days(least, most)), _since(least, most), _until(most, least), _since(least + 6_000, most))
    return Column(name, "date", _period(least, most), conditions)


_OPENED = _dates("opened", 3_000)

# --- truth


_EMPLOYED = Column(
    "employed",
    "boolean",
    None,
    (
        _any(lambda chance: chance.random() < 0.5),
        Cell(feel="true", zen="true", spiff="True", python="? is True", draw=lambda chance: True),
    ),
)

COLUMNS: dict[str, tuple[Column, ...]] = {
    "numbers": (_SCORE, _RATIO, _AMOUNT, _AGE, _TERM),
    "strings": (
        _texts("product", "P"),
        _SEGMENT,
        _texts("region", "north", "east", "south", "west", "centre"),
        _texts("channel", "branch", "phone", "web", "broker"),
        _texts("purpose", "car", "home", "study", "travel"),
    ),
    "dates": (_OPENED, _dates("born", -10_000), _dates("employed_since", 2_000), _dates("last_paid", 1_000), _dates("rated", 4_000)),
    "mixed": (_SCORE, _SEGMENT, _OPENED, _AMOUNT, _EMPLOYED),
}
