"""Submitted values become variables, or are refused field by field.

The only validator: the same code serves HTML, REST and tests. The client is never trusted for what is hidden,
read-only, disabled or computed: those values come from the case or from the form's own expressions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from marshmallow import EXCLUDE, Schema, ValidationError

from loanflow.errors import InvalidValues
from loanflow.feel import to_feel
from loanflow.forms.fields import field_for
from loanflow.forms.model import INPUT_TYPES, LIST_TYPES, Component, ComponentType, Form
from loanflow.forms.state import State, put, settle
from loanflow.forms.texts import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """Values that may be written to the case: variable name -> FEEL value. ``ignored`` lists what the client sent in vain."""

    values: Mapping[str, Any]
    ignored: tuple[str, ...] = ()


def validate(form: Form, submitted: Mapping[str, Any], context: Mapping[str, Any], *, clock: Clock | None = None) -> Accepted:
    """Return the variables that a submission sets.

    Args:
        form: the form that the task showed.
        submitted: dotted path or nested mapping -> JSON-like value; texts of an HTML form are converted by type.
        context: the case's variables as FEEL values.
        clock: tells ``now()`` and ``today()``; None where the form does not ask for the time.
    Raises:
        InvalidValues: field path -> ``FieldError``s; nothing is accepted unless everything is.
    """
    flat = _by_path(form, submitted)
    state = settle(form, flat, context, clock=clock)
    editable = [c for c in form.walk() if _takes_input(c, state)]
    paths = [cast("str", c.path) for c in editable]
    # Fields are numbered, because marshmallow reads a dot in a field's name as nesting of its own.
    fields = {f"field_{n}": field_for(c, state.data, form, clock) for n, c in enumerate(editable)}
    schema: Any = cast("Any", Schema).from_dict(fields)(unknown=EXCLUDE)
    try:
        found = cast("dict[str, Any]", schema.load({name: flat.get(path) for name, path in zip(fields, paths, strict=True)}))
    except ValidationError as error:
        messages = cast("dict[str, list[str]]", cast("Any", error).messages)
        raise InvalidValues({path: messages[name] for name, path in zip(fields, paths, strict=True) if name in messages}) from None
    loaded = {path: found[name] for name, path in zip(fields, paths, strict=True)}
    values: dict[str, Any] = {}
    bases = dict(context)
    for path, value in {**loaded, **state.computed}.items():
        head = path.partition(".")[0]
        # A group writes into a context variable; what it does not show keeps its old parts.
        if head != path and head not in values and isinstance(bases.get(head), dict):
            values[head] = bases[head]
        put(values, path, to_feel(value))
    return Accepted(values=values, ignored=tuple(sorted(flat.keys() - set(paths))))


def from_html(form: Form, posted: Mapping[str, list[str]]) -> dict[str, Any]:
    """Return submitted values from an HTML form post (name -> list of texts), field by field.

    A checkbox that is absent is false, a list that is absent is empty, an empty text is null.
    """
    values: dict[str, Any] = {}
    for component in form.walk():
        if component.type not in INPUT_TYPES or component.path is None:
            continue
        texts = posted.get(component.path, [])
        if component.type is ComponentType.CHECKBOX:
            values[component.path] = any(text in ("true", "on", "1") for text in texts)
        elif component.type in LIST_TYPES:
            values[component.path] = [text for text in texts if text]
        elif texts:
            # Browsers send line ends as CR LF; people wrote one line end.
            values[component.path] = texts[-1].replace("\r\n", "\n") or None
    return values


def _takes_input(component: Component, state: State) -> bool:
    return (
        component.type in INPUT_TYPES
        and component.path is not None
        and not component.disabled
        and component.id not in state.hidden
        and component.id not in state.readonly
    )


def _by_path(form: Form, submitted: Mapping[str, Any]) -> dict[str, Any]:
    paths = {c.path for c in form.walk() if c.path is not None}
    flat: dict[str, Any] = {}

    def visit(values: Mapping[str, Any], prefix: str) -> None:
        for name, value in values.items():
            path = f"{prefix}{name}"
            if path not in paths and isinstance(value, Mapping):
                visit(cast("Mapping[str, Any]", value), f"{path}.")
            else:
                flat[path] = value

    visit(submitted, "")
    return flat
