"""The Flask application: rooms in, pages out."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from flask import Flask, request, url_for
from markupsafe import Markup
from sqlalchemy import Engine as Database
from werkzeug.local import LocalProxy
from werkzeug.middleware.proxy_fix import ProxyFix

from loanflow_web import problem_pages, translation
from loanflow_web.accounts import Accounts
from loanflow_web.database import metadata, open_database
from loanflow_web.desk import KEY, Desk, desk
from loanflow_web.icons import icon
from loanflow_web.library import Library
from loanflow_web.markdown import to_html
from loanflow_web.pages import BLUEPRINTS
from loanflow_web.pages.drawing import sheet_address
from loanflow_web.pages.inbox import queue_counts
from loanflow_web.pages.preferences import THEME_COOKIE, THEMES
from loanflow_web.permissions import Permission
from loanflow_web.security import Sessions, SignIn, guard, headers
from loanflow_web.security.forgery import FIELD, token_for
from loanflow_web.settings import Settings
from loanflow_web.translation import current_language
from loanflow_web.translation import gettext as _

if TYPE_CHECKING:
    from loanflow import Engine

_STATIC = Path(__file__).parent / "static"


def create_app(engine: Engine, *, settings: Settings | None = None) -> Flask:
    """Return the web application over one engine.

    Tables for people and sessions are made where they are missing; in demo mode the demonstration people, too. The
    engine's own tables are the engine's affair.
    """
    settings = settings or Settings()
    database = _database(engine, settings)
    accounts = Accounts(database)
    sessions = Sessions(database, now=engine.now, idle=settings.idle_timeout, absolute=settings.absolute_timeout)
    sign_in = SignIn(
        database,
        accounts,
        now=engine.now,
        window=settings.sign_in_window,
        per_account=settings.sign_in_tries_per_account,
        per_source=settings.sign_in_tries_per_source,
    )
    if settings.demo:
        accounts.add_demo_users()

    app = Flask("loanflow_web", root_path=str(Path(__file__).parent))
    app.config.update(
        TRUSTED_HOSTS=list(settings.trusted_hosts),
        MAX_CONTENT_LENGTH=settings.largest_request,
        MAX_FORM_PARTS=500,
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        LOANFLOW_LANGUAGE=settings.language,
    )
    app.extensions[KEY] = Desk(
        engine=engine,
        library=Library(engine),
        accounts=accounts,
        sessions=sessions,
        sign_in=sign_in,
        settings=settings,
        zone=ZoneInfo(settings.time_zone),
    )
    if settings.proxy_hops:
        hops = settings.proxy_hops
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    guard.install(app, accounts=accounts, sessions=sessions)
    headers.install(app, secure=settings.secure_cookies)
    translation.install(app)
    problem_pages.install(app)
    _install_template_names(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    return app


def _database(engine: Engine, settings: Settings) -> Database:
    if settings.database_url:
        return open_database(settings.database_url)
    metadata.create_all(engine.store.engine)
    return engine.store.engine


def _install_template_names(app: Flask) -> None:
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters["markdown"] = to_html
    app.jinja_env.globals.update(
        icon=icon, asset=_asset, drawing_sheet=sheet_address, token_field=_token_field, role_words=role_words, labels_of=_labels_of
    )

    @app.context_processor
    def names() -> dict[str, Any]:
        who = guard.visitor() if request.endpoint is not None or request.url_rule is None else None
        settings = desk().settings
        theme = request.cookies.get(THEME_COOKIE, "")
        return {
            "visitor": who,
            "user": who.user if who else None,
            "may": lambda permission: bool(who) and Permission(permission) in who.permissions,
            "organisation": settings.organisation if current_language() == "zh" else settings.organisation_en,
            "theme": theme if theme in THEMES else "",
            "counts": LocalProxy(queue_counts),
            "session_seconds": lambda: who.session.ends_at - int(desk().now().timestamp()) if who and who.session else 0,
            "notices": lambda: desk().sessions.take_notices(who.token) if who and who.session else [],
            "area": "",
        }


def role_words(roles: tuple[str, ...]) -> str:
    """Return what roles are called."""
    words = {
        "officer": _("Loan officer"),
        "reviewer": _("Reviewer"),
        "committee": _("Committee member"),
        "approver": _("Final approver"),
        "auditor": _("Auditor"),
        "admin": _("Administrator"),
    }
    return ("、" if current_language() == "zh" else ", ").join(words.get(role, role) for role in roles)


@cache
def _digest(path: str) -> str:
    return hashlib.sha256((_STATIC / path).read_bytes()).hexdigest()[:12]


def _asset(path: str) -> str:
    """Return the address of a static file with its content's hash, so that browsers may keep it for ever."""
    return url_for("static", filename=path, v=_digest(path))


def _token_field() -> Markup:
    return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, token_for(guard.visitor().token))


def _labels_of(fields: Any) -> dict[str, str]:
    found: dict[str, str] = {}

    def visit(views: Any) -> None:
        for view in views:
            found[view.name] = view.label or view.name
            visit(view.components)

    visit(fields.components)
    return found
