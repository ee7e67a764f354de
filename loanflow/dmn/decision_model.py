"""Decisions ready to be asked: compiled once, immutable, safe to share between threads."""

from __future__ import annotations

import difflib
import gc
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Any

from loanflow.dmn.checks import missing_import, structure, texts
from loanflow.dmn.compiler import (
    DecisionProgram,
    Direct,
    Evaluated,
    Evaluation,
    Linked,
    Run,
    ServiceProgram,
    call_by_name,
    direct,
    link,
)
from loanflow.dmn.decision_trace import DecisionTrace
from loanflow.dmn.explaining import explain
from loanflow.dmn.model import Dialect, Model
from loanflow.dmn.reader import read_model, survey_model
from loanflow.dmn.result import DecisionResult
from loanflow.dmn.trace import Trace
from loanflow.errors import DefinitionError, NotFound
from loanflow.feel import FeelAssertionFailed, FeelBudget, FeelBudgetExceeded, FeelValue, Function, to_feel
from loanflow.feel.values import exact_decimals
from loanflow.problems import Location, Problem, errors_in, in_file_order

# How many rows are decided column by column at once: enough to share the work, few enough to stay in the processor's cache.
_CHUNK = 1_000
_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class DecisionName:
    """A decision that can be asked."""

    id: str
    name: str
    file: str
    dialect: Dialect
    version_tag: str | None


