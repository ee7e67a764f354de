"""What happened to a case, in sentences: the history for people, newest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from flask import url_for

from loanflow.bpmn.model import BusinessRuleTask, ScriptTask, SendTask, ServiceTask
from loanflow.dmn import Trace
from loanflow.records import DecisionRecord, Task
from loanflow_web.library import Library
from loanflow_web.translation import gettext as _
from loanflow_web.views.decisions import headline_of
from loanflow_web.views.people import People
from loanflow_web.words import length, moment, short_moment

if TYPE_CHECKING:
    from loanflow.engine import HistoryEntry

_AUTOMATIC = (ServiceTask, SendTask, ScriptTask)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One line of the timeline; ``icon`` is set where a program acted, ``initial`` where a person did."""

    iso: str
    at: str
    icon: str
    initial: str
    what: str
    detail: str
    href: str | None = None


def timeline_of(
    history: Sequence[HistoryEntry],
    *,
    tasks: Sequence[Task],
    decisions: Sequence[DecisionRecord],
    people: People,
    library: Library,
    now: datetime,
    zone: ZoneInfo,
    lang: str,
    case_id: str,
    end_name: str,
) -> tuple[Moment, ...]:
    """Return what a reader wants to know of the history; every entry is on the audit page."""
    by_task = {task.id: task for task in tasks}
    entered: dict[tuple[int | None, str | None], datetime] = {}
    asked: dict[int | None, list[DecisionRecord]] = {}
    for record in decisions:
        asked.setdefault(record.token, []).append(record)
    moments: list[Moment] = []
    for entry in history:
        if entry.kind == "element.entered":
            entered[entry.token, entry.element_id] = entry.at
            continue
        if entry.kind == "case.ended":
            moments.append(_end(entry, end_name, now, zone))
            continue
        told = _told(entry, by_task, entered, asked, people, library, zone, lang, case_id)
        if told is None:
            continue
        icon, what, detail, href = told
        person = people.is_person(entry.actor) and not icon
        moments.append(
            Moment(
                iso=entry.at.isoformat(),
                at=short_moment(entry.at, now, zone),
                icon="" if person else icon or "robot",
                initial=people.initial(entry.actor) if person else "",
                what=what,
                detail=detail,
                href=href,
            )
        )
    return tuple(reversed(moments))


def _end(entry: HistoryEntry, end_name: str, now: datetime, zone: ZoneInfo) -> Moment:
    at = short_moment(entry.at, now, zone)
    return Moment(iso=entry.at.isoformat(), at=at, icon="flag", initial="", what=end_name or _("Case ended"), detail="")


def words_of_kind(kind: str) -> str:
    """Return what a kind of history entry is called."""
    words = {
        "case.started": _("Case started"),
        "case.ended": _("Case ended"),
        "case.cancelled": _("Case cancelled"),
        "task.claimed": _("Task claimed"),
        "task.unclaimed": _("Task released"),
        "task.assigned": _("Task assigned"),
        "task.completed": _("Task completed"),
        "task.values-ignored": _("Values not on the form were ignored"),
        "element.entered": _("Step entered"),
        "element.completed": _("Step completed"),
        "element.cancelled": _("Step cancelled"),
        "flow.taken": _("Path taken"),
        "variables.set": _("Data set"),
        "variables.changed": _("Data changed from outside"),
        "error.thrown": _("Error thrown"),
        "error.caught": _("Error caught"),
        "message.received": _("Message received"),
        "message.correlated": _("Message matched"),
        "timer.fired": _("Timer fired"),
        "scope.started": _("Sub-process started"),
        "scope.ended": _("Sub-process ended"),
        "job.completed": _("Automatic work done"),
        "job.failed": _("Automatic work failed"),
        "job.error": _("Automatic work ended in an error of the process"),
        "incident.raised": _("Incident"),
        "incident.resolved": _("Incident resolved"),
        "case.withdrawn": _("Case withdrawn"),
        "case.sent_back": _("Sent back"),
        "case.recalled": _("Recalled"),
        "case.modified": _("Moved by hand"),
        "case.suspended": _("Case suspended"),
        "case.resumed": _("Case resumed"),
        "case.copied": _("Copied"),
        "copy.read": _("Copy read"),
        "task.signers-added": _("Signers added"),
        "task.signer-removed": _("Signer removed"),
        "task.transferred": _("Transferred"),
        "task.delegated": _("Delegated"),
        "task.resolved": _("Given back with an opinion"),
        "task.urged": _("Urged"),
        "task.error-thrown": _("Task left by an error"),
        "task.escalated": _("Escalated"),
        "incident.completed": _("Done by hand"),
        "token.placed": _("Token placed"),
        "job.postponed": _("Automatic work put off"),
        "message.thrown": _("Message sent"),
        "escalation.thrown": _("Escalation thrown"),
        "escalation.caught": _("Escalation caught"),
        "cancel.caught": _("Transaction cancelled"),
        "condition.met": _("Condition met"),
        "element.compensated": _("Step undone"),
        "case.migrated": _("Moved to another version"),
        "case.migration-reverted": _("Move to another version taken back"),
    }
    return words.get(kind, kind)


