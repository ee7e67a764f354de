"""Gateways (BPMN 2.0.2, clause 13.4 "Gateways")."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from loanflow.execution import requests as asked
from loanflow.execution.flow_nodes.base import Flow, FlowNodeSpec
from loanflow.execution.tokens import Scope, Stage, Token, Wait

if TYPE_CHECKING:
    from loanflow.execution.flow_nodes.events import CatchSpec
    from loanflow.execution.machine import Machine


_BEFORE_WORK = (Stage.ARRIVED, Stage.ENTERING, Stage.TAKING, Stage.STARTING)
"""Stages in which a token at a join has its place in line still to take: a save point or a listener comes first."""


class ExclusiveGatewaySpec(FlowNodeSpec):
    """One flow: the first open one in document order, else the default."""

    def choose(self, machine: Machine, token: Token) -> Sequence[Flow]:
        """Stop at the first open flow; later conditions are not looked at."""
        seen = token.scope.visible()
        default = self.default
        for flow in self.outgoing:
            if flow is not default and (flow.condition is None or flow.condition.holds(seen, machine)):
                return (flow,)
        if default is not None:
            return (default,)
        raise self.no_flow()


class JoinSpec(FlowNodeSpec):
    """A gateway that may have to wait for more tokens; tokens it does not consume stay for the next round."""

    def queue(self, machine: Machine, token: Token) -> dict[str, list[Token]]:
        """Put the token in line on its flow and return the waiting tokens by flow."""
        scope = token.scope
        if scope.joins is None:
            scope.joins = {}
        waiting = scope.joins.setdefault(self.name, {})
        line = waiting.setdefault(token.flow or "", [])
        if token not in line:
            line.append(token)
        token.wait = Wait.JOIN
        machine.joining.add(token.id)
        return waiting

    def merge(self, machine: Machine, scope: Scope, goes_on: Token | None) -> Token:
        """Consume one token of each flow where some wait; ``goes_on``, or the youngest of them, stays for all."""
        assert scope.joins is not None
        waiting = scope.joins[self.name]
        consumed = [tokens.pop(0) for tokens in waiting.values()]
        for flow in [flow for flow, tokens in waiting.items() if not tokens]:
            del waiting[flow]
        if not waiting:
            del scope.joins[self.name]
        kept = goes_on if goes_on is not None else max(consumed, key=lambda token: token.id)
        for token in consumed:
            if token.wait == Wait.INCIDENT:
                machine.requests.append(asked.DropIncident(**self.where(token)))
            if token is not kept:
                machine.record("element.completed", token)
                machine.drop(token)
        kept.wait = None
        machine.joining.discard(kept.id)
        return kept


class ParallelGatewaySpec(JoinSpec):
    """Waits for one token on each incoming flow, then takes every outgoing one."""

    def work(self, machine: Machine, token: Token) -> bool:
        """Wait unless this token completes the round."""
        needed = len(self.incoming)
        if needed <= 1:
            return True
        if len(self.queue(machine, token)) < needed:
            return False
        self.merge(machine, token.scope, token)
        return True


class InclusiveGatewaySpec(JoinSpec):
    """Takes every open flow, else the default; joins once no other token can still bring a missing one.

    ``sources`` maps each incoming flow to the flow nodes from which it can be reached without passing this gateway.
    """

    sources: dict[str, frozenset[str]]

    def choose(self, machine: Machine, token: Token) -> Sequence[Flow]:
        """Take every open flow, one without a condition counting as open; the default only where none is."""
        seen = token.scope.visible()
        default = self.default
        opened = [f for f in self.outgoing if f is not default and (f.condition is None or f.condition.holds(seen, machine))]
        if opened:
            return opened
        if default is not None:
            return (default,)
        raise self.no_flow()

    def work(self, machine: Machine, token: Token) -> bool:
        """Wait for the others; the machine looks again once nothing else moves."""
        if len(self.incoming) <= 1:
            return True
        self.queue(machine, token)
        machine.inclusive[(id(token.scope), self.name)] = (token.scope, self)
        return False

    def may_release(self, scope: Scope) -> bool:
        """Apply the activation rule of clause 13.4.3 "Inclusive Gateway" to the tokens of the scope.

        A token elsewhere holds the join back if it can reach an empty incoming flow, unless it can also reach one where
        a token already waits.
        """
        assert scope.joins is not None
        waiting = scope.joins[self.name]
        empty = [self.sources[flow] for flow in self.incoming if flow not in waiting]
        if not empty:
            return True
        marked = [self.sources[flow] for flow in self.incoming if flow in waiting]
        for token in scope.tokens.values():
            place = token.task_spec.name
            if token.stage == Stage.BESIDE:
                continue
            if place == self.name:
                if token.stage in _BEFORE_WORK and token.flow not in waiting:
                    return False
                continue
            if any(place in reach for reach in empty) and not any(place in reach for reach in marked):
                return False
        return True

    def release(self, machine: Machine, scope: Scope) -> None:
        """Go on with one token; what is left waits for the next round."""
        machine.proceed(self.merge(machine, scope, None), Stage.FINISHING)
        if scope.joins is not None and self.name in scope.joins:
            machine.inclusive[(id(scope), self.name)] = (scope, self)


class EventBasedGatewaySpec(FlowNodeSpec):
    """Waits for whichever of the events behind it happens first."""

    def work(self, machine: Machine, token: Token) -> bool:
        """Arm every event behind the gateway, all or none."""
        seen = token.visible()
        events: list[tuple[CatchSpec, Flow]] = [(flow.target, flow) for flow in self.outgoing]  # type: ignore[misc]
        plans = [event.triggers[0].plan(seen, machine, machine.now) for event, _ in events]
        for (event, flow), plan in zip(events, plans, strict=True):
            watcher = machine.watch(token, event, plan)
            watcher.flow = flow.id
        token.wait = Wait.EVENT
        return False
