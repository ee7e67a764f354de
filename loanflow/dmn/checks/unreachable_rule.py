"""Rules that never decide: earlier ones take all that they would (FIRST), or no value can pass one of their cells."""

from __future__ import annotations

from collections.abc import Iterator

from loanflow.dmn.checks.coverage import Coverage
from loanflow.dmn.checks.duplicate_rule import conditions
from loanflow.dmn.checks.finding import at_table
from loanflow.dmn.compiler import Table
from loanflow.dmn.model import HitPolicy
from loanflow.problems import Problem, Severity


def find(table: Table, coverage: Coverage) -> Iterator[Problem]:
    """Yield a warning for each rule that can never decide."""
    for number, rule in enumerate(table.model.rules):
        axis_number = coverage.impossible(number)
        if axis_number is not None:
            axis = coverage.axes[axis_number]
            column = next((one for one in axis.columns if table.columns[one].tests[number] is not None), axis.columns[0])
            if table.columns[column].shapes[number].kind not in axis.kinds:
                continue  # A cell of another type than its column: cell_type says so.
            yield at_table(
                table,
                "dmn/unreachable-rule",
                f"no value that {axis.expression} can have passes this rule's condition",
                severity=Severity.WARNING,
                rule=rule,
                expected="a condition that one of the values in the column's header, or of its type, can pass",
                found=conditions(rule)[column],
            )
            continue
        if table.model.hit_policy is not HitPolicy.FIRST:
            continue
        hidden = coverage.hidden_by(number)
        if hidden is None or any(conditions(table.model.rules[one]) == conditions(rule) for one in hidden):
            continue
        words = f"rule {hidden[0] + 1} takes" if len(hidden) == 1 else f"rules {', '.join(str(one + 1) for one in hidden)} together take"
        yield at_table(
            table,
            "dmn/unreachable-rule",
            f"this rule never decides: {words} whatever it would match",
            severity=Severity.WARNING,
            rule=rule,
            expected="something that the rules above leave over",
            found=" | ".join(conditions(rule)),
            hint="move the rule up, or delete it",
        )
