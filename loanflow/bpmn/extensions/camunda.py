"""Camunda 7: the ``camunda:`` namespace of files drawn for the Camunda Platform."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from loanflow.bpmn.extensions.camunda_forms import generated_fields
from loanflow.bpmn.extensions.standard import (
    EMPTY,
    CallFields,
    Extension,
    HeaderFields,
    Implementation,
    NodeFields,
    ProcessFields,
    RuleImplementation,
    SavePoints,
    UserTaskFields,
    named_people,
    names_list,
)
from loanflow.bpmn.extensions.vendors import CAMUNDA
from loanflow.bpmn.model import (
    CONNECTOR,
    Binding,
    BindingKind,
    DecisionCall,
    ErrorEvent,
    Expression,
    ExpressionCall,
    FormReference,
    HandlerCall,
    Language,
    Listener,
    ListenerKind,
    MultiInstance,
    ResultMapper,
    VariableMapping,
)
from loanflow.bpmn.source import Source
from loanflow.xmltree import Element, Name

_BEAN = re.compile(r"[$#]\{\s*([^\W\d][\w-]*)\s*\}", re.UNICODE)


def _names(*words: str) -> tuple[Name, ...]:
    return tuple(Name(CAMUNDA, word) for word in words)


_MODELER_ONLY = "only Camunda Modeler itself uses it"
_BESIDE = {
    "formRef": ("formRefBinding", "formRefVersion", "formRefVersionTag"),
    "decisionRef": ("decisionRefBinding", "decisionRefVersion", "decisionRefVersionTag", "mapDecisionResult"),
    'calledElementBinding="version" or "versionTag"': ("calledElementVersion", "calledElementVersionTag"),
    'type="external"': ("topic",),
}
"""Attributes that say something only beside another one, as Camunda has it."""
_CONNECTING = frozenset({"serviceTask", "sendTask", "businessRuleTask"})
_IGNORED: dict[Name, str] = {
    **dict.fromkeys(_names("modelerTemplate", "modelerTemplateVersion", "modelerTemplateIcon", "diagramRelationId"), _MODELER_ONLY),
    **{name: f"it counts only beside camunda:{owner}" for owner, words in _BESIDE.items() for name in _names(*words)},
    # Everything else that may be asynchronous is asked for it; what is left is a thrown signal.
    Name(CAMUNDA, "properties"): "only a process and its activities, events and gateways have extension properties",
    Name(CAMUNDA, "async"): "when the catchers of a signal go on does not change what they do",
}
_REFUSED: dict[Name, str] = {
    Name(CAMUNDA, "caseRef"): "CMMN cases are not supported; draw the case as a process and call that",
    Name(CAMUNDA, "caseBinding"): "CMMN cases are not supported",
    Name(CAMUNDA, "caseVersion"): "CMMN cases are not supported",
    Name(CAMUNDA, "variableMappingClass"): "use Properties panel > In mappings and Out mappings instead",
    Name(CAMUNDA, "variableMappingDelegateExpression"): "use Properties panel > In mappings and Out mappings instead",
    Name(CAMUNDA, "calledElementTenantId"): "there are no tenants; delete Properties panel > Called element > Tenant ID",
    Name(CAMUNDA, "decisionRefTenantId"): "there are no tenants; delete Properties panel > Implementation > Tenant ID",
    Name(CAMUNDA, "errorEventDefinition"): "only external tasks have it; let the handler raise BpmnError instead",
    Name(CAMUNDA, "caseTenantId"): "CMMN cases are not supported",
    Name(CAMUNDA, "formHandlerClass"): "delete the attribute; choose Properties panel > Forms > Type Camunda Forms or Generated task forms",
    Name(CAMUNDA, "businessKey"): "clear Properties panel > Forms > Business key, and give the business key when the case is started",
    Name(CAMUNDA, "resource"): "write the condition in Properties panel > Condition > Type Expression",
    Name(CAMUNDA, "taskPriority"): "fill in Properties panel > Job execution > Priority of the event instead",
    Name(
        CAMUNDA, "connector"
    ): "only service, send and business rule tasks have a connector; choose Properties panel > Implementation > External and give a topic",
}


class Camunda(Extension):
    """How a Camunda 7 file says what the standard leaves open."""

    ignored: Mapping[Name, str] = MappingProxyType(_IGNORED)
    refused: Mapping[Name, str] = MappingProxyType(_REFUSED)

    def node(self, source: Source, element: Element) -> NodeFields:
        """Return mappings, listeners, properties and save points of a flow node."""
        inputs, outputs = self._input_output(source, element)
        priority = source.field(source.attribute(element, "jobPriority", CAMUNDA), element)
        priority = source.field(source.attribute(element, "taskPriority", CAMUNDA), element) or priority
        return NodeFields(
            inputs=inputs,
            outputs=outputs,
            listeners=self._listeners(source, element),
            properties=self._properties(source, element),
            **self._save_points(source, element),
            job_priority=priority or source.default_priority,
        )

    def process(self, source: Source, element: Element) -> ProcessFields:
        """Return version tag, retention, starters and properties of a process."""
        priority = source.field(source.attribute(element, "jobPriority", CAMUNDA), element)
        source.default_priority = source.field(source.attribute(element, "taskPriority", CAMUNDA), element) or priority
        users, groups = named_people(source, source.extensions(element, "potentialStarter", CAMUNDA))
        return ProcessFields(
            version_tag=source.attribute(element, "versionTag", CAMUNDA),
            history_time_to_live=source.attribute(element, "historyTimeToLive", CAMUNDA),
            candidate_starter_groups=(*names_list(source.attribute(element, "candidateStarterGroups", CAMUNDA)), *groups),
            candidate_starter_users=(*names_list(source.attribute(element, "candidateStarterUsers", CAMUNDA)), *users),
            startable_in_tasklist=source.flag(element, "isStartableInTasklist", default=True, namespace=CAMUNDA),
            listeners=self._listeners(source, element),
            properties=self._properties(source, element),
            embedded_forms=EMPTY,
        )

    def work(self, source: Source, element: Element, *, holder: Element | None = None) -> Implementation | None:
        """Return what Properties panel > Implementation names: external topic, delegate expression, Java class or expression."""
        place = element if holder is None else holder
        result = source.attribute(place, "resultVariable", CAMUNDA)
        result = source.attribute(place, "resultVariableName", CAMUNDA) or result
        fields = self._fields(source, source.extensions(place, "field", CAMUNDA))
        kind = source.attribute(place, "type", CAMUNDA)
        if kind is not None and kind != "external":
            source.refuse(
                place,
                "bpmn/unsupported",
                f"the built-in {kind} task is not supported",
                property="Implementation > Type",
                expected="External",
                found=kind,
                hint="choose Properties panel > Implementation > External and give a topic",
            )
            return None
        topic = source.attribute(place, "topic", CAMUNDA) if kind == "external" else None
        name: Expression | None = None
        if kind == "external" and topic:
            name = source.field(topic, place)
        elif delegate := source.attribute(place, "delegateExpression", CAMUNDA):
            kind, name = "delegateExpression", self._bean(source, place, delegate)
        elif java_class := source.attribute(place, "class", CAMUNDA):
            kind, name = "class", Expression(text=java_class.strip(), language=Language.LITERAL, line=place.line)
        elif text := source.attribute(place, "expression", CAMUNDA):
            expression = source.field(text, place)
            return None if expression is None else ExpressionCall(expression=expression, result_variable=result, line=place.line)
        elif holder is None and (connector := self._connector(source, place)) is not None:
            connector_id = source.child(connector, "connectorId", CAMUNDA)
            kind, name = CONNECTOR, source.field(source.text(connector_id), connector_id) if connector_id is not None else None
        if name is None or kind is None:
            return None
        return HandlerCall(name=name, kind=kind, result_variable=result, line=place.line, **fields)

    def rules(self, source: Source, element: Element) -> RuleImplementation | None:
        """Return the decision a business rule task names, else its handler."""
        decision = source.field(source.attribute(element, "decisionRef", CAMUNDA), element)
        if decision is None:
            return self.work(source, element)
        return DecisionCall(
            decision=decision,
            binding=self._binding(source, element, "decisionRef"),
            result_variable=source.attribute(element, "resultVariable", CAMUNDA),
            mapper=self._mapper(source, element),
            line=element.line,
        )

    def script(self, source: Source, element: Element) -> Implementation | None:
        """Return what a script task computes, with the variable that receives it."""
        found = self._in_juel(super().script(source, element), source, element)
        resource = source.attribute(element, "resource", CAMUNDA)
        if resource is not None:
            found = self._script_file(source, element, resource, element.get("id") or "", line=element.line)
        result = source.attribute(element, "resultVariable", CAMUNDA)
        return found if found is None or result is None else replace(found, result_variable=result)

    def _in_juel(self, found: Implementation | None, source: Source, element: Element) -> Implementation | None:
        # What names no language is JUEL in Camunda 7.
        if found is None or element.get("scriptFormat") or (body := source.child(element, "script")) is None:
            return found
        return ExpressionCall(expression=Expression(text=source.text(body), language=Language.JUEL, line=body.line), line=body.line)

    def user_task(self, source: Source, element: Element) -> UserTaskFields:
        """Return assignment, dates, priority and form of a user task."""
        standard = super().user_task(source, element)

        def field(local: str) -> Expression | None:
            return source.field(source.attribute(element, local, CAMUNDA), element)

        assignee = field("assignee")
        if assignee is not None and standard["assignee"] is not None:
            source.refuse(
                element,
                "bpmn/invalid-value",
                "the assignee is given twice, by camunda:assignee and by a humanPerformer",
                property="User assignment > Assignee",
                expected="one of them",
                found=f"{assignee.text} and {standard['assignee'].text}",
            )
        return UserTaskFields(
            assignee=assignee or standard["assignee"],
            candidate_users=_together(field("candidateUsers"), standard["candidate_users"]),
            candidate_groups=_together(field("candidateGroups"), standard["candidate_groups"]),
            due_date=field("dueDate"),
            follow_up_date=field("followUpDate"),
            priority=field("priority"),
            form=self._form(source, element),
        )

    def call(self, source: Source, element: Element) -> CallFields:
        """Return the called process, its binding and the in and out mappings."""
        return CallFields(
            called_element=self._called(source, element),
            binding=self._binding(source, element, "calledElement"),
            call_inputs=tuple(self._mapping(source, one) for one in source.extensions(element, "in", CAMUNDA)),
            call_outputs=tuple(self._mapping(source, one) for one in source.extensions(element, "out", CAMUNDA)),
            propagate_all_parent=False,
            propagate_all_child=False,
        )

    def multi_instance(self, source: Source, element: Element, *, sequential: bool) -> MultiInstance:
        """Return a multi-instance: ``camunda:collection`` is a variable's name or an expression."""
        standard = super().multi_instance(source, element, sequential=sequential)
        collection = source.field(source.attribute(element, "collection", CAMUNDA), element)
        if collection is not None and collection.is_literal:
            collection = source.variable(collection.text, element)
        return replace(
            standard,
            collection=collection or standard.collection,
            element_variable=source.attribute(element, "elementVariable", CAMUNDA) or standard.element_variable,
            **self._save_points(source, element),
        )

    def error(self, source: Source, definition: Element, event: ErrorEvent) -> ErrorEvent:
        """Return the error event with ``camunda:errorCodeVariable`` and ``camunda:errorMessageVariable``."""
        return replace(
            event,
            code_variable=source.attribute(definition, "errorCodeVariable", CAMUNDA),
            message_variable=source.attribute(definition, "errorMessageVariable", CAMUNDA),
        )

    def error_cases(self, source: Source, element: Element) -> tuple[tuple[Element, Expression], ...]:
        """Return each ``camunda:errorEventDefinition`` of an external task; one without an expression never happens."""
        if source.attribute(element, "type", CAMUNDA) != "external":
            return ()
        found = source.extensions(element, "errorEventDefinition", CAMUNDA)
        cases: list[tuple[Element, Expression]] = []
        for one in found:
            _ = source.attribute(one, "id"), source.attribute(one, "errorRef")
            condition = source.field(source.attribute(one, "expression"), one)
            if condition is not None:
                cases.append((one, condition))
        return tuple(cases)

    def error_message(self, source: Source, error: Element) -> Expression | None:
        """Return ``camunda:errorMessage``."""
        return source.field(source.attribute(error, "errorMessage", CAMUNDA), error)

    def escalation_variable(self, source: Source, definition: Element) -> str | None:
        """Return ``camunda:escalationCodeVariable``."""
        return source.attribute(definition, "escalationCodeVariable", CAMUNDA)

    def condition_filter(self, source: Source, definition: Element) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return ``camunda:variableName`` and ``camunda:variableEvents``."""
        name = (source.attribute(definition, "variableName", CAMUNDA) or "").strip()
        return (name,) if name else (), names_list(source.attribute(definition, "variableEvents", CAMUNDA))

    def signal_inputs(self, source: Source, definition: Element) -> tuple[VariableMapping, ...]:
        """Return the ``camunda:in`` mappings of a thrown signal."""
        return tuple(self._mapping(source, one) for one in source.extensions(definition, "in", CAMUNDA))

    def flow_listeners(self, source: Source, flow: Element) -> tuple[Listener, ...]:
        """Return the execution listeners of a sequence flow; its event may go without saying."""
        return self._listeners(source, flow, event="take")

    def start_form(self, source: Source, element: Element) -> tuple[FormReference | None, str | None]:
        """Return the start form and ``camunda:initiator``."""
        return self._form(source, element), source.attribute(element, "initiator", CAMUNDA)

    # Parts.

    def _save_points(self, source: Source, element: Element) -> SavePoints:
        before = source.flag(element, "async", default=False, namespace=CAMUNDA)
        retry = source.extension(element, "failedJobRetryTimeCycle", CAMUNDA)
        attribute_retry = source.attribute(element, "failedJobRetryTimeCycle", CAMUNDA)
        return SavePoints(
            async_before=source.flag(element, "asyncBefore", default=False, namespace=CAMUNDA) or before,
            async_after=source.flag(element, "asyncAfter", default=False, namespace=CAMUNDA),
            exclusive=source.flag(element, "exclusive", default=True, namespace=CAMUNDA),
            retry=source.text(retry) or None if retry is not None else attribute_retry,
        )

    def _bean(self, source: Source, element: Element, text: str) -> Expression | None:
        match = _BEAN.fullmatch(text.strip())
        if match is None:
            source.refuse(
                element,
                "bpmn/delegate-expression",
                "the delegate expression is more than the name of a handler",
                property="Implementation > Delegate expression",
                expected="${name}, where name is a registered handler",
                found=text,
                hint="write ${name}, or choose External and give a topic",
            )
            return None
        return Expression(text=match[1], language=Language.LITERAL, line=element.line)

    def _binding(self, source: Source, element: Element, stem: str) -> Binding:
        text = source.attribute(element, f"{stem}Binding", CAMUNDA) or "latest"
        try:
            kind = BindingKind(text)
        except ValueError:
            source.refuse(
                element,
                "bpmn/invalid-value",
                f"camunda:{stem}Binding is none of the bindings",
                property="Binding",
                expected=", ".join(BindingKind),
                found=text,
            )
            return Binding()
        value: Expression | None = None
        if kind is BindingKind.VERSION:
            value = source.field(source.attribute(element, f"{stem}Version", CAMUNDA), element)
        elif kind is BindingKind.VERSION_TAG:
            value = source.field(source.attribute(element, f"{stem}VersionTag", CAMUNDA), element)
        if kind in (BindingKind.VERSION, BindingKind.VERSION_TAG) and value is None:
            what = "version" if kind is BindingKind.VERSION else "version tag"
            source.refuse(
                element,
                "bpmn/binding-without-value",
                f"the binding asks for a {what} that is not given",
                property=f"Binding > {what.capitalize()}",
                expected=f"a {what}",
                found="nothing",
                hint=f"fill in the {what} next to Binding in the properties panel",
            )
        return Binding(kind=kind, value=value)

    def _mapper(self, source: Source, element: Element) -> ResultMapper:
        text = source.attribute(element, "mapDecisionResult", CAMUNDA) or ResultMapper.RESULT_LIST
        try:
            return ResultMapper(text)
        except ValueError:
            source.refuse(
                element,
                "bpmn/invalid-value",
                "camunda:mapDecisionResult is none of the result mappings",
                property="Implementation > Map decision result",
                expected=", ".join(ResultMapper),
                found=text,
            )
            return ResultMapper.RESULT_LIST

    def _fields(self, source: Source, holders: tuple[Element, ...]) -> HeaderFields:
        """Return ``camunda:field`` injections as headers of the job: plain texts, and those computed when the job is made."""
        headers: dict[str, str] = {}
        computed: list[tuple[str, Expression]] = []
        for one in holders:
            name = source.attribute(one, "name") or ""
            inner = source.child(one, "string", CAMUNDA)
            formula = source.child(one, "expression", CAMUNDA)
            texts = (
                source.attribute(one, "stringValue"),
                source.text(inner) if inner is not None else None,
                source.attribute(one, "expression"),
                source.text(formula) if formula is not None else None,
            )
            value = source.field(next((text for text in texts if text), None), one)
            if value is None or value.is_literal:
                headers[name] = value.text if value is not None else ""
            else:
                computed.append((name, value))
        return HeaderFields(headers=MappingProxyType(headers) if headers else EMPTY, computed_headers=tuple(computed))

    def _input_output(self, source: Source, element: Element) -> tuple[tuple[VariableMapping, ...], tuple[VariableMapping, ...]]:
        """Return the mappings of an element; those of its connector are read inside the element's own."""
        inputs: list[VariableMapping] = []
        outputs: list[VariableMapping] = []
        connector = self._connector(source, element)
        inner = source.child(connector, "inputOutput", CAMUNDA) if connector is not None else None
        for holder in (source.extension(element, "inputOutput", CAMUNDA), inner):
            if holder is not None:
                inputs += [self._parameter(source, element, one) for one in source.children(holder, "inputParameter", CAMUNDA)]
                given = [self._parameter(source, element, one) for one in source.children(holder, "outputParameter", CAMUNDA)]
                outputs = [*given, *outputs]
        return tuple(inputs), tuple(outputs)

    def _connector(self, source: Source, element: Element) -> Element | None:
        return source.extension(element, "connector", CAMUNDA) if element.name.local in _CONNECTING else None

    def _parameter(self, source: Source, owner: Element, element: Element) -> VariableMapping:
        target = source.attribute(element, "name") or ""
        if not target:
            source.refuse(
                element,
                "bpmn/invalid-value",
                f"the {'input' if element.name.local == 'inputParameter' else 'output'} has no name",
                property="Inputs > Local variable name" if element.name.local == "inputParameter" else "Outputs > Process variable name",
                expected="the name of a variable",
                found="nothing",
            )
        if (found := self._collection(source, element, target)) is not None:
            return found
        script = source.child(element, "script", CAMUNDA)
        if script is not None and (work := self._foreign_script(source, script, f"{owner.get('id')}.{target}")) is not None:
            return VariableMapping(target=target, work=work, line=element.line)
        return VariableMapping(target=target, source=self._entry(source, element), line=element.line)

    def _foreign_script(self, source: Source, script: Element, name: str) -> HandlerCall | None:
        """Return what stands in for a script that is not FEEL or JUEL, or is in a file of its own: the handler of that name."""
        resource = source.attribute(script, "resource")
        if resource is not None:
            return self._script_file(source, script, resource, name, line=script.line)
        script_format = source.attribute(script, "scriptFormat") or ""
        found = self.script_of(source, script, script_format, source.text(script), line=script.line, name=name)
        return found if isinstance(found, HandlerCall) else None

    def _collection(self, source: Source, holder: Element, target: str = "") -> VariableMapping | None:
        """Return the list or map directly inside an element, with what is nested in it; None where there is neither."""
        listed = source.child(holder, "list", CAMUNDA)
        if listed is not None:
            return self._list(source, listed, target)
        mapped = source.child(holder, "map", CAMUNDA)
        return None if mapped is None else self._map(source, mapped, target)

    def _list(self, source: Source, element: Element, target: str = "") -> VariableMapping:
        items: list[Expression | VariableMapping] = []
        for one in element.children:
            if one.name in (Name(CAMUNDA, "value"), Name(CAMUNDA, "script")):
                source.take(one)
                items.append(self._value(source, one))
            elif one.name == Name(CAMUNDA, "list"):
                source.take(one)
                items.append(self._list(source, one))
            elif one.name == Name(CAMUNDA, "map"):
                source.take(one)
                items.append(self._map(source, one))
        return VariableMapping(target=target, items=tuple(items), line=element.line)

    def _map(self, source: Source, element: Element, target: str = "") -> VariableMapping:
        empty = Expression(text="", language=Language.LITERAL, line=element.line)
        pairs = tuple(
            (
                source.field(source.attribute(entry, "key"), entry) or empty,
                self._collection(source, entry) or self._entry(source, entry),
            )
            for entry in source.children(element, "entry", CAMUNDA)
        )
        return VariableMapping(target=target, entries=pairs, line=element.line)

    def _entry(self, source: Source, element: Element) -> Expression:
        """Return the text of a parameter or map entry; a script inside it is computed or refused."""
        script = source.child(element, "script", CAMUNDA)
        return self._value(source, element if script is None else script)

    def _value(self, source: Source, element: Element) -> Expression:
        text = source.text(element)
        if element.name == Name(CAMUNDA, "script"):
            return self._script_value(source, element, text)
        # An empty value is null, not an empty text.
        return source.field(text, element) or Expression(text="null", language=Language.FEEL, line=element.line)

    def _script_value(self, source: Source, element: Element, text: str) -> Expression:
        script_format = source.attribute(element, "scriptFormat") or ""
        resource = source.attribute(element, "resource")
        found = self.script_of(source, element, script_format, text, line=element.line)
        if isinstance(found, ExpressionCall) and resource is None:
            return found.expression
        source.refuse(
            element,
            "bpmn/script-language",
            f"a mapping computed by {script_format or 'a script'} is not run",
            property="Inputs and outputs",
            expected="an expression, or a script in FEEL",
            found=" ".join((resource or text).split())[:80],
            hint="write the value as ${expression} under Properties panel > Inputs or Outputs, or choose FEEL as script format",
        )
        return Expression(text="", language=Language.LITERAL, line=element.line)

    def _mapping(self, source: Source, element: Element) -> VariableMapping:
        target = source.attribute(element, "target") or ""
        computed = source.attribute(element, "sourceExpression")
        key = source.attribute(element, "businessKey")
        variables = source.attribute(element, "variables")
        expression = source.field(computed if computed is not None else key, element)
        expression = expression or source.variable(source.attribute(element, "source"), element)
        if variables != "all" and (expression is None or (not target and key is None)):
            source.refuse(
                element,
                "bpmn/invalid-value",
                f"<camunda:{element.name.local}> does not say {'what is passed' if expression is None else 'which variable it becomes'}",
                property="Mappings > Source" if expression is None else "Mappings > Target",
                expected="a source and a target, or all variables",
                found="nothing",
                hint="fill in both under Properties panel > In mappings or Out mappings, or delete the mapping",
            )
        return VariableMapping(
            target=target,
            source=expression,
            all_variables=variables == "all",
            business_key=key is not None,
            local=source.flag(element, "local", default=False),
            line=element.line,
        )

    def _properties(self, source: Source, element: Element) -> Mapping[str, str]:
        found: dict[str, str] = {}
        for holder in source.extensions(element, "properties", CAMUNDA):
            for one in source.children(holder, "property", CAMUNDA):
                name = source.attribute(one, "name") or source.attribute(one, "id") or ""
                source.attribute(one, "id")
                found[name] = source.attribute(one, "value") or ""
        return MappingProxyType(found) if found else EMPTY

    def _listeners(self, source: Source, element: Element, *, event: str = "") -> tuple[Listener, ...]:
        found: list[Listener] = []
        for kind in ListenerKind:
            for one in source.extensions(element, f"{kind}Listener", CAMUNDA):
                listener = self._listener(source, element, one, kind, event)
                if listener is not None:
                    found.append(listener)
        return tuple(found)

    def _listener(self, source: Source, element: Element, holder: Element, kind: ListenerKind, event: str) -> Listener | None:
        event = source.attribute(holder, "event") or event
        listener_id = source.attribute(holder, "id")
        work = self._listener_work(source, element, holder, event)
        timer = source.child(holder, "timerEventDefinition") if kind is ListenerKind.TASK and event == "timeout" else None
        if work is None:
            return None
        return Listener(
            kind=kind,
            event=event,
            work=work,
            id=listener_id,
            timer=source.timer(timer) if timer is not None else None,
            line=holder.line,
        )

    def _script_file(self, source: Source, element: Element, resource: str, name: str, *, line: int) -> HandlerCall:
        """Return what stands in for a script in a file of its own, which is never read: the handler called like the script."""
        named = Expression(text=name, language=Language.LITERAL, line=line)
        language = source.attribute(element, "scriptFormat") or "a language"
        return HandlerCall(name=named, kind="script", headers=MappingProxyType({"scriptFormat": f"{language} in {resource}"}), line=line)

    def _listener_work(self, source: Source, element: Element, holder: Element, event: str) -> Implementation | None:
        """Return what a listener does; one that names nothing is refused."""
        fields = self._fields(source, source.children(holder, "field", CAMUNDA))
        script = source.child(holder, "script", CAMUNDA)
        if script is not None:
            name = f"{element.get('id')}.{event}"
            script_format = (source.attribute(script, "scriptFormat") or "").strip()
            if (resource := source.attribute(script, "resource")) is not None:
                return self._script_file(source, script, resource, name, line=script.line)
            if (found := self.script_of(source, element, script_format, source.text(script), line=script.line, name=name)) is not None:
                return found
        if delegate := source.attribute(holder, "delegateExpression"):
            bean = self._bean(source, holder, delegate)
            return None if bean is None else HandlerCall(name=bean, kind="delegateExpression", line=holder.line, **fields)
        if java_class := source.attribute(holder, "class"):
            named = Expression(text=java_class.strip(), language=Language.LITERAL, line=holder.line)
            return HandlerCall(name=named, kind="class", line=holder.line, **fields)
        expression = source.field(source.attribute(holder, "expression"), holder)
        if expression is not None:
            return ExpressionCall(expression=expression, line=holder.line)
        source.refuse(
            holder,
            "bpmn/missing-implementation",
            f"the listener for {event or 'an event'} names nothing that does its work",
            property="Listeners > Listener type",
            expected="a delegate expression ${name} of a registered handler, a class or an expression",
            found="an empty script" if script is not None else "nothing",
            hint="choose Properties panel > Listeners > Listener type > Delegate expression and name a handler",
        )
        return None

    def _form(self, source: Source, element: Element) -> FormReference | None:
        if form_id := source.attribute(element, "formRef", CAMUNDA):
            return FormReference(form_id=form_id, binding=self._binding(source, element, "formRef"), line=element.line)
        if key := source.attribute(element, "formKey", CAMUNDA):
            return FormReference(key=key, line=element.line)
        fields = generated_fields(source, element)
        return FormReference(fields=fields, line=fields[0].line) if fields else None


def _together(first: Expression | None, second: Expression | None) -> Expression | None:
    # Camunda 7 adds the standard's potential owners to the candidates of its own attributes.
    if first is None or second is None:
        return first or second
    language = Language.JUEL if Language.JUEL in (first.language, second.language) else Language.LITERAL
    return Expression(text=f"{first.text}, {second.text}", language=language, line=first.line)
