"""Why one decision came out as it did, as frozen values: inputs and where they came from, cells, rules, outputs.

A cell is true, false or not evaluated, as the hit policy explains it: FIRST stops at the first rule that matches, and a false
cell stops its row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from loanflow.feel import FeelValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where an input's value came from.

    ``kind`` is ``caller`` (a variable handed over), ``decision`` (another decision's result, ``decision_id`` says which),
    ``expression`` (computed from ``name``: the names it reads, joined by a comma) or ``missing`` (nobody gave it).
    """

    kind: Literal["caller", "decision", "expression", "missing"]
    name: str
    decision_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InputTrace:
    """One input column: what was looked at, and its value."""

    id: str | None
    label: str
    expression: str
    type_ref: str | None
    value: FeelValue
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputTrace:
    """One output of a rule, or of the whole decision."""

    id: str | None
    name: str | None
    label: str
    value: FeelValue


@dataclass(frozen=True, slots=True, kw_only=True)
class CellTrace:
    """One input cell; ``result`` None means not evaluated, ``any`` that the cell accepts everything."""

    text: str
    result: bool | None
    any: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTrace:
    """One rule; ``index`` counts from 1. ``outputs`` are the texts of its output cells."""

    index: int
    id: str | None
    description: str | None
    annotations: tuple[str, ...]
    cells: tuple[CellTrace, ...]
    outputs: tuple[str, ...]
    hit: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockingCell:
    """A cell that kept a rule from matching.

    ``needed`` is the nearest value that the cell accepts, where there is one; ``difference`` how far a number is away from it.
    """

    column: int
    label: str
    text: str
    value: FeelValue
    needed: FeelValue = None
    difference: FeelValue = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NearMiss:
    """The rule that came closest to giving another answer, and the cells that kept it from matching.

    ``confirmed`` says that the table was evaluated again with the needed values and this rule then decided.
    """

    rule: int
    rule_id: str | None
    description: str | None
    cells: tuple[BlockingCell, ...]
    outputs: tuple[OutputTrace, ...]
    confirmed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionTrace:
    """One decision: what went in, what happened in its table, what came out.

    ``hit_policy`` is None where the logic is no table (``logic`` says what it is; ``expression`` is a literal's text).
    ``output_names`` are the titles of a table's output columns. ``hits`` are the rules that decided, in the
    order of the result; ``defaulted`` says that none matched and the default outputs were used. ``notes`` are the reasons of
    nulls and failures, in words.
    """

    decision_id: str
    name: str
    logic: str
    file: str
    version_tag: str | None
    value: FeelValue
    expression: str | None = None
    hit_policy: str | None = None
    aggregation: str | None = None
    inputs: tuple[InputTrace, ...] = ()
    output_names: tuple[str, ...] = ()
    annotation_names: tuple[str, ...] = ()
    rules: tuple[RuleTrace, ...] = ()
    hits: tuple[int, ...] = ()
    outputs: tuple[OutputTrace, ...] = ()
    defaulted: bool = False
    nearest: NearMiss | None = None
    notes: tuple[str, ...] = ()

    @property
    def rules_hit(self) -> tuple[RuleTrace, ...]:
        """Return the rules that decided, in the order of the result."""
        by_index = {rule.index: rule for rule in self.rules}
        return tuple(by_index[index] for index in self.hits)

    @property
    def reason_codes(self) -> tuple[str, ...]:
        """Return what the deciding rules say in their annotation columns, else in their descriptions."""
        texts = [text for rule in self.rules_hit for text in (rule.annotations or (rule.description or "",)) if text]
        return tuple(dict.fromkeys(texts))
