"""Timer texts that give no instant: ISO 8601 dates, durations and repeating intervals (clause 10.5.5.2)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime

from loanflow.bpmn.checks import supported
from loanflow.bpmn.checks.scene import Scene, definitions_of
from loanflow.bpmn.model import BoundaryEvent, Dialect, FlowNode, IntermediateCatchEvent, TimerEvent, TimerKind
from loanflow.problems import Problem, Severity

CODE = "bpmn/timer-invalid"

_DURATION = re.compile(r"P(?=.)(\d+Y)?(\d+M)?(\d+W)?(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+([.,]\d+)?S)?)?")
_REPEAT = re.compile(r"R(\d*)")
_ZONE = re.compile(r"(\[[A-Za-z0-9_+\-/]+\]|@[A-Za-z0-9_+\-/]+)$")
_CRON_WORD = re.compile(r"[\d*/,\-?#LWA-Za-z]+")
_CRON_MACRO = re.compile(r"@(yearly|annually|monthly|weekly|daily|midnight|hourly)")

_EXPECTED = {
    TimerKind.DATE: "a date and time such as 2026-03-01T09:00:00+08:00",
    TimerKind.DURATION: "a duration such as P3D, PT24H or PT1H30M",
    TimerKind.CYCLE: "a repeating interval such as R3/PT10H, R/P1D for ever, or a cron text such as 0 0 9 * * MON-FRI",
}
_FIELD = {TimerKind.DATE: "Date", TimerKind.DURATION: "Duration", TimerKind.CYCLE: "Cycle"}


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
    property = f"Timer > {_FIELD[timer.kind]}"
    if timer.kind is TimerKind.CYCLE and is_cron(text):
        if not supported.CRON_TIMERS:
            yield scene.finding(
                node,
                "bpmn/unsupported",
                "cron texts are not supported in timers",
                line=timer.value.line,
                property=property,
                expected=_EXPECTED[TimerKind.CYCLE],
                found=text,
                hint="write the cycle as a repeating interval, such as R/PT5M for every five minutes",
            )
        return
    from_now = timer.kind is TimerKind.DATE and scene.model.dialect is Dialect.CAMUNDA7 and _reads(TimerKind.DURATION, text)
    if not _reads(timer.kind, text):
        other = next((kind for kind in TimerKind if kind is not timer.kind and _reads(kind, text)), None)
        hint = f"{text} is a {_FIELD[other].lower()}: choose Properties panel > Timer > Type {_FIELD[other]}" if other is not None else None
        yield scene.finding(
            node,
            CODE,
            "the timer's date is a length of time, counted from when the timer begins"
            if from_now
            else f"the timer's {_FIELD[timer.kind].lower()} cannot be read",
            severity=Severity.WARNING if from_now else Severity.ERROR,
            line=timer.value.line,
            property=property,
            expected=_EXPECTED[timer.kind],
            found=text,
            hint=hint or "months and minutes differ by the T: P1M is a month, PT1M a minute",
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


def is_cron(text: str) -> bool:
    """Say whether a text looks like a cron text: five to seven fields, or a word such as ``@daily``."""
    words = text.split()
    return _CRON_MACRO.fullmatch(text.strip()) is not None or (5 <= len(words) <= 7 and all(_CRON_WORD.fullmatch(word) for word in words))


def _reads(kind: TimerKind, text: str) -> bool:
    match kind:
        case TimerKind.DATE:
            return _is_instant(text)
        case TimerKind.DURATION:
            return _DURATION.fullmatch(text) is not None
        case TimerKind.CYCLE:
            head, *rest = text.split("/")
            if _DURATION.fullmatch(text):
                return True
            if _REPEAT.fullmatch(head) is None or len(rest) not in (1, 2):
                return False
            durations = [part for part in rest if _DURATION.fullmatch(part)]
            return len(durations) == 1 and all(_is_instant(part) for part in rest if part not in durations)


def _is_instant(text: str) -> bool:
    plain = _ZONE.sub("", text.strip())
    try:
        datetime.fromisoformat(plain)
    except ValueError:
        try:
            date.fromisoformat(plain)
        except ValueError:
            return False
    return True
