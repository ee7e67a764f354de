"""Camunda 7 generated forms (``camunda:formData``): typed fields become the same model as a ``.form`` file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from loanflow.forms.model import Component, ComponentType, Form, Option, Validation

_EMPTY: Mapping[str, str] = MappingProxyType({})
_TYPES = {
    "string": ComponentType.TEXTFIELD,
    "long": ComponentType.NUMBER,
    "integer": ComponentType.NUMBER,
    "double": ComponentType.NUMBER,
    "boolean": ComponentType.CHECKBOX,
    "date": ComponentType.DATETIME,
    "enum": ComponentType.SELECT,
}
FIELD_TYPES = frozenset(_TYPES)
CONSTRAINTS = frozenset({"required", "readonly", "min", "max", "minlength", "maxlength"})


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratedField:
    """One ``camunda:formField``; ``default`` is already evaluated text, ``constraints`` maps names to their configuration."""

    id: str
    type: str
    label: str | None = None
    default: str | None = None
    values: tuple[tuple[str, str], ...] = ()
    constraints: Mapping[str, str | None] = field(default_factory=lambda: _EMPTY)
    properties: Mapping[str, str] = field(default_factory=lambda: _EMPTY)


def from_fields(fields: Sequence[GeneratedField], *, form_id: str, file: str = "") -> Form:
    """Return the form that Camunda 7 would generate.

    Raises:
        ValueError: a field type outside ``FIELD_TYPES``; deployment reports it before this is called.
    """
    return Form(id=form_id, file=file, dialect="camunda7", components=tuple(_component(f) for f in fields))


def _component(item: GeneratedField) -> Component:
    if item.type not in _TYPES:
        raise ValueError(f"unknown form field type {item.type!r}")
    rules = item.constraints
    return Component(
        id=item.id,
        type=_TYPES[item.type],
        path=item.id,
        label=item.label or item.id,
        default=item.default,
        readonly="readonly" in rules and rules["readonly"] != "false",
        subtype="date" if item.type == "date" else item.type,
        typed=True,
        decimal_digits=0 if item.type in ("long", "integer") else None,
        options=tuple(Option(value, label) for value, label in item.values),
        # In Camunda 7 a required boolean must be given, not true; a checkbox always gives one.
        validation=Validation(
            required="required" in rules and rules["required"] != "false" and item.type != "boolean",
            minimum=rules.get("min"),
            maximum=rules.get("max"),
            min_length=rules.get("minlength"),
            max_length=rules.get("maxlength"),
        ),
        properties=item.properties,
    )
