"""Pages for what went wrong, in the reader's words: what happened, what was kept, what to do next."""

from __future__ import annotations

import logging
import secrets
from dataclasses import dataclass

from flask import Flask, g, make_response, render_template, request, url_for
from werkzeug.exceptions import HTTPException, SecurityError
from werkzeug.wrappers import Response

from loanflow.errors import Busy, LoanFlowError, NotFound
from loanflow_web.security.guard import ForgedRequest
from loanflow_web.translation import gettext as _

log = logging.getLogger("loanflow_web")


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """One page that says what the matter is; ``actions`` are (address, words), the first the likeliest."""

    icon: str
    title: str
    text: str
    tone: str = ""
    reference: str = ""
    actions: tuple[tuple[str, str], ...] = ()


def install(app: Flask) -> None:
    """Answer every error with such a page."""

    @app.errorhandler(HTTPException)
    def refused(error: HTTPException) -> Response:
        code = error.code or 500
        if code < 400:
            return error.get_response()
        response = make_response(_page(_state_of(error, code)), code)
        if isinstance(error, HTTPException) and code == 405 and getattr(error, "valid_methods", None):
            response.headers["Allow"] = ", ".join(sorted(error.valid_methods or ()))  # type: ignore[attr-defined]
        return response

    @app.errorhandler(SecurityError)
    def foreign(error: SecurityError) -> Response:
        # A host name that is not ours: no page of ours can be named for it.
        log.warning("refused: %s", error.description)
        return Response("This server does not answer to that name.\n", 400, content_type="text/plain; charset=utf-8")

    @app.errorhandler(NotFound)
    def missing(error: NotFound) -> Response:
        return make_response(_page(_not_found()), 404)

    @app.errorhandler(Busy)
    def busy(error: Busy) -> Response:
        log.warning("busy: %s", error)
        state = State(
            icon="refresh",
            tone="warn",
            title=_("The database is busy"),
            text=_("Nothing was changed."),
            actions=((_again(), _("Try again")), (_home(), _("To the start"))),
        )
        response = make_response(_page(state), 503)
        response.headers["Retry-After"] = "2"
        return response

    @app.errorhandler(Exception)
    def failed(error: Exception) -> Response:
        reference = secrets.token_hex(4)
        log.error("error %s at %s %s", reference, request.method, request.endpoint, exc_info=error)
        kind = (
            _("The draft was kept if you saved one; try again.")
            if isinstance(error, LoanFlowError)
            else _("Nothing was lost that you had saved.")
        )
        state = State(
            icon="alert",
            tone="bad",
            title=_("That did not work"),
            text=kind,
            reference=reference,
            actions=((_again(), _("Try again")), (_home(), _("To the start"))),
        )
        return make_response(_page(state), 500)


def state_page(state: State, code: int) -> Response:
    """Return a page for a state that a route found itself in."""
    return make_response(_page(state), code)


def _page(state: State) -> str:
    return render_template("state.html", state=state, visitor=g.get("visitor"), area="")


def _state_of(error: HTTPException, code: int) -> State:
    home = ((_home(), _("To the start")),)
    if isinstance(error, ForgedRequest):
        return State(
            icon="shield",
            tone="warn",
            title=_("This page was too old"),
            text=_("Open it again and send it once more. Nothing was changed."),
            actions=((_again(), _("Open again")),),
        )
    if code == 404:
        return _not_found()
    if code == 403:
        return State(
            icon="shield",
            tone="warn",
            title=_("Not for your role"),
            text=_("Your role does not open this page. The try is on record."),
            actions=home,
        )
    if code == 401:
        return State(
            icon="person",
            title=_("Log in first"),
            text=_("Your session has ended. Nothing was sent; drafts are kept."),
            actions=((url_for("login.show"), _("Log in")),),
        )
    if code == 413:
        return State(
            icon="alert", tone="bad", title=_("Too large"), text=_("The request is larger than this server accepts."), actions=home
        )
    return State(icon="alert", tone="bad", title=_("This request is not understood"), text=_("Nothing was changed."), actions=home)


def _not_found() -> State:
    return State(
        icon="search",
        title=_("Not found"),
        text=_("It does not exist, or it is not yours to see."),
        actions=((_home(), _("To the start")),),
    )


def _home() -> str:
    return url_for("home.show")


def _again() -> str:
    return request.full_path.rstrip("?") if request.method == "GET" else _home()
