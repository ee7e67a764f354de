"""The token machine of one case, on SpiffWorkflow's `Workflow`: ready queue, scopes, interruption, errors.

Only live tokens are in ``tasks``; ready ones stand in a queue. Nothing walks a tree: a step costs what it touches. One
command at a time: `begin`, change something, `settle` (runs until every token waits), then take requests and records.
"""

# pyright: reportPrivateUsage=false
# A token's ``_state`` is SpiffWorkflow's own name for it.

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from time import monotonic  # a stop watch for the budget; execution never asks what time it is
from typing import TYPE_CHECKING, Any

from loanflow.errors import BpmnError, Retry, RetryAt
from loanflow.execution import conditions, steering
from loanflow.execution import requests as asked
from loanflow.execution.expressions import Stuck
from loanflow.execution.spiff import CANCELLED, ERROR, READY, Workflow
from loanflow.execution.tokens import Beside, Scope, Stage, Token, Wait
from loanflow.execution.weights import weight
from loanflow.feel import to_feel

if TYPE_CHECKING:
    from loanflow.execution.flow_nodes.base import Flow, FlowNodeSpec
    from loanflow.execution.program import Body, Program
    from loanflow.execution.triggers import Plan

VARIABLE_BUDGET = "variable-budget"
"""The code of the incident, or refusal, where one command sets values of more room than `Limits.variables`."""

_WITHDRAWALS: Mapping[str, type[asked.CancelJob | asked.CancelTimer | asked.Unsubscribe | asked.DropIncident]] = {
    Wait.JOB: asked.CancelJob,
    Wait.CONTINUATION: asked.CancelJob,
    Wait.TIMER: asked.CancelTimer,
    Wait.MESSAGE: asked.Unsubscribe,
    Wait.SIGNAL: asked.Unsubscribe,
    Wait.INCIDENT: asked.DropIncident,
}


_UNDER_WAY = (Stage.STARTING, Stage.WORKING, Stage.COMPLETING, Stage.FINISHING)
"""Stages in which a flow node has begun and has not told its own end yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one case may use up; beyond it an incident names the limit.

    ``steps`` automatic steps per command, ``depth`` process instances called within each other, ``instances`` per
    multi-instance activity, and three times as many per command. An instance brings the steps of its own body with it, up
    to ten per instance allowed. ``tokens`` are those a case has at one time; ``variables`` the characters and items of all
    values that one command sets; ``seconds`` what the automatic steps of a command may take.
    """

    steps: int = 1_000
    depth: int = 50
    instances: int = 10_000
    tokens: int = 50_000
    variables: int = 4_000_000
    seconds: float = 20.0


