"""Moving tokens by hand: cancel, start before or after a flow node, move, skip, restart, and back to what once was.

What Camunda calls process instance modification. Each instruction is a value; all of one modification take effect together,
then the case runs until it waits. A sub-process whose last token was cancelled goes with it; one that a start needs and
that does not run is entered, with its input mappings and boundary events. Whatever cannot be done is refused in words.
"""

# pyright: reportPrivateUsage=false
# A token's ``_state`` is SpiffWorkflow's own name for it.

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from loanflow.bpmn.model import Activity, Container, SubProcess
from loanflow.errors import CommandError, NotFound
from loanflow.execution import compensation
from loanflow.execution import requests as asked
from loanflow.execution.expressions import Stuck
from loanflow.execution.flow_nodes.activities import ActivitySpec
from loanflow.execution.flow_nodes.base import FlowNodeSpec
from loanflow.execution.flow_nodes.containers import SubProcessSpec
from loanflow.execution.flow_nodes.events import BoundaryEventSpec, EventSubProcessStartSpec, StartEventSpec
from loanflow.execution.flow_nodes.gateways import EventBasedGatewaySpec, JoinSpec, ParallelGatewaySpec
from loanflow.execution.machine import Machine
from loanflow.execution.program import Program
from loanflow.execution.spiff import CANCELLED, STARTED
from loanflow.execution.tokens import Scope, Stage, Token, Wait


@dataclass(frozen=True, slots=True)
class Cancel:
    """Take a token off the board, with everything inside its activity."""

    token: int


@dataclass(frozen=True, slots=True)
class StartBefore:
    """Put a new token in front of a flow node.

    ``within`` is the token of a running sub-process, call activity or instance the node is in; needed where it runs more
    than once. With the token of a multi-instance activity itself, and its own element id, one more instance runs, with ``item``.
    """

    element_id: str
    within: int | None = None
    item: Any = None


@dataclass(frozen=True, slots=True)
class StartAfter:
    """Send new tokens along the sequence flows that a flow node would take now; it is not done itself."""

    element_id: str
    within: int | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """Cancel a token, and start before another flow node."""

    token: int
    element_id: str


@dataclass(frozen=True, slots=True)
class Skip:
    """Cancel a token, and start after its flow node; an instance of a multi-instance activity is counted no longer."""

    token: int


@dataclass(frozen=True, slots=True)
class Restart:
    """Cancel a token, and start before its flow node once more."""

    token: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reinstate:
    """Put back a token that was there before: ``stands_for`` is the number it had.

    ``flow`` is the sequence flow it came by: at a join it waits there again. ``within`` is the token of the activity it
    was in, None in the process itself. ``inside`` are the tokens to put back within it, where it is a sub-process; what else
    was completed in it can still be undone, but for what the ``forgotten`` activities completed last.
    """

    stands_for: int
    element_id: str
    flow: str | None = None
    within: int | None = None
    inside: tuple[Reinstate, ...] = ()
    forgotten: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Forget:
    """What these activities completed last counts as not done: compensation does not undo it.

    ``within`` is the token of the activity they are in, None for the process itself. Comes before `Reinstate`.
    """

    within: int | None
    elements: tuple[str, ...]


