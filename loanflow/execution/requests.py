"""What execution asks of its host, and what it tells it: the vocabulary of the seam.

Execution is pure: ``state + command + host -> state + Step``. A ``Step`` holds requests (rows the host must write so that
work, timers and messages are found without loading a case) and records (what happened, for the history). Every request
names its ``token``: an integer unique within the case and never used twice, with which the host comes back
(``complete``, ``deliver``, ``fire``, ``throw_error``). Values are FEEL values (see ``loanflow.feel.values``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar, dataclass_transform

from loanflow.bpmn.model import BindingKind, FormReference, ResultMapper

if TYPE_CHECKING:
    from loanflow.execution.program import Program

_T = TypeVar("_T")
NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
def _stated(cls: type[_T]) -> type[_T]:
    """A frozen dataclass to the type checker; to Python a plain one, made in a third of the time: each step makes several."""
    return dataclass(slots=True, kw_only=True)(cls)


@_stated
class Request:
    """Something the host must do; ``element_id`` is where in the diagram, ``program`` the id of the definition it is in."""

    token: int
    element_id: str
    program: str


@_stated
class OpenTask(Request):
    """A person has work: write a task row. Expressions are already evaluated; instants are aware UTC.

    ``different_from`` holds flow node ids (or ``"*"``) whose actors may not act. ``instance`` is the 0-based
    number within a multi-instance body, None outside one.
    """

    name: str
    assignee: str | None = None
    candidate_users: tuple[str, ...] = ()
    candidate_groups: tuple[str, ...] = ()
    due_at: datetime | None = None
    follow_up_at: datetime | None = None
    priority: int = 50
    form: FormReference | None = None
    different_from: tuple[str, ...] = ()
    instance: int | None = None


@_stated
class CloseTask(Request):
    """The case moved on without the person: the task is cancelled; ``reason`` in words for the history."""

    reason: str


@_stated
class EnqueueJob(Request):
    """The case owes itself work, to be done after the commit.

    ``kind`` is ``handler`` (call ``handler``, then ``complete`` the token with what it returns) or ``continuation``
    (a save point: call ``resume`` on the token). ``retry`` is the model's retry text (``R3/PT10M``) and ``retries`` the
    number of tries the model asks for; None leaves both to the handler.
    """

    kind: str
    handler: str | None = None
    retries: int | None = None
    retry: str | None = None
    priority: int = 50
    headers: Mapping[str, str] = field(default_factory=lambda: NOTHING)


@_stated
class CancelJob(Request):
    """The job is no longer wanted; one that is running is fenced out."""


@_stated
class ScheduleTimer(Request):
    """Fire at ``due_at`` (aware UTC; past means at once): call ``fire`` on the token."""

    due_at: datetime


@_stated
class CancelTimer(Request):
    """The timer is no longer wanted."""


@_stated
class Subscribe(Request):
    """Wait for a message or signal (``kind``) called ``name``: call ``deliver`` on the token.

    ``correlation_key`` None means a message finds the case by its business key. Delivering ends the subscription: a
    non-interrupting boundary event subscribes anew, under a new token, as a cycle timer schedules anew.
    """

    kind: str
    name: str
    correlation_key: str | None = None


@_stated
class Unsubscribe(Request):
    """No longer waiting."""


@_stated
class ThrowSignal(Request):
    """Tell everyone in other cases who waits for the signal ``name``; this case has heard it already, within the step."""

    name: str
    variables: Mapping[str, Any] = field(default_factory=lambda: NOTHING)


@_stated
class ThrowMessage(Request):
    """Deliver the message ``name``, after the step, to the case that waits for it, or start one with it; else keep it for a while.

    ``correlation_key`` is the message's own key, evaluated where it is thrown; without one ``business_key``, the thrower's, finds
    the case.
    """

    name: str
    correlation_key: str | None = None
    business_key: str | None = None


@_stated
class RaiseIncident(Request):
    """The token is stuck until a person helps; ``resume`` on the token tries again.

    ``code`` is stable (``expression-failed``, ``no-flow-taken``, ``uncaught-error``, ``step-budget``, ...),
    ``message`` says in words which element, what was expected and what was found.
    """

    code: str
    message: str


@_stated
class DropIncident(Request):
    """The stuck token was cancelled by an interruption: its incident is void."""


@_stated
class Relocate(Request):
    """A waiting token stands at this element of another version now: its row (task, job, subscription, incident) goes with it.

    ``wait`` says which kind of row it has. A task stays as it is (name, assignee, candidates, dates, priority), but shows
    ``form`` and obeys ``different_from`` of its new element. Only a case migration asks for it.
    """

    wait: str
    form: FormReference | None = None
    different_from: tuple[str, ...] = ()


class Record(NamedTuple):
    """Something that happened, for the case's history, in order; a tuple, since a step makes many.

    ``kind`` is one of ``element.entered``, ``element.completed``, ``element.cancelled``, ``flow.taken``,
    ``variables.set``, ``error.thrown``, ``error.caught``, ``message.received``, ``timer.fired``, ``scope.started``,
    ``scope.ended``, ``escalation.thrown``, ``escalation.caught``, ``cancel.caught``, ``condition.met``, ``element.compensated``,
    ``case.ended``. ``data`` is FEEL values: for ``variables.set`` ``values`` (name -> new value),
    ``before`` (name -> old value, where there was one) and ``local`` (True for an activity's own variables); for
    ``flow.taken`` the flow's id is ``element_id`` and ``token`` the one that travels it; for ``element.cancelled``
    ``reason``; for errors ``code`` and ``message``; for one instance of a multi-instance activity ``instance``.
    """

    kind: str
    token: int
    element_id: str
    program: str
    data: Mapping[str, Any] = NOTHING


record: Callable[[tuple[str, int, str, str, Mapping[str, Any]]], Record] = partial(tuple.__new__, Record)  # pyright: ignore[reportUnknownMemberType]
"""Make a `Record` of all its parts, past the constructor's handling of arguments: there are dozens to a command."""


@_stated
class Step:
    """What one command did: requests and records in the order they came up, and whether the case has ended.

    ``outcome`` is set when ``ended``: ``completed``, ``terminated`` or ``cancelled``; ``end_event`` the id of the last end
    event reached.
    """

    requests: tuple[Request, ...]
    records: tuple[Record, ...]
    ended: bool
    outcome: str | None = None
    end_event: str | None = None


@_stated
class DecisionRequest:
    """Evaluate a decision now, inside the step: decisions are pure, so no job is needed."""

    token: int
    element_id: str
    program: str
    decision: str
    binding: BindingKind
    binding_value: str | None
    mapper: ResultMapper | None
    variables: Mapping[str, Any]


class DecisionFailed(Exception):
    """Raised by ``Host.decide``: the decision has no result; the token becomes an incident with this text."""


class Host(Protocol):
    """Who runs execution: the engine, or a test. Called only during a command; never stored."""

    def now(self) -> datetime:
        """Return the instant of this command; the same for the whole command."""
        ...

    def decide(self, request: DecisionRequest) -> Any:
        """Return the decision's value (mapped as the dialect says) or raise ``DecisionFailed``."""
        ...

    def program(self, program_id: str) -> Program:
        """Return the compiled definition of that id; used when a snapshot is loaded."""
        ...

    def called_program(self, key: str, binding: BindingKind, value: str | None, *, caller: str) -> Program | None:
        """Return the process a call activity means, or None where nothing of that key is deployed."""
        ...

    def function(self, name: str) -> Callable[..., Any] | None:
        """Return the callable registered for a bean name in a JUEL expression, or None."""
        ...
