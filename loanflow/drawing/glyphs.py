"""The small pictures inside shapes (BPMN 2.0.2, clause 10 "Process": task types, event triggers, markers), 16 by 16 pixels."""

from __future__ import annotations

from loanflow.bpmn import model as bpmn

_LINE = '<path class="lf-glyph" d="{}"/>'
_SOLID = '<path class="lf-glyph-solid" d="{}"/>'

_ENVELOPE = "M1.5 3.5h13v9h-13z M1.5 3.5l6.5 5 6.5-5"
_GEAR = (
    "M8 5.4a2.6 2.6 0 1 0 0 5.2a2.6 2.6 0 1 0 0-5.2 M8 1.2v2.2 M8 12.6v2.2 M1.2 8h2.2 M12.6 8h2.2 "
    "M3.2 3.2l1.6 1.6 M11.2 11.2l1.6 1.6 M3.2 12.8l1.6-1.6 M11.2 4.8l1.6-1.6"
)
_TASKS: dict[type[bpmn.FlowNode], str] = {
    bpmn.UserTask: _LINE.format("M8 1.8a2.8 2.8 0 1 0 0 5.6a2.8 2.8 0 1 0 0-5.6 M2.2 14.4c0-3.6 2.4-5.6 5.8-5.6s5.8 2 5.8 5.6z"),
    bpmn.ServiceTask: _LINE.format(_GEAR),
    bpmn.ScriptTask: _LINE.format(
        "M4 1.8h9c-2.4 2.2-2.4 4 0 6.2s2.4 4 0 6.2h-9c2.4-2.2 2.4-4 0-6.2s-2.4-4 0-6.2z M5.6 5h4.6 M6 8h4.6 M6.6 11h4.6"
    ),
    bpmn.BusinessRuleTask: _LINE.format("M1.5 2.5h13v11h-13z M1.5 6h13 M1.5 9.8h13 M6 6v7.5"),
    bpmn.SendTask: _SOLID.format("M1.2 3h13.6L8 8.2z M1.2 4.6v8.4h13.6v-8.4L8 9.8z"),
    bpmn.ReceiveTask: _LINE.format(_ENVELOPE),
    bpmn.ManualTask: _LINE.format("M2 8.2l4.6-3.8c1-.6 1.8.4 1 1.2L6.4 6.8h7.4v1.8h-4 4.4v1.8h-4.4 4v1.8h-4 3.2v1.8H6c-2 0-4-1.4-4-3z"),
}
_EVENTS: dict[type[bpmn.EventDefinition], str] = {
    bpmn.TimerEvent: "M8 1.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 1 0 0-13 M8 4v4.2l2.8 1.8",
    bpmn.SignalEvent: "M8 2l6 10.5h-12z",
    bpmn.EscalationEvent: "M8 1.8l4.4 12-4.4-4.4-4.4 4.4z",
    bpmn.ConditionalEvent: "M3 1.8h10v12.4h-10z M5 5h6 M5 8h6 M5 11h6",
    bpmn.LinkEvent: "M1.8 5.6h6.6v-3l5.8 5.4-5.8 5.4v-3h-6.6z",
    bpmn.CompensateEvent: "M7.8 3v10l-6.4-5z M14.2 3v10l-6.4-5z",
    bpmn.CancelEvent: "M3.2 4.6l1.4-1.4 3.4 3.4 3.4-3.4 1.4 1.4-3.4 3.4 3.4 3.4-1.4 1.4-3.4-3.4-3.4 3.4-1.4-1.4 3.4-3.4z",
    bpmn.ErrorEvent: "M2 13.6l3.6-9.4 4.2 5 4.2-7-3.4 10.2-4.4-5z",
    bpmn.MessageEvent: _ENVELOPE,
}


def task_glyph(node: bpmn.FlowNode) -> str:
    """Return the picture of a task's kind, or "" for kinds without one."""
    return _TASKS.get(type(node), "")


def event_glyph(event: bpmn.EventDefinition | None, *, throws: bool) -> str:
    """Return the picture of what an event is about; throwing events are filled."""
    if event is None:
        return ""
    if isinstance(event, bpmn.TerminateEvent):
        return '<circle class="lf-glyph-solid" cx="8" cy="8" r="6"/>'
    if isinstance(event, bpmn.MessageEvent) and throws:
        return _TASKS[bpmn.SendTask]
    path = _EVENTS.get(type(event), "")
    return (_SOLID if throws else _LINE).format(path) if path else ""


def gateway_glyph(node: bpmn.FlowNode) -> str:
    """Return a gateway's marker, drawn in a 16 by 16 box."""
    match node:
        case bpmn.ParallelGateway():
            return '<path class="lf-glyph lf-marker" d="M8 1.5v13 M1.5 8h13"/>'
        case bpmn.InclusiveGateway():
            return '<circle class="lf-glyph lf-marker" cx="8" cy="8" r="6"/>'
        case bpmn.EventBasedGateway():
            return '<path class="lf-glyph" d="M8 .5a7.5 7.5 0 1 0 0 15a7.5 7.5 0 1 0 0-15 M8 4l4.2 3-1.6 5h-5.2l-1.6-5z"/>'
        case bpmn.ExclusiveGateway():
            return '<path class="lf-glyph lf-marker" d="M3.5 3.5l9 9 M12.5 3.5l-9 9"/>'
        case _:
            return ""


def activity_markers(node: bpmn.FlowNode, *, collapsed: bool) -> list[str]:
    """Return the markers at an activity's foot: sub-process, multi-instance, loop, compensation."""
    found: list[str] = []
    if collapsed:
        found.append(_LINE.format("M2 2h12v12h-12z M8 5v6 M5 8h6"))
    if isinstance(node, bpmn.Activity):
        if node.multi_instance is not None:
            found.append(_LINE.format("M3 5h10 M3 8h10 M3 11h10" if node.multi_instance.sequential else "M5 3v10 M8 3v10 M11 3v10"))
        if node.loop is not None:
            found.append(_LINE.format("M6 13.4a5.6 5.6 0 1 1 3.6 0 M6 13.4l-3-.6 M6 13.4l.6-3"))
        if node.for_compensation:
            found.append(_LINE.format("M7.8 4v8l-5.4-4z M13.2 4v8l-5.4-4z"))
    return found
