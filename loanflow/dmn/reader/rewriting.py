"""The rules of a table put back into its file, byte by byte: what was not edited stays as it was written.

The file is never written anew from a model, which would lose drawings, comments and the habits of the tool that made it. Only the
stretch from the first rule to the last is put together again, out of the rules' own bytes where they did not change.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from loanflow.errors import DefinitionError
from loanflow.problems import Location, Problem
from loanflow.xmltree import encoding_of

_TAG = re.compile(rb"""<[^\s/>]+(?:[^>"']|"[^"]*"|'[^']*')*>""")


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRow:
    """A rule as it shall stand: ``origin`` is the number (from 0) of the rule it was in the file, None for a new one."""

    origin: int | None
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    annotations: tuple[str, ...] = ()
    description: str | None = None


def with_rules(data: bytes, *, file: str, tables: Mapping[str, Sequence[RuleRow]]) -> bytes:
    """Return a DMN file with the rules of the decision tables that stand directly in these decisions (by id) replaced.

    The bytes must be a DMN file that `read_model` accepts; they stay in the encoding that the file declares.

    Raises:
        DefinitionError: the file's own bytes would not come back as they were out of its encoding, or nobody knows that.
    """
    encoding = encoding_of(data)
    try:
        text = data.decode(encoding)
        kept = text.encode(encoding) == data
    except (UnicodeError, LookupError):
        text, kept = "", False
    if not kept:
        raise DefinitionError(
            [
                Problem(
                    code="dmn/encoding",
                    message=f"the file says that it is written in {encoding}, and cannot be edited as such",
                    location=Location(file=file),
                    expected="an encoding that holds what the file holds",
                    found=encoding,
                    hint="open the file in Camunda Modeler and save it again: it writes UTF-8",
                )
            ]
        )
    changed = _with_rules(text.encode(), tables)
    # What the encoding has no letter for is written by its number.
    return changed.decode().encode(encoding, errors="xmlcharrefreplace")


def _with_rules(data: bytes, tables: Mapping[str, Sequence[RuleRow]]) -> bytes:
    root = _spans(data)
    taken = {span.attributes["id"] for span in _walk(root) if "id" in span.attributes}
    edits: list[tuple[int, int, bytes]] = []
    for decision in root.children:
        rows = tables.get(decision.attributes.get("id", "")) if decision.local == "decision" else None
        table = next((one for one in decision.children if one.local == "decisionTable"), None)
        if rows is not None and table is not None:
            edits.append(_table(data, table, rows, taken))
    for start, end, text in sorted(edits, reverse=True):
        data = data[:start] + text + data[end:]
    return data


@dataclass(slots=True)
class _Span:
    """An element and where it stands: its start tag is ``start:opened``, its content ``opened:closing``, all of it ``start:end``."""

    tag: str
    attributes: Mapping[str, str]
    start: int
    opened: int
    closing: int = 0
    end: int = 0
    children: list[_Span] = field(default_factory=list["_Span"])

    @property
    def local(self) -> str:
        return self.tag.rpartition(":")[2]

    @property
    def prefix(self) -> str:
        return self.tag[: -len(self.local)]

    def all(self, local: str) -> list[_Span]:
        return [child for child in self.children if child.local == local]


def _walk(span: _Span) -> list[_Span]:
    found = [span]
    for one in found:
        found.extend(one.children)
    return found


def _spans(data: bytes) -> _Span:
    parser = expat.ParserCreate(encoding="utf-8")
    top = _Span("", {}, 0, 0)
    stack = [top]

    def started(tag: str, attributes: Any) -> None:
        start = parser.CurrentByteIndex
        written = _TAG.match(data, start)
        span = _Span(tag, dict(attributes), start, written.end() if written is not None else start)
        stack[-1].children.append(span)
        stack.append(span)

    def ended(tag: str) -> None:
        span = stack.pop()
        if data[span.opened - 2 : span.opened] == b"/>":
            span.closing = span.end = span.opened
        else:
            span.closing = parser.CurrentByteIndex
            span.end = data.index(b">", span.closing) + 1

    parser.StartElementHandler = started
    parser.EndElementHandler = ended
    parser.Parse(data, True)
    return top.children[0]


def _table(data: bytes, table: _Span, rows: Sequence[RuleRow], taken: set[str]) -> tuple[int, int, bytes]:
    """Return the edit that gives a table its rules."""
    rules = table.all("rule")
    before: list[bytes] = []
    separator = b"\n"
    if not rules:
        start = end = table.closing
        # Before the blanks of the end tag, so that the rules stand on lines of their own.
        while start > table.opened and data[start - 1 : start].isspace():
            start -= 1
        end = start
        separator = b"\n      "
    else:
        previous = max((child.end for child in table.children if child.end <= rules[0].start), default=table.opened)
        start = previous
        for rule in rules:
            before.append(data[previous : rule.start])
            previous = rule.end
        end = previous
    parts: list[bytes] = []
    used: set[int] = set()
    for row in rows:
        if row.origin is not None and row.origin not in used:
            used.add(row.origin)
            parts += [before[row.origin], _changed(data, rules[row.origin], row)]
        else:
            blank = next((one for one in before[1:] or before if not one.strip()), separator)
            parts += [blank, _new(table, row, taken, blank)]
    return start, end, b"".join(parts)


def _changed(data: bytes, rule: _Span, row: RuleRow) -> bytes:
    edits: list[tuple[int, int, bytes]] = []
    for local, texts in (("inputEntry", row.inputs), ("outputEntry", row.outputs), ("annotationEntry", row.annotations)):
        entries = rule.all(local)
        for entry, text in zip(entries, texts, strict=False):
            edits += _entry(data, entry, text)
        if local == "annotationEntry" and any(texts[len(entries) :]):
            more = "".join(f"<{rule.prefix}{local}>{_text(rule.prefix, text)}</{rule.prefix}{local}>" for text in texts[len(entries) :])
            edits.append((rule.closing, rule.closing, more.encode()))
    described = next(iter(rule.all("description")), None)
    written = f"<{rule.prefix}description>{escape(row.description)}</{rule.prefix}description>" if row.description else ""
    if described is None:
        if written:
            edits.append((rule.opened, rule.opened, written.encode()))
    elif _differs(data, described, row.description or ""):
        edits.append((described.start, described.end, written.encode()))
    body = data[rule.start : rule.end]
    for start, end, text in sorted(edits, reverse=True):
        body = body[: start - rule.start] + text + body[end - rule.start :]
    return body


def _entry(data: bytes, entry: _Span, text: str) -> list[tuple[int, int, bytes]]:
    holder = next(iter(entry.all("text")), None)
    written = _text(entry.prefix, text).encode()
    if holder is not None:
        return [(holder.start, holder.end, written)] if _differs(data, holder, text) else []
    if not text:
        return []
    if entry.opened == entry.end:
        tag = data[entry.start : entry.end - 2].rstrip()
        return [(entry.start, entry.end, tag + b">" + written + f"</{entry.tag}>".encode())]
    return [(entry.closing, entry.closing, written)]


def _differs(data: bytes, span: _Span, text: str) -> bool:
    # Descriptions and the like are read without the blanks around them.
    content = _content(data, span)
    return text not in (content, content.strip())


def _content(data: bytes, span: _Span) -> str:
    """Return an element's text as a reader sees it."""
    parts: list[str] = []
    parser = expat.ParserCreate(encoding="utf-8")
    parser.CharacterDataHandler = parts.append
    parser.Parse(b"<t>" + data[span.opened : span.closing] + b"</t>", True)
    return "".join(parts)


def _new(table: _Span, row: RuleRow, taken: set[str], blank: bytes) -> bytes:
    prefix = table.prefix
    name = _fresh(f"{table.attributes.get('id', 'table')}_rule", taken)
    inner = blank.decode() + "  "
    lines = [f"<{prefix}description>{escape(row.description)}</{prefix}description>"] if row.description else []
    for local, short, texts in (("inputEntry", "in", row.inputs), ("outputEntry", "out", row.outputs)):
        for number, text in enumerate(texts, start=1):
            key = _fresh(f"{name}_{short}_{number}", taken)
            lines.append(f"<{prefix}{local} id={quoteattr(key)}>{_text(prefix, text)}</{prefix}{local}>")
    if any(row.annotations):
        lines += [f"<{prefix}annotationEntry>{_text(prefix, text)}</{prefix}annotationEntry>" for text in row.annotations]
    return f"<{prefix}rule id={quoteattr(name)}>{''.join(inner + line for line in lines)}{blank.decode()}</{prefix}rule>".encode()


def _text(prefix: str, text: str) -> str:
    return f"<{prefix}text>{escape(text)}</{prefix}text>"


def _fresh(stem: str, taken: set[str]) -> str:
    number = 1
    while f"{stem}_{number}" in taken and number < 1_000_000:
        number += 1
    taken.add(f"{stem}_{number}")
    return f"{stem}_{number}"
