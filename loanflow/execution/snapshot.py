"""A case as bytes, and back: our own compact format, versioned.

Format 3 is a JSON object:

- ``v`` 3; ``n`` the next token id; ``p`` program ids (the case's own first); ``e`` the last end event reached
- ``x`` present when the case has ended: ``completed``, ``terminated`` or ``cancelled``; ``terminating`` or ``cancelling`` where only
  listeners are yet to be told
- ``s`` scopes, outer before inner: ``[program, parent, owner token, flags, variables, business key]`` with program and parent
  as positions and the key left out where there is none (null where something follows); then, where there is any, what could be
  compensated (see `compensation`); flags 1 = the owner's tokens live in it, 2 = it holds the owner's
  local variables, 4 = isolated, 8 = its start event has yet to arm the event sub-processes in it
- ``t`` tokens, oldest first: ``[id, element, scope, wait, stage, since]`` and, where any is set, then ``flow``, ``index``,
  ``host token``, ``memo`` (each null where unset, trailing nulls left out); ``since`` in microseconds since 1970
- ``r`` the ready queue, after a spent step budget
- ``u`` true where the start events of the case's own event sub-processes could not be armed yet

In formats 1 and 2 the results of a multi-instance activity of Camunda 8 are in its memo, in format 3 they are a variable of its
scope, which has counters no more; format 1 is without ``u`` and compensation. Joins are not stored: the tokens waiting at them
are, in order. Values are encoded by `loanflow.feel.to_json`.
"""

# pyright: reportPrivateUsage=false
# A token's ``_state`` is SpiffWorkflow's own name for it.

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

import orjson

from loanflow.errors import LoanFlowError
from loanflow.execution.flow_nodes.events import EventSubProcessStartSpec
from loanflow.execution.flow_nodes.gateways import InclusiveGatewaySpec, JoinSpec
from loanflow.execution.machine import Limits, Machine
from loanflow.execution.spiff import READY, STARTED
from loanflow.execution.tokens import Scope, Stage, Token, Wait
from loanflow.feel import from_json, to_json

if TYPE_CHECKING:
    from loanflow.execution.program import Program

FORMAT = 3

_HOLDS_TOKENS, _IS_LOCAL, _ISOLATED, _UNARMED = 1, 2, 4, 8
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class SnapshotRefused(LoanFlowError):
    """A snapshot cannot be restored: its format is unknown, or it does not fit the definitions; the message says which."""


def dump(machine: Machine) -> bytes:
    """Return the state of a case that waits (between two commands)."""
    programs: list[str] = [machine.root.program.id]
    positions: dict[int, int] = {id(machine.root): 0}
    root = machine.root
    scopes: list[Any] = [_scope_row(root, [0, None, None, _HOLDS_TOKENS | _ISOLATED])]
    tokens: list[Any] = []
    for token in machine.tasks.values():
        for scope, flags in _scopes_of(token):
            if scope.program.id not in programs:
                programs.append(scope.program.id)
            positions[id(scope)] = len(scopes)
            assert scope.parent is not None
            if scope.watchers is None and scope.body is not None and scope.body.armed_by_start:
                flags |= _UNARMED
            place = [programs.index(scope.program.id), positions[id(scope.parent)], token.id, flags]
            scopes.append(_scope_row(scope, place))
        row: list[Any] = [
            token.id,
            token.task_spec.name,
            positions[id(token.scope)],
            token.wait,
            int(token.stage),
            (token.since - _EPOCH) // _MICROSECOND,
            token.flow,
            token.index,
            None if token.host is None else token.host.id,
            _memo_out(token.memo),
        ]
        while row[-1] is None:
            row.pop()
        tokens.append(row)
    state: dict[str, Any] = {"v": FORMAT, "n": machine.next_id, "p": programs, "s": scopes, "t": tokens}
    if machine.end_event is not None:
        state["e"] = machine.end_event
    if machine.completed:
        state["x"] = "cancelled" if machine.cancelled else "terminated" if machine.terminated else "completed"
    elif machine.cancelled or machine.terminated:
        state["x"] = "cancelling" if machine.cancelled else "terminating"
    queue = [token.id for token in machine.ready if token._state == READY]
    if queue:
        state["r"] = queue
    if root.watchers is None and root.body is not None and root.body.armed and not machine.completed:
        state["u"] = True
    return orjson.dumps(state)


def load(data: bytes, program: Callable[[str], Program], limits: Limits) -> Machine:
    """Return a machine that goes on exactly as the dumped one would.

    Raises:
        SnapshotRefused: see the class.
    """
    try:
        state = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise SnapshotRefused(f"this is not a snapshot: {error}") from error
    if not isinstance(state, dict):
        raise SnapshotRefused("this is not a snapshot")
    state = cast("dict[str, Any]", state)
    version = state.get("v")
    reader = _READERS.get(version) if type(version) is int else None
    if reader is None:
        raise SnapshotRefused(f"snapshot format {version!r} is unknown to this release; it knows {', '.join(map(str, _READERS))}")
    try:
        return reader(state, program, limits)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise SnapshotRefused(f"the snapshot does not fit its definitions: {type(error).__name__}: {error}") from error


