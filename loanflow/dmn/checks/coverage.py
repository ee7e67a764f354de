"""What the rules of a table cover together: the combinations of inputs that no rule, several rules, or never a rule takes.

Sets of rules are integers with one bit a rule, as in the compiled table. A search goes through the axes one after the other and
narrows the rules that are left; states it has met before are not gone through again. Work is counted, and stops at a budget:
a table may have more combinations than there is time for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from loanflow.dmn.checks.axes import Axis, axes_of
from loanflow.dmn.compiler import Table
from loanflow.feel import FeelValue

# Steps that one table may take: about half a second. No table of 30 rules and 5 inputs that people drew comes near it.
STEPS = 1_000_000
MAX_ATOMS = 5_000


class OutOfSteps(Exception):
    """The analysis of a table asked for more than its budget; caught by the checks, which say so in a finding."""


class Steps:
    """The budget of one table's analysis."""

    def __init__(self, steps: int = STEPS) -> None:
        self._left = steps

    def spend(self, steps: int) -> None:
        """Take steps off the budget.

        Raises:
            OutOfSteps: there are not so many left.
        """
        self._left -= steps
        if self._left < 0:
            raise OutOfSteps


@dataclass(frozen=True, slots=True)
class Box:
    """Combinations of inputs: for each axis the atoms it takes, and one of them as the example."""

    atoms: tuple[tuple[int, ...], ...]
    example: tuple[int, ...]


