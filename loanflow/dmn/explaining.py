"""From what an evaluation kept to the full explanation: every cell, the nearest rule that missed, what would change it.

Worked out only when a trace is read: the table's own tests are asked again with the values that were kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from loanflow.dmn.compiler.environment import Node
from loanflow.dmn.compiler.hit_policies import outputs_of
from loanflow.dmn.compiler.program import DecisionProgram, Evaluated
from loanflow.dmn.compiler.run import Run
from loanflow.dmn.compiler.shapes import nearest_accepted
from loanflow.dmn.compiler.table import Table
from loanflow.dmn.decision_trace import BlockingCell, CellTrace, DecisionTrace, InputTrace, NearMiss, OutputTrace, RuleTrace, Source
from loanflow.dmn.model import (
    Conditional,
    Context,
    DecisionTable,
    Filter,
    For,
    FunctionDefinition,
    HitPolicy,
    Invocation,
    ListExpression,
    LiteralExpression,
    Quantified,
    Relation,
)
from loanflow.feel import FeelValue

# How many of the rules that missed are compared, and how many of those tried out, for "what would change it".
_MOST_COMPARED = 200
_MOST_TRIED = 50
_LOGIC_WORDS: Mapping[type, str] = {
    DecisionTable: "decision table",
    LiteralExpression: "literal expression",
    Context: "context",
    Invocation: "invocation",
    Relation: "relation",
    FunctionDefinition: "function definition",
    ListExpression: "list",
    Conditional: "conditional",
    Filter: "filter",
    For: "iteration",
    Quantified: "quantified expression",
    type(None): "nothing",
}


def explain(evaluated: Evaluated, run: Run) -> DecisionTrace:
    """Return everything there is to say about one decision; ``run`` carries the clock of the evaluation."""
    program = evaluated.program
    decision = program.decision
    words = _LOGIC_WORDS[type(decision.logic)]
    if program.table is None or evaluated.decided is None:
        return DecisionTrace(
            decision_id=decision.id,
            name=decision.name,
            logic=words,
            file=program.model.file,
            version_tag=decision.version_tag,
            value=evaluated.value,
            expression=decision.logic.text.strip() if isinstance(decision.logic, LiteralExpression) else None,
            inputs=_inputs_read(program, evaluated, program.node),
            notes=evaluated.notes,
        )
    table = program.table
    decided = evaluated.decided
    model = table.model
    cells = _Cells(table, evaluated, run)
    return DecisionTrace(
        decision_id=decision.id,
        name=decision.name,
        logic=words,
        file=program.model.file,
        version_tag=decision.version_tag,
        value=evaluated.value,
        hit_policy=model.hit_policy.value,
        aggregation=model.aggregator.value if model.aggregator is not None else None,
        inputs=tuple(
            InputTrace(
                id=clause.id,
                label=clause.title,
                expression=clause.expression.text.strip(),
                type_ref=clause.expression.type_ref,
                value=value,
                source=_source(program, evaluated, column.name, column.node),
            )
            for clause, column, value in zip(model.inputs, table.columns, evaluated.values, strict=True)
        ),
        output_names=tuple(clause.title for clause in model.outputs),
        annotation_names=model.annotations,
        rules=_rules(table, evaluated, cells),
        hits=tuple(rule + 1 for rule in decided.rules),
        outputs=_outputs(table, decided.rows[0]) if len(decided.rows) == 1 else (),
        defaulted=decided.defaulted,
        nearest=_nearest(table, evaluated, cells, run),
        notes=evaluated.notes,
    )


def _source(program: DecisionProgram, evaluated: Evaluated, name: str | None, node: Node) -> Source:
    if name is None:
        return Source(kind="expression", name=", ".join(sorted(node.names)))
    for required in program.required:
        if name in required.names:
            return Source(kind="decision", name=required.program.decision.name, decision_id=required.program.decision.id)
        # Camunda 7 hands results over by output name.
        inner = required.program.table
        if inner is not None and any(output.key == name for output in inner.outputs) and name in evaluated.scope:
            return Source(kind="decision", name=required.program.decision.name, decision_id=required.program.decision.id)
    return Source(kind="caller" if evaluated.scope.get(name) is not None else "missing", name=name)


def _inputs_read(program: DecisionProgram, evaluated: Evaluated, node: Node) -> tuple[InputTrace, ...]:
    return tuple(
        InputTrace(
            id=None,
            label=name,
            expression=name,
            type_ref=None,
            value=evaluated.scope.get(name),
            source=_source(program, evaluated, name, node),
        )
        for name in sorted(node.names)
        if name not in program.functions
    )


def _outputs(table: Table, row: Sequence[FeelValue]) -> tuple[OutputTrace, ...]:
    return tuple(
        OutputTrace(id=clause.id, name=clause.name, label=clause.title, value=value)
        for clause, value in zip(table.model.outputs, row, strict=True)
    )


class _Cells:
    """Which cells of a table accept the values it was given: one look-up a column, and a test for what the index left open."""

    def __init__(self, table: Table, evaluated: Evaluated, run: Run) -> None:
        self._table = table
        self._evaluated = evaluated
        self._run = run
        self._accepting = [column.accepting(value) for column, value in zip(table.columns, evaluated.values, strict=True)]

    def accepts(self, rule: int, position: int) -> bool:
        column = self._table.columns[position]
        if column.maybe >> rule & 1:
            return column.test(rule, self._evaluated.values[position], self._evaluated.scope, self._run)
        return bool(self._accepting[position] >> rule & 1)

    def blocking(self, rule: int) -> list[int]:
        """Return the columns whose cell keeps a rule from matching."""
        return [position for position in range(len(self._accepting)) if not self.accepts(rule, position)]


def _rules(table: Table, evaluated: Evaluated, cells: _Cells) -> tuple[RuleTrace, ...]:
    assert evaluated.decided is not None
    hits = frozenset(evaluated.decided.rules)
    last = min(hits) if table.model.hit_policy is HitPolicy.FIRST and hits else len(table.model.rules)
    traced: list[RuleTrace] = []
    # Cells with the same text and outcome are one value: tables repeat themselves.
    seen: dict[tuple[str, bool | None], CellTrace] = {}
    for number, rule in enumerate(table.model.rules):
        results: list[CellTrace] = []
        reached = number <= last
        for position, tests in enumerate(rule.inputs):
            result = cells.accepts(number, position) if reached else None
            reached = reached and result is True
            known = seen.get((tests.text, result))
            if known is None:
                known = seen[tests.text, result] = CellTrace(text=tests.text, result=result, any=tests.accepts_anything)
            results.append(known)
        traced.append(
            RuleTrace(
                index=rule.index,
                id=rule.id,
                description=rule.description,
                annotations=rule.annotations,
                cells=tuple(results),
                outputs=tuple(output.text.strip() for output in rule.outputs),
                hit=number in hits,
            )
        )
    return tuple(traced)


def _nearest(table: Table, evaluated: Evaluated, cells: _Cells, run: Run) -> NearMiss | None:
    """Return the rule that came closest to another answer: the fewest cells in the way, then the shortest distance."""
    assert evaluated.decided is not None
    rows = evaluated.decided.rows
    missed = [(len(positions), number, positions) for number in range(len(table.model.rules)) if (positions := cells.blocking(number))]
    missed.sort(key=lambda miss: miss[0])
    candidates: list[tuple[int, float, int, tuple[BlockingCell, ...]]] = []
    for count, number, positions in missed:
        if len(candidates) >= _MOST_COMPARED:
            break
        if outputs_of(table, number, evaluated.scope, run) not in rows:
            blocking = _blocking(table, number, positions, evaluated)
            candidates.append((count, sum(_distance(cell) for cell in blocking), number, blocking))
    candidates.sort(key=lambda candidate: candidate[:3])
    for _, _, number, blocking in candidates[:_MOST_TRIED]:
        if _would_decide(table, number, blocking, evaluated, run):
            return _near_miss(table, number, blocking, evaluated, run, confirmed=True)
    # None could be confirmed: a cell without a nearest value, or an earlier rule in the way.
    if candidates and not evaluated.decided.rules:
        _, _, number, blocking = candidates[0]
        return _near_miss(table, number, blocking, evaluated, run, confirmed=False)
    return None


def _blocking(table: Table, rule: int, positions: Sequence[int], evaluated: Evaluated) -> tuple[BlockingCell, ...]:
    found: list[BlockingCell] = []
    for position in positions:
        value = evaluated.values[position]
        needed = nearest_accepted(table.columns[position].shapes[rule], value)
        difference = needed - value if isinstance(needed, Decimal) and isinstance(value, Decimal) else None
        found.append(
            BlockingCell(
                column=position,
                label=table.model.inputs[position].title,
                text=table.model.rules[rule].inputs[position].text,
                value=value,
                needed=needed,
                difference=difference,
            )
        )
    return tuple(found)


def _distance(cell: BlockingCell) -> float:
    """Return how far a cell is from being true, relative to the value; a cell without a number counts as far."""
    if isinstance(cell.difference, Decimal) and isinstance(cell.value, Decimal):
        return min(1.0, float(abs(cell.difference)) / (float(abs(cell.value)) or 1.0))
    return 1.0


def _would_decide(table: Table, rule: int, blocking: Sequence[BlockingCell], evaluated: Evaluated, run: Run) -> bool:
    values = list(evaluated.values)
    for cell in blocking:
        if cell.needed is None:
            return False
        values[cell.column] = cell.needed
    mask = table.matches(values, evaluated.scope, run)
    if table.model.hit_policy in (HitPolicy.UNIQUE, HitPolicy.FIRST):
        return mask == 1 << rule
    return bool(mask >> rule & 1)


def _near_miss(table: Table, rule: int, blocking: tuple[BlockingCell, ...], evaluated: Evaluated, run: Run, *, confirmed: bool) -> NearMiss:
    model = table.model.rules[rule]
    return NearMiss(
        rule=model.index,
        rule_id=model.id,
        description=model.description,
        cells=blocking,
        outputs=_outputs(table, outputs_of(table, rule, evaluated.scope, run)),
        confirmed=confirmed,
    )
