"""Two rules with the same conditions: the second can never decide, or breaks UNIQUE."""

from __future__ import annotations

from collections.abc import Iterator

from loanflow.dmn.checks.finding import finding
from loanflow.dmn.checks.tables import tables_of
from loanflow.dmn.model import HitPolicy, Model, Rule
from loanflow.problems import Problem, Severity

_SEVERAL = (HitPolicy.COLLECT, HitPolicy.RULE_ORDER, HitPolicy.OUTPUT_ORDER, HitPolicy.ANY, HitPolicy.PRIORITY)


def find(model: Model) -> Iterator[Problem]:
    """Yield a finding for each rule whose input cells say word for word what those of an earlier rule say."""
    for element, table in tables_of(model):
        if table.hit_policy in _SEVERAL:
            continue
        seen: dict[tuple[str, ...], int] = {}
        for rule in table.rules:
            cells = conditions(rule)
            if cells in seen:
                unique = table.hit_policy is HitPolicy.UNIQUE
                yield finding(
                    model,
                    element,
                    "dmn/duplicate-rule",
                    f"rule {rule.index} has the same conditions as rule {seen[cells]}"
                    + (": whatever matches breaks UNIQUE" if unique else ": it never decides"),
                    severity=Severity.ERROR if unique else Severity.WARNING,
                    at=rule,
                    inside=f"rule {rule.index}",
                    expected="conditions of its own",
                    found=", ".join(cells),
                )
            seen.setdefault(cells, rule.index)


def conditions(rule: Rule) -> tuple[str, ...]:
    """Return a rule's input cells without what makes no difference: empty is ``-``, blanks are one blank."""
    return tuple("-" if tests.accepts_anything else " ".join(tests.text.split()) for tests in rule.inputs)
