"""What texts are compiled in: the dialect, the types, and the names that are known where a text stands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from loanflow.dmn.compiler.findings import Findings, Place
from loanflow.dmn.compiler.run import Evaluate, Run, Scope
from loanflow.dmn.compiler.types import Types, unknown_type
from loanflow.dmn.model import Dialect
from loanflow.feel import (
    ANY,
    CompiledExpression,
    CompiledUnaryTests,
    FeelSyntaxError,
    FeelType,
    FeelValue,
    compile_expression,
    compile_unary_tests,
)
from loanflow.problems import Location, Problem

if TYPE_CHECKING:
    from loanflow.dmn.compiler.table import Table

_FEEL = ("feel", "s-feel")


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A compiled boxed expression: how to evaluate it, and the names it reads from the scope around it.

    ``constant`` holds the value, alone in a tuple, of an expression that is a plain value; None for any other.
    """

    evaluate: Evaluate
    names: frozenset[str] = frozenset()
    constant: tuple[FeelValue] | None = None


def null_node() -> Node:
    """Return the node of an expression that is not there."""
    return Node(lambda scope, run: None)


def unanswered_node(place: Place) -> Node:
    """Return the node of a decision without logic that must not be asked: Camunda 7 leaves it out of what it deploys."""

    def evaluate(scope: Scope, run: Run) -> FeelValue:
        run.fail(
            Problem(
                code="dmn/missing-logic",
                message="this decision has no logic, so it has no answer",
                location=Location(file=place.file, line=place.line),
                element_id=place.element_id,
                element_name=place.element_name,
                element_type=place.element_type,
                expected="a decision table or an expression",
                found="nothing",
                hint="open the decision in the Modeler and choose decision table or literal expression",
            )
        )
        return None

    return Node(evaluate)


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """Where a text stands: ``visible`` names may begin an expression, ``members`` may follow a dot.

    ``tables`` collects every decision table that is compiled, wherever it stands, for the checks.
    """

    dialect: Dialect
    types: Types
    findings: Findings
    language: str | None
    visible: frozenset[str] = frozenset()
    members: frozenset[str] = frozenset()
    tables: list[Table] = field(default_factory=list["Table"])

    def with_names(self, names: Iterable[str]) -> Environment:
        """Return the same place with more names in scope."""
        more = frozenset(names)
        return self if more <= self.visible else replace(self, visible=self.visible | more)

    def known_names(self) -> frozenset[str] | None:
        """Return the names a parser may take as one: Camunda knows names with blanks in backticks only."""
        if self.dialect is not Dialect.SPEC:
            return None
        return self.visible | self.members

    def is_feel(self, language: str | None, place: Place) -> bool:
        """Say whether a text is FEEL; note it where it is not."""
        written = language or self.language
        if written is None or written.lower() in _FEEL or written.rstrip("/").upper().endswith("/FEEL") or "/FEEL/" in written.upper():
            return True
        self.findings.report(
            "dmn/expression-language",
            f"{written} cannot be used here",
            place,
            property="Expression language",
            expected="FEEL",
            found=written,
            hint="rewrite the expression in FEEL and choose FEEL as its expression language",
        )
        return False

    def expression(self, text: str, language: str | None, place: Place) -> CompiledExpression | None:
        """Return a compiled expression, or None and a finding."""
        if not self.is_feel(language, place):
            return None
        try:
            return compile_expression(text, dialect=self.dialect.value, names=self.known_names(), types=self.types.finder())
        except FeelSyntaxError as error:
            self.findings.syntax(error, place)
            return None

    def unary_tests(self, text: str, language: str | None, place: Place) -> CompiledUnaryTests | None:
        """Return compiled unary tests, or None and a finding."""
        if not self.is_feel(language, place):
            return None
        try:
            return compile_unary_tests(text, dialect=self.dialect.value, names=self.known_names(), types=self.types.finder())
        except FeelSyntaxError as error:
            self.findings.syntax(error, place)
            return None

    def type(self, name: str | None, place: Place) -> FeelType:
        """Return a type by name; any, and a finding, where there is no such type."""
        found = self.types.find(name)
        if found is None:
            unknown_type(name or "", place, self.types, self.findings)
            return ANY
        return found
