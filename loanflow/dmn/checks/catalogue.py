"""The list of checks, and running them all."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from loanflow.dmn.checks import (
    cell_type,
    dialect_logic,
    duplicate_id,
    duplicate_name,
    duplicate_rule,
    expressions,
    gap,
    hit_policy,
    missing_import,
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
from loanflow.dmn.checks.missing_import import with_imports
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
)


def check(model: Model, *, among: Collection[Model] | None = None) -> tuple[Problem, ...]:
    """Return everything that is wrong with a model, in file order, with what its reader remarked; never raises.

    ``among`` are the models that are there together, this one too; None where that is not known, and imports are not looked for.
    """
    linked = link((model,) if among is None else with_imports(model, among))
    found = [*model.problems, *structure(model), *texts(linked)]
    if among is not None:
        found += missing_import.find(model, among)
    here = [problem for problem in found if problem.location.file == model.file]
    if not errors_in((*model.problems, *linked.findings.problems)):
        # A cell that cannot be read accepts nobody knows what.
        here += coverage(linked, model)
    return in_file_order(here)


def structure(model: Model) -> tuple[Problem, ...]:
    """Return what is wrong apart from the texts, which compiling finds anyway."""
    found = [problem for one in STRUCTURE for problem in one(model)]
    if not errors_in(model.problems):
        # Rules that could not be read whole are not twice the same for that.
        found += duplicate_rule.find(model)
    return tuple(found)


def texts(linked: Linked) -> tuple[Problem, ...]:
    """Return what is wrong with the texts of models that were compiled."""
    return (*expressions.find(linked), *cell_type.find(linked), *unknown_name.find(linked))


def coverage(linked: Linked, model: Model) -> tuple[Problem, ...]:
    """Return what the rules of each table leave out, decide twice or never decide; only checking a file asks for this."""
    checks = (unreachable_rule.find, overlapping_rules.find, gap.find)
    tables = (table for table in linked.tables if table.place.file == model.file)
    return tuple(problem for table in tables for problem in examined(table, checks))
