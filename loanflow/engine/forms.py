"""Which form a task shows, and what it makes of submitted values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from loanflow import forms
from loanflow.bpmn.model import BindingKind, Expression, FormField, FormReference, Language, StartEvent, UserTask
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
    kind = BindingKind(reference.binding.kind)
    value = None if reference.binding.value is None else _text(reference.binding.value, variables, house)
    definition = house.definitions.form(transaction, reference.form_id, kind, value, caller=process.definition.id)
    if definition is None:
        which = f" ({kind.value}{f' {value}' if value else ''})"
        raise NotFound(f'the form "{reference.form_id}"{which} of {node.name or element_id if node else element_id} is not deployed')
    return house.definitions.form_model(transaction, definition)


def _generated(field: FormField, variables: Mapping[str, Any], house: House) -> forms.GeneratedField:
    default = None if field.default is None else _text(field.default, variables, house)
    return forms.GeneratedField(
        id=field.id,
        type=field.type,
        label=field.label,
        default=default,
        values=field.values,
        constraints=dict(field.constraints),
        properties=field.properties,
    )


def _text(expression: Expression, variables: Mapping[str, Any], house: House) -> str | None:
    if expression.language is Language.LITERAL:
        return expression.text
    dialect = "juel" if expression.language is Language.JUEL else "camunda7"
    compiled = compile_expression(expression.text, dialect=dialect)
    value = compiled.evaluate(variables, clock=house.clock.now, functions=house.handlers.functions.get).value
    return None if value is None else text_of(value)
