"""The graph made to run: decisions with what they require, business knowledge models and services as functions.

Spec: DMN 1.5, clause 6 "Requirements" and 10.4 "Decision requirements semantics".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from loanflow.dmn.compiler.conversions import Conversion
from loanflow.dmn.compiler.environment import Node
from loanflow.dmn.compiler.hit_policies import Decided, decide
from loanflow.dmn.compiler.run import Run, Scope
from loanflow.dmn.compiler.table import Table
from loanflow.dmn.model import Decision, DecisionService, Dialect, HitPolicy, Model
from loanflow.feel import FeelType, FeelValue, Function, coerced, literal
from loanflow.feel.values import only_disallowed
from loanflow.problems import Location, Problem


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NeededInput:
    """Input data: its name in scope, its type, and the import it comes by."""

    name: str
    type: FeelType
    prefix: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RequiredDecision:
    """A decision whose result is a variable here; ``names`` are the names it has."""

    program: DecisionProgram
    names: tuple[str, ...]
    prefix: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DecisionProgram:
    """One decision ready to run.

    ``table`` is set where its logic is a decision table; then ``node`` is not used. ``convert`` is how Camunda 7 transforms the
    result of a literal expression to its variable's type. ``reads`` are all names that it, or a decision it requires, may read
    from what the caller hands over.
    """

    model: Model
    decision: Decision
    node: Node
    table: Table | None
    type: FeelType
    convert: Conversion | None
    inputs: tuple[NeededInput, ...]
    required: tuple[RequiredDecision, ...]
    functions: Mapping[str, FeelValue]
    reads: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ServiceProgram:
    """A decision service ready to run: its parameters in order, and the decisions it answers with."""

    model: Model
    service: DecisionService
    function: Function
    outputs: tuple[DecisionProgram, ...]
    input_names: tuple[str, ...]
    decision_names: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Evaluated:
    """What one decision did, kept for a trace: the table's input values and the rules that matched, or just the value."""

    program: DecisionProgram
    scope: Scope
    values: tuple[FeelValue, ...]
    decided: Decided | None
    value: FeelValue
    notes: tuple[str, ...]


