"""Events (BPMN 2.0.2, clause 13.5 "Events")."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from loanflow.execution import compensation, steering
from loanflow.execution import requests as asked
from loanflow.execution.expressions import Formula
from loanflow.execution.flow_nodes.base import FlowNodeSpec
from loanflow.execution.flow_nodes.work import Job
from loanflow.execution.mappings import CallLine
from loanflow.execution.steering import Catch
from loanflow.execution.tokens import Scope, Stage, Token, Wait
from loanflow.execution.triggers import Plan, Trigger

if TYPE_CHECKING:
    from loanflow.execution.flow_nodes.containers import EventSubProcessSpec
    from loanflow.execution.machine import Machine


class StartEventSpec(FlowNodeSpec):
    """Where a process or sub-process begins; any of ``triggers`` is what the engine waits for before there is a case."""

    triggers: tuple[Trigger, ...] = ()
    initiator: str | None = None
    top_level: bool = False


class ArmingStartEventSpec(StartEventSpec):
    """A start event with outputs beside event sub-processes in Camunda 8: they are armed as it is left, and see what it gave."""

    def leave(self, machine: Machine, token: Token) -> None:
        """Arm the event sub-processes of the scope, then go on."""
        machine.arm_scope(token.scope)
        super().leave(machine, token)


class CatchSpec(FlowNodeSpec):
    """Something that waits for its trigger: an intermediate catch event, or a receive task without more.

    With several triggers each has a token of its own that waits on behalf of the event's: the first one that happens, or
    ``parallel`` the last one, lets the event go on.
    """

    triggers: tuple[Trigger, ...]
    parallel: bool = False

    def work(self, machine: Machine, token: Token) -> bool:
        """Wait."""
        seen = token.visible()
        plans = [trigger.plan(seen, machine, machine.now) for trigger in self.triggers]
        if len(plans) == 1:
            machine.arm(token, plans[0])
        else:
            for number, plan in enumerate(plans):
                machine.watch(token, self, plan, index=number)
            token.wait = Wait.EVENT
        return False

    def happened(self, machine: Machine, token: Token, values: Mapping[str, Any]) -> None:
        """What was waited for is there, with the message's variables."""
        host = token.host
        if host is not None and host.task_spec is self:
            assert host.watchers is not None
            host.watchers.remove(token)
            machine.drop(token)
            machine.accept(host, values)
            if self.parallel and host.watchers:
                return
            machine.disarm(host)
            token = host
        else:
            if host is not None:
                chosen_by_gateway(machine, token)
            token.memo = None
            machine.accept(token, values)
        machine.proceed(token, Stage.FINISHING)


class BoundaryEventSpec(FlowNodeSpec):
    """An event on the border of an activity.

    With ``triggers`` it waits: its tokens, one for each, are armed with the activity and die with it. With ``catch`` it
    is found by what is thrown inside the activity. A compensation event has neither: it only names its handler.
    """

    interrupting: bool = True
    triggers: tuple[Trigger, ...] = ()
    catch: Catch | None = None

    def happened(self, machine: Machine, token: Token, values: Mapping[str, Any]) -> None:
        """Interrupt the activity at once, or send a token beside it and wait on."""
        activity = token.host
        assert activity is not None
        assert activity.watchers is not None
        activity.watchers.remove(token)
        token.host = None
        trigger, token.index = self.triggers[token.index or 0], None
        if self.interrupting:
            token.wait = None
            machine.interrupt(activity, f"interrupted by {self.words}")
        else:
            plan = trigger.again(token.memo)
            if plan is not None:
                machine.watch(activity, self, plan, index=self.triggers.index(trigger))
        token.memo = None
        machine.record("element.entered", token)
        machine.accept(token, values)
        machine.proceed(token, Stage.FINISHING)

    def caught(self, machine: Machine, activity: Token, values: Mapping[str, Any], told: Mapping[str, Any]) -> None:
        """Go on from here with what was thrown inside ``activity``; ``told`` says what, for the history."""
        assert self.catch is not None
        token = machine.new_token(self, activity.scope)
        if self.interrupting:
            machine.interrupt(activity, f"interrupted by {self.catch.kind} {told.get('code') or ''}".rstrip())
        machine.record("element.entered", token)
        machine.record(f"{self.catch.kind}.caught", token, told)
        machine.accept(token, values)
        machine.proceed(token, Stage.FINISHING)


