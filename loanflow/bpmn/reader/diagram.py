"""The drawing: BPMN diagram interchange (clause 12); colours, fonts and label styles are not kept."""

from __future__ import annotations

import math
from collections.abc import Iterator
from types import MappingProxyType

from loanflow.bpmn.model import Bounds, Diagram, Edge, Point, Shape
from loanflow.bpmn.namespaces import BPMN_DI, DC, DI
from loanflow.bpmn.source import Source
from loanflow.problems import Severity
from loanflow.xmltree import Element, Name


def read_diagrams(source: Source) -> tuple[Diagram, ...]:
    """Return the planes of a file in document order."""
    return tuple(_read_plane(source, plane) for plane in _planes(source))


def _planes(source: Source) -> Iterator[Element]:
    for diagram in source.children(source.root, "BPMNDiagram", BPMN_DI):
        yield from source.children(diagram, "BPMNPlane", BPMN_DI)


def _read_plane(source: Source, plane: Element) -> Diagram:
    shapes: dict[str, Shape] = {}
    edges: dict[str, Edge] = {}
    for child in plane.children:
        if child.name == Name(BPMN_DI, "BPMNShape"):
            source.take(child)
            shape = _read_shape(source, child)
            if shape is not None:
                shapes.setdefault(shape.element, shape)
        elif child.name == Name(BPMN_DI, "BPMNEdge"):
            source.take(child)
            edge = _read_edge(source, child)
            if edge is not None:
                edges.setdefault(edge.element, edge)
    return Diagram(plane=source.reference(plane, "bpmnElement"), shapes=MappingProxyType(shapes), edges=MappingProxyType(edges))


def _read_shape(source: Source, element: Element) -> Shape | None:
    drawn = source.reference(element, "bpmnElement")
    bounds = _read_bounds(source, element)
    if drawn is None or bounds is None:
        return None
    return Shape(
        element=drawn,
        bounds=bounds,
        label=_read_label(source, element),
        expanded=_optional_flag(source, element, "isExpanded"),
        horizontal=_optional_flag(source, element, "isHorizontal"),
        marker_visible=_optional_flag(source, element, "isMarkerVisible"),
    )


def _read_edge(source: Source, element: Element) -> Edge | None:
    drawn = source.reference(element, "bpmnElement")
    points: list[Point] = []
    for waypoint in source.children(element, "waypoint", DI):
        x, y = _number(source, waypoint, "x"), _number(source, waypoint, "y")
        if x is not None and y is not None:
            points.append(Point(x, y))
    label = _read_label(source, element)
    return None if drawn is None else Edge(element=drawn, waypoints=tuple(points), label=label)


def _read_label(source: Source, element: Element) -> Bounds | None:
    label = source.child(element, "BPMNLabel", BPMN_DI)
    return _read_bounds(source, label) if label is not None else None


def _read_bounds(source: Source, element: Element) -> Bounds | None:
    bounds = source.child(element, "Bounds", DC)
    if bounds is None:
        return None
    numbers = [_number(source, bounds, local) for local in ("x", "y", "width", "height")]
    if any(number is None for number in numbers):
        return None
    x, y, width, height = (number or 0.0 for number in numbers)
    return Bounds(x, y, width, height)


def _number(source: Source, element: Element, local: str) -> float | None:
    text = source.attribute(element, local)
    try:
        number = float(text) if text is not None else math.nan
    except ValueError:
        number = math.nan
    if math.isfinite(number):
        return number
    source.refuse(
        element,
        "bpmn/drawing-number",
        f"{local} of <{element.tag}> is not a number; the shape is not drawn",
        expected="a number",
        found=text or "nothing",
        hint="move the shape on the canvas and save the diagram again in Camunda Modeler",
        severity=Severity.WARNING,
    )
    return None


def _optional_flag(source: Source, element: Element, local: str) -> bool | None:
    text = source.attribute(element, local)
    return None if text is None else text.strip() in ("true", "1")