def _told(
    entry: HistoryEntry,
    by_task: Mapping[str, Task],
    entered: Mapping[tuple[int | None, str | None], datetime],
    asked: Mapping[int | None, list[DecisionRecord]],
    people: People,
    library: Library,
    zone: ZoneInfo,
    lang: str,
    case_id: str,
) -> tuple[str, str, str, str | None] | None:
    """Return icon, what, detail and address of an entry that belongs on the timeline, or None."""
    name = library.element_name(entry.definition_id, entry.element_id, lang) if entry.definition_id else ""
    data: Mapping[str, Any] = entry.data
    who = people.name(entry.actor)
    quoted = f"「{name}」" if lang == "zh" else f" “{name}”"
    match entry.kind:
        case "case.started":
            return (
                "",
                _("Case started"),
                " · ".join(
                    part for part in (who, library.product_name(entry.definition_id or "", lang) if entry.definition_id else "") if part
                ),
                None,
            )
        case "case.cancelled":
            return "", _("Case cancelled"), " · ".join(part for part in (who, str(data.get("reason") or "")) if part), None
        case "task.claimed":
            task = by_task.get(str(data.get("task_id")))
            due = _("due %(when)s", when=moment(task.due_at, zone)) if task and task.due_at else ""
            return "", _("Claimed") + quoted, " · ".join(part for part in (who, due) if part), None
        case "task.unclaimed":
            return "", _("Released") + quoted, who, None
        case "task.assigned":
            return "", _("Assigned") + quoted, _("to %(name)s", name=people.name(str(data.get("after") or ""))), None
        case "task.transferred" | "task.delegated" | "task.resolved":
            to = _("to %(name)s", name=people.name(str(data.get("after") or "")))
            return (
                "",
                words_of_kind(entry.kind) + quoted,
                " · ".join(part for part in (who, to, str(data.get("reason") or "")) if part),
                None,
            )
        case "task.signers-added" | "case.copied":
            named = "、".join(people.name(str(each)) for each in data.get("signers") or data.get("readers") or ())
            return "", words_of_kind(entry.kind) + (quoted if name else ""), " · ".join(part for part in (who, named) if part), None
        case (
            "case.sent_back" | "case.recalled" | "case.withdrawn" | "case.modified" | "case.suspended" | "case.resumed"
            | "task.signer-removed" | "task.urged" | "incident.completed"
        ):  # fmt: skip
            said = str(data.get("reason") or data.get("note") or "")
            return "", words_of_kind(entry.kind) + (quoted if name else ""), " · ".join(part for part in (who, said) if part), None
        case "task.completed":
            task = by_task.get(str(data.get("task_id")))
            took = length(task.closed_at - task.created_at, lang) if task and task.closed_at else ""
            answer = _answer(data.get("values"), library, entry, lang)
            return (
                "",
                _("Completed") + quoted,
                " · ".join(part for part in (who, answer, _("took %(time)s", time=took) if took else "") if part),
                None,
            )
        case "element.completed" | "job.completed":
            return _automatic(entry, name, entered, asked, library, lang, case_id)
        case "timer.fired":
            return "clock", name or _("Timer fired"), "", None
        case "error.caught":
            return "alert", name or _("Error caught"), " ".join(str(data.get(part) or "") for part in ("code", "message")).strip(), None
        case "escalation.caught" | "cancel.caught":
            return "alert", name or words_of_kind(entry.kind), str(data.get("code") or ""), None
        case "condition.met":
            return "flag", name or words_of_kind(entry.kind), "", None
        case "message.thrown":
            return "mail", name or words_of_kind(entry.kind), "", None
        case "message.received":
            return "mail", name or _("Message received"), "", None
        case "incident.raised":
            return "alert", _("Incident") + quoted, str(data.get("message") or ""), None
        case "incident.resolved":
            return "refresh", _("Incident resolved") + quoted, who, None
        case "job.failed":
            return "alert", _("Failed, tried again") + quoted, str(data.get("error") or data.get("message") or "")[:160], None
        case _:
            return None


def _automatic(
    entry: HistoryEntry,
    name: str,
    entered: Mapping[tuple[int | None, str | None], datetime],
    asked: Mapping[int | None, list[DecisionRecord]],
    library: Library,
    lang: str,
    case_id: str,
) -> tuple[str, str, str, str | None] | None:
    if entry.kind == "job.completed" or entry.definition_id is None:
        return None
    node = library.process(entry.definition_id).nodes.get(entry.element_id or "")
    took = entry.at - entered.get((entry.token, entry.element_id), entry.at)
    time = _("took %(time)s", time=length(took, lang)) if took >= timedelta(milliseconds=100) else ""
    if isinstance(node, BusinessRuleTask):
        records = [record for record in asked.get(entry.token, ()) if record.element_id == entry.element_id]
        if records and records[-1].trace:
            record = records[-1]
            headline = headline_of(Trace.from_dict(record.trace), library.vocabulary(entry.definition_id, lang))
            href = url_for("decision.show", case_id=case_id, decision_id=record.id)
            return "scales", name or record.decision_key, f"{headline} · v{record.decision_version}", href
        return "scales", name or entry.element_id or "", time, None
    if isinstance(node, _AUTOMATIC):
        return "mail" if isinstance(node, SendTask) else "robot", name or entry.element_id or "", time, None
    return None


def _answer(values: Any, library: Library, entry: HistoryEntry, lang: str) -> str:
    """Return the conclusion among a task's values: the first choice its form offered."""
    if not isinstance(values, Mapping) or entry.definition_id is None:
        return ""
    vocabulary = library.vocabulary(entry.definition_id, lang)
    for name, value in values.items():
        word = vocabulary.words.get(name)
        if word is not None and word.options and isinstance(value, str) and value in word.options:
            return word.options[value]
    return ""
