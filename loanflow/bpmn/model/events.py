"""Events and what they wait for or throw (BPMN 2.0.2, clause 10.5 "Events")."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from loanflow.bpmn.model.expression import Expression
from loanflow.bpmn.model.process import FlowNode

if TYPE_CHECKING:
    from loanflow.bpmn.model.activities import VariableMapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A ``<message>``; ``correlation_key`` is Camunda 8's subscription, None where cases are found by business key."""

    id: str
    name: Expression
    correlation_key: Expression | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventDefinition:
    """What an event is about."""

    id: str | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageEvent(EventDefinition):
    """A message; ``handler`` is what sends it, for throw and end events."""

    message: Message | None = None
    handler: object | None = None
    """A ``HandlerCall`` or ``ExpressionCall`` of ``activities``; typed loosely to keep the modules acyclic."""


class TimerKind(StrEnum):
    """Which of the three timer texts is given."""

    DATE = "timeDate"
    DURATION = "timeDuration"
    CYCLE = "timeCycle"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerEvent(EventDefinition):
    """A timer: ISO 8601 date, duration, repeating interval, or cron, or an expression that gives one."""

    kind: TimerKind
    value: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorEvent(EventDefinition):
    """A BPMN error; ``code`` None catches every error. The variables receive code and message when caught."""

    code: Expression | None = None
    error_name: str | None = None
    code_variable: str | None = None
    message_variable: str | None = None
    message: Expression | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalEvent(EventDefinition):
    """A signal, by name, to everyone who waits for it; ``inputs`` are the variables a thrown one carries (``camunda:in``)."""

    name: Expression
    inputs: tuple[VariableMapping, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationEvent(EventDefinition):
    """An escalation; ``code`` None catches every escalation."""

    code: Expression | None = None
    code_variable: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionalEvent(EventDefinition):
    """A condition over variables.

    It is looked at when the event is armed and again whenever one of ``variable_names`` (any, where empty) changes in one of
    the ways of ``variable_events``: ``create``, ``update``, ``delete`` (any, where empty).
    """

    condition: Expression
    variable_names: tuple[str, ...] = ()
    variable_events: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkEvent(EventDefinition):
    """An off-page connector."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CompensateEvent(EventDefinition):
    """Undo; ``activity`` None means every completed activity of the scope; a throw waits until all is undone, unless told not to."""

    activity: str | None = None
    wait_for_completion: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelEvent(EventDefinition):
    """Cancels a transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminateEvent(EventDefinition):
    """Ends everything in the scope at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MultipleEvent(EventDefinition):
    """Several definitions on one event: any of them will do, or all of them where ``parallel``."""

    definitions: tuple[EventDefinition, ...]
    parallel: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Event(FlowNode):
    """An event; ``event`` None is a none event."""

    event: EventDefinition | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StartEvent(Event):
    """Where a process begins; ``form`` (a ``FormReference``) is shown to whoever starts it, ``initiator`` receives their id.

    ``interrupting`` matters in an event sub-process only: whether its trigger stops the scope around it.
    """

    interrupting: bool = True
    form: object | None = None
    initiator: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IntermediateCatchEvent(Event):
    """Waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IntermediateThrowEvent(Event):
    """Throws and goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndEvent(Event):
    """Where a token ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundaryEvent(Event):
    """Waits on the border of the activity ``attached_to``; ``cancel_activity`` says whether it interrupts.

    ``undone_by`` is the activity for compensation that the association of a compensation boundary event leads to.
    """

    attached_to: str
    cancel_activity: bool = True
    undone_by: str | None = None