class EventSubProcessStartSpec(FlowNodeSpec):
    """The start event of an event sub-process: it waits beside the tokens of the scope around it, or catches what they throw."""

    activity: EventSubProcessSpec
    interrupting: bool = True
    triggers: tuple[Trigger, ...] = ()
    catch: Catch | None = None
    takes_over: bool = False
    """Whether what comes with the event is there only once the start event is reached, as in Camunda 8."""

    def enter(self, machine: Machine, token: Token) -> None:
        """Take over what came with the event, to be mapped out."""
        super().enter(machine, token)
        activity = token.scope.owner
        if activity is not None and activity.memo is not None:
            values = activity.memo[1][0]
            activity.memo = None
            machine.accept(token, values)

    def plans(self, machine: Machine, scope: Scope) -> list[tuple[int, Plan]]:
        """Return how to wait for each trigger, by its number."""
        seen = scope.visible()
        return [(number, trigger.plan(seen, machine, machine.now)) for number, trigger in enumerate(self.triggers)]

    def happened(self, machine: Machine, token: Token, values: Mapping[str, Any]) -> None:
        """Start the event sub-process; a non-interrupting one waits on."""
        scope, number, memo = token.scope, token.index or 0, token.memo
        machine.drop(token)
        if not self.interrupting:
            plan = self.triggers[number].again(memo)
            if plan is not None:
                machine.watch_scope(scope, self, plan, index=number)
        self.begin(machine, scope, values)

    def caught(self, machine: Machine, scope: Scope, values: Mapping[str, Any], told: Mapping[str, Any]) -> None:
        """Start the event sub-process with what was thrown inside ``scope``; ``told`` says what, for the history."""
        assert self.catch is not None
        machine.record(f"{self.catch.kind}.caught", self.begin(machine, scope, values), told)

    def begin(self, machine: Machine, scope: Scope, values: Mapping[str, Any]) -> Token:
        """Start the event sub-process in ``scope``; return its token."""
        if self.interrupting:
            machine.interrupt_inside(scope, f"interrupted by {self.words}")
        token = machine.new_token(self.activity, scope)
        if self.takes_over and values:
            token.memo = [0, [dict(values)]]
        else:
            machine.accept(token, values)
        token.stage = Stage.ENTERING
        machine.ready.append(token)
        return token


class Throw:
    """One thing an event tells the rest of the world; what it tells is heard before the token takes a further step."""

    def throw(self, machine: Machine, token: Token) -> None:
        """Tell it; whoever hears it may interrupt what the token is part of."""
        raise NotImplementedError


class SignalThrow(Throw):
    """A signal, to this case at once and to all others by the host, with the variables it carries."""

    def __init__(self, name: Formula, carried: tuple[CallLine, ...]) -> None:
        self.name = name
        self.carried = carried

    def throw(self, machine: Machine, token: Token) -> None:
        """Tell everyone in this case who waits for it, in the order they came to wait; the host tells the others."""
        seen = token.visible()
        name = self.name.required_string(seen, machine)
        if name is None:
            raise self.name.failed("gave no signal name")
        values: dict[str, Any] = {}
        own = {} if token.own is None else token.own.variables
        for line in self.carried:
            values.update(line.values(own if line.local else seen, machine))
        machine.requests.append(asked.ThrowSignal(**token.task_spec.where(token), name=name, variables=values))
        waiting = [other for other in machine.tasks.values() if other.wait == Wait.SIGNAL and other.memo[0] == name]
        for other in waiting:
            if other.id in machine.tasks and other.wait == Wait.SIGNAL:
                machine.requests.append(asked.Unsubscribe(**other.task_spec.where(other)))
                machine.record("message.received", other)
                other.wait = None
                other.task_spec.happened(machine, other, values)


class MessageThrow(Throw):
    """A message that no handler sends: the host finds who waits for it, or what starts with it."""

    def __init__(self, name: Formula, correlation_key: Formula | None) -> None:
        self.name = name
        self.correlation_key = correlation_key

    def throw(self, machine: Machine, token: Token) -> None:
        """Ask the host to deliver it."""
        seen = token.visible()
        name = self.name.string(seen, machine)
        if name is None:
            raise self.name.failed("gave no message name")
        key = self.correlation_key.key(seen, machine) if self.correlation_key is not None else None
        request = asked.ThrowMessage(
            **token.task_spec.where(token),
            name=name,
            correlation_key=key,
            business_key=token.scope.process().business_key or machine.root.business_key,
        )
        machine.requests.append(request)


