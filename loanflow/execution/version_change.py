"""Which element of one version of a process is which of another, and how tokens can move in each.

A `VersionChange` is settled once and used for every case of a migration; `migration` applies it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping

from loanflow.bpmn.model import Container
from loanflow.execution.flow_nodes.activities import ActivitySpec
from loanflow.execution.flow_nodes.base import FlowNodeSpec
from loanflow.execution.flow_nodes.events import LinkThrowSpec
from loanflow.execution.flow_nodes.gateways import ParallelGatewaySpec
from loanflow.execution.program import Program


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
        if old.ending is not None and new.ending is not None:
            self.elements[old.ending.name] = new.ending.name
        self.flows = dict(flows)
        self.before = Drawing(old)
        self.after = Drawing(new)
        self._came_from = {other: one for one, other in self.elements.items()}

    def target(self, spec: FlowNodeSpec) -> FlowNodeSpec | None:
        """Return the new spec for an old one, or None."""
        return self.new.nodes.get(self.elements.get(spec.name, ""))

    def origin(self, spec: FlowNodeSpec) -> FlowNodeSpec | None:
        """Return the old spec for a new one, or None where it is new."""
        return self.old.nodes.get(self._came_from.get(spec.name, ""))


class Drawing:
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
            if isinstance(spec, LinkThrowSpec):
                before[spec.catch.name].add(spec.name)
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