class DecisionModel:
    """The decisions of one or more models that may import each other.

    >>> model = load("decision_tables/risk_grade.dmn")             # doctest: +SKIP
    >>> model.evaluate("risk-grade", {"score": 598}).value         # doctest: +SKIP
    'D'
    """

    __slots__ = ("_direct", "_functions", "_programs", "_services", "decisions", "models", "problems")

    def __init__(self, models: Sequence[Model], linked: Linked, problems: tuple[Problem, ...]) -> None:
        self.models = tuple(models)
        self.problems = problems
        self.decisions = tuple(
            DecisionName(
                program.decision.id,
                program.decision.name,
                program.model.file,
                program.model.dialect,
                program.decision.version_tag,
            )
            for program in linked.decisions
        )
        # Ids go before names, earlier files before later ones.
        programs: dict[str, DecisionProgram] = {}
        for program in linked.decisions:
            programs.setdefault(program.decision.id, program)
        for program in linked.decisions:
            programs.setdefault(program.decision.name, program)
        services: dict[str, ServiceProgram] = {}
        for service in linked.services:
            services.setdefault(service.service.id, service)
        for service in linked.services:
            services.setdefault(service.service.name, service)
        self._programs: Mapping[str, DecisionProgram] = MappingProxyType(programs)
        self._services: Mapping[str, ServiceProgram] = MappingProxyType(services)
        # Ids go before names here too; of two models' functions of one id the later one stands.
        self._functions: Mapping[str, Function] = MappingProxyType(
            {function.name or key: function for (_, key), function in linked.functions.items()}
            | {key: function for (_, key), function in linked.functions.items()}
        )
        short: dict[str, Direct] = {}
        for key, program in programs.items():
            way = direct(program)
            if way is not None:
                short[key] = way
        self._direct: Mapping[str, Direct] = MappingProxyType(short)

    def evaluate(
        self,
        decision: str,
        inputs: Mapping[str, Any] = _NOTHING,
        *,
        clock: Callable[[], datetime] | None = None,
        trace: bool = False,
        budget: FeelBudget | None = None,
        given: Mapping[str, Any] = _NOTHING,
    ) -> DecisionResult:
        """Return what a decision comes to.

        Args:
            decision: the id or the name of a decision.
            inputs: Python or FEEL values by variable name; what the decision does not read is not looked at. What an
                imported model reads may stand in a context by the import's name: each import is then asked by itself.
            clock: what ``now()`` and ``today()`` ask; without it they are null.
            trace: whether to keep why.
            budget: what the evaluation may use; None takes FEEL's default.
            given: values that stand in for decisions, by id or name; those are not evaluated.

        Raises:
            NotFound: there is no such decision.
            FeelBudgetExceeded: the evaluation asked for more than its budget allows.
            TypeError: an input is of a Python type that has no FEEL counterpart. The caller's slip, not the analyst's.
        """
        if not given:
            way = self._direct.get(decision)
            if way is not None:
                result = way.one(inputs) or way.unmatched(inputs)
                if trace and result is not None:
                    result = self._traced(result, decision, inputs, budget)
                if result is not None:
                    return result
        return self._evaluate(self._program(decision), inputs, clock, budget, given, traced=trace)

    def evaluate_many(
        self,
        decision: str,
        rows: Iterable[Mapping[str, Any]],
        *,
        clock: Callable[[], datetime] | None = None,
        trace: bool = False,
        budget: FeelBudget | None = None,
    ) -> list[DecisionResult]:
        """Return what a decision comes to for each row of inputs, in their order; faster than one by one.

        Raises:
            NotFound: there is no such decision.
            FeelBudgetExceeded: one evaluation asked for more than its budget allows.
        """
        program = self._program(decision)
        way = self._direct.get(decision)
        if way is None:
            return [self._evaluate(program, row, clock, budget, _NOTHING, traced=trace) for row in rows]
        results: list[DecisionResult] = []
        for chunk in _chunks(rows):
            found, complete = way.many(chunk)
            if not complete:
                found = [result or way.unmatched(row) for result, row in zip(found, chunk, strict=True)]
            if trace:
                found = [result and self._traced(result, decision, row, budget) for result, row in zip(found, chunk, strict=True)]
            if trace or not complete:
                found = [
                    result or self._evaluate(program, row, clock, budget, _NOTHING, traced=trace)
                    for result, row in zip(found, chunk, strict=True)
                ]
            results += found  # pyright: ignore
        return results

    def evaluate_service(
        self,
        service: str,
        inputs: Mapping[str, Any] = _NOTHING,
        *,
        clock: Callable[[], datetime] | None = None,
        trace: bool = False,
        budget: FeelBudget | None = None,
    ) -> DecisionResult:
        """Return what a decision service answers: the value of its output decision, or a context of several.

        ``inputs`` are its input data and input decisions by name; one that is left out is null.

        Raises:
            NotFound: there is no such decision service.
        """
        found = self._services.get(service)
        if found is None:
            raise NotFound(_no_such("decision service", service, self._services))
        run = Run(clock, budget, traced=trace)
        names = (*found.input_names, *found.decision_names)
        values = _to_feel(inputs, frozenset(names))
        arguments = {name: values.get(name) for name in names}
        return _result(_guarded(lambda: call_by_name(found.function, arguments, run), run), run, found.model.file)

    def call(
        self,
        function: str,
        arguments: Mapping[str, Any],
        *,
        clock: Callable[[], datetime] | None = None,
        budget: FeelBudget | None = None,
    ) -> DecisionResult:
        """Return the value of a business knowledge model called with named arguments.

        Raises:
            NotFound: there is no such business knowledge model.
        """
        found = self._functions.get(function)
        if found is None:
            raise NotFound(_no_such("business knowledge model", function, self._functions))
        run = Run(clock, budget)
        values = _to_feel(arguments, frozenset(arguments))
        return _result(_guarded(lambda: call_by_name(found, values, run), run), run, self.models[0].file)

    def reads(self, decision: str) -> frozenset[str]:
        """Return the names that a decision, or one that it requires, may read from its inputs.

        Raises:
            NotFound: there is no such decision.
        """
        return self._program(decision).reads

    def _traced(self, result: DecisionResult, decision: str, inputs: Mapping[str, Any], budget: FeelBudget | None) -> DecisionResult | None:
        """Return a result of the short way with a trace that is worked out when it is read.

        It takes only inputs that cannot change meanwhile. None where a variable is missing, which the general way tells.
        """
        program = self._programs[decision]
        seen = {name: inputs[name] for name in program.reads if name in inputs}
        if len(seen) < len(program.reads):
            return None

        def build() -> tuple[DecisionTrace, ...]:
            found = self._evaluate(program, seen, None, budget, _NOTHING, traced=True).trace
            return found.decisions if found is not None else ()

        return DecisionResult((result[0], Trace(build), result[2]))

    def _program(self, decision: str) -> DecisionProgram:
        found = self._programs.get(decision)
        if found is None:
            raise NotFound(_no_such("decision", decision, self._programs))
        return found

    def _evaluate(
        self,
        program: DecisionProgram,
        inputs: Mapping[str, Any],
        clock: Callable[[], datetime] | None,
        budget: FeelBudget | None,
        given: Mapping[str, Any],
        *,
        traced: bool,
    ) -> DecisionResult:
        run = Run(clock, budget, traced=traced)
        stand_ins = {self._program(key).decision.id: to_feel(value) for key, value in given.items()} if given else _NOTHING
        evaluation = Evaluation(_to_feel(inputs, program.reads), stand_ins, run)
        return _result(_guarded(lambda: evaluation.value_of(program), run), run, program.model.file)


