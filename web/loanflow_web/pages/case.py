"""Cases: found, looked at, followed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template, request, url_for

from loanflow.errors import NotFound
from loanflow.records import Case, CaseStatus, Task, TaskStatus
from loanflow_web.access import case_ids, check_case, search_columns
from loanflow_web.desk import desk
from loanflow_web.permissions import Permission
from loanflow_web.security.guard import signed_in, visitor
from loanflow_web.translation import current_language
from loanflow_web.translation import gettext as _
from loanflow_web.views.cases import FIT, ZOOMS, CaseHead, Progress, chain_of, head_of, progress_of, state_of
from loanflow_web.views.people import People
from loanflow_web.views.tasks import Link, amount_of, title_of
from loanflow_web.views.timeline import words_of_kind
from loanflow_web.views.vocabulary import masked_within
from loanflow_web.words import moment, short_moment

blueprint = Blueprint("case", __name__)
_STATUSES = {"open": CaseStatus.OPEN, "ended": CaseStatus.ENDED}


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRow:
    """One case in the list."""

    href: str
    key: str
    title: str
    amount: str
    product: str
    state: str
    tone: str
    started: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DataRow:
    """One variable of a case."""

    name: str
    label: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """One entry of the history, as it stands in the chain."""

    seq: int
    at: str
    who: str
    what: str
    where: str
    source: str
    data: str
    hash: str


@blueprint.get("/cases")
def index() -> str:
    """List the cases one has to do with, newest first; ``q`` finds by number or by what the list shows."""
    text = request.args.get("q", "").strip()[:100]
    status = request.args.get("status", "")
    wanted = None if text else _STATUSES.get(status, CaseStatus.OPEN)
    size = desk().settings.page_size
    ids = case_ids(desk().engine, signed_in(), status=wanted, text=text, limit=size + 1, before=_before(request.args.get("after", "")))
    rows = _rows(list(ids[:size]))
    more = (
        url_for("case.index", after=ids[size - 1], **({"q": text} if text else {"status": status or "open"})) if len(ids) > size else None
    )
    segments = tuple(
        Link(href=url_for("case.index", status=name), text=words, current=not text and (status or "open") == name)
        for name, words in (("open", _("Under way")), ("ended", _("Ended")))
    )
    return render_template("cases.html", rows=rows, segments=segments, search_text=text, more=more, area="cases")


@blueprint.get("/cases/<case_id>")
def progress(case_id: str) -> str:
    """Show where a case stands."""
    case = case_of(case_id)
    return render_template("case_progress.html", case=head_for(case, tab="progress"), progress=progress_for(case), area="cases")


@blueprint.get("/cases/<case_id>/data")
def data(case_id: str) -> str:
    """Show a case's variables; what identifies a person is masked."""
    case = case_of(case_id)
    vocabulary = desk().library.vocabulary(case.process_definition_id, current_language())
    variables = desk().engine.variables(case.id)
    rows = [
        DataRow(name=name, label=vocabulary.label(name), value=vocabulary.text(name, masked_within(value)))
        for name, value in sorted(variables.items())
    ]
    return render_template("case_data.html", case=head_for(case, tab="data"), rows=rows, area="cases")


@blueprint.get("/cases/<case_id>/audit")
def audit(case_id: str) -> str:
    """Show every entry of a case's history with its hash, and whether the chain holds."""
    case = case_of(case_id)
    history = desk().engine.history(case.id)
    people = People.among(desk().accounts, {entry.actor for entry in history}, current_language())
    library, lang = desk().library, current_language()
    rows = [
        AuditRow(
            seq=entry.seq,
            at=f"{entry.at.astimezone(desk().zone):%Y-%m-%d %H:%M:%S}",
            who=people.name(entry.actor),
            what=words_of_kind(entry.kind),
            where=library.place_name(entry.definition_id, entry.element_id, lang) if entry.definition_id else entry.element_id or "",
            source=entry.source or "",
            data=json.dumps(masked_within(dict(entry.data)), ensure_ascii=False, default=str, indent=1) if entry.data else "",
            hash=entry.hash,
        )
        for entry in reversed(history)
    ]
    return render_template("case_audit.html", case=head_for(case, tab="audit"), entries=rows, chain=chain_of(desk(), case), area="cases")


def case_of(case_id: str) -> Case:
    """Return a case the person who is logged in may read.

    Raises:
        NotFound: there is none, or it is not theirs to see.
    """
    case = desk().engine.case(case_id)
    check_case(desk().engine, case.id, signed_in())
    return case


def head_for(case: Case, *, tab: str) -> CaseHead:
    """Return the head of a case's pages for the person who is logged in."""
    engine = desk().engine
    records = engine.decisions(case.id)
    return head_of(
        case,
        found=search_columns(engine, [case.id])[case.id],
        standing=engine.tokens(case.id),
        work=_work_of(case),
        tab=tab,
        desk=desk(),
        lang=current_language(),
        counts={"decisions": sum(1 for record in records if record.trace)},
    )


def progress_for(case: Case) -> Progress:
    """Return the drawing, steps and timeline of a case for the person who is logged in."""
    engine = desk().engine
    history = engine.history(case.id)
    tasks = engine.tasks_of(case.id, status=None)
    ids = (
        {entry.actor for entry in history}
        | {task.assignee for task in tasks}
        | {entry.data.get("after") for entry in history if entry.kind == "task.assigned"}
    )
    zoom = request.args.get("zoom", 75, type=int)
    return progress_of(
        case,
        history=history,
        standing=engine.tokens(case.id),
        tasks=tasks,
        incidents=engine.incidents(case.id),
        decisions=engine.decisions(case.id),
        people=People.among(desk().accounts, {each for each in ids if isinstance(each, str)}, current_language()),
        chain=chain_of(desk(), case),
        desk=desk(),
        lang=current_language(),
        zoom=zoom if zoom in (*ZOOMS, FIT) else 75,
        here=url_for("case.progress", case_id=case.id),
    )


def _work_of(case: Case) -> Task | None:
    """Return the open task in the case that the reader holds, else one they may take."""
    if Permission.WORK not in visitor().permissions:
        return None
    user = signed_in()
    open_tasks = desk().engine.tasks_of(case.id, status=TaskStatus.OPEN)
    mine = [task for task in open_tasks if task.assignee == user.id]
    free = [
        task
        for task in open_tasks
        if task.assignee is None and (user.id in task.candidate_users or set(user.groups) & set(task.candidate_groups))
    ]
    return next(iter(mine + free), None)


def _rows(ids: list[str]) -> list[CaseRow]:
    engine, library, lang, now, zone = desk().engine, desk().library, current_language(), desk().now(), desk().zone
    columns = search_columns(engine, ids)
    rows: list[CaseRow] = []
    for case_id in ids:
        case = engine.case(case_id)
        found = library.ordered(case.process_definition_id, columns.get(case_id, {}))
        state, tone = state_of(case, engine.tokens(case_id) if case.status is CaseStatus.OPEN else (), library, lang)
        rows.append(
            CaseRow(
                href=url_for("case.progress", case_id=case.id),
                key=case.business_key or case.id[:13],
                title=title_of(found, "—"),
                amount=amount_of(found, library.vocabulary(case.process_definition_id, lang)),
                product=library.product_name(case.process_definition_id, lang),
                state=state,
                tone=tone,
                started=short_moment(case.started_at, now, zone) if (now - case.started_at).days < 300 else moment(case.started_at, zone),
            )
        )
    return rows


def _before(after: str) -> Any:
    if not after:
        return None
    try:
        last = desk().engine.case(after)
    except NotFound:
        return None
    return last.started_at, last.id
