"""A case as pages show it: where it stands, what happened, on the drawing and in words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from flask import url_for
from markupsafe import Markup

from loanflow import drawing
from loanflow.bpmn.model import BoundaryEvent, FlowNode
from loanflow.drawing import Mark, MarkState
from loanflow.errors import AuditChainBroken
from loanflow.records import Case, CaseStatus, SearchValue, Task
from loanflow_web.library import Library
from loanflow_web.translation import gettext as _
from loanflow_web.translation import ngettext
from loanflow_web.views.people import People
from loanflow_web.views.steps import StepRow, steps_of
from loanflow_web.views.tasks import Link, Pair, amount_of, title_of
from loanflow_web.views.timeline import Moment, timeline_of
from loanflow_web.words import length, moment, time_left

if TYPE_CHECKING:
    from loanflow.engine import HistoryEntry, Standing
    from loanflow_web.desk import Desk

# Tokens that hold others: a sub-process, the body of a multi-instance activity, a branch waiting at a join.
_BRACKETS = frozenset({"scope", "multiInstance", "join"})
ZOOMS = (50, 75, 100, 125, 150)
FIT = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """Whether a case's hash chain holds."""

    holds: bool
    words: str
    short: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseHead:
    """What stands over every page of a case."""

    id: str
    key: str
    title: str
    state: str
    tone: str
    work_href: str | None
    tabs: tuple[Link, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeLimit:
    """How much of a task's time is used; ``percent`` 0 to 100."""

    left: str
    due: str
    tone: str
    percent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stuck:
    """An incident in words."""

    where: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """The drawing with its text twin."""

    drawing: Markup
    caption: str
    zoom: tuple[Link, ...]
    stuck: bool
    incidents: tuple[Stuck, ...]
    chain: Chain
    events: tuple[Moment, ...]
    dated: bool
    sla: TimeLimit | None
    pairs: tuple[Pair, ...]
    steps: tuple[StepRow, ...]


def head_of(
    case: Case,
    *,
    found: Mapping[str, SearchValue],
    standing: Sequence[Standing],
    work: Task | None,
    tab: str,
    desk: Desk,
    lang: str,
    counts: Mapping[str, int],
) -> CaseHead:
    """Return the head of a case's pages; ``work`` is the task in it that the reader may do."""
    library = desk.library
    columns = library.ordered(case.process_definition_id, found)
    amount = amount_of(columns, library.vocabulary(case.process_definition_id, lang))
    title = title_of(columns, case.business_key or case.id[:8])
    state, tone = state_of(case, standing, library, lang)
    tabs = (
        ("progress", _("Progress"), "case.progress"),
        ("decisions", _("Decision basis"), "decision.index"),
        ("data", _("Data"), "case.data"),
        ("audit", _("Audit"), "case.audit"),
    )
    return CaseHead(
        id=case.id,
        key=case.business_key or case.id,
        title=f"{title} · {amount}" if amount else title,
        state=state,
        tone=tone,
        work_href=url_for("task.show", task_id=work.id) if work else None,
        tabs=tuple(
            Link(href=url_for(endpoint, case_id=case.id), text=text, count=counts.get(name), current=name == tab)
            for name, text, endpoint in tabs
        ),
    )


def state_of(case: Case, standing: Sequence[Standing], library: Library, lang: str) -> tuple[str, str]:
    """Say in a word where a case stands, and in which tone."""
    if case.status is CaseStatus.CANCELLED:
        return _("Cancelled"), "plain"
    if case.status is CaseStatus.SUSPENDED:
        return _("Suspended"), "plain"
    if case.status is CaseStatus.ENDED:
        name = library.element_name(case.process_definition_id, case.end_event, lang)
        return name or _("Ended"), end_tone(name)
    if any(token.kind == "incident" for token in standing):
        return _("Stuck"), "bad"
    names = _places(standing, library, lang)
    shown = names[:2]
    joined = ("、" if lang == "zh" else ", ").join(shown)
    return (joined or _("Running")), "accent"


def _places(standing: Sequence[Standing], library: Library, lang: str) -> list[str]:
    """Return the names of the flow nodes where a case waits for something, armed boundary events and brackets left out."""
    names: dict[str, None] = {}
    for token in standing:
        node = library.process(token.definition_id).nodes.get(token.element_id)
        if token.kind not in _BRACKETS and not isinstance(node, BoundaryEvent):
            names[library.element_name(token.definition_id, token.element_id, lang) or token.element_id] = None
    return list(names)


def end_tone(name: str) -> str:
    """Say how an end sounds: the analyst's own word decides."""
    if re.search(r"拒|否决|declin|reject", name, re.IGNORECASE):
        return "bad"
    if re.search(r"放款|通过|批准|disburs|approv|paid", name, re.IGNORECASE):
        return "ok"
    return "plain"


def progress_of(
    case: Case,
    *,
    history: Sequence[HistoryEntry],
    standing: Sequence[Standing],
    tasks: Sequence[Task],
    incidents: Sequence[Any],
    decisions: Sequence[Any],
    people: People,
    chain: Chain,
    desk: Desk,
    lang: str,
    zoom: int,
    here: str,
) -> Progress:
    """Return the drawing, the steps and the timeline of a case."""
    library, now, zone = desk.library, desk.now(), desk.zone
    deployed = library.process(case.process_definition_id)
    marks, taken = marks_of(
        history, standing, tasks, people, now=now, lang=lang, definition_id=case.process_definition_id, nodes=deployed.nodes
    )
    current = [each for each in tasks if each.closed_at is None]
    names = _places(standing, library, lang)
    caption = (
        _("Process drawing; the case is at: %(names)s", names=("、" if lang == "zh" else ", ").join(names))
        if names
        else _("Process drawing; the case is over")
    )
    svg = drawing.draw_process(deployed.model, process_id=deployed.process.id, marks=marks, taken=taken, lang=lang, title=caption)
    events = timeline_of(
        history,
        tasks=tasks,
        decisions=decisions,
        people=people,
        library=library,
        now=now,
        zone=zone,
        lang=lang,
        case_id=case.id,
        end_name=library.element_name(case.process_definition_id, case.end_event, lang),
    )
    dated = any(len(event.at) > 5 for event in events)
    return Progress(
        drawing=scaled(svg, zoom),
        caption=caption,
        zoom=_zoom_links(zoom, here),
        stuck=bool(incidents),
        incidents=tuple(
            Stuck(where=library.element_name(each.process_definition_id, each.element_id, lang) or each.element_id, text=each.message)
            for each in incidents
        ),
        chain=chain,
        events=events,
        dated=dated,
        sla=_time_limit(current, now, zone, lang),
        pairs=_pairs(case, current, people, now=now, desk=desk, lang=lang),
        steps=steps_of(deployed.process, marks, lang),
    )


def marks_of(
    history: Sequence[HistoryEntry],
    standing: Sequence[Standing],
    tasks: Sequence[Task],
    people: People,
    *,
    now: datetime,
    lang: str,
    definition_id: str,
    nodes: Mapping[str, FlowNode],
) -> tuple[dict[str, Mark], frozenset[str]]:
    """Return what a case did at each flow node, and the sequence flows it took."""
    marks: dict[str, Mark] = {}
    entered: dict[tuple[int | None, str], datetime] = {}
    taken: set[str] = set()
    for entry in history:
        if entry.definition_id != definition_id or entry.element_id is None:
            continue
        if entry.kind == "flow.taken":
            taken.add(entry.element_id)
        elif entry.kind == "element.entered":
            entered[entry.token, entry.element_id] = entry.at
        elif entry.kind == "element.completed":
            since = entered.get((entry.token, entry.element_id))
            span = entry.at - since if since else timedelta(0)
            marks[entry.element_id] = Mark(state=MarkState.DONE, pill=length(span, lang) if span >= timedelta(milliseconds=100) else None)
        elif entry.kind == "element.cancelled":
            marks.setdefault(entry.element_id, Mark(state=MarkState.CANCELLED))
        elif entry.kind in ("case.sent_back", "case.recalled"):
            for element_id in entry.data.get("undone", ()):
                marks.pop(element_id, None)
                taken.difference_update(nodes[element_id].outgoing if element_id in nodes else ())
    holders: dict[str, list[Task]] = {}
    for task in tasks:
        if task.closed_at is None:
            holders.setdefault(task.element_id, []).append(task)
    for token in standing:
        if token.definition_id != definition_id:
            continue
        if token.kind == "incident":
            marks[token.element_id] = Mark(state=MarkState.INCIDENT, pill=f"! {length(now - token.since, lang)}")
        elif isinstance(nodes.get(token.element_id), BoundaryEvent):
            marks[token.element_id] = Mark(state=MarkState.ARMED)
        elif token.kind == "join":
            continue
        elif marks.get(token.element_id, Mark(state=MarkState.AHEAD)).state is not MarkState.INCIDENT:
            marks[token.element_id] = Mark(
                state=MarkState.CURRENT, pill=_pill(holders.get(token.element_id, []), token.since, people, now, lang)
            )
    return marks, frozenset(taken)


def scaled(svg: str, percent: int) -> Markup:
    """Return a drawing at a share of its size, or as wide as its place for ``FIT``; text in it stays text."""

    def at(found: re.Match[str]) -> str:
        if percent == FIT:
            return ' data-fit="" preserveAspectRatio'
        width, height = (float(found[index]) * percent / 100 for index in (1, 2))
        return f' width="{width:g}" height="{height:g}" preserveAspectRatio'

    # Our own drawing, escaped where it was drawn.
    return Markup(re.sub(r' width="([\d.]+)" height="([\d.]+)" preserveAspectRatio', at, svg, count=1))  # noqa: S704


def chain_of(desk: Desk, case: Case) -> Chain:
    """Check a case's chain, link by link."""
    short = f"{case.audit_hash[:4]}…{case.audit_hash[-4:]}" if case.audit_hash else ""
    try:
        entries = desk.engine.verify_audit(case.id)
    except AuditChainBroken as error:
        return Chain(
            holds=False,
            words=_("Hash chain broken"),
            short=short,
            detail=_("at entry %(seq)s: %(reason)s", seq=error.seq, reason=error.reason),
        )
    detail = ngettext("%(num)s entry, head %(hash)s", "%(num)s entries, head %(hash)s", entries, hash=case.audit_hash)
    return Chain(holds=True, words=_("Hash chain checked"), short=short, detail=detail)


def _pill(tasks: Sequence[Task], since: datetime, people: People, now: datetime, lang: str) -> str:
    span = length(now - since, lang)
    holders = list(dict.fromkeys(people.name(task.assignee) for task in tasks if task.assignee))
    who = holders[0] if len(holders) == 1 else ngettext("%(num)s person", "%(num)s people", len(holders)) if holders else ""
    if not who:
        return span
    return f"{who} · 已 {span}" if lang == "zh" else f"{who} · {span}"


def _time_limit(tasks: Sequence[Task], now: datetime, zone: Any, lang: str) -> TimeLimit | None:
    due = min((task for task in tasks if task.due_at is not None), key=lambda task: task.due_at or now, default=None)
    if due is None or due.due_at is None:
        return None
    left = time_left(due.due_at, now, lang)
    whole = (due.due_at - due.created_at).total_seconds() or 1
    used = (now - due.created_at).total_seconds()
    assert left is not None
    return TimeLimit(
        left=left.text,
        due=_("due %(when)s", when=moment(due.due_at, zone)),
        tone=left.tone,
        percent=max(2, min(100, round(used / whole * 100))),
    )


def _pairs(case: Case, tasks: Sequence[Task], people: People, *, now: datetime, desk: Desk, lang: str) -> tuple[Pair, ...]:
    separator = "、" if lang == "zh" else ", "
    holders = separator.join(dict.fromkeys(people.name(task.assignee) for task in tasks if task.assignee))
    pairs = [Pair(label=_("Held by"), value=holders or _("nobody yet"))] if tasks else []
    pairs += [
        Pair(label=_("Started"), value=f"{moment(case.started_at, desk.zone)}"),
        Pair(label=_("Started by"), value=people.name(case.started_by)),
        Pair(label=_("Time so far"), value=length((case.ended_at or now) - case.started_at, lang)),
        Pair(label=_("Process version"), value=f"v{case.process_version}"),
    ]
    if case.ended_at:
        pairs.insert(1, Pair(label=_("Ended at"), value=moment(case.ended_at, desk.zone)))
    return tuple(pairs)


def _zoom_links(zoom: int, here: str) -> tuple[Link, ...]:
    index = ZOOMS.index(zoom) if zoom in ZOOMS else 0
    smaller, larger = ZOOMS[max(0, index - 1)], ZOOMS[min(len(ZOOMS) - 1, index + 1)]
    return (
        Link(href=f"{here}?zoom={smaller}", text=_("Smaller"), current=smaller == zoom),
        Link(href=f"{here}?zoom={FIT}", text=_("Whole drawing"), current=zoom == FIT),
        Link(href=f"{here}?zoom={larger}", text=_("Larger"), current=larger == zoom),
    )
