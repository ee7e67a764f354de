"""Conditional events: looked at when they come to matter, and again whenever a variable they can see changes.

They are looked at between two steps, so that what a change brings about happens before anything else moves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from loanflow.execution.expressions import Stuck
from loanflow.execution.tokens import Scope, Token, Wait
from loanflow.execution.triggers import ConditionTrigger

if TYPE_CHECKING:
    from loanflow.execution.machine import Machine


def changed(machine: Machine, scope: Scope, name: str, *, is_new: bool) -> None:
    """Mark the conditional events that can see the variable of this scope; what a condition itself sets would have no end."""
    if machine.looking:
        return
    for token in machine.conditional.values():
        trigger = _trigger(token)
        if trigger.concerns(name, is_new=is_new) and _sees(token, scope):
            machine.to_look_at[token.id] = token
            if trigger.each:
                token.memo = [1 if token.memo is None else int(token.memo[0]) + 1]


def look(machine: Machine) -> None:
    """Look at the oldest of the marked events, and let it happen if its condition holds."""
    token = next(iter(machine.to_look_at.values()))
    del machine.to_look_at[token.id]
    machine.current = token
    try:
        if _holds(machine, token):
            del machine.conditional[token.id]
            token.wait = None
            machine.record("condition.met", token)
            token.task_spec.happened(machine, token, {})
        else:
            token.memo = None
    except Stuck as stuck:
        machine.conditional.pop(token.id, None)
        machine.raise_incident(token, stuck.code, stuck.message)


def _holds(machine: Machine, token: Token) -> bool:
    machine.looking = True
    try:
        return _trigger(token).formula.is_true(_seen(token), machine)
    finally:
        machine.looking = False


def interrupt(machine: Machine, token: Token) -> bool:
    """Look at what the token's own work has changed while its boundary events still count; say whether one interrupted it."""
    while machine.to_look_at and token.id in machine.tasks:
        look(machine)
    machine.current = token
    return token.id not in machine.tasks


def look_again(machine: Machine, token: Token) -> None:
    """Wait again for a condition that could not be evaluated."""
    token.wait = Wait.CONDITION
    machine.conditional[token.id] = machine.to_look_at[token.id] = token


def _trigger(token: Token) -> ConditionTrigger:
    trigger = token.task_spec.triggers[token.index or 0]
    assert isinstance(trigger, ConditionTrigger)
    return trigger


def _place(token: Token) -> Scope:
    # A boundary event sees the local variables of its activity.
    host = token.host
    if host is None:
        return token.scope
    instances = host.task_spec.instances
    return host.variables if instances is None else instances.border(host)


def _seen(token: Token) -> dict[str, Any]:
    host = token.host
    instances = None if host is None else host.task_spec.instances
    return _place(token).visible() if host is None or instances is None else instances.seen_at_border(host)


def _sees(token: Token, scope: Scope) -> bool:
    place: Scope | None = _place(token)
    while place is not None:
        if place is scope:
            return True
        place = None if place.isolated else place.parent
    return False
