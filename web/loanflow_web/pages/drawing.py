"""The style sheet of drawings, as the drawing room has it; the page's own tokens colour it."""

from __future__ import annotations

import hashlib
from functools import cache

from flask import Blueprint, Response, url_for

from loanflow.drawing import stylesheet
from loanflow.drawing.decision_table import decision_table_stylesheet

blueprint = Blueprint("drawing", __name__)


@blueprint.get("/static/drawing.css")
def sheet() -> Response:
    """Return the sheet; like every static file it may be kept for ever under the address of its content."""
    return Response(_text(), content_type="text/css; charset=utf-8")


def sheet_address() -> str:
    """Return the address of the sheet with its content's hash."""
    return url_for("drawing.sheet", v=hashlib.sha256(_text().encode()).hexdigest()[:12])


@cache
def _text() -> str:
    return f"@layer components {{\n{stylesheet()}{decision_table_stylesheet()}}}\n"
