"""BPMN as the standard has it, without a vendor; the vendors' extensions replace what their files say differently."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeAlias, TypedDict

from loanflow.bpmn.model import (
    Binding,
    DecisionCall,
    ErrorEvent,
    Expression,
    ExpressionCall,
    FormReference,
    HandlerCall,
    Language,
    Listener,
    MultiInstance,
    VariableMapping,
)
from loanflow.bpmn.source import Source, unprefixed
from loanflow.xmltree import Element, Name

Implementation: TypeAlias = HandlerCall | ExpressionCall
RuleImplementation: TypeAlias = DecisionCall | HandlerCall | ExpressionCall

EMPTY: Mapping[str, str] = MappingProxyType({})
FEEL_FORMATS = frozenset({"feel", "feel-scala", "text/feel", "application/feel"})


class SavePoints(TypedDict):
    """Where a case is saved around an element or an instance of it, and how often its job is tried."""

    async_before: bool
    async_after: bool
    exclusive: bool
    retry: str | None


class NodeFields(SavePoints):
    """What any flow node may carry."""

    inputs: tuple[VariableMapping, ...]
    outputs: tuple[VariableMapping, ...]
    listeners: tuple[Listener, ...]
    properties: Mapping[str, str]
    job_priority: Expression | None


class HeaderFields(TypedDict):
    """What a job is given beside the variables."""

    headers: Mapping[str, str]
    computed_headers: tuple[tuple[str, Expression], ...]


class UserTaskFields(TypedDict):
    """Who does a user task, by when, and with which form."""

    assignee: Expression | None
    candidate_users: Expression | None
    candidate_groups: Expression | None
    due_date: Expression | None
    follow_up_date: Expression | None
    priority: Expression | None
    form: FormReference | None


class CallFields(TypedDict):
    """What a call activity calls, and with which variables."""

    called_element: Expression | None
    binding: Binding
    call_inputs: tuple[VariableMapping, ...]
    call_outputs: tuple[VariableMapping, ...]
    propagate_all_parent: bool
    propagate_all_child: bool


class ProcessFields(TypedDict):
    """What a process carries besides its body."""

    version_tag: str | None
    history_time_to_live: str | None
    candidate_starter_groups: tuple[str, ...]
    candidate_starter_users: tuple[str, ...]
    startable_in_tasklist: bool
    listeners: tuple[Listener, ...]
    properties: Mapping[str, str]
    embedded_forms: Mapping[str, str]


class AdHocFields(TypedDict):
    """What an ad-hoc sub-process starts and gathers."""

    active_elements: Expression | None
    output_collection: str | None
    output_element: Expression | None


class Extension:
    """How a file of one dialect says what the standard leaves open; this one is the standard alone.

    Every method looks through the ``Source``, so that what it does not ask for is reported.
    """

    ignored: Mapping[Name, str] = MappingProxyType({})
    """Vendor elements and attributes ignored on purpose, with the reason in words."""

    refused: Mapping[Name, str] = MappingProxyType({})
    """Vendor elements and attributes that are known and not supported, with what to do instead."""

    def node(self, source: Source, element: Element) -> NodeFields:
        """Return what any flow node may carry."""
        return NodeFields(
            inputs=(),
            outputs=(),
            listeners=(),
            properties=EMPTY,
            async_before=False,
            async_after=False,
            exclusive=True,
            retry=None,
            job_priority=None,
        )

    def process(self, source: Source, element: Element) -> ProcessFields:
        """Return what a process carries."""
        return ProcessFields(
            version_tag=None,
            history_time_to_live=None,
            candidate_starter_groups=(),
            candidate_starter_users=(),
            startable_in_tasklist=True,
            listeners=(),
            properties=EMPTY,
            embedded_forms=EMPTY,
        )

    def work(self, source: Source, element: Element, *, holder: Element | None = None) -> Implementation | None:
        """Return what does the work of a service or send task, or sends a thrown message; None where the file names nothing.

        ``holder`` is the message event definition for thrown messages: some vendors write it there.
        """
        return None

    def rules(self, source: Source, element: Element) -> RuleImplementation | None:
        """Return what a business rule task asks."""
        return self.work(source, element)

    def script(self, source: Source, element: Element) -> Implementation | None:
        """Return what a script task computes: FEEL in place, or the handler registered under the task's id.

        Other languages are kept as a ``HandlerCall`` of kind ``script``, with the language in its headers.
        """
        script_format = (source.attribute(element, "scriptFormat") or "").strip()
        body = source.child(element, "script")
        text = source.text(body) if body is not None else ""
        return self.script_of(source, element, script_format, text, line=body.line if body is not None else element.line)

    def script_of(
        self, source: Source, element: Element, script_format: str, text: str, *, line: int, name: str | None = None
    ) -> Implementation | None:
        """Return a script's implementation from its language and text; ``name`` is its handler's, the element's id where None."""
        if not text:
            return None
        language = {"juel": Language.JUEL}.get(script_format.lower())
        if script_format.lower() in FEEL_FORMATS:
            language = Language.FEEL
        if language is not None:
            text = text.removeprefix("=").strip() if language is Language.FEEL else text
            return ExpressionCall(expression=Expression(text=text, language=language, line=line), line=line)
        return HandlerCall(
            name=Expression(text=name or element.get("id") or "", language=Language.LITERAL, line=line),
            kind="script",
            headers=MappingProxyType({"scriptFormat": script_format}),
            line=line,
        )

    def user_task(self, source: Source, element: Element) -> UserTaskFields:
        """Return who does a user task: the standard's own performers, where they are given by an expression."""
        users, groups = self._owners(source, element)
        return UserTaskFields(
            assignee=self._performer(source, element),
            candidate_users=users,
            candidate_groups=groups,
            due_date=None,
            follow_up_date=None,
            priority=None,
            form=None,
        )

    def call(self, source: Source, element: Element) -> CallFields:
        """Return what a call activity calls."""
        return CallFields(
            called_element=self._called(source, element),
            binding=Binding(),
            call_inputs=(),
            call_outputs=(),
            propagate_all_parent=False,
            propagate_all_child=False,
        )

    def multi_instance(self, source: Source, element: Element, *, sequential: bool) -> MultiInstance:
        """Return a multi-instance from the standard's own children."""
        cardinality = source.child(element, "loopCardinality")
        completion = source.child(element, "completionCondition")
        collection = source.child(element, "loopDataInputRef")
        item = source.child(element, "inputDataItem")
        output = source.child(element, "loopDataOutputRef")
        output_item = source.child(element, "outputDataItem")
        return MultiInstance(
            sequential=sequential,
            cardinality=self.number(source, cardinality),
            collection=source.variable(unprefixed(source.text(collection), collection), collection) if collection is not None else None,
            element_variable=_item_name(source, item),
            output_collection=unprefixed(source.text(output), output) if output is not None else None,
            output_element=source.variable(_item_name(source, output_item), output_item) if output_item is not None else None,
            completion_condition=source.formula(source.text(completion), completion) if completion is not None else None,
            line=element.line,
        )

    def number(self, source: Source, element: Element | None) -> Expression | None:
        """Return a loop cardinality: a plain whole number, or an expression."""
        if element is None:
            return None
        text = source.text(element)
        return source.field(text, element) if text.isdigit() else source.formula(text, element)

    def correlation_key(self, source: Source, message: Element) -> Expression | None:
        """Return the correlation key of a ``<message>``, None where cases are found by business key."""
        return None

    def error(self, source: Source, definition: Element, event: ErrorEvent) -> ErrorEvent:
        """Return the error event with the variables that receive code and message."""
        return event

    def error_cases(self, source: Source, element: Element) -> tuple[tuple[Element, Expression], ...]:
        """Return the errors that a task's answer or failure stands for, each a reference to an error with its condition."""
        return ()

    def error_message(self, source: Source, error: Element) -> Expression | None:
        """Return the message an ``<error>`` carries when thrown."""
        return None

    def escalation_variable(self, source: Source, definition: Element) -> str | None:
        """Return the variable that receives the escalation's code."""
        return None

    def condition_filter(self, source: Source, definition: Element) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the variables, and the kinds of change, that make a conditional event look again."""
        return (), ()

    def signal_inputs(self, source: Source, definition: Element) -> tuple[VariableMapping, ...]:
        """Return the variables that a thrown signal carries."""
        return ()

    def flow_listeners(self, source: Source, flow: Element) -> tuple[Listener, ...]:
        """Return the listeners of a sequence flow."""
        return ()

    def start_form(self, source: Source, element: Element) -> tuple[FormReference | None, str | None]:
        """Return the form shown to whoever starts the process, and the variable that receives their id."""
        return None, None

    def ad_hoc(self, source: Source, element: Element) -> AdHocFields:
        """Return what an ad-hoc sub-process starts, and what it gathers from the activities that it ran."""
        return AdHocFields(active_elements=None, output_collection=None, output_element=None)

    def _called(self, source: Source, element: Element) -> Expression | None:
        text = source.attribute(element, "calledElement")
        return source.field(unprefixed(text.strip(), element) if text and "{" not in text else text, element)

    def _performer(self, source: Source, element: Element) -> Expression | None:
        holder = source.child(element, "humanPerformer")
        formal = _assignment(source, holder)
        return source.field(source.text(formal), formal) if formal is not None else None

    def _owners(self, source: Source, element: Element) -> tuple[Expression | None, Expression | None]:
        users, groups = named_people(source, tuple(element.all("potentialOwner")))

        def joined(words: tuple[str, ...]) -> Expression | None:
            text = ",".join(words)
            if not text:
                return None
            language = Language.JUEL if "${" in text or "#{" in text else Language.LITERAL
            return Expression(text=text, language=language, line=element.line)

        return joined(users), joined(groups)


def _assignment(source: Source, holder: Element | None) -> Element | None:
    """Return the formal expression that names people, or None where only a resource is named."""
    if holder is None or (assignment := source.child(holder, "resourceAssignmentExpression")) is None:
        return None
    return source.child(assignment, "formalExpression") or source.child(assignment, "expression")


def named_people(source: Source, holders: tuple[Element, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the users and groups that resource assignments name.

    Camunda writes ``user(anna), group(risk)`` there, and takes a plain word for a group.
    """
    users: list[str] = []
    groups: list[str] = []
    for holder in holders:
        formal = _assignment(source, holder)
        if formal is None:
            continue
        source.take(holder)
        for part in source.text(formal).split(","):
            word = part.strip()
            if word.startswith("user(") and word.endswith(")"):
                users.append(word[5:-1].strip())
            elif word:
                groups.append(word[6:-1].strip() if word.startswith("group(") and word.endswith(")") else word)
    return tuple(users), tuple(groups)


def _item_name(source: Source, item: Element | None) -> str | None:
    if item is None:
        return None
    return source.attribute(item, "name") or source.attribute(item, "id")


def names_list(text: str | None) -> tuple[str, ...]:
    """Return the parts of a comma-separated list, without empty ones."""
    return tuple(part.strip() for part in (text or "").split(",") if part.strip())


__all__ = ["AdHocFields", "CallFields", "Extension", "NodeFields", "ProcessFields", "UserTaskFields", "named_people", "names_list"]
