"""From XML to boxed expressions: one small function per kind, found in a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from loanflow.dmn.model import (
    Binding,
    BoxedExpression,
    Conditional,
    Context,
    ContextEntry,
    Filter,
    For,
    FunctionDefinition,
    FunctionKind,
    Invocation,
    ListExpression,
    LiteralExpression,
    Quantified,
    Quantifier,
    Relation,
    Variable,
)
from loanflow.dmn.reader.decision_tables import decision_table
from loanflow.dmn.reader.literals import literal_expression
from loanflow.dmn.reader.reading import Reading, words_for
from loanflow.xmltree import Element

Reader = Callable[[Element, Reading], BoxedExpression]


def expression_in(element: Element, reading: Reading) -> BoxedExpression | None:
    """Return the one boxed expression inside an element, or None; a second one is a finding."""
    found = boxed_children(element)
    for extra in found[1:]:
        reading.report(
            "dmn/unexpected-element",
            f"a second expression in one {words_for(element.name.local)}",
            extra,
            expected="one expression",
            found=f"{len(found)} expressions",
        )
    return expression(found[0], reading) if found else None


def needed_expression_in(element: Element, reading: Reading) -> BoxedExpression:
    """Return the boxed expression inside an element; a finding, and null in its place, where there is none."""
    found = expression_in(element, reading)
    if found is None:
        reading.report(
            "dmn/missing-element",
            f"this {words_for(element.name.local)} has no expression",
            element,
            expected="an expression",
            found="nothing",
        )
        return LiteralExpression(text="null", line=element.line)
    return found


def boxed_children(element: Element) -> list[Element]:
    """Return the children that are boxed expressions."""
    return [child for child in element.children if child.name.namespace == element.name.namespace and child.name.local in READERS]


def expression(element: Element, reading: Reading) -> BoxedExpression:
    """Return the boxed expression an element is."""
    return READERS[element.name.local](element, reading)


def variable(element: Element, reading: Reading, *, name: str | None = None) -> Variable:
    """Return a name with its type; ``name`` stands in where the file leaves it out."""
    written = (element.get("name") or "").strip() or name
    return Variable(
        name=written if written is not None else reading.required(element, "name"),
        type_ref=reading.type_ref(element),
        id=element.get("id"),
        line=element.line,
    )


def _context(element: Element, reading: Reading) -> Context:
    return Context(
        id=element.get("id"),
        type_ref=reading.type_ref(element),
        label=element.get("label"),
        line=element.line,
        entries=tuple(_context_entry(child, reading) for child in element.all("contextEntry")),
    )


def _context_entry(element: Element, reading: Reading) -> ContextEntry:
    named = element.first("variable")
    return ContextEntry(
        expression=needed_expression_in(element, reading),
        variable=variable(named, reading) if named is not None else None,
        line=element.line,
    )


def _invocation(element: Element, reading: Reading) -> Invocation:
    return Invocation(
        id=element.get("id"),
        type_ref=reading.type_ref(element),
        label=element.get("label"),
        line=element.line,
        function=needed_expression_in(element, reading),
        bindings=tuple(_binding(child, reading) for child in element.all("binding")),
    )


def _binding(element: Element, reading: Reading) -> Binding:
    parameter = element.first("parameter")
    if parameter is None:
        reading.report("dmn/missing-element", "this binding names no parameter", element, expected="a parameter", found="nothing")
        return Binding(parameter=Variable(name="", line=element.line), expression=expression_in(element, reading))
    return Binding(parameter=variable(parameter, reading), expression=expression_in(element, reading))


def _relation(element: Element, reading: Reading) -> Relation:
    columns = tuple(variable(child, reading) for child in element.all("column"))
    rows: list[tuple[BoxedExpression, ...]] = []
    for row in element.all("row"):
        cells = tuple(expression(child, reading) for child in boxed_children(row))
        if len(cells) != len(columns):
            reading.report(
                "dmn/row-length",
                "this row does not have one cell for each column",
                row,
                expected=f"{len(columns)} cells",
                found=f"{len(cells)} cells",
            )
            cells = (*cells, *(LiteralExpression(text="null", line=row.line) for _ in columns))[: len(columns)]
        rows.append(cells)
    return Relation(
        id=element.get("id"),
        type_ref=reading.type_ref(element),
        label=element.get("label"),
        line=element.line,
        columns=columns,
        rows=tuple(rows),
    )


def _list(element: Element, reading: Reading) -> ListExpression:
    return ListExpression(
        id=element.get("id"),
        type_ref=reading.type_ref(element),
        label=element.get("label"),
        line=element.line,
        items=tuple(expression(child, reading) for child in boxed_children(element)),
    )


def function_definition(element: Element, reading: Reading) -> FunctionDefinition:
    """Return a function: its parameters and its body."""
    kind = FunctionKind.FEEL
    written = (element.get("kind") or "").strip()
    if written:
        if written in tuple(FunctionKind):
            kind = FunctionKind(written)
        else:
            reading.report(
                "dmn/bad-attribute",
                "this kind of function does not exist",
                element,
                property="kind",
                expected="FEEL, Java or PMML",
                found=written,
            )
    return FunctionDefinition(
        id=element.get("id"),
        type_ref=reading.type_ref(element),
        label=element.get("label"),
        line=element.line,
        parameters=tuple(variable(child, reading) for child in element.all("formalParameter")),
        body=expression_in(element, reading),
        kind=kind,
    )


def _part(element: Element, local: str, reading: Reading) -> BoxedExpression:
    child = element.first(local)
    if child is None:
        reading.report(
            "dmn/missing-element",
            f"this {words_for(element.name.local)} has no <{local}>",
            element,
            expected=f"<{local}> with an expression",
            found="nothing",
        )
        return LiteralExpression(text="null", line=element.line)
    return needed_expression_in(child, reading)


def _conditional(element: Element, reading: Reading) -> Conditional:
    return Conditional(
        id=element.get("id"),
        type_ref=reading.type_ref(element),
        label=element.get("label"),
        line=element.line,
        condition=_part(element, "if", reading),
        then=_part(element, "then", reading),
        otherwise=_part(element, "else", reading),
    )


def _filter(element: Element, reading: Reading) -> Filter:
    return Filter(
        id=element.get("id"),
        type_ref=reading.type_ref(element),
        label=element.get("label"),
        line=element.line,
        collection=_part(element, "in", reading),
        match=_part(element, "match", reading),
    )


def _iterator_variable(element: Element, reading: Reading) -> Variable:
    into = element.first("in")
    return Variable(
        name=reading.required(element, "iteratorVariable"),
        type_ref=reading.type_ref(into) if into is not None else None,
        line=element.line,
    )


def _for(element: Element, reading: Reading) -> For:
    return For(
        id=element.get("id"),
        type_ref=reading.type_ref(element),
        label=element.get("label"),
        line=element.line,
        variable=_iterator_variable(element, reading),
        collection=_part(element, "in", reading),
        result=_part(element, "return", reading),
    )


def _quantified(element: Element, reading: Reading) -> Quantified:
    return Quantified(
        id=element.get("id"),
        type_ref=reading.type_ref(element),
        label=element.get("label"),
        line=element.line,
        quantifier=Quantifier(element.name.local),
        variable=_iterator_variable(element, reading),
        collection=_part(element, "in", reading),
        condition=_part(element, "satisfies", reading),
    )


READERS: Mapping[str, Reader] = MappingProxyType(
    {
        "decisionTable": decision_table,
        "literalExpression": literal_expression,
        "context": _context,
        "invocation": _invocation,
        "relation": _relation,
        "list": _list,
        "functionDefinition": function_definition,
        "conditional": _conditional,
        "filter": _filter,
        "for": _for,
        "some": _quantified,
        "every": _quantified,
    }
)
