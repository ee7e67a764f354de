"""The list of checks, and running them all."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from loanflow.dmn.checks import (
    cell_type,
    dialect_logic,
    duplicate_id,
    duplicate_name,
    duplicate_rule,
    expressions,
    gap,
    hit_policy,
    missing_logic,
    missing_requirement,
    overlapping_rules,
    requirement_cycle,
    table_inputs,
    table_outputs,
    unknown_name,
    unreachable_rule,
)
from loanflow.dmn.checks.analysis_incomplete import examined
from loanflow.dmn.compiler import Linked, link
from loanflow.dmn.model import Model
from loanflow.problems import Problem, errors_in, in_file_order

Check = Callable[[Model], Iterator[Problem]]

STRUCTURE: tuple[Check, ...] = (
    duplicate_id.find,
    duplicate_name.find,
    missing_requirement.find,
    requirement_cycle.find,
    hit_policy.find,
    table_inputs.find,
    table_outputs.find,
    missing_logic.find,
    dialect_logic.find,
    duplicate_rule.find,
)


def check(model: Model) -> tuple[Problem, ...]:
    """Return everything that is wrong with a model, in file order, with what its reader remarked; never raises."""
    linked = link((model,))
    return in_file_order((*model.problems, *structure(model), *texts(linked), *coverage(linked)))


def structure(model: Model) -> tuple[Problem, ...]:
    """Return what is wrong apart from the texts, which compiling finds anyway."""
    return tuple(problem for one in STRUCTURE for problem in one(model))


def texts(linked: Linked) -> tuple[Problem, ...]:
    """Return what is wrong with the texts of models that were compiled."""
    return (*expressions.find(linked), *cell_type.find(linked), *unknown_name.find(linked))


def coverage(linked: Linked) -> tuple[Problem, ...]:
    """Return what the rules of each table leave out, decide twice or never decide; only checking a file asks for this."""
    if errors_in(linked.findings.problems):
        return ()  # A cell that cannot be read accepts nobody knows what.
    checks = (unreachable_rule.find, overlapping_rules.find, gap.find)
    return tuple(problem for table in linked.tables for problem in examined(table, checks))
