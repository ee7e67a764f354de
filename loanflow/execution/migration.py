"""Case migration: a waiting case, put onto another version of a process it runs.

A `VersionChange` says which flow node and sequence flow of the old program is which of the new one. `examine` looks at one case
and says in words what would become of it; `migrate` does it. Every token keeps its id, its variables, and what it waits for:
a task stays open as it is, a job goes on, a timer keeps its due date. Only what the new version draws otherwise around a token
changes: boundary events and events behind a gateway that are gone are given up, new ones are armed from now on, a message that
has another name is subscribed to anew, a token at an element the caller drops is cancelled, and a join that has all it waits for
goes on.
"""

# pyright: reportPrivateUsage=false
# A case's machine is this room's own.

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from loanflow.bpmn.compare import likeness
from loanflow.execution import requests as asked
from loanflow.execution import snapshot
from loanflow.execution.case import CaseExecution
from loanflow.execution.expressions import Stuck
from loanflow.execution.flow_nodes.activities import ActivitySpec, UserTaskSpec
from loanflow.execution.flow_nodes.base import FlowNodeSpec
from loanflow.execution.flow_nodes.containers import AdHocSubProcessSpec, CallActivitySpec
from loanflow.execution.flow_nodes.events import CancelEndSpec, CatchSpec, CompensationThrowSpec, ThrowSpec
from loanflow.execution.flow_nodes.gateways import EventBasedGatewaySpec, JoinSpec, ParallelGatewaySpec
from loanflow.execution.flow_nodes.multi_instance import Instances
from loanflow.execution.machine import Limits, Machine
from loanflow.execution.program import Body
from loanflow.execution.requests import Host, Step
from loanflow.execution.tokens import Scope, Stage, Token, Wait
from loanflow.execution.triggers import ConditionTrigger, NameTrigger, TimerTrigger, Trigger
from loanflow.execution.version_change import Drawing, VersionChange

_DEFAULT_LIMITS = Limits()
_SUGGESTED = 3
_NOT_BEGUN = (Stage.TAKING, Stage.ARRIVED, Stage.ENTERING)
_WATCHED = (Stage.STARTING, Stage.WORKING, Stage.COMPLETING, Stage.FINISHING)
_LISTENED = (Stage.TAKING, Stage.STARTING, Stage.COMPLETING, Stage.TELLING, Stage.ENDING, Stage.BESIDE)


class Verdict(IntEnum):
    """Whether a case can be migrated; of several findings the highest counts."""

    SAFE = 0
    NEEDS_MAPPING = 1
    IMPOSSIBLE = 2

    @property
    def word(self) -> str:
        """The verdict as programs read it."""
        return ("safe", "needs-mapping", "impossible")[self]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What migrating means for one place of a case; with the verdict SAFE it is a note: what will be otherwise.

    ``element_id`` is the old version's, or the new version's for what is new there.
    """

    verdict: Verdict
    element_id: str
    element_name: str | None
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """The findings for one case, and the worst of them."""

    findings: tuple[Finding, ...]

    @property
    def verdict(self) -> Verdict:
        """Whether the case can be migrated."""
        return max((finding.verdict for finding in self.findings), default=Verdict.SAFE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Migrated:
    """A case on its new version: what the host must do, and ``moved``, old and new element id by token."""

    execution: CaseExecution
    step: Step
    moved: Mapping[int, tuple[str, str]]
    findings: tuple[Finding, ...]


class MigrationRefused(Exception):
    """The case cannot be migrated; ``examination`` says why, and nothing has changed."""

    def __init__(self, examination: Examination) -> None:
        self.examination = examination
        super().__init__("; ".join(f.message for f in examination.findings if f.verdict is not Verdict.SAFE))


def examine(data: bytes, change: VersionChange, *, host: Host, limits: Limits = _DEFAULT_LIMITS) -> Examination:
    """Say what migrating the case of this snapshot would mean; nothing is changed or asked of the host but to evaluate.

    Raises:
        SnapshotRefused: the data is no snapshot, or does not fit the host's programs.
    """
    passage = _Passage(snapshot.load(data, host.program, limits), change, host, limits)
    passage.look()
    if passage.examination.verdict is Verdict.SAFE:
        # Arming what is new evaluates expressions, which may fail.
        passage.move()
    return passage.examination


def migrate(data: bytes, change: VersionChange, *, host: Host, limits: Limits = _DEFAULT_LIMITS) -> Migrated:
    """Put the case of this snapshot onto the new version, and let it run until every token waits.

    Raises:
        MigrationRefused: see the class.
        SnapshotRefused: the data is no snapshot, or does not fit the host's programs.
    """
    passage = _Passage(snapshot.load(data, host.program, limits), change, host, limits)
    passage.look()
    if passage.examination.verdict is Verdict.SAFE:
        passage.move()
    if passage.examination.verdict is not Verdict.SAFE:
        raise MigrationRefused(passage.examination)
    step = passage.machine.settle()
    return Migrated(execution=CaseExecution(passage.machine), step=step, moved=passage.moved, findings=passage.examination.findings)


def relocations(execution: CaseExecution, program_id: str) -> tuple[asked.Relocate, ...]:
    """Say where the rows of a case's tokens in that program belong."""
    return tuple(_relocation(token) for token in execution._machine.tasks.values() if token.scope.program.id == program_id)


