"""Combinations of inputs that no rule decides: the answer is null, or the case stops."""

from __future__ import annotations

from collections.abc import Iterator

from loanflow.dmn.checks.analysis_incomplete import ONE_ANSWER, remark
from loanflow.dmn.checks.axes import depend_on_each_other
from loanflow.dmn.checks.coverage import Coverage
from loanflow.dmn.checks.finding import at_table, in_words
from loanflow.dmn.compiler import Table
from loanflow.problems import Problem, Severity

LIMIT = 5


def find(table: Table, coverage: Coverage) -> Iterator[Problem]:
    """Yield a warning for each gap, as large as it is, with one combination that falls into it; five at most."""
    if table.model.hit_policy not in ONE_ANSWER or any(output.default is not None for output in table.outputs):
        return
    dependent = depend_on_each_other(table)
    for box in coverage.gaps(LIMIT):
        if dependent is not None:
            # The combination may not exist.
            yield remark(table, f"{dependent[0]} and {dependent[1]} look at the same variable: gaps could not be told from what cannot be")
            return
        texts = [(axis.expression, axis.text(atoms)) for axis, atoms in zip(coverage.axes, box.atoms, strict=True)]
        where = [f"{expression} {text}" for expression, text in texts if text != "-"] or ["anything"]
        yield at_table(
            table,
            "dmn/gap",
            f"no rule decides {in_words(coverage.example(box)) or 'anything'}",
            severity=Severity.WARNING,
            expected="a rule for every combination, or a last rule that takes the rest",
            found="no rule for " + " and ".join(where),
            hint="if it cannot occur, list the values that can in the input's column header",
        )
