"""Tokens and the scopes they live in: everything of a running case that changes.

A token is a SpiffWorkflow task that knows where it stands and what it waits for. Only live tokens exist: a token is dropped
the moment it leaves its flow node, and its successor has a new id. A scope holds variables, and the tokens inside a
process, sub-process or multi-instance body.
"""

from __future__ import annotations

from datetime import datetime
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Any

from loanflow.execution.spiff import COMPLETED, READY, STARTED, Task

if TYPE_CHECKING:
    from loanflow.execution.flow_nodes.base import FlowNodeSpec
    from loanflow.execution.machine import Machine
    from loanflow.execution.program import Body, Program


class Stage(IntEnum):
    """How far a token has come with its flow node; an incident goes on from here."""

    ARRIVED = 0
    ENTERING = 1
    WORKING = 2
    FINISHING = 3
    LEAVING = 4
    UNDOING = 5
    """A completed sub-process whose compensation is under way."""
    TAKING = 6
    """Listeners of the sequence flow it came by run, before it arrives."""
    STARTING = 7
    """Start listeners run, between entering and working."""
    COMPLETING = 8
    """Listeners of a completed task run, between working and finishing."""
    ENDING = 9
    """End listeners and handlers of output mappings run, between finishing and leaving."""
    BESIDE = 10
    """Not the flow node's token, but one of a listener that runs beside its task."""
    TELLING = 11
    """End listeners run, before the outputs are mapped; behind finishing."""
    MAPPING = 12
    """The outputs are mapped, after the end listeners and before handlers that map."""


class Beside(StrEnum):
    """What happens to an open task, and listeners beside it hear of."""

    ASSIGNED = "assigned"
    CHANGED = "changed"
    CLOSED = "closed"
    """The case moved on without the person."""
    OVERDUE = "overdue"
    CANCELLED = "cancelled"
    """Any flow node, not only a task, was left without being done."""


class Wait:
    """What a token waits for; these words are `TokenView.kind` and stand in snapshots."""

    TASK = "task"
    JOB = "job"
    CONTINUATION = "continuation"
    TIMER = "timer"
    MESSAGE = "message"
    SIGNAL = "signal"
    CONDITION = "condition"
    JOIN = "join"
    EVENT = "event"
    SCOPE = "scope"
    MULTI_INSTANCE = "multiInstance"
    INCIDENT = "incident"
    READY = "ready"


class Scope:
    """Variables, and the tokens inside one run of a container.

    ``body`` is the container whose flow nodes the tokens move through; None for a scope that only holds variables or
    the instances of a multi-instance activity. ``owner`` is the token of the activity the scope belongs to, None for
    the case itself. An ``isolated`` scope (a process) sees nothing of its parent. ``joins`` holds the tokens waiting at
    joins: flow node id, then flow id, then tokens in order of arrival. ``watchers`` are the armed start events of the event
    sub-processes in the container; they do not keep it alive. ``done`` lists what could be compensated, oldest first
    (see `compensation`).
    """

    __slots__ = (
        "body",
        "business_key",
        "depth",
        "done",
        "isolated",
        "joins",
        "owner",
        "parent",
        "program",
        "tokens",
        "variables",
        "watchers",
    )

    def __init__(
        self,
        *,
        program: Program,
        parent: Scope | None,
        owner: Token | None,
        body: Body | None = None,
        isolated: bool = False,
        variables: dict[str, Any] | None = None,
        depth: int = 0,
    ) -> None:
        self.program = program
        self.parent = parent
        self.owner = owner
        self.body = body
        self.isolated = isolated
        self.variables: dict[str, Any] = {} if variables is None else variables
        self.tokens: dict[int, Token] = {}
        self.joins: dict[str, dict[str, list[Token]]] | None = None
        self.watchers: list[Token] | None = None
        self.done: list[Any] | None = None
        self.business_key: str | None = None
        self.depth = depth

    def visible(self) -> dict[str, Any]:
        """Return the variables seen from here, inner ones hiding outer ones; a scope's own dict where it sees no other."""
        if self.isolated or self.parent is None:
            return self.variables
        chain: list[Scope] = [self]
        scope: Scope = self
        while not scope.isolated and scope.parent is not None:
            scope = scope.parent
            chain.append(scope)
        merged: dict[str, Any] = {}
        for scope in reversed(chain):
            merged.update(scope.variables)
        return merged

    def process(self) -> Scope:
        """Return the scope of the process instance this scope is part of."""
        scope: Scope = self
        while not scope.isolated and scope.parent is not None:
            scope = scope.parent
        return scope

    def holder(self, name: str) -> Scope:
        """Return the nearest scope that has the variable, or the process's: where a value for it is written."""
        scope: Scope = self
        while name not in scope.variables:
            if scope.isolated or scope.parent is None:
                return scope
            scope = scope.parent
        return scope


class Token(Task):
    """Where the case stands; a SpiffWorkflow task without tree, prediction and copied data.

    ``flow`` is the sequence flow it came by; ``index`` its number among the instances of a multi-instance activity;
    ``own`` the scope of the activity's local variables and ``body`` the scope of the tokens inside it (the same one for a
    sub-process). ``watchers`` are the tokens of its boundary events, or the events an event-based gateway waits for;
    their ``host`` is this token. ``apart`` marks the armed start
    event of an event sub-process: it waits beside the tokens of its scope.
    ``memo`` is what the flow node must remember: a list of texts, integers and lists of FEEL values.
    """

    id: int
    workflow: Machine
    task_spec: FlowNodeSpec

    # What SpiffWorkflow's tree would hold; live tokens have no past and no predicted future.
    _parent = None
    _children = ()
    triggered = False
    thread_id = 0
    last_state_change = 0.0
    internal_data = {}  # noqa: RUF012 - never written

    # Defaults on the class: most tokens live and go without setting any of these.
    stage: int = 0
    wait: str | None = None
    flow: str | None = None
    index: int | None = None
    own: Scope | None = None
    body: Scope | None = None
    host: Token | None = None
    apart: bool = False
    watchers: list[Token] | None = None
    memo: Any = None

    def __init__(self, machine: Machine, spec: FlowNodeSpec, scope: Scope, token_id: int, since: datetime) -> None:
        # The base class would draw a UUID, ask the clock and walk to a parent; a token needs none of it.
        self.id = token_id
        self.workflow = machine
        self.task_spec = spec
        self._state = READY
        self.scope = scope
        self.since = since
        machine.tasks[token_id] = self
        scope.tokens[token_id] = self

    @property
    def data(self) -> dict[str, Any]:
        """The variables this token sees."""
        return self.visible()

    @property
    def variables(self) -> Scope:
        """The innermost scope this token writes to and reads from."""
        return self.scope if self.own is None else self.own

    def visible(self) -> dict[str, Any]:
        """Return the variables this token sees; not to be kept or changed."""
        return (self.scope if self.own is None else self.own).visible()

    def run(self) -> bool | None:
        """As the base class, without the calls in between: True completes the task, None leaves it started."""
        spec = self.task_spec
        done = spec._run(self)  # pyright: ignore[reportPrivateUsage] - SpiffWorkflow's name
        if done:
            self._state = COMPLETED
            spec.leave(self.workflow, self)
        else:
            self._state = STARTED
        return done

    def _set_state(self, value: int) -> None:
        # The base class logs each change with a walk over the tree.
        self._state = value

    def _ready(self) -> None:
        self._state = READY