def root_program(execution: CaseExecution) -> str:
    """Return the id of the program the case itself runs, whatever it has called."""
    return execution._machine.root.program.id


@dataclass(slots=True, kw_only=True)
class _Watch:
    """Who is watched over: an activity with its boundary events, a gateway or an event with what it waits for, or a scope.

    ``events`` are those of the new version, ``former`` those of the old; ``kept`` names events that go on being waited for.
    ``token`` is the activity's, gateway's or event's, or that of the activity whose scope it is (None: the case itself).
    """

    token: Token | None
    events: tuple[FlowNodeSpec, ...]
    former: tuple[FlowNodeSpec, ...]
    is_scope: bool = False
    kept: set[str] = field(default_factory=set[str])
    given_up: list[Token] = field(default_factory=list[Token])


class _Passage:
    """One case on its way: `look` judges it and changes nothing, `move` carries it over."""

    def __init__(self, machine: Machine, change: VersionChange, host: Host, limits: Limits) -> None:
        self.machine = machine
        self.change = change
        self.host = host
        self.limits = limits
        self.moved: dict[int, tuple[str, str]] = {}
        self._found: list[Finding] = []
        self._watches: list[_Watch] = []
        self._dropped: list[Token] = []
        self._undoing: list[Token] = []

    @property
    def examination(self) -> Examination:
        """What was found so far, each finding once."""
        return Examination(findings=tuple(dict.fromkeys(self._found)))

    # Looking

    def look(self) -> None:
        """Judge every token of the old program."""
        for token in self._tokens():
            if token.host is None and not token.apart and not self._goes_with_another(token):
                if token.task_spec.name in self.change.dropped:
                    self._look_at_dropped(token)
                else:
                    self._look_at(token)
        if self.examination.verdict is Verdict.SAFE:
            for scope in self._scopes():
                self._look_at_scope(scope)
                self._look_at_done(scope.done or ())
                self._look_at_joins(scope)

    def _tokens(self) -> list[Token]:
        old = self.change.old.id
        return [token for token in self.machine.tasks.values() if token.scope.program.id == old]

    def _scopes(self) -> Iterator[Scope]:
        old = self.change.old.id
        seen: dict[int, Scope] = {id(self.machine.root): self.machine.root}
        for token in self.machine.tasks.values():
            for scope in (token.own, token.body):
                if scope is not None:
                    seen[id(scope)] = scope
        return (scope for scope in seen.values() if scope.program.id == old)

    def _look_at(self, token: Token) -> None:
        old = token.task_spec
        new = self.change.target(old)
        if token.stage == Stage.UNDOING or (isinstance(old, CompensationThrowSpec | CancelEndSpec) and token.body is not None):
            self._undoing.append(token)
            self._refuse(old, f"{old.words} is undoing what was done; a case is migrated before or after that, not meanwhile")
            return
        if new is None:
            self._without_counterpart(token)
            return
        if not _same_kind(old, new):
            self._refuse(old, f"{old.words} cannot become {new.words}: a token waits there, and the two are of different kinds")
            return
        if not self._same_scope(token, new):
            self._refuse(old, f"{new.words} is in another scope than {old.words}: a token cannot be taken into or out of a sub-process")
            return
        if token.wait == Wait.JOB and isinstance(new, ThrowSpec) and new.job is None:
            self._refuse(old, f"{new.words} sends nothing through a handler any more, but the job of {old.words} is open")
        self._look_at_listener(token, new)
        self._look_at_instances(token, new)
        self._look_at_sequence(token, new)
        self._look_at_flow(token, new)
        self._look_at_trigger(token, new)
        self._look_at_watchers(token, new)
        if new.name != old.name:
            self._note(old, f"{old.words} becomes {new.words}")
        if token.wait == Wait.SCOPE and _called(old) != _called(new):
            self._note(old, f"{new.words} calls {_called(new)} now; the process that was called goes on as it is")

    def _goes_with_another(self, token: Token) -> bool:
        # What is inside an activity that is dropped, or belongs to a compensation.
        owner = token.scope.owner
        return owner is not None and (owner in self._dropped or owner in self._undoing or self._goes_with_another(owner))

    def _look_at_dropped(self, token: Token) -> None:
        old = token.task_spec
        self._dropped.append(token)
        if all(other in self._dropped or other.host is not None for other in token.scope.tokens.values()):
            self._refuse(old, f"the token at {old.words} cannot be dropped: nothing would be left that could go on in its place")
        else:
            self._note(old, f"the token at {old.words} is dropped")

    def _without_counterpart(self, token: Token) -> None:
        old = token.task_spec
        fitting = [spec for spec in self.change.new.nodes.values() if _same_kind(old, spec) and self._same_scope(token, spec)]
        if not fitting:
            self._refuse(
                old, f"a token waits at {old.words}, which is not in the new version, nor is anything of its kind in the same scope"
            )
            return
        fitting.sort(key=lambda spec: -likeness(old.node, spec.node))
        named = ", ".join(spec.words for spec in fitting[:_SUGGESTED])
        message = f"a token waits at {old.words}, which is not in the new version; say where it goes on, for instance {named}"
        self._add(Verdict.NEEDS_MAPPING, old, message)

    def _same_scope(self, token: Token, new: FlowNodeSpec) -> bool:
        if token.stage == Stage.BESIDE:
            return True  # It stands where the case goes on without its element.
        # An instance of a multi-instance activity stands in the scope of its own activity's token.
        holder = token if token.index is None else token.scope.owner
        assert holder is not None
        owner = holder.scope.owner
        inside = self.change.after.scope[new.name]
        if owner is None or holder.scope.isolated:
            return inside is None
        target = self.change.target(owner.task_spec)
        return target is not None and inside == target.name

    def _look_at_instances(self, token: Token, new: FlowNodeSpec) -> None:
        old = token.task_spec
        if not isinstance(old, ActivitySpec) or not isinstance(new, ActivitySpec) or token.stage in _NOT_BEGUN:
            return
        before, after = old.instances, new.instances
        if token.index is not None:
            return
        if type(before) is not type(after):
            what = "is repeated in another way now" if before and after else "is repeated now" if after else "is no longer repeated"
            self._refuse(old, f"{new.words} {what}, but {old.words} has begun")
        elif before is not None and after is not None and before.sequential != after.sequential:
            order = "one after the other" if after.sequential else "all at once"
            self._refuse(old, f"the instances of {new.words} now run {order}, but those of {old.words} have begun")
        elif (
            token.wait == Wait.MULTI_INSTANCE
            and isinstance(before, Instances)
            and isinstance(after, Instances)
            and after.begins_to_collect(token, before)
        ):
            self._note(old, f"{new.words} collects results now; those of instances that have ended are null")

    def _look_at_listener(self, token: Token, new: FlowNodeSpec) -> None:
        if token.stage not in _LISTENED or (token.stage == Stage.BESIDE and token.body is not None):
            return
        there = new.listeners
        number = 0 if token.memo is None else int(token.memo[0])
        listeners: Sequence[Any] = ()
        if there is not None and token.stage == Stage.TAKING:
            listeners = there.by_flow.get(self.change.flows.get(token.flow or "", ""), ())
        elif there is not None:
            listeners = there.by_stage.get(Stage(token.stage), ())
        if number >= len(listeners):
            self._refuse(
                token.task_spec, f"a listener of {token.task_spec.words} is at work that {new.words} does not have; wait until it is done"
            )

    def _look_at_sequence(self, token: Token, new: FlowNodeSpec) -> None:
        if isinstance(new, AdHocSubProcessSpec) and token.wait == Wait.SCOPE and token.memo:
            gone = [name for name in token.memo[0] if name not in self.change.elements]
            if gone:
                self._refuse(token.task_spec, f"{new.words} was still to start {', '.join(gone)}, which the new version does not have")

    def _look_at_flow(self, token: Token, new: FlowNodeSpec) -> None:
        if not _in_line(token) or token.flow is None or len(new.incoming) < 2:
            return
        if self.change.flows.get(token.flow) not in new.incoming:
            self._add(
                Verdict.NEEDS_MAPPING,
                token.task_spec,
                f"a token waits at {token.task_spec.words}, having come by sequence flow {token.flow}, which no longer leads there; "
                f"say which of {', '.join(new.incoming)} stands for it",
            )

    def _look_at_trigger(self, token: Token, new: FlowNodeSpec) -> None:
        before, after = _trigger(token, token.task_spec), _trigger(token, new)
        if isinstance(before, TimerTrigger) and isinstance(after, TimerTrigger) and token.wait == Wait.TIMER:
            if before.formula.text != after.formula.text:
                self._note(token.task_spec, f"the timer of {new.words} is {after.formula.text} now; the one that runs keeps its due date")
        elif token.wait in (Wait.MESSAGE, Wait.SIGNAL) and _texts(before) != _texts(after):
            self._note(token.task_spec, f"{new.words} is subscribed to anew, its name or correlation key having changed")
        elif token.wait == Wait.CONDITION and _texts(before) != _texts(after):
            self._note(token.task_spec, f"the condition of {new.words} has changed: it is looked at at once")

    def _look_at_watchers(self, token: Token, new: FlowNodeSpec) -> None:
        if token.index is None and token.stage in _WATCHED:
            watch = _Watch(token=token, events=_watched(new), former=_watched(token.task_spec))
            self._look_at_watch(watch, token.watchers or ())

    def _look_at_scope(self, scope: Scope) -> None:
        after = self._body_of(scope)
        if scope.body is None or after is None or scope.watchers is None:
            return
        watch = _Watch(token=scope.owner, events=after.armed, former=scope.body.armed, is_scope=True)
        self._look_at_watch(watch, scope.watchers)

    def _look_at_watch(self, watch: _Watch, watchers: Collection[Token]) -> None:
        self._watches.append(watch)
        for watcher in watchers:
            old = watcher.task_spec
            target = self.change.target(old)
            if target is None or target not in watch.events or not _same_kind(old, target) or _trigger(watcher, target) is None:
                watch.given_up.append(watcher)
                self._note(old, f"{old.words} is not in the new version: it is waited for no longer")
            else:
                watch.kept.add(target.name)
                self._look_at_trigger(watcher, target)

    def _body_of(self, scope: Scope) -> Body | None:
        # Of a scope that holds the tokens of a container; None for others, and for those of dropped activities.
        if scope.owner is None or scope.isolated:
            return self.change.new.body
        target = self.change.target(scope.owner.task_spec)
        return None if target is None or scope.body is None else target.inner_body

    def _look_at_done(self, done: Sequence[Any]) -> None:
        # What could be undone has to be undone by the new version.
        for name, _, inner, *_ in done:
            old = self.change.old.nodes[name]
            new = self.change.target(old)
            if name in self.change.dropped:
                self._note(old, f"what {old.words} has done cannot be undone any more")
            elif new is None or not _same_kind(old, new) or (old.compensation_handler is not None and new.compensation_handler is None):
                self._refuse(old, f"what {old.words} has done could not be undone any more: the new version has no compensation for it")
            else:
                self._look_at_done(inner)

    def _look_at_joins(self, scope: Scope) -> None:
        before, after, change = self.change.before, self.change.after, self.change
        everyone = [token for token in scope.tokens.values() if token.host is None and not self._goes_with_another(token)]
        places = [token for token in everyone if token not in self._dropped]
        standing = {change.elements[token.task_spec.name] for token in places}
        stood = {token.task_spec.name for token in everyone}
        for join, spec in after.joins.items():
            line = [
                change.flows.get(token.flow or "", "") for token in places if _in_line(token) and change.target(token.task_spec) is spec
            ]
            missing = after.missing(join, standing - {join}, line)
            origin = change.origin(spec)
            if not missing or (origin is not None and self._was_stuck(before, origin.name, everyone, stood)):
                continue
            self._refuse(spec, f"{spec.words} would wait for ever: no token of this case can still come by {', '.join(missing)}")

    def _was_stuck(self, before: Drawing, join: str, tokens: list[Token], stood: set[str]) -> bool:
        # Then it is no worse in the new version.
        line = [token.flow or "" for token in tokens if _in_line(token) and token.task_spec.name == join]
        return join in before.joins and bool(before.missing(join, stood - {join}, line))

    def _refuse(self, spec: FlowNodeSpec, message: str) -> None:
        self._add(Verdict.IMPOSSIBLE, spec, message)

    def _note(self, spec: FlowNodeSpec, message: str) -> None:
        self._add(Verdict.SAFE, spec, message)

    def _add(self, verdict: Verdict, spec: FlowNodeSpec, message: str) -> None:
        self._found.append(Finding(verdict=verdict, element_id=spec.name, element_name=spec.node.name, message=message))

    # Moving

    def move(self) -> None:
        """Carry the case over; a new event that cannot be armed is a finding, and the passage must then be thrown away."""
        machine, change = self.machine, self.change
        machine.begin(self.host)
        for token in self._dropped:
            machine.interrupt(token, "dropped by the migration of the case")
        for token in [token for token in self._tokens() if token.stage == Stage.BESIDE and token.task_spec.name in change.dropped]:
            # Its listeners are not in the new version either.
            if token.body is not None:
                machine.interrupt_inside(token.body, "")
            machine.drop(token)
        for watch in self._watches:
            for watcher in watch.given_up:
                machine.interrupt(watcher, "")
        travellers = self._tokens()
        texts = {token.id: _texts(_trigger(token, token.task_spec)) for token in travellers}
        for scope in list(self._scopes()):
            scope.done = self._renamed(scope.done or ()) or None
            scope.body = self._body_of(scope)
            scope.program = change.new
        for token in travellers:
            self._carry(token)
        given_up, happened = machine.requests, machine.records
        # A snapshot holds no queues at joins and no bodies of scopes: restored, both are those of the new program.
        self.machine = machine = snapshot.load(
            snapshot.dump(machine), lambda name: change.new if name == change.new.id else self.host.program(name), self.limits
        )
        machine.begin(self.host)
        machine.records.extend(happened)
        machine.requests.extend(given_up)
        machine.requests.extend(_relocation(machine.tasks[token.id]) for token in travellers)
        for token in travellers:
            here = machine.tasks[token.id]
            if texts[token.id] == _texts(_trigger(here, here.task_spec)):
                continue
            if here.wait in (Wait.MESSAGE, Wait.SIGNAL):
                self._subscribe_anew(here)
            elif here.wait == Wait.CONDITION:
                machine.to_look_at[here.id] = here
        for watch in self._watches:
            self._arm_new(watch)
        self._release_joins()

    def _carry(self, token: Token) -> None:
        change = self.change
        new = change.target(token.task_spec)
        assert new is not None
        self.moved[token.id] = (token.task_spec.name, new.name)
        before, after = token.task_spec.instances, new.instances
        if token.wait == Wait.MULTI_INSTANCE and isinstance(before, Instances) and isinstance(after, Instances):
            after.take_over(token, before)
        token.task_spec = new
        if token.host is not None and token.flow is not None:
            # An event behind a gateway, which was carried before it.
            token.flow = next(flow.id for flow in token.host.task_spec.outgoing if flow.target is new)
        elif token.flow is not None:
            token.flow = change.flows.get(token.flow, token.flow)
        if isinstance(new, AdHocSubProcessSpec) and token.memo:
            token.memo = [[change.elements[name] for name in token.memo[0]]]

    def _renamed(self, done: Sequence[Any]) -> list[Any]:
        elements, dropped = self.change.elements, self.change.dropped
        return [[elements[name], variables, self._renamed(inner), *rest] for name, variables, inner, *rest in done if name not in dropped]

    def _subscribe_anew(self, token: Token) -> None:
        machine, spec = self.machine, token.task_spec
        trigger = _trigger(token, spec)
        assert trigger is not None
        seen = token.scope.visible() if token.apart else (token.host or token).visible()
        machine.current = token
        try:
            plan = trigger.plan(seen, machine, machine.now)
        except Stuck as stuck:
            self._refuse(spec, f"{spec.words} cannot be subscribed to anew: {stuck.message}")
            return
        machine.requests.append(asked.Unsubscribe(**spec.where(token)))
        machine.arm(token, plan)

    def _arm_new(self, watch: _Watch) -> None:
        machine = self.machine
        token = None if watch.token is None else machine.tasks[watch.token.id]
        scope = machine.root if token is None else token.body
        seen = token.visible() if token is not None and not watch.is_scope else scope.visible() if scope is not None else {}
        host = None if token is None else token.task_spec
        flows = {flow.target.name: flow.id for flow in host.outgoing} if isinstance(host, EventBasedGatewaySpec) else {}
        for event in watch.events:
            if event.name in watch.kept or self._was_watched(event, watch):
                continue
            machine.current = token or next(iter(machine.root.tokens.values()))
            try:
                plans = [trigger.plan(seen, machine, machine.now) for trigger in event.triggers]
            except Stuck as stuck:
                self._refuse(event, f"{event.words} is new and cannot be armed: {stuck.message}")
                continue
            for number, plan in enumerate(plans):
                if watch.is_scope:
                    assert scope is not None
                    machine.watch_scope(scope, event, plan, index=number)
                elif token is not None:
                    machine.watch(token, event, plan, index=number).flow = flows.get(event.name)
            self._note(event, f"{event.words} is new: it is waited for from the migration on")

    def _was_watched(self, event: FlowNodeSpec, watch: _Watch) -> bool:
        # An event that has happened already and is used up must not be armed again.
        before = self.change.origin(event)
        return before is not None and before in watch.former and _same_kind(before, event)

    def _release_joins(self) -> None:
        machine = self.machine
        for scope in list(self._scopes_of_new()):
            for name in list(scope.joins or ()):
                spec = self.change.new.nodes[name]
                # What is left of a line after one round may be enough for the next.
                while isinstance(spec, ParallelGatewaySpec) and len((scope.joins or {}).get(name, ())) >= len(spec.incoming):
                    machine.proceed(spec.merge(machine, scope, None), Stage.FINISHING)

    def _scopes_of_new(self) -> Iterator[Scope]:
        seen: dict[int, Scope] = {}
        for token in self.machine.tasks.values():
            if token.id in self.moved:
                seen[id(token.scope)] = token.scope
        return iter(seen.values())


