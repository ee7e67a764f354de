"""The inbox: which tasks are mine, which may I take, what is late."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from flask import Blueprint, g, render_template, request, url_for

from loanflow.engine import Scope, TaskCounts, TaskQuery
from loanflow.records import Task
from loanflow_web.access import search_columns
from loanflow_web.desk import actor, desk
from loanflow_web.permissions import Permission
from loanflow_web.security import safe_path
from loanflow_web.security.guard import signed_in, visitor
from loanflow_web.translation import current_language
from loanflow_web.translation import gettext as _
from loanflow_web.views.tasks import DUE_FILTERS, QUEUES, Inbox, Link, TaskRow, grouped, row_of, start_of_tomorrow

blueprint = Blueprint("inbox", __name__)


@dataclass(frozen=True, slots=True)
class QueueCounts:
    """The two numbers beside the queues in the navigation."""

    mine: int
    team: int


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Which part of the inbox is looked at; it travels in addresses, so that a task knows its list."""

    queue: str = "mine"
    due: str = ""
    after: str = ""

    def query(self, *, queue: str | None = None, due: str | None = None) -> dict[str, str]:
        """Return the view, or a neighbour of it, as query parameters; defaults are left out."""
        wanted_queue = self.queue if queue is None else queue
        wanted_due = self.due if due is None else due
        return {name: value for name, value in (("queue", wanted_queue if wanted_queue != "mine" else ""), ("due", wanted_due)) if value}


def view_of(values: dict[str, str]) -> View:
    """Read a view from query parameters; what is unknown counts as the default."""
    queue, due = values.get("queue", ""), values.get("due", "")
    return View(queue=queue if queue in QUEUES else "mine", due=due if due in DUE_FILTERS else "", after=values.get("after", "")[:200])


def view_of_path(path: str | None) -> View:
    """Read the view from the address of the list that a form came from."""
    return view_of(dict(parse_qsl(urlsplit(safe_path(path, default="")).query)))


@blueprint.get("/tasks")
def show() -> str:
    """Show the list, with its first task beside it where there is room."""
    from loanflow_web.pages.task import detail_of

    view = view_of(request.args.to_dict())
    tasks, more = tasks_in(view)
    first = tasks[0] if tasks else None
    inbox = inbox_of(view, tasks, more, selected=first.id if first else None)
    detail = detail_of(first, view=view, tab="work") if first else None
    return render_template("inbox.html", inbox=inbox, detail=detail, area=view.queue)


def tasks_in(view: View) -> tuple[tuple[Task, ...], str | None]:
    """Return a page of the tasks in a view, earliest due first, and the cursor of the next page."""
    user, now = signed_in(), desk().now()
    scope = Scope.MINE if view.queue == "mine" else Scope.CLAIMABLE
    query = TaskQuery(
        scope=scope,
        user=user.id,
        groups=user.groups,
        due_from=now if view.due == "today" else None,
        due_before={"overdue": now, "today": start_of_tomorrow(now, desk().zone)}.get(view.due),
        limit=desk().settings.page_size,
        after=view.after or None,
    )
    page = desk().engine.tasks(query)
    return page.items, page.next


def rows_of(tasks: tuple[Task, ...], view: View, selected: str | None) -> list[TaskRow]:
    """Return tasks as rows; their cases' search columns come with one statement."""
    columns = search_columns(desk().engine, [task.case_id for task in tasks])
    lang, now = current_language(), desk().now()
    return [
        row_of(task, found=columns.get(task.case_id, {}), library=desk().library, now=now, lang=lang, query=view.query(), selected=selected)
        for task in tasks
    ]


def inbox_of(view: View, tasks: tuple[Task, ...], more: str | None, *, selected: str | None) -> Inbox:
    """Return the list pane."""
    counts = all_counts()
    mine = view.queue == "mine"
    total, today, overdue = (
        (counts.mine, counts.mine_due_today, counts.mine_overdue)
        if mine
        else (counts.claimable, counts.claimable_due_today, counts.claimable_overdue)
    )
    titles = {"mine": _("My tasks"), "team": _("Team queue")}
    segments = (("", _("All"), total), ("today", _("Due today"), today), ("overdue", _("Overdue"), overdue))
    other = "team" if mine else "mine"
    return Inbox(
        queue=view.queue,
        due=view.due,
        title=titles[view.queue],
        segments=tuple(
            Link(href=url_for("inbox.show", **view.query(due=due)), text=text, count=count, current=due == view.due)
            for due, text, count in segments
        ),
        other_queue=Link(
            href=url_for("inbox.show", **view.query(queue=other, due="")),
            text=titles[other],
            count=counts.claimable if mine else counts.mine,
        ),
        groups=grouped(rows_of(tasks, view, selected), now=desk().now(), zone=desk().zone),
        more=url_for("inbox.show", **view.query(), after=more) if more else None,
        filtered=bool(view.due),
        filter_words=next(text for due, text, _count in segments if due == view.due),
        unfiltered=url_for("inbox.show", **view.query(due="")),
    )


def all_counts() -> TaskCounts:
    """Return all the numbers of the inbox: one grouped query, once per page."""
    if "task_counts" not in g:
        g.task_counts = desk().engine.task_counts(actor(), tomorrow=start_of_tomorrow(desk().now(), desk().zone))
    return g.task_counts


def queue_counts() -> QueueCounts:
    """Return the numbers for the navigation; zeros for those who have no inbox."""
    if Permission.WORK not in visitor().permissions:
        return QueueCounts(0, 0)
    counts = all_counts()
    return QueueCounts(mine=counts.mine, team=counts.claimable)
