"""The hit policy must fit the outputs, and exist in the dialect."""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType

from loanflow.dmn.checks.finding import finding
from loanflow.dmn.checks.tables import tables_of
from loanflow.dmn.model import Aggregator, DecisionTable, Dialect, HitPolicy, Model
from loanflow.problems import Problem

# COUNT takes anything, and texts and dates have a least and a greatest, but not in Camunda 7.
_NOT_ADDED = MappingProxyType(
    {
        Aggregator.SUM: ("string", "boolean", "date", "time", "dateTime", "date and time"),
        Aggregator.MIN: ("boolean",),
        Aggregator.MAX: ("boolean",),
    }
)
_BY_PRIORITY = (HitPolicy.PRIORITY, HitPolicy.OUTPUT_ORDER)


def find(model: Model) -> Iterator[Problem]:
    """Yield findings: an aggregation without COLLECT or over several outputs, priorities that nobody listed."""
    camunda7 = model.dialect is Dialect.CAMUNDA7
    for element, table in tables_of(model):
        if table.aggregator is not None and table.hit_policy is not HitPolicy.COLLECT:
            yield finding(
                model,
                element,
                "dmn/hit-policy",
                f"{table.aggregator} needs the hit policy COLLECT",
                at=table,
                property="Hit policy",
                expected="COLLECT, or no aggregation",
                found=f"{table.hit_policy} {table.aggregator}",
            )
        elif table.aggregator is not None and len(table.outputs) > 1 and not (camunda7 and _one_each(table)):
            yield finding(
                model,
                element,
                "dmn/hit-policy",
                f"{table.aggregator} can only be taken of one output",
                at=table,
                property="Hit policy",
                expected="one output column, or COLLECT without aggregation",
                found=f"{len(table.outputs)} output columns",
                hint="move the other outputs to a table of their own",
            )
        elif table.aggregator is not None and table.outputs and table.outputs[0].type_ref in _not_added(model, table.aggregator):
            yield finding(
                model,
                element,
                "dmn/hit-policy",
                f"{table.aggregator} cannot be taken of a {table.outputs[0].type_ref}",
                at=table,
                property="Hit policy",
                expected="an output of numbers, or COLLECT without aggregation",
                found=f"an output of type {table.outputs[0].type_ref}",
            )
        if table.hit_policy in _BY_PRIORITY:
            if camunda7:
                yield finding(
                    model,
                    element,
                    "dmn/hit-policy",
                    f"Camunda 7 has no hit policy {table.hit_policy}",
                    at=table,
                    property="Hit policy",
                    expected="UNIQUE, FIRST, ANY, RULE ORDER or COLLECT",
                    found=table.hit_policy.value,
                    hint="sort the rules by priority and use FIRST (for PRIORITY) or RULE ORDER (for OUTPUT ORDER)",
                )
            elif table.outputs and all(output.values is None for output in table.outputs):
                yield finding(
                    model,
                    element,
                    "dmn/hit-policy",
                    f"{table.hit_policy} needs to know which output goes before which",
                    at=table,
                    property="Predefined values",
                    expected="the output's values, highest priority first",
                    found="no list of output values",
                    hint="list the output's values in its column header",
                )


def _not_added(model: Model, aggregator: Aggregator) -> tuple[str, ...]:
    match model.dialect:
        case Dialect.SPEC:
            return _NOT_ADDED.get(aggregator, ())
        case Dialect.CAMUNDA7:
            return _NOT_ADDED[Aggregator.SUM] if aggregator is not Aggregator.COUNT else ()
        case Dialect.CAMUNDA8:
            return ()  # It does not look at the type of a column.


def _one_each(table: DecisionTable) -> bool:
    """Say whether no rule fills in more than one output: Camunda 7 aggregates what each rule gives, in whichever column."""
    return all(sum(bool(cell.text.strip()) for cell in rule.outputs) <= 1 for rule in table.rules)
