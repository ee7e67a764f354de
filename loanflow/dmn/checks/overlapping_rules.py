"""Two rules that match together where the hit policy allows one (UNIQUE), or one answer (ANY)."""

from __future__ import annotations

from collections.abc import Iterator

from loanflow.dmn.checks.analysis_incomplete import remark
from loanflow.dmn.checks.axes import depend_on_each_other
from loanflow.dmn.checks.coverage import Coverage
from loanflow.dmn.checks.duplicate_rule import conditions
from loanflow.dmn.checks.finding import at_table, in_words
from loanflow.dmn.compiler import Table
from loanflow.dmn.model import HitPolicy
from loanflow.feel import same
from loanflow.problems import Problem, Severity

LIMIT = 10


def find(table: Table, coverage: Coverage) -> Iterator[Problem]:
    """Yield a finding for each two rules that break the hit policy, with a combination that does it; ten at most.

    An error; a warning where two inputs look at the same variable, as the combination may not exist then.
    """
    policy = table.model.hit_policy
    if policy not in (HitPolicy.UNIQUE, HitPolicy.ANY):
        return
    rules = table.model.rules
    dependent = depend_on_each_other(table) is not None
    shown = 0
    for earlier, later, box in coverage.overlaps():
        if policy is HitPolicy.ANY and _agree(table, earlier, later):
            continue
        if policy is HitPolicy.UNIQUE and conditions(rules[earlier]) == conditions(rules[later]):
            continue  # duplicate_rule says so.
        shown += 1
        if shown > LIMIT:
            yield remark(table, f"more rules overlap; the first {LIMIT} pairs are listed")
            return
        answers = "" if policy is HitPolicy.UNIQUE else " and answer differently"
        yield at_table(
            table,
            "dmn/overlapping-rules",
            f"rules {earlier + 1} and {later + 1} {'may ' if dependent else ''}both match{answers}: "
            + (in_words(coverage.example(box)) or "whatever the inputs are"),
            severity=Severity.WARNING if dependent else Severity.ERROR,
            rule=rules[later],
            expected=f"rules that exclude each other, as the hit policy is {policy}"
            if policy is HitPolicy.UNIQUE
            else f"the same outputs, as the hit policy is {policy}",
            found=f"rule {earlier + 1}: {' | '.join(conditions(rules[earlier]))}; rule {later + 1}: {' | '.join(conditions(rules[later]))}",
            hint="narrow one of the rules, or choose FIRST if the upper one is meant to win",
        )


def _agree(table: Table, earlier: int, later: int) -> bool:
    """Say whether two rules answer the same, or may: outputs that must be computed are not compared."""
    one, other = table.constants[earlier], table.constants[later]
    if one is None or other is None:
        return True
    return all(same(first, second) for first, second in zip(one, other, strict=True))