class Evaluation:
    """One evaluation of a graph: the caller's values, the decisions that are given, and those already computed.

    A model that is imported may be given values of its own, in a context by the import's name; it is then a graph by itself.
    """

    __slots__ = ("_done", "_given", "_imported", "_inputs", "run")

    def __init__(self, inputs: Mapping[str, FeelValue], given: Mapping[str, FeelValue], run: Run) -> None:
        self._inputs = inputs
        self._given = given
        self._done: dict[int, FeelValue] = {}
        self._imported: dict[str, Evaluation] = {}
        self.run = run

    def value_of(self, program: DecisionProgram) -> FeelValue:
        """Return a decision's value, evaluating what it requires first, each once."""
        decision = program.decision
        if decision.id in self._given:
            return self._given[decision.id]
        key = id(program)
        if key in self._done:
            return self._done[key]
        value = self._done[key] = self._evaluate(program)
        return value

    def _evaluate(self, program: DecisionProgram) -> FeelValue:
        run = self.run
        scope = self._scope(program)
        before = len(run.noted or ())
        values: list[FeelValue] = []
        decided: Decided | None = None
        if program.table is not None:
            values = program.table.inputs(scope, run)
            decided = decide(program.table, program.table.matches(values, scope, run), scope, run)
            value = decided.value
        else:
            value = program.node.evaluate(scope, run)
        value = self._checked(program, value)
        if run.evaluated is not None:
            notes = tuple(dict.fromkeys(reason.message for reason in run.reasons[before:]))
            run.evaluated.append(Evaluated(program, scope, tuple(values), decided, value, notes))
        return value

    def _scope(self, program: DecisionProgram) -> Scope:
        scope: Scope = dict(self._inputs)
        scope.update(program.functions)
        for needed in program.inputs:
            self._bind_input(needed, scope)
        for required in program.required:
            value = self._seen_through(required.prefix).value_of(required.program)
            if required.program.model.dialect is Dialect.CAMUNDA7:
                _merge_rows(value, scope, always_lists=_collects(required.program))
            elif required.prefix is not None:
                _member(scope, required.prefix)[required.names[0]] = value
            else:
                scope.update(dict.fromkeys(required.names, value))
        return scope

    def _seen_through(self, prefix: str | None) -> Evaluation:
        """Return the evaluation of what is imported by a name: this one, unless the caller gives values by that name."""
        around = self._inputs.get(prefix) if prefix is not None else None
        if prefix is None or not isinstance(around, dict):
            return self
        known = self._imported.get(prefix)
        if known is None:
            known = self._imported[prefix] = Evaluation({**self._inputs, **around}, self._given, self.run)
        return known

    def _bind_input(self, needed: NeededInput, scope: Scope) -> None:
        if needed.prefix is None:
            if needed.name in scope:
                scope[needed.name] = self._typed(needed, scope[needed.name])
            else:
                # Declared, but nobody gave it: null by name, not an unknown name.
                scope[needed.name] = None
            return
        around = self._inputs.get(needed.prefix)
        value = around.get(needed.name) if isinstance(around, dict) else self._inputs.get(needed.name)
        _member(scope, needed.prefix)[needed.name] = self._typed(needed, value)

    def _typed(self, needed: NeededInput, value: FeelValue) -> FeelValue:
        if value is None:
            return None
        fits, converted = coerced(value, needed.type)
        if not fits:
            name, given = needed.name, literal(value)
            if only_disallowed(value, needed.type):
                why = f"input {name!r} is {given}, which is not among the allowed values of its type; it counts as null"
                self.run.note("dmn/wrong-type", why)
            else:
                self.run.note("dmn/wrong-type", f"input {name!r} is {given}, which is not of type {needed.type}; it counts as null")
        return converted

    def _checked(self, program: DecisionProgram, value: FeelValue) -> FeelValue:
        dialect = program.model.dialect
        if dialect is Dialect.CAMUNDA7:
            # A table gives rows already; a literal expression gives one row with its variable.
            return value if program.table is not None else [{result_name(program.decision): self._transformed(program, value)}]
        if value is None:
            return None
        fits, converted = coerced(value, program.type)
        if not fits:
            name, found = program.decision.name, literal(value)
            message = f"the result of {name!r} is {found}, which is not of type {program.type}"
            if dialect is Dialect.CAMUNDA8:
                self.run.fail(_wrong_result(program, message, found))
            elif only_disallowed(value, program.type):
                self.run.note("dmn/wrong-type", f"the result of {name!r} is {found}, which is not among the allowed values of its type")
            else:
                self.run.note("dmn/wrong-type", message)
        return converted

    def _transformed(self, program: DecisionProgram, value: FeelValue) -> FeelValue:
        if program.convert is None or value is None:
            return value
        fits, converted = program.convert(value)
        if not fits:
            found = literal(value)
            self.run.fail(
                _wrong_result(program, f"the result of {program.decision.name!r} is {found}, which is not of type {program.type}", found)
            )
        return converted


def result_name(decision: Decision) -> str:
    """Return the name of a decision's result: its variable's, else its id."""
    return decision.variable.name if decision.variable is not None else decision.id


def _wrong_result(program: DecisionProgram, message: str, found: str) -> Problem:
    return Problem(
        code="dmn/wrong-result-type",
        message=message,
        location=Location(file=program.model.file, line=program.decision.line),
        element_id=program.decision.id,
        element_name=program.decision.name,
        element_type="decision",
        expected=str(program.type),
        found=found,
    )


def _member(scope: Scope, prefix: str) -> dict[str, Any]:
    """Return the context of an import's names, as this scope's own copy."""
    around = scope.get(prefix)
    fresh: dict[str, Any] = dict(around) if isinstance(around, dict) else {}
    scope[prefix] = fresh
    return fresh


def _collects(program: DecisionProgram) -> bool:
    """Say whether a decision's rows are a collection, however many they are: COLLECT without aggregation, and RULE ORDER."""
    if program.table is None:
        return False
    table = program.table.model
    return table.hit_policy is HitPolicy.RULE_ORDER or (table.hit_policy is HitPolicy.COLLECT and table.aggregator is None)


def _merge_rows(rows: FeelValue, scope: Scope, *, always_lists: bool) -> None:
    """Put a required decision's rows into scope by output name, as Camunda 7 does: one value, or a list for several rows.

    A table that collects gives lists even where it has one row; without any row there is nothing to put.
    """
    if not isinstance(rows, list):
        return
    merged: dict[str, list[FeelValue]] = {}
    for row in rows:
        if isinstance(row, dict):
            for name, value in row.items():
                merged.setdefault(name, []).append(value)
    for name, values in merged.items():
        scope[name] = values[0] if len(rows) == 1 and not always_lists else list(values)