class Machine(Workflow):
    """The live state of a case, and what a command has asked for and recorded so far."""

    tasks: dict[int, Token]
    current: Token

    def __init__(self, program: Program, limits: Limits) -> None:
        # "deserializing" keeps the base class from building and predicting a task tree.
        super().__init__(program.spec, deserializing=True)
        self.limits = limits
        self.root = Scope(program=program, parent=None, owner=None, body=program.body, isolated=True)
        self.ready: deque[Token] = deque()
        self.put_off_tokens: deque[Token] = deque()
        self.next_id = 1
        self.inclusive: dict[tuple[int, str], tuple[Scope, FlowNodeSpec]] = {}
        self.joining: set[int] = set()
        self.conditional: dict[int, Token] = {}
        self.to_look_at: dict[int, Token] = {}
        self.looking = False
        self.terminated = False
        self.cancelled = False
        self.failure: str | None = None
        """What went wrong, while an external task that has failed looks for what that stands for."""
        self.end_event: str | None = None
        self.steps_left = 0
        self.requests: list[asked.Request] = []
        self.records: list[asked.Record] = []

    # A command

    def begin(self, host: asked.Host) -> None:
        """Open a command: its instant, its host and a fresh budget."""
        self.host = host
        self.now = host.now()
        self.clock = host.now
        self.functions = host.function
        limits = self.limits
        self.steps_left = limits.steps
        self.steps_to_grant = limits.instances * 10
        self.instances_left = limits.instances * 3
        self.variables_left = limits.variables
        self.deadline = monotonic() + limits.seconds
        self.requests = []
        self.records = []

    def settle(self) -> asked.Step:
        """Run until every token waits, and return what happened."""
        ready, most_tokens, deadline = self.ready, self.limits.tokens, self.deadline
        while True:
            while ready or self.to_look_at or self.put_off_tokens:
                if self.to_look_at:
                    conditions.look(self)
                    continue
                if not ready:
                    self._take_up()
                    continue
                if self.steps_left <= 0 or len(self.tasks) > most_tokens or monotonic() > deadline:
                    self._budget_spent()
                    return self._step()
                token = ready.popleft()
                if token._state != READY:
                    continue
                self.steps_left -= 1
                self.current = token
                try:
                    token.run()
                except Stuck as stuck:
                    self.raise_incident(token, stuck.code, stuck.message)
                except BpmnError as error:
                    steering.throw_error(self, token, error.code, error.message, feel_variables(error.variables))
                except (Retry, RetryAt) as error:
                    # A case is cancelled whatever its listeners say; any other command waits with what asks for it.
                    if not self.cancelled:
                        raise
                    self.raise_incident(token, "listener-failed", f"{token.task_spec.words}: a listener asks to be called later: {error}")
            if self.inclusive and self._release_inclusive_joins():
                continue
            if self.joining:
                self._look_for_stuck_joins()
            return self._step()

    def _step(self) -> asked.Step:
        outcome = None
        if self.completed:
            outcome = "cancelled" if self.cancelled else "terminated" if self.terminated else "completed"
        step = asked.Step(
            requests=tuple(self.requests), records=tuple(self.records), ended=self.completed, outcome=outcome, end_event=self.end_event
        )
        self.requests = []
        self.records = []
        return step

    def _budget_spent(self) -> None:
        while self.put_off_tokens:
            self._take_up()
        token = self.ready.popleft()
        while token._state != READY and self.ready:
            token = self.ready.popleft()
        if token._state == READY:
            code, what = self._spent()
            self.raise_incident(
                token,
                code,
                f"{token.task_spec.words}: {what}; expected the case to wait for someone by then, perhaps it turns in an endless loop",
            )

    def _spent(self) -> tuple[str, str]:
        limits = self.limits
        if self.steps_left <= 0:
            return "step-budget", f"{limits.steps} automatic steps in one command are used up"
        if len(self.tasks) > limits.tokens:
            return "token-budget", f"the case has more than {limits.tokens:,} tokens at one time"
        return "time-budget", f"the automatic steps of one command have taken longer than {limits.seconds:g} seconds"

    def _look_for_stuck_joins(self) -> None:
        """Make a case visible in which nothing but joins is waited for: no one can ever move it again."""
        for token in self.tasks.values():
            if token.id not in self.joining and token.wait not in (Wait.SCOPE, Wait.MULTI_INSTANCE):
                return
        token = self.tasks[min(self.joining)]
        if token.wait == Wait.JOIN:
            missing = ", ".join(flow for flow in token.task_spec.incoming if flow not in (token.scope.joins or {})[token.task_spec.name])
            self.raise_incident(
                token,
                "join-stuck",
                f"{token.task_spec.words}: waits for a token on {missing}, but no other token is left that could come; "
                "expected every incoming sequence flow of the join to be reached",
            )

    def grant_steps(self, steps: int) -> None:
        """Add the steps an instance of a multi-instance activity needs, as long as there are any to give."""
        granted = min(steps, self.steps_to_grant)
        self.steps_to_grant -= granted
        self.steps_left += granted

    @property
    def execution(self) -> dict[str, Any]:
        """What JUEL's ``execution`` knows: business key, activity and process of the current token."""
        token = self.current
        scope = token.scope.process()
        return {
            # A called process has a key of its own, or none.
            "processBusinessKey": scope.business_key,
            "businessKey": scope.business_key,
            "currentActivityId": token.task_spec.name,
            "currentActivityName": token.task_spec.node.name,
            "processDefinitionId": scope.program.id,
        }

    def within(self, name: str) -> Callable[..., Any] | None:
        """Return the registered function of that name, or what JUEL's ``execution`` can do to the current token's variables."""
        match name:
            case "execution.setVariable":
                return self._set_variable
            case "execution.setVariableLocal":
                return self._set_local_variable
            case "externalTask.getErrorMessage":
                return lambda: self.failure
            case _:
                return self.functions(name)

    def _set_variable(self, name: str, value: Any) -> None:
        self.assign(self.current, self.current.variables, {name: value})

    def _set_local_variable(self, name: str, value: Any) -> None:
        self.assign_local(self.current, self.own_scope(self.current), {name: value})

    def is_completed(self) -> bool:
        """Say whether the case has ended; the base class would walk a tree."""
        return self.completed

    # Tokens

    def new_token(self, spec: FlowNodeSpec, scope: Scope) -> Token:
        """Put a token on a flow node; it neither runs nor waits yet."""
        number = self.next_id
        self.next_id = number + 1
        return Token(self, spec, scope, number, self.now)

    def follow(self, flow: Flow, scope: Scope) -> None:
        """Send a new token along a sequence flow."""
        number = self.next_id
        self.next_id = number + 1
        token = Token(self, flow.target, scope, number, self.now)
        token.flow = flow.id
        if flow.is_listened_to:
            token.stage = Stage.TAKING
        self.records.append(asked.record(("flow.taken", number, flow.id, flow.program_id, asked.NOTHING)))
        self.ready.append(token)

    def proceed(self, token: Token, stage: int) -> None:
        """Let a waiting token go on from ``stage``."""
        token.stage = stage
        token.wait = None
        token._state = READY
        self.ready.append(token)

    def put_off(self, token: Token) -> None:
        """Let the token go on where it is once no other token can move."""
        self.put_off_tokens.append(token)

    def _take_up(self) -> None:
        token = self.put_off_tokens.popleft()
        if token._state != CANCELLED:
            token._state = READY
            self.ready.append(token)

    def drop(self, token: Token) -> None:
        """Take a token off the board."""
        del self.tasks[token.id]
        if token.apart:
            assert token.scope.watchers is not None
            token.scope.watchers.remove(token)
        else:
            del token.scope.tokens[token.id]
        if self.joining:
            self.joining.discard(token.id)
        if self.conditional:
            self.conditional.pop(token.id, None)
            self.to_look_at.pop(token.id, None)

    def record(self, kind: str, token: Token, data: Mapping[str, Any] = asked.NOTHING) -> None:
        """Remember that something happened at the token's flow node."""
        spec = token.task_spec
        self.records.append(asked.record((kind, token.id, spec.name, spec.program_id, data)))

    def raise_incident(self, token: Token, code: str, message: str) -> None:
        """Stop the token until someone resumes it."""
        token.wait = Wait.INCIDENT
        token._state = ERROR
        spec = token.task_spec
        self.requests.append(asked.RaiseIncident(token=token.id, element_id=spec.name, program=spec.program_id, code=code, message=message))

    def save_point(self, token: Token, stage: int) -> None:
        """Let the token wait for its own continuation job, to go on from ``stage``."""
        token.stage = stage
        token.wait = Wait.CONTINUATION
        spec, seen = token.task_spec, token.visible()
        self.requests.append(
            asked.EnqueueJob(
                token=token.id,
                element_id=spec.name,
                program=spec.program_id,
                kind="continuation",
                retry=spec.retry_cycle(token, seen, self),
                priority=spec.job_priority(seen, self),
            )
        )

    # Scopes and variables

    def start_scope(self, scope: Scope, starts: Iterable[FlowNodeSpec]) -> None:
        """Put a token on each of the flow nodes a container starts with."""
        for spec in starts:
            self.ready.append(self.new_token(spec, scope))

    def scope_emptied(self, scope: Scope) -> None:
        """The last token of a container is gone: its activity goes on, or the case has ended."""
        self.disarm_scope(scope)
        if scope.isolated and scope.program.ending is not None and not self.cancelled:
            self.ready.append(self.new_token(scope.program.ending, scope))
        else:
            self.scope_ended(scope)

    def scope_ended(self, scope: Scope) -> None:
        """Nothing of a container is left, not even listeners for its end."""
        owner = scope.owner
        if owner is None:
            self.completed = True
            if not self.cancelled:
                self.records.append(asked.Record(kind="case.ended", token=0, element_id=scope.program.process_id, program=scope.program.id))
        else:
            owner.task_spec.body_ended(self, owner)

    def assign(self, token: Token, scope: Scope, values: Mapping[str, Any]) -> None:
        """Write each value where its variable lives, seen from ``scope``; a new variable belongs to the process."""
        if not values:
            return
        self._weigh(token, values)
        before: dict[str, Any] = {}
        watched = self.conditional
        for name, value in values.items():
            holder = scope if name in scope.variables else scope.holder(name)
            held = holder.variables
            if name in held:
                before[name] = held[name]
            held[name] = value
            if watched:
                conditions.changed(self, holder, name, is_new=name not in before)
        self.record("variables.set", token, {"values": dict(values), "before": before})

    def assign_local(self, token: Token, scope: Scope, values: Mapping[str, Any]) -> None:
        """Write values into exactly this scope."""
        if not values:
            return
        self._weigh(token, values)
        before = {name: scope.variables[name] for name in values if name in scope.variables}
        scope.variables.update(values)
        for name in values if self.conditional else ():
            conditions.changed(self, scope, name, is_new=name not in before)
        self.record("variables.set", token, {"values": dict(values), "before": before, "local": True})

    def _weigh(self, token: Token, values: Mapping[str, Any]) -> None:
        # Each value is written into the history and kept with the case: what a model makes larger and larger must end here.
        self.variables_left -= weight(values, self.variables_left)
        if self.variables_left < 0:
            limit = self.limits.variables
            names = ", ".join(sorted(values)[:5])
            raise Stuck(
                VARIABLE_BUDGET, f"{token.task_spec.words}: {names}: one command sets values of more than {limit:,} characters and items"
            )

    def own_scope(self, token: Token) -> Scope:
        """Return the activity's local scope, made on first use."""
        own = token.own
        if own is None:
            outer = token.scope
            own = token.own = Scope(program=outer.program, parent=outer, owner=token, depth=outer.depth)
        return own

    def inner_scope(self, token: Token, body: Body) -> Scope:
        """Make the activity's local scope hold the tokens of a sub-process too."""
        own = self.own_scope(token)
        own.body = body
        token.body = own
        return own

    # Waiting for events

    def arm(self, token: Token, plan: Plan) -> None:
        """Let the token wait as planned."""
        spec = token.task_spec
        token.wait = plan.wait
        token.memo = plan.memo
        if plan.wait == Wait.CONDITION:
            self.conditional[token.id] = token
            if plan.at_once:
                self.to_look_at[token.id] = token
        elif plan.due_at is not None:
            self.requests.append(asked.ScheduleTimer(token=token.id, element_id=spec.name, program=spec.program_id, due_at=plan.due_at))
        else:
            self.requests.append(
                asked.Subscribe(
                    token=token.id,
                    element_id=spec.name,
                    program=spec.program_id,
                    kind=plan.wait,
                    name=plan.name,
                    correlation_key=plan.correlation_key,
                )
            )

    def watch(self, host: Token, spec: FlowNodeSpec, plan: Plan, *, index: int | None = None) -> Token:
        """Arm an event on behalf of ``host``: a boundary event, or one behind an event-based gateway.

        ``index`` says which of the event's several triggers it is.
        """
        watcher = self.new_token(spec, host.scope)
        watcher.host = host
        watcher.index = index or None
        if host.watchers is None:
            host.watchers = []
        host.watchers.append(watcher)
        self.arm(watcher, plan)
        return watcher

    def disarm(self, host: Token) -> None:
        """Give up every event armed on behalf of ``host``."""
        watchers, host.watchers = host.watchers, None
        for watcher in watchers or ():
            self.interrupt(watcher, "")

    def arm_scope(self, scope: Scope) -> None:
        """Arm the start events of the event sub-processes in the scope: all or, where an expression fails, none."""
        if scope.body is None or not scope.body.armed or scope.watchers is not None:
            return
        planned = [(start, start.plans(self, scope)) for start in scope.body.armed]
        scope.watchers = []
        for start, plans in planned:
            for number, plan in plans:
                self.watch_scope(scope, start, plan, index=number)

    def watch_scope(self, scope: Scope, spec: FlowNodeSpec, plan: Plan, *, index: int) -> None:
        """Arm the start event of an event sub-process beside the tokens of the scope."""
        watcher = self.new_token(spec, scope)
        watcher.index = index or None
        self.set_apart(watcher)
        self.arm(watcher, plan)

    def set_apart(self, token: Token) -> None:
        """Make the token one that waits beside the tokens of its scope."""
        del token.scope.tokens[token.id]
        token.apart = True
        if token.scope.watchers is None:
            token.scope.watchers = []
        token.scope.watchers.append(token)

    def disarm_scope(self, scope: Scope) -> None:
        """Give up the start events armed in the scope."""
        for watcher in tuple(scope.watchers or ()):
            self.interrupt(watcher, "")

    # Interruption

    def cancel(self, reason: str) -> None:
        """End the case as it stands: all that is left of it are listeners of what was cancelled."""
        self.cancelled = True
        self.interrupt_inside(self.root, reason)
        self._tell_of_process(self.root)
        if not self.root.tokens:
            self.scope_emptied(self.root)

    def interrupt(self, token: Token, reason: str) -> None:
        """Take the token and everything inside it off the board, at once; ``reason`` in words."""
        if token._state == CANCELLED:
            return
        token._state = CANCELLED
        if token.body is not None:
            self.interrupt_inside(token.body, reason)
            if token.body.isolated:
                self._tell_of_process(token.body)
        if token.watchers:
            self.disarm(token)
        self._withdraw(token, reason)
        if token.host is not None:
            if token.host.watchers:
                token.host.watchers.remove(token)
        elif not token.apart:
            self.record("element.cancelled", token, {"reason": reason})
            if token.task_spec.listeners is not None and token.stage in _UNDER_WAY:
                token.task_spec.listeners.tell(self, token, Beside.CANCELLED)
        self.drop(token)

    def interrupt_inside(self, scope: Scope, reason: str, *, sparing: Token | None = None) -> None:
        """Cancel every token of a scope but ``sparing``, and what is armed in it; the scope itself stays."""
        self.disarm_scope(scope)
        for token in tuple(scope.tokens.values()):
            if token is not sparing:
                self.interrupt(token, reason)
        if scope.joins:
            for node_id in scope.joins:
                self.inclusive.pop((id(scope), node_id), None)
            scope.joins = None

    def _tell_of_process(self, process: Scope) -> None:
        ending = process.program.ending
        if ending is not None and ending.listeners is not None:
            last = self.new_token(ending, process)
            ending.listeners.tell(self, last, Beside.CANCELLED)
            self.drop(last)

    def _withdraw(self, token: Token, reason: str) -> None:
        spec = token.task_spec
        if token.wait == Wait.TASK:
            self.requests.append(asked.CloseTask(token=token.id, element_id=spec.name, program=spec.program_id, reason=reason))
            if spec.listeners is not None:
                spec.listeners.tell(self, token, Beside.CLOSED)
        elif (request := _WITHDRAWALS.get(token.wait or "")) is not None:
            self.requests.append(request(token=token.id, element_id=spec.name, program=spec.program_id))

    # Results

    def accept(self, token: Token, values: Mapping[str, Any]) -> None:
        """Take the results of a task, job or message: as locals where the element maps its outputs itself, else outwards."""
        if not values:
            return
        if token.task_spec.results_are_local:
            self.assign_local(token, self.own_scope(token), values)
        else:
            self.assign(token, token.variables, values)

    # Inclusive joins

    def _release_inclusive_joins(self) -> bool:
        """Let the first inclusive join go on that no other token can still complete; say whether there was one."""
        for key, (scope, spec) in self.inclusive.items():
            if spec.may_release(scope):
                del self.inclusive[key]
                spec.release(self, scope)
                return True
        return False


def feel_variables(variables: Mapping[str, Any]) -> dict[str, Any]:
    """Return FEEL values for what a registered function attached to its error."""
    return {name: to_feel(value) for name, value in variables.items()}
