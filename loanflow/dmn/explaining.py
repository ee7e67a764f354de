"""From what an evaluation kept to the full explanation: every cell, the nearest rule that missed, what would change it.

Worked out only when a trace is read: the table's own tests are asked again with the values that were kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from loanflow.dmn.compiler.environment import Node
from loanflow.dmn.compiler.hit_policies import outputs_of
from loanflow.dmn.compiler.program import DecisionProgram, Evaluated
from loanflow.dmn.compiler.run import Run
from loanflow.dmn.compiler.shapes import nearest_accepted
from loanflow.dmn.compiler.table import Table
from loanflow.dmn.decision_trace import BlockingCell, CellTrace, DecisionTrace, InputTrace, NearMiss, OutputTrace, RuleTrace, Source
from loanflow.dmn.model import Context, DecisionTable, FunctionDefinition, HitPolicy, Invocation, LiteralExpression, Relation
from loanflow.feel import FeelValue

# How many of the rules that missed are tried for "what would change it".
_MOST_TRIED = 50
_LOGIC_WORDS = {
    DecisionTable: "decision table",
    LiteralExpression: "literal expression",
    Context: "context",
    Invocation: "invocation",
    Relation: "relation",
    FunctionDefinition: "function definition",
}


def explain(evaluated: Evaluated, run: Run) -> DecisionTrace:
    """Return everything there is to say about one decision; ``run`` carries the clock of the evaluation."""
    program = evaluated.program
    decision = program.decision
    words = "nothing" if decision.logic is None else _LOGIC_WORDS.get(type(decision.logic), type(decision.logic).__name__.lower())
    if program.table is None or evaluated.decided is None:
        return DecisionTrace(
            decision_id=decision.id,
            name=decision.name,
            logic=words,
            file=program.model.file,
            version_tag=decision.version_tag,
            value=evaluated.value,
            inputs=_inputs_read(program, evaluated, program.node),
            notes=evaluated.notes,
        )
    table = program.table
    decided = evaluated.decided
    model = table.model
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
        annotation_names=model.annotations,
        rules=_rules(table, evaluated, run),
        hits=tuple(rule + 1 for rule in decided.rules),
        outputs=_outputs(table, decided.rows[0]) if len(decided.rows) == 1 else (),
        defaulted=decided.defaulted,
        nearest=_nearest(table, evaluated, run),
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


def _rules(table: Table, evaluated: Evaluated, run: Run) -> tuple[RuleTrace, ...]:
    assert evaluated.decided is not None
    hits = frozenset(evaluated.decided.rules)
    last = min(hits) if table.model.hit_policy is HitPolicy.FIRST and hits else len(table.model.rules)
    traced: list[RuleTrace] = []
    for number, rule in enumerate(table.model.rules):
        cells: list[CellTrace] = []
        reached = number <= last
        for column, tests, value in zip(table.columns, rule.inputs, evaluated.values, strict=True):
            result = column.test(number, value, evaluated.scope, run) if reached else None
            reached = reached and result is True
            cells.append(CellTrace(text=tests.text, result=result, any=tests.accepts_anything))
        traced.append(
            RuleTrace(
                index=rule.index,
                id=rule.id,
                description=rule.description,
                annotations=rule.annotations,
                cells=tuple(cells),
                outputs=tuple(output.text.strip() for output in rule.outputs),
                hit=number in hits,
            )
        )
    return tuple(traced)


def _nearest(table: Table, evaluated: Evaluated, run: Run) -> NearMiss | None:
    """Return the rule that came closest to another answer: the fewest cells in the way, then the shortest distance."""
    assert evaluated.decided is not None
    rows = evaluated.decided.rows
    missed: list[tuple[int, float, int, tuple[BlockingCell, ...]]] = []
    for number in range(len(table.model.rules)):
        blocking = _blocking(table, number, evaluated, run)
        if blocking and outputs_of(table, number, evaluated.scope, run) not in rows:
            missed.append((len(blocking), sum(_distance(cell) for cell in blocking), number, blocking))
    missed.sort(key=lambda miss: miss[:3])
    for _, _, number, blocking in missed[:_MOST_TRIED]:
        if _would_decide(table, number, blocking, evaluated, run):
            return _near_miss(table, number, blocking, evaluated, run, confirmed=True)
    # None could be confirmed: a cell without a nearest value, or an earlier rule in the way.
    if missed and not evaluated.decided.rules:
        _, _, number, blocking = missed[0]
        return _near_miss(table, number, blocking, evaluated, run, confirmed=False)
    return None


def _blocking(table: Table, rule: int, evaluated: Evaluated, run: Run) -> tuple[BlockingCell, ...]:
    cells: list[BlockingCell] = []
    for position, (column, value) in enumerate(zip(table.columns, evaluated.values, strict=True)):
        if column.test(rule, value, evaluated.scope, run):
            continue
        needed = nearest_accepted(column.shapes[rule], value)
        difference = needed - value if isinstance(needed, Decimal) and isinstance(value, Decimal) else None
        cells.append(
            BlockingCell(
                column=position,
                label=table.model.inputs[position].title,
                text=table.model.rules[rule].inputs[position].text,
                value=value,
                needed=needed,
                difference=difference,
            )
        )
    return tuple(cells)


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
