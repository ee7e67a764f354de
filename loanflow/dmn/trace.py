"""The trace of an evaluation: kept cheaply, worked out when asked for, stored as JSON, said in a sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, cast

from loanflow.dmn.decision_trace import (
    BlockingCell,
    CellTrace,
    DecisionTrace,
    InputTrace,
    NearMiss,
    OutputTrace,
    RuleTrace,
    Source,
)
from loanflow.dmn.sentences import Language, sentence
from loanflow.feel import FeelValue, from_json, text_of, to_json

# How a value that holds a function is kept: as text.
_TEXT: Final = "$function"


class Trace:
    """Why a result is as it is: a ``DecisionTrace`` for each decision evaluated, required ones first.

    ``version`` is a slot for the caller: which deployed version decided. Details are worked out when first asked for, so that
    keeping a trace costs little; the outcome does not depend on when.
    """

    __slots__ = ("_build", "_decisions", "version")

    def __init__(
        self, decisions: tuple[DecisionTrace, ...] | Callable[[], tuple[DecisionTrace, ...]], *, version: str | None = None
    ) -> None:
        self._decisions: tuple[DecisionTrace, ...] | None
        self._build: Callable[[], tuple[DecisionTrace, ...]] | None
        if isinstance(decisions, tuple):
            self._decisions, self._build = decisions, None
        else:
            self._decisions, self._build = None, decisions
        self.version = version

    @property
    def decisions(self) -> tuple[DecisionTrace, ...]:
        """Every decision that was evaluated, required ones first."""
        found = self._decisions
        if found is None:
            assert self._build is not None
            found = self._decisions = self._build()
        return found

    @property
    def decision(self) -> DecisionTrace:
        """The decision that was asked for."""
        return self.decisions[-1]

    def with_version(self, version: str) -> Trace:
        """Return the same trace, with the deployed version that decided."""
        return Trace(self._decisions if self._decisions is not None else self._build or (), version=version)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Trace) and self.version == other.version and self.decisions == other.decisions

    def __hash__(self) -> int:
        return hash((self.version, tuple(decision.decision_id for decision in self.decisions)))

    def to_dict(self) -> dict[str, Any]:
        """Return the trace as JSON-ready values; FEEL values in the encoding of ``feel.to_json``."""
        return {"format": 1, "version": self.version, "decisions": [_decision_to_dict(decision) for decision in self.decisions]}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Trace:
        """Return the trace that ``to_dict`` wrote.

        Raises:
            ValueError: the data is of a later format.
        """
        if data.get("format") != 1:
            raise ValueError(f"a trace of format {data.get('format')!r} cannot be read here")
        return cls(tuple(_decision_from_dict(decision) for decision in data["decisions"]), version=data.get("version"))

    def sentence(self, language: Language) -> str:
        """Say in one sentence or two why the decision asked for came out so."""
        return sentence(self.decision, language)


def _decision_to_dict(decision: DecisionTrace) -> dict[str, Any]:
    return {
        "decision_id": decision.decision_id,
        "name": decision.name,
        "logic": decision.logic,
        "expression": decision.expression,
        "file": decision.file,
        "version_tag": decision.version_tag,
        "hit_policy": decision.hit_policy,
        "aggregation": decision.aggregation,
        "inputs": [
            {
                "id": given.id,
                "label": given.label,
                "expression": given.expression,
                "type": given.type_ref,
                "value": _json(given.value),
                "source": {"kind": given.source.kind, "name": given.source.name, "decision_id": given.source.decision_id},
            }
            for given in decision.inputs
        ],
        "output_names": list(decision.output_names),
        "annotation_names": list(decision.annotation_names),
        "rules": [
            {
                "index": rule.index,
                "id": rule.id,
                "description": rule.description,
                "annotations": list(rule.annotations),
                "cells": [{"text": cell.text, "result": cell.result, "any": cell.any} for cell in rule.cells],
                "outputs": list(rule.outputs),
                "hit": rule.hit,
            }
            for rule in decision.rules
        ],
        "hits": list(decision.hits),
        "outputs": [_output_to_dict(output) for output in decision.outputs],
        "defaulted": decision.defaulted,
        "nearest": _near_miss_to_dict(decision.nearest) if decision.nearest is not None else None,
        "notes": list(decision.notes),
        "value": _json(decision.value),
    }


def _output_to_dict(output: OutputTrace) -> dict[str, Any]:
    return {"id": output.id, "name": output.name, "label": output.label, "value": _json(output.value)}


def _near_miss_to_dict(miss: NearMiss) -> dict[str, Any]:
    return {
        "rule": miss.rule,
        "rule_id": miss.rule_id,
        "description": miss.description,
        "cells": [
            {
                "column": cell.column,
                "label": cell.label,
                "text": cell.text,
                "value": _json(cell.value),
                "needed": _json(cell.needed),
                "difference": _json(cell.difference),
            }
            for cell in miss.cells
        ],
        "outputs": [_output_to_dict(output) for output in miss.outputs],
        "confirmed": miss.confirmed,
    }


def _decision_from_dict(data: Mapping[str, Any]) -> DecisionTrace:
    return DecisionTrace(
        decision_id=data["decision_id"],
        name=data["name"],
        logic=data["logic"],
        expression=data.get("expression"),
        file=data["file"],
        version_tag=data["version_tag"],
        hit_policy=data["hit_policy"],
        aggregation=data["aggregation"],
        inputs=tuple(
            InputTrace(
                id=given["id"],
                label=given["label"],
                expression=given["expression"],
                type_ref=given["type"],
                value=_value(given["value"]),
                source=Source(**given["source"]),
            )
            for given in data["inputs"]
        ),
        output_names=tuple(data.get("output_names", ())),
        annotation_names=tuple(data["annotation_names"]),
        rules=tuple(
            RuleTrace(
                index=rule["index"],
                id=rule["id"],
                description=rule["description"],
                annotations=tuple(rule["annotations"]),
                cells=tuple(CellTrace(**cell) for cell in rule["cells"]),
                outputs=tuple(rule["outputs"]),
                hit=rule["hit"],
            )
            for rule in data["rules"]
        ),
        hits=tuple(data["hits"]),
        outputs=tuple(_output_from_dict(output) for output in data["outputs"]),
        defaulted=data["defaulted"],
        nearest=_near_miss_from_dict(data["nearest"]) if data["nearest"] is not None else None,
        notes=tuple(data["notes"]),
        value=_value(data["value"]),
    )


def _output_from_dict(data: Mapping[str, Any]) -> OutputTrace:
    return OutputTrace(id=data["id"], name=data["name"], label=data["label"], value=_value(data["value"]))


def _near_miss_from_dict(data: Mapping[str, Any]) -> NearMiss:
    return NearMiss(
        rule=data["rule"],
        rule_id=data["rule_id"],
        description=data["description"],
        cells=tuple(
            BlockingCell(
                column=cell["column"],
                label=cell["label"],
                text=cell["text"],
                value=_value(cell["value"]),
                needed=_value(cell["needed"]),
                difference=_value(cell["difference"]),
            )
            for cell in data["cells"]
        ),
        outputs=tuple(_output_from_dict(output) for output in data["outputs"]),
        confirmed=data["confirmed"],
    )


def _json(value: FeelValue) -> Any:
    # A function has no JSON form; in a trace its text is enough.
    try:
        return to_json(value)
    except TypeError:
        return {_TEXT: text_of(value)}


def _value(data: Any) -> FeelValue:
    if isinstance(data, dict) and _TEXT in data:
        return str(cast("dict[str, Any]", data)[_TEXT])
    return from_json(data)
