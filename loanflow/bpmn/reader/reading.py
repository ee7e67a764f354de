"""What every part of the reader needs: the file, its dialect's extension, and the global elements by id."""

from __future__ import annotations

from difflib import get_close_matches
from functools import cached_property

from loanflow.bpmn.extensions import Extension
from loanflow.bpmn.namespaces import BPMN
from loanflow.bpmn.source import Source
from loanflow.xmltree import Element


class Reading:
    """The file being read and its global elements (messages, errors, signals, escalations, event definitions)."""

    def __init__(self, *, source: Source, extension: Extension) -> None:
        self.source = source
        self.extension = extension

    @cached_property
    def globals(self) -> dict[str, Element]:
        """The children of ``<definitions>`` that others refer to, by id; the first of a duplicate id counts."""
        found: dict[str, Element] = {}
        for child in self.source.root.children:
            if child.name.namespace == BPMN and (element_id := child.get("id")):
                found.setdefault(element_id, child)
        return found

    def _meant(self, reference: str, tag: str) -> str | None:
        ids = sorted(one for one, element in self.globals.items() if element.name.local == tag)
        close = get_close_matches(reference, ids, n=1, cutoff=0.6)
        return f"did you mean {close[0]}?" if close else None

    def resolve(self, element: Element, attribute: str, tag: str, *, property: str) -> Element | None:
        """Return the global element that ``attribute`` refers to; one that does not exist is a problem."""
        reference = self.source.reference(element, attribute)
        if reference is None:
            return None
        found = self.globals.get(reference)
        if found is not None and found.name.local == tag:
            self.source.take(found)
            return found
        self.source.refuse(
            element,
            "bpmn/unresolved-reference",
            f"{attribute} names no {tag} of this file",
            property=property,
            expected=f'a <{tag} id="{reference}"> directly inside <definitions>',
            found="nothing of that id" if found is None else f"a <{found.name.local}>",
            hint=self._meant(reference, tag) or f"choose an existing {tag} under Properties panel > {property}, or create a new one there",
        )
        return None
