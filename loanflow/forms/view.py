"""What a page shows of a form: the visible components with their words, values, choices and errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from loanflow.forms.messages import FieldError
from loanflow.forms.model import CHOICE_TYPES, INPUT_TYPES, LIST_TYPES, Component, ComponentType, Form
from loanflow.forms.state import State, choice_text, get, options_of, settle
from loanflow.forms.texts import Clock, as_words, compute, rendered


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentView:
    """One visible component. ``name`` is the HTML field name; ``value`` the text to show (a list of texts for lists).

    ``options`` are (text value, label, chosen). ``text`` is Markdown; ``rows`` the cells of a table. ``minimum`` and
    ``maximum`` are plain numbers as text, for the browser's own hints only: the server decides.
    """

    component: Component
    name: str
    label: str
    description: str
    value: Any
    text: str = ""
    options: tuple[tuple[str, str, bool], ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    prefix: str = ""
    suffix: str = ""
    minimum: str | None = None
    maximum: str | None = None
    required: bool = False
    readonly: bool = False
    errors: tuple[str, ...] = ()
    components: tuple[ComponentView, ...] = ()

    @property
    def type(self) -> str:
        """The component type's form-js name."""
        return self.component.type.value


@dataclass(frozen=True, slots=True, kw_only=True)
class FormView:
    """A form as it stands; ``errors`` maps field names to sentences, in reading order, for the summary at the top."""

    form: Form
    components: tuple[ComponentView, ...]
    errors: Mapping[str, tuple[str, ...]]


def view(
    form: Form,
    context: Mapping[str, Any],
    *,
    submitted: Mapping[str, Any] | None = None,
    errors: Mapping[str, list[str]] | None = None,
    lang: str = "zh",
    clock: Clock | None = None,
) -> FormView:
    """Return what to show: ``submitted`` (path -> raw value, a draft or a refused post) goes before the case's variables.

    ``errors`` are those of ``InvalidValues``. A component without a value yet shows its default.
    """
    values = dict(submitted or {})
    for component in form.walk():
        path = component.path
        if path and path not in values and component.default is not None and get(context, path) is None and component.type in INPUT_TYPES:
            values[path] = component.default
    state = settle(form, values, context, clock=clock)
    builder = _Builder(form, state, values, errors or {}, lang, clock)
    return FormView(form=form, components=builder.views(form.components), errors=builder.shown_errors)


class _Builder:
    def __init__(
        self, form: Form, state: State, raw: Mapping[str, Any], errors: Mapping[str, list[str]], lang: str, clock: Clock | None
    ) -> None:
        self.form, self.state, self.raw, self.errors, self.lang, self.clock = form, state, raw, errors, lang, clock
        self.shown_errors: dict[str, tuple[str, ...]] = {}

    def views(self, components: tuple[Component, ...]) -> tuple[ComponentView, ...]:
        return tuple(self.one(c) for c in components if c.id not in self.state.hidden and c.type is not ComponentType.BUTTON)

    def one(self, component: Component) -> ComponentView:
        name = component.path or component.id
        value = self.raw.get(name) if name in self.raw else get(self.state.data, name)
        errors = tuple(error.text(self.lang) if isinstance(error, FieldError) else error for error in self.errors.get(name, ()))
        if errors:
            self.shown_errors[name] = errors
        limits = component.validation
        return ComponentView(
            component=component,
            name=name,
            label=self.words(component.words(self.lang)),
            description=self.words(component.properties.get(f"description.{self.lang}", component.description)),
            value=self.shown(component, value),
            text=self.words(component.properties.get(f"text.{self.lang}", component.text)),
            options=self.options(component, value),
            rows=self.rows(component),
            prefix=self.words(component.prefix),
            suffix=self.words(component.suffix),
            minimum=self.words(limits.minimum or "") or None,
            maximum=self.words(limits.maximum or "") or None,
            required=limits.required,
            readonly=component.id in self.state.readonly or component.disabled or component.type is ComponentType.EXPRESSION,
            errors=errors,
            components=self.views(component.components),
        )

    def words(self, text: str) -> str:
        return rendered(text, self.state.data, dialect=self.form.dialect, clock=self.clock)

    def shown(self, component: Component, value: Any) -> Any:
        if component.type in LIST_TYPES:
            return [choice_text(item) for item in cast("list[Any]", value)] if isinstance(value, list) else []
        if component.type is ComponentType.CHECKBOX:
            return value is True or value in ("true", "on", "1")
        return as_words(value)

    def options(self, component: Component, value: Any) -> tuple[tuple[str, str, bool], ...]:
        if component.type not in CHOICE_TYPES:
            return ()
        chosen = {choice_text(item) for item in (cast("list[Any]", value) if isinstance(value, list) else [value]) if item is not None}
        found: list[tuple[str, str, bool]] = []
        for option in options_of(component, self.state.data, self.form, self.clock):
            text = choice_text(option.value)
            found.append((text, component.properties.get(f"option.{text}.{self.lang}", option.label), text in chosen))
        return tuple(found)

    def rows(self, component: Component) -> tuple[tuple[str, ...], ...]:
        if component.type is not ComponentType.TABLE or not component.data_source:
            return ()
        source = component.data_source.removeprefix("=")
        found = compute(source, self.state.data, dialect=self.form.dialect, clock=self.clock)
        rows = cast("list[Any]", found) if isinstance(found, list) else []
        return tuple(
            tuple(as_words(get(cast("dict[str, Any]", row), column.key)) for column in component.columns)
            for row in rows
            if isinstance(row, dict)
        )
