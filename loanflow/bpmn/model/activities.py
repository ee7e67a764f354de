"""Tasks, sub-processes and call activities (BPMN 2.0.2, clause 10.3 "Activities")."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType

from loanflow.bpmn.model.events import Message
from loanflow.bpmn.model.expression import LATEST, Binding, Expression
from loanflow.bpmn.model.process import Container, FlowNode

_EMPTY: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class VariableMapping:
    """One line of an input or output mapping: ``target`` gets the value of ``source``.

    ``target`` is a variable name, dotted for a nested context (Camunda 8). ``source`` None means the Camunda 7
    list/map forms, held in ``items`` (a list) or ``entries`` (a map), which may hold further ones without a target, or ``work``:
    a script in a foreign language, whose handler ``ELEMENT_ID.TARGET`` gives the value. ``all_variables`` copies everything
    (``variables="all"``); ``business_key`` sets the called case's business key; ``local`` takes the inner scope only.
    """

    target: str = ""
    source: Expression | None = None
    items: tuple[Expression | VariableMapping, ...] | None = None
    entries: tuple[tuple[Expression, Expression | VariableMapping], ...] | None = None
    work: HandlerCall | None = None
    all_variables: bool = False
    business_key: bool = False
    local: bool = False
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MultiInstance:
    """Run the activity once per item of ``collection`` or ``cardinality`` times (clause 10.3.8).

    ``async_before``, ``async_after``, ``exclusive`` and ``retry`` are the save points of each instance, as on a flow node.
    """

    sequential: bool
    cardinality: Expression | None = None
    collection: Expression | None = None
    element_variable: str | None = None
    output_collection: str | None = None
    output_element: Expression | None = None
    completion_condition: Expression | None = None
    async_before: bool = False
    async_after: bool = False
    exclusive: bool = True
    retry: str | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StandardLoop:
    """Repeat the activity while ``condition`` holds (for ever, where None), at most ``maximum`` times (None: no limit).

    ``test_before`` looks at the condition before the first time too.
    """

    condition: Expression | None
    maximum: int | None
    test_before: bool
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity(FlowNode):
    """What does work."""

    multi_instance: MultiInstance | None = None
    loop: StandardLoop | None = None
    for_compensation: bool = False


_DURATION = r"P(?=.)(\d+W)?(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?"
_RETRY = re.compile(rf"R\d+/{_DURATION}|{_DURATION}(\s*,\s*{_DURATION})*")


@lru_cache(maxsize=256)
def is_retry_time_cycle(text: str) -> bool:
    """Say whether the text tells how often and when a failed job is tried again, as ``R3/PT10M`` and ``PT1M,PT10M`` do."""
    return _RETRY.fullmatch(text.strip()) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorCase:
    """The BPMN error that the answer or the failure of an external task stands for, where ``condition`` holds."""

    condition: Expression
    code: Expression | None = None
    message: Expression | None = None
    line: int | None = None


CONNECTOR = "connector"
"""The kind of a `HandlerCall` that stands for a Camunda 7 connector: its results stay local, and its inputs read the task's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandlerCall:
    """A job for a handler registered under ``name``: external topic, job type, delegate or class.

    ``kind`` is the attribute it came from (``external``, ``delegateExpression``, ``class``, ``expression``,
    ``taskDefinition``, ``connector``), for messages. ``name`` is an expression where the dialect allows one.
    ``retries`` is how often it is tried; None means the handler's own number. ``computed_headers`` are those whose text is
    computed when the job is made. ``errors`` are looked at, in order, when it has answered or failed.
    """

    name: Expression
    kind: str
    retries: Expression | None = None
    result_variable: str | None = None
    headers: Mapping[str, str] = field(default_factory=lambda: _EMPTY)
    computed_headers: tuple[tuple[str, Expression], ...] = ()
    errors: tuple[ErrorCase, ...] = ()
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpressionCall:
    """A value computed in place; ``result_variable`` None throws it away."""

    expression: Expression
    result_variable: str | None = None
    line: int | None = None


