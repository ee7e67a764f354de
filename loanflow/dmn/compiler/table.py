"""A compiled decision table: which rules match given input values, found by index or, to check the index, one by one.

Rules are numbered from 0 here; a set of rules is an integer with one bit for each. The index answers for the cells it
understands; the rest ("other": cells that read variables or call functions) are evaluated for the rules that survive.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from loanflow.dmn.compiler.column_index import ColumnIndex
from loanflow.dmn.compiler.conversions import Conversion
from loanflow.dmn.compiler.environment import Node
from loanflow.dmn.compiler.findings import Place
from loanflow.dmn.compiler.run import Run, Scope
from loanflow.dmn.compiler.shapes import CellShape
from loanflow.dmn.model import DecisionTable, Dialect
from loanflow.feel import CompiledUnaryTests, FeelType, FeelValue

Look = Callable[[FeelValue], int]

# Sets of more rules than that are listed digit by digit.
_SPARSE = 40


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Column:
    """One input column.

    ``name`` is set where the input expression is a variable's name and nothing else. ``tests`` has one item for each rule, None
    where the cell accepts anything, and ``shapes`` what each accepts as far as it can be read off. ``aliases`` are further
    names for the value inside the cells (Camunda 7's ``cellInput``). ``look_up`` finds the rules for a value of an indexed
    type, ``index`` is what stands behind it, None where it would be too big; ``maybe`` marks the rules whose cell the index could
    not judge.
    ``plain`` says that the column's type is one of FEEL's own, unrestricted: whether a value fits depends on its type alone.
    ``of`` is that type, ``listed`` the predefined values in the column's header.
    """

    node: Node
    name: str | None
    convert: Conversion | None
    plain: bool
    tests: tuple[CompiledUnaryTests | None, ...]
    shapes: tuple[CellShape, ...]
    aliases: tuple[str, ...]
    look_up: Mapping[type, Look]
    index: ColumnIndex | None
    maybe: int
    of: FeelType
    listed: CompiledUnaryTests | None

    def test(self, rule: int, value: FeelValue, scope: Scope, run: Run) -> bool:
        """Say whether one cell accepts a value; null counts as no."""
        tests = self.tests[rule]
        if tests is None:
            return True
        if self.aliases:
            scope = {**scope, **dict.fromkeys(self.aliases, value)}
        return tests.run(value, scope, run) is True

    def accepting(self, value: FeelValue) -> int:
        """Return the rules whose cell accepts a value; the cells that the index could not judge are among them."""
        look = self.look_up.get(type(value))
        return look(value) if look is not None else self.scan(value)

    def scan(self, value: FeelValue) -> int:
        """Return the rules whose cell accepts a value, cell by cell; cells the index cannot judge stay in."""
        mask = self.maybe
        outcomes: dict[int, bool] = {}
        for rule, tests in enumerate(self.tests):
            bit = 1 << rule
            if mask & bit:
                continue
            if tests is None:
                mask |= bit
                continue
            # Cells with the same text share their tests.
            outcome = outcomes.get(id(tests))
            if outcome is None:
                outcome = outcomes[id(tests)] = tests.test(value, {}) is True
            if outcome:
                mask |= bit
        return mask


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Output:
    """One output column of a compiled table: how a rule's value is computed and converted, and its rank for priorities."""

    key: str
    nodes: tuple[Node | None, ...]
    convert: Conversion | None
    ranks: tuple[FeelValue, ...]
    default: Node | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Table:
    """A table ready to decide; immutable and shared between threads.

    ``constants`` holds, for each rule, its outputs where none of them reads anything; None where one does. ``first_only`` says
    that rules after the first match are never looked at.
    """

    model: DecisionTable
    dialect: Dialect
    place: Place
    columns: tuple[Column, ...]
    outputs: tuple[Output, ...]
    constants: tuple[tuple[FeelValue, ...] | None, ...]
    first_only: bool
    everything: int
    maybe: int
    names: frozenset[str]

    def inputs(self, scope: Scope, run: Run) -> list[FeelValue]:
        """Return the value of each input expression."""
        return [column.node.evaluate(scope, run) for column in self.columns]

    def matches(self, values: Sequence[FeelValue], scope: Scope, run: Run) -> int:
        """Return the rules that match, by index; only the first where the hit policy stops there."""
        mask = self.everything
        for column, value in zip(self.columns, values, strict=True):
            look = column.look_up.get(type(value))
            mask &= look(value) if look is not None else column.scan(value)
            if not mask:
                return 0
        if self.maybe:
            mask = self._settle(mask, values, scope, run)
        return mask & -mask if self.first_only else mask

    def matches_linearly(self, values: Sequence[FeelValue], scope: Scope, run: Run) -> int:
        """Return the rules that match, evaluating cell after cell as a person reads the table; the index must agree."""
        mask = 0
        for rule in range(len(self.model.rules)):
            if all(column.test(rule, value, scope, run) for column, value in zip(self.columns, values, strict=True)):
                mask |= 1 << rule
                if self.first_only:
                    break
        return mask

    def _settle(self, mask: int, values: Sequence[FeelValue], scope: Scope, run: Run) -> int:
        """Evaluate the cells the index left open, for the rules that survive."""
        settled = 0
        remaining = mask
        while remaining:
            bit = remaining & -remaining
            remaining ^= bit
            rule = bit.bit_length() - 1
            if all(column.test(rule, value, scope, run) for column, value in zip(self.columns, values, strict=True) if column.maybe & bit):
                settled |= bit
                if self.first_only:
                    break
        return settled


def rules_of(mask: int) -> list[int]:
    """Return the rules of a set, top to bottom, from 0.

    >>> rules_of(0b10110)
    [1, 2, 4]
    """
    if mask.bit_count() > _SPARSE:
        return [rule for rule, digit in enumerate(bin(mask)[:1:-1]) if digit == "1"]
    rules: list[int] = []
    # From the last on: what is left gets shorter.
    while mask:
        rule = mask.bit_length() - 1
        rules.append(rule)
        mask ^= 1 << rule
    rules.reverse()
    return rules