class Coverage:
    """A table's axes and, worked out as they are needed, what each rule takes of each axis."""

    def __init__(self, table: Table, steps: Steps | None = None) -> None:
        self.axes: tuple[Axis, ...] = axes_of(table)
        self.rules = len(table.model.rules)
        self.opaque = 0
        for axis in self.axes:
            self.opaque |= axis.opaque
        self._table = table
        self._steps = steps or Steps()
        if any(len(axis.atoms) > MAX_ATOMS for axis in self.axes):
            raise OutOfSteps
        self._rows: dict[int, Mapping[int, _Row]] = {}

    def example(self, box: Box) -> list[tuple[str, FeelValue]]:
        """Return a box's example as input expressions with values; inputs that make no difference are left out."""
        return [
            (axis.expression, axis.atoms[chosen].sample)
            for axis, chosen, atoms in zip(self.axes, box.example, box.atoms, strict=True)
            if axis.atoms[chosen].group != "any" and not (len(atoms) == len(axis.atoms) > 1)
        ]

    def gaps(self, limit: int) -> Iterator[Box]:
        """Yield combinations that no rule takes, as large as can be and apart from each other."""
        masks = [[atom.rules | axis.opaque for atom in axis.atoms] for axis in self.axes]
        if not all(masks):
            return
        for number in range(limit):
            found = self._uncovered(masks)
            if found is None:
                return
            box = self._grown(found, masks)
            yield box
            # The box counts as a further rule from now on.
            bit = 1 << (self.rules + number)
            for axis, atoms in enumerate(box.atoms):
                for atom in atoms:
                    masks[axis][atom] |= bit

    def overlaps(self) -> Iterator[tuple[int, int, Box]]:
        """Yield pairs of rules, earlier and later, that both take some combination, with one."""
        for later in range(self.rules):
            if self.opaque >> later & 1:
                continue
            mask = (1 << later) - 1 & ~self.opaque
            for axis in range(len(self.axes)):
                mask &= self._row(axis, later).touching
                if not mask:
                    break
            while mask:
                bit = mask & -mask
                mask ^= bit
                self._steps.spend(1)
                earlier = bit.bit_length() - 1
                yield earlier, later, self._shared(earlier, later)

    def impossible(self, rule: int) -> int | None:
        """Return the first axis of which a rule takes nothing at all, or None."""
        for number in range(len(self.axes)):
            if not self.axes[number].opaque >> rule & 1 and not self._row(number, rule).atoms:
                return number
        return None

    def hidden_by(self, rule: int) -> tuple[int, ...] | None:
        """Return the earlier rules that together take whatever a rule takes, or None where it is left something.

        One rule that does it alone is preferred.
        """
        before = (1 << rule) - 1 & ~self.opaque
        for axis in range(len(self.axes)):
            before &= self._row(axis, rule).touching
        if not before:
            return None
        alone = before
        for axis in range(len(self.axes)):
            alone &= self._row(axis, rule).containing
        if alone:
            return ((alone & -alone).bit_length() - 1,)
        if before & (before - 1) == 0:
            return None
        masks = [[axis.atoms[atom].rules & before for atom in self._row(number, rule).atoms] for number, axis in enumerate(self.axes)]
        if self._uncovered(masks) is not None:
            return None
        return tuple(number for number in range(rule) if before >> number & 1)

    def refill(self, steps: int = STEPS) -> None:
        """Give the next check a budget of its own."""
        self._steps = Steps(steps)

    # --- behind the door

    def _row(self, axis: int, rule: int) -> _Row:
        rows = self._rows.get(axis)
        if rows is None:
            rows = self._rows[axis] = self._rows_of(axis)
        return rows[rule]

    def _rows_of(self, axis: int) -> Mapping[int, _Row]:
        """Return what each rule takes of an axis; rules with the same cell share their row."""
        found: dict[tuple[int, ...], _Row] = {}
        rows: dict[int, _Row] = {}
        atoms = self.axes[axis].atoms
        columns = [self._table.columns[column] for column in self.axes[axis].columns]
        everything = (1 << self.rules) - 1
        for rule in range(self.rules):
            key = tuple(id(column.tests[rule]) for column in columns)
            row = found.get(key)
            if row is None:
                self._steps.spend(len(atoms))
                # What a cell that cannot be judged takes is unknown: perhaps everything.
                unknown = self.axes[axis].opaque >> rule & 1
                taken = tuple(number for number, atom in enumerate(atoms) if unknown or atom.rules >> rule & 1)
                touching, containing = 0, everything
                for number in taken:
                    touching |= atoms[number].rules
                    containing &= atoms[number].rules
                row = found[key] = _Row(taken, touching, containing)
            rows[rule] = row
        return rows

    def _uncovered(self, masks: Sequence[Sequence[int]]) -> tuple[int, ...] | None:
        """Return atoms, one an axis, that no rule takes together; None where there are none."""
        # Short axes first: fewer states to remember.
        order = sorted(range(len(masks)), key=lambda axis: len(set(masks[axis])))
        distinct: list[list[tuple[int, int]]] = []
        for axis in order:
            first: dict[int, int] = {}
            for atom, mask in enumerate(masks[axis]):
                first.setdefault(mask, atom)
            distinct.append([(atom, mask) for mask, atom in first.items()])
        # The rules that take everything of all axes from here on: one of them left, and nothing can be uncovered.
        rest = [-1] * (len(order) + 1)
        for depth in range(len(order) - 1, -1, -1):
            rest[depth] = rest[depth + 1]
            for _, mask in distinct[depth]:
                rest[depth] &= mask
        met: list[set[int]] = [set() for _ in order]
        chosen = [0] * len(order)

        def search(depth: int, mask: int) -> bool:
            if not mask:
                return True
            if depth == len(order) or mask & rest[depth] or mask in met[depth]:
                return False
            self._steps.spend(len(distinct[depth]))
            for atom, accepted in distinct[depth]:
                chosen[depth] = atom
                if search(depth + 1, mask & accepted):
                    return True
                chosen[depth] = 0
            met[depth].add(mask)
            return False

        # A few bits more than rules: the gaps already found count as rules.
        if not search(0, (1 << (self.rules + 64)) - 1):
            return None
        found = [0] * len(order)
        for depth, axis in enumerate(order):
            found[axis] = chosen[depth]
        return tuple(found)

    def _grown(self, example: tuple[int, ...], masks: Sequence[Sequence[int]]) -> Box:
        """Return the box around an example that is uncovered still, grown axis by axis."""
        taken = [{atom} for atom in example]
        unions = [masks[axis][atom] for axis, atom in enumerate(example)]
        for axis in range(len(masks)):
            others = -1
            for number, union in enumerate(unions):
                if number != axis:
                    others &= union
            start = example[axis]
            waiting = [*range(start - 1, -1, -1), *range(start + 1, len(masks[axis]))]
            for atom in waiting:
                self._steps.spend(1)
                if not others & (unions[axis] | masks[axis][atom]):
                    taken[axis].add(atom)
                    unions[axis] |= masks[axis][atom]
        return Box(tuple(tuple(sorted(atoms)) for atoms in taken), example)

    def _shared(self, one: int, other: int) -> Box:
        both = 1 << one | 1 << other
        atoms = tuple(tuple(number for number, atom in enumerate(axis.atoms) if atom.rules & both == both) for axis in self.axes)
        return Box(atoms, tuple(numbers[0] for numbers in atoms))


@dataclass(frozen=True, slots=True)
class _Row:
    """What one cell takes of an axis: its atoms, the rules that take one of them, the rules that take them all."""

    atoms: tuple[int, ...]
    touching: int
    containing: int
