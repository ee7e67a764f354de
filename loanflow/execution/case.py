"""One case: the commands an engine may give it, and what each asks for in return."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from loanflow.bpmn.model import Dialect
from loanflow.errors import NotFound, TooLarge
from loanflow.execution import conditions, modification, snapshot, steering
from loanflow.execution.expressions import Stuck
from loanflow.execution.flow_nodes.activities import JobTaskSpec, UserTaskSpec
from loanflow.execution.flow_nodes.events import StartEventSpec
from loanflow.execution.flow_nodes.listeners import answered
from loanflow.execution.machine import VARIABLE_BUDGET, Limits, Machine
from loanflow.execution.modification import Instruction, Modification
from loanflow.execution.program import Program
from loanflow.execution.requests import Host, Step
from loanflow.execution.tokens import Beside, Scope, Stage, Token, Wait

_DEFAULT_LIMITS = Limits()


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenView:
    """Where a token stands and what it waits for.

    ``kind`` is ``task``, ``job``, ``continuation``, ``timer``, ``message``, ``signal``, ``condition``, ``join``, ``event``
    (behind an event-based gateway), ``scope`` (of a sub-process or call activity), ``multiInstance``, ``incident``, or
    ``ready`` after a spent step budget. ``since`` is when it got there. ``boundary`` tells the armed events on the border of
    an activity, the armed start events of event sub-processes, and listeners beside a task, from tokens that carry the flow;
    ``instance`` is the number within a multi-instance activity.
    """

    token: int
    element_id: str
    program: str
    kind: str
    since: datetime
    instance: int | None = None
    boundary: bool = False


class CaseExecution:
    """A running case. Pure: every command takes the host and returns a `Step`; nothing else has an effect.

    Not for two threads at once; programs may be shared. A command on a token that is not there, or does not wait for
    this, raises `NotFound` and changes nothing. Values are FEEL values, never changed in place by anyone. Where a registered
    function that an expression calls raises `Retry` or `RetryAt`, the command raises it too, and `TooLarge` where what it
    brings takes more room than the limits allow: the state is then half-way and must be thrown away, as the transaction is.
    """

    __slots__ = ("_machine",)

    def __init__(self, machine: Machine) -> None:
        """Use `start` or `load` instead."""
        self._machine = machine

    @classmethod
    def start(
        cls,
        program: Program,
        variables: Mapping[str, Any],
        *,
        host: Host,
        business_key: str | None = None,
        start_event: str | None = None,
        initiator: str | None = None,
        limits: Limits = _DEFAULT_LIMITS,
    ) -> tuple[CaseExecution, Step]:
        """Start a case, at ``start_event`` or where the process starts without a trigger, and run until it waits.

        Raises:
            NotFound: the process has no such start event, or none without a trigger.
        """
        if start_event is None:
            starts = program.body.starts
            if not starts and program.top_start_specs():
                raise NotFound(f"process {program.process_id!r} starts only by message, signal or timer: name the start event")
        else:
            spec = program.nodes.get(start_event)
            if not isinstance(spec, StartEventSpec) or not spec.top_level:
                raise NotFound(f"process {program.process_id!r} has no start event {start_event!r}")
            starts = (spec,)
        machine = Machine(program, limits)
        machine.begin(host)
        root = machine.root
        root.business_key = business_key
        machine.start_scope(root, starts)
        values = dict(variables)
        first = next(iter(root.tokens.values()), None)
        if first is not None:
            if initiator is not None and isinstance(first.task_spec, StartEventSpec) and first.task_spec.initiator:
                values[first.task_spec.initiator] = initiator
            try:
                if first.task_spec.results_are_local and first.task_spec.triggers:
                    # In Camunda 8 what came with the event is the start event's own, to be mapped out.
                    machine.assign_local(first, machine.own_scope(first), values)
                else:
                    machine.assign(first, root, values)
            except Stuck as stuck:
                raise TooLarge(stuck.message) from stuck
            try:
                if not program.body.armed_by_start:
                    machine.arm_scope(root)
            except Stuck as stuck:
                machine.raise_incident(first, stuck.code, stuck.message)
        else:
            root.variables.update(values)
            machine.scope_emptied(root)
        return cls(machine), machine.settle()

    @classmethod
    def load(cls, data: bytes, *, host: Host, limits: Limits = _DEFAULT_LIMITS) -> CaseExecution:
        """Restore a snapshot; the host gives the programs.

        Raises:
            SnapshotRefused: the data is not a snapshot of a known format, or does not fit the programs.
        """
        return cls(snapshot.load(data, host.program, limits))

    def dump(self) -> bytes:
        """Return the whole state, to be restored by `load`."""
        return snapshot.dump(self._machine)

    # Commands

    def complete(self, token: int, variables: Mapping[str, Any], *, host: Host) -> Step:
        """A user task or a job is done, with these results."""

        def act(machine: Machine, found: Token) -> None:
            if found.stage >= Stage.TAKING:
                answered(machine, found, variables)
            else:
                found.task_spec.complete_with(machine, found, variables)

        return self._command(token, (Wait.TASK, Wait.JOB), host, act)

    def deliver(self, token: int, variables: Mapping[str, Any], *, host: Host) -> Step:
        """The message or signal a token waits for has come."""

        def act(machine: Machine, found: Token) -> None:
            machine.record("message.received", found, {"variables": dict(variables)} if variables else {})
            found.task_spec.happened(machine, found, variables)

        return self._command(token, (Wait.MESSAGE, Wait.SIGNAL), host, act)

    def fire(self, token: int, *, host: Host) -> Step:
        """The timer a token waits for is due."""

        def act(machine: Machine, found: Token) -> None:
            machine.record("timer.fired", found)
            found.task_spec.happened(machine, found, {})

        return self._command(token, (Wait.TIMER,), host, act)

    def throw_error(self, token: int, code: str, message: str = "", variables: Mapping[str, Any] | None = None, *, host: Host) -> Step:
        """The handler of a job, or a person at a task, raised a BPMN error; uncaught, it stops the token as an incident.

        Like `complete` it answers the task or job: no `CloseTask` or `CancelJob` follows for it.
        """

        def act(machine: Machine, found: Token) -> None:
            found.wait = None
            steering.throw_error(machine, found, code, message, variables or {})

        return self._command(token, (Wait.TASK, Wait.JOB), host, act)

    def task_changed(self, token: int, *, assigned: bool, host: Host) -> Step:
        """An open task has changed: its listeners hear of it, and those for it where another person is ``assigned`` now."""

        def act(machine: Machine, found: Token) -> None:
            assert isinstance(found.task_spec, UserTaskSpec)
            # To Camunda 8 an assignment is no change beside that.
            if not assigned or found.scope.program.dialect is not Dialect.CAMUNDA8:
                found.task_spec.tell(machine, found, Beside.CHANGED)
            if assigned:
                found.task_spec.tell(machine, found, Beside.ASSIGNED)

        return self._command(token, (Wait.TASK,), host, act)

    def fail(self, token: int, message: str, *, host: Host) -> Step | None:
        """The handler of a job has failed: throw the error that this stands for in the model; None, and nothing changed, without one."""
        machine, found = self._machine, self._find(token)
        spec = found.task_spec
        if found.wait != Wait.JOB or not isinstance(spec, JobTaskSpec) or found.stage != Stage.WORKING:
            return None
        machine.begin(host)
        machine.current, machine.failure = found, message
        try:
            thrown = spec.job.throws(machine, found)
        except Stuck:
            # The failure itself is what counts then.
            return None
        finally:
            machine.failure = None
        return machine.settle() if thrown else None

    def throw_escalation(self, token: int, code: str, variables: Mapping[str, Any] | None = None, *, host: Host) -> Step:
        """A person at a task, or the handler of a job, raised an escalation; work that it does not interrupt goes on.

        Raises:
            NotFound: nobody catches it; nothing has changed.
        """

        def act(machine: Machine, found: Token) -> None:
            if not steering.throw_escalation(machine, found, code, variables or {}):
                raise NotFound(f"{found.task_spec.words}: escalation {code} is caught by no boundary event and no event sub-process")

        return self._command(token, (Wait.TASK, Wait.JOB), host, act)

    def cancel(self, reason: str, *, host: Host) -> Step:
        """End the case as it stands. Listeners of what is cancelled may be told yet; the case has ended after the last of them."""
        machine = self._machine
        machine.begin(host)
        machine.cancel(reason)
        return machine.settle()

    def resume(self, token: int, *, host: Host) -> Step:
        """Go on behind a save point, or try again what became an incident."""

        def act(machine: Machine, found: Token) -> None:
            if found.host is not None or found.apart:
                conditions.look_again(machine, found)
                return
            if not machine.root.program.body.armed_by_start:
                # What starts a case is armed before it moves; that an expression of it failed is why it stands here.
                machine.arm_scope(machine.root)
            machine.proceed(found, found.stage)

        return self._command(token, (Wait.CONTINUATION, Wait.INCIDENT), host, act)

    def set_variables(self, variables: Mapping[str, Any], *, host: Host, token: int | None = None) -> Step:
        """Set variables as seen from a token, or of the process."""
        machine = self._machine
        machine.begin(host)
        if token is None:
            anyone = next(iter(machine.root.tokens.values()), None)
            if anyone is None:
                raise NotFound("the case has ended")
            _set(machine, anyone, machine.root, variables)
        else:
            found = self._find(token)
            _set(machine, found, found.variables, variables)
        return machine.settle()

    def accept(self, token: int, variables: Mapping[str, Any], *, host: Host) -> Step:
        """Take results of a task that is not done yet: the token stays."""
        return self._command(token, (Wait.TASK,), host, lambda machine, found: machine.accept(found, variables))

    def modify(self, instructions: Sequence[Instruction], *, host: Host, reason: str = "") -> Modification:
        """Move tokens by hand (see `modification`), all instructions together; ``reason`` goes to what is cancelled.

        Raises:
            NotFound: there is no such token or element.
            CommandError: it cannot be done; nothing has changed.
        """
        done, self._machine = self._modified(instructions, host, reason)
        return done

    def preview(self, instructions: Sequence[Instruction], *, host: Host) -> Modification:
        """Say what `modify` would do, and do nothing; it raises as `modify` does."""
        return self._modified(instructions, host, "")[0]

    def _modified(self, instructions: Sequence[Instruction], host: Host, reason: str) -> tuple[Modification, Machine]:
        machine = snapshot.load(self.dump(), host.program, self._machine.limits)
        return modification.modify(machine, instructions, host=host, reason=reason), machine

    # Looking

    def activity_of(self, token: int) -> int | None:
        """Return the token of the multi-instance activity that a token is an instance of, None where it is none."""
        found = self._find(token)
        return found.scope.owner.id if found.index is not None and found.scope.owner is not None else None

    def variables(self, token: int | None = None) -> dict[str, Any]:
        """Return the variables a token sees, or those of the process; a copy."""
        return dict(self._machine.root.variables if token is None else self._find(token).visible())

    @property
    def tokens(self) -> tuple[TokenView, ...]:
        """Where the case stands, oldest token first."""
        return tuple(
            TokenView(
                token=token.id,
                element_id=token.task_spec.name,
                program=token.task_spec.program_id,
                kind=token.wait or Wait.READY,
                since=token.since,
                instance=token.index,
                boundary=token.host is not None or token.apart or token.stage == Stage.BESIDE,
            )
            for token in self._machine.tasks.values()
        )

    @property
    def ended(self) -> bool:
        """Whether no token is left."""
        return self._machine.completed

    @property
    def business_key(self) -> str | None:
        """The key by which people and messages know the case."""
        return self._machine.root.business_key

    def _find(self, token: int) -> Token:
        found = self._machine.tasks.get(token)
        if found is None:
            raise NotFound(f"the case has no token {token}: it has moved on")
        return found

    def _command(self, token: int, waits: tuple[str, ...], host: Host, act: Callable[[Machine, Token], None]) -> Step:
        found = self._find(token)
        if found.wait not in waits:
            raise NotFound(f"{found.task_spec.words}: token {token} waits for {found.wait}, not for {' or '.join(waits)}")
        machine = self._machine
        machine.begin(host)
        machine.current = found
        try:
            act(machine, found)
        except Stuck as stuck:
            if stuck.code == VARIABLE_BUDGET:
                raise TooLarge(stuck.message) from stuck
            machine.raise_incident(found, stuck.code, stuck.message)
        return machine.settle()


def _set(machine: Machine, token: Token, scope: Scope, variables: Mapping[str, Any]) -> None:
    try:
        machine.assign(token, scope, variables)
    except Stuck as stuck:
        raise TooLarge(stuck.message) from stuck
