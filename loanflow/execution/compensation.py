"""Undoing what was completed (BPMN 2.0.2, 13.5.5 "Compensation").

A scope remembers what could be undone, oldest first: ``[element id, variables, inner]`` for each completed activity with a
compensation handler, and for each completed sub-process that holds such activities or has a compensation event
sub-process; then ``variables`` is its last state and ``inner`` what could be undone inside. What several instances leave one by one
waits in their common scope until the last is done. Throwing compensation takes entries out of
that list, so nothing is undone twice, and works them off, the youngest first: the handler at the activity's border, else the
sub-process's compensation event sub-process, else whatever is to be undone inside it. The standard undoes one after the other; both
Camundas start them all at once. To Camunda 8 that handler is not instead of what is inside but beside it: the entry stays, and
says so by a fourth item.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from loanflow.bpmn.model import Dialect
from loanflow.execution.tokens import Scope, Stage, Token, Wait

if TYPE_CHECKING:
    from loanflow.execution.machine import Machine


def remember(token: Token) -> None:
    """Note in its scope that the token's activity is completed and could be undone."""
    scope, inside = token.scope, token.own
    if scope.done is None:
        scope.done = []
    variables, inner = ({}, []) if inside is None else (dict(inside.variables), inside.done or [])
    scope.done.append([token.task_spec.name, variables, inner])


def hand_on(token: Token) -> None:
    """Note in its scope what the instances of the token's activity left, now that all are done."""
    left = None if token.body is None else token.body.done
    if left:
        token.scope.done = [*(token.scope.done or ()), *left]


def take_thrown(token: Token, activity: str | None) -> list[Any]:
    """Take out what a compensation event undoes, oldest first: of its own scope, in an event sub-process of the one around too."""
    scope = token.scope
    entries = take(scope, activity)
    while scope.owner is not None and scope.owner.task_spec.is_event_sub_process:
        scope = scope.owner.scope
        entries = take(scope, activity) + entries
    return entries


def take(scope: Scope, activity: str | None) -> list[Any]:
    """Take out what can be undone in the scope, oldest first; only what completed ``activity`` left, unless None."""
    done, kept = scope.done or [], []
    taken: list[Any] = []
    for entry in done:
        (taken if activity is None or entry[0] == activity else kept).append(entry)
    scope.done = kept or None
    return taken


def forget(scope: Scope, element_id: str) -> Any:
    """Take out the youngest entry that the activity left and return it, None where there is none."""
    done = scope.done or []
    for place in reversed(range(len(done))):
        if done[place][0] == element_id:
            entry = done.pop(place)
            scope.done = done or None
            return entry
    return None


def begin(machine: Machine, token: Token, entries: list[Any]) -> bool:
    """Let the token undo the entries and wait for it; False where there are none."""
    token.memo = [entries]
    if not undo_next(machine, token):
        return False
    token.wait = Wait.SCOPE
    return True


def undo_next(machine: Machine, token: Token) -> bool:
    """Start to undo the youngest of the entries the token has left, with Camunda all of them; False where there is none."""
    entries: list[Any] = token.memo[0] if token.memo else []
    if not entries:
        token.memo = None
        return False
    _undo(machine, token, entries)
    while entries and token.scope.program.dialect is not Dialect.SPEC:
        _undo(machine, token, entries)
    return True


def _undo(machine: Machine, token: Token, entries: list[Any]) -> None:
    element_id, variables, inner, *handled = entries.pop()
    if token.body is None:
        token.body = Scope(program=token.scope.program, parent=token.scope, owner=token, depth=token.scope.depth)
    scope = token.body
    spec = scope.program.nodes[element_id]
    if spec.compensation_handler is not None and not handled:
        if inner and scope.program.dialect is Dialect.CAMUNDA8:
            entries.append([element_id, variables, inner, True])
        handler = machine.new_token(spec.compensation_handler, scope)
        if spec.undone_each:
            # Which of the instances it undoes, nothing else tells.
            handler.own = Scope(program=scope.program, parent=scope, owner=handler, variables=dict(variables), depth=scope.depth)
        machine.ready.append(handler)
    else:
        completed = machine.new_token(spec, scope)
        completed.stage = Stage.UNDOING
        completed.wait = Wait.SCOPE
        again = spec.reopened(machine, completed)
        again.watchers = []
        again.variables.update(variables)
        again.done = inner
        assert again.body is not None
        start = again.body.compensation
        if start is not None:
            completed.memo = [[]]
            start.begin(machine, again, {})
        else:
            completed.memo = [take(again, None)]
            undo_next(machine, completed)


def undone(machine: Machine, token: Token) -> None:
    """Everything started so far inside a completed sub-process is undone: start the next, or be done with it."""
    if undo_next(machine, token):
        return
    scope = token.scope
    machine.record("element.compensated", token)
    machine.drop(token)
    if not scope.tokens:
        machine.scope_emptied(scope)
