"""Deployments: files checked together, kept byte for byte, all or none; the same content again changes nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from loanflow import deployment, store
from loanflow.bpmn.model import (
    Binding,
    BindingKind,
    BusinessRuleTask,
    CallActivity,
    DecisionCall,
    Expression,
    FlowNode,
    FormReference,
    HandlerCall,
    Language,
    Process,
    ScriptTask,
    SendTask,
    ServiceTask,
)
from loanflow.engine import search, starts
from loanflow.engine.command import Command, Overtaken
from loanflow.engine.definitions import CompiledProcess, compile_decisions, compile_definition
from loanflow.engine.handlers import Handlers, nearest
from loanflow.errors import CommandError, Conflict, HandlerMissing, NotFound
from loanflow.problems import Problem, Severity
from loanflow.records import DecisionDefinition, Deployment, FormDefinition, ProcessDefinition, Resource
from loanflow.store import Transaction

SUFFIXES = frozenset({".bpmn", ".dmn", ".form"})
MAX_FILES = 500

Definition = TypeVar("Definition", ProcessDefinition, DecisionDefinition, FormDefinition)
AnyDefinition = ProcessDefinition | DecisionDefinition | FormDefinition
Source = str | Path | Mapping[str, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """One definition of a deployment: ``kind`` is ``process``, ``decision`` or ``form``."""

    kind: str
    key: str
    name: str | None
    version: int
    definition_id: str
    file: str

    def __str__(self) -> str:
        return f'{self.kind} "{self.name or self.key}" ({self.key}) version {self.version}, from {self.file}'


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentReport:
    """What a deployment did; print it.

    ``deployment_id`` is None where nothing was new. ``warnings`` are findings that did not stop it.
    """

    deployment_id: str | None
    new: tuple[Deployed, ...]
    unchanged: tuple[Deployed, ...]
    warnings: tuple[Problem, ...] = ()

    def __str__(self) -> str:
        lines = [f"new        {deployed}" for deployed in self.new]
        lines += [f"unchanged  {deployed}" for deployed in self.unchanged]
        lines += [str(problem) for problem in self.warnings]
        return "\n".join(lines) or "nothing to deploy"


def files_of(sources: Iterable[Source]) -> dict[str, bytes]:
    """Read what is to be deployed: folders (their ``.bpmn``, ``.dmn`` and ``.form`` files), single files, or name -> bytes.

    Raises:
        CommandError: a path does not exist, two files have one name, or there is nothing to deploy.
    """
    files: dict[str, bytes] = {}
    for source in sources:
        found = dict(source) if isinstance(source, Mapping) else _files_at(Path(source))
        for name, content in found.items():
            if name in files:
                raise CommandError(f"two files are called {name}")
            files[name] = content
    if not files:
        raise CommandError("there is nothing to deploy: no .bpmn, .dmn or .form file")
    if len(files) > MAX_FILES:
        raise CommandError(f"{len(files)} files are too many for one deployment; at most {MAX_FILES}")
    return files


def deploy(command: Command, files: Mapping[str, bytes], *, name: str) -> DeploymentReport:
    """Check the files together with what is deployed already, and install those that changed.

    Raises:
        DefinitionError: at least one error was found; nothing is installed; every finding is in ``problems``.
    """
    transaction, house = command.transaction, command.house
    bundle = deployment.bundle(
        files,
        handlers=None if house.settings.remote else house.handlers.topics,
        known_processes=_keys(transaction, ProcessDefinition),
        known_decisions=_keys(transaction, DecisionDefinition),
        known_forms=_keys(transaction, FormDefinition),
    )
    plan = _Plan(command, files)
    for process, model in bundle.processes:
        if process.executable:
            plan.add(ProcessDefinition, process.id, process.name, process.version_tag, model.file, _properties_of(process))
    for model in bundle.decisions:
        for decision in model.decisions:
            plan.add(DecisionDefinition, decision.id, decision.name, decision.version_tag, model.file, {})
    for form in bundle.forms:
        plan.add(FormDefinition, form.id, None, form.version_tag, form.file, {})
    plan.renew_callers([process for process, _ in bundle.processes])
    warnings = tuple(problem for problem in bundle.problems if problem.severity is Severity.WARNING)
    return plan.install(name, warnings)


def process_definition(transaction: Transaction, definition_id: str) -> ProcessDefinition:
    """Return a deployed version of a process, as it is now.

    Raises:
        NotFound: there is none of that id.
    """
    found = store.definitions.get(transaction, ProcessDefinition, definition_id)
    if found is None:
        raise NotFound(f"there is no process definition {definition_id}")
    return found


def check_handlers(transaction: Transaction, handlers: Handlers) -> None:
    """Make sure that every handler the newest versions name by a plain text is registered here.

    Raises:
        HandlerMissing: the message names every topic without one, where it is used, and the nearest registered topic.
    """
    missing: dict[str, list[str]] = {}
    for definition in store.definitions.all_latest(transaction, ProcessDefinition):
        for topic in definition.properties.get("topics", ()):
            if topic not in handlers.topics:
                missing.setdefault(topic, []).append(definition.key)
    if missing:
        raise HandlerMissing(
            "\n".join(
                f'no handler is registered for "{topic}" ({", ".join(keys)}){nearest(topic, handlers.topics)}'
                for topic, keys in missing.items()
            )
        )


class _Plan:
    def __init__(self, command: Command, files: Mapping[str, bytes]) -> None:
        self.command = command
        self.files = files
        self.deployment_id = store.new_definition_id()
        self.hashes = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
        self.new: list[AnyDefinition] = []
        self.unchanged: list[AnyDefinition] = []
        self.file_of: dict[str, str] = {}
        self.replaced: dict[str, str] = {}

    def add(self, kind: type[Definition], key: str, name: str | None, tag: str | None, file: str, properties: Mapping[str, Any]) -> None:
        latest = store.definitions.latest(self.command.transaction, kind, key)
        if latest is not None and latest.sha256 == self.hashes[file]:
            self.unchanged.append(latest)
            self.file_of[latest.id] = file
            return
        definition = kind(
            id=store.new_definition_id(),
            key=key,
            version=1,
            deployment_id=self.deployment_id,
            resource_name=file,
            sha256=self.hashes[file],
            deployed_at=self.command.now,
            name=name,
            version_tag=tag,
            properties=dict(properties),
        )
        self._add(definition, latest)

    def renew_callers(self, processes: Iterable[Process]) -> None:
        """Give processes that did not change a new version where what they are bound to within their deployment did.

        Deployed together again, the two belong together: bound to the older deployment, the caller would never see the change.
        """
        unchanged = {process.id: process for process in processes}
        found = True
        while found:
            found = False
            for latest in [definition for definition in self.unchanged if isinstance(definition, ProcessDefinition)]:
                if any(self._is_new(kind, key) for kind, key in _bound_together(unchanged[latest.key])):
                    self.unchanged.remove(latest)
                    file = self.file_of[latest.id]
                    renewed = replace(latest, id=store.new_definition_id(), resource_name=file, deployed_at=self.command.now)
                    self._add(renewed, latest)
                    found = True

    def _add(self, definition: AnyDefinition, latest: AnyDefinition | None) -> None:
        if latest is not None:
            self.replaced[definition.id] = latest.id
            definition = replace(definition, version=latest.version + 1, deployment_id=self.deployment_id)
        self.new.append(definition)

    def _is_new(self, kind: type[AnyDefinition], key: Expression) -> bool:
        # Which one a computed key means is not known: any of them.
        return any(type(definition) is kind and (not key.is_literal or definition.key == key.text) for definition in self.new)

    def install(self, name: str, warnings: tuple[Problem, ...]) -> DeploymentReport:
        unchanged = tuple(map(_deployed, self.unchanged))
        if not self.new:
            return DeploymentReport(deployment_id=None, new=(), unchanged=unchanged, warnings=warnings)
        command = self.command
        record = Deployment(
            id=self.deployment_id,
            name=name,
            sha256=store.deployments.content_sha256(self.files),
            deployed_at=command.now,
            deployed_by=command.actor.id,
            source=command.actor.source,
        )
        resources = [
            Resource(deployment_id=self.deployment_id, name=file, sha256=self.hashes[file], content=content)
            for file, content in self.files.items()
        ]
        store.deployments.insert(command.transaction, record, resources)
        compiled: list[CompiledProcess] = []
        for place, definition in enumerate(self.new):
            if isinstance(definition, ProcessDefinition):
                # Compiling here finds what only compiling can find, before anything is committed.
                process = compile_definition(definition, self.files[definition.resource_name])
                compiled.append(process)
                self.new[place] = process.definition
        for file in sorted({definition.resource_name for definition in self.new if isinstance(definition, DecisionDefinition)}):
            compile_decisions(self.files, file)
        try:
            store.definitions.insert(command.transaction, self.new)
        except Conflict as error:
            raise Overtaken(str(error)) from error
        for process in compiled:
            starts.schedule(command, process, replaces=self.replaced.get(process.definition.id))
        return DeploymentReport(
            deployment_id=self.deployment_id, new=tuple(map(_deployed, self.new)), unchanged=unchanged, warnings=warnings
        )


def _deployed(definition: AnyDefinition) -> Deployed:
    kinds = {ProcessDefinition: "process", DecisionDefinition: "decision", FormDefinition: "form"}
    return Deployed(
        kind=kinds[type(definition)],
        key=definition.key,
        name=definition.name,
        version=definition.version,
        definition_id=definition.id,
        file=definition.resource_name,
    )


def _keys(transaction: Transaction, kind: type[Definition]) -> frozenset[str]:
    return frozenset(definition.key for definition in store.definitions.all_latest(transaction, kind))


def _files_at(path: Path) -> dict[str, bytes]:
    if path.is_file():
        return {path.name: path.read_bytes()}
    if not path.is_dir():
        raise CommandError(f"there is no file or folder {path}")
    found = sorted(file for file in path.rglob("*") if file.suffix in SUFFIXES and file.is_file())
    return {file.relative_to(path).as_posix(): file.read_bytes() for file in found}


def _properties_of(process: Process) -> dict[str, Any]:
    properties: dict[str, Any] = {"loanflow": {name: text for name, text in process.properties.items() if name.startswith("loanflow:")}}
    properties["topics"] = sorted(_topics(process))
    properties["startable"] = process.startable_in_tasklist
    properties["candidate_starter_users"] = list(process.candidate_starter_users)
    properties["candidate_starter_groups"] = list(process.candidate_starter_groups)
    if process.days_to_live is not None:
        properties["days_to_live"] = process.days_to_live
    properties["search_columns"] = [[column.name, column.kind.value] for column in search.columns_of(process.properties)]
    return properties


def _bound_together(process: Process) -> list[tuple[type[AnyDefinition], Expression]]:
    """List what the process is bound to within its own deployment: the kind of definition, and its key."""
    found: list[tuple[type[AnyDefinition], Expression, Binding]] = []
    for node in process.body.walk():
        found += _references(node)
    return [(kind, key) for kind, key, binding in found if binding.kind is BindingKind.DEPLOYMENT]


def _references(node: FlowNode) -> Iterator[tuple[type[AnyDefinition], Expression, Binding]]:
    if isinstance(node, CallActivity) and node.called_element is not None:
        yield ProcessDefinition, node.called_element, node.binding
    if isinstance(node, BusinessRuleTask) and isinstance(node.implementation, DecisionCall):
        yield DecisionDefinition, node.implementation.decision, node.implementation.binding
    form = getattr(node, "form", None)
    if isinstance(form, FormReference) and form.form_id is not None:
        yield FormDefinition, Expression(text=form.form_id, language=Language.LITERAL), form.binding


def _topics(process: Process) -> set[str]:
    topics: set[str] = set()
    for node in process.body.walk():
        if isinstance(node, ServiceTask | SendTask | BusinessRuleTask | ScriptTask):
            call = node.implementation
            if isinstance(call, HandlerCall) and call.name.language is Language.LITERAL:
                topics.add(call.name.text)
    return topics
