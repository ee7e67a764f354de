"""What a form looks like for given data: what is hidden, what is read-only, what its expressions give.

Conditions may depend on fields that other conditions hide, so both are computed again until nothing changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, cast

from loanflow.feel import to_feel
from loanflow.forms.model import CHOICE_TYPES, INPUT_TYPES, LIST_TYPES, Component, ComponentType, Form, Option
from loanflow.forms.texts import Clock, compute, is_expression

_MAX_ROUNDS = 12


@dataclass(frozen=True, slots=True)
class State:
    """The data with submitted values laid over it, and the ids of hidden and read-only components."""

    data: Mapping[str, Any]
    hidden: frozenset[str]
    readonly: frozenset[str]
    computed: Mapping[str, Any]


def settle(form: Form, submitted: Mapping[str, Any], context: Mapping[str, Any], *, clock: Clock | None) -> State:
    """Return the form's state for values as submitted (path -> raw value) over the case's variables.

    Only fields that are visible and editable take submitted values; a hidden field has none. Conditions that chase
    each other for ever stop after 12 rounds with the last state, which hides rather than shows.
    """
    hidden: frozenset[str] = frozenset()
    readonly: frozenset[str] = frozenset()
    data: dict[str, Any] = {}
    computed: dict[str, Any] = {}
    for _ in range(_MAX_ROUNDS):
        data = dict(context)
        for component in form.walk():
            if component.type not in INPUT_TYPES or component.path is None:
                continue
            if component.id in hidden:
                put(data, component.path, None)
            elif component.id not in readonly and not component.disabled and component.path in submitted:
                put(data, component.path, lenient(component, submitted[component.path]))
        computed = {}
        for component in form.walk():
            if component.type is ComponentType.EXPRESSION and component.expression and component.id not in hidden:
                value = compute(component.expression.removeprefix("="), data, dialect=form.dialect, clock=clock)
                if component.path:
                    put(data, component.path, value)
                    computed[component.path] = value
        next_hidden = frozenset(_hidden(form.components, form, data, clock))
        next_readonly = frozenset(c.id for c in form.walk() if truth(c.readonly, data, form, clock))
        if (next_hidden, next_readonly) == (hidden, readonly):
            break
        hidden, readonly = next_hidden, next_readonly
    return State(data, hidden, readonly, computed)


def truth(condition: bool | str | None, data: Mapping[str, Any], form: Form, clock: Clock | None) -> bool:
    """Return whether a switch is on: a plain boolean, or FEEL that gives true."""
    if isinstance(condition, str):
        return is_expression(condition) and compute(condition[1:], data, dialect=form.dialect, clock=clock) is True
    return bool(condition)


def options_of(component: Component, data: Mapping[str, Any], form: Form, clock: Clock | None) -> tuple[Option, ...]:
    """Return the choices of a field: the drawn ones, or those its expression gives (values or label/value contexts)."""
    if component.options_expression is None:
        return component.options
    found = compute(component.options_expression.removeprefix("="), data, dialect=form.dialect, clock=clock)
    options: list[Option] = []
    for item in cast("list[Any]", found if isinstance(found, list) else []):
        if isinstance(item, dict):
            choice = cast("dict[str, Any]", item)
            options.append(Option(choice.get("value"), str(choice.get("label", choice.get("value")))))
        else:
            options.append(Option(item, str(item)))
    return tuple(options)


def lenient(component: Component, raw: Any) -> Any:
    """Return a submitted value as the FEEL value that conditions see while the form is not yet valid."""
    if raw is None or raw == "":
        return None
    if component.type is ComponentType.NUMBER:
        try:
            number = Decimal(str(raw))
        except InvalidOperation:
            return None
        return number if number.is_finite() else None
    if component.type is ComponentType.CHECKBOX:
        return raw is True or raw in ("true", "on", "1")
    if component.type in CHOICE_TYPES:
        if component.type in LIST_TYPES:
            return [_option_value(component, item) for item in cast("list[Any]", raw)] if isinstance(raw, list) else []
        return _option_value(component, raw)
    return to_feel(raw)


def _option_value(component: Component, raw: Any) -> Any:
    return next((to_feel(option.value) for option in component.options if same_choice(option.value, raw)), to_feel(raw))


def same_choice(value: Any, raw: Any) -> bool:
    """Whether a submitted choice means this option; HTML sends every value as text."""
    if value == raw and isinstance(value, bool) == isinstance(raw, bool):
        return True
    if isinstance(raw, str) and not isinstance(value, str):
        return choice_text(value) == raw
    return False


def choice_text(value: Any) -> str:
    """Return an option's value as the text that an HTML form carries."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def put(data: dict[str, Any], path: str, value: Any) -> None:
    """Set a dotted path in nested contexts; contexts on the way are copied, never changed in place."""
    head, _, rest = path.partition(".")
    if rest:
        inner = data.get(head)
        nested = dict(cast("dict[str, Any]", inner)) if isinstance(inner, dict) else {}
        put(nested, rest, value)
        data[head] = nested
    else:
        data[head] = value


def get(data: Mapping[str, Any], path: str) -> Any:
    """Return the value at a dotted path, or None."""
    value: Any = data
    for part in path.split("."):
        if not isinstance(value, dict | Mapping):
            return None
        value = cast("Mapping[str, Any]", value).get(part)
    return value


def _hidden(components: tuple[Component, ...], form: Form, data: Mapping[str, Any], clock: Clock | None) -> list[str]:
    found: list[str] = []
    for component in components:
        if truth(component.hide, data, form, clock):
            found += [inner.id for inner in component.walk()]
        else:
            found += _hidden(component.components, form, data, clock)
    return found
