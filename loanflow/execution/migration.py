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

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from loanflow.bpmn.compare import likeness
from loanflow.bpmn.model import Container
from loanflow.execution import requests as asked
from loanflow.execution import snapshot
from loanflow.execution.case import CaseExecution
from loanflow.execution.expressions import Stuck
from loanflow.execution.flow_nodes.activities import ActivitySpec, ReceiveTaskSpec, UserTaskSpec
from loanflow.execution.flow_nodes.base import FlowNodeSpec
from loanflow.execution.flow_nodes.containers import CallActivitySpec
from loanflow.execution.flow_nodes.events import BoundaryEventSpec, CatchSpec, ThrowSpec
from loanflow.execution.flow_nodes.gateways import EventBasedGatewaySpec, JoinSpec, ParallelGatewaySpec
from loanflow.execution.flow_nodes.multi_instance import _RESULTS, _TOTAL
from loanflow.execution.machine import Limits, Machine
from loanflow.execution.program import Program
from loanflow.execution.requests import Host, Step
from loanflow.execution.tokens import Scope, Stage, Token, Wait
from loanflow.execution.triggers import NameTrigger, TimerTrigger, Trigger

_DEFAULT_LIMITS = Limits()
_SUGGESTED = 3


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


class VersionChange:
    """Which element of one program is which of another; immutable, one for all cases of a migration.

    ``elements`` and ``flows`` map ids of flow nodes and sequence flows, old to new; what is not in them has no counterpart.
    Tokens that wait at one of ``dropped`` are cancelled.
    """

    def __init__(
        self,
        old: Program,
        new: Program,
        *,
        elements: Mapping[str, str],
        flows: Mapping[str, str],
        dropped: Collection[str] = (),
    ) -> None:
        self.old = old
        self.new = new
        self.dropped = frozenset(dropped)
        self.elements = {one: other for one, other in elements.items() if one in old.nodes and other in new.nodes}
        self.flows = dict(flows)
        self.before = _Drawing(old)
        self.after = _Drawing(new)
        self._came_from = {other: one for one, other in self.elements.items()}

    def target(self, spec: FlowNodeSpec) -> FlowNodeSpec | None:
        """Return the new spec for an old one, or None."""
        return self.new.nodes.get(self.elements.get(spec.name, ""))

    def origin(self, spec: FlowNodeSpec) -> FlowNodeSpec | None:
        """Return the old spec for a new one, or None where it is new."""
        return self.old.nodes.get(self._came_from.get(spec.name, ""))


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


class _Drawing:
    """What a program does not say of itself: the scope of each flow node, and how tokens can reach each parallel join."""

    def __init__(self, program: Program) -> None:
        self.scope: dict[str, str | None] = dict.fromkeys(program.nodes)
        for spec in program.nodes.values():
            body = getattr(spec.node, "body", None)
            if isinstance(body, Container):
                self.scope.update(dict.fromkeys(body.nodes, spec.name))
        self.joins = {
            spec.name: spec for spec in program.nodes.values() if isinstance(spec, ParallelGatewaySpec) and len(spec.incoming) > 1
        }
        before: dict[str, set[str]] = defaultdict(set)
        source: dict[str, str] = {}
        for spec in program.nodes.values():
            for flow in spec.outgoing:
                before[flow.target.name].add(spec.name)
                source[flow.id] = spec.name
            if isinstance(spec, ActivitySpec):
                for event in (*spec.boundaries, *spec.catchers):
                    before[event.name].add(spec.name)
        self.sources = {
            join: {flow: _reaching(before, source[flow], join) for flow in spec.incoming if flow in source}
            for join, spec in self.joins.items()
        }

    def missing(self, join: str, places: Collection[str], waiting: Iterable[str]) -> list[str]:
        """Name the flows of a join by which no token can come any more; none where no token is on its way to it at all."""
        sources = self.sources[join]
        held = Counter(waiting)
        # Rounds that are complete already leave only what is beyond them.
        held.subtract(dict.fromkeys(sources, min(held[flow] for flow in sources)))
        coming = {flow for flow, reach in sources.items() if any(place in reach for place in places)}
        if not coming and not any(held[flow] for flow in sources):
            return []
        return [flow for flow in sources if not held[flow] and flow not in coming]


