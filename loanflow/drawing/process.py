"""A process as SVG, from the file's own diagram interchange (BPMN 2.0.2, clause 12), with the case's tokens on it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from html import escape

from loanflow.bpmn import model as bpmn
from loanflow.drawing.flow_order import flow_order
from loanflow.drawing.glyphs import activity_markers, event_glyph, gateway_glyph, task_glyph
from loanflow.drawing.names import kind_words, label, state_words
from loanflow.drawing.style import stylesheet
from loanflow.drawing.text import width, wrap

_MARGIN = 24
_LINE_HEIGHT = 15


class MarkState(StrEnum):
    """What a case did with a flow node."""

    DONE = "done"
    CURRENT = "current"
    ARMED = "armed"
    INCIDENT = "incident"
    CANCELLED = "cancelled"
    AHEAD = "ahead"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A state painted on a flow node; ``pill`` rides on it ("王芳 · 3 时 4 分"), ``note`` is read aloud after the name."""

    state: MarkState
    pill: str | None = None
    note: str | None = None


def draw_process(
    model: bpmn.Model,
    *,
    process_id: str | None = None,
    marks: Mapping[str, Mark] | None = None,
    taken: Collection[str] = (),
    lang: str = "zh",
    title: str | None = None,
    standalone: bool = False,
) -> str:
    """Return the drawing as one ``<svg>`` element.

    Args:
        model: the file; its first diagram that draws ``process_id`` is used, so a file without drawing gives an empty frame.
        process_id: which process the title names when ``title`` is None; None takes the first executable one.
        marks: flow node id -> what the case did there. Nodes are focusable in flow order and say their state.
        taken: ids of the sequence flows that tokens took.
        lang: ``zh`` or ``en``, for labels and spoken texts.
        standalone: put the style sheet inside, for a file of its own; a page links it once instead.
    """
    process = next((p for p in model.processes if p.id == process_id), None) or next((p for p in model.processes if p.executable), None)
    diagram = _diagram_of(model, process)
    painter = _Painter(model, diagram, marks or {}, frozenset(taken), lang)
    name = title or (process.name or process.id if process else model.file)
    x, y, w, h = painter.frame()
    body = "".join(painter.parts())
    style = f"<style>{stylesheet()}</style>" if standalone else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="lf-drawing" role="group" aria-label="{escape(name)}" '
        f'viewBox="{x:g} {y:g} {w:g} {h:g}" width="{w:g}" height="{h:g}" preserveAspectRatio="xMidYMid meet">{style}'
        f"{body}</svg>"
    )


def _diagram_of(model: bpmn.Model, process: bpmn.Process | None) -> bpmn.Diagram:
    for diagram in model.diagrams:
        if process is None or any(node.id in diagram.shapes for node in process.body.walk()):
            return diagram
    return bpmn.Diagram(plane=None, shapes={}, edges={})


