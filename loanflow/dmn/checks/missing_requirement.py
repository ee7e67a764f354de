"""A requirement must point at an element of the right kind; another model's elements are looked up when models are joined."""

from __future__ import annotations

from collections.abc import Iterator

from loanflow.dmn.checks.finding import finding
from loanflow.dmn.model import BusinessKnowledgeModel, Decision, DecisionService, DrgElement, InputData, KnowledgeSource, Model, Reference
from loanflow.problems import Problem, nearest

_Kinds = tuple[type[DrgElement], ...]


def find(model: Model) -> Iterator[Problem]:
    """Yield a finding for each requirement that leads nowhere, or to the wrong kind of element."""
    elements = {element.id: element for element in model.elements()}
    imported = {entry.namespace for entry in model.imports}
    for element, references, kinds, words in _requirements(model):
        for reference in references:
            if reference.namespace is not None and reference.namespace != model.namespace:
                if reference.namespace not in imported:
                    yield finding(
                        model,
                        element,
                        "dmn/missing-requirement",
                        f"this {words} is in a model that is not imported",
                        line=reference.line,
                        expected=f"an import of {reference.namespace}",
                        found=str(reference),
                    )
                continue
            target = elements.get(reference.id)
            if isinstance(target, kinds):
                continue
            near = nearest(reference.id, (key for key, one in elements.items() if isinstance(one, kinds)))
            yield finding(
                model,
                element,
                "dmn/missing-requirement",
                f"the {words} does not exist" if target is None else f"what this {words} points at is something else",
                line=reference.line,
                expected=f"the id of a {words}",
                found=f"#{reference.id}",
                hint=f"did you mean #{near}?" if near else "draw the requirement again in the diagram",
            )


def _requirements(model: Model) -> Iterator[tuple[DrgElement, tuple[Reference, ...], _Kinds, str]]:
    functions: _Kinds = (BusinessKnowledgeModel, DecisionService)
    sources: _Kinds = (KnowledgeSource, Decision, InputData)
    for decision in model.decisions:
        yield decision, decision.decisions, (Decision,), "required decision"
        yield decision, decision.input_data, (InputData,), "required input"
        yield decision, decision.knowledge, functions, "required knowledge"
        yield decision, decision.authorities, sources, "required authority"
    for knowledge in model.knowledge_models:
        yield knowledge, knowledge.knowledge, functions, "required knowledge"
        yield knowledge, knowledge.authorities, sources, "required authority"
    for service in model.services:
        yield service, service.output_decisions, (Decision,), "output decision"
        yield service, service.encapsulated_decisions, (Decision,), "encapsulated decision"
        yield service, service.input_decisions, (Decision,), "input decision"
        yield service, service.input_data, (InputData,), "input data"
