"""What every part of the reader needs: the file, its dialect's extension, and the global elements by id."""

from __future__ import annotations

from functools import cached_property

from loanflow.bpmn.extensions import Extension
from loanflow.bpmn.namespaces import BPMN
from loanflow.bpmn.source import Source, unprefixed
from loanflow.problems import Severity, nearest
from loanflow.xmltree import Element, Name


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

    @cached_property
    def ids(self) -> set[str]:
        """Every id of the file, and those given to flows that have none."""
        return {element_id for element in self.source.root.walk() if (element_id := element.get("id"))}

    @cached_property
    def associations(self) -> tuple[tuple[str, str], ...]:
        """Both ends of each association of the file: some tools write it far from what it joins, outside the sub-process."""
        drawn = (element for element in self.source.root.walk() if element.name == Name(BPMN, "association"))
        return tuple(
            (unprefixed(element.get("sourceRef") or "", element), unprefixed(element.get("targetRef") or "", element)) for element in drawn
        )

    def _meant(self, reference: str, tag: str) -> str | None:
        close = nearest(reference, (one for one, element in self.globals.items() if element.name.local == tag))
        return f"did you mean {close}?" if close else None

    def resolve(self, element: Element, attribute: str, tag: str, *, property: str, instead: str = "") -> Element | None:
        """Return the global element that ``attribute`` refers to; one that does not exist is a problem.

        ``instead`` says what becomes of such a reference where it means something all the same: then it is a warning.
        """
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
            f"{attribute} names no {tag} of this file{instead}",
            property=property,
            expected=f'a <{tag} id="{reference}"> directly inside <definitions>',
            found="nothing of that id" if found is None else f"a <{found.name.local}>",
            hint=self._meant(reference, tag) or f"choose an existing {tag} under Properties panel > {property}, or create a new one there",
            severity=Severity.WARNING if instead else Severity.ERROR,
        )
        return None