Instruction = Cancel | StartBefore | StartAfter | Move | Skip | Restart | Forget | Reinstate


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A token that a modification takes away or makes."""

    token: int
    element_id: str
    program: str
    kind: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Modification:
    """What a modification did, or would do.

    ``cancelled`` were waiting before and are gone, ``opened`` wait now and did not before. ``short_joins`` are ids of
    joins that some token will reach and no token can complete, which they were not before.
    """

    step: asked.Step
    cancelled: tuple[Place, ...]
    opened: tuple[Place, ...]
    short_joins: tuple[str, ...]


def modify(machine: Machine, instructions: Sequence[Instruction], *, host: asked.Host, reason: str) -> Modification:
    """Carry the instructions out and run until every token waits. A refusal leaves the machine half-way: work on a copy.

    Raises:
        NotFound: there is no such token or element.
        CommandError: it cannot be done; the message says why.
    """
    before = {token.id: _place(token) for token in machine.tasks.values() if token.host is None and not token.apart}
    short = short_joins(machine)
    machine.begin(host)
    surgery = _Surgery(machine, reason)
    try:
        for instruction in instructions:
            surgery.carry_out(instruction)
        surgery.close_emptied_scopes()
    except Stuck as stuck:
        raise CommandError(stuck.message, code=stuck.code) from stuck
    step = machine.settle()
    after = {token.id: _place(token) for token in machine.tasks.values() if token.host is None and not token.apart}
    return Modification(
        step=step,
        cancelled=tuple(place for number, place in before.items() if number not in after),
        opened=tuple(place for number, place in after.items() if number not in before),
        short_joins=tuple(sorted(short_joins(machine) - short)),
    )


def short_joins(machine: Machine) -> frozenset[str]:
    """Return the parallel joins that a token waits at or can reach, and one of whose sequence flows no token can reach."""
    found: set[str] = set()
    for scope in _scopes(machine):
        places = {token.task_spec.name for token in scope.tokens.values()}
        for spec in scope.program.nodes.values():
            if not isinstance(spec, ParallelGatewaySpec) or len(spec.incoming) < 2:
                continue
            here = set((scope.joins or {}).get(spec.name, {}))
            for place in places - {spec.name}:
                here |= _reach(scope.program.nodes[place], without=spec.name)
            if 0 < len(here.intersection(spec.incoming)) < len(spec.incoming):
                found.add(spec.name)
    return frozenset(found)


class _Surgery:
    """One modification under way."""

    def __init__(self, machine: Machine, reason: str) -> None:
        self.machine = machine
        self.reason = reason
        self.emptied: list[Scope] = []
        self.forgotten: dict[tuple[int, str], list[Any]] = {}

    def carry_out(self, instruction: Instruction) -> None:
        """Do one instruction."""
        _ACTS[type(instruction)](self, instruction)

    # Instructions

    def cancel(self, instruction: Cancel) -> None:
        """Take a token off."""
        self.take_off(self.token(instruction.token))

    def start_before(self, instruction: StartBefore) -> None:
        """Start in front of a flow node, or one more instance."""
        within = None if instruction.within is None else self.token(instruction.within)
        if within is not None and within.wait == Wait.MULTI_INSTANCE and within.task_spec.name == instruction.element_id:
            _instances(within).add(self.machine, within, instruction.item)
            return
        spec, scope = self.find(instruction.element_id, within, None)
        self.begin_before(spec, scope)

    def start_after(self, instruction: StartAfter) -> None:
        """Go on behind a flow node."""
        within = None if instruction.within is None else self.token(instruction.within)
        self.begin_after(*self.find(instruction.element_id, within, None))

    def move(self, instruction: Move) -> None:
        """Cancel here, start there."""
        token = self.token(instruction.token)
        spec, scope = self.find(instruction.element_id, None, token)
        self.take_off(token)
        self.begin_before(spec, scope)

    def skip(self, instruction: Skip) -> None:
        """Go on without the flow node."""
        token = self.token(instruction.token)
        if token.index is None:
            self.take_off(token)
            self.begin_after(token.task_spec, token.scope)
            return
        body = token.scope.owner
        assert body is not None
        self.machine.interrupt(token, self.reason)
        _instances(body).removed(self.machine, body, token.index)

    def restart(self, instruction: Restart) -> None:
        """Do the flow node again."""
        token = self.token(instruction.token)
        if token.index is None:
            self.take_off(token)
            self.begin_before(token.task_spec, token.scope)
            return
        # The same instance once more: its number and item stay.
        machine, index, own = self.machine, token.index, token.own
        machine.interrupt(token, self.reason)
        again = machine.new_token(token.task_spec, token.scope)
        again.index = index
        if own is not None:
            again.own = Scope(program=own.program, parent=own.parent, owner=again, variables=dict(own.variables), depth=own.depth)
        self.placed(again)
        machine.proceed(again, Stage.ENTERING)

    def forget(self, instruction: Forget) -> None:
        """Take the youngest entries off what could be undone."""
        self.forget_in(self.scope_within(instruction.within), instruction.elements)

    def forget_in(self, scope: Scope, elements: Sequence[str]) -> None:
        """Take the youngest entry of each of them off, and keep it for a sub-process that is put back."""
        for element_id in elements:
            entry = compensation.forget(scope, element_id)
            if entry is not None:
                self.forgotten.setdefault((id(scope), element_id), []).append(entry)

    def reinstate(self, instruction: Reinstate) -> None:
        """Put back what was there."""
        self.put_back(instruction, self.scope_within(instruction.within))

    def scope_within(self, number: int | None) -> Scope:
        """Return the scope inside the activity of a token, or that of the case."""
        if number is None:
            return self.machine.root
        owner = self.token(number)
        assert owner.body is not None
        return owner.body

    def put_back(self, instruction: Reinstate, scope: Scope) -> None:
        """Put a token back into its scope, and what was inside it into its own."""
        machine = self.machine
        spec = scope.program.nodes[instruction.element_id]
        if instruction.inside:
            token = self.enter_scope(spec, scope, stands_for=instruction.stands_for)
            assert token.body is not None
            entries = self.forgotten.get((id(scope), spec.name))
            # The oldest of them is the completion that it is put back from.
            token.body.done = entries[-1][2] or None if entries else None
            self.forget_in(token.body, instruction.forgotten)
            for inner in instruction.inside:
                self.put_back(inner, token.body)
            return
        token = machine.new_token(spec, scope)
        token.flow = instruction.flow
        self.placed(token, stands_for=instruction.stands_for)
        # It has been here before: no save point keeps it from going on.
        machine.proceed(token, Stage.WORKING if isinstance(spec, JoinSpec) and len(spec.incoming) > 1 else Stage.ENTERING)

    # Parts of instructions

    def token(self, number: int) -> Token:
        """Return a token that carries the flow."""
        token = self.machine.tasks.get(number)
        if token is None:
            raise NotFound(f"the case has no token {number}: it has moved on", zh=f"案件没有令牌 {number}：流程已经往前走了")
        if token.host is not None or token.apart:
            words = (token.host or token).task_spec.words
            raise CommandError(
                f"token {number} only watches {words}; it comes and goes with it",
                code="armed-event",
                zh=f"令牌 {number} 只是附着在{words}上的事件，随它一起产生和消失",
            )
        return token

    def take_off(self, token: Token) -> None:
        """Take a token off the board; its scope may be empty then."""
        scope, index = token.scope, token.index
        self.machine.interrupt(token, self.reason)
        _leave_line(self.machine, token)
        body = scope.owner
        if index is not None and body is not None and scope.tokens:
            _instances(body).removed(self.machine, body, index)
        self.emptied.append(scope)

    def close_emptied_scopes(self) -> None:
        """Cancel the activities in which nothing is left; the case itself must not end like this."""
        while self.emptied:
            scope = self.emptied.pop()
            if scope.tokens:
                continue
            owner = scope.owner
            if owner is None:
                raise CommandError(
                    "no token would be left in the case; cancel the case instead",
                    code="case-emptied",
                    zh="案件将不剩任何令牌；请改为取消案件",
                )
            if owner._state != CANCELLED:
                self.take_off(owner)

    def find(self, element_id: str, within: Token | None, near: Token | None) -> tuple[FlowNodeSpec, Scope]:
        """Return a flow node and the scope a token of it lives in, made where it does not run yet."""
        program = self.program(element_id, within or near)
        spec, scope = program.nodes[element_id], self.scope(program, container_of(program, element_id), within, near)
        if not isinstance(spec, StartEventSpec):
            # The start event that would have armed it may be left out.
            self.machine.arm_scope(scope)
        return spec, scope

    def program(self, element_id: str, around: Token | None) -> Program:
        """Return the running process that has the element: that of the token, else the case's own, else the called one."""
        running = {scope.program.id: scope.program for scope in _scopes(self.machine)}
        inner = around.body.program if around is not None and around.body is not None else None
        preferred = (inner, None if around is None else around.scope.program, self.machine.root.program)
        for program in (*filter(None, preferred), *running.values()):
            if element_id in program.nodes:
                return program
        known = [name for program in running.values() for name in program.nodes]
        near = difflib.get_close_matches(element_id, known, 1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise NotFound(f"no running process has an element {element_id!r}{hint}", zh=f"运行中的流程没有元素“{element_id}”")

    def scope(self, program: Program, container_id: str, within: Token | None, near: Token | None) -> Scope:
        """Return the one running scope of a container, or enter it."""
        found = [
            scope
            for scope in _scopes(self.machine)
            if scope.program.id == program.id and _container_in(scope) == container_id and (within is None or within in _owners(scope))
        ]
        if near is not None and len(found) > 1:
            around = [near.scope, *(owner.scope for owner in _owners(near.scope))]
            found = [scope for scope in found if scope in around] or found
        if len(found) == 1:
            return found[0]
        if container_id == program.process_id:
            if found:
                raise self._ambiguous(f"process {program.process_id!r}", found)
            raise CommandError(f"process {program.process_id!r} does not run there", code="scope-not-running", zh="该流程没有在那里运行")
        spec = program.nodes[container_id]
        if found:
            raise self._ambiguous(spec.words, found)
        return _body(self.enter_scope(spec, self.scope(program, container_of(program, container_id), within, near)))

    def enter_scope(self, spec: FlowNodeSpec, outer: Scope, *, stands_for: int | None = None) -> Token:
        """Let a sub-process run without starting anything in it; return its token."""
        machine = self.machine
        if not isinstance(spec, SubProcessSpec) or _kind(spec) not in ("embedded", "transaction"):
            raise CommandError(
                f"{spec.words} does not run; only its own event or choice can start what is in it",
                code="scope-not-running",
                zh=f"{spec.words}没有运行，其中的元素只能由它自己的事件启动",
            )
        if spec.instances is not None:
            raise CommandError(
                f"{spec.words} is a multi-instance activity that does not run: start before it, or say within which instance",
                code="instance-needed",
                zh=f"{spec.words}是多实例活动且没有运行：请从它前面开始，或指定其中一个实例",
            )
        token = machine.new_token(spec, outer)
        self.placed(token, stands_for=stands_for, entered=True)
        machine.current = token
        spec.enter(machine, token)
        machine.arm_scope(machine.inner_scope(token, spec.body))
        token.stage = Stage.WORKING
        token.wait = Wait.SCOPE
        token._state = STARTED
        return token

    def begin_before(self, spec: FlowNodeSpec, scope: Scope) -> None:
        """Put a new token in front of a flow node."""
        self._check_start(spec)
        machine = self.machine
        token = machine.new_token(spec, scope)
        if isinstance(spec, JoinSpec) and len(spec.incoming) > 1:
            # It stands for the branch that is missing.
            waiting = (scope.joins or {}).get(spec.name, {})
            token.flow = next((flow for flow in spec.incoming if flow not in waiting), spec.incoming[0])
        self.placed(token)
        machine.proceed(token, Stage.ARRIVED)

    def begin_after(self, spec: FlowNodeSpec, scope: Scope) -> None:
        """Send tokens along the flows that the flow node would take now."""
        if not spec.outgoing:
            raise CommandError(
                f"nothing follows {spec.words}; start before an end event instead", code="nothing-follows", zh=f"{spec.words}之后没有顺序流"
            )
        if isinstance(spec, EventBasedGatewaySpec):
            raise CommandError(
                f"behind {spec.words} an event decides; start before one of its events",
                code="event-decides",
                zh=f"{spec.words}之后由事件决定走向",
            )
        machine = self.machine
        token = machine.new_token(spec, scope)
        machine.current = token
        flows = spec.outgoing if spec.unconditional else spec.choose(machine, token)
        machine.drop(token)
        self.placed(token, passed=True)
        for flow in flows:
            machine.follow(flow, scope)

    def placed(self, token: Token, *, stands_for: int | None = None, **more: bool) -> None:
        """Record that a token was put there by hand."""
        data: dict[str, Any] = {
            "flow": token.flow,
            "instance": token.index,
            "stands_for": stands_for,
            **{name: True for name, is_so in more.items() if is_so},
        }
        owner = token.scope.owner
        data["owner"] = None if owner is None else owner.id
        self.machine.record("token.placed", token, {name: value for name, value in data.items() if value is not None})

    def _check_start(self, spec: FlowNodeSpec) -> None:
        if isinstance(spec, BoundaryEventSpec | EventSubProcessStartSpec):
            raise CommandError(
                f"{spec.words} begins with its activity; start after it instead",
                code="boundary-event",
                zh=f"{spec.words}随所附活动开始；请从它后面开始",
            )
        node = spec.node
        if isinstance(node, Activity) and node.for_compensation:
            raise CommandError(
                f"{spec.words} is a compensation handler: only compensation starts it",
                code="compensation-handler",
                zh=f"{spec.words}是补偿处理，只能由补偿启动",
            )
        if isinstance(node, SubProcess) and node.kind == "event":
            raise CommandError(
                f"{spec.words} is an event sub-process: only its event starts it",
                code="event-sub-process",
                zh=f"{spec.words}是事件子流程，只能由其事件启动",
            )

    def _ambiguous(self, words: str, found: Iterable[Scope]) -> CommandError:
        tokens = ", ".join(str(scope.owner.id) for scope in found if scope.owner is not None)
        return CommandError(
            f"{words} runs more than once: say within which token ({tokens})",
            code="instance-needed",
            zh=f"{words}同时运行多个：请指定令牌（{tokens}）",
        )


def _scopes(machine: Machine) -> Iterator[Scope]:
    # Every running container: the process, its sub-processes and called processes.
    yield machine.root
    for token in tuple(machine.tasks.values()):
        if token.body is not None and not (_is_many(token) and token.index is None):
            yield token.body


def _container_in(scope: Scope) -> str:
    """Return the id of the process or sub-process whose flow nodes a scope's tokens are at."""
    return scope.program.process_id if scope.isolated or scope.owner is None else scope.owner.task_spec.name


def _is_many(token: Token) -> bool:
    spec = token.task_spec
    return isinstance(spec, ActivitySpec) and spec.instances is not None


def _leave_line(machine: Machine, token: Token) -> None:
    # A token that waited at a join stands in line there.
    scope, name = token.scope, token.task_spec.name
    lines = (scope.joins or {}).get(name)
    if scope.joins is None or lines is None:
        return
    for flow in [flow for flow, line in lines.items() if token in line]:
        lines[flow].remove(token)
        if not lines[flow]:
            del lines[flow]
    if not lines:
        del scope.joins[name]
        machine.inclusive.pop((id(scope), name), None)


def _owners(scope: Scope) -> list[Token]:
    owners: list[Token] = []
    owner = scope.owner
    while owner is not None:
        owners.append(owner)
        owner = owner.scope.owner
    return owners


def _body(token: Token) -> Scope:
    assert token.body is not None
    return token.body


def _instances(body: Token) -> Any:
    spec = body.task_spec
    assert isinstance(spec, ActivitySpec)
    assert spec.instances is not None
    return spec.instances


def _kind(spec: SubProcessSpec) -> str:
    return spec.node.kind if isinstance(spec.node, SubProcess) else ""


def container_of(program: Program, element_id: str) -> str:
    """Return the id of the sub-process an element is in, or that of the process."""
    for spec in program.nodes.values():
        body: Container | None = spec.node.body if isinstance(spec.node, SubProcess) else None
        if body is not None and element_id in body.nodes:
            return spec.name
    return program.process_id


def _reach(spec: FlowNodeSpec, *, without: str) -> frozenset[str]:
    """Return the sequence flows that a token at a flow node can travel before it passes ``without``; by boundary events too."""
    flows: set[str] = set()
    seen = {spec.name, without}
    todo = [spec]
    while todo:
        here = todo.pop()
        following: list[FlowNodeSpec] = [flow.target for flow in here.outgoing]
        flows.update(flow.id for flow in here.outgoing)
        if isinstance(here, ActivitySpec):
            following += [*here.boundaries, *here.catchers]
        for target in following:
            if target.name not in seen:
                seen.add(target.name)
                todo.append(target)
    return frozenset(flows)


def _place(token: Token) -> Place:
    spec = token.task_spec
    return Place(token=token.id, element_id=spec.name, program=spec.program_id, kind=token.wait or Wait.READY, since=token.since)


_ACTS: Mapping[type[Any], Callable[[_Surgery, Any], None]] = {
    Cancel: _Surgery.cancel,
    StartBefore: _Surgery.start_before,
    StartAfter: _Surgery.start_after,
    Move: _Surgery.move,
    Skip: _Surgery.skip,
    Restart: _Surgery.restart,
    Forget: _Surgery.forget,
    Reinstate: _Surgery.reinstate,
}
