"""From XML to data types."""

from __future__ import annotations

from loanflow.dmn.model import FunctionItem, ItemDefinition, UnaryTests
from loanflow.dmn.reader.expressions import variable
from loanflow.dmn.reader.reading import Reading
from loanflow.xmltree import Element


def item_definition(element: Element, reading: Reading) -> ItemDefinition:
    """Return a data type with its components, allowed values and constraint."""
    function = element.first("functionItem")
    return ItemDefinition(
        name=reading.required(element, "name"),
        type_ref=reading.type_ref(element),
        is_collection=reading.truth(element, "isCollection"),
        allowed_values=_tests(element, "allowedValues", reading),
        type_constraint=_tests(element, "typeConstraint", reading),
        components=tuple(item_definition(child, reading) for child in element.all("itemComponent")),
        function_item=FunctionItem(
            parameters=tuple(variable(child, reading) for child in function.all("parameters")),
            output_type_ref=function.get("outputTypeRef"),
        )
        if function is not None
        else None,
        id=element.get("id"),
        label=element.get("label"),
        line=element.line,
    )


def _tests(element: Element, local: str, reading: Reading) -> UnaryTests | None:
    found = reading.unary_tests(element.first(local))
    return None if found is None or found.accepts_anything else found