class ResultMapper(StrEnum):
    """How a Camunda 7 decision's list of rows becomes one value."""

    SINGLE_ENTRY = "singleEntry"
    SINGLE_RESULT = "singleResult"
    COLLECT_ENTRIES = "collectEntries"
    RESULT_LIST = "resultList"


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionCall:
    """A DMN decision by id; ``mapper`` is None for Camunda 8, whose decisions already give one value."""

    decision: Expression
    binding: Binding = LATEST
    result_variable: str | None = None
    mapper: ResultMapper | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FormField:
    """One field of a Camunda 7 generated form (``camunda:formField``)."""

    id: str
    type: str
    label: str | None = None
    default: Expression | None = None
    date_pattern: str | None = None
    values: tuple[tuple[str, str], ...] = ()
    constraints: tuple[tuple[str, str | None], ...] = ()
    properties: Mapping[str, str] = field(default_factory=lambda: _EMPTY)
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FormReference:
    """Which form a person fills in: a ``.form`` by id, an embedded Camunda 8 form, generated fields, or a key.

    Exactly one of ``form_id``, ``fields``, ``key`` and ``external`` is set; ``key`` is any form key that names
    neither (kept for the embedding program); ``external`` is Camunda 8's external reference.
    """

    form_id: str | None = None
    binding: Binding = LATEST
    fields: tuple[FormField, ...] = ()
    key: str | None = None
    external: Expression | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoneTask(Activity):
    """A task of no kind: passed through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ManualTask(Activity):
    """Work outside the system: passed through, as Camunda does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UserTask(Activity):
    """Work for a person. ``different_from`` names the flow nodes whose actors may not act here; ``("*",)`` means all earlier ones.

    It is read from the extension property ``loanflow:different-from``. ``title`` is left to ``name``.
    """

    assignee: Expression | None = None
    candidate_users: Expression | None = None
    candidate_groups: Expression | None = None
    due_date: Expression | None = None
    follow_up_date: Expression | None = None
    priority: Expression | None = None
    form: FormReference | None = None
    different_from: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceTask(Activity):
    """Work for a program."""

    implementation: HandlerCall | ExpressionCall | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SendTask(Activity):
    """Sends something: runs as a job."""

    implementation: HandlerCall | ExpressionCall | None = None
    message: Message | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BusinessRuleTask(Activity):
    """Asks a decision, or a handler that stands for a rule engine."""

    implementation: DecisionCall | HandlerCall | ExpressionCall | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptTask(Activity):
    """A FEEL script in place, or a registered handler."""

    implementation: ExpressionCall | HandlerCall | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveTask(Activity):
    """Waits for a message."""

    message: Message | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallActivity(Activity):
    """Runs another process. ``inputs``/``outputs`` (local scope) surround ``call_inputs``/``call_outputs`` (``camunda:in``/``out``).

    ``propagate_all_parent`` and ``propagate_all_child`` are Camunda 8's switches (both default true there);
    False in Camunda 7, where only mappings move variables.
    """

    called_element: Expression | None = None
    binding: Binding = LATEST
    call_inputs: tuple[VariableMapping, ...] = ()
    call_outputs: tuple[VariableMapping, ...] = ()
    propagate_all_parent: bool = False
    propagate_all_child: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SubProcess(Activity):
    """A process drawn inside an activity; ``kind`` is ``embedded``, ``event``, ``transaction`` or ``adHoc``.

    The other fields are of ad-hoc ones: ``active_elements`` gives the ids of what starts, ``sequential`` lets one inner
    activity run at a time, ``completion_condition`` is looked at when an inner activity ends and ``cancel_remaining`` says
    whether it then stops the others; ``output_element`` is added to ``output_collection`` when an inner activity ends.
    """

    body: Container
    kind: str = "embedded"
    active_elements: Expression | None = None
    sequential: bool = False
    completion_condition: Expression | None = None
    cancel_remaining: bool = True
    output_collection: str | None = None
    output_element: Expression | None = None
