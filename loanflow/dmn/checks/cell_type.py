"""A cell that does not fit its column: of another type, or an output that is not among the column's predefined values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from types import MappingProxyType

from loanflow.dmn.checks.finding import finding
from loanflow.dmn.compiler import DecisionProgram, Linked, Table
from loanflow.dmn.model import LiteralExpression, UnaryTests
from loanflow.feel import FeelBudgetExceeded, FeelSyntaxError, FeelValue, equal, evaluate, kind
from loanflow.problems import Problem, Severity

_DASHED = re.compile(r"(\d+(?:\.\d+)?)\s*[-\u2013]\s*(\d+(?:\.\d+)?)")
_RANGED = re.compile(r"([\[\](])\s*(-?\d+(?:\.\d+)?)\s*\.\.\s*(-?\d+(?:\.\d+)?)\s*([\[\])])")

_KINDS: Mapping[str, str] = MappingProxyType(
    {"number": "number", "integer": "number", "long": "number", "double": "number", "string": "string", "boolean": "boolean"}
)


def find(linked: Linked) -> Iterator[Problem]:
    """Yield a warning for each cell whose constants are of another type than its column."""
    for program in linked.decisions:
        if program.table is not None:
            yield from _inputs(program, program.table)
            yield from _outputs(program, program.table)
            yield from _unlisted(program, program.table)
            yield from _intervals(program, program.table)


def _inputs(program: DecisionProgram, table: Table) -> Iterator[Problem]:
    for position, (clause, column) in enumerate(zip(table.model.inputs, table.columns, strict=True)):
        wanted = _KINDS.get(clause.expression.type_ref or "")
        if wanted is None:
            continue
        for rule, shape in zip(table.model.rules, column.shapes, strict=True):
            if shape.kind not in (None, "null", wanted):
                message = f"this cell holds a {shape.kind}, its column a {wanted}: it never matches"
                place = f'rule {rule.index}, input "{clause.title}"'
                yield _of_another_type(program, message, rule.inputs[position], place, wanted, shape.kind)


def _outputs(program: DecisionProgram, table: Table) -> Iterator[Problem]:
    for position, (clause, output) in enumerate(zip(table.model.outputs, table.outputs, strict=True)):
        wanted = _KINDS.get(clause.type_ref or "")
        if wanted is None:
            continue
        for rule, node in zip(table.model.rules, output.nodes, strict=True):
            constant = node.constant if node is not None else None
            if constant is None or constant[0] is None or kind(constant[0]) == wanted:
                continue
            message = f"this cell holds a {kind(constant[0])}, its column a {wanted}"
            place = f'rule {rule.index}, output "{clause.title}"'
            yield _of_another_type(program, message, rule.outputs[position], place, wanted, kind(constant[0]))


def _unlisted(program: DecisionProgram, table: Table) -> Iterator[Problem]:
    for position, (clause, output) in enumerate(zip(table.model.outputs, table.outputs, strict=True)):
        listed = _listed(clause.values) if clause.values is not None else ()
        for rule, node in zip(table.model.rules, output.nodes, strict=True):
            constant = node.constant if node is not None else None
            if not listed or constant is None or constant[0] is None or any(equal(constant[0], one) for one in listed):
                continue
            message = "this cell's value is not among the predefined values of its column"
            place = f'rule {rule.index}, output "{clause.title}"'
            expected = clause.values.text if clause.values is not None else None
            hint = "choose one of them, or add the value under Predefined values in the column's header"
            yield _finding(program, message, rule.outputs[position], place, expected, hint)


def _intervals(program: DecisionProgram, table: Table) -> Iterator[Problem]:
    """Yield a finding for each cell that looks like an interval and is none: ``5-8``, ``[8..5]``."""
    for position, clause in enumerate(table.model.inputs):
        if _KINDS.get(clause.expression.type_ref or "number") != "number":
            continue
        for rule in table.model.rules:
            cell = rule.inputs[position]
            dashed, ranged = _DASHED.fullmatch(cell.text.strip()), _RANGED.fullmatch(cell.text.strip())
            if dashed is not None:
                lesser, greater = sorted(dashed.groups(), key=Decimal)
                message, meant = "this cell is a subtraction: it matches the difference alone", f"[{lesser}..{greater}]"
            elif ranged is not None and Decimal(ranged[2]) > Decimal(ranged[3]):
                message = "this range ends before it begins: it never matches"
                meant = f"{ranged[1]}{ranged[3]}..{ranged[2]}{ranged[4]}"
            else:
                continue
            hint = f"what lies between is written in brackets, the lesser number first: {meant}"
            yield _finding(program, message, cell, f'rule {rule.index}, input "{clause.title}"', meant, hint)


def _listed(values: UnaryTests) -> tuple[FeelValue, ...]:
    """Return the predefined values where all are plain values, else nothing."""
    try:
        found = evaluate(f"[{values.text}]")
    except (FeelSyntaxError, FeelBudgetExceeded):
        return ()
    return tuple(found) if isinstance(found, list) and None not in found else ()


def _of_another_type(
    program: DecisionProgram, message: str, cell: UnaryTests | LiteralExpression, place: str, wanted: str, held: str
) -> Problem:
    hint = 'write texts in quotes, numbers without: "A", 70' if "string" in (held, wanted) else None
    return _finding(program, message, cell, place, f"a {wanted}", hint)


def _finding(
    program: DecisionProgram, message: str, cell: UnaryTests | LiteralExpression, place: str, expected: str | None, hint: str | None
) -> Problem:
    return finding(
        program.model,
        program.decision,
        "dmn/cell-type",
        message,
        severity=Severity.WARNING,
        at=cell,
        inside=place,
        expected=expected,
        found=cell.text,
        hint=hint,
    )
