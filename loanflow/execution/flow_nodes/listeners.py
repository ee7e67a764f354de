"""Listeners: work beside a flow node's own, done by registered handlers or computed in place.

Those of one event run one after the other, and the token goes on after the last. An expression's value is thrown away; what a
handler gives becomes variables. What happens to a task while it is open (it is assigned, changed, overdue or taken away) has
listeners that run beside it: each has a token of its own, which the task's does not wait for. So have the end listeners of a
Camunda 7 flow node that is cancelled.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from loanflow.execution import conditions
from loanflow.execution.expressions import Formula, Stuck
from loanflow.execution.flow_nodes.base import FlowNodeSpec
from loanflow.execution.spiff import CANCELLED, STARTED
from loanflow.execution.tokens import Beside, Scope, Stage, Token, Wait

if TYPE_CHECKING:
    from loanflow.execution.flow_nodes.work import Job
    from loanflow.execution.machine import Machine
    from loanflow.execution.mappings import Mappings


class Listener:
    """One listener, compiled; immutable. Either ``job`` or ``expression`` is its work.

    ``maps`` names the variable whose value it gives: then it stands for a line of the input or output mapping.
    """

    __slots__ = ("expression", "job", "maps")

    def __init__(self, *, job: Job | None = None, expression: Formula | None = None, maps: str | None = None) -> None:
        self.job = job
        self.expression = expression
        self.maps = maps

    def begin(self, machine: Machine, token: Token) -> bool:
        """Do the work; False where the token now waits for a job."""
        if self.job is not None:
            self.job.enqueue(machine, token)
            return False
        assert self.expression is not None
        self.expression.value(token.visible(), machine)
        return True


class Listeners:
    """All listeners of one flow node: by the stage they run in, and by the sequence flow taken."""

    def __init__(self) -> None:
        self.by_stage: dict[Stage, tuple[Listener, ...]] = {}
        self.by_flow: dict[str, tuple[Listener, ...]] = {}
        self.beside: dict[Beside, tuple[int, ...]] = {}
        """The numbers, among those of the stage ``BESIDE``, of the listeners for what happens to an open task."""
        self.outputs: Mappings | None = None
        """The output mapping, where it comes after the end listeners."""

    def add(self, stage: Stage, listeners: Sequence[Listener]) -> None:
        """Add listeners behind those that the stage has already."""
        self.by_stage[stage] = (*self.by_stage.get(stage, ()), *listeners)

    def add_beside(self, event: Beside, listener: Listener) -> None:
        """Add a listener for what happens to an open task."""
        self.beside[event] = (*self.beside.get(event, ()), len(self.by_stage.get(Stage.BESIDE, ())))
        self.add(Stage.BESIDE, [listener])

    def run(self, machine: Machine, token: Token) -> bool | None:
        """Take the token through its flow node as `FlowNodeSpec` does, with the listeners in between."""
        spec = token.task_spec
        while True:
            match token.stage:
                case Stage.TAKING:
                    if not self._listen(machine, token, self.by_flow[token.flow or ""]):
                        return None
                    token.stage = Stage.ARRIVED
                case Stage.ARRIVED:
                    if spec.async_before if token.index is None else spec.each_async_before:
                        machine.save_point(token, Stage.ENTERING)
                        return None
                    token.stage = Stage.ENTERING
                case Stage.ENTERING:
                    spec.enter(machine, token)
                    token.stage = Stage.STARTING
                case Stage.STARTING:
                    if not self._listen(machine, token, self._at(token)):
                        return None
                    token.stage = Stage.WORKING
                case Stage.WORKING:
                    if token.watchers and conditions.interrupt(machine, token):
                        return None
                    if not spec.work(machine, token) or (token.watchers and conditions.interrupt(machine, token)):
                        return None
                    token.stage = Stage.FINISHING
                case Stage.COMPLETING:
                    if not self._listen(machine, token, self._at(token)):
                        return None
                    token.stage = Stage.FINISHING
                case Stage.FINISHING:
                    spec.finish(machine, token)
                    if token.id not in machine.tasks:
                        return None
                    token.stage = Stage.ENDING if self.outputs is None else Stage.TELLING
                case Stage.TELLING:
                    if not self._listen(machine, token, self._at(token)):
                        return None
                    token.stage = Stage.MAPPING
                case Stage.MAPPING:
                    if self.outputs is not None and not self._is_whole(token):
                        self.outputs.write_out(token, machine)
                    token.stage = Stage.ENDING
                case Stage.ENDING:
                    if not self._listen(machine, token, self._at(token)):
                        return None
                    token.stage = Stage.LEAVING
                    if spec.async_after if token.index is None else spec.each_async_after:
                        machine.save_point(token, Stage.LEAVING)
                        return None
                case Stage.BESIDE:
                    if self.by_stage[Stage.BESIDE][int(token.memo[0])].begin(machine, token):
                        _leave_aside(machine, token)
                    return None
                case _:
                    return True

    def current(self, token: Token) -> Listener:
        """Return the listener whose answer the token waits for."""
        line = self.by_flow[token.flow or ""] if token.stage == Stage.TAKING else self.by_stage[Stage(token.stage)]
        return line[int(token.memo[0])]

    def _at(self, token: Token) -> tuple[Listener, ...]:
        return () if self._is_whole(token) else self.by_stage.get(Stage(token.stage), ())

    def _is_whole(self, token: Token) -> bool:
        # Of a multi-instance activity each instance has them, the activity as a whole has not.
        return token.index is None and token.task_spec.instances is not None

    def _listen(self, machine: Machine, token: Token, listeners: Sequence[Listener]) -> bool:
        memo = token.memo or [0]
        for number in range(int(memo[0]), len(listeners)):
            token.memo = [number, *memo[1:]]
            if not listeners[number].begin(machine, token):
                return False
        if listeners:
            token.memo = [0, *memo[1:]] if memo[1:] else None
        return True

    def tell(self, machine: Machine, task: Token, event: Beside) -> None:
        """Let each listener for what happened to the task run beside it; of a multi-instance activity each instance has them."""
        for number in () if self._is_whole(task) else self.beside.get(event, ()):
            self.tell_one(machine, task, number)

    def tell_one(self, machine: Machine, task: Token, number: int) -> None:
        """Let one listener run beside the task, or where the case goes on if the task's own scope is about to go."""
        scope = _staying(machine, task.scope)
        beside = machine.new_token(task.task_spec, scope)
        beside.stage = Stage.BESIDE
        beside.memo = [number]
        seen = task.visible() if scope is not task.scope else task.own.variables if task.own is not None else None
        if seen is not None:
            beside.own = Scope(program=scope.program, parent=scope, owner=beside, variables=dict(seen), depth=scope.depth)
        machine.ready.append(beside)


