"""What every request passes: who is it, may they, and did our own page send it?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from flask import Flask, Response, current_app, g, redirect, request, url_for
from werkzeug.exceptions import BadRequest, Forbidden, Unauthorized
from werkzeug.wrappers import Response as AnyResponse

from loanflow_web.accounts import Accounts, User
from loanflow_web.permissions import OF_ROUTE, Permission, permissions_of
from loanflow_web.security.forgery import is_forged, token_for
from loanflow_web.security.sessions import Session, Sessions, new_token

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class ForgedRequest(BadRequest):
    """A form that our own page did not send, or that is older than the session."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Who is asking: the cookie's token, and the person with the session if logged in."""

    token: str
    user: User | None = None
    session: Session | None = None

    @property
    def permissions(self) -> frozenset[Permission]:
        """What this visitor may do; taken from the account at each request, so a change of roles counts at once."""
        return permissions_of(self.user.roles) if self.user else frozenset({Permission.PUBLIC})


def visitor() -> Visitor:
    """Return who is asking now."""
    return cast(Visitor, g.visitor)


def signed_in() -> User:
    """Return the person who is logged in; only for routes that ask for it."""
    user = visitor().user
    if user is None:
        raise Unauthorized
    return user


def cookie_name() -> str:
    """Return the session cookie's name; the ``__Host-`` prefix keeps neighbours from planting one."""
    return "__Host-loanflow" if current_app.config["SESSION_COOKIE_SECURE"] else "loanflow_session"


def set_cookie(response: AnyResponse, token: str) -> None:
    """Give the browser its session token."""
    response.set_cookie(cookie_name(), token, httponly=True, secure=current_app.config["SESSION_COOKIE_SECURE"], samesite="Lax", path="/")


def install(app: Flask, *, accounts: Accounts, sessions: Sessions) -> None:
    """Put the guard before every route."""

    @app.before_request
    def admit() -> AnyResponse | None:
        token = request.cookies.get(cookie_name(), "")
        session = sessions.find(token) if token else None
        user = accounts.find(session.user_id) if session else None
        if session is not None and (user is None or user.disabled):
            sessions.end_all(session.user_id)
            session = user = None
        g.had_session_cookie = len(token) >= 40
        g.visitor = Visitor(token=token if g.had_session_cookie else new_token(), user=user, session=session)
        if request.endpoint is None:
            return None
        needed = OF_ROUTE.get(request.endpoint)
        if needed is None:
            app.logger.error("route %s has no permission and stays shut", request.endpoint)
            raise Forbidden
        if needed is not Permission.PUBLIC and user is None:
            return _ask_to_log_in()
        if request.method not in _SAFE_METHODS and is_forged(request, g.visitor.token):
            app.logger.warning("forged or stale form refused: %s from %s", request.endpoint, request.remote_addr)
            raise ForgedRequest
        if needed not in g.visitor.permissions:
            app.logger.warning("%s may not %s (%s)", user.id if user else "nobody", needed.value, request.endpoint)
            raise Forbidden
        return None

    @app.after_request
    def remember(response: Response) -> Response:
        # A page with a form needs a cookie for its token to be bound to, also before log-in.
        if (
            not request.path.startswith("/static/")
            and "visitor" in g
            and not g.had_session_cookie
            and not response.headers.getlist("Set-Cookie")
        ):
            set_cookie(response, g.visitor.token)
        return response

    app.jinja_env.globals["csrf_token"] = lambda: token_for(visitor().token)


def _ask_to_log_in() -> AnyResponse:
    if request.method not in _SAFE_METHODS:
        if request.headers.get("X-Requested-With") == "loanflow":
            raise Unauthorized
        return redirect(url_for("login.show", ended="1"))
    target = request.full_path.rstrip("?")
    return redirect(url_for("login.show", next=target) if target != "/" else url_for("login.show"))
