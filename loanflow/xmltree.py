"""Safe XML reading that keeps line numbers; the only file to import lxml.

DOCTYPE is refused, nothing is fetched, and size, count, depth and attribute length have budgets, so that a
hostile file costs no more than an honest one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

# lxml ships no types; this file is its one wrapper, so what comes out of it is Any here and typed below.
from lxml import etree as _etree  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType, reportAttributeAccessIssue]

from loanflow.errors import DefinitionError
from loanflow.problems import Location, Problem

etree: Any = _etree  # pyright: ignore[reportUnknownVariableType]

MEGABYTE = 1024 * 1024
MAX_BYTES = 10 * MEGABYTE
MAX_ELEMENTS = 100_000
MAX_DEPTH = 64
MAX_ATTRIBUTE = 64 * 1024


@dataclass(frozen=True, slots=True)
class Name:
    """A qualified XML name; ``namespace`` is "" where there is none."""

    namespace: str
    local: str

    def __str__(self) -> str:
        return f"{{{self.namespace}}}{self.local}" if self.namespace else self.local


@dataclass(frozen=True, slots=True, eq=False)
class Element:
    """One XML element: comments and processing instructions are gone, text is kept as written.

    ``attributes`` keeps document order. ``text`` is all character data directly inside the element, joined.
    ``prefix`` is the namespace prefix as written in the file, for messages.
    """

    name: Name
    attributes: Mapping[Name, str]
    children: tuple[Element, ...]
    text: str
    line: int
    prefix: str | None = None
    namespaces: Mapping[str | None, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def tag(self) -> str:
        """The tag as the file writes it, with its prefix."""
        return f"{self.prefix}:{self.name.local}" if self.prefix else self.name.local

    def get(self, local: str, namespace: str = "", default: str | None = None) -> str | None:
        """Return an attribute's text, or ``default``."""
        return self.attributes.get(Name(namespace, local), default)

    def first(self, local: str, namespace: str | None = None) -> Element | None:
        """Return the first child of that name, or None; ``namespace`` None means the parent's own."""
        return next(self.all(local, namespace), None)

    def all(self, local: str, namespace: str | None = None) -> Iterator[Element]:
        """Yield the children of that name in document order."""
        wanted = Name(self.name.namespace if namespace is None else namespace, local)
        return (child for child in self.children if child.name == wanted)

    def walk(self) -> Iterator[Element]:
        """Yield this element and everything below it, in document order."""
        stack: list[Element] = [self]
        while stack:
            element = stack.pop()
            yield element
            stack.extend(reversed(element.children))


_NO_ATTRIBUTES: Mapping[Name, str] = MappingProxyType({})


def read(data: bytes, *, file: str, max_bytes: int = MAX_BYTES, max_elements: int = MAX_ELEMENTS) -> Element:
    """Return the root element of an XML document.

    Args:
        data: the document, in any encoding that its first line declares.
        file: its name, for the findings.
        max_bytes: how large it may be; a room whose honest files are larger than most says so here.
        max_elements: how many elements it may have.

    Raises:
        DefinitionError: the bytes are not well-formed XML, hold a DOCTYPE, or exceed a budget; one problem, with its line.
    """
    if len(data) > max_bytes:
        raise _refused(file, "xml/too-large", f"the file is larger than {max_bytes // MEGABYTE} MB", found=f"{len(data)} bytes")
    if not data.strip():
        raise _refused(file, "xml/empty", "the file is empty", hint="save the diagram again in Camunda Modeler")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise DefinitionError([_syntax_problem(error, file)]) from None
    info = root.getroottree().docinfo
    if info.doctype or info.internalDTD is not None:
        raise _refused(file, "xml/doctype", "a DOCTYPE is not allowed", line=1, hint="delete the <!DOCTYPE ...> line; models need none")
    return _convert(root, file, max_elements)


