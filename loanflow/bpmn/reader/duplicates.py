"""Ids given twice: everything that refers by id would mean either."""

from __future__ import annotations

from loanflow.bpmn.namespaces import BPMN
from loanflow.bpmn.source import Source
from loanflow.xmltree import Element


def refuse_duplicates(source: Source) -> None:
    """Refuse the second element of an id, and what is inside it."""
    seen: dict[str, Element] = {}
    for element in source.root.walk():
        element_id = element.get("id") if element.name.namespace == BPMN else None
        if not element_id:
            continue
        first = seen.setdefault(element_id, element)
        if first is element:
            continue
        source.refuse(
            element,
            "bpmn/duplicate-id",
            f"the id {element_id} is already taken",
            property="General > ID",
            expected="an id of its own",
            found=f"<{first.tag}> in line {first.line} has the same id",
            hint="change Properties panel > General > ID of one of the two",
        )
        source.abandon(element)
