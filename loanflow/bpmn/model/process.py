"""Processes, sequence flows and what every flow node has (BPMN 2.0.2, clauses 8.4 and 10.1 to 10.2)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from loanflow.bpmn.model.diagram import Diagram
from loanflow.bpmn.model.expression import Expression
from loanflow.problems import Problem

if TYPE_CHECKING:
    from loanflow.bpmn.model.activities import ExpressionCall, HandlerCall, VariableMapping
    from loanflow.bpmn.model.events import TimerEvent

_EMPTY: Mapping[str, str] = MappingProxyType({})
_DAYS = re.compile(r"P([0-9]{1,9})D|([0-9]{1,9})")


class Dialect(StrEnum):
    """For which engine family a file was drawn; decides expression language, result mapping and null rules."""

    CAMUNDA7 = "camunda7"
    CAMUNDA8 = "camunda8"
    SPEC = "spec"


class ListenerKind(StrEnum):
    """What a listener listens to: the token (``start``, ``end``, ``take``), or a person's task (``create``, ``completing``, ...)."""

    EXECUTION = "execution"
    TASK = "task"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """Work done beside the element's own, when a token or a task comes to ``event``.

    ``event`` is the file's own word: ``start``, ``end`` and ``take`` of an execution listener; ``create``, ``assignment``,
    ``complete``, ``update``, ``delete`` and ``timeout`` (Camunda 7) or ``creating``, ``assigning``, ``updating``,
    ``completing`` and ``canceling`` (Camunda 8) of a task listener. ``work`` is a registered handler or an expression, whose
    value is thrown away; a script in a foreign language is a handler of kind ``script`` named ``ELEMENT_ID.EVENT``.
    ``timer`` says when a ``timeout`` listener is due, counted from the task's creation.
    """

    kind: ListenerKind
    event: str
    work: HandlerCall | ExpressionCall
    id: str | None = None
    timer: TimerEvent | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowNode:
    """An activity, gateway or event; ``incoming`` and ``outgoing`` are sequence flow ids in document order.

    ``properties`` are the extension properties of Camunda Modeler's panel. ``retry`` is the text of a retry
    cycle such as ``R3/PT10M``; ``async_before`` and ``async_after`` are the model's own save points.
    """

    id: str
    name: str | None = None
    line: int | None = None
    documentation: str | None = None
    incoming: tuple[str, ...] = ()
    outgoing: tuple[str, ...] = ()
    default_flow: str | None = None
    inputs: tuple[VariableMapping, ...] = ()
    outputs: tuple[VariableMapping, ...] = ()
    listeners: tuple[Listener, ...] = ()
    properties: Mapping[str, str] = field(default_factory=lambda: _EMPTY)
    async_before: bool = False
    async_after: bool = False
    exclusive: bool = True
    retry: str | None = None
    job_priority: Expression | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SequenceFlow:
    """An arrow between two flow nodes; ``condition`` is None where there is none, ``listeners`` are those of ``take``."""

    id: str
    source: str
    target: str
    name: str | None = None
    condition: Expression | None = None
    listeners: tuple[Listener, ...] = ()
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """A lane with the ids of the flow nodes drawn in it; organises, does not execute."""

    id: str
    name: str | None
    flow_nodes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """Something drawn to be read: text annotation, association, group, data object or data store."""

    id: str
    kind: str
    name: str | None = None
    source: str | None = None
    target: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """Flow nodes and flows that live in one scope: the body of a process or a sub-process; document order kept."""

    nodes: Mapping[str, FlowNode]
    flows: Mapping[str, SequenceFlow]
    artifacts: tuple[Artifact, ...] = ()

    def walk(self) -> Iterator[FlowNode]:
        """Yield every flow node, those of sub-processes too, in document order."""
        for node in self.nodes.values():
            yield node
            body = getattr(node, "body", None)
            if isinstance(body, Container):
                yield from body.walk()

    def walk_flows(self) -> Iterator[SequenceFlow]:
        """Yield every sequence flow, those of sub-processes too."""
        yield from self.flows.values()
        for node in self.nodes.values():
            body = getattr(node, "body", None)
            if isinstance(body, Container):
                yield from body.walk_flows()


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """One ``<process>``; ``properties`` may hold ``loanflow:search-columns`` (see docs/reference/extensions.md)."""

    id: str
    name: str | None
    executable: bool
    body: Container
    line: int | None = None
    documentation: str | None = None
    version_tag: str | None = None
    history_time_to_live: str | None = None
    candidate_starter_groups: tuple[str, ...] = ()
    candidate_starter_users: tuple[str, ...] = ()
    startable_in_tasklist: bool = True
    lanes: tuple[Lane, ...] = ()
    listeners: tuple[Listener, ...] = ()
    properties: Mapping[str, str] = field(default_factory=lambda: _EMPTY)
    embedded_forms: Mapping[str, str] = field(default_factory=lambda: _EMPTY)
    """Camunda 8 ``zeebe:userTaskForm``: form id to form JSON."""

    @property
    def days_to_live(self) -> int | None:
        """How many days after its end a case may be removed; None: never, also where the text cannot be read.

        ``180`` and ``P180D`` are 180 days, as in Camunda 7.
        """
        found = _DAYS.fullmatch((self.history_time_to_live or "").strip())
        return None if found is None else int(found[1] or found[2])


@dataclass(frozen=True, slots=True, kw_only=True)
class Participant:
    """A pool; ``process`` is None for a black box."""

    id: str
    name: str | None
    process: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageFlow:
    """A dashed arrow between pools; drawn, not executed."""

    id: str
    source: str
    target: str
    name: str | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One BPMN file: its processes, its drawing, and what was ignored on purpose.

    ``ignored`` holds info-level problems; errors never get this far: the reader raises them.
    """

    file: str
    dialect: Dialect
    platform_version: str | None
    processes: tuple[Process, ...]
    participants: tuple[Participant, ...] = ()
    message_flows: tuple[MessageFlow, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    """What is drawn outside the processes: annotations of the collaboration."""
    diagrams: tuple[Diagram, ...] = ()
    ignored: tuple[Problem, ...] = ()
