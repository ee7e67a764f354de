"""Examining what a table's rules cover, within a budget; what was left out for it, or could not be known, is said."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from loanflow.dmn.checks.coverage import Coverage, OutOfSteps
from loanflow.dmn.checks.finding import at_table
from loanflow.dmn.compiler import Table, rules_of
from loanflow.dmn.model import HitPolicy
from loanflow.problems import Problem, Severity

# The policies that give one result; the others answer a list, which may be empty or hold several.
ONE_ANSWER = frozenset({HitPolicy.UNIQUE, HitPolicy.FIRST, HitPolicy.ANY, HitPolicy.PRIORITY})
Examine = Callable[[Table, Coverage], Iterator[Problem]]


def examined(table: Table, checks: Sequence[Examine]) -> Iterator[Problem]:
    """Yield what the checks find in one table; a check that runs out of its budget ends with a remark."""
    if not table.model.rules:
        if table.model.outputs and all(output.default is None for output in table.outputs):
            hint = "add a rule; in a table without inputs it always decides"
            expected = "a rule for every combination, or a last rule that takes the rest"
            message = "no rule decides anything: the table has no rules"
            yield at_table(table, "dmn/gap", message, severity=Severity.WARNING, expected=expected, found="no rules", hint=hint)
        return
    if not table.model.inputs:
        return
    try:
        coverage = Coverage(table)
    except OutOfSteps:
        yield remark(table, "the table is too large to look for gaps, overlaps and unreachable rules", severity=Severity.WARNING)
        return
    for check in checks:
        coverage.refill()
        try:
            yield from check(table, coverage)
        except OutOfSteps:
            words = check.__module__.rpartition(".")[2].replace("_", " ")
            message = f"the budget ran out while looking for: {words}; there may be more than was found"
            yield remark(table, message, severity=Severity.WARNING)
    if coverage.opaque and table.model.hit_policy in ONE_ANSWER:
        rules = ", ".join(str(rule + 1) for rule in rules_of(coverage.opaque)[:10])
        yield remark(table, f"rules with conditions that depend on other values were not judged: {rules}")


def remark(table: Table, message: str, *, severity: Severity = Severity.INFO) -> Problem:
    """Return what was left out: it stops nothing."""
    return at_table(table, "dmn/analysis-incomplete", message, severity=severity)