class EscalationThrow(Throw):
    """An escalation, to the nearest enclosing activity or event sub-process that catches it."""

    def __init__(self, code: Formula | None) -> None:
        self.code = code

    def throw(self, machine: Machine, token: Token) -> None:
        """Tell it; where nobody catches it the token goes on all the same."""
        code = self.code.required_string(token.visible(), machine) if self.code is not None else None
        if not steering.throw_escalation(machine, token, code, {}):
            steering.pass_out(machine, token)


class ThrowSpec(FlowNodeSpec):
    """An event that throws and goes on: nothing, or what a handler sends, or ``throws``; an end event where nothing leaves it."""

    job: Job | None = None
    expression: Formula | None = None
    result_variable: str | None = None
    throws: Sequence[Throw] = ()
    tells_all = False
    """Whether a signal is among what it throws: then it waits until nothing else of the case can move."""
    ends = False

    def work(self, machine: Machine, token: Token) -> bool:
        """Throw, and wait for the job that sends."""
        if self.job is not None:
            self.job.enqueue(machine, token)
            return False
        if self.tells_all and token.memo is None and machine.ready:
            # Concurrent tokens have no order of their own; in this one nobody on the way to a catch event misses a signal.
            token.memo = []
            machine.put_off(token)
            return False
        token.memo = None
        if self.expression is not None:
            value = self.expression.value(token.visible(), machine)
            if self.result_variable:
                machine.accept(token, {self.result_variable: value})
        for throw in self.throws:
            throw.throw(machine, token)
            if token.id not in machine.tasks:
                # Whoever caught it interrupted what this event is part of.
                return False
        return True

    def complete_with(self, machine: Machine, token: Token, values: Mapping[str, Any]) -> None:
        """Take the handler's outputs."""
        super().complete_with(machine, token, self.job.results(values) if self.job is not None else values)

    def leave(self, machine: Machine, token: Token) -> None:
        """Remember which end was reached."""
        if self.ends and token.scope.owner is None:
            machine.end_event = self.name
        super().leave(machine, token)


class LinkThrowSpec(FlowNodeSpec):
    """Goes on at the catching link event of the same name."""

    link_name: str = ""
    catch: FlowNodeSpec

    def leave(self, machine: Machine, token: Token) -> None:
        """Put a token on the other end."""
        machine.record("element.completed", token)
        machine.ready.append(machine.new_token(self.catch, token.scope))
        machine.drop(token)


class CompensationThrowSpec(ThrowSpec):
    """Undoes what was completed in its scope, the youngest first, and goes on after the last; ``activity`` None means all of it."""

    activity: str | None = None

    def work(self, machine: Machine, token: Token) -> bool:
        """Start the first handler; True where there is nothing to undo."""
        return not compensation.begin(machine, token, compensation.take_thrown(token, self.activity))

    def body_ended(self, machine: Machine, token: Token) -> None:
        """Start the next handler, or go on."""
        if not compensation.undo_next(machine, token):
            machine.proceed(token, Stage.FINISHING)


class CancelEndSpec(ThrowSpec):
    """Cancels its transaction: everything in it stops, what was completed is undone, then the cancel boundary event goes on."""

    def work(self, machine: Machine, token: Token) -> bool:
        """Stop the rest of the transaction and start to undo."""
        scope = token.scope
        machine.interrupt_inside(scope, f"cancelled by {self.words}", sparing=token)
        if not compensation.begin(machine, token, compensation.take(scope, None)):
            self._cancel(machine, token)
        return False

    def body_ended(self, machine: Machine, token: Token) -> None:
        """Start the next handler, or leave the transaction by its border."""
        if not compensation.undo_next(machine, token):
            self._cancel(machine, token)

    def _cancel(self, machine: Machine, token: Token) -> None:
        transaction = token.scope.owner
        assert transaction is not None
        machine.record("element.completed", token)
        steering.cancel_transaction(machine, transaction)


class ErrorEndSpec(FlowNodeSpec):
    """Throws an error: the nearest catching boundary event goes on, and without one the case stops with an incident."""

    code: Formula | None = None
    message: Formula | None = None

    def work(self, machine: Machine, token: Token) -> bool:
        """Throw; the token is gone with what it interrupts, or stuck."""
        seen = token.visible()
        code = self.code.required_string(seen, machine) if self.code is not None else None
        message = (self.message.string(seen, machine) if self.message is not None else None) or ""
        steering.throw_error(machine, token, code, message, {})
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
        # Listeners may be told yet of the tasks that were taken away.
        if not scope.tokens:
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
