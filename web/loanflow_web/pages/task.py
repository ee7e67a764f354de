"""A task: looked at, claimed, filled in, saved, completed."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, jsonify, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from loanflow import forms
from loanflow.dmn import Trace
from loanflow.errors import Conflict, InvalidValues, LoanFlowError, NotFound, NotPermitted
from loanflow.feel import to_feel
from loanflow.forms import Form, FormView
from loanflow.records import Task, TaskStatus
from loanflow_web.access import search_columns, task_of
from loanflow_web.desk import actor, desk
from loanflow_web.pages.inbox import View, inbox_of, tasks_in, view_of, view_of_path
from loanflow_web.security.guard import signed_in, visitor
from loanflow_web.translation import current_language
from loanflow_web.translation import gettext as _
from loanflow_web.views.decisions import Explained, explained, headline_of
from loanflow_web.views.people import People
from loanflow_web.views.tasks import Link, Pair, facts_of, title_of
from loanflow_web.words import TimeLeft, short_moment, time_left

log = logging.getLogger("loanflow_web")
blueprint = Blueprint("task", __name__)
TABS = ("work", "decisions", "progress")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why the case came here, with the page that explains it."""

    text: str
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """Everything the detail pane shows."""

    id: str
    name: str
    title: str
    case_id: str
    case_key: str
    product: str
    back: str
    version: int
    left: TimeLeft | None
    holder: str
    facts: tuple[Pair, ...]
    tabs: tuple[Link, ...]
    tab: str
    may_work: bool
    may_claim: bool
    may_release: bool
    conflict: str
    refusal: str
    reason: Reason | None
    fields: FormView | None
    closed: str
    saved: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What a person sent that was not accepted: their values, the errors, the version they saw."""

    values: Mapping[str, Any]
    errors: Mapping[str, list[str]] | None = None


@blueprint.get("/tasks/<task_id>")
def show(task_id: str) -> Response:
    """Show a task beside its list."""
    task = task_of(desk().engine, task_id, signed_in())
    tab = request.args.get("tab", "work")
    return _page(task, view=view_of(request.args.to_dict()), tab=tab if tab in TABS else "work")


@blueprint.post("/tasks/<task_id>/claim")
def claim(task_id: str) -> Response:
    """Take a task; if somebody was faster, say who."""
    task = task_of(desk().engine, task_id, signed_in())
    view = view_of_path(request.form.get("back"))
    try:
        desk().engine.claim(task_id, by=actor(), if_version=_version())
    except Conflict:
        return _page(desk().engine.task(task_id), view=view, conflict=True, status=409)
    except NotPermitted:
        return _page(task, view=view, status=403)
    _notice(_("Claimed"))
    # Claimed, it is no longer in the team's queue: its list is the reader's own.
    return redirect(url_for("task.show", task_id=task_id))


@blueprint.post("/tasks/<task_id>/release")
def release(task_id: str) -> Response:
    """Give a task back to those who may take it."""
    task_of(desk().engine, task_id, signed_in())
    view = view_of_path(request.form.get("back"))
    try:
        desk().engine.unclaim(task_id, by=actor(), if_version=_version())
    except (Conflict, NotPermitted):
        return _page(desk().engine.task(task_id), view=view, conflict=True, status=409)
    _notice(_("Released"))
    return redirect(url_for("inbox.show", **view.query()))


@blueprint.post("/tasks/<task_id>/draft")
def draft(task_id: str) -> Response:
    """Keep what was typed so far; scripts get a word back, everyone else the page."""
    task = task_of(desk().engine, task_id, signed_in())
    wants_json = request.headers.get("X-Requested-With") == "loanflow"
    try:
        desk().engine.save_draft(task_id, _submitted(desk().engine.task_form(task_id)), by=actor())
    except (Conflict, NotPermitted):
        words = _conflict_words(desk().engine.task(task_id)) or _("The draft could not be saved.")
        if wants_json:
            return make_response(jsonify(words=words), 409)
        return _page(task, view=view_of_path(request.form.get("back")), conflict=True, status=409)
    words = _saved_words(desk().now())
    if wants_json:
        return make_response(jsonify(words=words), 200)
    _notice(_("Draft saved"))
    return redirect(url_for("task.show", task_id=task_id, **view_of_path(request.form.get("back")).query()))


@blueprint.post("/tasks/<task_id>/form")
def refresh(task_id: str) -> Response:
    """Say again which fields show, for values that are not sent yet; nothing is kept."""
    task = task_of(desk().engine, task_id, signed_in())
    form = desk().engine.task_form(task_id)
    if form is None:
        raise NotFound("this task has no form")
    values = _submitted(form)
    if request.headers.get("X-Requested-With") == "loanflow":
        return make_response(render_template("form_fragment.html", fields=_fields(task, form, Typed(values=values))))
    return _page(task, view=view_of_path(request.form.get("back")), typed=Typed(values=values))


@blueprint.post("/tasks/<task_id>/complete")
def complete(task_id: str) -> Response:
    """Send the conclusion; then open the next task of the same list."""
    engine = desk().engine
    task = task_of(engine, task_id, signed_in())
    view = view_of_path(request.form.get("back"))
    form = engine.task_form(task_id)
    values = _submitted(form)
    try:
        done = engine.complete(task_id, values, by=actor(), if_version=_version(), validate=True)
    except InvalidValues as error:
        return _page(task, view=view, typed=Typed(values=values, errors=error.errors), status=422)
    except Conflict:
        return _page(engine.task(task_id), view=view, typed=Typed(values=values), conflict=True, status=409)
    except NotPermitted:
        return _page(engine.task(task_id), view=view, typed=Typed(values=values), status=403)
    except Exception:
        _keep(task_id, values)
        raise
    name = desk().library.element_name(done.process_definition_id, done.element_id, current_language()) or done.name
    _notice(_("Submitted: %(name)s", name=name))
    following, _more = tasks_in(replace(view, after=""))
    if following:
        return redirect(url_for("task.show", task_id=following[0].id, **view.query()))
    return redirect(url_for("inbox.show", **view.query()))


def detail_of(task: Task, *, view: View, tab: str, typed: Typed | None = None, conflict: bool = False) -> Detail:
    """Return the detail pane of a task for the person who is logged in."""
    engine, library, lang, user = desk().engine, desk().library, current_language(), signed_in()
    definition_id, now = task.process_definition_id, desk().now()
    is_open = task.status is TaskStatus.OPEN
    is_mine = is_open and task.assignee == user.id
    refusal = _refusal_words(task) if is_open and not is_mine and task.assignee is None else ""
    columns = library.ordered(definition_id, search_columns(engine, [task.case_id])[task.case_id])
    form = engine.task_form(task.id) if tab == "work" and (is_open or typed) else None
    variables = engine.task_variables(task.id) if is_open else engine.variables(task.case_id)
    saved = engine.draft(task.id, by=actor()) if is_mine and tab == "work" else None
    if typed is None and saved is not None:
        typed = Typed(values=saved.values)
    facts = library.fact_names(definition_id, task.element_id) or tuple(columns)
    texts = {"work": _("Work"), "decisions": _("Decision basis"), "progress": _("Progress")}
    return Detail(
        id=task.id,
        name=library.element_name(definition_id, task.element_id, lang) or task.name,
        title=title_of(columns, task.business_key or task.case_id),
        case_id=task.case_id,
        case_key=task.business_key or task.case_id,
        product=library.product_name(definition_id, lang),
        back=url_for("inbox.show", **view.query()),
        version=task.version,
        left=time_left(task.due_at, now, lang) if is_open else None,
        holder=_holder_words(task),
        facts=facts_of(facts[:7], variables, library.vocabulary(definition_id, lang)),
        tabs=tuple(
            Link(
                href=url_for("task.show", task_id=task.id, **view.query(), **({"tab": name} if name != "work" else {})),
                text=text,
                current=name == tab,
            )
            for name, text in texts.items()
        ),
        tab=tab,
        may_work=is_mine,
        may_claim=is_open and task.assignee is None and not refusal,
        may_release=is_mine and bool(task.candidate_groups or task.candidate_users),
        conflict=_conflict_words(task) if conflict else "",
        refusal=refusal,
        reason=_reason(task) if tab == "work" and is_open else None,
        fields=_fields(task, form, typed) if form else None,
        closed=_closed_words(task),
        saved=_saved_words(saved.updated_at) if saved else "",
    )


def _page(task: Task, *, view: View, tab: str = "work", typed: Typed | None = None, conflict: bool = False, status: int = 200) -> Response:
    from loanflow_web.pages.case import progress_for

    tasks, more = tasks_in(view)
    inbox = inbox_of(view, tasks, more, selected=task.id)
    detail = detail_of(task, view=view, tab=tab, typed=typed, conflict=conflict)
    more_values: dict[str, Any] = {}
    if tab == "decisions":
        more_values["decision"] = _latest_decision(task)
    elif tab == "progress":
        more_values["progress"] = progress_for(desk().engine.case(task.case_id))
    return make_response(render_template("task.html", inbox=inbox, detail=detail, area=view.queue, **more_values), status)


def _fields(task: Task, form: Form, typed: Typed | None) -> FormView:
    variables = {name: to_feel(value) for name, value in desk().engine.task_variables(task.id).items()}
    return forms.view(
        form,
        variables,
        submitted=typed.values if typed else None,
        errors=typed.errors if typed else None,
        lang=current_language(),
        clock=desk().now,
    )


def _submitted(form: Form | None) -> dict[str, Any]:
    return {} if form is None else forms.from_html(form, request.form.to_dict(flat=False))


def _keep(task_id: str, values: Mapping[str, Any]) -> None:
    """Keep what was typed although the server failed; failing at that, too, is said in the log."""
    try:
        desk().engine.save_draft(task_id, values, by=actor())
    except LoanFlowError:
        log.exception("the draft of task %s could not be kept", task_id)


def _version() -> int | None:
    text = request.form.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _notice(text: str) -> None:
    desk().sessions.leave_notice(visitor().token, {"text": text})


def _reason(task: Task) -> Reason | None:
    records = [record for record in desk().engine.decisions(task.case_id) if record.trace]
    if not records:
        return None
    trace = Trace.from_dict(records[-1].trace)
    vocabulary = desk().library.vocabulary(task.process_definition_id, current_language())
    text = _("%(name)s: %(headline)s.", name=trace.decision.name, headline=headline_of(trace, vocabulary))
    return Reason(text=text, href=url_for("decision.show", case_id=task.case_id, decision_id=records[-1].id))


def _latest_decision(task: Task) -> Explained | None:
    records = [record for record in desk().engine.decisions(task.case_id) if record.trace]
    if not records:
        return None
    return explained(
        records[-1], all_records=records, process_definition_id=task.process_definition_id, library=desk().library, lang=current_language()
    )


def _holder_words(task: Task) -> str:
    if task.status is not TaskStatus.OPEN:
        return ""
    if task.assignee is None:
        return _("Not claimed yet")
    if task.assignee == signed_in().id:
        return _("Claimed by you")
    return _("Claimed by %(name)s", name=_name(task.assignee))


def _closed_words(task: Task) -> str:
    if task.status is TaskStatus.OPEN or task.closed_at is None:
        return ""
    when = short_moment(task.closed_at, desk().now(), desk().zone)
    if task.status is TaskStatus.COMPLETED:
        return _("%(name)s completed this task at %(when)s", name=_name(task.completed_by), when=when)
    return _("This task was withdrawn at %(when)s; the case went on without it", when=when)


def _conflict_words(task: Task) -> str:
    """Say who was faster, and that nothing typed is lost."""
    if closed := _closed_words(task):
        return closed + ("。" if current_language() == "zh" else ". ") + _("What you typed is still below, for you to copy.")
    if task.assignee is not None and task.assignee != signed_in().id:
        when = short_moment(task.claimed_at, desk().now(), desk().zone) if task.claimed_at else ""
        return (
            _("%(name)s claimed this task at %(when)s", name=_name(task.assignee), when=when)
            if when
            else _("Claimed by %(name)s", name=_name(task.assignee))
        )
    return _("The task has changed since you opened it. What you typed is kept; look again, then submit.")


def _refusal_words(task: Task) -> str:
    """Say which rule keeps this person from the task, in their language; "" if none does."""
    user, engine = signed_in(), desk().engine
    why = engine.may_not(task.id, actor())
    if why is None:
        return ""
    if not why.startswith("four eyes"):
        return _("You may not take this task: %(why)s", why=why)
    acts = [
        each
        for each in engine.tasks_of(task.case_id, status=TaskStatus.COMPLETED)
        if each.completed_by == user.id and ("*" in task.different_from or each.element_id in task.different_from)
    ]
    lang = current_language()
    if not acts:
        return _("Four eyes: you started this case, so somebody else has to do this task.")
    name = desk().library.element_name(acts[-1].process_definition_id, acts[-1].element_id, lang) or acts[-1].name
    when = short_moment(acts[-1].closed_at or desk().now(), desk().now(), desk().zone)
    return _("Four eyes: you did “%(name)s” in this case (%(when)s), so somebody else has to do this task.", name=name, when=when)


def _saved_words(at: Any) -> str:
    return _("Draft saved at %(time)s", time=short_moment(at, desk().now(), desk().zone))


def _name(user_id: str | None) -> str:
    return People.among(desk().accounts, [user_id], current_language()).name(user_id)
