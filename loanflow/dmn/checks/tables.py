"""Where the tables of a model are."""

from __future__ import annotations

from collections.abc import Iterator

from loanflow.dmn.model import DecisionTable, DrgElement, Model, walk


def tables_of(model: Model) -> Iterator[tuple[DrgElement, DecisionTable]]:
    """Yield every decision table with the decision or business knowledge model it stands in."""
    for decision in model.decisions:
        if decision.logic is not None:
            yield from ((decision, one) for one in walk(decision.logic) if isinstance(one, DecisionTable))
    for knowledge in model.knowledge_models:
        if knowledge.function is not None:
            yield from ((knowledge, one) for one in walk(knowledge.function) if isinstance(one, DecisionTable))
