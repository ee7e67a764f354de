"""Starting an application: choose a product, fill in its start form."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from loanflow import forms
from loanflow.errors import Conflict, InvalidValues, NotFound, NotPermitted
from loanflow.forms import Form, FormView
from loanflow.records import ProcessDefinition
from loanflow_web.desk import actor, desk
from loanflow_web.security.guard import signed_in, visitor
from loanflow_web.translation import current_language
from loanflow_web.translation import gettext as _

blueprint = Blueprint("application", __name__)
_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_APPLICATION_ID = re.compile(rf"[{_ALPHABET}]{{8}}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A process that a person may start."""

    key: str
    name: str
    words: str


@blueprint.get("/applications/new")
def choose() -> str:
    """List the products this person may start."""
    return render_template("applications.html", products=_products(), area="start")


@blueprint.get("/applications/new/<process_key>")
def show(process_key: str) -> Response:
    """Show a product's start form, empty."""
    product, form = _product(process_key)
    return _page(product, _fields(form), application_id=_new_id())


@blueprint.post("/applications/new/<process_key>")
def submit(process_key: str) -> Response:
    """Start the case. The same page sent twice opens the case it started the first time."""
    product, form = _product(process_key)
    application_id = request.form.get("application_id", "")
    if not _APPLICATION_ID.fullmatch(application_id):
        application_id = _new_id()
    values = forms.from_html(form, request.form.to_dict(flat=False))
    key = f"LN-{desk().now().astimezone(desk().zone):%Y%m%d}-{application_id}"
    try:
        case = desk().engine.start(process_key, by=actor(), key=key, variables=values, validate=True)
    except InvalidValues as error:
        return _page(product, _fields(form, values, error.errors), application_id=application_id, status=422)
    except NotPermitted as error:
        return _page(product, _fields(form, values), application_id=application_id, refusal=str(error), status=403)
    except Conflict:
        return redirect(url_for("case.progress", case_id=desk().engine.case(key).id))
    desk().sessions.leave_notice(visitor().token, {"text": _("Application submitted: %(key)s", key=key)})
    return redirect(url_for("case.progress", case_id=case.id))


@blueprint.post("/applications/new/<process_key>/form")
def refresh(process_key: str) -> Response:
    """Say again which fields show, for values that are not sent yet."""
    product, form = _product(process_key)
    fields = _fields(form, forms.from_html(form, request.form.to_dict(flat=False)))
    if request.headers.get("X-Requested-With") == "loanflow":
        return make_response(render_template("form_fragment.html", fields=fields))
    return _page(product, fields, application_id=request.form.get("application_id", ""))


def _products() -> list[Product]:
    lang, library = current_language(), desk().library
    found: list[Product] = []
    for definition in desk().engine.definitions():
        if not isinstance(definition, ProcessDefinition) or not _may_start(definition.id):
            continue
        if desk().engine.start_form(definition.key) is None:
            continue
        process = library.process(definition.id).process
        words = process.properties.get(f"loanflow:description.{lang}") or process.documentation or ""
        found.append(Product(key=definition.key, name=library.product_name(definition.id, lang), words=words))
    return found


def _may_start(definition_id: str) -> bool:
    process, user = desk().library.process(definition_id).process, signed_in()
    users, groups = process.candidate_starter_users, process.candidate_starter_groups
    return (not users and not groups) or user.id in users or not set(user.groups).isdisjoint(groups)


def _product(process_key: str) -> tuple[Product, Form]:
    product = next((each for each in _products() if each.key == process_key), None)
    form = desk().engine.start_form(process_key) if product else None
    if product is None or form is None:
        raise NotFound(f"there is no product {process_key!r} to start")
    return product, form


def _fields(form: Form, values: dict[str, Any] | None = None, errors: dict[str, list[str]] | None = None) -> FormView:
    return forms.view(form, {}, submitted=values, errors=errors, lang=current_language(), clock=desk().now)


def _page(product: Product, fields: FormView, *, application_id: str, refusal: str = "", status: int = 200) -> Response:
    page = render_template("application.html", product=product, fields=fields, application_id=application_id, refusal=refusal, area="start")
    return make_response(page, status)


def _new_id() -> str:
    return "".join(secrets.choice(_ALPHABET) for _each in range(8))
