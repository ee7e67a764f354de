"""What became of everything in the file: read, ignored on purpose with a reason, or refused by name.

The tables here are the whole list of what is ignored. What is neither read nor listed is refused, so that a construct we do
not know can never pass for one that we run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from loanflow.bpmn.extensions import VENDOR_NAMESPACES, vendor_words
from loanflow.bpmn.extensions.vendors import CAMUNDA, ZEEBE
from loanflow.bpmn.namespaces import BPMN, DRAWING, XML, XSI
from loanflow.bpmn.reader.activities import ACTIVITIES
from loanflow.bpmn.reader.events import EVENTS
from loanflow.bpmn.reader.gateways import GATEWAYS
from loanflow.bpmn.reader.other_platform import SAID
from loanflow.bpmn.reader.reading import Reading
from loanflow.bpmn.reader.subprocesses import SUB_PROCESSES
from loanflow.bpmn.source import Fate, Source
from loanflow.problems import Location, Problem, Severity, nearest
from loanflow.xmltree import Element, Name

_DATA = "data is drawn to be read; what runs reads and writes variables"
_SERVICE = "service interfaces are not called; a handler does the work"
_PEOPLE = "resources are drawn to be read; assignment and candidates say who may act"
_CORRELATION = "messages find their case by business key or by the message's correlation key"
_TYPES = "data types are not checked by the process"
_DRAWN = "drawn to be read, not run"
_TOOL = "another tool's own data"
_LAYOUT = "the drawing's looks do not change what runs"

IGNORED_ELEMENTS: Mapping[str, str] = {
    **dict.fromkeys(
        (
            "dataObject",
            "dataState",
            "dataStore",
            "ioSpecification",
            "property",
            "dataInput",
            "dataOutput",
            "dataInputAssociation",
            "dataOutputAssociation",
            "inputSet",
            "outputSet",
            "ioBinding",
            "sourceRef",
            "targetRef",
        ),
        _DATA,
    ),
    **dict.fromkeys(("interface", "operation", "operationRef", "endPoint"), _SERVICE),
    **dict.fromkeys(
        (
            "resource",
            "resourceRef",
            "resourceRole",
            "performer",
            "humanPerformer",
            "potentialOwner",
            "resourceParameterBinding",
            "partnerEntity",
            "partnerRole",
            "supportedInterfaceRef",
        ),
        _PEOPLE,
    ),
    **dict.fromkeys(
        ("correlationProperty", "correlationKey", "correlationSubscription", "correlationPropertyRetrievalExpression"), _CORRELATION
    ),
    **dict.fromkeys(("itemDefinition", "import"), _TYPES),
    **dict.fromkeys(
        (
            "category",
            "categoryValue",
            "relationship",
            "auditing",
            "monitoring",
            "participantMultiplicity",
            "participantAssociation",
            "messageFlowAssociation",
            "conversation",
            "conversationAssociation",
            "subConversation",
            "callConversation",
            "conversationLink",
            "globalConversation",
            "choreography",
            "globalChoreographyTask",
            "choreographyRef",
            "rendering",
            "interfaceRef",
            "endPointRef",
            "partitionElement",
            "partitionElementRef",
            "supports",
            "documentation",
            "text",
            "activationCondition",
        ),
        _DRAWN,
    ),
    **dict.fromkeys(
        ("globalTask", "globalUserTask", "globalManualTask", "globalScriptTask", "globalBusinessRuleTask"),
        "a global task runs only when it is called, and a call activity that calls one is refused",
    ),
    **dict.fromkeys(
        (
            "message",
            "error",
            "signal",
            "escalation",
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
        ),
        "no event of this file uses it",
    ),
    **dict.fromkeys(("source", "target"), "link events meet by name"),
    "extension": "the extension is described, not required",
}
"""BPMN elements ignored with all they hold, where the reader did not ask for them."""

IGNORED_ATTRIBUTES: Mapping[str, str] = {
    "targetNamespace": "ids name things, namespaces do not",
    "exporter": _TOOL,
    "exporterVersion": _TOOL,
    "expressionLanguage": "each expression's own marks say its language",
    "typeLanguage": _TYPES,
    "itemSubjectRef": _TYPES,
    "itemRef": _TYPES,
    "structureRef": _TYPES,
    "isCollection": _DATA,
    "isUnlimited": _DATA,
    "capacity": _DATA,
    "dataObjectRef": _DATA,
    "dataStoreRef": _DATA,
    "processType": _DRAWN,
    "isClosed": _DRAWN,
    "definitionalCollaborationRef": _DRAWN,
    "associationDirection": _DRAWN,
    "isImmediate": "a sequence flow is always taken at once",
    "implementation": _SERVICE,
    "operationRef": _SERVICE,
    "categoryValueRef": _DRAWN,
    "messageRef": "message flows are drawn to be read",
    "textFormat": _DRAWN,
    "partitionElementRef": _DRAWN,
    "name": _DRAWN,
    "language": "the expression's own marks say its language",
    "calledElement": "the called element of the extension decides",
}
"""BPMN attributes ignored on purpose, on whichever element."""

_PREFIXES = MappingProxyType({CAMUNDA: "camunda", ZEEBE: "zeebe"})

_TAGS = (*ACTIVITIES, *EVENTS, *GATEWAYS, *SUB_PROCESSES, "sequenceFlow", *IGNORED_ELEMENTS)
"""What may stand in a process."""

_MULTI = "multiInstanceLoopCharacteristics"
DEFAULT_ONLY: Mapping[tuple[str, str], tuple[tuple[str, ...], str]] = {
    ("", "startQuantity"): (("1",), "token quantities"),
    ("", "completionQuantity"): (("1",), "token quantities"),
    ("receiveTask", "instantiate"): (("false", "0"), "a receive task that starts the process"),
    ("eventBasedGateway", "instantiate"): (("false", "0"), "an event-based gateway that starts the process"),
    ("eventBasedGateway", "eventGatewayType"): (("Exclusive",), "a parallel event-based gateway"),
    (_MULTI, "behavior"): (("All",), "a multi-instance that throws events"),
    (_MULTI, "oneBehaviorEventRef"): ((), "a multi-instance that throws events"),
    (_MULTI, "noneBehaviorEventRef"): ((), "a multi-instance that throws events"),
    ("transaction", "method"): (("##Compensate", "##compensate", "compensate"), "a transaction that is not undone by compensation"),
    ("extension", "mustUnderstand"): (("false", "0"), "an extension that must be understood"),
}
"""Attributes that may only have the value they have anyway; ``""`` stands for every element."""

REFUSED_ELEMENTS: Mapping[str, str] = {
    "assignment": "a data association that computes",
    "transformation": "a data association that computes",
    "complexBehaviorDefinition": "a multi-instance that throws events",
    "choreographyTask": "a choreography",
    "subChoreography": "a choreography",
    "callChoreography": "a choreography",
}
"""BPMN elements that are known and refused, in the words of ``_INSTEAD``."""

_INSTEAD: Mapping[str, str] = {
    "a data association that computes": "write the value under Properties panel > Inputs or Outputs instead",
    "token quantities": "delete the attribute; draw a parallel gateway to make or join several tokens",
    "a receive task that starts the process": "draw a message start event instead",
    "an event-based gateway that starts the process": "draw one message start event per message instead",
    "a parallel event-based gateway": "draw a parallel gateway with one catch event on each path instead",
    "a multi-instance that throws events": "use a completion condition, or throw the event inside a sub-process",
    "a transaction that is not undone by compensation": "delete the attribute, and draw compensation events on what is to be undone",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The fate of every element and attribute, with the problems and the list of what was ignored."""

    elements: Mapping[Element, Fate]
    attributes: Mapping[tuple[Element, Name], Fate]
    problems: tuple[Problem, ...]
    ignored: tuple[Problem, ...]