def _staying(machine: Machine, scope: Scope) -> Scope:
    # What a listener gives after its process instance has gone, goes with it.
    owner = scope.owner
    if owner is None or (scope.body is not None and owner._state != CANCELLED):  # pyright: ignore[reportPrivateUsage]
        return scope
    outer = _staying(machine, owner.scope)
    if not scope.isolated:
        return outer
    rest = machine.new_token(owner.task_spec, outer)
    rest.stage, rest.wait, rest._state = Stage.BESIDE, Wait.SCOPE, STARTED  # pyright: ignore[reportPrivateUsage]
    rest.body = Scope(program=scope.program, parent=outer, owner=rest, body=scope.body, isolated=True, depth=scope.depth)
    rest.body.business_key = scope.business_key
    return rest.body


def answered(machine: Machine, token: Token, values: Mapping[str, Any]) -> None:
    """Take what a listener's handler gave, and go on."""
    listeners = token.task_spec.listeners
    assert listeners is not None
    name = listeners.current(token).maps
    if name is not None:
        _map(machine, token, name, values)
        return
    machine.assign(token, token.scope if token.stage == Stage.BESIDE else token.variables, values)
    if token.stage == Stage.BESIDE:
        _leave_aside(machine, token)
    else:
        _next(machine, token)


def _next(machine: Machine, token: Token) -> None:
    token.memo[0] = int(token.memo[0]) + 1
    machine.proceed(token, token.stage)


def _map(machine: Machine, token: Token, name: str, values: Mapping[str, Any]) -> None:
    if name not in values:
        raise Stuck("mapping-failed", f"{token.task_spec.words}: the handler of the mapping of {name} gave no {name}")
    value = {name: values[name]}
    if token.stage == Stage.STARTING:
        machine.assign_local(token, machine.own_scope(token), value)
    else:
        machine.assign(token, token.scope if token.index is None else token.variables, value)
    _next(machine, token)


def _leave_aside(machine: Machine, token: Token) -> None:
    # The last one takes along what is left of the call activity that it was called by.
    scope = token.scope
    machine.drop(token)
    if scope.owner is not None and scope.owner.stage == Stage.BESIDE:
        _leave_aside(machine, scope.owner)
    elif not scope.tokens:
        machine.scope_emptied(scope)


class ProcessEndSpec(FlowNodeSpec):
    """What a process's own ``end`` listeners run on, once nothing else of it is left."""

    def leave(self, machine: Machine, token: Token) -> None:
        """End the process for good."""
        scope = token.scope
        machine.record("element.completed", token)
        machine.drop(token)
        machine.scope_ended(scope)