@dataclass(slots=True, kw_only=True)
class _Watch:
    """A token that others watch over: an activity with its boundary events, or a gateway with the events behind it."""

    token: Token
    kept: dict[str, Token] = field(default_factory=dict[str, Token])
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
        self._watches: dict[int, _Watch] = {}
        self._dropped: list[Token] = []

    @property
    def examination(self) -> Examination:
        """What was found so far, each finding once."""
        return Examination(findings=tuple(dict.fromkeys(self._found)))

    # Looking

    def look(self) -> None:
        """Judge every token of the old program."""
        for token in self._tokens():
            if token.host is None and not self._goes_with_another(token):
                if token.task_spec.name in self.change.dropped:
                    self._look_at_dropped(token)
                else:
                    self._look_at(token)
        if self.examination.verdict is Verdict.SAFE:
            for scope in self._scopes():
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
        self._look_at_instances(token, new)
        self._look_at_flow(token, new)
        self._look_at_trigger(token, new)
        self._look_at_watchers(token, new)
        if new.name != old.name:
            self._note(old, f"{old.words} becomes {new.words}")
        if token.wait == Wait.SCOPE and _called(old) != _called(new):
            self._note(old, f"{new.words} calls {_called(new)} now; the process that was called goes on as it is")

    def _goes_with_another(self, token: Token) -> bool:
        # What is inside an activity that is dropped.
        owner = token.scope.owner
        return owner is not None and (owner in self._dropped or self._goes_with_another(owner))

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
        if not isinstance(old, ActivitySpec) or not isinstance(new, ActivitySpec) or token.stage <= Stage.ENTERING:
            return
        before, after = old.instances, new.instances
        if token.index is not None:
            return
        if (before is None) != (after is None):
            what = "is a multi-instance activity now" if before is None else "is no longer a multi-instance activity"
            self._refuse(old, f"{new.words} {what}, but {old.words} has begun")
        elif before is not None and after is not None and before.sequential != after.sequential:
            order = "one after the other" if after.sequential else "all at once"
            self._refuse(old, f"the instances of {new.words} now run {order}, but those of {old.words} have begun")
        elif _collects_from_now_on(token, new):
            self._note(old, f"{new.words} collects results now; those of instances that have ended are null")

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
        before, after = _trigger(token.task_spec), _trigger(new)
        if before is None or after is None or token.wait not in (Wait.TIMER, Wait.MESSAGE, Wait.SIGNAL):
            return
        if isinstance(before, TimerTrigger) and isinstance(after, TimerTrigger):
            if before.formula.text != after.formula.text:
                self._note(token.task_spec, f"the timer of {new.words} is {after.formula.text} now; the one that runs keeps its due date")
        elif _texts(before) != _texts(after):
            self._note(token.task_spec, f"{new.words} is subscribed to anew, its name or correlation key having changed")

    def _look_at_watchers(self, token: Token, new: FlowNodeSpec) -> None:
        watched = _watched(new)
        if token.index is not None or (watched is None and not token.watchers) or token.stage not in (Stage.WORKING, Stage.FINISHING):
            return
        watch = self._watches[token.id] = _Watch(token=token)
        there = {spec.name for spec in watched or ()}
        for watcher in token.watchers or ():
            target = self.change.target(watcher.task_spec)
            if target is None or target.name not in there or not _same_kind(watcher.task_spec, target) or target.name in watch.kept:
                watch.given_up.append(watcher)
                self._note(watcher.task_spec, f"{watcher.task_spec.words} is not in the new version: it is waited for no longer")
            else:
                watch.kept[target.name] = watcher
                self._look_at_trigger(watcher, target)

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

    def _was_stuck(self, before: _Drawing, join: str, tokens: list[Token], stood: set[str]) -> bool:
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
        for watch in self._watches.values():
            for watcher in watch.given_up:
                machine.interrupt(watcher, "")
        texts = {token.id: _texts(_trigger(token.task_spec)) for token in self._tokens()}
        travellers = self._tokens()
        for scope in list(self._scopes()):
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
            before, after = texts[token.id], _texts(_trigger(here.task_spec))
            if before != after and here.wait in (Wait.MESSAGE, Wait.SIGNAL):
                self._subscribe_anew(here)
        for watch in self._watches.values():
            self._arm_new(machine.tasks[watch.token.id], watch)
        self._release_joins()

    def _carry(self, token: Token) -> None:
        change = self.change
        new = change.target(token.task_spec)
        assert new is not None
        self.moved[token.id] = (token.task_spec.name, new.name)
        token.task_spec = new
        if token.host is not None and token.flow is not None:
            # An event behind a gateway, which was carried before it.
            token.flow = next(flow.id for flow in token.host.task_spec.outgoing if flow.target is new)
        elif token.flow is not None:
            token.flow = change.flows.get(token.flow, token.flow)
        if _collects_from_now_on(token, new):
            token.memo[_RESULTS] = [None] * token.memo[_TOTAL]

    def _subscribe_anew(self, token: Token) -> None:
        machine, spec = self.machine, token.task_spec
        trigger = _trigger(spec)
        assert trigger is not None
        seen = (token.host or token).visible()
        machine.current = token
        try:
            plan = trigger.plan(seen, machine, machine.now)
        except Stuck as stuck:
            self._refuse(spec, f"{spec.words} cannot be subscribed to anew: {stuck.message}")
            return
        machine.requests.append(asked.Unsubscribe(**spec.where(token)))
        machine.arm(token, plan)

    def _arm_new(self, token: Token, watch: _Watch) -> None:
        machine, host = self.machine, token.task_spec
        flows = {flow.target.name: flow.id for flow in host.outgoing} if isinstance(host, EventBasedGatewaySpec) else {}
        for event in _watched(host) or ():
            if event.name in watch.kept or self._was_watched(event, host):
                continue
            trigger = _trigger(event)
            assert trigger is not None
            machine.current = token
            try:
                plan = trigger.plan(token.visible(), machine, machine.now)
            except Stuck as stuck:
                self._refuse(event, f"{event.words} is new and cannot be armed: {stuck.message}")
                continue
            watcher = machine.watch(token, event, plan)
            watcher.flow = flows.get(event.name)
            self._note(event, f"{event.words} is new: it is waited for from the migration on")

    def _was_watched(self, event: FlowNodeSpec, host: FlowNodeSpec) -> bool:
        # A boundary event that has happened already and is used up must not be armed again.
        before, there = self.change.origin(event), self.change.origin(host)
        return before is not None and there is not None and before in (_watched(there) or ()) and _same_kind(before, event)

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
    return isinstance(token.task_spec, JoinSpec) and token.stage <= Stage.WORKING and len(token.task_spec.incoming) > 1


