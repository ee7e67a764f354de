"""A decision table: clauses, rules and the hit policy (DMN clause 8, "Decision Table")."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from loanflow.dmn.model.literal_expression import Expression, LiteralExpression
from loanflow.dmn.model.unary_tests import UnaryTests


class HitPolicy(StrEnum):
    """How many rules may match, and which of them count (DMN 8.2.10 "Hit policy")."""

    UNIQUE = "UNIQUE"
    FIRST = "FIRST"
    PRIORITY = "PRIORITY"
    ANY = "ANY"
    COLLECT = "COLLECT"
    RULE_ORDER = "RULE ORDER"
    OUTPUT_ORDER = "OUTPUT ORDER"


class Aggregator(StrEnum):
    """What COLLECT makes of the outputs it collected."""

    SUM = "SUM"
    COUNT = "COUNT"
    MIN = "MIN"
    MAX = "MAX"


_CODES = {
    HitPolicy.UNIQUE: "U",
    HitPolicy.FIRST: "F",
    HitPolicy.PRIORITY: "P",
    HitPolicy.ANY: "A",
    HitPolicy.COLLECT: "C",
    HitPolicy.RULE_ORDER: "R",
    HitPolicy.OUTPUT_ORDER: "O",
}
_AGGREGATOR_CODES = {Aggregator.SUM: "+", Aggregator.COUNT: "#", Aggregator.MIN: "<", Aggregator.MAX: ">"}


def hit_policy_code(policy: HitPolicy, aggregator: Aggregator | None = None) -> str:
    """Return the letter of the top-left corner of the table: ``U``, ``F``, ``C+``, ...

    >>> hit_policy_code(HitPolicy.COLLECT, Aggregator.SUM)
    'C+'
    """
    return _CODES[policy] + (_AGGREGATOR_CODES[aggregator] if aggregator else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class InputClause:
    """A column of conditions: what is looked at, and what it may be (``values``).

    ``variable`` is ``camunda:inputVariable``: a second name for the value inside this column's cells.
    """

    expression: LiteralExpression
    id: str | None = None
    label: str | None = None
    values: UnaryTests | None = None
    variable: str | None = None
    line: int = 1

    @property
    def title(self) -> str:
        """The words over the column: the label, else the expression."""
        return self.label or self.expression.text.strip() or self.id or ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputClause:
    """A column of conclusions; ``name`` is None where the only output of a table has none."""

    id: str | None = None
    name: str | None = None
    label: str | None = None
    type_ref: str | None = None
    values: UnaryTests | None = None
    default: LiteralExpression | None = None
    line: int = 1

    @property
    def title(self) -> str:
        """The words over the column: the label, else the name."""
        return self.label or self.name or self.id or ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One row; ``index`` counts from 1 as people do. ``annotations`` follow the table's annotation columns."""

    index: int
    inputs: tuple[UnaryTests, ...]
    outputs: tuple[LiteralExpression, ...]
    id: str | None = None
    label: str | None = None
    description: str | None = None
    annotations: tuple[str, ...] = ()
    line: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionTable(Expression):
    """Conditions on the left, conclusions on the right, one rule a row."""

    hit_policy: HitPolicy = HitPolicy.UNIQUE
    aggregator: Aggregator | None = None
    inputs: tuple[InputClause, ...] = ()
    outputs: tuple[OutputClause, ...] = ()
    rules: tuple[Rule, ...] = ()
    annotations: tuple[str, ...] = ()
    output_label: str | None = None

    @property
    def code(self) -> str:
        """The hit policy as the table's corner shows it: ``U``, ``C+``, ..."""
        return hit_policy_code(self.hit_policy, self.aggregator)
