"""Camunda 7's generated forms: the fields written in the diagram itself, as ``formField`` or the older ``formProperty``."""

from __future__ import annotations

from types import MappingProxyType

from loanflow.bpmn.extensions.vendors import CAMUNDA
from loanflow.bpmn.model import FormField
from loanflow.bpmn.source import Source
from loanflow.xmltree import Element


def generated_fields(source: Source, element: Element) -> tuple[FormField, ...]:
    """Return the form fields of a start event or user task, none where its form is not generated."""
    data = source.extension(element, "formData", CAMUNDA)
    if data is not None:
        return tuple(_form_field(source, one) for one in source.children(data, "formField", CAMUNDA))
    return tuple(_form_property(source, one) for one in source.extensions(element, "formProperty", CAMUNDA))


def _form_field(source: Source, element: Element) -> FormField:
    validation = source.child(element, "validation", CAMUNDA)
    constraints = source.children(validation, "constraint", CAMUNDA) if validation is not None else ()
    holder = source.child(element, "properties", CAMUNDA)
    properties = source.children(holder, "property", CAMUNDA) if holder is not None else ()
    return FormField(
        id=source.attribute(element, "id") or "",
        type=source.attribute(element, "type") or "string",
        label=source.attribute(element, "label"),
        default=source.field(source.attribute(element, "defaultValue"), element),
        date_pattern=source.attribute(element, "datePattern"),
        values=_values(source, element),
        constraints=tuple((source.attribute(one, "name") or "", source.attribute(one, "config")) for one in constraints),
        properties=MappingProxyType({source.attribute(one, "id") or "": source.attribute(one, "value") or "" for one in properties}),
        line=element.line,
    )


def _form_property(source: Source, element: Element) -> FormField:
    """Return a field written the older way: its variable may have another name than its id, and the id is what people see then."""
    property_id = source.attribute(element, "id") or ""
    readable = source.flag(element, "readable", default=True)
    default = source.field(source.attribute(element, "default"), element)
    constraints: list[tuple[str, str | None]] = []
    if source.flag(element, "required", default=False):
        constraints.append(("required", None))
    if not source.flag(element, "writable", default=True):
        constraints.append(("readonly", None))
    return FormField(
        id=source.attribute(element, "variable") or property_id,
        type=source.attribute(element, "type") or "string",
        label=source.attribute(element, "name") or property_id,
        default=default if readable else None,
        date_pattern=source.attribute(element, "datePattern"),
        values=_values(source, element),
        constraints=tuple(constraints),
        line=element.line,
    )


def _values(source: Source, element: Element) -> tuple[tuple[str, str], ...]:
    return tuple(
        (source.attribute(one, "id") or "", source.attribute(one, "name") or "") for one in source.children(element, "value", CAMUNDA)
    )
