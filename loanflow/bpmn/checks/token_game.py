"""What tokens can do in a scope, whatever the data: the token game of clause 13.4 over a scope's gateways.

Every choice is taken in turn: each flow of an exclusive gateway, each set of flows of an inclusive one, each interrupting
boundary event. Nodes that only pass a token on are left out, so that only gateways and their like make markings. The game
stops when its budget is used up and says so; what it found until then is true.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations

from loanflow.bpmn.checks.paths import reachable
from loanflow.bpmn.checks.scene import Scope
from loanflow.bpmn.model import (
    Activity,
    BoundaryEvent,
    CancelEvent,
    CompensateEvent,
    EndEvent,
    ErrorEvent,
    EventBasedGateway,
    ExclusiveGateway,
    FlowNode,
    InclusiveGateway,
    IntermediateCatchEvent,
    IntermediateThrowEvent,
    LinkEvent,
    ParallelGateway,
    StartEvent,
    SubProcess,
    TerminateEvent,
)
from loanflow.bpmn.model.events import Event

BUDGET = 100_000
"""How many tokens are moved in one scope, counted in every marking that is made."""
_MOST_FILLERS = 200_000
"""How many pairs of flows may be looked at for the inclusive joins of a scope."""
MOST_NODES = 1_500
"""A scope with more nodes is not played at all: no person drew it."""
_MOST_FLOWS = 4
"""Up to how many flows of an inclusive gateway every set of them is tried; beyond it one by one, and all at once."""

Arc = str
Marking = tuple[Arc, ...]
"""The arcs that hold a token, sorted; an arc stands twice where it holds two."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One way to go on: the arcs that get a token; ``chosen`` is the flow that was decided for, where there was a choice.

    ``clears`` takes every other token of the scope away: terminate, error and cancel end events.
    """

    arcs: tuple[Arc, ...]
    chosen: tuple[Arc, ...] = ()
    clears: bool = False


@dataclass(slots=True)
class Result:
    """What was seen: the joins that waited for ever, those that went on, and the nodes that tokens reached two at a time.

    ``stuck`` has, for each join, the flows that hold no token and the choices that led there. ``doubled`` has, for each node,
    two of its incoming flows. ``whole`` is False where the budget ran out or tokens multiplied without end.
    """

    stuck: dict[str, tuple[tuple[Arc, ...], tuple[Arc, ...]]] = field(default_factory=dict[str, tuple[tuple[Arc, ...], tuple[Arc, ...]]])
    joined: set[str] = field(default_factory=set[str])
    doubled: dict[str, tuple[Arc, Arc]] = field(default_factory=dict[str, tuple[Arc, Arc]])
    whole: bool = True


def play(scope: Scope, *, with_side_paths: bool) -> Result:
    """Play every course of tokens through a scope.

    Args:
        scope: any scope but an ad-hoc sub-process.
        with_side_paths: whether non-interrupting boundary events happen (once) while their activity runs.
    """
    result = Result()
    if not _is_playable(scope):
        result.whole = False
        return result
    game = _Game(scope, with_side_paths)
    for first in game.beginnings():
        _explore(game, first, result)
    return result


def _is_playable(scope: Scope) -> bool:
    joined = sum(len(node.incoming) for node in scope.container.nodes.values() if isinstance(node, InclusiveGateway))
    return len(scope.container.nodes) <= MOST_NODES and joined * len(scope.container.flows) <= _MOST_FILLERS


def _explore(game: _Game, first: Marking, result: Result) -> None:
    came_from: dict[Marking, tuple[Marking, tuple[Arc, ...]] | None] = {first: None}
    waiting = deque([first])
    left = BUDGET
    while waiting:
        marking = waiting.popleft()
        game.note_doubled(marking, result)
        steps = list(game.steps(marking, result))
        left -= sum(len(after) + 1 for after, _ in steps)
        if not steps and marking:
            for join, missing in game.waiting_joins(marking):
                result.stuck.setdefault(join, (missing, _choices(came_from, marking)))
        for after, chosen in steps:
            if after in came_from:
                continue
            if left < 0 or max(Counter(after).values(), default=0) > 1:
                # Two tokens on one flow: from here on the same would be told again, perhaps without end.
                result.whole = False
                continue
            came_from[after] = (marking, chosen)
            waiting.append(after)


def _choices(came_from: dict[Marking, tuple[Marking, tuple[Arc, ...]] | None], marking: Marking) -> tuple[Arc, ...]:
    found: list[Arc] = []
    step = came_from[marking]
    while step is not None:
        found[:0] = step[1]
        step = came_from[step[0]]
    return tuple(dict.fromkeys(found))


class _Game:
    def __init__(self, scope: Scope, with_side_paths: bool) -> None:
        self.nodes = scope.container.nodes
        self.flows = scope.container.flows
        self.links = {
            node.event.name: node.id
            for node in self.nodes.values()
            if isinstance(node, IntermediateCatchEvent) and isinstance(node.event, LinkEvent)
        }
        self.target: dict[Arc, str] = {flow.id: flow.target for flow in self.flows.values() if flow.target in self.nodes}
        self.into: dict[str, list[Arc]] = {}
        for arc, node in self.target.items():
            self.into.setdefault(node, []).append(arc)
        self.borders: dict[str, list[BoundaryEvent]] = {}
        for node in self.nodes.values():
            if not isinstance(node, BoundaryEvent) or isinstance(node.event, CompensateEvent):
                continue
            if node.cancel_activity or with_side_paths:
                self.borders.setdefault(node.attached_to, []).append(node)
        self.outcomes = {node.id: self._outcomes(node) for node in self.nodes.values()}
        self.shortcut = {arc: self._passed_on(arc) for arc in self.target}
        # Which empty flows of an inclusive join a token elsewhere could still fill.
        self.can_fill = {node.id: self._fillers(node.id) for node in self.nodes.values() if self._is_inclusive_join(node)}

    def beginnings(self) -> Iterator[Marking]:
        """Yield the markings that a scope begins with: one for each start event, or one for all that nothing leads to."""
        starts = [node for node in self.nodes.values() if isinstance(node, StartEvent)]
        for start in starts:
            for outcome in self.outcomes[start.id]:
                yield self._put((), outcome)
        if not starts:
            first = [node for node in self.nodes.values() if not node.incoming and _is_in_flow(node)]
            marking: Marking = ()
            for node in first:
                arc = f"start of {node.id}"
                self.target[arc] = node.id
                self.into.setdefault(node.id, []).append(arc)
                marking = tuple(sorted((*marking, arc)))
            yield marking

    def steps(self, marking: Marking, result: Result) -> Iterator[tuple[Marking, tuple[Arc, ...]]]:
        """Yield every marking that one node makes of this one, with what it chose."""
        tokens = Counter(marking)
        late: list[tuple[str, list[Arc]]] = []
        moved = False
        for node in dict.fromkeys(self.target[arc] for arc in tokens):
            arcs = [arc for arc in self.into[node] if tokens[arc]]
            if self._is_parallel_join(self.nodes[node]):
                if len(arcs) < len(self.into[node]):
                    continue
                result.joined.add(node)
                takes = [arcs]
            elif self._is_inclusive_join(self.nodes[node]):
                if self._is_filling(node, arcs, tokens):
                    late.append((node, arcs))
                    continue
                takes = [arcs]
            else:
                takes = [[arc] for arc in arcs]
            for taken in takes:
                for outcome in self.outcomes[node]:
                    moved = True
                    yield self._put(_without(marking, taken), outcome), outcome.chosen
        if not moved:
            # Inclusive joins that wait only for each other let each other go.
            for node, arcs in late:
                for outcome in self.outcomes[node]:
                    yield self._put(_without(marking, arcs), outcome), outcome.chosen

    def waiting_joins(self, marking: Marking) -> Iterator[tuple[str, tuple[Arc, ...]]]:
        """Yield the parallel joins that hold a token, with the flows that hold none."""
        for node in dict.fromkeys(self.target[arc] for arc in marking):
            if self._is_parallel_join(self.nodes[node]):
                yield node, tuple(arc for arc in self.into[node] if arc not in marking)

    def note_doubled(self, marking: Marking, result: Result) -> None:
        """Note each node, other than a join, that two tokens are on their way into at the same time."""
        by_node: dict[str, Arc] = {}
        for arc in marking:
            node = self.target[arc]
            drawn = self.nodes[node]
            if self._is_parallel_join(drawn) or self._is_inclusive_join(drawn):
                continue
            first = by_node.setdefault(node, arc)
            if first != arc and len(self.into[node]) > 1:
                result.doubled.setdefault(node, (first, arc))

    def _put(self, marking: Marking, outcome: Outcome) -> Marking:
        if outcome.clears:
            return ()
        return tuple(sorted((*marking, *(self.shortcut.get(arc, arc) for arc in outcome.arcs))))

    def _is_parallel_join(self, node: FlowNode) -> bool:
        return isinstance(node, ParallelGateway) and len(self.into.get(node.id, ())) > 1

    def _is_inclusive_join(self, node: FlowNode) -> bool:
        return isinstance(node, InclusiveGateway) and len(self.into.get(node.id, ())) > 1

    def _outcomes(self, node: FlowNode) -> tuple[Outcome, ...]:
        """Return the ways a node goes on, those over its border too."""
        found = self._splits(node)
        for border in self.borders.get(node.id, ()):
            (aside,) = self._splits(border)[:1] or (Outcome(()),)
            if border.cancel_activity:
                found = (*found, Outcome(aside.arcs, (border.id,)))
            else:
                found = (*found, *(Outcome((*one.arcs, *aside.arcs), (*one.chosen, border.id), one.clears) for one in found))
        return found

    def _splits(self, node: FlowNode) -> tuple[Outcome, ...]:
        flows = [flow_id for flow_id in node.outgoing if flow_id in self.target]
        if isinstance(node, EndEvent):
            return (Outcome((), clears=isinstance(node.event, TerminateEvent | ErrorEvent | CancelEvent)),)
        if isinstance(node, IntermediateThrowEvent) and isinstance(node.event, LinkEvent):
            return (Outcome(self._linked(node.event.name)),)
        if isinstance(node, ParallelGateway):
            return (Outcome(tuple(flows)),)
        if isinstance(node, ExclusiveGateway | EventBasedGateway):
            return tuple(Outcome((one,), (one,) if len(flows) > 1 else ()) for one in flows) or (Outcome(()),)
        optional = [one for one in flows if self.flows[one].condition is not None or one == node.default_flow]
        if not optional or (len(flows) == 1 and not isinstance(node, InclusiveGateway)):
            return (Outcome(tuple(flows)),)
        always = tuple(one for one in flows if one not in optional)
        sets = self._sets(optional) if isinstance(node, InclusiveGateway) else [(one,) for one in optional]
        return tuple(Outcome((*always, *one), one) for one in sets)

    def _sets(self, flows: list[Arc]) -> list[tuple[Arc, ...]]:
        if len(flows) > _MOST_FLOWS:
            return [*((one,) for one in flows), tuple(flows)]
        return [chosen for size in range(1, len(flows) + 1) for chosen in combinations(flows, size)]

    def _linked(self, name: str) -> tuple[Arc, ...]:
        catch = self.nodes.get(self.links.get(name, ""))
        return tuple(flow_id for flow_id in catch.outgoing if flow_id in self.target) if catch is not None else ()

    def _passed_on(self, arc: Arc) -> Arc:
        """Return the arc on which a token comes to rest: behind every node that has one way in and one way on."""
        seen = {arc}
        while True:
            node = self.target[arc]
            outcomes = self.outcomes[node]
            if len(self.into[node]) != 1 or len(outcomes) != 1 or len(outcomes[0].arcs) != 1 or outcomes[0].clears:
                return arc
            (arc,) = outcomes[0].arcs
            if arc in seen:
                return arc
            seen.add(arc)

    def _fillers(self, join: str) -> dict[Arc, frozenset[Arc]]:
        """Return, for each flow of an inclusive join, the arcs from which a token can reach it without passing the join."""
        comes_from: dict[Arc, list[Arc]] = {}
        for node, outcomes in self.outcomes.items():
            for arc in self.into.get(node, ()) if node != join else ():
                for after in {one for outcome in outcomes for one in outcome.arcs}:
                    comes_from.setdefault(after, []).append(arc)
        return {goal: frozenset(reachable(comes_from, [goal]) - {goal}) for goal in self.into[join]}

    def _is_filling(self, join: str, held: list[Arc], tokens: Counter[Arc]) -> bool:
        """Say whether a token elsewhere can still come to an empty flow of an inclusive join, and only to such ones (13.4.3)."""
        can_fill = self.can_fill[join]
        for arc in tokens:
            if arc in self.into[join]:
                continue
            empty = any(arc in can_fill[one] for one in self.into[join] if one not in held)
            full = any(arc in can_fill[one] for one in held)
            if empty and not full:
                return True
        return False


def _without(marking: Marking, taken: list[Arc]) -> Marking:
    left = list(marking)
    for arc in taken:
        left.remove(arc)
    return tuple(left)


def _is_in_flow(node: FlowNode) -> bool:
    """Say whether a node that nothing leads to is where a scope without start events starts."""
    if isinstance(node, BoundaryEvent) or (isinstance(node, SubProcess) and node.kind == "event"):
        return False
    if isinstance(node, Activity) and node.for_compensation:
        return False
    return not (isinstance(node, Event) and isinstance(node.event, LinkEvent) and isinstance(node, IntermediateCatchEvent))