def _load(state: dict[str, Any], program: Callable[[str], Program], limits: Limits) -> Machine:
    programs = [program(program_id) for program_id in state["p"]]
    rows = state["s"]
    machine = Machine(programs[0], limits)
    machine.next_id = state["n"]
    machine.end_event = state.get("e")
    end = state.get("x")
    machine.completed = end in ("completed", "terminated", "cancelled")
    machine.cancelled = end in ("cancelled", "cancelling")
    machine.terminated = end in ("terminated", "terminating")
    root = machine.root
    _scope_fields(root, rows[0])
    if "u" not in state:
        root.watchers = []
    scopes: list[Scope] = [root]
    tokens = machine.tasks
    # A scope's row stands behind that of its parent, a token's behind that of its host, and both number upwards, so
    # one pass over the tokens with the scopes of each is enough.
    position = 1
    for row in state["t"]:
        scope = scopes[int(row[2])]
        spec = scope.program.nodes[row[1]]
        token = Token(machine, spec, scope, row[0], _EPOCH + row[5] * _MICROSECOND)
        token.wait = row[3]
        token.stage = row[4]
        token._state = STARTED
        extra = len(row)
        if extra > 6:
            token.flow = row[6]
        if extra > 7:
            token.index = row[7]
        if extra > 8 and row[8] is not None:
            host = token.host = tokens[row[8]]
            if host.watchers is None:
                host.watchers = []
            host.watchers.append(token)
        if extra > 9:
            token.memo = _memo_in(row[9])
        if isinstance(spec, EventSubProcessStartSpec) and scope.body is not spec.activity.body:
            machine.set_apart(token)
        if token.wait == Wait.CONDITION:
            machine.conditional[token.id] = token
        while position < len(rows) and rows[position][2] == token.id:
            scopes.append(_scope(rows[position], token, programs, scopes))
            position += 1
        if token.wait == Wait.JOIN or (token.wait == Wait.INCIDENT and token.stage == Stage.WORKING and isinstance(spec, JoinSpec)):
            _wait_at_join(machine, token)
    for number in state.get("r", ()):
        tokens[number]._state = READY
        machine.ready.append(tokens[number])
    return machine


def _scope(row: list[Any], token: Token, programs: list[Program], scopes: list[Scope]) -> Scope:
    program = programs[int(row[0])]
    flags = row[3]
    isolated = bool(flags & _ISOLATED)
    parent = scopes[int(row[1])]
    scope = Scope(
        program=program,
        parent=parent,
        owner=token,
        isolated=isolated,
        depth=parent.depth + 1 if isolated else parent.depth,
    )
    _scope_fields(scope, row)
    if isolated:
        scope.body = program.body
    elif flags & _HOLDS_TOKENS and flags & _IS_LOCAL:
        scope.body = token.task_spec.inner_body
    scope.watchers = None if flags & _UNARMED else []
    if flags & _HOLDS_TOKENS:
        token.body = scope
    if flags & _IS_LOCAL:
        token.own = scope
    return scope


def _scope_row(scope: Scope, place: list[Any]) -> list[Any]:
    row = [*place, to_json(scope.variables)]
    if scope.business_key is not None or scope.done:
        row.append(scope.business_key)
    if scope.done:
        row.append(to_json(scope.done))
    return row


def _scope_fields(scope: Scope, row: list[Any]) -> None:
    scope.variables = _variables(row[4])
    scope.business_key = row[5] if len(row) > 5 else None
    scope.done = cast("list[Any]", from_json(row[6])) if len(row) > 6 else None


_READERS: dict[int, Callable[[dict[str, Any], Callable[[str], Program], Limits], Machine]] = {1: _load, 2: _load, 3: _load}


def _scopes_of(token: Token) -> list[tuple[Scope, int]]:
    own, body = token.own, token.body
    if own is None and body is None:
        return []
    if own is body and own is not None:
        return [(own, _HOLDS_TOKENS | _IS_LOCAL)]
    found: list[tuple[Scope, int]] = []
    if own is not None:
        found.append((own, _IS_LOCAL))
    if body is not None:
        found.append((body, _HOLDS_TOKENS | (_ISOLATED if body.isolated else 0)))
    return found


def _wait_at_join(machine: Machine, token: Token) -> None:
    scope, spec = token.scope, token.task_spec
    if scope.joins is None:
        scope.joins = {}
    scope.joins.setdefault(spec.name, {}).setdefault(token.flow or "", []).append(token)
    machine.joining.add(token.id)
    if isinstance(spec, InclusiveGatewaySpec):
        machine.inclusive[(id(scope), spec.name)] = (scope, spec)


def _variables(encoded: Any) -> dict[str, Any]:
    decoded = from_json(encoded)
    if not isinstance(decoded, dict):
        raise TypeError("variables are no object")
    return decoded


def _memo_out(memo: list[Any] | None) -> list[Any] | None:
    # Counters and texts stand as they are; lists in it hold FEEL values.
    return None if memo is None else [to_json(cast("list[Any]", part)) if isinstance(part, list) else part for part in memo]


def _memo_in(memo: list[Any] | None) -> list[Any] | None:
    return None if memo is None else [from_json(part) if isinstance(part, list) else part for part in memo]
