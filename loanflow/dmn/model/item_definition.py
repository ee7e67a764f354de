"""Types an analyst declares, and names with a type (DMN 7.3.2 "ItemDefinition", 7.3.4 "InformationItem")."""

from __future__ import annotations

from dataclasses import dataclass

from loanflow.dmn.model.unary_tests import UnaryTests


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """A name that holds a value, with the name of its type; ``type_ref`` None means any."""

    name: str
    type_ref: str | None = None
    id: str | None = None
    line: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionItem:
    """The type of a function: what it takes and what it gives back."""

    parameters: tuple[Variable, ...] = ()
    output_type_ref: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemDefinition:
    """A named type: another type, a structure of ``components``, or a function; perhaps a list of it, perhaps restricted.

    ``allowed_values`` restricts each item of a collection, ``type_constraint`` (DMN 1.5) the value as a whole.
    """

    name: str
    type_ref: str | None = None
    is_collection: bool = False
    allowed_values: UnaryTests | None = None
    type_constraint: UnaryTests | None = None
    components: tuple[ItemDefinition, ...] = ()
    function_item: FunctionItem | None = None
    id: str | None = None
    label: str | None = None
    line: int = 1
