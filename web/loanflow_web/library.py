"""What is deployed, read once: models to draw, names to show, the vocabulary of a process.

Deployed definitions never change, so what was read from one stays true. Only which form or table is the newest may
change; the vocabulary is kept per set of newest versions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import g

from loanflow import bpmn, dmn, forms
from loanflow.bpmn.model import BusinessRuleTask, DecisionCall, FlowNode, FormReference, Process, StartEvent, SubProcess, UserTask
from loanflow.drawing.names import label
from loanflow.records import DecisionDefinition, FormDefinition, ProcessDefinition, SearchValue
from loanflow_web.views.vocabulary import Vocabulary, vocabulary_of

if TYPE_CHECKING:
    from loanflow import Engine


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployedProcess:
    """A deployed version of a process with its file; ``nodes`` are its flow nodes by id, those of sub-processes too."""

    definition: ProcessDefinition
    model: bpmn.Model
    process: Process
    nodes: dict[str, FlowNode]


class Library:
    """Reads deployed files by definition id; threads may share it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._processes: dict[str, DeployedProcess] = {}
        self._decision_files: dict[str, dmn.Model] = {}
        self._forms: dict[str, forms.Form] = {}
        self._vocabularies: dict[tuple[str, str, tuple[str, ...]], Vocabulary] = {}

    def process(self, definition_id: str) -> DeployedProcess:
        """Return a deployed process."""
        found = self._processes.get(definition_id)
        if found is None:
            definition = self._engine.process_definition(definition_id)
            file, content = self._engine.model(definition_id)
            model = bpmn.read(content, file=file)
            process = next(each for each in model.processes if each.id == definition.key)
            nodes = {node.id: node for node in process.body.walk()}
            found = DeployedProcess(definition=definition, model=model, process=process, nodes=nodes)
            self._processes[definition_id] = found
        return found

    def decision_file(self, definition_id: str) -> dmn.Model:
        """Return the file a decision was deployed in."""
        found = self._decision_files.get(definition_id)
        if found is None:
            file, content = self._engine.model(definition_id)
            found = self._decision_files[definition_id] = dmn.read(content, file=file)
        return found

    def product_name(self, definition_id: str, lang: str) -> str:
        """Return what a process is called in this language."""
        process = self.process(definition_id).process
        return process.properties.get(f"loanflow:label.{lang}") or process.name or process.id

    def element_name(self, definition_id: str, element_id: str | None, lang: str) -> str:
        """Return what a flow node is called in this language; "" where it has no name."""
        node = self.process(definition_id).nodes.get(element_id or "")
        return label(node, lang) if node is not None else ""

    def place_name(self, definition_id: str, element_id: str | None, lang: str) -> str:
        """Return the name of a flow node, or of a sequence flow by the nodes at its ends; its id where nothing has a name."""
        if (name := self.element_name(definition_id, element_id, lang)) or element_id is None:
            return name
        containers = [self.process(definition_id).process.body]
        while containers:
            container = containers.pop()
            flow = container.flows.get(element_id)
            if flow is not None:
                ends = (self.element_name(definition_id, end, lang) or end for end in (flow.source, flow.target))
                return " → ".join(ends)
            containers += [node.body for node in container.nodes.values() if isinstance(node, SubProcess)]
        return element_id

    def fact_names(self, definition_id: str, element_id: str) -> tuple[str, ...]:
        """Return the variables the analyst wants to see over a task (``loanflow:facts``)."""
        node = self.process(definition_id).nodes.get(element_id)
        text = node.properties.get("loanflow:facts", "") if node is not None else ""
        return tuple(name for name in (part.strip() for part in text.split(",")) if name)

    def ordered(self, definition_id: str, found: Mapping[str, SearchValue]) -> dict[str, SearchValue]:
        """Return search columns in the order in which the analyst declared them."""
        declared = self.process(definition_id).process.properties.get("loanflow:search-columns", "")
        names = [part.partition(":")[0].strip() for part in declared.split(",")]
        return {name: found[name] for name in names if name in found}

    def vocabulary(self, definition_id: str, lang: str) -> Vocabulary:
        """Return what the variables of a process are called."""
        newest_forms, newest_decisions = self._newest()
        key = (definition_id, lang, (*newest_forms.values(), *newest_decisions.values()))
        found = self._vocabularies.get(key)
        if found is None:
            properties = self.process(definition_id).process.properties
            drawn, tables = self._forms_of(definition_id, newest_forms), self._tables_of(definition_id, newest_decisions)
            found = vocabulary_of(properties, drawn, tables, lang=lang)
            self._vocabularies[key] = found
        return found

    def _newest(self) -> tuple[dict[str, str], dict[str, str]]:
        if "newest_definitions" not in g:
            g.newest_definitions = (
                {each.key: each.id for each in self._engine.definitions("form") if isinstance(each, FormDefinition)},
                {each.key: each.id for each in self._engine.definitions("decision") if isinstance(each, DecisionDefinition)},
            )
        return g.newest_definitions

    def _forms_of(self, definition_id: str, newest: dict[str, str]) -> list[forms.Form]:
        deployed = self.process(definition_id)
        found: list[forms.Form] = []
        for node in deployed.nodes.values():
            reference = node.form if isinstance(node, UserTask | StartEvent) else None
            if not isinstance(reference, FormReference):
                continue
            if reference.fields:
                fields = [
                    forms.GeneratedField(id=field.id, type=field.type, label=field.label, values=field.values, properties=field.properties)
                    for field in reference.fields
                ]
                found.append(forms.from_fields(fields, form_id=node.id))
            elif reference.form_id in deployed.process.embedded_forms:
                found.append(forms.read(deployed.process.embedded_forms[reference.form_id].encode(), file=deployed.model.file))
            elif reference.form_id in newest:
                found.append(self._form(newest[reference.form_id]))
        return found

    def _tables_of(self, definition_id: str, newest: dict[str, str]) -> list[dmn.Model]:
        files: dict[str, dmn.Model] = {}
        for node in self.process(definition_id).nodes.values():
            call = node.implementation if isinstance(node, BusinessRuleTask) else None
            if isinstance(call, DecisionCall) and call.decision.text in newest:
                file = self.decision_file(newest[call.decision.text])
                files[file.file] = file
        return list(files.values())

    def _form(self, definition_id: str) -> forms.Form:
        found = self._forms.get(definition_id)
        if found is None:
            file, content = self._engine.model(definition_id)
            found = self._forms[definition_id] = forms.read(content, file=file)
        return found
