"""Compiled definitions, kept by definition id: what is deployed never changes, so neither does what was made of it.

Threads share them. Two threads that need the same one first may both compile it; the later result is dropped.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from loanflow import bpmn, dmn, forms, store
from loanflow.bpmn.model import BindingKind, FlowNode, Model, Process
from loanflow.engine.search import SearchColumn, columns_of
from loanflow.errors import NotFound
from loanflow.execution import Program, compile_process
from loanflow.records import DecisionDefinition, FormDefinition, ProcessDefinition
from loanflow.store import Transaction

Definition = TypeVar("Definition", ProcessDefinition, DecisionDefinition, FormDefinition)


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledProcess:
    """A deployed process, read and compiled; ``nodes`` are its flow nodes by id, those of sub-processes too."""

    definition: ProcessDefinition
    model: Model
    process: Process
    program: Program
    nodes: Mapping[str, FlowNode]
    search_columns: tuple[SearchColumn, ...]

    @property
    def search_names(self) -> frozenset[str]:
        """The variables that are search columns."""
        return frozenset(column.name for column in self.search_columns)

    def name_of(self, element_id: str | None) -> str | None:
        """Return what the analyst called an element, or None where it has no name."""
        node = self.nodes.get(element_id or "")
        return node.name if node is not None else None


class Definitions:
    """Finds definitions in the store and compiles them once."""

    def __init__(self) -> None:
        self._processes: dict[str, CompiledProcess] = {}
        self._decisions: dict[tuple[str, str], dmn.DecisionModel] = {}
        self._forms: dict[str, forms.Form] = {}

    def process(self, transaction: Transaction, definition_id: str) -> CompiledProcess:
        """Return a deployed process by definition id.

        Raises:
            NotFound: there is no such definition.
        """
        compiled = self._processes.get(definition_id)
        if compiled is None:
            definition = store.definitions.get(transaction, ProcessDefinition, definition_id)
            if definition is None:
                raise NotFound(f"there is no process definition {definition_id}")
            content = content_of(transaction, definition)
            compiled = self._processes.setdefault(definition_id, compile_definition(definition, content))
        return compiled

    def called(self, transaction: Transaction, key: str, binding: BindingKind, value: str | None, *, caller: str) -> Program | None:
        """Return the process a call activity in the definition ``caller`` means, or None."""
        definition = self._bound(transaction, ProcessDefinition, key, binding, value, caller)
        return None if definition is None else self.process(transaction, definition.id).program

    def decision(
        self, transaction: Transaction, key: str, binding: BindingKind, value: str | None, *, caller: str
    ) -> DecisionDefinition | None:
        """Return the decision a task in the definition ``caller`` means, or None."""
        return self._bound(transaction, DecisionDefinition, key, binding, value, caller)

    def form(self, transaction: Transaction, key: str, binding: BindingKind, value: str | None, *, caller: str) -> FormDefinition | None:
        """Return the form a task in the definition ``caller`` means, or None."""
        return self._bound(transaction, FormDefinition, key, binding, value, caller)

    def decision_model(self, transaction: Transaction, definition: DecisionDefinition) -> dmn.DecisionModel:
        """Return the compiled file a decision is in; the decisions of one file share it."""
        place = (definition.deployment_id, definition.resource_name)
        model = self._decisions.get(place)
        if model is None:
            files = {definition.resource_name: content_of(transaction, definition)}
            first = dmn.read(files[definition.resource_name], file=definition.resource_name)
            if first.imports:
                together = store.deployments.resources(transaction, definition.deployment_id)
                files |= {resource.name: resource.content for resource in together if resource.name.endswith(".dmn")}
            model = self._decisions.setdefault(place, compile_decisions(files, definition.resource_name))
        return model

    def form_model(self, transaction: Transaction, definition: FormDefinition) -> forms.Form:
        """Return a deployed form, read."""
        form = self._forms.get(definition.id)
        if form is None:
            content = content_of(transaction, definition)
            form = self._forms.setdefault(definition.id, forms.read(content, file=definition.resource_name))
        return form

    def _bound(
        self, transaction: Transaction, kind: type[Definition], key: str, binding: BindingKind, value: str | None, caller: str
    ) -> Definition | None:
        match binding:
            case BindingKind.LATEST:
                return store.definitions.latest(transaction, kind, key)
            case BindingKind.DEPLOYMENT:
                return self._together(transaction, kind, key, self.process(transaction, caller).definition.deployment_id)
            case BindingKind.VERSION:
                if value is None or not value.isdecimal():
                    return None
                return store.definitions.version(transaction, kind, key, int(value))
            case BindingKind.VERSION_TAG:
                return store.definitions.tagged(transaction, kind, key, value or "")

    def _together(self, transaction: Transaction, kind: type[Definition], key: str, deployment_id: str) -> Definition | None:
        # A file that was unchanged kept its older definition, but its bytes are among the deployment's files.
        for definition in store.definitions.of_deployment(transaction, kind, deployment_id):
            if definition.key == key:
                return definition
        hashes = {resource.sha256 for resource in store.deployments.resources(transaction, deployment_id)}
        versions = store.definitions.versions(transaction, kind, key)
        return next((definition for definition in versions if definition.sha256 in hashes), None)


def compile_definition(definition: ProcessDefinition, content: bytes) -> CompiledProcess:
    """Read and compile a process; its definition's properties then name the messages and signals that start it.

    Raises:
        DefinitionError: the file cannot be read or compiled.
    """
    model = bpmn.read(content, file=definition.resource_name)
    process = next(process for process in model.processes if process.id == definition.key)
    program = compile_process(model, definition.key, program_id=definition.id)
    starts = {
        f"{kind}_starts": {start.element_id: start.name for start in program.start_events if start.kind == kind}
        for kind in ("message", "signal", "condition")
    }
    return CompiledProcess(
        definition=replace(definition, properties={**definition.properties, **starts}),
        model=model,
        process=process,
        program=program,
        nodes={node.id: node for node in process.body.walk()},
        search_columns=columns_of(process.properties),
    )


def compile_decisions(files: Mapping[str, bytes], name: str) -> dmn.DecisionModel:
    """Read and compile the decisions of the file ``name``, with those of ``files`` that it imports.

    Raises:
        DefinitionError: something in them cannot be used.
    """
    first = dmn.read(files[name], file=name)
    if not first.imports:
        return dmn.compile_model(first)
    others = [dmn.read(content, file=other) for other, content in files.items() if other.endswith(".dmn") and other != name]
    by_namespace = {model.namespace: model for model in others}
    wanted = [first]
    for model in wanted:
        for entry in model.imports:
            found = by_namespace.pop(entry.namespace, None)
            if found is not None:
                wanted.append(found)
    return dmn.compile_model(*wanted)


def content_of(transaction: Transaction, definition: ProcessDefinition | DecisionDefinition | FormDefinition) -> bytes:
    """Return the deployed file a definition came from, byte for byte.

    Raises:
        NotFound: the file is gone from the store.
    """
    resource = store.deployments.resource(transaction, definition.deployment_id, definition.resource_name)
    if resource is None:
        raise NotFound(f"the file {definition.resource_name} of deployment {definition.deployment_id} is gone")
    return resource.content
