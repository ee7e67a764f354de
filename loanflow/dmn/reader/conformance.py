"""Nothing is dropped silently: every element and attribute is looked up in the grammar."""

from __future__ import annotations

from collections.abc import Iterable

from loanflow.dmn.reader.grammar import (
    CAMUNDA,
    CAMUNDA_ATTRIBUTES,
    ELEMENTS,
    LAYOUT_NAMESPACES,
    MODELER,
    REFUSED,
    ZEEBE,
    ElementGrammar,
)
from loanflow.dmn.reader.reading import Reading, words_for
from loanflow.problems import Severity, nearest
from loanflow.xmltree import Element, Name

_XSI = "http://www.w3.org/2001/XMLSchema-instance"


def account_for_everything(root: Element, reading: Reading) -> None:
    """Report each element and attribute that is refused, and each that is ignored though it might matter."""
    _look_at(root, ELEMENTS["definitions"], reading)


def _look_at(element: Element, grammar: ElementGrammar, reading: Reading) -> None:
    for name in element.attributes:
        _look_at_attribute(element, name, grammar, reading)
    if element.name.local == "extensionElements":
        _look_at_extensions(element, reading)
        return
    for child in element.children:
        if child.name.namespace != element.name.namespace:
            _look_at_foreign(element, child, reading)
            continue
        local = child.name.local
        known = grammar.children
        if local in REFUSED and local in known | {"importedValues"}:
            reading.report(
                "dmn/unsupported-element",
                f"<{child.tag}> is not supported: {REFUSED[local]}",
                child,
                hint="write the values into the model",
            )
        elif local not in known:
            reading.report(
                "dmn/unexpected-element",
                f"<{child.tag}> cannot stand in <{element.tag}>",
                child,
                expected="one of " + ", ".join(sorted(known)) if known else "nothing inside it",
                found=f"<{child.tag}>",
                hint=_meant(local, known),
            )
        elif local in grammar.ignored:
            reading.report(
                "dmn/ignored-element",
                f"<{child.tag}> is ignored: it changes no value",
                child,
                severity=Severity.INFO,
            )
        else:
            _look_at(child, _grammar_of(element, child), reading)


def _grammar_of(parent: Element, child: Element) -> ElementGrammar:
    # The one name with two meanings: a decision service points at input data, definitions hold it.
    if child.name.local == "inputData" and parent.name.local == "decisionService":
        return ELEMENTS["requiredInput"]
    return ELEMENTS[child.name.local]


def _look_at_attribute(element: Element, name: Name, grammar: ElementGrammar, reading: Reading) -> None:
    local = element.name.local
    if not name.namespace:
        if name.local not in grammar.attributes:
            reading.report(
                "dmn/unexpected-attribute",
                f"{name.local} is not an attribute of <{element.tag}>",
                element,
                property=name.local,
                expected="one of " + ", ".join(sorted(grammar.attributes)),
                found=element.attributes[name],
                hint=_meant(name.local, grammar.attributes),
            )
        return
    if name.namespace == CAMUNDA:
        if (local, name.local) not in CAMUNDA_ATTRIBUTES:
            known = (attribute for tag, attribute in CAMUNDA_ATTRIBUTES if tag == local)
            _ignored(element, f"camunda:{name.local}", Severity.WARNING, reading, _meant(name.local, known))
    elif name.namespace in (MODELER, _XSI) or name.namespace in LAYOUT_NAMESPACES:
        return
    else:
        _ignored(element, f"{name.local} of {name.namespace}", Severity.INFO, reading)


def _look_at_foreign(parent: Element, child: Element, reading: Reading) -> None:
    if child.name.namespace in LAYOUT_NAMESPACES:
        return
    _ignored(child, f"<{child.tag}> in <{parent.tag}>", Severity.INFO, reading)


def _look_at_extensions(element: Element, reading: Reading) -> None:
    for child in element.children:
        if child.name == Name(ZEEBE, "versionTag") or child.name.namespace in LAYOUT_NAMESPACES:
            continue
        severity = Severity.WARNING if child.name.namespace in (CAMUNDA, ZEEBE) else Severity.INFO
        _ignored(child, f"the extension <{child.tag}>", severity, reading)


def _meant(name: str, known: Iterable[str]) -> str | None:
    close = nearest(name, known, alike=0.75)
    return f"did you mean {close}?" if close else None


def _ignored(element: Element, what: str, severity: Severity, reading: Reading, hint: str | None = None) -> None:
    reading.report(
        "dmn/ignored-extension",
        f"{what} is ignored",
        element,
        severity=severity,
        found=words_for(element.name.local),
        hint=hint or ("it has no effect on the value of a decision here" if severity is Severity.WARNING else None),
    )
