"""What the reading functions share: the file, its dialect, and the findings so far."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from loanflow.dmn.model import Dialect, Reference, UnaryTests
from loanflow.dmn.reader.grammar import FEEL_NAMESPACES
from loanflow.problems import Location, Problem, Severity
from loanflow.xmltree import Element

_WORDS = {
    "decisionTable": "decision table",
    "literalExpression": "literal expression",
    "inputData": "input data",
    "businessKnowledgeModel": "business knowledge model",
    "decisionService": "decision service",
    "knowledgeSource": "knowledge source",
    "itemDefinition": "data type",
    "itemComponent": "component of a data type",
    "inputEntry": "input cell",
    "outputEntry": "output cell",
    "inputExpression": "input expression",
    "encapsulatedLogic": "encapsulated logic",
    "functionDefinition": "function definition",
    "contextEntry": "context entry",
    "informationRequirement": "information requirement",
    "knowledgeRequirement": "knowledge requirement",
    "authorityRequirement": "authority requirement",
}


def words_for(local: str) -> str:
    """Return a tag in the analyst's words: ``decisionTable`` is "decision table"."""
    return _WORDS.get(local, local)


@dataclass(slots=True)
class Reading:
    """One file being read; findings collect here, nothing is raised before the end."""

    file: str
    dialect: Dialect
    namespace: str
    problems: list[Problem] = field(default_factory=list[Problem])

    def report(
        self,
        code: str,
        message: str,
        element: Element,
        *,
        severity: Severity = Severity.ERROR,
        property: str | None = None,
        expected: str | None = None,
        found: str | None = None,
        hint: str | None = None,
    ) -> None:
        """Note a finding at an element's line."""
        self.problems.append(
            Problem(
                code=code,
                message=message,
                location=Location(file=self.file, line=element.line),
                severity=severity,
                element_id=element.get("id"),
                element_name=element.get("name") or element.get("label"),
                element_type=words_for(element.name.local),
                property=property,
                expected=expected,
                found=found,
                hint=hint,
            )
        )

    def required(self, element: Element, attribute: str) -> str:
        """Return an attribute that must be there; "" and a finding where it is not."""
        value = (element.get(attribute) or "").strip()
        if not value:
            self.report(
                "dmn/missing-attribute",
                f"this {words_for(element.name.local)} has no {attribute}",
                element,
                property=attribute,
                expected=f"a {attribute}",
                found="nothing",
            )
        return value

    def truth(self, element: Element, attribute: str) -> bool:
        """Return an XML boolean attribute; false where it is absent."""
        text = (element.get(attribute) or "false").strip()
        if text not in ("true", "false", "0", "1"):
            self.report(
                "dmn/bad-attribute",
                f"{attribute} is neither true nor false",
                element,
                property=attribute,
                expected="true or false",
                found=text,
            )
        return text in ("true", "1")

    def child_text(self, element: Element, local: str) -> str | None:
        """Return the text of a child, or None where there is no such child or it is blank."""
        child = element.first(local)
        return (child.text.strip() or None) if child is not None else None

    def type_ref(self, element: Element) -> str | None:
        """Return the name of a type: attribute or child ``typeRef``, without FEEL's prefix.

        DMN 1.1 writes types as qualified names (``feel:string``); later versions as plain names, where a dot leads
        into an import.
        """
        written = element.get("typeRef")
        if written is None:
            child = element.first("typeRef")
            written = child.text if child is not None else None
        name = (written or "").strip()
        if not name:
            return None
        prefix, colon, local = name.partition(":")
        if not colon:
            return name
        namespace = element.namespaces.get(prefix)
        if namespace is None or namespace in FEEL_NAMESPACES or prefix == "feel" or namespace == self.namespace:
            return local
        return name

    def unary_tests(self, element: Element | None) -> UnaryTests | None:
        """Return the tests an element holds, or None where there is no element."""
        if element is None:
            return None
        text = element.first("text")
        return UnaryTests(
            text=(text.text if text is not None else element.text).strip(),
            language=element.get("expressionLanguage"),
            id=element.get("id"),
            line=text.line if text is not None else element.line,
        )

    def references(self, element: Element, local: str) -> tuple[Reference, ...]:
        """Return where the children of that name point."""
        return tuple(found for child in element.all(local) if (found := self.reference(child)) is not None)

    def reference(self, element: Element) -> Reference | None:
        """Return where an ``href`` points, or None and a finding where it points nowhere."""
        href = self.required(element, "href")
        if not href:
            return None
        namespace, hash_sign, target = href.rpartition("#")
        if not hash_sign or not target:
            self.report(
                "dmn/bad-reference",
                "this reference names no element",
                element,
                property="href",
                expected="#id, or namespace#id of an imported model",
                found=href,
            )
            return None
        return Reference(id=target, namespace=namespace or None, line=element.line)


def own_children(element: Element, *locals_: str) -> Iterator[Element]:
    """Yield the children of the element's own namespace with one of these names, in document order."""
    return (child for child in element.children if child.name.namespace == element.name.namespace and child.name.local in locals_)
