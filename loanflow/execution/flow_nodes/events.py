"""Events (BPMN 2.0.2, clause 13.5 "Events")."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from loanflow.execution import requests as asked
from loanflow.execution.expressions import Formula
from loanflow.execution.flow_nodes.base import FlowNodeSpec
from loanflow.execution.flow_nodes.work import Job
from loanflow.execution.tokens import Stage, Token, Wait
from loanflow.execution.triggers import Trigger

if TYPE_CHECKING:
    from loanflow.execution.machine import Machine


class StartEventSpec(FlowNodeSpec):
    """Where a process or sub-process begins; ``trigger`` is what the engine waits for before there is a case."""

    trigger: Trigger | None = None
    initiator: str | None = None
    top_level: bool = False


class CatchSpec(FlowNodeSpec):
    """Something that waits for its trigger: an intermediate catch event, or a receive task without more."""

    trigger: Trigger

    def work(self, machine: Machine, token: Token) -> bool:
        """Wait."""
        machine.arm(token, self.trigger.plan(token.visible(), machine, machine.now))
        return False

    def happened(self, machine: Machine, token: Token, values: Mapping[str, Any]) -> None:
        """What was waited for is there, with the message's variables."""
        if token.host is not None:
            chosen_by_gateway(machine, token)
        token.memo = None
        machine.accept(token, values)
        machine.proceed(token, Stage.FINISHING)


class BoundaryEventSpec(CatchSpec):
    """An event on the border of an activity. Its token is armed with the activity and dies with it."""

    interrupting: bool = True

    def happened(self, machine: Machine, token: Token, values: Mapping[str, Any]) -> None:
        """Interrupt the activity at once, or send a token beside it and wait on."""
        activity = token.host
        assert activity is not None
        assert activity.watchers is not None
        activity.watchers.remove(token)
        token.host = None
        if self.interrupting:
            token.wait = None
            machine.interrupt(activity, f"interrupted by {self.words}")
        else:
            plan = self.trigger.again(token.memo)
            if plan is not None:
                machine.watch(activity, self, plan)
        token.memo = None
        machine.record("element.entered", token)
        machine.accept(token, values)
        machine.proceed(token, Stage.FINISHING)


class BoundaryErrorSpec(FlowNodeSpec):
    """Catches errors thrown inside its activity; ``code`` None catches all."""

    code: Formula | None = None
    code_variable: str | None = None
    message_variable: str | None = None

    def error_variables(self, code: str | None, message: str) -> dict[str, Any]:
        """Return code and message under the names the model gives them."""
        values: dict[str, Any] = {}
        if self.code_variable:
            values[self.code_variable] = code
        if self.message_variable:
            values[self.message_variable] = message
        return values


class ThrowSpec(FlowNodeSpec):
    """A none event, or one that sends a message through a handler or tells a signal; an end event where nothing leaves it."""

    job: Job | None = None
    expression: Formula | None = None
    result_variable: str | None = None
    signal: Formula | None = None
    ends = False

    def work(self, machine: Machine, token: Token) -> bool:
        """Send, and wait for the job that sends."""
        if self.job is not None:
            self.job.enqueue(machine, token)
            return False
        if self.expression is not None:
            value = self.expression.value(token.visible(), machine)
            if self.result_variable:
                machine.accept(token, {self.result_variable: value})
        if self.signal is not None:
            name = self.signal.required(token.visible(), machine)
            machine.requests.append(asked.ThrowSignal(**self.where(token), name=str(name)))
            self._tell_this_case(machine, token, str(name))
            # Whoever caught it may have interrupted what this event is part of.
            return token.id in machine.tasks
        return True

    def _tell_this_case(self, machine: Machine, thrower: Token, name: str) -> None:
        # Those of this case who wait for it hear it at once, before any further step; the host tells the others.
        waiting = [token for token in machine.tasks.values() if token.wait == Wait.SIGNAL and token.memo[0] == name]
        for token in waiting:
            spec = token.task_spec
            if token.id in machine.tasks and token.wait == Wait.SIGNAL and isinstance(spec, CatchSpec):
                machine.requests.append(asked.Unsubscribe(**spec.where(token)))
                machine.record("message.received", token)
                spec.happened(machine, token, {})

    def complete_with(self, machine: Machine, token: Token, values: Mapping[str, Any]) -> None:
        """Take the handler's outputs."""
        super().complete_with(machine, token, self.job.results(values) if self.job is not None else values)

    def leave(self, machine: Machine, token: Token) -> None:
        """Remember which end was reached."""
        if self.ends and token.scope.owner is None:
            machine.end_event = self.name
        super().leave(machine, token)


class ErrorEndSpec(FlowNodeSpec):
    """Throws an error: the nearest catching boundary event goes on, and without one the case stops with an incident."""

    code: Formula | None = None
    message: Formula | None = None

    def work(self, machine: Machine, token: Token) -> bool:
        """Throw; the token is gone with what it interrupts, or stuck."""
        seen = token.visible()
        code = self.code.string(seen, machine) if self.code is not None else None
        message = (self.message.string(seen, machine) if self.message is not None else None) or ""
        machine.throw_or_stop(token, code, message, {})
        return False


class TerminateEndSpec(FlowNodeSpec):
    """Ends everything in its scope at once."""

    def leave(self, machine: Machine, token: Token) -> None:
        """Cancel every other token of the scope, then leave as the last."""
        scope = token.scope
        if scope.owner is None:
            machine.end_event = self.name
            machine.terminated = True
        machine.record("element.completed", token)
        machine.drop(token)
        machine.interrupt_inside(scope, f"terminated by {self.words}")
        machine.scope_emptied(scope)


def chosen_by_gateway(machine: Machine, token: Token) -> None:
    """The first of the events behind an event-based gateway has happened: give up the others and pass the gateway."""
    gateway = token.host
    assert gateway is not None
    assert gateway.watchers is not None
    assert token.flow is not None
    gateway.watchers.remove(token)
    token.host = None
    machine.disarm(gateway)
    machine.record("element.completed", gateway)
    machine.records.append(asked.Record(kind="flow.taken", token=token.id, element_id=token.flow, program=token.task_spec.program_id))
    machine.drop(gateway)
    machine.record("element.entered", token)