def encoding_of(data: bytes) -> str:
    """Return the encoding of an XML document as it says it itself: by its first bytes, else by its first line, else UTF-8."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return encoding
    declared = _DECLARED.match(data)
    return declared[1].decode("ascii") if declared is not None else "utf-8"


# With or without a byte order mark; what a decoder of these names makes of it is the first character.
_MARKS = (
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
    (b"\xef\xbb\xbf", "utf-8"),
)
_DECLARED = re.compile(rb"""<\?xml\s[^>]*?encoding\s*=\s*["']([A-Za-z][\w.\-]*)["']""")


def _convert(root: Any, file: str, max_elements: int) -> Element:
    count = 0
    # A large table repeats a handful of names and one set of prefixes; each is kept once.
    names: dict[str, Name] = {}
    prefixes: dict[tuple[tuple[str | None, str], ...], Mapping[str | None, str]] = {}

    def named(tag: str) -> Name:
        found = names.get(tag)
        if found is None:
            found = names[tag] = _name(tag)
        return found

    def build(node: Any, depth: int) -> Element:
        nonlocal count
        count += 1
        if count > max_elements:
            raise _refused(file, "xml/too-large", f"more than {max_elements:,} elements", line=node.sourceline)
        if depth > MAX_DEPTH:
            raise _refused(file, "xml/too-deep", f"elements nested more than {MAX_DEPTH} deep", line=node.sourceline)
        attributes: dict[Name, str] = {}
        for key, value in node.attrib.items():
            if len(value) > MAX_ATTRIBUTE:
                raise _refused(file, "xml/too-large", f"attribute {key} longer than {MAX_ATTRIBUTE} characters", line=node.sourceline)
            attributes[named(str(key))] = str(value)
        kept: list[Element] = []
        text = [node.text or ""]
        for child in node:
            # An entity reference that no DTD declares arrives as a node without a string tag.
            if not isinstance(child.tag, str):
                raise _refused(file, "xml/entity", "an entity reference is not allowed", line=node.sourceline)
            kept.append(build(child, depth + 1))
            text.append(child.tail or "")
        declared = node.nsmap
        key_of_prefixes = tuple(declared.items())
        namespaces = prefixes.get(key_of_prefixes)
        if namespaces is None:
            namespaces = prefixes[key_of_prefixes] = MappingProxyType(dict(declared))
        return Element(
            name=named(str(node.tag)),
            attributes=MappingProxyType(attributes) if attributes else _NO_ATTRIBUTES,
            children=tuple(kept),
            text="".join(text),
            line=node.sourceline or 1,
            prefix=node.prefix,
            namespaces=namespaces,
        )

    return build(root, 1)


def _name(tag: str) -> Name:
    if tag.startswith("{"):
        namespace, _, local = tag[1:].partition("}")
        return Name(namespace, local)
    return Name("", tag)


def _syntax_problem(error: Exception, file: str) -> Problem:
    text = getattr(error, "msg", None) or str(error)
    line, column = getattr(error, "position", None) or (None, None)
    hint = "open the file in Camunda Modeler and save it again, or mend the line by hand"
    if "Namespace prefix" in text and "not defined" in text:
        prefix = text.split("Namespace prefix ", 1)[1].split(" ", 1)[0]
        known = _KNOWN_PREFIXES.get(prefix)
        hint = f'add xmlns:{prefix}="{known or "..."}" to the <definitions> element at the top of the file'
        return Problem(
            code="xml/undeclared-prefix",
            message=f"the prefix {prefix}: is used but never declared",
            location=Location(file=file, line=line, column=column),
            expected=f"a declaration of {prefix}: on this element or one around it",
            found=text,
            hint=hint,
        )
    return Problem(
        code="xml/not-well-formed",
        message="the file is not well-formed XML",
        location=Location(file=file, line=line, column=column),
        found=text,
        hint=hint,
    )


_KNOWN_PREFIXES = {
    "bpmn": "http://www.omg.org/spec/BPMN/20100524/MODEL",
    "bpmn2": "http://www.omg.org/spec/BPMN/20100524/MODEL",
    "bpmndi": "http://www.omg.org/spec/BPMN/20100524/DI",
    "dc": "http://www.omg.org/spec/DD/20100524/DC",
    "omgdc": "http://www.omg.org/spec/DD/20100524/DC",
    "di": "http://www.omg.org/spec/DD/20100524/DI",
    "omgdi": "http://www.omg.org/spec/DD/20100524/DI",
    "camunda": "http://camunda.org/schema/1.0/bpmn",
    "zeebe": "http://camunda.org/schema/zeebe/1.0",
    "modeler": "http://camunda.org/schema/modeler/1.0",
    "xsi": "http://www.w3.org/2001/XMLSchema-instance",
    "dmndi": "https://www.omg.org/spec/DMN/20191111/DMNDI/",
    "bioc": "http://bpmn.io/schema/bpmn/biocolor/1.0",
    "color": "http://www.omg.org/spec/BPMN/non-normative/color/1.0",
}


def _refused(
    file: str, code: str, message: str, *, line: int | None = None, found: str | None = None, hint: str | None = None
) -> DefinitionError:
    return DefinitionError([Problem(code=code, message=message, location=Location(file=file, line=line), found=found, hint=hint)])
