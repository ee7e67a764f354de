"""What a form is: a tree of components, frozen, whichever file format it came from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from loanflow.problems import Problem

_NO_PROPERTIES: Mapping[str, str] = MappingProxyType({})


class ComponentType(StrEnum):
    """The component types that LoanFlow renders and validates, by their form-js names."""

    TEXTFIELD = "textfield"
    TEXTAREA = "textarea"
    NUMBER = "number"
    DATETIME = "datetime"
    CHECKBOX = "checkbox"
    RADIO = "radio"
    SELECT = "select"
    CHECKLIST = "checklist"
    TAGLIST = "taglist"
    EXPRESSION = "expression"
    TEXT = "text"
    TABLE = "table"
    GROUP = "group"
    SEPARATOR = "separator"
    SPACER = "spacer"
    BUTTON = "button"


INPUT_TYPES = frozenset(
    {
        ComponentType.TEXTFIELD,
        ComponentType.TEXTAREA,
        ComponentType.NUMBER,
        ComponentType.DATETIME,
        ComponentType.CHECKBOX,
        ComponentType.RADIO,
        ComponentType.SELECT,
        ComponentType.CHECKLIST,
        ComponentType.TAGLIST,
    }
)
CHOICE_TYPES = frozenset({ComponentType.RADIO, ComponentType.SELECT, ComponentType.CHECKLIST, ComponentType.TAGLIST})
LIST_TYPES = frozenset({ComponentType.CHECKLIST, ComponentType.TAGLIST})
TEXT_TYPES = frozenset({ComponentType.TEXTFIELD, ComponentType.TEXTAREA})


@dataclass(frozen=True, slots=True)
class Option:
    """One choice: the value that is stored and the label that is read."""

    value: Any
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """What a value must fulfil; a text beginning with ``=`` is FEEL over the form's data. Lengths are UTF-16 units, as browsers count."""

    required: bool = False
    minimum: str | None = None
    maximum: str | None = None
    min_length: str | None = None
    max_length: str | None = None
    pattern: str | None = None
    pattern_message: str | None = None
    kind: str | None = None
    """``email`` or ``phone``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a read-only table."""

    key: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """A field, a text, or a group of them. Texts that begin with ``=`` are FEEL; ``{{ }}`` in texts holds FEEL, too.

    ``path`` is the variable the value goes to, dotted below a group's path; None for components without a value.
    ``subtype`` is ``date``, ``time`` or ``datetime`` for a datetime, ``string``, ``long`` and so on for generated fields.
    """

    id: str
    type: ComponentType
    path: str | None = None
    label: str = ""
    description: str = ""
    text: str = ""
    hide: str | None = None
    readonly: bool | str = False
    disabled: bool = False
    default: Any = None
    validation: Validation = Validation()
    options: tuple[Option, ...] = ()
    options_expression: str | None = None
    subtype: str | None = None
    decimal_digits: int | None = None
    increment: str | None = None
    as_string: bool = False
    typed: bool = False
    """Whether dates become FEEL dates (generated Camunda 7 fields) or stay ISO text (Camunda Forms)."""
    not_in_past: bool = False
    expression: str | None = None
    prefix: str = ""
    suffix: str = ""
    columns: tuple[Column, ...] = ()
    data_source: str | None = None
    row: str | None = None
    width: int | None = None
    components: tuple[Component, ...] = ()
    properties: Mapping[str, str] = field(default_factory=lambda: _NO_PROPERTIES)
    line: int | None = None

    def walk(self) -> Iterator[Component]:
        """Yield this component and those inside it, in reading order."""
        yield self
        for child in self.components:
            yield from child.walk()

    def words(self, lang: str) -> str:
        """Return the label in ``lang`` (``zh`` or ``en``) where the form has one, else the label as drawn."""
        return self.properties.get(f"label.{lang}", self.label)


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A form, by the ``id`` that tasks refer to; ``dialect`` names the FEEL dialect of its expressions."""

    id: str
    file: str
    components: tuple[Component, ...]
    dialect: str = "camunda8"
    version_tag: str | None = None
    ignored: tuple[Problem, ...] = ()

    def walk(self) -> Iterator[Component]:
        """Yield every component in reading order."""
        for component in self.components:
            yield from component.walk()
