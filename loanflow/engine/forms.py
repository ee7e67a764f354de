"""Which form a task shows, and what it makes of submitted values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from loanflow import forms
from loanflow.bpmn.model import BindingKind, FormField, FormReference, Language, StartEvent, UserTask
from loanflow.engine.command import House
from loanflow.engine.definitions import CompiledProcess
from loanflow.errors import NotFound
from loanflow.feel import compile_expression, text_of
from loanflow.store import Transaction


def form_reference(form: FormReference | None) -> dict[str, Any] | None:
    """Say in JSON which form a task shows, for its row and for programs that show forms of their own."""
    if form is None:
        return None
    if form.form_id is not None:
        return {"form": form.form_id}
    if form.fields:
        return {"generated": True}
    if form.key is not None:
        return {"key": form.key}
    return {"external": form.external.text if form.external is not None else None}


def form_at(
    transaction: Transaction, house: House, process: CompiledProcess, element_id: str, variables: Mapping[str, Any]
) -> forms.Form | None:
    """Return the form shown at a user task or start event, or None where it has none or one that is not ours to show.

    ``variables`` are FEEL values: defaults of generated fields may be computed from them.

    Raises:
        NotFound: the model names a form that is not deployed.
    """
    node = process.nodes.get(element_id)
    reference = node.form if isinstance(node, UserTask | StartEvent) else None
    if not isinstance(reference, FormReference):
        return None
    if reference.fields:
        generated = [_generated(field, variables, house) for field in reference.fields]
        return forms.from_fields(generated, form_id=element_id, file=process.model.file)
    if reference.form_id is None:
        return None
    embedded = process.process.embedded_forms.get(reference.form_id)
    if embedded is not None:
        return forms.read(embedded.encode(), file=process.model.file)
    value = reference.binding.value
    definition = house.definitions.form(
        transaction,
        reference.form_id,
        BindingKind(reference.binding.kind),
        value.text if value is not None else None,
        caller=process.definition.id,
    )
    if definition is None:
        raise NotFound(f'the form "{reference.form_id}" of {node.name or element_id if node else element_id} is not deployed')
    return house.definitions.form_model(transaction, definition)


def _generated(field: FormField, variables: Mapping[str, Any], house: House) -> forms.GeneratedField:
    default: str | None = None
    if field.default is not None:
        if field.default.language is Language.LITERAL:
            default = field.default.text
        else:
            dialect = "juel" if field.default.language is Language.JUEL else "camunda7"
            compiled = compile_expression(field.default.text, dialect=dialect)
            value = compiled.evaluate(variables, clock=house.clock.now, functions=house.handlers.functions.get).value
            default = None if value is None else text_of(value)
    return forms.GeneratedField(
        id=field.id,
        type=field.type,
        label=field.label,
        default=default,
        values=field.values,
        constraints=dict(field.constraints),
        properties=field.properties,
    )
