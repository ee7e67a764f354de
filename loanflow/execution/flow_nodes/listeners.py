"""Listeners: work beside a flow node's own, done by registered handlers or computed in place.

Those of one event run one after the other, and the token goes on after the last. An expression's value is thrown away; what a
handler gives becomes variables. A task's ``assignment`` listeners run beside the task: each has a token of its own, which the
task's does not wait for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from loanflow.execution.expressions import Formula
from loanflow.execution.flow_nodes.base import FlowNodeSpec
from loanflow.execution.tokens import Scope, Stage, Token

if TYPE_CHECKING:
    from loanflow.execution.flow_nodes.work import Job
    from loanflow.execution.machine import Machine


class Listener:
    """One listener, compiled; immutable. Either ``job`` or ``expression`` is its work."""

    __slots__ = ("expression", "job")

    def __init__(self, *, job: Job | None = None, expression: Formula | None = None) -> None:
        self.job = job
        self.expression = expression

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

    def add(self, stage: Stage, listeners: Sequence[Listener]) -> None:
        """Add listeners behind those that the stage has already."""
        self.by_stage[stage] = (*self.by_stage.get(stage, ()), *listeners)

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
                    if spec.async_before and token.index is None:
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
                    if not spec.work(machine, token):
                        return None
                    token.stage = Stage.FINISHING
                case Stage.COMPLETING:
                    if not self._listen(machine, token, self._at(token)):
                        return None
                    token.stage = Stage.FINISHING
                case Stage.FINISHING:
                    spec.finish(machine, token)
                    token.stage = Stage.ENDING
                case Stage.ENDING:
                    if not self._listen(machine, token, self._at(token)):
                        return None
                    token.stage = Stage.LEAVING
                    if spec.async_after and token.index is None:
                        machine.save_point(token, Stage.LEAVING)
                        return None
                case Stage.BESIDE:
                    if self.by_stage[Stage.BESIDE][int(token.memo[0])].begin(machine, token):
                        _leave_aside(machine, token)
                    return None
                case _:
                    return True

    def _at(self, token: Token) -> tuple[Listener, ...]:
        # Of a multi-instance activity each instance has them, the activity as a whole has not.
        whole = token.index is None and token.task_spec.instances is not None
        return () if whole else self.by_stage.get(Stage(token.stage), ())

    def _listen(self, machine: Machine, token: Token, listeners: Sequence[Listener]) -> bool:
        done = 0 if token.memo is None else int(token.memo[0])
        while done < len(listeners):
            token.memo = [done]
            if not listeners[done].begin(machine, token):
                return False
            done += 1
        if listeners:
            token.memo = None
        return True

    def tell_assigned(self, machine: Machine, task: Token) -> None:
        """Let each assignment listener run beside the task."""
        for number, _ in enumerate(self.by_stage.get(Stage.BESIDE, ())):
            beside = machine.new_token(task.task_spec, task.scope)
            beside.stage = Stage.BESIDE
            beside.memo = [number]
            if task.own is not None:
                seen = dict(task.own.variables)
                beside.own = Scope(program=task.scope.program, parent=task.scope, owner=beside, variables=seen, depth=task.scope.depth)
            machine.ready.append(beside)


def answered(machine: Machine, token: Token, values: Mapping[str, Any]) -> None:
    """Take what a listener's handler gave, and go on."""
    machine.assign(token, token.scope if token.stage == Stage.BESIDE else token.variables, values)
    if token.stage == Stage.BESIDE:
        _leave_aside(machine, token)
    else:
        token.memo = [int(token.memo[0]) + 1]
        machine.proceed(token, token.stage)


def _leave_aside(machine: Machine, token: Token) -> None:
    scope = token.scope
    machine.drop(token)
    if not scope.tokens:
        machine.scope_emptied(scope)


class ProcessEndSpec(FlowNodeSpec):
    """What a process's own ``end`` listeners run on, once nothing else of it is left."""

    def leave(self, machine: Machine, token: Token) -> None:
        """End the process for good."""
        scope = token.scope
        machine.record("element.completed", token)
        machine.drop(token)
        machine.scope_ended(scope)
