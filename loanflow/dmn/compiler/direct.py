"""The short way through a table: Python values in, result out, nothing allocated that the result does not need.

It exists for decisions that are one table over plain variables with constant outputs, which is what most tables are. Anything
unusual about an evaluation (a value of an unexpected type, a broken hit policy) has no result here: the general way then
decides, with all its explanations. Both ways must agree, and so must one row at a time and many at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from itertools import repeat
from typing import Any, TypeAlias

from loanflow.dmn.compiler.conversions import by_kind_alone
from loanflow.dmn.compiler.forks import Finder, Remembered, Row
from loanflow.dmn.compiler.forks import finder as find
from loanflow.dmn.compiler.hit_policies import decide, own
from loanflow.dmn.compiler.program import DecisionProgram
from loanflow.dmn.compiler.python_look_ups import UNKNOWN, LookUps, python_look_ups
from loanflow.dmn.compiler.run import Run
from loanflow.dmn.compiler.scorecards import scorecard
from loanflow.dmn.compiler.table import Table
from loanflow.dmn.model import Aggregator, Dialect, HitPolicy
from loanflow.dmn.result import DecisionResult
from loanflow.feel import ANY, FeelValue, coerced
from loanflow.feel.values.numbers import DIGITS

# How many bits the remembered sets of rules may have together.
_MOST_BITS = 2_000_000
Copies: TypeAlias = "Callable[[Any], FeelValue]"
One: TypeAlias = "Callable[[Row], DecisionResult | None]"
Many: TypeAlias = "Callable[[Sequence[Row]], tuple[list[DecisionResult | None], bool]]"


@dataclass(frozen=True, slots=True)
class Direct:
    """The short way through one decision, for one row of inputs or for many; None for a row that has no result here.

    ``many`` also says whether all rows have one. A row that has none may be ``unmatched``: what it comes to where no rule matches;
    None in turn for a row that must go the general way.
    """

    one: One
    many: Many
    unmatched: One


def direct(program: DecisionProgram) -> Direct | None:
    """Return the short way through a decision, or None where there is none."""
    table = program.table
    if table is None or program.required or table.maybe or not table.columns or not table.model.rules:
        return None
    if any(column.name is None or column.aliases or not column.plain for column in table.columns):
        return None
    if any(row is None for row in table.constants):
        return None
    declared = {needed.name: needed.type for needed in program.inputs}
    if any(needed.prefix is not None for needed in program.inputs) or not all(map(by_kind_alone, declared.values())):
        return None
    # What no column reads is not looked at here, and would be told if its type were not met.
    if any(of != ANY for name, of in declared.items() if name not in {column.name for column in table.columns}):
        return None
    columns = [python_look_ups(column, table.dialect, declared.get(column.name or "", ANY)) for column in table.columns]
    if table.model.hit_policy in (HitPolicy.UNIQUE, HitPolicy.FIRST):
        ways = _one_rule(program, table, columns)
    else:
        ways = _adding(program, table, columns) or _several_rules(program, table, columns)
    return None if ways is None else Direct(*ways, _unmatched(program, table, columns))


def _unmatched(program: DecisionProgram, table: Table, columns: Sequence[LookUps]) -> One:
    """Return what knows the rows that no rule matches, every value of them being one that the index can judge."""
    defaults = [output.default for output in table.outputs if output.default is not None]
    nothing = None if any(default.constant is None for default in defaults) else _decided(program, table, 0)
    if nothing is None:
        return lambda row: None
    steps = tuple((column.name, column.slot_of, column.masks) for column in columns)

    def unmatched(row: Row) -> DecisionResult | None:
        mask = table.everything
        for name, slot_of, masks in steps:
            value = row.get(name)
            slot = slot_of(type(value))
            # A variable that is missing is null, and that may be told.
            if slot is None or (found := slot(value)) == UNKNOWN or (value is None and name not in row):
                return None
            mask &= masks[found]
        return None if mask else _handed_out([nothing])[0]

    return unmatched


def _one_rule(program: DecisionProgram, table: Table, columns: Sequence[LookUps]) -> tuple[One, Many] | None:
    results = [_result(program, table, 1 << rule) for rule in range(len(table.model.rules))]
    if not all(results):
        return None
    copies = _copier([result.value for result in results if result is not None])
    unique = table.model.hit_policy is HitPolicy.UNIQUE
    # By the number of the rule, from 1: a set's lowest rule is found as its length. What is copied for each caller is the value.
    found = [None, *(result if copies is None or result is None else result.value for result in results)]
    finder = find(columns, table.everything, partial(_if_unique if unique else _first, found))
    return _shared(finder) if copies is None else _copied(finder, copies)


def _first(found: Sequence[Any], mask: int) -> Any:
    return found[(mask & -mask).bit_length()]


def _if_unique(found: Sequence[Any], mask: int) -> Any:
    return found[0 if mask & (mask - 1) else mask.bit_length()]


def _shared(finder: Finder) -> tuple[One, Many]:
    """Return the way that gives all callers the results found, which they cannot change."""

    def many(rows: Sequence[Row]) -> tuple[list[DecisionResult | None], bool]:
        found = finder.many(rows)
        return found, all(found)

    return finder.one, many


def _copied(finder: Finder, copies: Copies) -> tuple[One, Many]:
    """Return the way that gives each caller a copy of the value found."""
    find_one, find_many = finder.one, finder.many

    def one(row: Row) -> DecisionResult | None:
        found = find_one(row)
        return None if found is None else DecisionResult((copies(found), None, ()))

    def many(rows: Sequence[Row]) -> tuple[list[DecisionResult | None], bool]:
        found = find_many(rows)
        try:
            return list(map(DecisionResult, zip(map(copies, found), repeat(None), repeat(())))), True
        except TypeError:  # None cannot be copied
            return [None if value is None else DecisionResult((copies(value), None, ())) for value in found], False

    return one, many


def _several_rules(program: DecisionProgram, table: Table, columns: Sequence[LookUps]) -> tuple[One, Many]:
    results = Remembered(lambda mask: _result(program, table, mask), most=_MOST_BITS // (len(table.model.rules) + 100))
    finder = find(columns, table.everything, int)

    def one(row: Row) -> DecisionResult | None:
        return _handed_out([results[finder.one(row)]])[0]

    def many(rows: Sequence[Row]) -> tuple[list[DecisionResult | None], bool]:
        found = _handed_out(map(results.__getitem__, finder.many(rows)))
        return found, all(found)

    return one, many


def _adding(program: DecisionProgram, table: Table, columns: Sequence[LookUps]) -> tuple[One, Many] | None:
    """Return the short way through a scorecard: COLLECT SUM over whole numbers, each for one input."""
    points = [row[0] for row in table.constants if row is not None and isinstance(row[0], Decimal)]
    plain = program.type.kind in ("Any", "number") and program.type.allowed is None
    if table.model.aggregator is not Aggregator.SUM or len(points) < len(table.constants) or not plain:
        return None
    # Whole numbers of which no sum needs to be rounded are added as such.
    if any(point.as_tuple().exponent != 0 for point in points) or sum(map(abs, points)) >= 10**DIGITS:
        return None
    key = table.outputs[0].key if table.dialect is Dialect.CAMUNDA7 else None

    def result(total: int, rules: int) -> Any:
        if not rules:
            return None
        return DecisionResult((Decimal(total), None, ())) if key is None else [{key: Decimal(total)}]

    card = scorecard(table, columns, list(map(int, points)), result)
    if card is None:
        return None
    return _shared(card) if key is None else _copied(card, _only_row)


def _result(program: DecisionProgram, table: Table, mask: int) -> DecisionResult | None:
    """Return what rules that match come to; None where that takes more words than a value, and where there are none."""
    found = _decided(program, table, mask) if mask else None
    return None if found is None or found[2] else found


def _decided(program: DecisionProgram, table: Table, mask: int) -> DecisionResult | None:
    """Return what a set of rules comes to, with the reasons of a null; None where the hit policy is broken or a type is not met."""
    run = Run()
    value = decide(table, mask, {}, run).value
    if program.model.dialect is not Dialect.CAMUNDA7 and value is not None:
        fits, value = coerced(value, program.type)
        if not fits:
            return None
    return None if run.problems else DecisionResult((value, None, tuple(run.warnings(program.model.file)) if value is None else ()))


def _handed_out(results: Iterable[DecisionResult | None]) -> list[DecisionResult | None]:
    """Return results so that each caller has a value of its own."""
    return [
        DecisionResult((own(found[0]), None, found[2])) if found is not None and isinstance(found[0], list | dict) else found
        for found in results
    ]


def _copier(answers: Sequence[FeelValue]) -> Copies | None:
    """Return how an answer is copied for its caller, None being refused; None where answers cannot be changed anyway."""
    if not any(isinstance(answer, list | dict) for answer in answers):
        return None
    if all(isinstance(answer, dict) and _is_flat(answer) for answer in answers):
        return dict[str, FeelValue].copy
    if all(isinstance(answer, list) and len(answer) == 1 and isinstance(answer[0], dict) and _is_flat(answer[0]) for answer in answers):
        return _only_row
    return _whole


def _only_row(rows: Any) -> FeelValue:
    return [rows[0].copy()]


def _whole(value: FeelValue) -> FeelValue:
    if value is None:
        raise TypeError("nothing was found")
    return own(value)


def _is_flat(context: dict[str, FeelValue]) -> bool:
    return not any(isinstance(value, list | dict) for value in context.values())
