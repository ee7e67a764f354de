"""Timer texts that give no instant: ISO 8601 dates, durations and repeating intervals (clause 10.5.5.2)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from loanflow.bpmn.checks.scene import Scene, definitions_of
from loanflow.bpmn.cron import Cron
from loanflow.bpmn.model import BoundaryEvent, Dialect, FlowNode, IntermediateCatchEvent, TimerEvent, TimerKind
from loanflow.bpmn.timers import Interval, TimerCycle, read_timer
from loanflow.problems import Problem, Severity

CODE = "bpmn/timer-invalid"

_EXPECTED = {
    TimerKind.DATE: "a date and time such as 2026-03-01T09:00:00+08:00",
    TimerKind.DURATION: "a duration such as P3D, PT24H or PT1H30M",
    TimerKind.CYCLE: "a repeating interval such as R3/PT10H, R/P1D for ever, or a cron text such as 0 0 9 * * MON-FRI",
}
FIELD = {TimerKind.DATE: "Date", TimerKind.DURATION: "Duration", TimerKind.CYCLE: "Cycle"}


def find(scene: Scene) -> Iterator[Problem]:
    """Yield a finding for each timer without a text, or with one that cannot be read."""
    for _, node in scene.nodes():
        for event in definitions_of(node):
            if isinstance(event, TimerEvent):
                yield from _timer(scene, node, event)
        for listener in node.listeners:
            if listener.timer is not None:
                yield from _timer(scene, node, listener.timer)


def _timer(scene: Scene, node: FlowNode, timer: TimerEvent) -> Iterator[Problem]:
    text = timer.value.text
    if not text:
        yield scene.finding(
            node,
            CODE,
            "the timer does not say when",
            line=timer.line,
            property="Timer",
            expected="a date, a duration or a cycle",
            found="nothing",
            hint="fill in Properties panel > Timer > Type and Value",
        )
        return
    if not timer.value.is_literal:
        return
    property = f"Timer > {FIELD[timer.kind]}"
    quartz = scene.model.dialect is Dialect.CAMUNDA7
    says, unread = _read(timer.kind, text, quartz=quartz)
    unread = unread or _never(says)
    from_now = timer.kind is TimerKind.DATE and isinstance(says, Interval)
    if unread is not None or from_now:
        other = next((kind for kind in TimerKind if kind is not timer.kind and _read(kind, text, quartz=False)[1] is None), None)
        hint = "months and minutes differ by the T: P1M is a month, PT1M a minute"
        if other is not None:
            hint = f"{text} is a {FIELD[other].lower()}: choose Properties panel > Timer > Type {FIELD[other]}"
        elif timer.kind is TimerKind.CYCLE and not text.startswith(("R", "P")):
            hint = "a cron text begins with the seconds: 0 0 9 * * MON-FRI is nine o'clock on working days"
        yield scene.finding(
            node,
            CODE,
            "the timer's date is a length of time, counted from when the timer begins"
            if from_now
            else f"the timer's {FIELD[timer.kind].lower()} cannot be read: {unread}",
            severity=Severity.WARNING if from_now else Severity.ERROR,
            line=timer.value.line,
            property=property,
            expected=_EXPECTED[timer.kind],
            found=text,
            hint=hint,
        )
    elif timer.kind is TimerKind.CYCLE and _happens_once(node):
        strict = scene.model.dialect is Dialect.CAMUNDA8
        yield scene.finding(
            node,
            "bpmn/timer-happens-once",
            "a timer that happens only once cannot repeat" + ("" if strict else "; only its first time counts"),
            severity=Severity.ERROR if strict else Severity.WARNING,
            line=timer.value.line,
            property=property,
            expected="a duration or a date",
            found=text,
            hint="choose Type Duration, or make the boundary event non-interrupting",
        )


def _happens_once(node: FlowNode) -> bool:
    return isinstance(node, IntermediateCatchEvent) or (isinstance(node, BoundaryEvent) and node.cancel_activity)


def _never(says: object) -> str | None:
    """Say why a cycle that can be read never comes, None where it does."""
    match says:
        case TimerCycle(repetitions=0):
            return "it repeats no times"
        case Cron(years=years) if says.after(datetime(min(years or {2000}) - 1, 12, 31, tzinfo=UTC)) is None:
            return "no day fits it"
        case _:
            return None


def _read(kind: TimerKind, text: str, *, quartz: bool) -> tuple[object, str | None]:
    """Return what the text says, or why it cannot be read."""
    try:
        return read_timer(kind, text, quartz=quartz), None
    except ValueError as error:
        return None, str(error)