class _Painter:
    def __init__(self, model: bpmn.Model, diagram: bpmn.Diagram, marks: Mapping[str, Mark], taken: frozenset[str], lang: str) -> None:
        self.model, self.diagram, self.marks, self.taken, self.lang = model, diagram, marks, taken, lang

    def frame(self) -> tuple[float, float, float, float]:
        boxes = [shape.bounds for shape in self.diagram.shapes.values()]
        boxes += [shape.label for shape in self.diagram.shapes.values() if shape.label]
        boxes += [edge.label for edge in self.diagram.edges.values() if edge.label]
        points = [point for edge in self.diagram.edges.values() for point in edge.waypoints]
        if not boxes:
            return 0, 0, 320, 80
        left = min([b.x for b in boxes] + [p.x for p in points]) - _MARGIN
        top = min([b.y for b in boxes] + [p.y for p in points]) - _MARGIN
        right = max([b.x + b.width for b in boxes] + [p.x for p in points]) + _MARGIN
        bottom = max([b.y + b.height for b in boxes] + [p.y for p in points]) + _MARGIN
        return left, top, right - left, bottom - top

    def parts(self) -> Iterator[str]:
        """Pools and lanes first, then containers, flows, nodes; labels last so that nothing covers them."""
        for participant in self.model.participants:
            yield self._frame_shape(participant.id, participant.name, rotated=True)
        for process in self.model.processes:
            for lane in process.lanes:
                yield self._frame_shape(lane.id, lane.name, rotated=True)
        bodies = list(_bodies(self.model))
        for body in bodies:
            for node in body.nodes.values():
                if isinstance(node, bpmn.SubProcess) and self._expanded(node):
                    yield self._node(node)
        for body in bodies:
            yield from (self._flow(flow) for flow in body.flows.values())
            yield from (self._artifact(artifact) for artifact in body.artifacts)
        yield from (self._message_flow(flow) for flow in self.model.message_flows)
        for body in bodies:
            for node in flow_order(body):
                if not (isinstance(node, bpmn.SubProcess) and self._expanded(node)) and not isinstance(node, bpmn.BoundaryEvent):
                    yield self._node(node)
            yield from (self._node(node) for node in body.nodes.values() if isinstance(node, bpmn.BoundaryEvent))
        for body in bodies:
            yield from (self._pill(node) for node in body.nodes.values())

    def _expanded(self, node: bpmn.SubProcess) -> bool:
        shape = self.diagram.shapes.get(node.id)
        return shape is not None and shape.expanded is not False

    def _node(self, node: bpmn.FlowNode) -> str:
        shape = self.diagram.shapes.get(node.id)
        if shape is None:
            return ""
        mark = self.marks.get(node.id)
        state = mark.state if mark else MarkState.AHEAD
        name = label(node, self.lang)
        spoken = "，" if self.lang == "zh" else ", "
        words = [
            f"{kind_words(node, self.lang)} {name}".strip(),
            state_words(state, self.lang) if self.marks else "",
            (mark.note or mark.pill or "") if mark else "",
        ]
        said = escape(spoken.join(word for word in words if word))
        drawn = (
            self._event(node, shape)
            if isinstance(node, _EVENTS)
            else self._gateway(node, shape)
            if isinstance(node, bpmn.Gateway)
            else self._activity(node, shape)
        )
        heard = f'role="img" tabindex="0" aria-label="{said}"'
        return f'<g class="lf-node lf-{state}" id="node-{escape(node.id)}" {heard}><title>{said}</title>{drawn}</g>'

    def _activity(self, node: bpmn.FlowNode, shape: bpmn.Shape) -> str:
        b = shape.bounds
        classes = "lf-shape"
        if isinstance(node, bpmn.CallActivity):
            classes += " lf-thick"
        if isinstance(node, bpmn.SubProcess) and node.kind == "event":
            classes += " lf-dashed"
        drawn = [f'<rect class="{classes}" x="{b.x:g}" y="{b.y:g}" width="{b.width:g}" height="{b.height:g}" rx="9"/>']
        if isinstance(node, bpmn.SubProcess) and node.kind == "transaction":
            drawn.append(
                f'<rect class="lf-shape" x="{b.x + 3:g}" y="{b.y + 3:g}" width="{b.width - 6:g}" height="{b.height - 6:g}" rx="7"/>'
            )
        expanded = isinstance(node, bpmn.SubProcess) and self._expanded(node)
        if glyph := task_glyph(node):
            drawn.append(f'<g transform="translate({b.x + 6:g} {b.y + 6:g})">{glyph}</g>')
        markers = activity_markers(node, collapsed=isinstance(node, bpmn.SubProcess) and not expanded)
        left = b.x + b.width / 2 - len(markers) * 9
        drawn += [
            f'<g transform="translate({left + i * 18 + 1:g} {b.y + b.height - 19:g})">{marker}</g>' for i, marker in enumerate(markers)
        ]
        rows = wrap(label(node, self.lang), b.width - 14, lines=4)
        if expanded:
            drawn.append(_text(rows[:1], b.x + b.width / 2, b.y + 18))
        else:
            middle = b.y + b.height / 2 + (5 if task_glyph(node) else 0) - (6 if markers else 0)
            drawn.append(_text(rows, b.x + b.width / 2, middle - (len(rows) - 1) * _LINE_HEIGHT / 2 + 4))
        return "".join(drawn)

    def _gateway(self, node: bpmn.FlowNode, shape: bpmn.Shape) -> str:
        b = shape.bounds
        cx, cy = b.x + b.width / 2, b.y + b.height / 2
        drawn = f'<path class="lf-shape" d="M{cx:g} {b.y:g}L{b.x + b.width:g} {cy:g}L{cx:g} {b.y + b.height:g}L{b.x:g} {cy:g}z"/>'
        glyph = gateway_glyph(node)
        return drawn + f'<g transform="translate({cx - 8:g} {cy - 8:g})">{glyph}</g>' + self._outside_label(label(node, self.lang), shape)

    def _event(self, node: bpmn.FlowNode, shape: bpmn.Shape) -> str:
        b = shape.bounds
        cx, cy, r = b.x + b.width / 2, b.y + b.height / 2, min(b.width, b.height) / 2
        event: bpmn.EventDefinition | None = getattr(node, "event", None)
        throws = isinstance(node, bpmn.EndEvent | bpmn.IntermediateThrowEvent)
        soft = (isinstance(node, bpmn.BoundaryEvent) and not node.cancel_activity) or (
            isinstance(node, bpmn.StartEvent) and not node.interrupting
        )
        dashed = " lf-dashed" if soft else ""
        thick = " lf-thick" if isinstance(node, bpmn.EndEvent) else ""
        drawn = [f'<circle class="lf-shape{thick}{dashed}" cx="{cx:g}" cy="{cy:g}" r="{r:g}"/>']
        if isinstance(node, bpmn.BoundaryEvent | bpmn.IntermediateCatchEvent | bpmn.IntermediateThrowEvent):
            drawn.append(f'<circle class="lf-shape{dashed}" cx="{cx:g}" cy="{cy:g}" r="{r - 3.5:g}"/>')
        drawn.append(f'<g transform="translate({cx - 8:g} {cy - 8:g})">{event_glyph(event, throws=throws)}</g>')
        return "".join(drawn) + self._outside_label(label(node, self.lang), shape)

    def _outside_label(self, name: str, shape: bpmn.Shape) -> str:
        if not name:
            return ""
        b = shape.bounds
        if shape.label is None:
            return _text(wrap(name, 96, lines=3), b.x + b.width / 2, b.y + b.height + 16, "lf-label lf-halo")
        box = shape.label
        # English texts of a Chinese drawing are wider than the label box the analyst drew.
        return _text(wrap(name, max(box.width + 6, 84), lines=4), box.x + box.width / 2, box.y + 11, "lf-label lf-halo")

    def _flow(self, flow: bpmn.SequenceFlow) -> str:
        edge = self.diagram.edges.get(flow.id)
        if edge is None or len(edge.waypoints) < 2:
            return ""
        taken = " lf-taken" if flow.id in self.taken else ""
        drawn = f'<path class="lf-flow" d="{_path(edge.waypoints)}"/>{_arrow(edge.waypoints)}'
        if self._is_default(flow):
            drawn += _slash(edge.waypoints)
        return f'<g class="lf-edge{taken}" id="flow-{escape(flow.id)}">{drawn}{self._edge_label(flow.name, edge)}</g>'

    def _is_default(self, flow: bpmn.SequenceFlow) -> bool:
        return any(flow.source in body.nodes and body.nodes[flow.source].default_flow == flow.id for body in _bodies(self.model))

    def _edge_label(self, name: str | None, edge: bpmn.Edge) -> str:
        if not name:
            return ""
        if edge.label is not None:
            box = edge.label
            return _text(wrap(name, max(box.width + 6, 84), lines=3), box.x + box.width / 2, box.y + 11, "lf-label lf-halo")
        first, second = edge.waypoints[0], edge.waypoints[1]
        return _text(wrap(name, 90, lines=2), (first.x + second.x) / 2, (first.y + second.y) / 2 - 6, "lf-label lf-halo")

    def _message_flow(self, flow: bpmn.MessageFlow) -> str:
        edge = self.diagram.edges.get(flow.id)
        if edge is None or len(edge.waypoints) < 2:
            return ""
        line = f'<path class="lf-flow lf-dashed" d="{_path(edge.waypoints)}"/>{_arrow(edge.waypoints)}'
        return f'<g class="lf-edge">{line}{self._edge_label(flow.name, edge)}</g>'

    def _artifact(self, artifact: bpmn.Artifact) -> str:
        if edge := self.diagram.edges.get(artifact.id):
            return f'<path class="lf-association" d="{_path(edge.waypoints)}"/>' if len(edge.waypoints) > 1 else ""
        shape = self.diagram.shapes.get(artifact.id)
        if shape is None:
            return ""
        b = shape.bounds
        name = artifact.name or ""
        if artifact.kind == "textAnnotation":
            drawn = f'<path class="lf-glyph" d="M{b.x + 10:g} {b.y:g}h-10v{b.height:g}h10"/>'
            rows = wrap(name, b.width - 14, lines=max(1, int(b.height // _LINE_HEIGHT)))
            return drawn + _text(rows, b.x + 8, b.y + 14, "lf-label", anchor="start")
        if artifact.kind == "group":
            return f'<rect class="lf-pool lf-dashed" x="{b.x:g}" y="{b.y:g}" width="{b.width:g}" height="{b.height:g}" rx="9"/>'
        if "Store" in artifact.kind or "store" in artifact.kind:
            rx, ry = b.width / 2, min(8, b.height / 5)
            body = f"M{b.x:g} {b.y + ry:g}a{rx:g} {ry:g} 0 0 1 {b.width:g} 0v{b.height - 2 * ry:g}a{rx:g} {ry:g} 0 0 1 {-b.width:g} 0z"
            drawn = (
                f'<path class="lf-shape" d="{body}"/><path class="lf-glyph" d="M{b.x:g} {b.y + ry:g}a{rx:g} {ry:g} 0 0 0 {b.width:g} 0"/>'
            )
        else:
            drawn = f'<path class="lf-shape" d="M{b.x:g} {b.y:g}h{b.width - 10:g}l10 10v{b.height - 10:g}h{-b.width:g}z"/>'
        return drawn + self._outside_label(name, shape)

    def _frame_shape(self, ident: str, name: str | None, *, rotated: bool) -> str:
        shape = self.diagram.shapes.get(ident)
        if shape is None:
            return ""
        b = shape.bounds
        drawn = f'<rect class="lf-pool" x="{b.x:g}" y="{b.y:g}" width="{b.width:g}" height="{b.height:g}"/>'
        if not name:
            return drawn
        if rotated and shape.horizontal is not False:
            x, y = b.x + 18, b.y + b.height / 2
            drawn += f'<path class="lf-pool" d="M{b.x + 30:g} {b.y:g}v{b.height:g}"/>'
            turned = f'transform="translate({x:g} {y:g}) rotate(-90)"'
            return f'{drawn}<text class="lf-label" text-anchor="middle" {turned}>{escape(name)}</text>'
        return drawn + _text([name], b.x + b.width / 2, b.y + 18, "lf-label")

    def _pill(self, node: bpmn.FlowNode) -> str:
        mark, shape = self.marks.get(node.id), self.diagram.shapes.get(node.id)
        if mark is None or shape is None or not mark.pill:
            return ""
        b = shape.bounds
        w = width(mark.pill, 11) + 18
        x = b.x + b.width / 2 - w / 2
        y = b.y - 12 if mark.state is not MarkState.DONE else b.y + b.height - 10
        return (
            f'<g class="lf-{mark.state}" aria-hidden="true"><rect class="lf-pill" x="{x:g}" y="{y:g}" width="{w:g}" height="20" rx="10"/>'
            f'<text class="lf-pill-text" text-anchor="middle" x="{b.x + b.width / 2:g}" y="{y + 14:g}">{escape(mark.pill)}</text></g>'
        )


_EVENTS = (bpmn.StartEvent, bpmn.EndEvent, bpmn.IntermediateCatchEvent, bpmn.IntermediateThrowEvent, bpmn.BoundaryEvent)


def _bodies(model: bpmn.Model) -> Iterator[bpmn.Container]:
    stack = [process.body for process in reversed(model.processes)]
    while stack:
        body = stack.pop()
        yield body
        stack.extend(node.body for node in reversed(tuple(body.nodes.values())) if isinstance(node, bpmn.SubProcess))


def _path(points: tuple[bpmn.Point, ...]) -> str:
    """Return an SVG path through the points, with rounded corners."""
    parts = [f"M{points[0].x:g} {points[0].y:g}"]
    for before, here, after in zip(points, points[1:], points[2:], strict=False):
        near, far = _towards(here, before, 6), _towards(here, after, 6)
        parts.append(f"L{near.x:g} {near.y:g}Q{here.x:g} {here.y:g} {far.x:g} {far.y:g}")
    return "".join(parts) + f"L{points[-1].x:g} {points[-1].y:g}"


def _towards(start: bpmn.Point, goal: bpmn.Point, distance: float) -> bpmn.Point:
    dx, dy = goal.x - start.x, goal.y - start.y
    length = (dx * dx + dy * dy) ** 0.5 or 1.0
    step = min(distance, length / 2) / length
    return bpmn.Point(round(start.x + dx * step, 2), round(start.y + dy * step, 2))


def _arrow(points: tuple[bpmn.Point, ...]) -> str:
    tip, before = points[-1], points[-2]
    back = _towards(tip, before, 9)
    dx, dy = (tip.x - back.x) / 9, (tip.y - back.y) / 9
    left = (back.x - dy * 4, back.y + dx * 4)
    right = (back.x + dy * 4, back.y - dx * 4)
    return f'<path class="lf-arrow" d="M{tip.x:g} {tip.y:g}L{left[0]:g} {left[1]:g}L{right[0]:g} {right[1]:g}z"/>'


def _slash(points: tuple[bpmn.Point, ...]) -> str:
    at = _towards(points[0], points[1], 12)
    return f'<path class="lf-flow" d="M{at.x - 4:g} {at.y - 5:g}l8 10"/>'


def _text(rows: list[str], x: float, y: float, css: str = "", *, anchor: str = "middle") -> str:
    if not rows:
        return ""
    spans = "".join(f'<tspan x="{x:g}" y="{y + i * _LINE_HEIGHT:g}">{escape(row)}</tspan>' for i, row in enumerate(rows))
    return f'<text class="{css}" text-anchor="{anchor}">{spans}</text>' if css else f'<text text-anchor="{anchor}">{spans}</text>'
