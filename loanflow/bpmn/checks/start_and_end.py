"""Where scopes begin, where they end, and what no token can reach (clauses 10.5.2 "Start Event", 10.5.3 "End Event")."""

from __future__ import annotations

from collections.abc import Iterator

from loanflow.bpmn.checks.scene import Scene, Scope
from loanflow.bpmn.model import Activity, BoundaryEvent, CompensateEvent, EndEvent, FlowNode, LinkEvent, Process, StartEvent, SubProcess
from loanflow.bpmn.model.events import Event
from loanflow.bpmn.words import of_node, with_article
from loanflow.problems import Problem, Severity


def find(scene: Scene) -> Iterator[Problem]:
    """Yield findings on start events, end events, dead ends and nodes no token can reach."""
    for scope in scene.scopes:
        if scope.owner is not None and scope.owner.kind == "adHoc":
            continue
        starts = [node for node in scope.container.nodes.values() if isinstance(node, StartEvent)]
        if scope.owner is None or scope.owner.kind != "event":
            yield from _starts(scene, scope, starts)
        yield from _borders(scene, scope)
        yield from _unreachable(scene, scope, starts)
        yield from _dead_ends(scene, scope)


def _starts(scene: Scene, scope: Scope, starts: list[StartEvent]) -> Iterator[Problem]:
    place: Process | SubProcess = scope.owner or scope.process
    kind = "process" if scope.owner is None else of_node(scope.owner)
    if not starts and not scope.container.nodes:
        yield scene.finding(
            place,
            "bpmn/empty-scope",
            f"the {kind} is empty",
            expected="a start event, a task and an end event",
            found="nothing",
            hint="draw what happens in it" if scope.owner is None else "open the sub-process on the canvas and draw what happens in it",
        )
    elif not starts:
        first = [node.id for node in _implicit_starts(scope)]
        yield scene.finding(
            place,
            "bpmn/no-start-event",
            f"the {kind} has no start event: it starts at every element that nothing leads to",
            severity=Severity.WARNING if first else Severity.ERROR,
            expected="a start event",
            found=", ".join(first) or "no element to start at",
            hint="draw a start event and connect it to the first element",
        )
    plain = [start for start in starts if start.event is None]
    for start in plain[1:]:
        yield scene.finding(
            start,
            "bpmn/several-start-events",
            f"the {kind} has more than one none start event",
            expected="one none start event",
            found=", ".join(one.id for one in plain),
            hint="keep one and connect the others to a gateway behind it, or give them a trigger such as a message",
        )
    if scope.owner is None:
        return
    for start in starts:
        if start.event is not None:
            yield scene.finding(
                start,
                "bpmn/triggered-start-event",
                f"a start event inside a {kind} cannot wait for a trigger: the {kind} starts when a token enters it",
                expected="a none start event",
                found=with_article(start),
                hint="change the start event to a none start event, or make it an event sub-process",
            )


def _borders(scene: Scene, scope: Scope) -> Iterator[Problem]:
    for node in scope.container.nodes.values():
        if node.incoming and isinstance(node, StartEvent | BoundaryEvent):
            yield scene.finding(
                node,
                "bpmn/flow-into-start",
                f"a sequence flow leads into {with_article(node)}",
                expected="no incoming flow",
                found=", ".join(node.incoming),
                hint="lead the flow to the element behind it",
            )
        if node.outgoing and isinstance(node, EndEvent):
            yield scene.finding(
                node,
                "bpmn/flow-out-of-end",
                "a sequence flow leads out of an end event",
                expected="no outgoing flow",
                found=", ".join(node.outgoing),
                hint="change the end event to an intermediate event, or delete the flow",
            )
        if isinstance(node, SubProcess) and node.kind == "event" and (node.incoming or node.outgoing):
            yield scene.finding(
                node,
                "bpmn/flow-at-event-sub-process",
                "an event sub-process is started by its trigger, never by a sequence flow",
                expected="no flows",
                found=", ".join((*node.incoming, *node.outgoing)),
                hint="delete the flows",
            )


def _unreachable(scene: Scene, scope: Scope, starts: list[StartEvent]) -> Iterator[Problem]:
    nodes = scope.container.nodes
    borders: dict[str, list[str]] = {}
    for node in nodes.values():
        if isinstance(node, BoundaryEvent):
            borders.setdefault(node.attached_to, []).append(node.id)
    waiting = [start.id for start in starts or _implicit_starts(scope)]
    waiting += [node.id for node in nodes.values() if _starts_itself(node)]
    waiting += [border for host, events in borders.items() if host not in nodes for border in events]
    reached: set[str] = set()
    while waiting:
        current = waiting.pop()
        if current in reached or current not in nodes:
            continue
        reached.add(current)
        waiting += [scope.container.flows[flow_id].target for flow_id in nodes[current].outgoing]
        waiting += borders.get(current, ())
        node = nodes[current]
        if isinstance(node, BoundaryEvent) and node.undone_by is not None:
            waiting.append(node.undone_by)
    broken = any(flow.source not in nodes or flow.target not in nodes for flow in scope.container.flows.values())
    if broken:
        return
    for node in nodes.values():
        if node.id not in reached:
            yield scene.finding(
                node,
                "bpmn/unreachable-node",
                f"no token can reach the {of_node(node)}",
                severity=Severity.WARNING,
                expected="a path from a start event",
                found="no incoming flow" if not node.incoming else "only flows that are never taken",
                hint="connect it, or delete it",
            )


def _implicit_starts(scope: Scope) -> list[FlowNode]:
    """Return where a scope without start events starts (13.3.2 "Process Instantiation"): at what nothing leads to."""
    nodes = scope.container.nodes.values()
    return [
        node
        for node in nodes
        if not node.incoming and not isinstance(node, BoundaryEvent) and not _starts_itself(node) and not _is_undoing(node)
    ]


def _is_undoing(node: FlowNode) -> bool:
    return isinstance(node, Activity) and node.for_compensation


def _starts_itself(node: FlowNode) -> bool:
    if isinstance(node, SubProcess) and node.kind == "event":
        return True
    return isinstance(node, Event) and isinstance(node.event, LinkEvent) and not node.incoming


def _dead_ends(scene: Scene, scope: Scope) -> Iterator[Problem]:
    for node in scope.container.nodes.values():
        if node.outgoing or isinstance(node, EndEvent) or (isinstance(node, SubProcess) and node.kind == "event"):
            continue
        if _is_undoing(node):
            continue
        if isinstance(node, Event) and isinstance(node.event, LinkEvent | CompensateEvent):
            continue
        yield scene.finding(
            node,
            "bpmn/dead-end",
            f"the path ends at {with_article(node)} without an end event",
            severity=Severity.WARNING,
            expected="an outgoing sequence flow",
            found="none",
            hint="draw an end event behind it, so that a reader sees how the case ends there",
        )
