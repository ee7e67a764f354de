"""From models to programs: references followed, imports joined, every text compiled; what is wrong is collected, not raised.

Compiling goes from what is required to what requires it; a cycle is noted and cut.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from loanflow.dmn.compiler.boxed import compile_boxed, make_function
from loanflow.dmn.compiler.conversions import conversion
from loanflow.dmn.compiler.decision_tables import compile_table
from loanflow.dmn.compiler.environment import Environment, Node, null_node, unanswered_node
from loanflow.dmn.compiler.findings import Findings, Place
from loanflow.dmn.compiler.program import DecisionProgram, Evaluation, NeededInput, RequiredDecision, ServiceProgram
from loanflow.dmn.compiler.run import Scope
from loanflow.dmn.compiler.table import Table
from loanflow.dmn.compiler.types import Types
from loanflow.dmn.model import (
    BusinessKnowledgeModel,
    Context,
    Decision,
    DecisionService,
    DecisionTable,
    Dialect,
    FunctionDefinition,
    FunctionKind,
    InputData,
    ItemDefinition,
    Model,
    Reference,
    Relation,
    walk,
)
from loanflow.feel import ANY, FeelType, FeelValue, Function, Parameter
from loanflow.feel.syntax import normalized


@dataclass(frozen=True, slots=True, eq=False)
class Linked:
    """What a set of models came to."""

    decisions: tuple[DecisionProgram, ...]
    services: tuple[ServiceProgram, ...]
    functions: Mapping[tuple[str, str], Function]
    findings: Findings
    tables: tuple[Table, ...] = ()


def link(models: Sequence[Model]) -> Linked:
    """Compile models that may import each other."""
    return _Linker(models).link()


class _Linker:
    def __init__(self, models: Sequence[Model]) -> None:
        self._models = models
        self._by_namespace: dict[str, Model] = {}
        for model in models:
            self._by_namespace.setdefault(model.namespace, model)
        self._findings = Findings()
        self._tables: list[Table] = []
        importing = any(model.imports for model in models)
        self._members = frozenset(normalized(name) for model in models for name in _member_names(model, importing))
        self._types: dict[int, Types] = {}
        self._decisions: dict[tuple[str, str], DecisionProgram] = {}
        self._functions: dict[tuple[str, str], Function] = {}
        self._services: dict[tuple[str, str], ServiceProgram] = {}
        self._visiting: set[tuple[str, str]] = set()

    def link(self) -> Linked:
        for model in self._models:
            for decision in model.decisions:
                self._decision(model, decision)
            for knowledge in model.knowledge_models:
                self._knowledge_model(model, knowledge)
            for service in model.services:
                self._service(model, service)
        return Linked(
            tuple(self._decisions[model.file, decision.id] for model in self._models for decision in model.decisions),
            tuple(self._services[model.file, service.id] for model in self._models for service in model.services),
            self._functions,
            self._findings,
            tuple({id(table.model): table for table in self._tables}.values()),
        )

    def _types_of(self, model: Model) -> Types:
        known = self._types.get(id(model))
        if known is None:
            # Entered before its imports, so that models importing each other end.
            imported: list[tuple[str, Types]] = []
            known = self._types[id(model)] = Types(model, imported=imported, findings=self._findings, names=self._members)
            for entry in model.imports:
                other = self._by_namespace.get(entry.namespace)
                if other is not None and other is not model:
                    imported.append((entry.name, self._types_of(other)))
            known.build()
        return known

    def _environment(self, model: Model, names: Iterator[str] | Sequence[str]) -> Environment:
        return Environment(
            dialect=model.dialect,
            types=self._types_of(model),
            findings=self._findings,
            language=model.expression_language,
            visible=frozenset(names),
            members=self._members,
            tables=self._tables,
        )

    def _resolve(self, model: Model, reference: Reference) -> tuple[Model, Any, str | None] | None:
        """Return the model and element a reference means, and the import it comes by; None where there is none."""
        prefix: str | None = None
        home: Model | None = model
        if reference.namespace is not None and reference.namespace != model.namespace:
            home = self._by_namespace.get(reference.namespace)
            # What is imported without a name stands beside the model's own elements.
            prefix = next((normalized(entry.name) for entry in model.imports if entry.namespace == reference.namespace), None) or None
        if home is None:
            return None
        element = next((element for element in home.elements() if element.id == reference.id), None)
        return None if element is None else (home, element, prefix)

    def _decision(self, model: Model, decision: Decision) -> DecisionProgram:
        key = (model.file, decision.id)
        known = self._decisions.get(key)
        if known is not None:
            return known
        self._visiting.add(key)
        inputs = tuple(self._needed_inputs(model, decision.input_data))
        required = tuple(self._required(model, decision.decisions))
        functions = self._knowledge(model, decision.knowledge)
        names = [needed.prefix or needed.name for needed in inputs] + list(functions)
        names += [requirement.prefix or name for requirement in required for name in requirement.names]
        env = self._environment(model, names)
        place = _place(model, decision, "decision")
        node, table = self._logic(decision, env, place)
        reads = set(node.names)
        for requirement in required:
            if requirement.program.model.dialect is not Dialect.CAMUNDA7 and requirement.prefix is None:
                reads.difference_update(requirement.names)
        reads.difference_update(functions)
        reads.update(needed.name for needed in inputs)
        reads.update(needed.prefix for needed in inputs if needed.prefix is not None)
        for requirement in required:
            reads |= requirement.program.reads
            # A caller may give what an imported model reads by the import's name.
            if requirement.prefix is not None and requirement.program.reads:
                reads.add(requirement.prefix)
        type_ref = decision.variable.type_ref if decision.variable is not None else None
        program = self._decisions[key] = DecisionProgram(
            model=model,
            decision=decision,
            node=node,
            table=table,
            type=self._result_type(decision, env, place),
            convert=conversion(model.dialect, type_ref, ANY) if model.dialect is Dialect.CAMUNDA7 and table is None else None,
            inputs=inputs,
            required=required,
            functions=functions,
            reads=frozenset(reads),
        )
        self._visiting.discard(key)
        return program

    def _logic(self, decision: Decision, env: Environment, place: Place) -> tuple[Node, Table | None]:
        match decision.logic:
            case None:
                return (unanswered_node(place) if env.dialect is Dialect.CAMUNDA7 else null_node()), None
            case DecisionTable() as logic:
                table = compile_table(logic, env, place.at(logic.line))
                return Node(lambda scope, run: None, table.names), table
            case logic:
                return compile_boxed(logic, env, place.at(logic.line)), None

    def _result_type(self, decision: Decision, env: Environment, place: Place) -> FeelType:
        type_ref = decision.variable.type_ref if decision.variable is not None else None
        found = env.type(type_ref, place)
        # Camunda 8 checks FEEL's own types only; item definitions mean nothing to it.
        return ANY if env.dialect is Dialect.CAMUNDA8 and env.types.declares(type_ref) else found

    def _needed_inputs(self, model: Model, references: Sequence[Reference]) -> Iterator[NeededInput]:
        for reference in references:
            match self._resolve(model, reference):
                case (Model() as home, InputData() as found, prefix):
                    of = self._environment(home, ()).type(found.variable.type_ref, _place(home, found, "input data"))
                    if home.dialect is not Dialect.SPEC:
                        of = ANY  # Neither Camunda looks at the type of input data.
                    yield NeededInput(name=normalized(found.variable.name), type=of, prefix=prefix)
                case _:
                    continue  # dmn/missing-requirement says so

    def _required(self, model: Model, references: Sequence[Reference]) -> Iterator[RequiredDecision]:
        for reference in references:
            match self._resolve(model, reference):
                case (Model() as home, Decision() as found, prefix) if (home.file, found.id) not in self._visiting:
                    yield RequiredDecision(program=self._decision(home, found), names=result_names(home, found), prefix=prefix)
                case _:
                    continue  # dmn/missing-requirement and dmn/requirement-cycle say so

    def _knowledge(self, model: Model, references: Sequence[Reference]) -> dict[str, FeelValue]:
        functions: dict[str, FeelValue] = {}
        for reference in references:
            match self._resolve(model, reference):
                case (Model() as home, BusinessKnowledgeModel() as found, prefix):
                    function = self._knowledge_model(home, found)
                case (Model() as home, DecisionService() as found, prefix):
                    service = self._service(home, found)
                    if service is None:
                        continue
                    function = service.function
                case _:
                    continue
            name = normalized(found.variable.name if found.variable is not None else found.name)
            if prefix is None:
                functions[name] = function
            else:
                around = functions.setdefault(prefix, {})
                assert isinstance(around, dict)
                around[name] = function
        return functions

    def _knowledge_model(self, model: Model, knowledge: BusinessKnowledgeModel) -> Function:
        key = (model.file, knowledge.id)
        known = self._functions.get(key)
        if known is not None:
            return known
        place = _place(model, knowledge, "business knowledge model")
        logic = knowledge.function or FunctionDefinition()
        env = self._environment(model, ())
        declared = env.type(knowledge.variable.type_ref, place) if knowledge.variable is not None else ANY
        result = declared.element or ANY if declared.kind == "function" else declared
        parameters = tuple(
            Parameter(normalized(parameter.name), env.type(parameter.type_ref, place.at(parameter.line))) for parameter in logic.parameters
        )
        # The function is known before its body is compiled: it may call itself through what it requires.
        scope: Scope = {}
        body = _Later()
        function = self._functions[key] = make_function(knowledge.name, parameters, result, Node(body.evaluate), scope)
        scope.update(self._knowledge(model, knowledge.knowledge))
        env = env.with_names([*scope, *(parameter.name for parameter in parameters)])
        body.node = self._body(logic, env, place)
        return function

    def _body(self, logic: FunctionDefinition, env: Environment, place: Place) -> Node:
        if logic.kind is not FunctionKind.FEEL:
            return compile_boxed(logic, env, place)  # refused there, by name
        return compile_boxed(logic.body, env, place.at(logic.body.line)) if logic.body is not None else null_node()

    def _service(self, model: Model, service: DecisionService) -> ServiceProgram | None:
        key = (model.file, service.id)
        known = self._services.get(key)
        if known is not None or key in self._visiting:
            return known
        self._visiting.add(key)
        outputs = [required.program for required in self._required(model, service.output_decisions)]
        inputs = list(self._needed_inputs(model, service.input_data))
        given = [found for reference in service.input_decisions if (found := self._resolve(model, reference)) is not None]
        parameters = [Parameter(needed.name, needed.type) for needed in inputs]
        decision_names: list[str] = []
        for home, found, _ in given:
            name = normalized(found.variable.name if found.variable is not None else found.name)
            decision_names.append(name)
            of = self._types_of(home).find(found.variable.type_ref if found.variable is not None else None)
            parameters.append(Parameter(name, of or ANY))
        ids = [found.id for _, found, _ in given]
        names = [needed.name for needed in inputs]
        result = self._service_type(model, service)

        def call(run: Any, arguments: list[Any]) -> FeelValue:
            run.enter()
            try:
                evaluation = Evaluation(
                    dict(zip(names, arguments, strict=False)), dict(zip(ids, arguments[len(names) :], strict=True)), run
                )
                values = {normalized(_output_name(program.decision)): evaluation.value_of(program) for program in outputs}
            finally:
                run.leave()
            return next(iter(values.values())) if len(outputs) == 1 else dict(values)

        function = Function(service.name, tuple(parameters), call, result)
        program = self._services[key] = ServiceProgram(
            model=model,
            service=service,
            function=function,
            outputs=tuple(outputs),
            input_names=tuple(names),
            decision_names=tuple(decision_names),
        )
        self._visiting.discard(key)
        return program

    def _service_type(self, model: Model, service: DecisionService) -> FeelType:
        if service.variable is None:
            return ANY
        declared = self._environment(model, ()).type(service.variable.type_ref, _place(model, service, "decision service"))
        return (declared.element or ANY) if declared.kind == "function" else ANY


class _Later:
    """A body that is compiled after the function that has it."""

    node: Node = null_node()

    def evaluate(self, scope: Scope, run: Any) -> FeelValue:
        """Evaluate the body."""
        return self.node.evaluate(scope, run)


def result_names(model: Model, decision: Decision) -> tuple[str, ...]:
    """Return the names a decision's result has where it is required: its variable's; without one its name and its id."""
    if decision.variable is not None:
        return (normalized(decision.variable.name),)
    if model.dialect is Dialect.CAMUNDA8:
        return (decision.id,)
    return tuple(dict.fromkeys((normalized(decision.name), decision.id)))


def _output_name(decision: Decision) -> str:
    return decision.variable.name if decision.variable is not None else decision.name


def _place(model: Model, element: Any, words: str) -> Place:
    return Place(file=model.file, line=element.line, element_type=words, element_id=element.id, element_name=element.name)


def _member_names(model: Model, importing: bool) -> Iterator[str]:
    """Yield every name that may follow a dot: components of types, entries of contexts, columns, outputs, what is imported."""
    waiting: list[ItemDefinition] = list(model.item_definitions)
    while waiting:
        definition = waiting.pop()
        yield from (component.name for component in definition.components)
        waiting.extend(definition.components)
    logics = [decision.logic for decision in model.decisions] + [knowledge.function for knowledge in model.knowledge_models]
    for logic in logics:
        for expression in walk(logic) if logic is not None else ():
            match expression:
                case Context():
                    yield from (entry.variable.name for entry in expression.entries if entry.variable is not None)
                case Relation():
                    yield from (column.name for column in expression.columns)
                case DecisionTable():
                    yield from (output.name for output in expression.outputs if output.name is not None)
                case _:
                    continue
    # Elements are members of an import's name, and output decisions are members of a service's result.
    outputs = {reference.id for service in model.services for reference in service.output_decisions}
    for element in (*model.decisions, *model.input_data, *model.knowledge_models, *model.services):
        if importing or element.id in outputs:
            yield element.name