def _collects_from_now_on(token: Token, new: FlowNodeSpec) -> bool:
    if token.wait != Wait.MULTI_INSTANCE or not isinstance(new, ActivitySpec) or new.instances is None:
        return False
    return new.instances.output_collection is not None and token.memo[_RESULTS] is None


def _same_kind(old: FlowNodeSpec, new: FlowNodeSpec) -> bool:
    return type(old) is type(new) and _event_kind(_trigger(old)) == _event_kind(_trigger(new))


def _event_kind(trigger: Trigger | None) -> tuple[type[Trigger], str] | None:
    return None if trigger is None else (type(trigger), trigger.wait if isinstance(trigger, NameTrigger) else "")


def _trigger(spec: FlowNodeSpec) -> Trigger | None:
    return spec.triggers[0] if isinstance(spec, CatchSpec | ReceiveTaskSpec | BoundaryEventSpec) and spec.triggers else None


def _called(spec: FlowNodeSpec) -> str | None:
    return spec.called.text if isinstance(spec, CallActivitySpec) else None


def _texts(trigger: Trigger | None) -> tuple[str | None, ...]:
    if not isinstance(trigger, NameTrigger):
        return ()
    return trigger.name.text, trigger.correlation_key.text if trigger.correlation_key is not None else None


def _watched(spec: FlowNodeSpec) -> tuple[FlowNodeSpec, ...] | None:
    """Return the events armed on behalf of a token at this flow node, or None where it has none."""
    if isinstance(spec, EventBasedGatewaySpec):
        return tuple(flow.target for flow in spec.outgoing)
    boundaries: tuple[BoundaryEventSpec, ...] = spec.boundaries if isinstance(spec, ActivitySpec) else ()
    return boundaries or None


def _reaching(before: Mapping[str, set[str]], start: str, without: str) -> frozenset[str]:
    if start == without:
        return frozenset()
    found = {start}
    todo = [start]
    while todo:
        for source in before.get(todo.pop(), ()):
            if source != without and source not in found:
                found.add(source)
                todo.append(source)
    return frozenset(found)
