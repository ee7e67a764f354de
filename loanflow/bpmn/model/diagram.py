"""The drawing: BPMN diagram interchange (BPMN 2.0.2, clause 12), in the file's own coordinates (pixels, y downwards)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Point:
    """A waypoint."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Bounds:
    """A rectangle."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Where an element is drawn; ``expanded`` is None where it does not apply."""

    element: str
    bounds: Bounds
    label: Bounds | None = None
    expanded: bool | None = None
    horizontal: bool | None = None
    marker_visible: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """How a flow or association runs."""

    element: str
    waypoints: tuple[Point, ...]
    label: Bounds | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagram:
    """One plane: shapes and edges by the id of the element they draw."""

    plane: str | None
    shapes: Mapping[str, Shape]
    edges: Mapping[str, Edge]
