"""What a person chooses for this device: language and appearance; and the pages that show the choices."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from loanflow_web.desk import desk
from loanflow_web.security import safe_path
from loanflow_web.translation import COOKIE as LANGUAGE_COOKIE
from loanflow_web.translation import LANGUAGES

THEME_COOKIE = "loanflow_theme"
THEMES = ("light", "dark")
_YEAR = 365 * 24 * 3600

blueprint = Blueprint("preferences", __name__)


@blueprint.post("/language")
def language() -> Response:
    """Change the language of the pages."""
    response = redirect(safe_path(request.form.get("next")))
    chosen = request.form.get("language", "")
    if chosen in LANGUAGES:
        _remember(response, LANGUAGE_COOKIE, chosen)
    return response


@blueprint.post("/theme")
def theme() -> Response:
    """Change between light and dark; ``system`` follows the device again."""
    response = redirect(safe_path(request.form.get("next")))
    chosen = request.form.get("theme", "")
    if chosen in THEMES:
        _remember(response, THEME_COOKIE, chosen)
    elif chosen == "system":
        response.delete_cookie(THEME_COOKIE, path="/")
    return response


@blueprint.get("/me")
def me() -> str:
    """Show who is logged in, with their choices."""
    return render_template("me.html", area="me")


@blueprint.get("/keyboard")
def keyboard() -> str:
    """List the keys."""
    return render_template("keyboard.html", area="me")


def _remember(response: Response, name: str, value: str) -> None:
    response.set_cookie(name, value, max_age=_YEAR, samesite="Lax", secure=desk().settings.secure_cookies, httponly=True, path="/")