def settle(reading: Reading, *, executable: frozenset[str]) -> Account:
    """Say what became of everything in the file, once the reader is through.

    Problems inside processes that are not executable are left out: such a process is drawn, never run. ``executable`` holds the
    ids of the others.
    """
    return _Settling(reading, executable).settle()


class _Settling:
    def __init__(self, reading: Reading, executable: frozenset[str]) -> None:
        self.source: Source = reading.source
        self.extension = reading.extension
        self.executable = executable
        self.elements: dict[Element, Fate] = {}
        self.attributes: dict[tuple[Element, Name], Fate] = {}
        self.groups: dict[tuple[str, str], list[Element]] = {}
        self.told: set[tuple[Element, str]] = set()

    def settle(self) -> Account:
        self._element(self.source.root)
        kept = [problem for element, problem in self.source.problems if self._matters(element)]
        return Account(
            elements=self.elements,
            attributes=self.attributes,
            problems=tuple(kept),
            ignored=tuple(self._ignored(what, reason, places) for (what, reason), places in self.groups.items()),
        )

    def _element(self, root: Element) -> None:
        stack = [root]
        while stack:
            element = stack.pop()
            if element in self.source.abandoned:
                self._mark(element, Fate.REFUSED)
                continue
            if element not in self.source.elements:
                self._unread(element)
                continue
            self.elements[element] = Fate.READ
            for name, value in element.attributes.items():
                self.attributes[element, name] = self._attribute(element, name, value)
            if element.text.strip() and element not in self.source.texts:
                self._stray_text(element)
            stack.extend(reversed(element.children))

    def _unread(self, element: Element) -> None:
        name = element.name
        inside_extensions = self._parent_tag(element) == "extensionElements"
        if inside_extensions and name.namespace == BPMN:
            self._ignore(element, f"<{element.tag}> inside extension elements", _TOOL)
        elif name.local == "extensionElements" and name.namespace == BPMN:
            # Nothing in it was asked for: what it holds is settled one by one.
            self.elements[element] = Fate.IGNORED
            for attribute in element.attributes:
                self.attributes[element, attribute] = Fate.IGNORED
            for child in element.children:
                self._unread(child)
        elif name.namespace in VENDOR_NAMESPACES:
            self._vendor_element(element)
        elif name.namespace in DRAWING:
            self._ignore(element, f"<{element.tag}>", _LAYOUT)
        elif name.namespace != BPMN:
            if name.namespace or inside_extensions:
                self._misnamed(element, name.namespace)
                self._ignore(element, f"<{element.tag}>", _TOOL)
            else:
                self._refuse_unknown(element)
        elif name.local == "extension" and element.get("mustUnderstand") in ("true", "1"):
            self._refuse(element, "bpmn/unsupported", "an extension that must be understood is not known", found=element.get("definition"))
        elif (reason := IGNORED_ELEMENTS.get(name.local)) is not None:
            self._ignore(element, f"<{name.local}>", reason)
        elif name.local in ("assignment", "transformation") and not self._matters(element):
            self._ignore(element, f"<{name.local}>", _DATA)
        elif (what := REFUSED_ELEMENTS.get(name.local)) is not None and self._matters(element):
            self._refuse(element, "bpmn/unsupported", f"{what} is not supported", found=f"<{element.tag}>", hint=_INSTEAD.get(what))
        else:
            self._refuse_unknown(element)

    def _vendor_element(self, element: Element) -> None:
        parent = self.source.parents.get(element, element)
        if (reason := self.extension.ignored.get(element.name)) is not None:
            self._ignore(element, f"<{element.tag}>", reason)
        elif self._other_dialect(element.name):
            self._work_elsewhere(self.source.parents.get(parent, element), element.tag, element.name)
            self._ignore(element, f"<{element.tag}>", self._other_reason(element.name))
        elif not self._matters(element) or self._outside(element):
            self._ignore(element, f"<{element.tag}>", "it is on something that is drawn, never run")
        else:
            self._refuse(
                element,
                "bpmn/unsupported-extension",
                f"<{element.tag}> is not supported here",
                found=f"<{element.tag}>",
                hint=self.extension.refused.get(element.name)
                or self._meant(parent, element.name)
                or "remove it in the properties panel, or do the work in a handler",
            )

    def _attribute(self, element: Element, name: Name, value: str) -> Fate:
        if (element, name) in self.source.attributes or (name == Name("", "id") and element.name.namespace == BPMN):
            return Fate.READ
        if element.name.namespace in DRAWING:
            return self._group(element, self.source.written(element, name.local, name.namespace), _LAYOUT)
        if name.namespace in VENDOR_NAMESPACES or (not name.namespace and element.name.namespace in VENDOR_NAMESPACES):
            return self._vendor_attribute(element, name, value)
        if name.namespace in (XSI, XML):
            return self._group(element, self.source.written(element, name.local, name.namespace), _TYPES)
        if name.namespace:
            self._misnamed(element, name.namespace)
            return self._group(element, self.source.written(element, name.local, name.namespace), _TOOL)
        for key in ((element.name.local, name.local), ("", name.local)):
            if key in DEFAULT_ONLY:
                return self._default_only(element, name, value, *DEFAULT_ONLY[key])
        if (reason := IGNORED_ATTRIBUTES.get(name.local)) is not None:
            return self._group(element, name.local, reason)
        if not self._matters(element) or self._outside(element):
            return self._group(element, name.local, _DRAWN)
        self._refuse(
            element,
            "bpmn/unknown-attribute",
            f"{name.local} is no attribute of <{element.tag}>",
            found=f'{name.local}="{value[:60]}"',
            hint=self._meant(element, name) or "delete the attribute; Camunda Modeler never writes it",
        )
        return Fate.REFUSED

    def _vendor_attribute(self, element: Element, name: Name, value: str) -> Fate:
        written = self.source.written(element, name.local, name.namespace)
        if not value.strip():
            return self._group(element, written, "it is empty")
        full = name if name.namespace else Name(element.name.namespace, name.local)
        if (reason := self.extension.ignored.get(full)) is not None:
            return self._group(element, written, reason)
        if self._other_dialect(full):
            self._work_elsewhere(element, written, full)
            return self._group(element, written, self._other_reason(full))
        if element is self.source.root:
            return self._group(element, written, "it means nothing on the file as a whole")
        if not self._matters(element) or self._outside(element):
            return self._group(element, written, "it is on something that is drawn, never run")
        self._refuse(
            element,
            "bpmn/unsupported-extension",
            f"{written} is not supported on <{element.tag}>",
            found=f'{written}="{value[:60]}"',
            hint=self.extension.refused.get(full) or self._meant(element, name) or "clear the field in the properties panel",
        )
        return Fate.REFUSED

    def _meant(self, element: Element, name: Name, *more: str) -> str | None:
        """Return a hint where the reader looked for something at ``element`` that is called nearly so."""
        known = {one.local for one in self.source.asked[element] if one.namespace == name.namespace} | set(more)
        close = nearest(name.local, known, alike=0.75)
        if close is None:
            return None
        prefix, colon, _ = self.source.written(element, close, name.namespace).rpartition(":")
        return f"did you mean {prefix}{colon}{close}?"

    def _default_only(self, element: Element, name: Name, value: str, allowed: tuple[str, ...], what: str) -> Fate:
        if value.strip() in allowed:
            return Fate.READ
        if not self._matters(element):
            return self._group(element, name.local, _DRAWN)
        self._refuse(
            element,
            "bpmn/unsupported",
            f"{what} is not supported" if what.startswith(("a", "an ")) else f"{what} are not supported",
            property=name.local,
            expected=allowed[0] if allowed else "no such attribute",
            found=value,
            hint=_INSTEAD.get(what),
        )
        return Fate.REFUSED

    def _stray_text(self, element: Element) -> None:
        if element.name.namespace in VENDOR_NAMESPACES or element.name.namespace == BPMN:
            self.source.refuse(
                element,
                "bpmn/stray-text",
                f"text directly inside <{element.tag}> has no meaning",
                found=" ".join(element.text.split())[:60],
                hint="delete the text; it is often the rest of a broken edit",
                severity=Severity.WARNING,
            )

    def _refuse_unknown(self, element: Element) -> None:
        if not self._matters(element) or self._outside(element):
            self._ignore(element, f"<{element.tag}>", _DRAWN)
            return
        self._refuse(
            element,
            "bpmn/unknown-element",
            f"<{element.tag}> cannot stand here",
            expected="an element of the palette, each part once",
            found=f"<{element.tag}> inside <{self._parent_tag(element)}>",
            hint=self._meant(self.source.parents.get(element, element), element.name, *_TAGS)
            or "delete it, or draw what it means with an element from Camunda Modeler's palette",
        )

    def _refuse(
        self,
        element: Element,
        code: str,
        message: str,
        *,
        property: str | None = None,
        expected: str | None = None,
        found: str | None = None,
        hint: str | None = None,
    ) -> None:
        self.source.refuse(element, code, message, property=property, expected=expected, found=found, hint=hint)
        if element not in self.elements:
            self._mark(element, Fate.REFUSED)

    def _ignore(self, element: Element, what: str, reason: str) -> None:
        self._mark(element, Fate.IGNORED)
        self.groups.setdefault((what, reason), []).append(element)

    def _group(self, element: Element, what: str, reason: str) -> Fate:
        self.groups.setdefault((what, reason), []).append(element)
        return Fate.IGNORED

    def _mark(self, element: Element, fate: Fate) -> None:
        for one in element.walk():
            self.elements[one] = fate
            for name in one.attributes:
                self.attributes[one, name] = fate

    def _ignored(self, what: str, reason: str, places: list[Element]) -> Problem:
        first = self.source.problem(places[0], "bpmn/ignored", "")
        times = "" if len(places) == 1 else f", {len(places)} times"
        return Problem(
            code="bpmn/ignored",
            severity=Severity.INFO,
            message=f"{what} is ignored{times}: {reason}",
            location=Location(file=self.source.file, line=places[0].line),
            element_id=first.element_id,
            element_name=first.element_name,
            element_type=first.element_type,
            found=what,
        )

    def _matters(self, element: Element) -> bool:
        """Say whether what is wrong at ``element`` can stop a process from running: not inside one that never runs."""
        process = self._process(element)
        return bool(self.executable) if process is None else process.get("id") in self.executable or not process.get("id")

    def _outside(self, element: Element) -> bool:
        """Say whether the element is outside every process, on a pool or message flow for example."""
        node: Element | None = element
        while node is not None:
            if node.name.local in (
                "collaboration",
                "laneSet",
                "association",
                "textAnnotation",
                "group",
                "dataObjectReference",
                "dataStoreReference",
            ):
                return True
            node = self.source.parents.get(node)
        return False

    def _process(self, element: Element) -> Element | None:
        node: Element | None = element
        while node is not None:
            if node.name == Name(BPMN, "process"):
                return node
            node = self.source.parents.get(node)
        return None

    def _parent_tag(self, element: Element) -> str | None:
        parent = self.source.parents.get(element)
        return parent.name.local if parent is not None else None

    def _work_elsewhere(self, task: Element, written: str, name: Name) -> None:
        """Tell of a task that says something for the other platform alone: ignoring that would leave it without any."""
        theirs, here = VENDOR_NAMESPACES[name.namespace], self.source.dialect
        for said in SAID:
            ours = said.words.get(here, frozenset())
            if task.name.local not in said.tasks or name.local not in said.words.get(theirs, frozenset()) or not ours:
                continue
            named = {*(one.name.local for one in task.walk()), *(one.local for one in task.attributes if one.namespace != name.namespace)}
            if named & ours or (task, said.property) in self.told or not self._matters(task):
                continue
            self.told.add((task, said.property))
            self.source.refuse(
                task,
                "bpmn/wrong-dialect",
                f"{written} says for {vendor_words(theirs)} {said.what}, and this diagram is for {vendor_words(here)}{said.lost}",
                property=said.property,
                expected=f"{said.expected} for {vendor_words(here)}",
                found=written,
                hint=f"{said.hint}, or save the diagram for {vendor_words(theirs)}",
                severity=said.severity,
            )

    def _misnamed(self, element: Element, namespace: str) -> None:
        """Tell once of a vendor's prefix that stands for something else: nothing written with it is read."""
        meant = {prefix: uri for uri, prefix in _PREFIXES.items()}
        prefix = next((key for key, uri in element.namespaces.items() if uri == namespace and key in meant), None)
        if prefix is None or (self.source.root, prefix) in self.told or not self._matters(element):
            return
        self.told.add((self.source.root, prefix))
        self.source.refuse(
            element,
            "bpmn/unsupported-extension",
            f"{prefix}: stands here for a namespace that is not Camunda's, so nothing written with it is read",
            expected=f'xmlns:{prefix}="{meant[prefix]}"',
            found=f'xmlns:{prefix}="{namespace}"',
            hint="correct the namespace at the top of the file",
            severity=Severity.WARNING,
        )

    def _other_dialect(self, name: Name) -> bool:
        return VENDOR_NAMESPACES.get(name.namespace) not in (None, self.source.dialect)

    def _other_reason(self, name: Name) -> str:
        theirs = VENDOR_NAMESPACES[name.namespace]
        return f"it is for {vendor_words(theirs)}, and this diagram is for {vendor_words(self.source.dialect)}"
