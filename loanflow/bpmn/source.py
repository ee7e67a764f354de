"""One file while it is being read: every look-up is noted, so that what nobody looked at can be found afterwards.

The reader asks for attributes and children only through a ``Source``. What it asked for counts as read; the rest is
settled by ``accounting``: ignored on purpose, or refused. This is how nothing is dropped silently.
"""

from __future__ import annotations

import re
from collections import defaultdict
from enum import StrEnum

from loanflow.bpmn.model import Dialect, Expression, Language, TimerEvent, TimerKind
from loanflow.bpmn.namespaces import BPMN
from loanflow.bpmn.words import spoken
from loanflow.problems import Location, Problem, Severity
from loanflow.xmltree import Element, Name

_PLAIN_NAME = re.compile(r"[^\W\d]\w*", re.UNICODE)


class Fate(StrEnum):
    """What became of an element or attribute."""

    READ = "read"
    IGNORED = "ignored"
    REFUSED = "refused"


class Source:
    """The tree of one file, which parts of it were read, and the problems met on the way."""

    def __init__(self, root: Element, *, file: str, dialect: Dialect) -> None:
        self.root = root
        self.file = file
        self.dialect = dialect
        self.problems: list[tuple[Element, Problem]] = []
        self.parents: dict[Element, Element] = {child: element for element in root.walk() for child in element.children}
        self.elements: set[Element] = {root}
        self.attributes: set[tuple[Element, Name]] = set()
        self.texts: set[Element] = set()
        self.abandoned: set[Element] = set()
        self.asked: dict[Element, set[Name]] = defaultdict(set)
        """The attributes and children that were looked for at an element, whether it has them or not."""
        self.default_priority: Expression | None = None
        """The job priority that the process sets for all its jobs."""

    # Looking: each look-up marks what it found as read.

    def attribute(self, element: Element, local: str, namespace: str = "") -> str | None:
        """Return an attribute's text, or None where it is absent."""
        name = Name(namespace, local)
        self.asked[element].add(name)
        value = element.attributes.get(name)
        if value is not None:
            self.attributes.add((element, name))
        return value

    def flag(self, element: Element, local: str, *, default: bool, namespace: str = "", otherwise: bool | None = None) -> bool:
        """Return a true/false attribute; anything else is a problem, and counts as ``otherwise``."""
        text = self.attribute(element, local, namespace)
        if text is None:
            return default
        match text.strip():
            case "true" | "1":
                return True
            case "false" | "0":
                return False
            case other:
                self.refuse(
                    element,
                    "bpmn/invalid-value",
                    f"{self.written(element, local, namespace)} is neither true nor false",
                    expected="true or false",
                    found=other,
                )
                return default if otherwise is None else otherwise

    def integer(self, element: Element, local: str, namespace: str = "") -> int | None:
        """Return a whole-number attribute, None where absent; anything else is a problem."""
        text = self.attribute(element, local, namespace)
        if text is None:
            return None
        try:
            return int(text.strip())
        except ValueError:
            self.refuse(
                element,
                "bpmn/invalid-value",
                f"{self.written(element, local, namespace)} is not a whole number",
                expected="a whole number",
                found=text,
            )
            return None

    def child(self, element: Element, local: str, namespace: str = BPMN) -> Element | None:
        """Return the first child of that name; further ones stay unread, and so are reported."""
        self.asked[element].add(Name(namespace, local))
        found = element.first(local, namespace)
        if found is not None:
            self.elements.add(found)
        return found

    def children(self, element: Element, local: str, namespace: str = BPMN) -> tuple[Element, ...]:
        """Return all children of that name in document order."""
        self.asked[element].add(Name(namespace, local))
        found = tuple(element.all(local, namespace))
        self.elements.update(found)
        return found

    def take(self, element: Element) -> None:
        """Mark an element as read that was found some other way."""
        self.elements.add(element)

    def text(self, element: Element) -> str:
        """Return the text inside an element without the white space around it."""
        self.texts.add(element)
        return element.text.strip()

    def extension(self, element: Element, local: str, namespace: str) -> Element | None:
        """Return the first extension element of that name, or None."""
        return next(iter(self.extensions(element, local, namespace)), None)

    def extensions(self, element: Element, local: str, namespace: str) -> tuple[Element, ...]:
        """Return the extension elements of that name."""
        holder = self.child(element, "extensionElements")
        return () if holder is None else self.children(holder, local, namespace)

    def reference(self, element: Element, local: str) -> str | None:
        """Return an attribute that names another element, without the namespace prefix some tools write before it."""
        text = self.attribute(element, local)
        return None if text is None or not text.strip() else unprefixed(text.strip(), element)

    def abandon(self, element: Element) -> None:
        """Give up an element with all it holds: it is already refused as a whole."""
        self.abandoned.add(element)

    # Texts that are computed.

    def field(self, text: str | None, element: Element) -> Expression | None:
        """Return a field that may hold an expression: ``=`` (Camunda 8) or ``${}`` (Camunda 7) marks one, else it is plain text."""
        if text is None or not text.strip():
            return None
        stripped = text.strip()
        if self.dialect is not Dialect.CAMUNDA7 and stripped.startswith("="):
            return Expression(text=stripped[1:].strip(), language=Language.FEEL, line=element.line)
        if self.dialect is not Dialect.CAMUNDA8 and ("${" in stripped or "#{" in stripped):
            return Expression(text=stripped, language=Language.JUEL, line=element.line)
        return Expression(text=stripped, language=Language.LITERAL, line=element.line)

    def formula(self, text: str | None, element: Element) -> Expression | None:
        """Return a field that always holds an expression, such as a condition: FEEL needs no ``=`` there."""
        found = self.field(text, element)
        if found is None or not found.is_literal or self.dialect is Dialect.CAMUNDA7:
            return found
        return Expression(text=found.text, language=Language.FEEL, line=found.line)

    def condition(self, element: Element) -> Expression | None:
        """Return a condition; a language given besides FEEL is refused, since its text would mean something else."""
        language = self.attribute(element, "language")
        text = self.text(element)
        if not language:
            return self.formula(text, element)
        if "feel" in language.lower() and text:
            return Expression(text=text.removeprefix("=").strip(), language=Language.FEEL, line=element.line)
        self.refuse(
            element,
            "bpmn/script-language",
            f"the condition is written in {language}, which is not run",
            property="Condition > Type",
            expected="an expression",
            found=language,
            hint="choose Properties panel > Condition > Type > Expression",
        )
        return self.formula(text, element)

    def variable(self, name: str | None, element: Element) -> Expression | None:
        """Return the expression that reads one variable; a name that is not a plain identifier is put in backticks."""
        if name is None or not name.strip():
            return None
        text = name.strip()
        return Expression(text=text if _PLAIN_NAME.fullmatch(text) else f"`{text}`", language=Language.FEEL, line=element.line)

    def timer(self, element: Element) -> TimerEvent:
        """Return a ``<timerEventDefinition>``; one that says nothing has an empty text, which the checks refuse."""
        kind, value = TimerKind.DURATION, None
        for one in TimerKind:
            child = self.child(element, one.value)
            if child is not None:
                kind, value = one, self.field(self.text(child), child)
                value = value or Expression(text="", language=Language.LITERAL, line=child.line)
                break
        empty = Expression(text="", language=Language.LITERAL, line=element.line)
        return TimerEvent(id=element.get("id"), line=element.line, kind=kind, value=value or empty)

    # Problems.

    def refuse(
        self,
        element: Element,
        code: str,
        message: str,
        *,
        property: str | None = None,
        expected: str | None = None,
        found: str | None = None,
        hint: str | None = None,
        severity: Severity = Severity.ERROR,
    ) -> None:
        """Add a finding at ``element``; the nearest element with an id is the one it is reported for."""
        self.problems.append((element, self.problem(element, code, message, property, expected, found, hint, severity)))

    def problem(
        self,
        element: Element,
        code: str,
        message: str,
        property: str | None = None,
        expected: str | None = None,
        found: str | None = None,
        hint: str | None = None,
        severity: Severity = Severity.ERROR,
    ) -> Problem:
        """Return a finding at ``element`` without adding it."""
        owner = self.owner(element)
        return Problem(
            code=code,
            message=message,
            severity=severity,
            location=Location(file=self.file, line=element.line),
            element_id=owner.get("id") if owner is not None else None,
            element_name=owner.get("name") if owner is not None else None,
            element_type=spoken(owner.name.local) if owner is not None else None,
            property=property,
            expected=expected,
            found=found,
            hint=hint,
        )

    def owner(self, element: Element) -> Element | None:
        """Return the nearest element around (or at) ``element`` that an analyst can select on the canvas."""
        node: Element | None = element
        while node is not None:
            if node.get("id") is not None and node.name.namespace == BPMN and node.name.local not in _INNER:
                return node
            node = self.parents.get(node)
        return None

    def written(self, element: Element, local: str, namespace: str = "") -> str:
        """Return an attribute's name as the file writes it, with its prefix."""
        if not namespace:
            return local
        prefix = next((key for key, uri in element.namespaces.items() if uri == namespace and key), None)
        return f"{prefix}:{local}" if prefix else local


_INNER = frozenset(
    {
        "extensionElements",
        "conditionExpression",
        "multiInstanceLoopCharacteristics",
        "standardLoopCharacteristics",
        "documentation",
        "timerEventDefinition",
        "messageEventDefinition",
        "errorEventDefinition",
        "signalEventDefinition",
        "escalationEventDefinition",
        "conditionalEventDefinition",
        "linkEventDefinition",
        "compensateEventDefinition",
        "cancelEventDefinition",
        "terminateEventDefinition",
        "dataInputAssociation",
        "dataOutputAssociation",
        "ioSpecification",
        "loopCardinality",
        "completionCondition",
        "condition",
        "timeDuration",
        "timeDate",
        "timeCycle",
        "property",
        "dataInput",
        "dataOutput",
        "inputSet",
        "outputSet",
    }
)
"""Elements that may have an id but are edited through the one around them."""


def unprefixed(text: str, element: Element) -> str:
    """Return a QName reference without its prefix, if that prefix is declared."""
    prefix, colon, local = text.partition(":")
    return local if colon and prefix in element.namespaces else text
