"""Camunda 8: the ``zeebe:`` namespace of files drawn for Camunda 8 (Zeebe)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from loanflow.bpmn.extensions.standard import (
    EMPTY,
    AdHocFields,
    CallFields,
    Extension,
    Implementation,
    NodeFields,
    ProcessFields,
    RuleImplementation,
    UserTaskFields,
    names_list,
)
from loanflow.bpmn.extensions.vendors import ZEEBE
from loanflow.bpmn.model import (
    Binding,
    BindingKind,
    DecisionCall,
    Expression,
    ExpressionCall,
    FormReference,
    HandlerCall,
    Listener,
    ListenerKind,
    MultiInstance,
    VariableMapping,
)
from loanflow.bpmn.source import Source
from loanflow.xmltree import Element, Name

EMBEDDED_FORM = "camunda-forms:bpmn:"
"""A form key that starts so names a form kept inside the diagram."""

_MODELER_ONLY = "only Camunda Modeler itself uses it"
_IGNORED: dict[Name, str] = {
    **dict.fromkeys(
        (
            Name(ZEEBE, word)
            for word in (
                "modelerTemplate",
                "modelerTemplateVersion",
                "modelerTemplateIcon",
                "modelerConfigurationTemplate",
                "modelerConfigurationName",
            )
        ),
        _MODELER_ONLY,
    ),
    Name(ZEEBE, "taskHeaders"): "headers are for the program that does the work; a person sees the form",
    Name(ZEEBE, "properties"): "only a process and its activities, events and gateways have extension properties",
    Name(ZEEBE, "ioMapping"): "nothing is mapped where no work is done: at gateways, manual tasks and tasks of no kind",
    Name(ZEEBE, "retryCounter"): "Camunda never read it; retries stand at the task definition",
    Name(ZEEBE, "userTask"): "every user task is a task of ours, whichever way it is marked",
}
_UNMAPPED = frozenset(
    ("exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway", "complexGateway", "manualTask", "task")
)
"""Flow nodes at which Camunda 8 maps nothing."""
_REFUSED: dict[Name, str] = {
    Name(ZEEBE, "linkedResources"): "give the handler what it needs by Properties panel > Headers or Inputs",
    Name(ZEEBE, "linkedResource"): "give the handler what it needs by Properties panel > Headers or Inputs",
    Name(
        ZEEBE, "taskDefinition"
    ): "only tasks and message events have a job; fill in Active elements of an ad-hoc sub-process, or choose a task",
    Name(ZEEBE, "agentDefinition"): "agents are not supported; draw the work as tasks",
    Name(ZEEBE, "publishMessage"): "name a handler that sends the message in Properties panel > Task definition > Type",
}


class Zeebe(Extension):
    """How a Camunda 8 file says what the standard leaves open."""

    ignored: Mapping[Name, str] = MappingProxyType(_IGNORED)
    refused: Mapping[Name, str] = MappingProxyType(_REFUSED)

    def node(self, source: Source, element: Element) -> NodeFields:
        """Return mappings, listeners and properties of a flow node; save points are the engine's own in Camunda 8."""
        maps = element.name.local not in _UNMAPPED
        holder = source.extension(element, "ioMapping", ZEEBE) if maps else None
        inputs = source.children(holder, "input", ZEEBE) if holder is not None else ()
        outputs = source.children(holder, "output", ZEEBE) if holder is not None else ()
        priority = source.extension(element, "jobPriorityDefinition", ZEEBE)
        return NodeFields(
            inputs=tuple(self._mapping(source, one) for one in inputs),
            outputs=tuple(self._mapping(source, one) for one in outputs),
            listeners=self._listeners(source, element),
            properties=self._properties(source, element),
            async_before=False,
            async_after=False,
            exclusive=True,
            retry=None,
            job_priority=source.field(source.attribute(priority, "priority"), priority)
            if priority is not None
            else source.default_priority,
        )

    def process(self, source: Source, element: Element) -> ProcessFields:
        """Return version tag, properties and the forms kept inside the diagram."""
        tag = source.extension(element, "versionTag", ZEEBE)
        priority = source.extension(element, "jobPriorityDefinition", ZEEBE)
        source.default_priority = source.field(source.attribute(priority, "priority"), priority) if priority is not None else None
        forms = {source.attribute(form, "id") or "": source.text(form) for form in source.extensions(element, "userTaskForm", ZEEBE)}
        return ProcessFields(
            version_tag=source.attribute(tag, "value") if tag is not None else None,
            history_time_to_live=None,
            candidate_starter_groups=(),
            candidate_starter_users=(),
            startable_in_tasklist=True,
            listeners=self._listeners(source, element),
            properties=self._properties(source, element),
            embedded_forms=MappingProxyType(forms) if forms else EMPTY,
        )

    def work(self, source: Source, element: Element, *, holder: Element | None = None) -> Implementation | None:
        """Return the job of Properties panel > Task definition, with its headers."""
        definition = source.extension(element, "taskDefinition", ZEEBE)
        headers = self._headers(source, source.extension(element, "taskHeaders", ZEEBE))
        return self._job(source, definition, "taskDefinition", headers) if definition is not None else None

    def rules(self, source: Source, element: Element) -> RuleImplementation | None:
        """Return the called decision, else the job."""
        called = source.extension(element, "calledDecision", ZEEBE)
        if called is None:
            return self.work(source, element)
        decision = source.field(source.attribute(called, "decisionId"), called)
        result = source.attribute(called, "resultVariable")
        binding = self._binding(source, called)
        if decision is None:
            return None
        return DecisionCall(decision=decision, binding=binding, result_variable=result, line=called.line)

    def script(self, source: Source, element: Element) -> Implementation | None:
        """Return the FEEL expression of Properties panel > Script, else the job."""
        script = source.extension(element, "script", ZEEBE)
        if script is None:
            return self.work(source, element) or super().script(source, element)
        expression = source.formula(source.attribute(script, "expression"), script)
        result = source.attribute(script, "resultVariable")
        return None if expression is None else ExpressionCall(expression=expression, result_variable=result, line=script.line)

    def user_task(self, source: Source, element: Element) -> UserTaskFields:
        """Return assignment, schedule, priority and form of a user task."""
        standard = super().user_task(source, element)

        def field(holder: str, local: str) -> Expression | None:
            found = source.extension(element, holder, ZEEBE)
            return source.field(source.attribute(found, local), found) if found is not None else None

        return UserTaskFields(
            assignee=field("assignmentDefinition", "assignee") or standard["assignee"],
            candidate_users=field("assignmentDefinition", "candidateUsers") or standard["candidate_users"],
            candidate_groups=field("assignmentDefinition", "candidateGroups") or standard["candidate_groups"],
            due_date=field("taskSchedule", "dueDate"),
            follow_up_date=field("taskSchedule", "followUpDate"),
            priority=field("priorityDefinition", "priority"),
            form=self._form(source, element),
        )

    def call(self, source: Source, element: Element) -> CallFields:
        """Return the called process; variables are copied both ways unless the switches say no."""
        called = source.extension(element, "calledElement", ZEEBE)
        if called is None:
            return replace_call(super().call(source, element))
        key = source.field(source.attribute(called, "businessId"), called)
        named = source.field(source.attribute(called, "processId"), called)
        return CallFields(
            # Files of the first versions have the expression in an attribute of its own.
            called_element=named or source.formula(source.attribute(called, "processIdExpression"), called),
            binding=self._binding(source, called),
            call_inputs=(VariableMapping(source=key, business_key=True, line=called.line),) if key is not None else (),
            call_outputs=(),
            propagate_all_parent=source.flag(called, "propagateAllParentVariables", default=True),
            propagate_all_child=source.flag(called, "propagateAllChildVariables", default=True),
        )

    def multi_instance(self, source: Source, element: Element, *, sequential: bool) -> MultiInstance:
        """Return a multi-instance from Properties panel > Multi-instance."""
        standard = super().multi_instance(source, element, sequential=sequential)
        loop = source.extension(element, "loopCharacteristics", ZEEBE)
        if loop is None:
            return standard
        return replace(
            standard,
            collection=source.formula(source.attribute(loop, "inputCollection"), loop),
            element_variable=source.attribute(loop, "inputElement"),
            output_collection=source.attribute(loop, "outputCollection"),
            output_element=source.formula(source.attribute(loop, "outputElement"), loop),
        )

    def correlation_key(self, source: Source, message: Element) -> Expression | None:
        """Return Properties panel > Message > Subscription correlation key."""
        subscription = source.extension(message, "subscription", ZEEBE)
        return source.formula(source.attribute(subscription, "correlationKey"), subscription) if subscription is not None else None

    def condition_filter(self, source: Source, definition: Element) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return ``zeebe:conditionalFilter``."""
        found = source.extension(definition, "conditionalFilter", ZEEBE)
        if found is None:
            return (), ()
        return names_list(source.attribute(found, "variableNames")), names_list(source.attribute(found, "variableEvents"))

    def start_form(self, source: Source, element: Element) -> tuple[FormReference | None, str | None]:
        """Return the start form; Camunda 8 has no initiator variable."""
        return self._form(source, element), None

    def ad_hoc(self, source: Source, element: Element) -> AdHocFields:
        """Return ``zeebe:adHoc``."""
        found = source.extension(element, "adHoc", ZEEBE)
        if found is None:
            return super().ad_hoc(source, element)
        return AdHocFields(
            active_elements=source.formula(source.attribute(found, "activeElementsCollection"), found),
            output_collection=source.attribute(found, "outputCollection"),
            output_element=source.formula(source.attribute(found, "outputElement"), found),
        )

    # Parts.

    def _mapping(self, source: Source, element: Element) -> VariableMapping:
        target = (source.attribute(element, "target") or "").strip()
        if not target:
            goes_in = element.name.local == "input"
            source.refuse(
                element,
                "bpmn/invalid-value",
                f"the {element.name.local} has no name",
                property="Inputs > Local variable name" if goes_in else "Outputs > Process variable name",
                expected="the name of a variable",
                found="nothing",
            )
        return VariableMapping(
            target=target,
            source=source.field(source.attribute(element, "source"), element),
            line=element.line,
        )

    def _binding(self, source: Source, element: Element) -> Binding:
        text = source.attribute(element, "bindingType") or "latest"
        if text not in ("latest", "deployment", "versionTag"):
            source.refuse(
                element,
                "bpmn/invalid-value",
                "zeebe:bindingType is none of the bindings",
                property="Binding",
                expected="latest, deployment, versionTag",
                found=text,
            )
            return Binding()
        kind = BindingKind(text)
        if kind is not BindingKind.VERSION_TAG:
            return Binding(kind=kind)
        value = source.field(source.attribute(element, "versionTag"), element)
        if value is None:
            source.refuse(
                element,
                "bpmn/binding-without-value",
                "the binding asks for a version tag that is not given",
                property="Version tag",
                expected="a version tag",
                found="nothing",
                hint="fill in Version tag next to Binding in the properties panel",
            )
        return Binding(kind=kind, value=value)

    def _properties(self, source: Source, element: Element) -> Mapping[str, str]:
        found: dict[str, str] = {}
        for holder in source.extensions(element, "properties", ZEEBE):
            for one in source.children(holder, "property", ZEEBE):
                found[source.attribute(one, "name") or ""] = source.attribute(one, "value") or ""
        return MappingProxyType(found) if found else EMPTY

    def _headers(self, source: Source, holder: Element | None) -> Mapping[str, str]:
        pairs: dict[str, str] = {}
        for one in source.children(holder, "header", ZEEBE) if holder is not None else ():
            pairs[source.attribute(one, "key") or ""] = source.attribute(one, "value") or ""
        return MappingProxyType(pairs) if pairs else EMPTY

    def _job(self, source: Source, element: Element, kind: str, headers: Mapping[str, str]) -> HandlerCall | None:
        name = source.field(source.attribute(element, "type"), element)
        retries = source.field(source.attribute(element, "retries"), element)
        return None if name is None else HandlerCall(name=name, kind=kind, retries=retries, headers=headers, line=element.line)

    def _listeners(self, source: Source, element: Element) -> tuple[Listener, ...]:
        found: list[Listener] = []
        for kind in ListenerKind:
            holder = source.extension(element, f"{kind}Listeners", ZEEBE)
            for one in source.children(holder, f"{kind}Listener", ZEEBE) if holder is not None else ():
                event = source.attribute(one, "eventType") or ""
                job = self._job(source, one, "listener", self._headers(source, source.child(one, "taskHeaders", ZEEBE)))
                if job is not None:
                    found.append(Listener(kind=kind, event=event, work=job, line=one.line))
                else:
                    source.refuse(
                        one,
                        "bpmn/missing-implementation",
                        f"the listener for {event or 'an event'} names nothing that does its work",
                        property="Listeners > Type",
                        expected="a job type",
                        found="nothing",
                        hint=f"fill in Properties panel > {kind.capitalize()} listeners > Type",
                    )
        return tuple(found)

    def _form(self, source: Source, element: Element) -> FormReference | None:
        found = source.extension(element, "formDefinition", ZEEBE)
        if found is None:
            return None
        if form_id := source.attribute(found, "formId"):
            return FormReference(form_id=form_id, binding=self._binding(source, found), line=found.line)
        if key := source.attribute(found, "formKey"):
            if key.startswith(EMBEDDED_FORM):
                embedded = Binding(kind=BindingKind.DEPLOYMENT)
                return FormReference(form_id=key.removeprefix(EMBEDDED_FORM), binding=embedded, line=found.line)
            return FormReference(key=key, line=found.line)
        external = source.field(source.attribute(found, "externalReference"), found)
        return FormReference(external=external, line=found.line) if external is not None else None


def replace_call(fields: CallFields) -> CallFields:
    """Return a call as Camunda 8 runs one that gives only the standard's ``calledElement``: variables copied both ways."""
    return CallFields(
        called_element=fields["called_element"],
        binding=fields["binding"],
        call_inputs=(),
        call_outputs=(),
        propagate_all_parent=True,
        propagate_all_child=True,
    )