@contextmanager
def _uncollected() -> Generator[None]:
    """Look for no cycles meanwhile: a large table is a million objects that stay, and going over them took half the time."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@_uncollected()
def read(data: bytes, *, file: str, dialect: str | None = None) -> Model:
    """Return the model in a DMN file; ``dialect`` None takes it from the file.

    Raises:
        DefinitionError: the bytes are not a DMN file, or hold something that is not supported; every finding at once.
    """
    return read_model(data, file=file, dialect=Dialect(dialect) if dialect is not None else None)


def survey(data: bytes, *, file: str, dialect: str | None = None) -> Model:
    """Return the model in a DMN file as far as it could be read, to be checked, not run; its ``problems`` may hold errors.

    Raises:
        DefinitionError: the bytes are not a DMN file.
    """
    return survey_model(data, file=file, dialect=Dialect(dialect) if dialect is not None else None)


@_uncollected()
def compile_model(*models: Model, dialect: str | None = None) -> DecisionModel:
    """Return models ready to be asked; they may import each other.

    Raises:
        DefinitionError: something in them cannot be evaluated; every finding at once.
    """
    chosen = [replace(model, dialect=Dialect(dialect)) if dialect is not None else model for model in models]
    linked = link(chosen)
    problems = [problem for model in chosen for problem in (*model.problems, *structure(model))]
    problems += [*texts(linked), *(problem for model in chosen for problem in missing_import.find(model, chosen))]
    found = in_file_order(problems)
    if errors_in(found):
        raise DefinitionError(errors_in(found))
    return DecisionModel(chosen, linked, found)


def load(*paths: str | Path, dialect: str | None = None) -> DecisionModel:
    """Return the decisions of DMN files, ready to be asked; files that import each other are given together.

    Raises:
        DefinitionError: a file cannot be used; every finding at once.
        OSError: a file cannot be opened.
    """
    models: list[Model] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            models.append(survey(Path(path).read_bytes(), file=str(path), dialect=dialect))
        except DefinitionError as error:
            problems += error.problems
    try:
        compiled = compile_model(*models)
    except DefinitionError as error:
        problems += error.problems
    else:
        if not problems:
            return compiled
    raise DefinitionError(in_file_order(problems))


def _chunks(rows: Iterable[Mapping[str, Any]]) -> Iterable[Sequence[Mapping[str, Any]]]:
    """Yield rows by the thousand."""
    if isinstance(rows, list):
        for at in range(0, len(rows), _CHUNK):
            yield rows[at : at + _CHUNK]
        return
    waiting = iter(rows)
    while chunk := list(islice(waiting, _CHUNK)):
        yield chunk


def _to_feel(inputs: Mapping[str, Any], wanted: frozenset[str]) -> dict[str, FeelValue]:
    values: dict[str, FeelValue] = {}
    for name in wanted:
        if name in inputs:
            try:
                values[name] = to_feel(inputs[name])
            except (TypeError, ValueError) as error:
                raise type(error)(f"input {name!r}: {error}") from None
    return values


def _guarded(evaluate: Callable[[], FeelValue], run: Run) -> FeelValue:
    """Evaluate; what only the interpreter or Camunda's ``assert`` can stop becomes an error by name, or a problem."""
    try:
        with exact_decimals():
            return evaluate()
    except FeelAssertionFailed as failed:
        run.fail(Problem(code="feel/assertion-failed", message=str(failed), location=Location(file="")))
        return None
    except RecursionError:
        raise FeelBudgetExceeded("depth", run.budget.depth, "functions call each other too deeply") from None


def _result(value: FeelValue, run: Run, file: str) -> DecisionResult:
    problems = list(run.problems)
    if run.noted:
        # A value of the wrong type that was taken as null is told in any case; other reasons explain a null.
        explained = value is None or run.evaluated is not None
        problems += [one for one in run.warnings(file) if explained or one.code == "dmn/wrong-type"]
    trace = None
    if run.evaluated is not None:
        kept = tuple(run.evaluated)
        trace = Trace(_explanation(kept, run.clock, run.budget))
    return DecisionResult((None if run.problems else value, trace, tuple(problems)))


def _explanation(
    kept: tuple[Evaluated, ...], clock: Callable[[], datetime] | None, budget: FeelBudget
) -> Callable[[], tuple[DecisionTrace, ...]]:
    def build() -> tuple[DecisionTrace, ...]:
        return tuple(explain(one, Run(clock, budget)) for one in kept)

    return build


def _no_such(what: str, key: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(key, list(known), n=1)
    return f"there is no {what} {key!r}" + (f"; did you mean {near[0]!r}?" if near else "")