def _relocation(token: Token) -> asked.Relocate:
    spec = token.task_spec
    person = spec if isinstance(spec, UserTaskSpec) else None
    return asked.Relocate(
        token=token.id,
        element_id=spec.name,
        program=spec.program_id,
        wait=token.wait or Wait.READY,
        form=person.form if person is not None else None,
        different_from=person.different_from if person is not None else (),
    )


def _in_line(token: Token) -> bool:
    # At a join it counts by which flow a token has come, or comes.
    return (
        isinstance(token.task_spec, JoinSpec)
        and token.stage in (*_NOT_BEGUN, Stage.STARTING, Stage.WORKING)
        and len(token.task_spec.incoming) > 1
    )


def _same_kind(old: FlowNodeSpec, new: FlowNodeSpec) -> bool:
    if isinstance(old, UserTaskSpec):
        # What its listeners wait for is not what the task waits for.
        return isinstance(new, UserTaskSpec)
    return type(old) is type(new) and [_event_kind(one) for one in old.triggers] == [_event_kind(one) for one in new.triggers]


def _event_kind(trigger: Trigger) -> tuple[type[Trigger], str]:
    return type(trigger), trigger.wait if isinstance(trigger, NameTrigger) else ""


def _trigger(token: Token, spec: FlowNodeSpec) -> Trigger | None:
    # Each of several triggers of an event has a token of its own, with its number.
    number = token.index or 0 if token.host is not None or token.apart else 0
    return spec.triggers[number] if number < len(spec.triggers) else None


def _called(spec: FlowNodeSpec) -> str | None:
    return spec.called.text if isinstance(spec, CallActivitySpec) else None


def _texts(trigger: Trigger | None) -> tuple[str | None, ...]:
    match trigger:
        case NameTrigger():
            return trigger.name.text, trigger.correlation_key.text if trigger.correlation_key is not None else None
        case ConditionTrigger():
            return (trigger.formula.text,)
        case _:
            return ()


def _watched(spec: FlowNodeSpec) -> tuple[FlowNodeSpec, ...]:
    """Return the events armed on behalf of a token at this flow node."""
    if isinstance(spec, EventBasedGatewaySpec):
        return tuple(flow.target for flow in spec.outgoing)
    if isinstance(spec, CatchSpec):
        return (spec,) if len(spec.triggers) > 1 else ()
    if isinstance(spec, UserTaskSpec) and spec.triggers:
        return (*spec.boundaries, spec)
    return spec.boundaries if isinstance(spec, ActivitySpec) else ()
