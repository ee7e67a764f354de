"""The steps of a case in words: what is done, where it stands, what may still come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from loanflow import drawing
from loanflow.bpmn.model import BoundaryEvent, Container, EndEvent, Gateway, Process, StartEvent, SubProcess
from loanflow.drawing import Mark, MarkState
from loanflow_web.translation import gettext as _

_CSS = {MarkState.DONE: "done", MarkState.CURRENT: "current", MarkState.INCIDENT: "stuck"}
_STANDING = frozenset({MarkState.CURRENT, MarkState.INCIDENT, MarkState.ARMED})


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRow:
    """One step in flow order; ``css`` is done, current, ahead or stuck."""

    name: str
    state: str
    css: str
    when: str


def steps_of(process: Process, marks: Mapping[str, Mark], lang: str) -> tuple[StepRow, ...]:
    """Return the activities a case went through or may still come to, and the end it reached; ways not taken are left out."""
    nodes = {node.id: node for node in process.body.walk()}
    ahead = _ahead(process.body, marks)
    words = {
        "done": _("done"),
        "current": _("current"),
        "incident": _("incident"),
        "cancelled": _("cancelled"),
        "armed": _("timer running"),
        "ahead": _("not reached"),
    }
    rows: list[StepRow] = []
    for step in drawing.outline(process, marks, lang=lang):
        node = nodes[step.element_id]
        if isinstance(node, Gateway | BoundaryEvent | StartEvent):
            continue
        if step.state is MarkState.AHEAD and (isinstance(node, EndEvent) or node.id not in ahead):
            continue
        rows.append(StepRow(name=step.name, state=words[step.state], css=_CSS.get(step.state, "ahead"), when=step.note or ""))
    # What may still come follows what has been, also where the drawing has a side way earlier.
    return tuple(sorted(rows, key=lambda row: row.css == "ahead"))


def _ahead(body: Container, marks: Mapping[str, Mark]) -> set[str]:
    """Return the flow nodes that tokens may still come to without doing again what is done."""
    following: dict[str, list[str]] = {}
    inner: list[Container] = [body]
    while inner:
        here = inner.pop()
        for flow in here.flows.values():
            following.setdefault(flow.source, []).append(flow.target)
        for node in here.nodes.values():
            if isinstance(node, BoundaryEvent):
                following.setdefault(node.attached_to, []).append(node.id)
            if isinstance(node, SubProcess):
                inner.append(node.body)
                following.setdefault(node.id, []).extend(start.id for start in node.body.nodes.values() if isinstance(start, StartEvent))
    found: set[str] = set()
    waiting = [element_id for element_id, mark in marks.items() if mark.state in _STANDING]
    while waiting:
        for target in following.get(waiting.pop(), ()):
            if target not in found and not _is_done(marks.get(target)):
                found.add(target)
                waiting.append(target)
    return found


def _is_done(mark: Mark | None) -> bool:
    return mark is not None and mark.state is MarkState.DONE
