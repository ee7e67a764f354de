"""The decision requirements graph of one file (DMN clause 6, "Decision requirements")."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from loanflow.dmn.model.boxed_expressions import BoxedExpression, FunctionDefinition
from loanflow.dmn.model.item_definition import ItemDefinition, Variable
from loanflow.problems import Problem


class Dialect(StrEnum):
    """By whose rules a model is read: the standard's, Camunda 7's or Camunda 8's."""

    SPEC = "spec"
    CAMUNDA7 = "camunda7"
    CAMUNDA8 = "camunda8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A pointer to an element: ``#id`` in this file, ``namespace#id`` in an imported one (``namespace`` None means this file)."""

    id: str
    namespace: str | None = None
    line: int = 1

    def __str__(self) -> str:
        return f"{self.namespace or ''}#{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DrgElement:
    """What every element of the graph has."""

    id: str
    name: str
    label: str | None = None
    description: str | None = None
    line: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class InputData(DrgElement):
    """Something the caller knows."""

    variable: Variable


@dataclass(frozen=True, slots=True, kw_only=True)
class KnowledgeSource(DrgElement):
    """Whose authority a decision rests on: a policy, a law, a person; never evaluated."""

    type: str | None = None
    location_uri: str | None = None
    owner: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision(DrgElement):
    """A question and the logic that answers it; ``logic`` None answers null.

    ``variable`` is the name its result has in decisions that require it; files drawn for Camunda 7 have none.
    ``input_data`` and ``decisions`` are its information requirements, ``knowledge`` the business knowledge models and
    decision services it may call.
    """

    variable: Variable | None = None
    logic: BoxedExpression | None = None
    input_data: tuple[Reference, ...] = ()
    decisions: tuple[Reference, ...] = ()
    knowledge: tuple[Reference, ...] = ()
    authorities: tuple[Reference, ...] = ()
    question: str | None = None
    allowed_answers: str | None = None
    version_tag: str | None = None
    history_time_to_live: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BusinessKnowledgeModel(DrgElement):
    """A named function that decisions call; ``function`` None gives null."""

    variable: Variable | None = None
    function: FunctionDefinition | None = None
    knowledge: tuple[Reference, ...] = ()
    authorities: tuple[Reference, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionService(DrgElement):
    """A part of the graph that is called as one function (DMN 6.3.10 "Decision service metamodel").

    Its parameters are ``input_data`` followed by ``input_decisions``, in document order.
    """

    variable: Variable | None = None
    output_decisions: tuple[Reference, ...] = ()
    encapsulated_decisions: tuple[Reference, ...] = ()
    input_decisions: tuple[Reference, ...] = ()
    input_data: tuple[Reference, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """Another model's elements under a name of their own."""

    name: str
    namespace: str
    kind: str
    line: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class TextAnnotation:
    """A note on the drawing."""

    id: str | None
    text: str


Requirable: TypeAlias = Decision | InputData | BusinessKnowledgeModel | DecisionService | KnowledgeSource


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One DMN file.

    ``problems`` are the reader's own warnings and remarks (what it ignores on purpose); errors never get this far.
    """

    id: str | None
    name: str
    namespace: str
    file: str
    dialect: Dialect
    dmn_version: str
    decisions: tuple[Decision, ...] = ()
    input_data: tuple[InputData, ...] = ()
    knowledge_models: tuple[BusinessKnowledgeModel, ...] = ()
    services: tuple[DecisionService, ...] = ()
    knowledge_sources: tuple[KnowledgeSource, ...] = ()
    item_definitions: tuple[ItemDefinition, ...] = ()
    imports: tuple[Import, ...] = ()
    annotations: tuple[TextAnnotation, ...] = ()
    expression_language: str | None = None
    exporter: str | None = None
    exporter_version: str | None = None
    execution_platform_version: str | None = None
    problems: tuple[Problem, ...] = field(default=(), compare=False)

    @property
    def version_tag(self) -> str | None:
        """The version tag its decisions share; None where they have none, or different ones."""
        tags = {decision.version_tag for decision in self.decisions}
        return tags.pop() if len(tags) == 1 else None

    def elements(self) -> tuple[Requirable, ...]:
        """Return everything that a requirement can point at."""
        return (*self.decisions, *self.input_data, *self.knowledge_models, *self.services, *self.knowledge_sources)

    def decision(self, key: str) -> Decision | None:
        """Return the decision of that id, else of that name, else None."""
        by_id = next((decision for decision in self.decisions if decision.id == key), None)
        return by_id or next((decision for decision in self.decisions if decision.name == key), None)
