"""What can be wrong in a form: a function per check, all run, none raises."""

from __future__ import annotations

from loanflow.forms.checks.choices import missing_options
from loanflow.forms.checks.expressions import expression_syntax
from loanflow.forms.checks.keys import duplicate_ids, duplicate_keys, missing_keys
from loanflow.forms.checks.labels import missing_labels
from loanflow.forms.checks.limits import limits_are_numbers, pattern_is_valid
from loanflow.forms.model import Form
from loanflow.problems import Problem, in_file_order

CHECKS = (
    duplicate_ids,
    duplicate_keys,
    missing_keys,
    missing_options,
    missing_labels,
    expression_syntax,
    limits_are_numbers,
    pattern_is_valid,
)


def check(form: Form) -> tuple[Problem, ...]:
    """Return every finding about a form, in file order; empty where there is nothing to mend."""
    return in_file_order(problem for one in CHECKS for problem in one(form))
