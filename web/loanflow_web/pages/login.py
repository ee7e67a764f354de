"""Logging in and out."""

from __future__ import annotations

import logging

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from loanflow_web.accounts import DEMO_PASSWORD, demo_users
from loanflow_web.desk import desk
from loanflow_web.security import TooManyTries, safe_path
from loanflow_web.security.guard import cookie_name, set_cookie, visitor
from loanflow_web.translation import gettext as _

log = logging.getLogger("loanflow_web")
blueprint = Blueprint("login", __name__)


@blueprint.get("/login")
def show() -> str | Response:
    """Show the log-in form."""
    if visitor().user is not None:
        return redirect(safe_path(request.args.get("next")))
    return _form(next_path=safe_path(request.args.get("next")), ended="ended" in request.args)


@blueprint.post("/login")
def submit() -> str | Response | tuple[str, int] | tuple[str, int, dict[str, str]]:
    """Check name and password; a right one gets a new session, never the one it came with."""
    next_path = safe_path(request.form.get("next"))
    account = request.form.get("account", "")[:64]
    source = request.remote_addr or "unknown"
    try:
        user = desk().sign_in.check(account, request.form.get("password", ""), source=source)
    except TooManyTries as error:
        log.warning("too many sign-in tries from %s", source)
        minutes = -(-error.retry_after // 60)
        refusal = _("Too many tries. Wait %(minutes)s minutes.", minutes=minutes)
        return _form(next_path=next_path, account=account, refusal=refusal), 429, {"Retry-After": str(error.retry_after)}
    if user is None:
        return _form(next_path=next_path, account=account, refusal=_("Account or password is wrong.")), 401
    if visitor().session is not None:
        desk().sessions.end(visitor().token)
    response = redirect(next_path)
    set_cookie(response, desk().sessions.open(user.id, source=source))
    return response


@blueprint.post("/logout")
def leave() -> Response:
    """End the session on the server, then forget the cookie."""
    desk().sessions.end(visitor().token)
    response = redirect(url_for("login.show"))
    response.delete_cookie(cookie_name(), path="/", secure=desk().settings.secure_cookies, httponly=True, samesite="Lax")
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


def _form(*, next_path: str, account: str = "", refusal: str = "", ended: bool = False) -> str:
    people = demo_users() if desk().settings.demo else ()
    return render_template(
        "login.html", next_path=next_path, account=account, refusal=refusal, ended=ended, demo_people=people, demo_password=DEMO_PASSWORD
    )
