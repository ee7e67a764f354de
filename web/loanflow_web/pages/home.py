"""The front door: sends everyone to where their day begins."""

from __future__ import annotations

from flask import Blueprint, redirect, url_for
from werkzeug.wrappers import Response

from loanflow_web.permissions import Permission
from loanflow_web.security.guard import visitor

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
def show() -> Response:
    """Open the inbox, or the cases for those who do not work on tasks."""
    return redirect(url_for("inbox.show" if Permission.WORK in visitor().permissions else "case.index"))
